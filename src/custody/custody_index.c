#include "custody_index.h"

// ---- a map from the hash of a text to a place in an array; 0 is empty, else the place plus one
static uint32_t mask_of(uint32_t n) {
    uint32_t size = 4;
    while (size < 2 * n) size *= 2;
    return size - 1;
}
static size_t custody_index_size(uint32_t handovers, uint32_t items) {
    return ((size_t)mask_of(handovers) + mask_of(items) + 2 + handovers + items) * sizeof(uint32_t);
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

// ---- free places: those never used or given back on a stack; hand-overs that are over in a ring, the oldest first
uint32_t index_free_item(const CustodyBook *b) {
    return b->index.free_items_n ? b->index.free_items[b->index.free_items_n - 1] : b->limits.items;
}
uint32_t index_free_handover(const CustodyBook *b) {
    if (b->index.fresh < b->limits.handovers) return b->index.fresh;
    return b->index.over_n ? b->index.over[b->index.over_at] : b->limits.handovers;
}
static void over_add(CustodyBook *b, uint32_t slot) {
    CK_ASSERT(b->index.over_n < b->limits.handovers);
    b->index.over[(b->index.over_at + b->index.over_n++) % b->limits.handovers] = slot;
}
static void over_drop(CustodyBook *b, uint32_t slot) { // only what is over makes place: nearly always the first
    uint32_t n = b->limits.handovers, k = 0, *x = b->index.over;
    while (x[(b->index.over_at + k) % n] != slot) CK_ASSERT(++k < b->index.over_n);
    for (; k > 0; k--) x[(b->index.over_at + k) % n] = x[(b->index.over_at + k - 1) % n];
    b->index.over_at = (b->index.over_at + 1) % n, b->index.over_n--;
}
void index_put_handover(CustodyBook *b, uint32_t slot, const HandOver *h) {
    HandOver *was = &b->h[slot];
    bool same = was->used && strcmp(was->key, h->key) == 0;
    if (!same && was->used) over_drop(b, slot), map_drop(b, false, slot);
    if (!was->used) {
        CK_ASSERT(slot == b->index.fresh);
        b->index.fresh++;
    }
    bool ends = custody_over((CustodyState)h->state) && !(same && custody_over((CustodyState)was->state));
    *was = *h;
    if (!same) map_add(b, false, slot);
    if (ends) over_add(b, slot);
}
void index_put_item(CustodyBook *b, uint32_t slot, const CustodyItem *item) {
    CustodyItem *was = &b->item[slot];
    if (was->used) {
        map_drop(b, true, slot);
        b->index.free_items[b->index.free_items_n++] = slot;
    }
    *was = *item;
    if (!item->used) return;
    CK_ASSERT(b->index.free_items_n);
    uint32_t k = b->index.free_items_n - 1;
    while (b->index.free_items[k] != slot) {
        CK_ASSERT(k > 0);
        k--;
    }
    b->index.free_items[k] = b->index.free_items[--b->index.free_items_n];
    map_add(b, true, slot);
}
static void sort_over(CustodyBook *b) { // by when they ended; only after a restart
    uint32_t *x = b->index.over;
    for (uint32_t i = 1; i < b->index.over_n; i++) {
        uint32_t slot = x[i], k = i;
        for (; k > 0 && b->h[x[k - 1]].since_ms > b->h[slot].since_ms; k--) x[k] = x[k - 1];
        x[k] = slot;
    }
}
void custody_book_index(CustodyBook *b) {
    memset(b->index.handover, 0, ((size_t)b->index.handover_mask + 1) * sizeof(uint32_t));
    memset(b->index.item, 0, ((size_t)b->index.item_mask + 1) * sizeof(uint32_t));
    b->index.over_at = b->index.over_n = b->index.free_items_n = b->index.fresh = 0;
    for (uint32_t i = 0; i < b->limits.handovers && b->h[i].used; i++) {
        b->index.fresh = i + 1;
        map_add(b, false, i);
        if (custody_over((CustodyState)b->h[i].state)) over_add(b, i);
    }
    sort_over(b);
    for (uint32_t i = b->limits.items; i-- > 0;) {
        if (b->item[i].used)
            map_add(b, true, i);
        else
            b->index.free_items[b->index.free_items_n++] = i;
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
    b->index.over = b->index.item + b->index.item_mask + 1, b->index.free_items = b->index.over + handovers;
    custody_book_index(b);
    return OK;
}
