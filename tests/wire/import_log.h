// Runs an import and keeps what it reported as text, one line an item and one a problem.
#pragma once
#include "read_file.h"
#include "wire/wire_declaration.h"

typedef struct {
    Buf text;
    json_t *good; // array
    ImportSummary sum;
    Err e;
} ImportLog;

static inline bool import_log_item(void *ctx, const ImportItem *item) {
    static const char *const verdicts[] = {"good", "bad", "other", "warning"};
    ImportLog *log = ctx;
    buf_printf(&log->text, "%s %u " STR_F "\n", verdicts[item->verdict], item->line, STR_A(item->lrn));
    for (uint32_t i = 0; i < item->problem_count; i++) {
        const ImportProblem *p = &item->problems[i];
        buf_printf(&log->text, "  %s" STR_F ": " STR_F " -> " STR_F "\n", p->note ? "note " : "", STR_A(p->field),
                   STR_A(p->reason), STR_A(p->cure));
    }
    if (item->problems_cut) buf_c(&log->text, "  and more\n");
    if (item->declaration) json_array_append(log->good, item->declaration);
    return true;
}
static inline ImportLog import_log_run(Str bytes, const char *name, const ImportDefaults *defaults) {
    ImportLog log = {.good = json_array()};
    buf_init(&log.text, 64u << 20);
    log.e = declaration_import(bytes, str_c(name), defaults, import_log_item, &log, &log.sum);
    buf_char(&log.text, 0);
    return log;
}
static inline bool import_log_has(const ImportLog *log, const char *text) {
    return strstr(log->text.p, text) != NULL;
}
static inline void import_log_free(ImportLog *log) {
    buf_deinit(&log->text);
    json_decref(log->good);
}
static inline HsSet *import_log_hs(void) {
    size_t n;
    char *text = read_file(CK_SCHEMA_DIR "/hs2022.txt", &n);
    HsSet *set = NULL;
    if (text && hs_parse((Str){text, n}, &set, NULL) != OK) set = NULL;
    free(text);
    return set;
}
