#include "peer_shift.h"

int64_t peer_shift_begin(int64_t t_ms, int64_t length_ms) {
    CK_ASSERT(t_ms >= 0 && length_ms > 0);
    return t_ms / length_ms * length_ms;
}
void peer_shift_id(int64_t from_ms, char ret[PEER_SHIFT_ID + 1]) {
    char text[ISO8601_LEN + 1];
    iso8601_format(from_ms, text); // 2027-01-01T08:00:00.000Z
    memcpy(ret, text, PEER_SHIFT_ID - 1);
    ret[PEER_SHIFT_ID - 1] = 'Z', ret[PEER_SHIFT_ID] = 0;
}

// ---- lines
static int by_key(const void *a, const void *b) {
    const HandOver *const *x = a, *const *y = b;
    return strcmp((*x)->key, (*y)->key);
}
static uint32_t holder_at(const CustodySide *s, const HandOver *h, int64_t until_ms) { // index of the side
    bool holds = custody_holds((CustodyRole)h->role, (CustodyState)h->state);
    uint32_t taker = h->role == CUSTODY_TAKER ? s->me : 1 - s->me;
    if (h->back_ms >= until_ms) return taker; // it went back in a later shift
    return holds ? s->me : 1 - s->me;
}
uint32_t peer_shift_lines(const CustodySide *s, int64_t from_ms, int64_t until_ms, Buf *lines) {
    const CustodyBook *b = &s->book;
    uint32_t n = 0;
    Buf found;
    buf_init(&found, (b->limits.handovers + 1) * sizeof(HandOver *));
    for (uint32_t i = 0; i < b->limits.handovers && b->h[i].used; i++) {
        const HandOver *h = &b->h[i];
        if (h->crossed_ms < from_ms || h->crossed_ms >= until_ms || !h->crossed_ms) continue;
        buf_put(&found, &h, sizeof h);
        n++;
    }
    if (n) qsort(found.p, n, sizeof(HandOver *), by_key);
    for (uint32_t i = 0; i < n; i++) {
        const HandOver *h;
        memcpy(&h, found.p + i * sizeof h, sizeof h);
        buf_printf(lines, "%s %s %s %s\n", h->key, CustodyItem_names.names[h->item_kind], h->item_id,
                   s->agreement->side[holder_at(s, h, until_ms)]);
    }
    buf_deinit(&found);
    return n;
}
void peer_shift_hash(const CustodySide *s, Str lines, char ret[CUSTODY_HEX_MAX + 1]) {
    uint8_t hash[CUSTODY_HASH_LEN];
    s->crypto.hash(s->crypto.ctx, lines.n ? lines : STR(""), hash);
    custody_hex(hash, ret);
}

// ---- taking apart
static Str next_line(Str *rest) { // without its line feed
    const char *end = rest->n ? memchr(rest->p, '\n', rest->n) : NULL;
    Str line = {rest->p, end ? (size_t)(end - rest->p) : rest->n};
    size_t used = MIN(line.n + 1, rest->n);
    if (rest->n) *rest = (Str){rest->p + used, rest->n - used};
    return line;
}
Str peer_shift_page(Str *rest) {
    Str left = *rest, page = {rest->p, 0};
    while (left.n) {
        (void)next_line(&left);
        size_t n = rest->n - left.n;
        if (n > CUSTODY_PATH_MAX) break;
        page.n = n;
    }
    if (page.n) *rest = (Str){rest->p + page.n, rest->n - page.n};
    return page;
}
typedef struct {
    Str rest, key, says; // says: behind the key
    bool there;
} Reader;
static void step(Reader *r) {
    r->there = r->rest.n > 0;
    Str line = next_line(&r->rest);
    const char *blank = line.n ? memchr(line.p, ' ', line.n) : NULL;
    r->key = (Str){line.p, blank ? (size_t)(blank - line.p) : line.n};
    r->says = blank ? (Str){blank + 1, line.n - r->key.n - 1} : STR("?"); // never what a side of ours wrote
}
static int compare_keys(const Reader *a, const Reader *b) {
    if (!a->there || !b->there) return a->there ? -1 : 1;
    size_t n = MIN(a->key.n, b->key.n);
    int c = n ? memcmp(a->key.p, b->key.p, n) : 0;
    return c ? c : a->key.n < b->key.n ? -1 : a->key.n > b->key.n;
}
void peer_shift_compare(Str own, Str other, PeerShiftFn *fn, void *ctx) {
    Reader a = {.rest = own}, b = {.rest = other};
    step(&a), step(&b);
    while (a.there || b.there) {
        int c = compare_keys(&a, &b);
        PeerShiftDiffers d = {.key = c <= 0 ? a.key : b.key};
        if (c <= 0) d.own = a.says;
        if (c >= 0) d.other = b.says;
        if (!str_eq(d.own, d.other) && !fn(ctx, &d)) return;
        if (c <= 0) step(&a);
        if (c >= 0) step(&b);
    }
}
void peer_shift_differs_line(Buf *b, uint32_t me, const PeerShiftDiffers *d) {
    buf_str(b, d->key);
    for (uint32_t side = 0; side < 2; side++) {
        buf_char(b, '\t');
        buf_str(b, side == me ? d->own : d->other);
    }
    buf_char(b, '\n');
}
