#include "wire_declaration_internal.h"
#include "wire_iso6346.h"
#include "wire_plate.h"

#define KG_MAX     1000000000 // a thousand times a heavy truck: only slips of the pen are above
#define AMOUNT_MAX 1000000000000000

static const char *const directions[] = {"export", "import", NULL};
static const char *const modes[] = {"through", "driver_change", "transhipment", "swap", "unmanned", NULL};
static const char *const regimes[] = {"ordinary", "temporary_reexport", "transit", "resident", NULL};
static const char *const destinations[] = {"inland", "yard", NULL};
static const char *const channels[] = {"green", "yellow", "red", NULL};
static const char *const certificate_kinds[] = {"phytosanitary",   "animal_health",    "health",
                                                "origin",          "fumigation",       "licence",
                                                "dangerous_goods", "transport_permit", NULL};

static const ImportField certificate_fields[] = {
    {"kind", FORM_ENUM, .required = true, .names = certificate_kinds},
    {"number", FORM_TEXT, 70, .required = true},
    {"valid_until", FORM_TIME},
};
static const ImportField goods_fields[] = {
    {"hs", FORM_HS, .required = true}, {"origin", FORM_COUNTRY},          {"description", FORM_TEXT, 512},
    {"net_kg", FORM_AMOUNT, KG_MAX},   {"gross_kg", FORM_AMOUNT, KG_MAX}, {"value", FORM_AMOUNT, AMOUNT_MAX},
    {"currency", FORM_CURRENCY},       {"packages", FORM_COUNT, 1000000}, {"growing_area", FORM_TEXT, 70},
    {"packing_house", FORM_TEXT, 70},
};
const ImportTable import_certificate_fields = {certificate_fields, ARRAY_LEN(certificate_fields)};
const ImportTable import_goods_fields = {goods_fields, ARRAY_LEN(goods_fields)};
static const ImportField fields[] = {
    {"lrn", FORM_TEXT, 35, .required = true},
    {"direction", FORM_ENUM, .required = true, .names = directions},
    {"mode", FORM_ENUM, .required = true, .names = modes},
    {"road", FORM_TEXT, 35},
    {"regime", FORM_ENUM, .names = regimes},
    {"destination", FORM_ENUM, .names = destinations},
    {"empty", FORM_BOOL},
    {"plate", FORM_PLATE},
    {"trailer", FORM_PLATE},
    {"tare_kg", FORM_AMOUNT, KG_MAX},
    {"two_way_of", FORM_TEXT, 35},
    {"vehicle_country", FORM_COUNTRY},
    {"driver_id", FORM_TEXT, 35},
    {"driver_name", FORM_TEXT, 70},
    {"driver_country", FORM_COUNTRY},
    {"container", FORM_CONTAINER},
    {"container_type", FORM_TEXT, 4},
    {"seals", FORM_SEALS, IMPORT_SEALS_MAX},
    {"customs_no", FORM_TEXT, 35},
    {"channel", FORM_ENUM, .names = channels},
    {"slot", FORM_TIME},
    {"trader", FORM_TEXT, 70},
    {"certificates", FORM_TABLE, IMPORT_CERTIFICATES_MAX, .table = &import_certificate_fields},
    {"goods", FORM_TABLE, IMPORT_GOODS_MAX, .table = &import_goods_fields},
};
const ImportTable import_fields = {fields, ARRAY_LEN(fields)};

const ImportField *import_find_field(const ImportTable *t, Str name) {
    for (size_t i = 0; i < t->n; i++)
        if (str_eq_c(name, t->fields[i].name)) return &t->fields[i];
    return NULL;
}

// ---- near misses
#define NAME_MAX_BYTES 24
static size_t distance(Str a, Str b) { // Levenshtein 1966, with one row; both at most NAME_MAX_BYTES long
    uint8_t row[NAME_MAX_BYTES + 1];
    for (size_t j = 0; j <= b.n; j++) row[j] = (uint8_t)j;
    for (size_t i = 1; i <= a.n; i++) {
        uint8_t corner = row[0];
        row[0] = (uint8_t)i;
        for (size_t j = 1; j <= b.n; j++) {
            uint8_t above = row[j], swap = (uint8_t)(corner + (a.p[i - 1] != b.p[j - 1]));
            row[j] = (uint8_t)MIN(MIN(above + 1, row[j - 1] + 1), swap);
            corner = above;
        }
    }
    return row[b.n];
}
const char *import_nearest(const ImportTable *a, const ImportTable *b, Str name) {
    if (name.n == 0 || name.n > NAME_MAX_BYTES) return NULL;
    const char *best = NULL;
    size_t best_distance = name.n / 3 + 2;
    for (size_t k = 0; k < a->n + (b ? b->n : 0); k++) {
        const char *have = k < a->n ? a->fields[k].name : b->fields[k - a->n].name;
        size_t d = distance(name, str_c(have));
        if (d < best_distance) best = have, best_distance = d;
    }
    return best;
}

bool import_decimal(Str s, int64_t *ret) {
    int64_t v = 0;
    size_t i = 0;
    for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
        if (v > AMOUNT_MAX) return false;
        v = v * 10 + (s.p[i] - '0');
    }
    if (i == 0) return false;
    bool more = false, up = false;
    if (i < s.n && s.p[i] == '.') {
        size_t from = ++i;
        for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
            if (i == from) up = s.p[i] >= '5';
            more |= s.p[i] != '0';
        }
        if (i == from) return false;
    }
    if (i != s.n) return false;
    v += up;
    *ret = v == 0 && more ? 1 : v;
    return true;
}

// ---- one value. Each gives false after reporting, or writes the normal form into *io.
static bool has_control(Str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f) return true;
    return false;
}
static int64_t characters(Str s) {
    int64_t n = 0;
    for (size_t i = 0; i < s.n; i++) n += (s.p[i] & 0xc0) != 0x80;
    return n;
}
static void check_text(Import *im, Str path, Str v, int64_t max) {
    if (v.n == 0)
        import_problem(im, path, "give a value or leave it out", "it is empty");
    else if (characters(v) > max)
        import_problem(im, path, "shorten it", "it has %lld characters, at most %lld are allowed",
                       (long long)characters(v), (long long)max);
    else if (has_control(v))
        import_problem(im, path, "write it on one line", "it has control characters");
}
static void check_enum(Import *im, Str path, Str v, const char *const *names) {
    for (size_t i = 0; names[i]; i++)
        if (str_eq_c(v, names[i])) return;
    char known[160] = "use one of";
    size_t n = strlen(known);
    for (size_t i = 0; names[i] && n < sizeof known; i++)
        n += (size_t)snprintf(known + n, sizeof known - n, "%s %s", i ? "," : "", names[i]);
    import_problem(im, path, known, "\"%s\" is not known", import_shown(im, v));
}
static void check_letters(Import *im, Str path, Str v, size_t n, json_t *obj, const char *name) {
    char up[4] = {0};
    bool good = v.n == n;
    for (size_t i = 0; good && i < n; i++) {
        up[i] = v.p[i] >= 'a' && v.p[i] <= 'z' ? (char)(v.p[i] - 'a' + 'A') : v.p[i];
        good = up[i] >= 'A' && up[i] <= 'Z';
    }
    if (!good)
        import_problem(im, path,
                       n == 2 ? "use the ISO 3166 code, such as VN or CN" : "use the ISO 4217 code, such as VND or CNY",
                       "\"%s\" is not a code of %zu letters", import_shown(im, v), n);
    else
        json_object_set_new(obj, name, json_string(up));
}
static void check_plate(Import *im, Str path, Str v, json_t *obj, const char *name) {
    Plate plate;
    PlateProblem p = plate_parse(v, &plate);
    if (p != PLATE_OK)
        import_problem(im, path, "write it as on the vehicle: 12C-123.45, 12R-012.34, \u6842F12345", "\"%s\": %s",
                       import_shown(im, v), plate_problem_text(p));
    else
        json_object_set_new(obj, name, json_string(plate.text));
}
static void check_container(Import *im, Str path, Str v, json_t *obj, const char *name) {
    char number[ISO6346_LEN + 1];
    Iso6346Result r = iso6346_parse(v, number);
    if (r.problem == ISO6346_CHECK)
        import_problem(im, path, "read it again from the container: one character is wrong or two are swapped",
                       "\"%s\": %s; the ten characters before it ask for %c", import_shown(im, v),
                       iso6346_problem_text(r.problem), r.expected);
    else if (r.problem != ISO6346_OK)
        import_problem(im, path, "write it as on the container, such as CSQU3054383", "\"%s\": %s", import_shown(im, v),
                       iso6346_problem_text(r.problem));
    else
        json_object_set_new(obj, name, json_string(number));
}
static void check_hs(Import *im, Str path, Str v, json_t *obj, const char *name) {
    char hs[HS_DIGITS_MAX + 1], why[HS_EXPLAIN_MAX];
    if (!hs_normalise(v, hs)) {
        bool five = v.n == 5 && strspn(v.p, "0123456789") == 5;
        import_problem(im, path,
                       five ? "add the leading zero that the spreadsheet dropped"
                            : "use the tariff's digits, such as 081060",
                       "\"%s\" does not have 6 to 10 digits", import_shown(im, v));
        return;
    }
    const HsSet *set = im->defaults ? im->defaults->hs : NULL;
    if (set && !hs_known(set, str_c(hs))) {
        hs_explain(set, str_c(hs), why);
        import_problem(im, path, "look the goods up in the tariff in force; codes of older editions were renumbered",
                       "%s", why);
        return;
    }
    json_object_set_new(obj, name, json_string(hs));
}
static void check_time(Import *im, Str path, Str v) {
    int64_t t;
    if (!iso8601_parse(v, &t))
        import_problem(im, path, "write 2026-11-22T09:30:00+07:00", "\"%s\" is not a date and time",
                       import_shown(im, v));
}
static void check_number(Import *im, Str path, const json_t *v, int64_t max) {
    if (!json_is_integer(v))
        import_problem(im, path, "write digits without quotes, point or unit", "it is not a whole number");
    else if (json_integer_value(v) < 0 || json_integer_value(v) > max)
        import_problem(im, path, "check the figure and its unit", "%lld is not between 0 and %lld",
                       (long long)json_integer_value(v), (long long)max);
}
static void check_seals(Import *im, Str path, const json_t *v, int64_t max) {
    if (!json_is_array(v)) {
        import_problem(im, path, "write [\"A123\", \"B456\"]", "it is not a list");
        return;
    }
    if ((int64_t)json_array_size(v) > max)
        import_problem(im, path, "list the seals on the doors only", "there are more than %lld", (long long)max);
    size_t i;
    json_t *seal;
    json_array_foreach(v, i, seal) {
        Str at = import_text(im, STR_F "[%zu]", STR_A(path), i);
        if (json_is_string(seal))
            check_text(im, at, str_c(json_string_value(seal)), 35);
        else
            import_problem(im, at, "write it in quotes", "a seal number must be a text");
        if (im->problems_cut) return;
    }
}

// ---- objects
static void check_object(Import *im, json_t *obj, const ImportTable *t, Str prefix);

static void check_table(Import *im, const ImportField *f, json_t *v, Str path) {
    if (!json_is_array(v)) {
        import_problem(im, path, "write [{...}, {...}]", "it is not a list");
        return;
    }
    if ((int64_t)json_array_size(v) > f->max) {
        import_problem(im, path, "split the declaration", "there are %zu lines, at most %lld are allowed",
                       json_array_size(v), (long long)f->max);
        return;
    }
    size_t i;
    json_t *entry;
    json_array_foreach(v, i, entry) {
        Str at = import_text(im, STR_F "[%zu]", STR_A(path), i);
        if (json_is_object(entry))
            check_object(im, entry, f->table, import_text(im, STR_F ".", STR_A(at)));
        else
            import_problem(im, at, "write {...}", "it is not an object");
        if (im->problems_cut) return;
    }
}
static void check_string(Import *im, json_t *obj, const ImportField *f, const json_t *v, Str path) {
    if (!json_is_string(v)) {
        import_problem(im, path, "write it in quotes", "it must be a text");
        return;
    }
    Str s = {json_string_value(v), json_string_length(v)};
    switch (f->form) {
    case FORM_TEXT: check_text(im, path, s, f->max); return;
    case FORM_ENUM: check_enum(im, path, s, f->names); return;
    case FORM_COUNTRY: check_letters(im, path, s, 2, obj, f->name); return;
    case FORM_CURRENCY: check_letters(im, path, s, 3, obj, f->name); return;
    case FORM_PLATE: check_plate(im, path, s, obj, f->name); return;
    case FORM_CONTAINER: check_container(im, path, s, obj, f->name); return;
    case FORM_HS: check_hs(im, path, s, obj, f->name); return;
    case FORM_TIME: check_time(im, path, s); return;
    case FORM_BOOL:
    case FORM_AMOUNT:
    case FORM_COUNT:
    case FORM_SEALS:
    case FORM_TABLE: break;
    }
    CK_ASSERT(!"a form that is no text");
}
static void check_value(Import *im, json_t *obj, const ImportField *f, json_t *v, Str path) {
    switch (f->form) {
    case FORM_BOOL:
        if (!json_is_boolean(v)) import_problem(im, path, "write true or false", "it is neither true nor false");
        return;
    case FORM_AMOUNT:
    case FORM_COUNT: check_number(im, path, v, f->max); return;
    case FORM_SEALS: check_seals(im, path, v, f->max); return;
    case FORM_TABLE: check_table(im, f, v, path); return;
    case FORM_TEXT:
    case FORM_ENUM:
    case FORM_COUNTRY:
    case FORM_CURRENCY:
    case FORM_PLATE:
    case FORM_CONTAINER:
    case FORM_HS:
    case FORM_TIME: check_string(im, obj, f, v, path); return;
    }
}
static void check_unknown(Import *im, json_t *obj, const ImportTable *t, Str prefix) {
    const char *key;
    json_t *v;
    json_object_foreach(obj, key, v) {
        if (import_find_field(t, str_c(key))) continue;
        const char *near = import_nearest(t, NULL, str_c(key));
        Str cure = near ? import_text(im, "did you mean \"%s\"?", near) : STR("leave it out");
        import_problem(im, import_text(im, STR_F "%s", STR_A(prefix), import_shown(im, str_c(key))), cure.p,
                       "a declaration has no such member");
        if (im->problems_cut) return;
    }
}
static void check_object(Import *im, json_t *obj, const ImportTable *t, Str prefix) {
    check_unknown(im, obj, t, prefix);
    for (size_t i = 0; i < t->n && !im->problems_cut; i++) {
        const ImportField *f = &t->fields[i];
        Str path = import_text(im, STR_F "%s", STR_A(prefix), f->name);
        json_t *v = json_object_get(obj, f->name);
        if (v && !json_is_null(v)) {
            check_value(im, obj, f, v, path);
            continue;
        }
        json_object_del(obj, f->name); // null says the same as absence
        if (f->required) import_problem(im, path, "add it, or give a default for the whole file", "it is missing");
    }
}

// What one member demands of another. The rules of the gate are judged by the gate, not here.
static void check_whole(Import *im, const json_t *d) {
    bool unmanned = str_eq_c(str_c(json_string_value(json_object_get(d, "mode"))), "unmanned");
    if (unmanned && !json_object_get(d, "container"))
        import_problem(im, STR("container"), "add the container's number", "an unmanned passage carries a container");
    if (!unmanned && !json_object_get(d, "plate"))
        import_problem(im, STR("plate"), "add it, or give a default for the whole file", "it is missing");
    bool empty = json_is_true(json_object_get(d, "empty"));
    size_t lines = json_array_size(json_object_get(d, "goods"));
    if (empty && lines)
        import_problem(im, STR("empty"), "leave out the goods, or leave out \"empty\"",
                       "an empty vehicle carries no goods");
    if (!empty && !lines)
        import_problem(im, STR("goods"), "add the goods, or say \"empty\": true", "no goods are declared");
}
void import_check(Import *im, json_t *declaration) {
    check_object(im, declaration, &import_fields, STR_EMPTY);
    if (!im->problems_cut) check_whole(im, declaration);
}
