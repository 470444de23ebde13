#include "wire_csv.h"
#include "wire_declaration_internal.h"

#define NO_COLUMN UINT32_MAX

typedef struct {
    const ImportField *field; // NULL: passed over
    bool goods;
} Column;
typedef struct {
    Import *im;
    Column columns[CSV_COLUMNS_MAX];
    uint32_t n, lrn_column;
    json_t *open; // the declaration whose goods lines are being gathered; its problems wait in im
    uint32_t open_line;
    uint32_t stray_line; // a line that cannot be read at all and may belong to the declaration that follows; 0 = none
} Table;

// Column titles of the customs research tables and what they are here.
static const struct {
    const char *title, *name;
} customs_titles[] = {
    {"declaration_id", "lrn"}, {"hs6_code", "hs"},      {"country_of_origin", "origin"},
    {"net_mass", "net_kg"},    {"item_price", "value"},
};

static Str trim(Str s) {
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t')) s.p++, s.n--;
    while (s.n && (s.p[s.n - 1] == ' ' || s.p[s.n - 1] == '\t')) s.n--;
    return s;
}

// ---- the header
static Str title_of(Import *im, Str raw) { // "Goods.Net kg" -> "net_kg"
    raw = trim(raw);
    char *p = arena_cstr(&im->texts, raw);
    if (!p) return STR_EMPTY;
    for (size_t i = 0; i < raw.n; i++) {
        if (p[i] >= 'A' && p[i] <= 'Z') p[i] = (char)(p[i] - 'A' + 'a');
        if (p[i] == ' ') p[i] = '_';
    }
    Str s = {p, raw.n};
    return str_starts(s, STR("goods.")) ? (Str){s.p + 6, s.n - 6} : s;
}
static bool has_title(Import *im, const CsvRow *header, const char *title) {
    for (uint32_t i = 0; i < header->count; i++)
        if (str_eq_c(title_of(im, header->fields[i]), title)) return true;
    return false;
}
static bool is_customs(Import *im, const CsvRow *header) {
    return has_title(im, header, "declaration_id") && has_title(im, header, "hs6_code") &&
           has_title(im, header, "net_mass");
}
static Column find_column(Str name) {
    const ImportField *f = import_find_field(&import_fields, name);
    if (f && f->table != &import_goods_fields) return (Column){f, false};
    return (Column){import_find_field(&import_goods_fields, name), true};
}
static bool is_taken(const Table *t, uint32_t before, const ImportField *f) {
    for (uint32_t i = 0; i < before; i++)
        if (t->columns[i].field == f) return true;
    return false;
}
static void read_title(Table *t, uint32_t i, Str raw) {
    Str name = title_of(t->im, raw);
    if (t->im->sum.format == IMPORT_CSV_CUSTOMS) {
        const char *known = "";
        for (size_t k = 0; k < ARRAY_LEN(customs_titles); k++)
            if (str_eq_c(name, customs_titles[k].title)) known = customs_titles[k].name;
        t->columns[i] = find_column(str_c(known));
    } else {
        t->columns[i] = find_column(name);
        if (!t->columns[i].field && name.n) {
            const char *near = import_nearest(&import_fields, &import_goods_fields, name);
            Str cure =
                near ? import_text(t->im, "did you mean \"%s\"?", near) : STR("rename it, or leave it: it is not read");
            import_note(t->im, str_c(import_shown(t->im, raw)), cure.p, "no column has this name");
        }
    }
    if (t->columns[i].field && is_taken(t, i, t->columns[i].field)) {
        import_note(t->im, str_c(import_shown(t->im, raw)), "keep one of them",
                    "the column is there twice; the first is read");
        t->columns[i].field = NULL;
    }
    if (t->columns[i].field && str_eq_c(name, "lrn")) t->lrn_column = i;
}
static Err read_header(Table *t, const CsvRow *header) {
    Import *im = t->im;
    if (header->problem != CSV_OK) {
        import_problem(im, STR_EMPTY, "the first line must name the columns", "%s", csv_problem_text(header->problem));
        import_report(im, IMPORT_BAD, header->line, STR_EMPTY);
        return ERR_PARSE;
    }
    im->sum.format = is_customs(im, header) ? IMPORT_CSV_CUSTOMS : IMPORT_CSV;
    t->n = header->count;
    t->lrn_column = NO_COLUMN;
    uint32_t known = 0;
    for (uint32_t i = 0; i < t->n; i++) {
        read_title(t, i, header->fields[i]);
        known += t->columns[i].field != NULL;
        if (im->sum.format == IMPORT_CSV_CUSTOMS && t->columns[i].field == &import_fields.fields[0]) t->lrn_column = i;
    }
    if (known == 0) {
        im->sum.format = IMPORT_UNKNOWN;
        im->problem_count = 0;
        import_problem(im, STR_EMPTY,
                       "send JSON, WCO XML, or CSV whose first line has lrn, direction, plate, hs and so on",
                       "neither JSON nor XML, and the first line names no known column");
        import_report(im, IMPORT_BAD, header->line, STR_EMPTY);
        return ERR_PARSE;
    }
    if (im->problem_count) import_report(im, IMPORT_WARNING, header->line, STR_EMPTY);
    return OK;
}

// ---- cells
static json_t *read_flag(Str v) {
    static const char *const yes[] = {"true", "yes", "1", "TRUE", "True"}, *const no[] = {"false", "no", "0", "FALSE",
                                                                                          "False"};
    for (size_t i = 0; i < ARRAY_LEN(yes); i++) {
        if (str_eq_c(v, yes[i])) return json_true();
        if (str_eq_c(v, no[i])) return json_false();
    }
    return NULL;
}
static Str next_part(Str *rest, char by) {
    const char *end = rest->n ? memchr(rest->p, by, rest->n) : NULL;
    size_t n = end ? (size_t)(end - rest->p) : rest->n;
    Str part = {rest->p, n};
    *rest = end ? (Str){end + 1, rest->n - n - 1} : STR_EMPTY;
    return trim(part);
}
static json_t *read_seals(Str v) {
    json_t *list = json_array();
    while (v.n && json_array_size(list) <= IMPORT_SEALS_MAX) {
        Str seal = next_part(&v, '|');
        if (seal.n) json_array_append_new(list, json_stringn(seal.p, seal.n));
    }
    return list;
}
static json_t *read_certificates(Str v) { // kind:number:valid_until|...; the time has colons of its own
    json_t *list = json_array();
    while (v.n && json_array_size(list) <= IMPORT_CERTIFICATES_MAX) {
        Str text = next_part(&v, '|');
        if (text.n == 0) continue;
        Str kind = next_part(&text, ':'), number = next_part(&text, ':'), until = trim(text);
        json_t *c = json_object();
        if (kind.n) json_object_set_new(c, "kind", json_stringn(kind.p, kind.n));
        if (number.n) json_object_set_new(c, "number", json_stringn(number.p, number.n));
        if (until.n) json_object_set_new(c, "valid_until", json_stringn(until.p, until.n));
        json_array_append_new(list, c);
    }
    return list;
}
static json_t *read_cell(const ImportField *f, Str v) { // NULL: not in the form of the field
    int64_t number;
    switch (f->form) {
    case FORM_BOOL: return read_flag(v);
    case FORM_COUNT:
        if (memchr(v.p, '.', v.n)) return NULL;
        return import_decimal(v, &number) ? json_integer(number) : NULL;
    case FORM_AMOUNT: return import_decimal(v, &number) ? json_integer(number) : NULL;
    case FORM_SEALS: return read_seals(v);
    case FORM_TABLE: return read_certificates(v);
    case FORM_TEXT:
    case FORM_ENUM:
    case FORM_COUNTRY:
    case FORM_CURRENCY:
    case FORM_PLATE:
    case FORM_CONTAINER:
    case FORM_HS:
    case FORM_TIME: break;
    }
    return json_stringn(v.p, v.n);
}

// ---- lines
static void flush(Table *t) {
    if (!t->open) return;
    import_declaration(t->im, t->open, t->open_line);
    t->open = NULL;
}
static void put_member(Table *t, const ImportField *f, json_t *v, uint32_t line) {
    json_t *have = json_object_get(t->open, f->name);
    if (have && !json_equal(have, v))
        import_problem(t->im, str_c(f->name), "give it once, or alike in each line of the declaration",
                       "line %u differs from line %u", line, t->open_line);
    if (have)
        json_decref(v);
    else
        json_object_set_new(t->open, f->name, v);
}
// Spreadsheets of this border write 18.000 for eighteen thousand, and drop the zero in front of 08106000, which leaves
// the code of a metal. Both read well and mean something else, so they are refused.
static bool is_trap(Table *t, const ImportField *f, Str cell, uint32_t line) {
    size_t digits = 0, behind = 0;
    for (size_t i = 0; i < cell.n; i++) {
        digits += cell.p[i] >= '0' && cell.p[i] <= '9';
        behind = cell.p[i] == '.' ? cell.n - i - 1 : behind;
    }
    if (f->form == FORM_HS && digits % 2 == 1) {
        import_problem(t->im, str_c(f->name),
                       "add the leading zero that the spreadsheet dropped; format the column as text",
                       "line %u: \"%s\" has an odd number of digits", line, import_shown(t->im, cell));
        return true;
    }
    if (f->form == FORM_AMOUNT && behind == 3 && t->im->sum.format != IMPORT_CSV_CUSTOMS) {
        import_problem(t->im, str_c(f->name), "write 18000 for eighteen thousand, 18 or 18.0 for eighteen",
                       "line %u: \"%s\" may mean thousands", line, import_shown(t->im, cell));
        return true;
    }
    return false;
}
static void put_cells(Table *t, const CsvRow *row, json_t *goods) {
    for (uint32_t i = 0; i < MIN(row->count, t->n); i++) {
        const ImportField *f = t->columns[i].field;
        Str cell = trim(row->fields[i]);
        if (!f || cell.n == 0 || is_trap(t, f, cell, row->line)) continue;
        json_t *v = read_cell(f, cell);
        if (!v)
            import_problem(t->im, str_c(f->name),
                           f->form == FORM_BOOL ? "write true or false" : "write digits without separators or unit",
                           "line %u: \"%s\" is not a %s", row->line, import_shown(t->im, cell),
                           f->form == FORM_BOOL ? "yes or no" : "number");
        else if (t->columns[i].goods)
            json_object_set_new(goods, f->name, v);
        else
            put_member(t, f, v, row->line);
    }
}
static void put_customs(Table *t, json_t *goods) {
    json_object_set_new(t->open, "direction", json_string("import"));
    json_object_set_new(goods, "currency", json_string("KRW"));
    const char *hs = json_string_value(json_object_get(goods, "hs"));
    if (hs) json_object_set_new(goods, "description", json_sprintf("HS %s goods", hs));
}
static void put_goods(Table *t, json_t *goods) {
    json_t *list = json_object_get(t->open, "goods");
    if (!list) {
        list = json_array();
        json_object_set_new(t->open, "goods", list);
    }
    if (json_array_size(list) <= IMPORT_GOODS_MAX) json_array_append(list, goods); // one too many is enough to refuse
}
static void check_width(Table *t, const CsvRow *row) {
    uint32_t n = row->count;
    while (n > t->n && trim(row->fields[n - 1]).n == 0) n--;
    if (n != t->n)
        import_problem(t->im, STR_EMPTY, "put values that hold the separator in quotes; keep empty columns",
                       "line %u has %u fields, the header has %u", row->line, n, t->n);
}
static void put_line(Table *t, const CsvRow *row) {
    check_width(t, row);
    json_t *goods = json_object();
    put_cells(t, row, goods);
    if (t->im->sum.format == IMPORT_CSV_CUSTOMS) put_customs(t, goods);
    if (json_object_size(goods)) put_goods(t, goods);
    json_decref(goods);
}

static Str lrn_of(const Table *t, const CsvRow *row) {
    if (t->lrn_column >= row->count) return STR_EMPTY;
    Str lrn = trim(row->fields[t->lrn_column]);
    return utf8_valid(lrn) && !memchr(lrn.p, 0, lrn.n) ? lrn : STR_EMPTY;
}
static bool continues(const Table *t, Str lrn) {
    return t->open && lrn.n && str_eq_c(lrn, json_string_value(json_object_get(t->open, "lrn")));
}
static void open_declaration(Table *t, Str lrn, uint32_t line) {
    flush(t);
    t->open = json_object();
    t->open_line = line;
    if (lrn.n) json_object_set_new(t->open, "lrn", json_stringn(lrn.p, lrn.n));
    if (t->stray_line)
        import_problem(t->im, STR_EMPTY, "correct that line and send both again",
                       "line %u before it cannot be read and may belong to it", t->stray_line);
    t->stray_line = 0;
}
// A declaration that lacks one of its goods lines would be a false one. So a line that cannot be read makes its
// declaration bad; where not even its reference can be read, those on both sides of it.
static void stray_line(Table *t, const CsvRow *row) {
    if (t->open)
        import_problem(t->im, STR_EMPTY, "correct that line and send both again",
                       "line %u behind it cannot be read and may belong to it", row->line);
    flush(t);
    import_problem(t->im, STR_EMPTY, "correct the line", "%s", csv_problem_text(row->problem));
    import_report(t->im, IMPORT_BAD, row->line, STR_EMPTY);
    t->stray_line = row->line;
}
static void read_row(Table *t, const CsvRow *row) {
    Str lrn = lrn_of(t, row);
    if (row->problem != CSV_OK && lrn.n == 0) {
        stray_line(t, row);
        if (t->lrn_column == NO_COLUMN) t->stray_line = 0; // each line is a declaration of its own
        return;
    }
    if (!continues(t, lrn)) open_declaration(t, lrn, row->line);
    if (row->problem == CSV_OK)
        put_line(t, row);
    else
        import_problem(t->im, STR_EMPTY, "correct the line", "line %u: %s", row->line, csv_problem_text(row->problem));
}

Err import_csv(Import *im, Str text) {
    Table *t = calloc(1, sizeof *t);
    CsvRow *row = calloc(1, sizeof *row);
    CK_ASSERT(t != NULL && row != NULL);
    t->im = im;
    Csv csv;
    csv_init(&csv, text);
    Err e = csv_next(&csv, row) ? read_header(t, row) : ERR_PARSE;
    while (e == OK && !import_over(im) && csv_next(&csv, row)) read_row(t, row);
    if (e == OK && !import_over(im)) flush(t);
    json_decref(t->open);
    csv_deinit(&csv);
    free(row);
    free(t);
    return e;
}
