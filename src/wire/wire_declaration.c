#include "wire_declaration_internal.h"

#define TEXTS_MAX  (1u << 20)
#define SHOWN_MAX  40
#define REASON_MAX 400

static const char *const format_names[IMPORT_FORMATS] = {
    [IMPORT_JSON] = "JSON",
    [IMPORT_JSON_ARRAY] = "JSON array",
    [IMPORT_JSON_LINES] = "JSON Lines",
    [IMPORT_CSV] = "CSV",
    [IMPORT_CSV_CUSTOMS] = "CSV of customs research data",
    [IMPORT_WCO_XML] = "WCO XML",
    [IMPORT_UNKNOWN] = "unknown",
};
const char *import_format_name(ImportFormat f) {
    CK_ASSERT(f < IMPORT_FORMATS);
    return format_names[f];
}

// ---- texts
static Str text_v(Import *im, const char *fmt, va_list ap) {
    char text[REASON_MAX];
    int n = vsnprintf(text, sizeof text, fmt, ap);
    CK_ASSERT(n >= 0);
    size_t len = MIN((size_t)n, sizeof text - 1);
    if ((size_t)n >= sizeof text) { // the last character may have been cut in two
        while (len && (text[len - 1] & 0xc0) == 0x80) len--;
        if (len && (text[len - 1] & 0x80)) len--;
    }
    Str s = arena_str(&im->texts, (Str){text, len});
    return s.p ? s : STR("(no room to say more)");
}
Str import_text(Import *im, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    Str s = text_v(im, fmt, ap);
    va_end(ap);
    return s;
}
const char *import_shown(Import *im, Str s) {
    bool utf8 = utf8_valid(s);
    char out[SHOWN_MAX * 4 + 4];
    size_t n = 0, chars = 0, i = 0;
    for (; i < s.n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        bool starts = !utf8 || (c & 0xc0) != 0x80;
        if (starts && chars++ == SHOWN_MAX) break;
        out[n++] = c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8) ? '?' : (char)c;
    }
    if (i < s.n) memcpy(out + n, "...", 3), n += 3;
    const char *z = arena_cstr(&im->texts, (Str){out, n});
    return z ? z : "...";
}
static void problem_v(Import *im, bool note, Str field, const char *cure, const char *fmt, va_list ap) {
    if (!note) im->bad_count++;
    if (im->problem_count == IMPORT_PROBLEMS_MAX) {
        im->problems_cut = true;
        return;
    }
    Str where = arena_str(&im->texts, field), what = arena_str(&im->texts, str_c(cure));
    im->problems[im->problem_count++] = (ImportProblem){.field = where.p ? where : STR_EMPTY,
                                                        .reason = text_v(im, fmt, ap),
                                                        .cure = what.p ? what : STR_EMPTY,
                                                        .note = note};
}
void import_problem(Import *im, Str field, const char *cure, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    problem_v(im, false, field, cure, fmt, ap);
    va_end(ap);
}
void import_note(Import *im, Str field, const char *cure, const char *fmt, ...) {
    va_list ap;
    va_start(ap, fmt);
    problem_v(im, true, field, cure, fmt, ap);
    va_end(ap);
}

// ---- items
static void forget_problems(Import *im) {
    im->problem_count = im->bad_count = 0;
    im->problems_cut = false;
    arena_reset(&im->texts);
}
static void deliver(Import *im, const ImportItem *item) {
    switch (item->verdict) {
    case IMPORT_GOOD: im->sum.good++; break;
    case IMPORT_BAD: im->sum.bad++; break;
    case IMPORT_OTHER: im->sum.other++; break;
    case IMPORT_WARNING: im->sum.warnings++; break;
    }
    if (!im->fn(im->ctx, item)) im->sum.stopped = true;
    forget_problems(im);
}
static bool has_room(Import *im) {
    if (im->sum.good + im->sum.bad + im->sum.other < IMPORT_ROWS_MAX) return true;
    im->limited = true;
    return false;
}
static ImportItem item_of(const Import *im, ImportVerdict verdict, uint32_t line, Str lrn) {
    return (ImportItem){.verdict = verdict,
                        .line = line,
                        .row = im->row,
                        .lrn = lrn,
                        .problems = im->problems,
                        .problem_count = im->problem_count,
                        .problems_cut = im->problems_cut};
}
void import_report(Import *im, ImportVerdict verdict, uint32_t line, Str lrn) {
    if (!has_room(im)) return;
    ImportItem item = item_of(im, verdict, line, lrn);
    deliver(im, &item);
}

static void fill_missing(Import *im, json_t *declaration) {
    const char *key;
    json_t *v;
    void *next;
    json_object_foreach_safe(declaration, next, key, v) {
        if (json_is_null(v)) json_object_del(declaration, key); // null says the same as absence
    }
    if (!im->defaults) return;
    json_t *made = im->defaults->fill ? im->defaults->fill(im->defaults->ctx, im->row) : NULL;
    if (made) {
        CK_ASSERT(json_object_update_missing(declaration, made) == 0);
        json_decref(made);
    }
    // Copied deeply: normalising one declaration must not change the defaults of the next.
    json_t *common = json_deep_copy(im->defaults->members);
    if (common) CK_ASSERT(json_object_update_missing(declaration, common) == 0);
    json_decref(common);
}
static void check_repeated(Import *im, Str lrn, uint32_t line) {
    if (lrn.n == 0) return;
    json_t *before = json_object_get(im->seen, lrn.p);
    if (before)
        import_problem(
            im, STR("lrn"), "give each declaration its own reference; goods lines of one must follow each other",
            "\"%s\" was used before, at line %lld", import_shown(im, lrn), (long long)json_integer_value(before));
    else
        CK_ASSERT(json_object_set_new(im->seen, lrn.p, json_integer(line)) == 0);
}
void import_declaration(Import *im, json_t *owned, uint32_t line) {
    CK_ASSERT(json_is_object(owned));
    if (has_room(im)) {
        fill_missing(im, owned);
        import_check(im, owned);
        Str lrn = str_c(json_string_value(json_object_get(owned, "lrn")));
        check_repeated(im, lrn, line);
        ImportItem item = item_of(im, im->bad_count ? IMPORT_BAD : IMPORT_GOOD, line, lrn);
        if (item.verdict == IMPORT_GOOD) item.declaration = owned;
        deliver(im, &item);
        im->row++;
    }
    json_decref(owned);
}

// ---- what it is
static Err refuse_file(Import *im, Err e, const char *cure, const char *reason) {
    import_problem(im, STR_EMPTY, cure, "%s", reason);
    import_report(im, IMPORT_BAD, 1, STR_EMPTY);
    return e;
}
static Str trim_left(Str s) {
    if (str_starts(s, STR("\xef\xbb\xbf"))) s = (Str){s.p + 3, s.n - 3};
    while (s.n && (s.p[0] == ' ' || s.p[0] == '\t' || s.p[0] == '\r' || s.p[0] == '\n')) s.p++, s.n--;
    return s;
}
static Err sniff_and_read(Import *im, Str bytes, Str name_hint) {
    if (bytes.n > IMPORT_BYTES_MAX)
        return refuse_file(im, ERR_LIMIT, "split the file", "the file has more than 64 MiB");
    Str s = trim_left(bytes);
    if (s.n == 0) return refuse_file(im, ERR_PARSE, "export the file again", "the file is empty");
    if (str_starts(s, STR("\xff\xfe")) || str_starts(s, STR("\xfe\xff")))
        return refuse_file(im, ERR_PARSE, "save it as UTF-8", "the file is in UTF-16");
    if (str_starts(s, STR("PK\x03\x04")))
        return refuse_file(im, ERR_PARSE, "save the sheet as \"CSV UTF-8\"", "the file is a spreadsheet or an archive");
    if (str_starts(s, STR("%PDF-")))
        return refuse_file(im, ERR_PARSE, "export the data, not the printed form", "the file is a PDF document");
    if (str_starts(s, STR("UNA")) || str_starts(s, STR("UNB+")))
        return refuse_file(im, ERR_PARSE, "export JSON, CSV or WCO XML", "the file is a UN/EDIFACT interchange");
    if (s.p[0] == '<') return import_wco(im, bytes);
    if (s.p[0] == '{' || s.p[0] == '[') return import_json(im, bytes, name_hint);
    return import_csv(im, bytes);
}

Err declaration_import(Str bytes, Str name_hint, const ImportDefaults *defaults, ImportFn *fn, void *ctx,
                       ImportSummary *ret) {
    CK_ASSERT(fn != NULL && ret != NULL);
    Import im = {.defaults = defaults, .fn = fn, .ctx = ctx, .sum = {.format = IMPORT_UNKNOWN}, .seen = json_object()};
    CK_ASSERT(im.seen != NULL);
    arena_init(&im.texts, TEXTS_MAX);
    Err e = sniff_and_read(&im, bytes, name_hint);
    if (im.limited) {
        ImportProblem cut = {.reason = STR("the file has more than 100,000 declarations; the rest was not read"),
                             .cure = STR("split the file")};
        ImportItem item = {.verdict = IMPORT_BAD, .line = 0, .row = im.row, .problems = &cut, .problem_count = 1};
        deliver(&im, &item);
        e = ERR_LIMIT;
    }
    json_decref(im.seen);
    arena_deinit(&im.texts);
    *ret = im.sum;
    return e;
}
