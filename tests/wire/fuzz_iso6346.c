#include "wire/wire_iso6346.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    char number[ISO6346_LEN + 1], again[ISO6346_LEN + 1];
    Iso6346Result r = iso6346_parse((Str){(const char *)p, n}, number);
    CK_ASSERT(iso6346_problem_text(r.problem) != NULL);
    CK_ASSERT((r.problem == ISO6346_CHECK) == (r.expected != 0));
    if (r.problem != ISO6346_OK) return 0;
    CK_ASSERT(iso6346_parse(str_c(number), again).problem == ISO6346_OK && strcmp(number, again) == 0);
    return 0;
}
