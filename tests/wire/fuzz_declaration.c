#include "wire/wire_declaration.h"

static bool look(void *ctx, const ImportItem *item) {
    unsigned *good = ctx;
    CK_ASSERT((item->verdict == IMPORT_GOOD) == (item->declaration != NULL));
    CK_ASSERT(item->verdict == IMPORT_GOOD || item->problem_count > 0);
    CK_ASSERT(item->problem_count <= IMPORT_PROBLEMS_MAX);
    bool bad = false;
    for (uint32_t i = 0; i < item->problem_count; i++) {
        const ImportProblem *p = &item->problems[i];
        CK_ASSERT(utf8_valid(p->field) && utf8_valid(p->reason) && utf8_valid(p->cure) && p->reason.n > 0);
        bad |= !p->note;
    }
    CK_ASSERT(item->verdict != IMPORT_GOOD || !bad);
    *good += item->verdict == IMPORT_GOOD;
    return true;
}
static unsigned import_text(Str text, const json_t *members, ImportSummary *sum) {
    unsigned good = 0;
    ImportDefaults defaults = {.members = members};
    Err e = declaration_import(text, STR_EMPTY, &defaults, look, &good, sum);
    CK_ASSERT(e == OK || sum->bad > 0);
    CK_ASSERT(good == sum->good);
    return good;
}
static bool again(void *ctx, const ImportItem *item) {
    (void)ctx;
    if (item->verdict != IMPORT_GOOD) return true;
    char *text = json_dumps(item->declaration, 0);
    ImportSummary sum;
    CK_ASSERT(import_text(str_c(text), NULL, &sum) == 1); // what was good is good JSON
    free(text);
    return true;
}
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    static json_t *members;
    if (!members) members = json_pack("{s:s,s:s,s:s}", "mode", "through", "plate", "12C12345", "direction", "export");
    ImportSummary sum;
    import_text((Str){(const char *)p, n}, NULL, &sum);
    ImportDefaults defaults = {.members = members};
    (void)!declaration_import((Str){(const char *)p, n}, STR_EMPTY, &defaults, again, NULL, &sum);
    return 0;
}
