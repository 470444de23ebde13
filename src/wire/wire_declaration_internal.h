// Shared by the readers of the import formats; not for other folders.
#pragma once
#include "wire_declaration.h"

typedef struct {
    const ImportDefaults *defaults;
    ImportFn *fn;
    void *ctx;
    ImportSummary sum;
    size_t row;   // declarations so far
    bool limited; // IMPORT_ROWS_MAX was reached
    json_t *seen; // lrn -> line
    // of the item at hand
    Arena texts;
    ImportProblem problems[IMPORT_PROBLEMS_MAX];
    uint32_t problem_count, bad_count;
    bool problems_cut;
} Import;

static inline bool import_over(const Import *im) {
    return im->sum.stopped || im->limited;
}

// Texts live until the item is reported.
Str import_text(Import *im, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
// A short quotation of foreign bytes, safe to print: cut at 40 characters, control and broken bytes as '?'.
const char *import_shown(Import *im, Str s);
void import_problem(Import *im, Str field, const char *cure, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
void import_note(Import *im, Str field, const char *cure, const char *fmt, ...) __attribute__((format(printf, 4, 5)));

// Reports the problems gathered so far (verdict bad, other or warning) and clears them.
void import_report(Import *im, ImportVerdict verdict, uint32_t line, Str lrn);
// Takes the reference: fills what lacks, checks, normalises, reports as good or bad together with the problems
// gathered.
void import_declaration(Import *im, json_t *owned, uint32_t line);

// ---- the fields of a declaration
typedef enum {
    FORM_TEXT,
    FORM_ENUM,
    FORM_BOOL,
    FORM_AMOUNT, // whole in JSON; text sources may carry decimals, which are rounded
    FORM_COUNT,
    FORM_COUNTRY,
    FORM_CURRENCY,
    FORM_PLATE,
    FORM_CONTAINER,
    FORM_HS,
    FORM_TIME,
    FORM_SEALS,
    FORM_TABLE, // array of objects described by .table
} ImportForm;
typedef struct ImportTable ImportTable;
typedef struct {
    const char *name;
    ImportForm form;
    int64_t max; // characters, value or entries
    bool required;
    const char *const *names; // FORM_ENUM, ended by NULL
    const ImportTable *table;
} ImportField;
struct ImportTable {
    const ImportField *fields;
    size_t n;
};
extern const ImportTable import_fields, import_goods_fields, import_certificate_fields;
const ImportField *import_find_field(const ImportTable *t, Str name); // NULL when absent
// The nearest name of either table, or NULL when none is near.
const char *import_nearest(const ImportTable *a, const ImportTable *b, Str name);
// Checks a declaration and writes plates, containers, codes in their normal form.
void import_check(Import *im, json_t *declaration);
// What the formats have in common in text: "1234.5". Rounded half up; what is more than nothing stays at least 1.
bool import_decimal(Str s, int64_t *ret);

// ---- the formats
Err import_json(Import *im, Str text, Str name_hint);
Err import_csv(Import *im, Str text);
Err import_wco(Import *im, Str text);
