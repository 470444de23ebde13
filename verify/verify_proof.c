// cuakhau-verify log and proof.
#include "verify.h"
#include <jansson.h>

int head_file(const char *file, Head *ret) {
    int status = STATUS_YES;
    Text format;
    json_t *j = json_file(file, &status);
    if (!j) return status;
    if (!json_text(j, "format", &format) || !text_is(format, "cuakhau-head-1") || !json_number(j, "size", &ret->size) ||
        !json_hash(j, "root", &ret->root))
        status = bad_input(file, 0,
                           "not a head: wants \"format\":\"cuakhau-head-1\", size and root, as `cuakhau journal "
                           "head FILE --json` prints them");
    json_decref(j);
    return status;
}
static const char *option_of(int argc, char **argv, int *i, const char *name) { // the value behind --name, or NULL
    if (strcmp(argv[*i], name) != 0 || *i + 1 >= argc) return NULL;
    return argv[++*i];
}

// ---- log EXPORT [--head HEAD] [--json]
static void against_head(Log *l, const char *file, const Head *h) {
    Sha *s = sha_new();
    Hash root;
    char a[HEX_LEN + 1], b[HEX_LEN + 1];
    if (!log_root(s, l, h->size, &root))
        finding_add(&l->found, "head_beyond", "%s is the head of %lld events, the export has %lld to %lld", file,
                    (long long)h->size, (long long)l->first_event, (long long)l->last_event);
    else if (!hash_is(&root, &h->root))
        finding_add(&l->found, "head_differs", "the tree of %lld events has the root %s, the head says %s",
                    (long long)h->size, hash_text(&root, a), hash_text(&h->root, b));
    sha_free(s);
}
static int say_log(const Log *l, bool json) {
    char root[HEX_LEN + 1];
    const char *comma = "";
    bool good = l->found.all == 0;
    hash_text(&l->root, root);
    if (json) {
        printf("{\"good\":%s,\"inputs\":%llu,\"events\":%llu,\"size\":%lld,\"root\":\"%s\",\"differences\":[",
               good ? "true" : "false", (unsigned long long)l->inputs, (unsigned long long)l->events,
               (long long)l->size, root);
        for (size_t i = 0; i < l->found.n; i++, comma = ",") {
            printf("%s{\"code\":\"%s\",\"event\":%lld,\"text\":", comma, l->found.at[i].code,
                   (long long)l->found.at[i].event);
            json_say(stdout, l->found.at[i].text);
            putchar('}');
        }
        puts("]}");
    } else {
        for (size_t i = 0; i < l->found.n; i++) printf("%s: %s\n", l->found.at[i].code, l->found.at[i].text);
        if (good)
            printf("the journal is whole: %llu inputs, %llu events, root %s\n", (unsigned long long)l->inputs,
                   (unsigned long long)l->events, root);
        else
            printf("the journal is NOT as it was written: %llu differences\n", (unsigned long long)l->found.all);
    }
    return good ? STATUS_YES : STATUS_NO;
}
int command_log(int argc, char **argv) {
    const char *file = NULL, *head = NULL, *value;
    bool json = false;
    for (int i = 0; i < argc; i++) {
        if ((value = option_of(argc, argv, &i, "--head")))
            head = value;
        else if (strcmp(argv[i], "--json") == 0)
            json = true;
        else if (argv[i][0] != '-' && !file)
            file = argv[i];
        else
            return bad_input("log", 0, "what is %s? usage: cuakhau-verify log EXPORT.jsonl [--head HEAD.json] [--json]",
                             argv[i]);
    }
    if (!file) return bad_input("log", 0, "usage: cuakhau-verify log EXPORT.jsonl [--head HEAD.json] [--json]");
    Log l = {.file = file};
    Head h;
    int status = head ? head_file(head, &h) : STATUS_YES;
    if (status == STATUS_YES) status = log_load(file, false, &l);
    if (status == STATUS_YES) {
        if (head) against_head(&l, head, &h);
        status = say_log(&l, json);
    }
    log_free(&l);
    return status;
}

// ---- proof PROOF [--head HEAD] [--json]
typedef struct {
    Sha *sha;
    const char *file;
    json_t *j;
    Hash path[64];
    size_t n;
    Head top; // what it is about: the larger tree
    char answer[400];
} Proof;
static bool read_path(Proof *p) {
    const json_t *list = json_object_get(p->j, "path");
    p->n = json_array_size(list);
    if (!json_is_array(list) || p->n > COUNT_OF(p->path)) return false;
    for (size_t i = 0; i < p->n; i++) {
        const json_t *v = json_array_get(list, i);
        if (!json_is_string(v) || !hash_read(text_of(json_string_value(v)), &p->path[i])) return false;
    }
    return true;
}
static char *put_le(char *to, uint64_t v) {
    for (int i = 0; i < 8; i++) *to++ = (char)(v >> (8 * i) & 0xff);
    return to;
}
static char *put_column(char *to, const void *bytes, size_t n) {
    to = put_le(to, n);
    if (n) memcpy(to, bytes, n);
    return to + n;
}
static char *put_whole(char *to, int64_t v) {
    return put_le(put_le(to, 8), (uint64_t)v);
}
// The event that is shown is the one whose hash stands in the leaf: SHA-256(prev || "E" || columns).
static bool event_hash(Proof *p, int64_t seq, Hash *ret, Text *ret_kind, int64_t *ret_t) {
    const json_t *e = json_object_get(p->j, "event");
    Hash prev;
    Text body;
    int64_t no, input, passage;
    if (!json_is_object(e) || !json_hash(p->j, "prev", &prev) || !json_number(e, "seq", &no) || no != seq ||
        !json_number(e, "input", &input) || !json_number(e, "t", ret_t) || !json_text(e, "kind", ret_kind) ||
        !json_number(e, "passage", &passage) || !json_text(e, "body", &body))
        return false;
    char *b = take_memory(256 + ret_kind->n + body.n, 1), *to = b;
    memcpy(to, prev.b, sizeof prev.b);
    to += sizeof prev.b;
    *to++ = 'E';
    to = put_whole(put_whole(put_whole(to, no), input), *ret_t);
    to = put_whole(put_column(to, ret_kind->p, ret_kind->n), passage);
    to = put_column(to, body.p, body.n);
    sha_of(p->sha, b, (size_t)(to - b), ret);
    free(b);
    return true;
}
static int inclusion(Proof *p) {
    int64_t seq, t_ms;
    Hash data, row, leaf;
    Text kind;
    char at[TIME_LEN + 1], root[HEX_LEN + 1];
    if (!json_number(p->j, "seq", &seq) || seq < 1 || !json_number(p->j, "size", &p->top.size) ||
        !json_hash(p->j, "leaf", &data) || !json_hash(p->j, "root", &p->top.root))
        return bad_input(p->file, 0, "an inclusion proof wants seq (from 1), size, leaf and root");
    if (!event_hash(p, seq, &row, &kind, &t_ms))
        return bad_input(p->file, 0, "an inclusion proof wants prev and event {seq, input, t, kind, passage, body}");
    bool shown = hash_is(&row, &data);
    tree_leaf(p->sha, &data, &leaf);
    bool good =
        shown && tree_included(p->sha, (uint64_t)seq - 1, (uint64_t)p->top.size, &leaf, p->path, p->n, &p->top.root);
    snprintf(p->answer, sizeof p->answer, "event %lld (" TEXT_F ", %s) %s the tree of %lld events with root %s%s",
             (long long)seq, (int)(kind.n < 40 ? kind.n : 40), kind.p, time_text(t_ms, at),
             good ? "stands in" : "is NOT shown to stand in", (long long)p->top.size, hash_text(&p->top.root, root),
             good    ? ""
             : shown ? ": the path does not fit"
                     : ": the event does not have the leaf's hash");
    return good ? STATUS_YES : STATUS_NO;
}
static int consistency(Proof *p) {
    int64_t from;
    Hash old;
    char a[HEX_LEN + 1], b[HEX_LEN + 1];
    if (!json_number(p->j, "from", &from) || from < 1 || !json_number(p->j, "to", &p->top.size) ||
        !json_hash(p->j, "root_from", &old) || !json_hash(p->j, "root_to", &p->top.root))
        return bad_input(p->file, 0, "a consistency proof wants from (from 1), to, root_from and root_to");
    bool good = tree_consistent(p->sha, (uint64_t)from, &old, (uint64_t)p->top.size, &p->top.root, p->path, p->n);
    snprintf(p->answer, sizeof p->answer, "the tree of %lld events with root %s %s that of %lld with root %s",
             (long long)p->top.size, hash_text(&p->top.root, a), good ? "begins with" : "is NOT shown to begin with",
             (long long)from, hash_text(&old, b));
    return good ? STATUS_YES : STATUS_NO;
}
static int judge(Proof *p) {
    Text format, kind;
    if (!json_text(p->j, "format", &format) || !text_is(format, "cuakhau-proof-1") || !json_text(p->j, "kind", &kind) ||
        !read_path(p))
        return bad_input(p->file, 0,
                         "not a proof: wants \"format\":\"cuakhau-proof-1\", kind and path, as `cuakhau "
                         "journal prove` prints them");
    if (text_is(kind, "inclusion")) return inclusion(p);
    if (text_is(kind, "consistency")) return consistency(p);
    return bad_input(p->file, 0, "kind wants inclusion or consistency");
}
int command_proof(int argc, char **argv) {
    const char *file = NULL, *head = NULL, *value;
    bool json = false;
    Head h;
    for (int i = 0; i < argc; i++) {
        if ((value = option_of(argc, argv, &i, "--head")))
            head = value;
        else if (strcmp(argv[i], "--json") == 0)
            json = true;
        else if (argv[i][0] != '-' && !file)
            file = argv[i];
        else
            return bad_input("proof", 0,
                             "what is %s? usage: cuakhau-verify proof PROOF.json [--head HEAD.json] [--json]", argv[i]);
    }
    if (!file) return bad_input("proof", 0, "usage: cuakhau-verify proof PROOF.json [--head HEAD.json] [--json]");
    int status = head ? head_file(head, &h) : STATUS_YES;
    Proof p = {.file = file};
    if (status == STATUS_YES) p.j = json_file(file, &status);
    if (!p.j) return status;
    p.sha = sha_new();
    status = judge(&p);
    if (status == STATUS_YES && head && (h.size != p.top.size || !hash_is(&h.root, &p.top.root))) {
        snprintf(p.answer, sizeof p.answer, "the proof is about another tree than %s", head);
        status = STATUS_NO;
    }
    if (status <= STATUS_NO && json)
        printf("{\"good\":%s,\"size\":%lld,\"text\":", status == STATUS_YES ? "true" : "false", (long long)p.top.size),
            json_say(stdout, p.answer), puts("}");
    else if (status <= STATUS_NO)
        puts(p.answer);
    sha_free(p.sha);
    json_decref(p.j);
    return status;
}
