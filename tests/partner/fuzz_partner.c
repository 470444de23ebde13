// The first byte picks the adapter. Refused with words, or taken; what was taken can be said again and is the same.
#include "partner/partner.h"

static void write(Buf *b, const PartnerMessage *m) {
    buf_init(b, PARTNER_TEXT_MAX);
    partner_json_write(b, m);
}
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    Arena a;
    PartnerMessage m, back;
    Str what = STR_EMPTY;
    if (n == 0) return 0;
    const PartnerAdapter *adapter = partner_at(p[0] % 3);
    arena_init(&a, 8u << 20);
    Err e = partner_decode(adapter, (Str){(const char *)p + 1, n - 1}, &a, &m, &what);
    CK_ASSERT(e == OK || (what.n > 0 && utf8_valid(what)));
    if (e == OK) {
        Buf foreign, one, two;
        buf_init(&foreign, PARTNER_TEXT_MAX);
        CK_ASSERT(partner_encode(adapter, &m, &a, &foreign, &what) == OK);
        CK_ASSERT(partner_decode(adapter, buf_view(&foreign), &a, &back, &what) == OK);
        write(&one, &m), write(&two, &back);
        CK_ASSERT(str_eq(buf_view(&one), buf_view(&two)));
        buf_deinit(&foreign), buf_deinit(&one), buf_deinit(&two);
    }
    arena_deinit(&a);
    return 0;
}
