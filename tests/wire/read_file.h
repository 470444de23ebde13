// Reads a test file whole; NULL when it is not there. The caller frees.
#pragma once
#include "base/base.h"

static inline char *read_file(const char *path, size_t *ret_n) {
    FILE *f = fopen(path, "rb");
    if (!f) return NULL;
    Buf b;
    buf_init(&b, 128u << 20);
    char part[65536];
    for (size_t n; (n = fread(part, 1, sizeof part, f)) > 0;) buf_put(&b, part, n);
    fclose(f);
    buf_char(&b, 0);
    *ret_n = b.n - 1;
    return b.p;
}
