// Any bytes: no certificate, one with faults that are named, or one whose every text can be printed.
#include "wire/wire_ephyto.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    Arena a;
    Buf b;
    Ephyto e;
    EphytoProblems problems;
    arena_init(&a, 16u << 20), buf_init(&b, 8u << 20);
    Err err = ephyto_read((Str){(const char *)p, n}, &a, &e, &problems);
    CK_ASSERT((err == OK) == (problems.n == 0));
    for (uint32_t i = 0; i < MIN(problems.n, EPHYTO_PROBLEMS_MAX); i++) {
        const EphytoProblem *x = &problems.p[i];
        CK_ASSERT(x->reason.n > 0 && x->cure.n > 0 && utf8_valid(x->reason) && utf8_valid(x->field));
    }
    json_open(&b, '{');
    field_write(&b, &ephyto_table, &e, NULL);
    json_close(&b, '}');
    CK_ASSERT(!b.overflow && utf8_valid(buf_view(&b)));
    CK_ASSERT(err != OK || (e.number.n > 0 && e.type && e.exporting.n == 2 && e.importing.n == 2 && e.items.n > 0));
    buf_deinit(&b), arena_deinit(&a);
    return 0;
}
