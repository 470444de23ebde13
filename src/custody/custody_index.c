#include "custody_index.h"

// ---- a map from the hash of a text to a place in an array; 0 is empty, else the place plus one
static uint32_t mask_of(uint32_t n) {
    uint32_t size = 4;
    while (size < 2 * n) size *= 2;
    return size - 1;
}
static size_t custody_index_size(uint32_t handovers, uint32_t items) {
    return ((size_t)mask_of(handovers) + mask_of(items) + 2 + handovers + 2 * (size_t)items) * sizeof(uint32_t);
}
static uint32_t hash_of(uint32_t kind, const char *p, size_t n) { // FNV-1a
    uint32_t h = 2166136261u ^ kind;
    for (size_t i = 0; i < n; i++) h = (h ^ (uint8_t)p[i]) * 16777619u;
    return h;
}
static uint32_t hash_of_place(const CustodyBook *b, bool item, uint32_t at) {
    if (item) return hash_of(b->item[at].kind, b->item[at].id, strlen(b->item[at].id));
    return hash_of(0, b->h[at].key, strlen(b->h[at].key));
}
static void map_add(const CustodyBook *b, bool item, uint32_t at) {
    uint32_t *map = item ? b->index.item : b->index.handover, mask = item ? b->index.item_mask : b->index.handover_mask;
    uint32_t i = hash_of_place(b, item, at) & mask;
    while (map[i]) i = (i + 1) & mask;
    map[i] = at + 1;
}
static void map_drop(const CustodyBook *b, bool item, uint32_t at) { // the rest of its run moves up
    uint32_t *map = item ? b->index.item : b->index.handover, mask = item ? b->index.item_mask : b->index.handover_mask;
    uint32_t i = hash_of_place(b, item, at) & mask;
    while (map[i] != at + 1) {
        CK_ASSERT(map[i] != 0);
        i = (i + 1) & mask;
    }
    map[i] = 0;
    for (uint32_t j = (i + 1) & mask; map[j]; j = (j + 1) & mask) {
        uint32_t moved = map[j];
        map[j] = 0;
        map_add(b, item, moved - 1);
    }
}
uint32_t index_handover(const CustodyBook *b, Str key) {
    uint32_t mask = b->index.handover_mask, i = hash_of(0, key.p, key.n) & mask;
    for (; b->index.handover[i]; i = (i + 1) & mask)
        if (str_eq_c(key, b->h[b->index.handover[i] - 1].key)) return b->index.handover[i] - 1;
    return b->limits.handovers;
}
uint32_t index_item(const CustodyBook *b, CustodyItemKind kind, Str id) {
    uint32_t mask = b->index.item_mask, i = hash_of(kind, id.p, id.n) & mask;
    for (; b->index.item[i]; i = (i + 1) & mask) {
        const CustodyItem *x = &b->item[b->index.item[i] - 1];
        if (x->kind == kind && str_eq_c(id, x->id)) return b->index.item[i] - 1;
    }
    return b->limits.items;
}

// ---- free places: those never used; then the oldest of those that only remember
static void ring_add(CustodyRing *r, uint32_t x) {
    CK_ASSERT(r->n < r->size);
    r->at[(r->first + r->n++) % r->size] = x;
}
static void ring_drop(CustodyRing *r, uint32_t x) { // nearly always the first
    uint32_t k = 0;
    while (r->at[(r->first + k) % r->size] != x) CK_ASSERT(++k < r->n);
    for (; k > 0; k--) r->at[(r->first + k) % r->size] = r->at[(r->first + k - 1) % r->size];
    r->first = (r->first + 1) % r->size, r->n--;
}
static bool is_away(const CustodyItem *x) {
    return x->used && !x->holds && !x->open;
}
static bool is_over(const HandOver *h) {
    return h->used && custody_over((CustodyState)h->state);
}
uint32_t index_free_item(const CustodyBook *b) {
    if (b->index.free_items_n) return b->index.free_items[b->index.free_items_n - 1];
    return b->index.away.n ? b->index.away.at[b->index.away.first] : b->limits.items;
}
uint32_t index_free_handover(const CustodyBook *b) {
    if (b->index.handovers_n < b->limits.handovers) return b->index.handovers_n;
    return b->index.over.n ? b->index.over.at[b->index.over.first] : b->limits.handovers;
}
void index_put_handover(CustodyBook *b, uint32_t slot, const HandOver *h) {
    HandOver *was = &b->h[slot];
    bool same = was->used && strcmp(was->key, h->key) == 0;
    if (is_over(was)) ring_drop(&b->index.over, slot);
    if (was->used && !same) map_drop(b, false, slot);
    if (!was->used) CK_ASSERT(slot == b->index.handovers_n++);
    *was = *h;
    if (!same) map_add(b, false, slot);
    if (is_over(h)) ring_add(&b->index.over, slot);
}
static void item_unfree(CustodyBook *b, uint32_t slot) { // nearly always the last
    uint32_t k = b->index.free_items_n;
    do CK_ASSERT(k-- > 0);
    while (b->index.free_items[k] != slot);
    b->index.free_items[k] = b->index.free_items[--b->index.free_items_n];
}
void index_put_item(CustodyBook *b, uint32_t slot, const CustodyItem *item) {
    CustodyItem *was = &b->item[slot];
    if (is_away(was)) ring_drop(&b->index.away, slot);
    if (was->used) map_drop(b, true, slot);
    if (was->used && !item->used) b->index.free_items[b->index.free_items_n++] = slot;
    if (!was->used && item->used) item_unfree(b, slot);
    *was = *item;
    if (item->used) map_add(b, true, slot);
    if (is_away(item)) ring_add(&b->index.away, slot);
}
static void sort_over(CustodyBook *b) { // by when they ended; only after a restart
    uint32_t *x = b->index.over.at;
    for (uint32_t i = 1; i < b->index.over.n; i++) {
        uint32_t slot = x[i], k = i;
        for (; k > 0 && b->h[x[k - 1]].since_ms > b->h[slot].since_ms; k--) x[k] = x[k - 1];
        x[k] = slot;
    }
}
void custody_book_index(CustodyBook *b) {
    memset(b->index.handover, 0, ((size_t)b->index.handover_mask + 1) * sizeof(uint32_t));
    memset(b->index.item, 0, ((size_t)b->index.item_mask + 1) * sizeof(uint32_t));
    b->index.over.first = b->index.over.n = b->index.away.first = b->index.away.n = 0;
    b->index.free_items_n = b->index.handovers_n = 0;
    for (uint32_t i = 0; i < b->limits.handovers && b->h[i].used; i++) {
        b->index.handovers_n++;
        map_add(b, false, i);
        if (is_over(&b->h[i])) ring_add(&b->index.over, i);
    }
    sort_over(b);
    for (uint32_t i = b->limits.items; i-- > 0;) {
        if (!b->item[i].used)
            b->index.free_items[b->index.free_items_n++] = i;
        else
            map_add(b, true, i);
        if (is_away(&b->item[i])) ring_add(&b->index.away, i);
    }
}
Err custody_book_init(CustodyBook *b, uint32_t handovers, uint32_t items, Arena *a) {
    CK_ASSERT(handovers > 0 && items > 0);
    *b = (CustodyBook){.limits = {handovers, items}};
    b->h = arena_alloc(a, handovers * sizeof *b->h);
    b->item = arena_alloc(a, items * sizeof *b->item);
    uint32_t *p = arena_alloc(a, custody_index_size(handovers, items));
    if (!b->h || !b->item || !p) return ERR_LIMIT;
    b->index.handover_mask = mask_of(handovers), b->index.item_mask = mask_of(items);
    b->index.handover = p, b->index.item = p + b->index.handover_mask + 1;
    b->index.over = (CustodyRing){.at = b->index.item + b->index.item_mask + 1, .size = handovers};
    b->index.away = (CustodyRing){.at = b->index.over.at + handovers, .size = items};
    b->index.free_items = b->index.away.at + items;
    custody_book_index(b);
    return OK;
}
