#include "wire_iso6346.h"

static const char *const problem_texts[ISO6346_PROBLEMS] = {
    [ISO6346_OK] = "a valid container number",
    [ISO6346_LENGTH] = "a container number has 4 letters and 7 digits",
    [ISO6346_OWNER] = "the first three characters must be the letters of the owner",
    [ISO6346_CATEGORY] = "the fourth letter must be U (container), J (detachable equipment) or Z (chassis)",
    [ISO6346_DIGITS] = "the last seven characters must be digits",
    [ISO6346_CHECK] = "the check digit does not fit",
};
const char *iso6346_problem_text(Iso6346Problem p) {
    CK_ASSERT(p < ISO6346_PROBLEMS);
    return problem_texts[p];
}

static bool is_capital(char c) {
    return c >= 'A' && c <= 'Z';
}
static bool is_digit(char c) {
    return c >= '0' && c <= '9';
}

// ISO 6346 annex A: letters count from 10, leaving out the multiples of 11, which would not change the remainder.
static unsigned value_of(char c) {
    if (is_digit(c)) return (unsigned)(c - '0');
    unsigned i = (unsigned)(c - 'A');
    return 10 + i + (i >= 1) + (i >= 11) + (i >= 21);
}
char iso6346_check_digit(const char *ten) {
    unsigned sum = 0;
    for (unsigned i = 0; i < 10; i++) {
        CK_ASSERT(i < 4 ? is_capital(ten[i]) : is_digit(ten[i]));
        sum += value_of(ten[i]) << i;
    }
    return (char)('0' + sum % 11 % 10);
}

static size_t squeeze(Str raw, char ret[ISO6346_LEN + 1]) {
    size_t n = 0;
    for (size_t i = 0; i < raw.n; i++) {
        char c = raw.p[i];
        if (c == ' ' || c == '-' || c == '/' || c == '\t') continue;
        if (n == ISO6346_LEN) return n + 1;
        ret[n++] = c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
    }
    ret[n] = 0;
    return n;
}

Iso6346Result iso6346_parse(Str raw, char ret[ISO6346_LEN + 1]) {
    char s[ISO6346_LEN + 1];
    if (squeeze(raw, s) != ISO6346_LEN) return (Iso6346Result){ISO6346_LENGTH, 0};
    for (int i = 0; i < 3; i++)
        if (!is_capital(s[i])) return (Iso6346Result){ISO6346_OWNER, 0};
    if (s[3] != 'U' && s[3] != 'J' && s[3] != 'Z') return (Iso6346Result){ISO6346_CATEGORY, 0};
    for (int i = 4; i < ISO6346_LEN; i++)
        if (!is_digit(s[i])) return (Iso6346Result){ISO6346_DIGITS, 0};
    char expected = iso6346_check_digit(s);
    if (s[10] != expected) return (Iso6346Result){ISO6346_CHECK, expected};
    memcpy(ret, s, sizeof s);
    return (Iso6346Result){ISO6346_OK, 0};
}
