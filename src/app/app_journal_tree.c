// cuakhau journal head and prove: the root of the journal's Merkle tree, and proofs that fit it, for cuakhau-verify or
// anybody else. docs/verify.md
#include "app_journal.h"
#include <unistd.h>

bool journal_number(const char *option, const char *text, uint64_t least, uint64_t most, uint64_t normal,
                    uint64_t *ret) {
    *ret = normal;
    if (!text || (app_number(text, most, ret) && *ret >= least)) return true;
    if (most < least)
        fprintf(stderr, "cuakhau: --%s %s: the journal has no event yet\n", option, text);
    else
        fprintf(stderr, "cuakhau: --%s %s: wants a number from %llu to %llu; the journal's last event is %llu\n",
                option, text, (unsigned long long)least, (unsigned long long)most, (unsigned long long)most);
    return false;
}
void journal_hex(Buf *b, const char *key, const uint8_t hash[STORE_HASH_LEN]) {
    char hex[2 * STORE_HASH_LEN + 1];
    for (int i = 0; i < STORE_HASH_LEN; i++) (void)snprintf(hex + 2 * i, 3, "%02x", hash[i]);
    if (key) json_key(b, key);
    json_c(b, hex);
}
int journal_out(Buf *b) {
    bool good = !b->overflow && fwrite(b->p, 1, b->n, stdout) == b->n && fflush(stdout) == 0;
    buf_deinit(b);
    if (!good) fputs("cuakhau: the output could not be written\n", stderr);
    return good ? 0 : 3;
}

// ---- head
static bool keep_time(void *ctx, const StoreEvent *e) {
    *(int64_t *)ctx = e->t_ms;
    return false;
}
static Err root_at(Store *s, Merkle *m, uint64_t size, MerkleHash ret) {
    MerkleFrontier f = {.size = 0};
    Err e = store_tree_extend(s, m, &f, size);
    if (!e) merkle_root(m, &f, ret);
    return e;
}
int journal_head(Store *s, const JournalOpts *o) {
    uint64_t last = store_head(s).seq, size;
    MerkleHash root;
    int64_t t_ms = 0;
    Buf b;
    if (!journal_number("size", o->size, 0, last, last, &size)) return 2;
    Merkle *m = merkle_new();
    Err e = root_at(s, m, size, root);
    merkle_free(m);
    if (!e && size) e = store_each_event(s, size, 1, keep_time, &t_ms);
    if (e) return app_fail(e, "%s", o->file);
    buf_init(&b, 4096);
    json_open(&b, '{');
    json_key(&b, "format"), json_c(&b, "cuakhau-head-1");
    if (o->side) json_key(&b, "side"), json_c(&b, o->side);
    json_key(&b, "size"), json_int(&b, (int64_t)size);
    journal_hex(&b, "root", root);
    json_key(&b, "at"), json_time(&b, t_ms);
    json_close(&b, '}');
    buf_char(&b, '\n');
    if (o->json) return journal_out(&b);
    buf_clear(&b);
    char at[ISO8601_LEN + 1];
    iso8601_format(t_ms, at);
    buf_printf(&b, "%llu events, the last of %s\nroot ", (unsigned long long)size, size ? at : "no time");
    for (int i = 0; i < MERKLE_HASH_LEN; i++) buf_printf(&b, "%02x", root[i]);
    buf_char(&b, '\n');
    return journal_out(&b);
}

// ---- proofs
typedef struct {
    uint64_t seq;
    MerkleHash prev; // hash of the row before, while looking for it
    Buf *b;
    bool found;
} Look;
static bool look_row(void *ctx, const StoreInput *in, const StoreEvent *e, const uint8_t hash[STORE_HASH_LEN]) {
    Look *l = ctx;
    (void)in;
    l->found = e && e->seq == l->seq;
    if (!l->found) {
        memcpy(l->prev, hash, sizeof l->prev);
        return true;
    }
    // What the leaf is the hash of, so that the proof says something about an event and not only about 32 bytes.
    json_key(l->b, "event"), json_open(l->b, '{');
    json_key(l->b, "seq"), json_int(l->b, (int64_t)e->seq);
    json_key(l->b, "input"), json_int(l->b, (int64_t)e->input_no);
    json_key(l->b, "t"), json_int(l->b, e->t_ms);
    json_key(l->b, "kind"), json_str(l->b, e->kind);
    json_key(l->b, "passage"), json_int(l->b, e->passage);
    json_key(l->b, "body"), json_str(l->b, e->body);
    json_close(l->b, '}');
    return false;
}
static void put_path(Buf *b, const MerklePath *p) {
    json_key(b, "path"), json_open(b, '[');
    for (uint32_t i = 0; i < p->n; i++) journal_hex(b, NULL, p->hash[i]);
    json_close(b, ']');
}
static Err inclusion(Store *s, Merkle *m, uint64_t seq, uint64_t size, Buf *b) {
    MerklePath p;
    MerkleHash leaf, root;
    uint64_t input;
    Look l = {.seq = seq, .b = b};
    Err e = store_tree_inclusion(s, m, seq, size, leaf, &p);
    if (!e) e = root_at(s, m, size, root);
    if (!e) e = store_input_of(s, seq, &input);
    if (e) return e;
    json_key(b, "kind"), json_c(b, "inclusion");
    json_key(b, "seq"), json_int(b, (int64_t)seq), json_key(b, "size"), json_int(b, (int64_t)size);
    e = store_each_chained(s, input, input, look_row, &l);
    if (e || !l.found) return e ? e : ERR_CORRUPT;
    journal_hex(b, "prev", l.prev), journal_hex(b, "leaf", leaf), journal_hex(b, "root", root);
    put_path(b, &p);
    return OK;
}
static Err consistency(Store *s, Merkle *m, uint64_t from, uint64_t to, Buf *b) {
    MerklePath p;
    MerkleFrontier old = {.size = 0};
    MerkleHash was, is;
    Err e = store_tree_extend(s, m, &old, from);
    if (!e) e = store_tree_consistency(s, m, &old, to, &p);
    if (!e) e = root_at(s, m, to, is);
    if (e) return e;
    merkle_root(m, &old, was);
    json_key(b, "kind"), json_c(b, "consistency");
    json_key(b, "from"), json_int(b, (int64_t)from), json_key(b, "to"), json_int(b, (int64_t)to);
    journal_hex(b, "root_from", was), journal_hex(b, "root_to", is);
    put_path(b, &p);
    return OK;
}
static void lay_out(const Buf *json, Buf *text) { // one member a line, without what only machines want
    int depth = 0;
    bool quoted = false, escaped = false;
    for (size_t i = 0; i < json->n; i++) {
        char c = json->p[i];
        if (c == '"' && !escaped) quoted = !quoted;
        escaped = c == '\\' && !escaped;
        if (!quoted && (c == '{' || c == '[')) depth++;
        if (!quoted && (c == '}' || c == ']')) depth--;
        buf_char(text, c);
        if (!quoted && ((c == ',' && depth <= 2) || (c == '[' && depth == 2))) buf_printf(text, "\n%*s", depth * 2, "");
    }
}
int journal_prove(Store *s, const JournalOpts *o) {
    uint64_t last = store_head(s).seq, a, size;
    bool one = o->seq && !o->from && !o->to, two = !o->seq && !o->size && o->from && o->to;
    if (!one && !two) {
        fputs("cuakhau: journal prove: give --seq N [--size M] (event N is in the tree of M events) or --from M --to N "
              "(the tree of N events begins with that of M)\n",
              stderr);
        return 2;
    }
    if (one &&
        (!journal_number("size", o->size, 1, last, last, &size) || !journal_number("seq", o->seq, 1, size, 0, &a)))
        return 2;
    if (two && (!journal_number("to", o->to, 1, last, last, &size) || !journal_number("from", o->from, 1, size, 0, &a)))
        return 2;
    Buf b, text;
    buf_init(&b, 64u << 20), buf_init(&text, 64u << 20);
    json_open(&b, '{');
    json_key(&b, "format"), json_c(&b, "cuakhau-proof-1");
    if (o->side) json_key(&b, "side"), json_c(&b, o->side);
    Merkle *m = merkle_new();
    Err e = one ? inclusion(s, m, a, size, &b) : consistency(s, m, a, size, &b);
    merkle_free(m);
    json_close(&b, '}');
    if (!o->json) lay_out(&b, &text);
    if (e) buf_deinit(&b), buf_deinit(&text);
    if (e) return app_fail(e, "%s", o->file);
    if (!o->json) buf_deinit(&b), b = text;
    if (o->json) buf_deinit(&text);
    buf_char(&b, '\n');
    return journal_out(&b);
}
