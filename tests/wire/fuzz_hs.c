#include "wire/wire_hs.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    Str text = {(const char *)p, n};
    char why[HS_EXPLAIN_MAX], hs[HS_DIGITS_MAX + 1];
    HsSet *set = NULL;
    if (hs_parse(text, &set, NULL) == OK) {
        CK_ASSERT(hs_count(set) > 0);
        hs_free(set);
    }
    CK_ASSERT(hs_parse(STR("010121\n081060\n"), &set, NULL) == OK);
    hs_explain(set, text, why);
    if (hs_normalise(text, hs)) CK_ASSERT(hs_check(set, str_c(hs)) != HS_FORM);
    hs_free(set);
    return 0;
}
