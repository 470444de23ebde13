#include "wire_plate.h"

#define GLYPHS_MAX 9 // 80-123-NG-45 has nine
#define D_STROKE   0x110u

static const char *const problem_texts[PLATE_PROBLEMS] = {
    [PLATE_OK] = "a valid plate",
    [PLATE_EMPTY] = "the plate is empty",
    [PLATE_LENGTH] = "no plate of Vietnam or China is that long",
    [PLATE_CHARACTER] = "a character that plates of Vietnam and China do not carry",
    [PLATE_PROVINCE] = "it starts with neither a Vietnamese area code (11 to 99) nor a Chinese province",
    [PLATE_LETTER] = "a letter that is not issued in this place (I and O in China; I, J, O and W in Vietnam)",
    [PLATE_DIGITS] = "the number of digits fits no plate",
    [PLATE_SHAPE] = "the order of letters and digits fits no plate of Vietnam or China",
};
static const char *const kind_names[PLATE_KINDS] = {
    [PLATE_KIND_VEHICLE] = "vehicle",         [PLATE_KIND_TRAILER] = "trailer",
    [PLATE_KIND_TEMPORARY] = "temporary",     [PLATE_KIND_FOREIGN] = "foreign",
    [PLATE_KIND_SPECIAL] = "special",         [PLATE_KIND_CN_NORMAL] = "cn_normal",
    [PLATE_KIND_CN_ENERGY] = "cn_new_energy", [PLATE_KIND_CN_TRAILER] = "cn_trailer",
    [PLATE_KIND_CN_SPECIAL] = "cn_special",
};
// The 31 provincial units of GA 36-2018, annex A
static const char provinces[] = "京津冀晋蒙辽吉黑沪苏浙皖闽赣鲁豫鄂湘粤桂琼渝川贵云藏陕甘青宁新";
static const char cn_tails[] = "挂学警港澳";

const char *plate_problem_text(PlateProblem p) {
    CK_ASSERT(p < PLATE_PROBLEMS);
    return problem_texts[p];
}
const char *plate_kind_name(PlateKind k) {
    CK_ASSERT(k < PLATE_KINDS);
    return kind_names[k];
}
const char *plate_country_code(PlateCountry c) {
    return c == PLATE_CN ? "CN" : "VN";
}

// ---- characters
static size_t decode(const char *s, uint32_t *ret) { // of valid UTF-8
    const unsigned char *p = (const unsigned char *)s;
    if (p[0] < 0x80) return *ret = p[0], 1;
    if (p[0] < 0xe0) return *ret = (p[0] & 0x1fu) << 6 | (p[1] & 0x3fu), 2;
    if (p[0] < 0xf0) return *ret = (p[0] & 0x0fu) << 12 | (p[1] & 0x3fu) << 6 | (p[2] & 0x3fu), 3;
    *ret = (p[0] & 0x07u) << 18 | (p[1] & 0x3fu) << 12 | (p[2] & 0x3fu) << 6 | (p[3] & 0x3fu);
    return 4;
}
static bool is_separator(uint32_t c) {
    return c == ' ' || c == '\t' || c == '.' || c == '-' || c == 0xb7 || c == 0x2022 || c == 0x30fb || c == 0x3000;
}
static uint32_t fold(uint32_t c) {
    if (c >= 0xff01 && c <= 0xff5e) c -= 0xfee0; // full-width forms
    if (c >= 'a' && c <= 'z') return c - 'a' + 'A';
    if (c == 0x111 || c == 0xd0 || c == 0xf0) return D_STROKE; // eth looks the same and is easier to type
    return c;
}
static bool in_list(const char *list, uint32_t c) {
    for (uint32_t have; *list;) {
        list += decode(list, &have);
        if (have == c) return true;
    }
    return false;
}
static bool is_digit(uint32_t c) {
    return c >= '0' && c <= '9';
}
static bool is_letter(uint32_t c) {
    return (c >= 'A' && c <= 'Z') || c == D_STROKE;
}
static bool is_vn_letter(uint32_t c) {
    return is_letter(c) && c != 'I' && c != 'J' && c != 'O' && c != 'W';
}
static bool is_cn_letter(uint32_t c) {
    return is_letter(c) && c != 'I' && c != 'O' && c != D_STROKE;
}
static bool is_cn_glyph(uint32_t c) {
    return is_digit(c) || is_cn_letter(c);
}

typedef struct {
    uint32_t c[GLYPHS_MAX];
    size_t n;
} Glyphs;

static PlateProblem read_glyphs(Str raw, Glyphs *g) {
    if (!utf8_valid(raw)) return PLATE_CHARACTER;
    g->n = 0;
    for (size_t i = 0; i < raw.n;) {
        uint32_t c;
        i += decode(raw.p + i, &c);
        c = fold(c);
        if (is_separator(c)) continue;
        if (!is_digit(c) && !is_letter(c) && !in_list(provinces, c) && !in_list(cn_tails, c)) return PLATE_CHARACTER;
        if (g->n == GLYPHS_MAX) return PLATE_LENGTH;
        g->c[g->n++] = c;
    }
    return g->n ? PLATE_OK : PLATE_EMPTY;
}
static size_t digits_from(const Glyphs *g, size_t at) {
    size_t n = 0;
    while (at + n < g->n && is_digit(g->c[at + n])) n++;
    return n;
}
static bool pair_in(const Glyphs *g, size_t at, const char *pairs) {
    for (; *pairs; pairs += 3)
        if (at + 1 < g->n && g->c[at] == (uint32_t)pairs[0] && g->c[at + 1] == (uint32_t)pairs[1]) return true;
    return false;
}

// ---- Vietnam
static PlateProblem vn_two_letters(const Glyphs *g, PlateKind *ret) {
    size_t n = digits_from(g, 4);
    bool rest = n == g->n - 4;
    if (pair_in(g, 2, "RM ")) return *ret = PLATE_KIND_TRAILER, rest && (n == 4 || n == 5) ? PLATE_OK : PLATE_DIGITS;
    if (pair_in(g, 2, "NG QT CV NN "))
        *ret = PLATE_KIND_FOREIGN;
    else if (pair_in(g, 2, "LD DA KT HC "))
        *ret = PLATE_KIND_SPECIAL;
    else
        return is_vn_letter(g->c[2]) && is_vn_letter(g->c[3]) ? PLATE_SHAPE : PLATE_LETTER;
    return rest && n == 5 ? PLATE_OK : PLATE_DIGITS;
}
static PlateProblem vn_classify(const Glyphs *g, PlateKind *ret) {
    if (g->c[0] == 'T') {
        *ret = PLATE_KIND_TEMPORARY;
        return g->n == 8 && digits_from(g, 1) == 7 ? PLATE_OK : PLATE_DIGITS;
    }
    size_t lead = digits_from(g, 0);
    if (lead < 2 || g->c[0] == '0' || (g->c[0] == '1' && g->c[1] == '0')) return PLATE_PROVINCE;
    if (lead == 5 && g->n == 9 && pair_in(g, 5, "NG QT CV NN ") && digits_from(g, 7) == 2)
        return *ret = PLATE_KIND_FOREIGN, PLATE_OK;
    if (lead != 2 || g->n < 4) return PLATE_SHAPE;
    if (is_letter(g->c[3])) return vn_two_letters(g, ret);
    if (!is_letter(g->c[2])) return PLATE_SHAPE;
    if (!is_vn_letter(g->c[2])) return PLATE_LETTER;
    *ret = g->c[2] == 'R' ? PLATE_KIND_TRAILER : PLATE_KIND_VEHICLE;
    size_t n = digits_from(g, 3);
    if (n != g->n - 3) return PLATE_SHAPE;
    return n == 4 || n == 5 ? PLATE_OK : PLATE_DIGITS;
}

// ---- China
static bool is_energy_letter(uint32_t c) {
    return c >= 'A' && c <= 'K' && c != 'I';
}
static PlateProblem cn_energy(const Glyphs *g) { // GA 36-2018: D or F first or last; the series now runs from A to K
    if (digits_from(g, 2) == 5) return is_energy_letter(g->c[7]) ? PLATE_OK : PLATE_LETTER;
    if (!is_energy_letter(g->c[2]) || !is_cn_glyph(g->c[3])) return PLATE_LETTER;
    return digits_from(g, 4) == 4 ? PLATE_OK : PLATE_SHAPE;
}
static PlateProblem cn_classify(const Glyphs *g, PlateKind *ret) {
    if (g->n < 7 || g->n > 8) return PLATE_DIGITS;
    if (!is_letter(g->c[1])) return PLATE_SHAPE;
    if (!is_cn_letter(g->c[1])) return PLATE_LETTER;
    if (g->n == 8) return *ret = PLATE_KIND_CN_ENERGY, cn_energy(g);
    for (size_t i = 2; i < 6; i++)
        if (!is_cn_glyph(g->c[i])) return is_letter(g->c[i]) ? PLATE_LETTER : PLATE_SHAPE;
    uint32_t last = g->c[6];
    if (in_list(cn_tails, last)) {
        *ret = last == 0x6302 ? PLATE_KIND_CN_TRAILER : PLATE_KIND_CN_SPECIAL;
        return PLATE_OK;
    }
    *ret = PLATE_KIND_CN_NORMAL;
    return is_cn_glyph(last) ? PLATE_OK : is_letter(last) ? PLATE_LETTER : PLATE_SHAPE;
}

// ---- text
static void put_glyph(Plate *p, uint32_t c) {
    char *out = p->text + p->n;
    if (c < 0x80) {
        out[0] = (char)c;
        p->n = (uint8_t)(p->n + 1);
    } else if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6), out[1] = (char)(0x80 | (c & 0x3f));
        p->n = (uint8_t)(p->n + 2);
    } else {
        out[0] = (char)(0xe0 | c >> 12), out[1] = (char)(0x80 | (c >> 6 & 0x3f)), out[2] = (char)(0x80 | (c & 0x3f));
        p->n = (uint8_t)(p->n + 3);
    }
    CK_ASSERT(p->n <= PLATE_MAX);
}
PlateProblem plate_parse(Str raw, Plate *ret) {
    Glyphs g;
    PlateProblem problem = read_glyphs(raw, &g);
    if (problem != PLATE_OK) return problem;
    Plate p = {.country = in_list(provinces, g.c[0]) ? PLATE_CN : PLATE_VN};
    problem = p.country == PLATE_CN ? cn_classify(&g, &p.kind) : vn_classify(&g, &p.kind);
    if (problem != PLATE_OK) return problem;
    for (size_t i = 0; i < g.n; i++) put_glyph(&p, g.c[i]);
    if (p.country == PLATE_CN)
        memcpy(p.province, p.text, 3);
    else if (p.kind != PLATE_KIND_TEMPORARY)
        memcpy(p.province, p.text, 2);
    *ret = p;
    return PLATE_OK;
}
