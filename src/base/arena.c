#include "base.h"
#include <sys/mman.h>

struct ArenaBlock {
    ArenaBlock *next;
    size_t used, cap;
    _Alignas(16) char data[];
};
#define BLOCK_MIN 8192u

void arena_init(Arena *a, size_t ceiling) {
    *a = (Arena){.head = NULL, .used = 0, .ceiling = ceiling};
}
void arena_deinit(Arena *a) {
    for (ArenaBlock *b = a->head, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    *a = (Arena){.head = NULL, .used = 0, .ceiling = a->ceiling};
}
void arena_reset(Arena *a) {
    ArenaBlock *keep = a->head;
    for (ArenaBlock *b = a->head; b; b = b->next)
        if (b->cap > keep->cap) keep = b;
    for (ArenaBlock *b = a->head, *next; b; b = next) {
        next = b->next;
        if (b != keep) free(b);
    }
    a->head = keep;
    a->used = 0;
    if (!keep) return;
    keep->next = NULL;
    keep->used = 0;
}
void *arena_alloc(Arena *a, size_t n) {
    size_t need = (n + 15) & ~(size_t)15;
    if (n > a->ceiling || a->used + need > a->ceiling) return NULL;
    if (!a->head || a->head->cap - a->head->used < need) {
        size_t cap = MAX(need, a->head ? MIN(a->head->cap * 2, 1u << 20) : BLOCK_MIN);
        ArenaBlock *b = malloc(sizeof *b + cap);
        if (!b) return NULL;
        *b = (ArenaBlock){.next = a->head, .used = 0, .cap = cap};
        a->head = b;
    }
    void *p = a->head->data + a->head->used;
    a->head->used += need;
    a->used += need;
    memset(p, 0, need);
    return p;
}
char *arena_cstr(Arena *a, Str s) {
    char *p = arena_alloc(a, s.n + 1);
    if (p && s.n) memcpy(p, s.p, s.n);
    return p;
}
Str arena_str(Arena *a, Str s) {
    char *p = arena_cstr(a, s);
    return p ? (Str){p, s.n} : (Str){NULL, 0};
}

// ---- one big block
#define HUGE_PAGE (2u << 20)
void *block_alloc(size_t n) {
    size_t unit = n >= HUGE_PAGE ? HUGE_PAGE : 64, size = (n + unit - 1) & ~(unit - 1);
    void *p = aligned_alloc(unit, size);
    CK_ASSERT(p != NULL);
    if (unit == HUGE_PAGE) (void)madvise(p, size, MADV_HUGEPAGE);
    return p;
}
