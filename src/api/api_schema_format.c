// The formats that JSON Schema leaves to the application, and patterns.
#include "api_schema.h"
#include "wire/wire_iso6346.h"
#include "wire/wire_plate.h"

const char *schema_format_name(SchemaFormat f) {
    static const char *const names[] = {[FORMAT_NONE] = "text",
                                        [FORMAT_DATE_TIME] = "date-time (RFC 3339)",
                                        [FORMAT_HS] = "HS code",
                                        [FORMAT_ISO6346] = "container number (ISO 6346)",
                                        [FORMAT_PLATE] = "number plate",
                                        [FORMAT_SHA256_HEX] = "SHA-256 in hexadecimal",
                                        [FORMAT_COUNTRY2] = "country code (ISO 3166)",
                                        [FORMAT_CURRENCY3] = "currency code (ISO 4217)",
                                        [FORMAT_PASS_REF] = "pass reference",
                                        [FORMAT_CUSTOMS_NO] = "customs declaration number"};
    return names[f];
}

static bool has(const SchemaAtom *a, char c) {
    unsigned char u = (unsigned char)c;
    return u < 128 && (a->chars[u >> 6] >> (u & 63) & 1);
}
// Greedy with backing off; patterns have few atoms and their texts are short.
static bool match_from(const SchemaAtom *a, uint32_t n, Str s) {
    if (n == 0) return s.n == 0;
    size_t k = 0, max = MIN((size_t)a->max, s.n);
    while (k < max && has(a, s.p[k])) k++;
    for (;; k--) {
        if (k < a->min) return false;
        if (match_from(a + 1, n - 1, (Str){s.p + k, s.n - k})) return true;
        if (k == 0) return false;
    }
}
bool schema_pattern_match(const SchemaPattern *p, Str s) {
    return match_from(p->atoms, p->n, s);
}

static bool all_in(Str s, size_t min, size_t max, const char *extra, bool upper, bool lower, bool digits) {
    if (s.n < min || s.n > max) return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if ((upper && c >= 'A' && c <= 'Z') || (lower && c >= 'a' && c <= 'z') || (digits && c >= '0' && c <= '9'))
            continue;
        if (!c || !strchr(extra, c)) return false;
    }
    return true;
}
static void why(FormatResult *r, const char *text) {
    (void)snprintf(r->why, sizeof r->why, "%s", text);
}
static void normal(FormatResult *r, const char *text, Str was) {
    size_t n = strlen(text);
    CK_ASSERT(n < sizeof r->normal);
    if (n == was.n && memcmp(text, was.p, n) == 0) return;
    memcpy(r->normal, text, n);
    r->normal_n = n;
}
static bool check_hs(const SchemaSet *s, Str text, FormatResult *r) {
    char code[HS_DIGITS_MAX + 1];
    if (!hs_normalise(text, code)) {
        why(r, "6 to 10 digits");
        return false;
    }
    if (s->hs && hs_check(s->hs, str_c(code)) != HS_KNOWN) {
        char said[HS_EXPLAIN_MAX];
        hs_explain(s->hs, str_c(code), said);
        why(r, said);
        return false;
    }
    normal(r, code, text);
    return true;
}
static bool check_container(Str text, FormatResult *r) {
    char box[ISO6346_LEN + 1];
    Iso6346Result res = iso6346_parse(text, box);
    if (res.problem == ISO6346_OK) {
        normal(r, box, text);
        return true;
    }
    if (res.expected)
        (void)snprintf(r->why, sizeof r->why, "%s: expected %c", iso6346_problem_text(res.problem), res.expected);
    else
        why(r, iso6346_problem_text(res.problem));
    return false;
}
static bool check_plate(Str text, FormatResult *r) {
    Plate p;
    PlateProblem problem = plate_parse(text, &p);
    if (problem == PLATE_OK)
        normal(r, p.text, text);
    else
        why(r, plate_problem_text(problem));
    return problem == PLATE_OK;
}
bool schema_format_check(const SchemaSet *s, SchemaFormat f, Str text, FormatResult *ret) {
    int64_t t;
    uint32_t no;
    ret->normal_n = 0;
    ret->why[0] = 0;
    switch (f) {
    case FORMAT_NONE: return true;
    case FORMAT_DATE_TIME: return iso8601_parse(text, &t);
    case FORMAT_HS: return check_hs(s, text, ret);
    case FORMAT_ISO6346: return check_container(text, ret);
    case FORMAT_PLATE: return check_plate(text, ret);
    case FORMAT_SHA256_HEX: return text.n == 64 && all_in(text, 64, 64, "abcdef", false, false, true);
    case FORMAT_COUNTRY2: return all_in(text, 2, 2, "", true, false, false);
    case FORMAT_CURRENCY3: return all_in(text, 3, 3, "", true, false, false);
    case FORMAT_PASS_REF: return pass_ref_parse(s->ref_prefix, text, &no);
    case FORMAT_CUSTOMS_NO: return all_in(text, 6, 35, "-/.", true, true, true);
    }
    return false;
}
