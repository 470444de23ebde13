// The first byte picks version and topic. What is read can be written, and reads back the same; what is refused says
// where and why.
#include "wire/wire_vda.h"

static void again(VdaVersion v, VdaTopic t, const void *msg, Arena *a) {
    static char room[2048];
    Buf one, two;
    VdaProblems p;
    buf_init(&one, 1u << 20), buf_init(&two, 1u << 20);
    vda_encode(&one, v, t, msg);
    CK_ASSERT(!one.overflow && utf8_valid(buf_view(&one)));
    CK_ASSERT(vda_decode(v, t, buf_view(&one), a, room, &p) == OK && p.unknown == 0);
    vda_encode(&two, v, t, room);
    CK_ASSERT(str_eq(buf_view(&one), buf_view(&two)));
    buf_deinit(&one), buf_deinit(&two);
}
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static _Alignas(16) char room[2048];
    Arena a;
    VdaProblems problems;
    if (n == 0) return 0;
    VdaVersion v = (VdaVersion)(p[0] % VDA_VERSION_COUNT);
    VdaTopic t = (VdaTopic)(p[0] / VDA_VERSION_COUNT % VDA_TOPIC_COUNT);
    if (!vda_has_topic(v, t)) return 0;
    arena_init(&a, 4u << 20);
    Err e = vda_decode(v, t, (Str){(const char *)p + 1, n - 1}, &a, room, &problems);
    CK_ASSERT((e == OK) == (problems.n == 0) && vda_size(t) <= sizeof room);
    for (uint32_t i = 0; i < MIN(problems.n, (uint32_t)VDA_PROBLEMS_MAX); i++) {
        const VdaProblem *x = &problems.p[i];
        CK_ASSERT(utf8_valid(x->pointer) && utf8_valid(x->what) && x->what.n > 0 && x->cure.n > 0);
    }
    if (e == OK) again(v, t, room, &a);
    if (e == OK && t == VDA_ORDER) {
        const VdaOrder *o = (const VdaOrder *)(const void *)room;
        char where[VDA_WHERE_MAX];
        if (vda_check_order(v, o, where) == VDA_FAULT_NONE) CK_ASSERT(vda_check_update(o, o) == VDA_FAULT_SAME_UPDATE);
    }
    arena_deinit(&a);
    return 0;
}
