#include "wire_bind.h"
#include <malloc.h>

#define CLASSES     17u  // class c: at least 16 c + 8 usable bytes, as malloc's own sizes go
#define KEEP_MAX    1024u // of one size

typedef struct Free {
    struct Free *next;
} Free;
static _Thread_local struct {
    Free *list[CLASSES];
    uint32_t n[CLASSES];
} pool;

static void *pool_alloc(size_t n) {
    size_t c = (n + 7) / 16;
    if (c == 0) c = 1;
    if (c < CLASSES && pool.list[c]) {
        Free *f = pool.list[c];
        pool.list[c] = f->next;
        pool.n[c]--;
        return f;
    }
    return malloc(n);
}
static void pool_free(void *p) {
    if (!p) return;
    size_t usable = malloc_usable_size(p), c = usable < 24 ? CLASSES : (usable - 8) / 16;
    if (c >= CLASSES || pool.n[c] >= KEEP_MAX) {
        free(p);
        return;
    }
    Free *f = p;
    f->next = pool.list[c];
    pool.list[c] = f;
    pool.n[c]++;
}
void wire_json_pool_use(void) {
    json_set_alloc_funcs(pool_alloc, pool_free);
}
