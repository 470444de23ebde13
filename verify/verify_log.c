// One journal: its rows in the order of the chain, each hash computed again, and the tree over the events. A row that
// does not fit is named, and reading goes on from the hash that it carries, so that one change is one finding.
#include "verify.h"
#include <errno.h>
#include <jansson.h>

typedef struct {
    Sha *sha;
    Log *log;
    char *bytes, *room; // of one row: what is hashed; texts without their escapes
    size_t bytes_cap, room_cap;
    Hash chain;
    int64_t input, event, due, now; // last numbers; events that the input announced and that did not come yet
    bool any;
    bool keep_links;
} Reading;

// ---- header
static bool peaks(const json_t *j, int64_t before, Tree *ret) {
    const json_t *list = json_object_get(j, "peaks");
    size_t n = 0;
    if (!json_is_array(list)) return false;
    ret->size = (uint64_t)before;
    for (int k = 62; k >= 0; k--) {
        if (!(ret->size >> k & 1)) continue;
        const json_t *v = json_array_get(list, n++);
        if (!json_is_string(v) || !hash_read(text_of(json_string_value(v)), &ret->peak[k])) return false;
    }
    return json_array_size(list) == n;
}
static int header(Log *l, Text line) {
    json_error_t e;
    Text format, side = {"", 0};
    json_t *j = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, &e);
    const char *wrong = NULL;
    if (!j || !json_text(j, "format", &format) || !text_is(format, "cuakhau-journal-1"))
        wrong = "not the header of a journal export: make one with `cuakhau journal export FILE`";
    else if (!json_number(j, "first_input", &l->first_input) || !json_number(j, "last_input", &l->last_input) ||
             !json_number(j, "first_event", &l->first_event) || !json_number(j, "last_event", &l->last_event) ||
             !json_number(j, "size", &l->size) || l->first_event < 1 || l->first_input < 1)
        wrong = "first_input, last_input, first_event, last_event and size want whole numbers";
    else if (!json_hash(j, "prev", &l->prev) || !json_hash(j, "chain", &l->chain) || !json_hash(j, "root", &l->root))
        wrong = "prev, chain and root want 64 hexadecimal digits";
    else if (!peaks(j, l->first_event - 1, &l->before))
        wrong = "peaks want one hash for each bit that is set in first_event - 1";
    else if (json_text(j, "side", &side) && (side.n == 0 || side.n >= sizeof l->side))
        wrong = "side is no name of a side";
    if (!wrong) memcpy(l->side, side.p, side.n);
    json_decref(j);
    return wrong ? bad_input(l->file, 1, "%s", wrong) : STATUS_YES;
}

// ---- the chain: SHA-256(hash before || "I" or "E" || columns), each column behind its length, little endian
static char *put(char *to, const void *p, size_t n) {
    if (n) memcpy(to, p, n);
    return to + n;
}
static char *put_number(char *to, uint64_t v) {
    for (int i = 0; i < 8; i++) *to++ = (char)(v >> (8 * i) & 0xff);
    return to;
}
static char *put_integer(char *to, int64_t v) {
    return put_number(put_number(to, 8), (uint64_t)v);
}
static char *put_text(char *to, Text t) {
    return put(put_number(to, t.n), t.p, t.n);
}
static void row_hash(Reading *r, const Row *x, Hash *ret) {
    size_t need = 32 + 1 + 12 * 16 + 32 + x->role.n + x->actor.n + x->kind.n + x->idem.n + x->body.n;
    if (need > r->bytes_cap) {
        free(r->bytes);
        r->bytes = take_memory(r->bytes_cap = need * 2, 1);
    }
    char *p = put(r->bytes, r->chain.b, sizeof r->chain.b);
    p = put(p, x->input ? "I" : "E", 1);
    p = put_integer(p, x->no);
    if (x->input) {
        p = put_integer(p, x->t_ms);
        p = put_text(put_text(put_text(put_text(p, x->role), x->actor), x->kind), x->idem);
        p = put_text(p, (Text){(const char *)x->body_hash.b, sizeof x->body_hash.b});
        p = put_integer(put_integer(p, x->first_event), x->events);
        p = put_integer(p, x->passage);
    } else {
        p = put_integer(put_integer(p, x->of_input), x->t_ms);
        p = put_integer(put_text(p, x->kind), x->passage);
    }
    p = put_text(p, x->body);
    sha_of(r->sha, r->bytes, (size_t)(p - r->bytes), ret);
}

// ---- rows
// The numbers say where a row belongs; false: it does not follow the one before.
static bool in_place(Reading *r, const Row *x) {
    Log *l = r->log;
    const char *what = x->input ? "input" : "event";
    int64_t last = x->input ? r->input : r->event, want = last + 1;
    Finding *f = NULL;
    if (x->no != want)
        f = finding_add(&l->found, x->no > want ? "row_missing" : "row_order", "%s %lld stands where %lld should: %s",
                        what, (long long)x->no, (long long)want,
                        x->no > want ? "rows are missing" : "a row is there twice, or in another order");
    else if (x->input && r->due > 0)
        f = finding_add(&l->found, "row_missing", "input %lld begins before the input before it has all its events",
                        (long long)x->no);
    else if (!x->input && (r->due == 0 || x->of_input != r->input))
        f = finding_add(&l->found, "row_order", "event %lld belongs to input %lld, but stands behind input %lld",
                        (long long)x->no, (long long)x->of_input, (long long)r->input);
    else if (x->input && x->first_event != r->event + 1)
        f = finding_add(&l->found, "row_changed", "input %lld names %lld as its first event, which would be %lld",
                        (long long)x->no, (long long)x->first_event, (long long)r->event + 1);
    if (f && !x->input) f->event = x->no;
    return !f;
}
static void keep_link(Log *l, const Row *x) {
    l->link = grow(l->link, l->links, &l->links_cap, sizeof *l->link);
    l->link[l->links++] = (LinkRow){x->no, x->t_ms, {keep_text(x->body), x->body.n}};
}
static void take(Reading *r, const Row *x) {
    Log *l = r->log;
    Hash h;
    bool fits = in_place(r, x);
    row_hash(r, x, &h);
    if (fits && !hash_is(&h, &x->hash)) {
        Finding *f = finding_add(&l->found, "row_changed", "%s %lld does not have the hash that it carries",
                                 x->input ? "input" : "event", (long long)x->no);
        f->event = x->input ? 0 : x->no;
    }
    r->chain = x->hash, r->any = true;
    if (x->input) {
        r->input = x->no, r->due = x->events, l->inputs++;
        return;
    }
    r->event = x->no, r->due -= r->due > 0, l->events++;
    l->leaf = grow(l->leaf, l->leaves, &l->leaves_cap, sizeof *l->leaf);
    tree_leaf(r->sha, &x->hash, &l->leaf[l->leaves++]);
    if (r->keep_links && text_is(x->kind, "LINK")) keep_link(l, x);
}
static int rows(Reading *r, Lines *lines) {
    Text line;
    Row x;
    LineAnswer a = LINE_NONE;
    while ((a = lines_next(lines, &line)) == LINE_READ) {
        if (line.n > r->room_cap) {
            free(r->room);
            r->room = take_memory(r->room_cap = line.n * 2, 1);
        }
        const char *wrong = row_read(line, r->room, &x);
        if (wrong) return bad_input(lines->name, lines->line, "not a row of a journal export: wants %s", wrong);
        take(r, &x);
    }
    if (a == LINE_LONG) return bad_input(lines->name, lines->line, "a line of more than %u bytes", LINE_MAX_BYTES);
    if (a == LINE_NONE) return STATUS_YES;
    fprintf(stderr, "cuakhau-verify: %s: %s\n", lines->name, strerror(errno));
    return STATUS_ENVIRONMENT;
}
static void ends(Reading *r) { // what the header promised
    Log *l = r->log;
    Hash root;
    char told[HEX_LEN + 1], is[HEX_LEN + 1];
    static const Hash genesis = {{0}};
    if (l->first_input == 1 && (!hash_is(&l->prev, &genesis) || l->first_event != 1))
        finding_add(&l->found, "head_differs",
                    "the first input stands on nothing: prev is 64 zeros, the first event 1");
    if (r->due > 0)
        finding_add(&l->found, "row_missing", "the last input has %lld more events than there are", (long long)r->due);
    if (r->input != l->last_input || r->event != l->last_event)
        finding_add(&l->found, r->event < l->last_event || r->input < l->last_input ? "row_missing" : "head_differs",
                    "the header promises input %lld and event %lld as the last, they are %lld and %lld",
                    (long long)l->last_input, (long long)l->last_event, (long long)r->input, (long long)r->event);
    if (!hash_is(&r->chain, &l->chain))
        finding_add(&l->found, "head_differs", "the chain ends with %s, the header says %s", hash_text(&r->chain, is),
                    hash_text(&l->chain, told));
    if (!log_root(r->sha, l, l->size, &root))
        finding_add(&l->found, "head_differs", "the header names a tree of %lld events, there are %lld",
                    (long long)l->size, (long long)r->event);
    else if (!hash_is(&root, &l->root))
        finding_add(&l->found, "head_differs", "the tree of %lld events has the root %s, the header says %s",
                    (long long)l->size, hash_text(&root, is), hash_text(&l->root, told));
}
int log_load(const char *file, bool keep_links, Log *ret) {
    Lines lines;
    Text line;
    *ret = (Log){.file = file};
    if (!lines_open(&lines, file)) {
        fprintf(stderr, "cuakhau-verify: %s: %s\n", file, strerror(errno));
        return errno == ENOENT ? STATUS_INPUT : STATUS_ENVIRONMENT;
    }
    Reading r = {.sha = sha_new(), .log = ret, .keep_links = keep_links};
    LineAnswer a = lines_next(&lines, &line);
    int status = a == LINE_READ ? header(ret, line) : bad_input(file, 1, "no header: the file is empty or unreadable");
    r.chain = ret->prev, r.input = ret->first_input - 1, r.event = ret->first_event - 1;
    if (status == STATUS_YES) status = rows(&r, &lines);
    if (status == STATUS_YES) ends(&r);
    lines_close(&lines);
    sha_free(r.sha);
    free(r.bytes), free(r.room);
    return status;
}
void log_free(Log *l) {
    for (size_t i = 0; i < l->links; i++) free((char *)(uintptr_t)l->link[i].body.p);
    free(l->link);
    free(l->leaf);
    findings_free(&l->found);
}
bool log_root(Sha *s, const Log *l, int64_t size, Hash *ret) {
    Tree t = l->before;
    if (size < (int64_t)t.size || size - (int64_t)t.size > (int64_t)l->leaves) return false;
    for (size_t i = 0; t.size < (uint64_t)size; i++) tree_add(s, &t, &l->leaf[i]);
    tree_root(s, &t, ret);
    return true;
}
