// cuakhau journal export: rows and hashes in the order of the chain, a line each, for who checks them without the
// program and its file. The body stands last, raw, so that its bytes are those that were hashed. docs/verify.md
#include "app_journal.h"

typedef struct {
    Buf line;
    bool failed;
} Out;
static bool flush(Out *out) {
    out->failed = out->line.overflow || fwrite(out->line.p, 1, out->line.n, stdout) != out->line.n;
    buf_clear(&out->line);
    return !out->failed;
}
// A text that is no JSON object of one line (nobody but a vandal writes such) is told as a string instead.
static void put_body(Buf *b, Str body) {
    bool raw = body.n > 1 && body.p[0] == '{' && body.p[body.n - 1] == '}';
    for (size_t i = 0; raw && i < body.n; i++) raw = (uint8_t)body.p[i] >= 0x20;
    json_key(b, raw ? "body" : "text");
    if (raw)
        json_raw(b, body);
    else
        json_str(b, body);
}
static void put_input(Buf *b, const StoreInput *in, const uint8_t *hash) {
    json_key(b, "input"), json_int(b, (int64_t)in->no);
    json_key(b, "t"), json_int(b, in->t_ms);
    json_key(b, "role"), json_str(b, in->role), json_key(b, "actor"), json_str(b, in->actor);
    json_key(b, "kind"), json_str(b, in->kind), json_key(b, "idem"), json_str(b, in->idem);
    journal_hex(b, "body_hash", in->body_hash);
    json_key(b, "first_event"), json_int(b, (int64_t)in->first_seq), json_key(b, "events"), json_int(b, in->events);
    json_key(b, "passage"), json_int(b, in->passage);
    journal_hex(b, "hash", hash);
    put_body(b, in->body);
}
static void put_event(Buf *b, const StoreEvent *e, const uint8_t *hash) {
    json_key(b, "event"), json_int(b, (int64_t)e->seq);
    json_key(b, "input"), json_int(b, (int64_t)e->input_no);
    json_key(b, "t"), json_int(b, e->t_ms);
    json_key(b, "kind"), json_str(b, e->kind);
    json_key(b, "passage"), json_int(b, e->passage);
    journal_hex(b, "hash", hash);
    put_body(b, e->body);
}
static bool put_row(void *ctx, const StoreInput *in, const StoreEvent *e, const uint8_t hash[STORE_HASH_LEN]) {
    Out *out = ctx;
    json_open(&out->line, '{');
    if (in)
        put_input(&out->line, in, hash);
    else
        put_event(&out->line, e, hash);
    json_close(&out->line, '}');
    buf_char(&out->line, '\n');
    return flush(out);
}

typedef struct {
    uint64_t first_input, last_input, first_event, last_event;
    MerkleHash prev, chain;
    MerkleFrontier before, after;
} Part;
static bool keep_first(void *ctx, const StoreInput *in, const StoreEvent *e, const uint8_t hash[STORE_HASH_LEN]) {
    (void)e, (void)hash;
    if (in) *(uint64_t *)ctx = in->first_seq;
    return false;
}
typedef struct {
    MerkleHash hash;
    uint64_t last_event;
} Tail;
static bool keep_last(void *ctx, const StoreInput *in, const StoreEvent *e, const uint8_t hash[STORE_HASH_LEN]) {
    Tail *t = ctx;
    memcpy(t->hash, hash, sizeof t->hash);
    t->last_event = in ? in->first_seq - 1 : e->seq;
    return true;
}
// Whole inputs: from the one that made event `from` to the one that made event `to`; without --to, all there is.
static Err find_part(Store *s, Merkle *m, const JournalOpts *o, uint64_t from, uint64_t to, Part *ret) {
    StoreHead head = store_head(s);
    Part p = {.first_input = 1, .last_input = head.input_no, .first_event = 1};
    Tail before = {.last_event = 0}, end = {.last_event = 0};
    Err e = o->from ? store_input_of(s, from, &p.first_input) : OK;
    if (!e && o->to) e = store_input_of(s, to, &p.last_input);
    if (!e && p.first_input > 1) e = store_each_chained(s, p.first_input, p.first_input, keep_first, &p.first_event);
    if (!e && p.first_input > 1) e = store_each_chained(s, p.first_input - 1, p.first_input - 1, keep_last, &before);
    if (!e) e = store_each_chained(s, p.last_input, p.last_input, keep_last, &end);
    p.last_event = end.last_event;
    memcpy(p.prev, before.hash, sizeof p.prev), memcpy(p.chain, end.hash, sizeof p.chain);
    if (!e) e = store_tree_extend(s, m, &p.before, p.first_event - 1);
    p.after = p.before;
    if (!e) e = store_tree_extend(s, m, &p.after, p.last_event);
    if (!e) *ret = p;
    return e;
}
static void put_header(Buf *b, Merkle *m, const Part *p, const char *side) {
    MerkleHash root;
    json_open(b, '{');
    json_key(b, "format"), json_c(b, "cuakhau-journal-1");
    if (side) json_key(b, "side"), json_c(b, side);
    json_key(b, "first_input"), json_int(b, (int64_t)p->first_input);
    json_key(b, "last_input"), json_int(b, (int64_t)p->last_input);
    json_key(b, "first_event"), json_int(b, (int64_t)p->first_event);
    json_key(b, "last_event"), json_int(b, (int64_t)p->last_event);
    journal_hex(b, "prev", p->prev);
    json_key(b, "peaks"), json_open(b, '['); // of the tree before the first row, the greatest first
    for (uint32_t k = MERKLE_LEVELS; k-- > 0;)
        if (p->before.size >> k & 1) journal_hex(b, NULL, p->before.peak[k]);
    json_close(b, ']');
    journal_hex(b, "chain", p->chain);
    json_key(b, "size"), json_int(b, (int64_t)p->after.size);
    merkle_root(m, &p->after, root);
    journal_hex(b, "root", root);
    json_close(b, '}');
    buf_char(b, '\n');
}
int journal_export(Store *s, const JournalOpts *o) {
    uint64_t last = store_head(s).seq, from, to;
    Part p;
    Out out = {.failed = false};
    if (!journal_number("to", o->to, 1, last, last, &to) || !journal_number("from", o->from, 1, to, 1, &from)) return 2;
    Merkle *m = merkle_new();
    Err e = find_part(s, m, o, from, to, &p);
    if (!e) {
        buf_init(&out.line, 256u << 20);
        put_header(&out.line, m, &p, o->side);
        if (flush(&out)) e = store_each_chained(s, p.first_input, p.last_input, put_row, &out);
        buf_deinit(&out.line);
    }
    merkle_free(m);
    if (e == ERR_CORRUPT) fputs("cuakhau: a row is missing here; `cuakhau journal verify` says which\n", stderr);
    if (e) return app_fail(e, "%s", o->file);
    if (out.failed || fflush(stdout) != 0) return app_fail(ERR_IO, "the export");
    return 0;
}
