#include "wire/wire_plate.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    Plate plate, again;
    PlateProblem problem = plate_parse((Str){(const char *)p, n}, &plate);
    CK_ASSERT(plate_problem_text(problem) != NULL);
    if (problem != PLATE_OK) return 0;
    CK_ASSERT(utf8_valid(str_c(plate.text)) && plate.n == strlen(plate.text));
    CK_ASSERT(plate_parse(str_c(plate.text), &again) == PLATE_OK);
    CK_ASSERT(strcmp(plate.text, again.text) == 0 && plate.kind == again.kind);
    return 0;
}
