// Keys and journals into memory: which journal is whose, what each event LINK says was heard and made.
#include "verify_link.h"
#include <jansson.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>

Finding *link_find(Link *l, const char *code, const Message *m, const char *fmt, ...) {
    char text[sizeof((Finding *)0)->text];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    Finding *f = finding_add(&l->found, code, "%s", text);
    if (m) {
        snprintf(f->side, sizeof f->side, "%s", m->from);
        f->number = m->number;
        hash_text(&m->hash, f->message);
    }
    return f;
}

// ---- keys
static int side_of(Link *l, Text name) { // -1: a third one
    for (int i = 0; i < 2; i++) {
        if (text_is(name, l->name[i])) return i;
        if (!l->name[i][0] && name.n <= SIDE_LEN) {
            memcpy(l->name[i], name.p, name.n);
            return i;
        }
    }
    return -1;
}
static const char *one_key(Link *l, const json_t *j, PublicKey *ret) {
    Text side, id, public;
    const json_t *revoked = json_object_get(j, "revoked");
    *ret = (PublicKey){.until = INT64_MAX, .revoked = INT64_MAX};
    if (!json_text(j, "side", &side) || side.n == 0 || side.n > SIDE_LEN || (ret->side = side_of(l, side)) < 0)
        return "side wants one of two names, at most 12 bytes";
    if (!json_text(j, "id", &id) || id.n == 0 || id.n > KEY_ID_LEN) return "id wants 1 to 32 bytes";
    memcpy(ret->id, id.p, id.n);
    if (!json_text(j, "public", &public) || !bytes_read(public, ret->bytes, 32))
        return "public wants 64 lower-case hexadecimal digits (Ed25519)";
    if (!json_moment(j, "from", &ret->from)) return "from wants a time as 2026-10-01T00:00:00Z";
    if (json_object_get(j, "until") && !json_moment(j, "until", &ret->until))
        return "until wants a time as 2026-10-01T00:00:00Z";
    if (json_is_true(revoked)) ret->revoked = 0;
    if (revoked && !json_is_boolean(revoked) && !json_moment(j, "revoked", &ret->revoked))
        return "revoked wants the time of the revocation, or true";
    return NULL;
}
int keys_read(const char *file, Link *l) {
    enum { KEYS_MAX = 1000 };
    int status = STATUS_YES;
    int64_t skew_s = 120;
    json_t *j = json_file(file, &status);
    const json_t *list = json_object_get(j, "keys");
    if (!j) return status;
    size_t n = json_array_size(list);
    if (n == 0 || n > KEYS_MAX) status = bad_input(file, 0, "keys wants a list of 1 to 1000 keys");
    if (json_object_get(j, "skew_s") && (!json_number(j, "skew_s", &skew_s) || skew_s > 86400))
        status = bad_input(file, 0, "skew_s wants the agreement's seconds, at most 86400");
    l->skew_ms = skew_s * 1000;
    l->key = take_memory(n, sizeof *l->key);
    for (size_t i = 0; status == STATUS_YES && i < n; i++) {
        const char *wrong = one_key(l, json_array_get(list, i), &l->key[i]);
        for (size_t k = 0; !wrong && k < i; k++)
            if (strcmp(l->key[k].id, l->key[i].id) == 0 && l->key[k].side == l->key[i].side)
                wrong = "this id stands there twice";
        if (wrong) status = bad_input(file, 0, "keys[%zu]: %s", i, wrong);
        l->keys = i + 1;
    }
    json_decref(j);
    if (status == STATUS_YES && !l->name[1][0]) status = bad_input(file, 0, "keys of one side only: both are needed");
    return status;
}

// ---- events
typedef struct {
    const Log *log;
    Step *step;
    Findings found;
    Message **message;
    size_t messages, cap;
    int status;
} Part; // of one journal: two threads, nothing shared
static Message *take_message(Part *p, Sha *s, const LinkRow *row, Text bytes, bool heard) {
    Message *m = take_memory(1, sizeof *m);
    const char *wrong = message_read(s, bytes, heard, m);
    if (wrong) {
        finding_add(&p->found, "malformed", "event %lld of %s: the message %s is none: %s", (long long)row->event,
                    p->log->file, heard ? "heard" : "made", wrong)
            ->event = row->event;
        message_free(m);
        return NULL;
    }
    p->message = grow(p->message, p->messages, &p->cap, sizeof(Message *));
    p->message[p->messages++] = m;
    return m;
}
static void short_text(Text value, char *ret) {
    char room[6 * (NAME_LEN + 1)];
    Text t;
    if (value.p && value.n <= sizeof room && scan_text(value, room, &t) && t.n <= NAME_LEN) memcpy(ret, t.p, t.n);
}
static Message *text_message(Part *p, Sha *s, const LinkRow *row, Text value, bool heard) {
    Text t;
    char *room = take_memory(value.n + 1, 1);
    Message *m = value.p && scan_text(value, room, &t) && t.n ? take_message(p, s, row, t, heard) : NULL;
    free(room);
    return m;
}
static void read_step(Part *p, Sha *s, const LinkRow *row, Step *ret) {
    enum { HEARD, SIGNATURE, OUT, REASON, HANDOVER, STATE, MEMBERS };
    static const char *const names[] = {"heard", "signature", "out", "reason", "handover", "state"}, *const top =
                                                                                                         "data";
    Text data, v[MEMBERS] = {{NULL, 0}};
    *ret = (Step){.event = row->event, .t_ms = row->t_ms};
    if (!scan_members(row->body, &top, 1, &data) || !data.p || !scan_members(data, names, MEMBERS, v)) {
        finding_add(&p->found, "malformed", "event %lld of %s is LINK, but has no data", (long long)row->event,
                    p->log->file)
            ->event = row->event;
        return;
    }
    ret->heard = text_message(p, s, row, v[HEARD], true);
    ret->made = text_message(p, s, row, v[OUT], false);
    if (ret->heard) {
        Text hex = v[SIGNATURE].n > 2 ? (Text){v[SIGNATURE].p + 1, v[SIGNATURE].n - 2} : (Text){"", 0};
        ret->heard->heard_event = row->event, ret->heard->heard_ms = row->t_ms;
        if (!bytes_read(hex, ret->heard->signature, 64)) memset(ret->heard->signature, 0, 64); // found as bad_signature
    }
    if (ret->made) ret->made->made_event = row->event, ret->made->made_ms = row->t_ms;
    ret->refused = ret->heard && v[REASON].n > 2;
    short_text(v[HANDOVER], ret->handover);
    short_text(v[STATE], ret->state);
}
typedef struct {
    const Link *link; // its keys
    const char *file;
    Log *log;
    Part part;
    atomic_int *done;
} Job;
static void *load(void *arg) {
    Job *job = arg;
    Part *p = &job->part;
    p->status = log_load(job->file, true, job->log);
    if (p->status != STATUS_YES) return NULL;
    Sha *s = sha_new();
    p->log = job->log;
    p->step = take_memory(job->log->links, sizeof *p->step);
    for (size_t i = 0; i < job->log->links; i++) read_step(p, s, &job->log->link[i], &p->step[i]);
    sha_free(s);
    // Signatures take as long as all else: who has the shorter journal does his while the other still reads.
    if (atomic_fetch_add(job->done, 1) == 0) link_signatures(job->link, p->step, job->log->links, false);
    return NULL;
}

// ---- both together
static const char *owner_of(const Log *log, const Step *step) { // by its messages; else by the header
    for (size_t i = 0; i < log->links; i++) {
        if (step[i].made) return step[i].made->from;
        if (step[i].heard) return step[i].heard->to;
    }
    return log->side;
}
static void adopt(Link *l, int at, Part *p) {
    for (size_t i = 0; i < p->messages; i++) {
        l->message = grow(l->message, l->messages, &l->messages_cap, sizeof(Message *));
        l->message[l->messages++] = p->message[i];
    }
    const Findings *of[2] = {&l->log[at].found, &p->found};
    for (int k = 0; k < 2; k++)
        for (size_t i = 0; i < of[k]->n; i++) {
            Finding *f = finding_add(&l->found, of[k]->at[i].code, "%s", of[k]->at[i].text);
            f->event = of[k]->at[i].event;
            snprintf(f->side, sizeof f->side, "%s", l->name[at]);
        }
    for (int k = 0; k < 2; k++) l->found.all += of[k]->all - of[k]->n; // those that were only counted
    l->step[at] = p->step, l->steps[at] = l->log[at].links;
    free(p->message);
    findings_free(&p->found);
}
int link_load(Link *l, const char *a, const char *b) {
    atomic_int done = 0;
    Job job[2] = {{.link = l, .file = a, .log = &l->log[0], .done = &done},
                  {.link = l, .file = b, .log = &l->log[1], .done = &done}};
    pthread_t second;
    bool beside = pthread_create(&second, NULL, load, &job[1]) == 0;
    load(&job[0]);
    if (beside)
        pthread_join(second, NULL);
    else
        load(&job[1]);
    int status = job[0].part.status > job[1].part.status ? job[0].part.status : job[1].part.status;
    if (status != STATUS_YES) {
        for (int i = 0; i < 2; i++) {
            for (size_t k = 0; k < job[i].part.messages; k++) message_free(job[i].part.message[k]);
            free(job[i].part.message), free(job[i].part.step), findings_free(&job[i].part.found);
        }
        return status;
    }
    const char *owner[2] = {owner_of(&l->log[0], job[0].part.step), owner_of(&l->log[1], job[1].part.step)};
    if (strcmp(owner[0], l->name[0]) != 0 && strcmp(owner[1], l->name[1]) != 0) { // the keys had them the other way
        char swap[SIDE_LEN + 1];
        memcpy(swap, l->name[0], sizeof swap), memcpy(l->name[0], l->name[1], sizeof swap);
        memcpy(l->name[1], swap, sizeof swap);
        for (size_t i = 0; i < l->keys; i++) l->key[i].side = 1 - l->key[i].side;
    }
    for (int i = 0; i < 2; i++) adopt(l, i, &job[i].part);
    for (int i = 0; i < 2; i++)
        if (owner[i][0] && strcmp(owner[i], l->name[i]) != 0)
            return bad_input(l->log[i].file, 0, "the journal of %s; give one of each side of the keys (%s, %s)",
                             owner[i], l->name[0], l->name[1]);
    for (int i = 0; i < 2; i++)
        if (l->log[i].side[0] && strcmp(l->log[i].side, l->name[i]) != 0)
            link_find(l, "side_differs", NULL, "%s says in its header that it is of %s, its messages are of %s",
                      l->log[i].file, l->log[i].side, l->name[i]);
    return STATUS_YES;
}
void link_free(Link *l) {
    for (size_t i = 0; i < l->messages; i++) message_free(l->message[i]);
    free(l->message);
    for (int i = 0; i < 2; i++) {
        free(l->step[i]), free(l->made[i].at), free(l->heard[i].at);
        log_free(&l->log[i]);
    }
    free(l->key);
    findings_free(&l->found);
}
