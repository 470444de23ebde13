// The reader takes what jansson takes and nothing else, says the same, and its writer's text reads back to the same
// tree.
#include "json_compare.h"

int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    char what[256];
    if (json_compare((Str){(const char *)p, n}, what)) return 0;
    fprintf(stderr, "%s\n", what);
    abort();
}
