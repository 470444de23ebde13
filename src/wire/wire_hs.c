#include "wire_hs.h"

// A bit a possible code: 125 kB, no hashing, nothing to size.
struct HsSet {
    uint32_t count;
    uint64_t subheadings[1000000 / 64];
    uint64_t headings[10000 / 64 + 1];
    uint64_t chapters[2];
};

static bool bit_get(const uint64_t *bits, uint32_t i) {
    return bits[i / 64] >> (i % 64) & 1;
}
static void bit_set(uint64_t *bits, uint32_t i) {
    bits[i / 64] |= 1ULL << (i % 64);
}
static bool all_digits(Str s) {
    for (size_t i = 0; i < s.n; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    return true;
}
static uint32_t six(const char *p) {
    uint32_t v = 0;
    for (int i = 0; i < HS_DIGITS_MIN; i++) v = v * 10 + (uint32_t)(p[i] - '0');
    return v;
}

static void add(HsSet *set, uint32_t code) {
    if (bit_get(set->subheadings, code)) return;
    bit_set(set->subheadings, code);
    bit_set(set->headings, code / 100);
    bit_set(set->chapters, code / 10000);
    set->count++;
}
static bool add_line(HsSet *set, Str line) {
    while (line.n && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == ' ')) line.n--;
    if (line.n == 0 || line.p[0] == '#') return true;
    if (line.n != HS_DIGITS_MIN || !all_digits(line)) return false;
    add(set, six(line.p));
    return true;
}

Err hs_parse(Str text, HsSet **ret_owned, uint32_t *ret_line) {
    HsSet *set = calloc(1, sizeof *set);
    CK_ASSERT(set != NULL);
    uint32_t line_no = 0;
    for (size_t from = 0; from < text.n;) {
        const char *end = memchr(text.p + from, '\n', text.n - from);
        size_t to = end ? (size_t)(end - text.p) : text.n;
        line_no++;
        if (!add_line(set, (Str){text.p + from, to - from})) goto refuse;
        from = to + 1;
    }
    if (set->count == 0) goto refuse;
    *ret_owned = set;
    return OK;
refuse:
    free(set);
    if (ret_line) *ret_line = line_no;
    return ERR_PARSE;
}
void hs_free(HsSet *set) {
    free(set);
}
uint32_t hs_count(const HsSet *set) {
    return set->count;
}

bool hs_normalise(Str raw, char ret[HS_DIGITS_MAX + 1]) {
    char s[HS_DIGITS_MAX + 1] = {0};
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        if (c == '.' || c == ' ') continue;
        if (c < '0' || c > '9' || n == HS_DIGITS_MAX) return false;
        s[n++] = c;
    }
    if (n < HS_DIGITS_MIN) return false;
    memcpy(ret, s, sizeof s);
    return true;
}

HsProblem hs_check(const HsSet *set, Str hs) {
    if (hs.n < HS_DIGITS_MIN || hs.n > HS_DIGITS_MAX || !all_digits(hs)) return HS_FORM;
    uint32_t code = six(hs.p);
    if (bit_get(set->subheadings, code)) return HS_KNOWN;
    if (bit_get(set->headings, code / 100)) return HS_SUBHEADING;
    return bit_get(set->chapters, code / 10000) ? HS_HEADING : HS_CHAPTER;
}
bool hs_known(const HsSet *set, Str hs) {
    return hs_check(set, hs) == HS_KNOWN;
}

void hs_explain(const HsSet *set, Str hs, char ret[HS_EXPLAIN_MAX]) {
    const char *p = hs.p;
    switch (hs_check(set, hs)) {
    case HS_KNOWN: snprintf(ret, HS_EXPLAIN_MAX, "subheading %.6s exists", p); return;
    case HS_CHAPTER: snprintf(ret, HS_EXPLAIN_MAX, "there is no chapter %.2s in HS 2022", p); return;
    case HS_HEADING:
        snprintf(ret, HS_EXPLAIN_MAX, "chapter %.2s exists, heading %.4s does not (HS 2022)", p, p);
        return;
    case HS_SUBHEADING:
        snprintf(ret, HS_EXPLAIN_MAX, "heading %.4s exists, subheading %.6s does not (HS 2022)", p, p);
        return;
    case HS_FORM: break;
    }
    // Spreadsheets read 081060 as a number and drop its first zero: the commonest way to get five digits.
    if (hs.n == 5 && all_digits(hs))
        snprintf(ret, HS_EXPLAIN_MAX, "an HS code has 6 to 10 digits; 0%.5s, if a leading zero was lost", p);
    else
        snprintf(ret, HS_EXPLAIN_MAX, "an HS code has 6 to 10 digits");
}
