#include "wire_declaration_internal.h"

#define DEPTH_MAX         16 // a declaration needs three
#define ELEMENT_BYTES_MAX (1u << 20)

static size_t skip_space(Str s, size_t at) {
    while (at < s.n && (s.p[at] == ' ' || s.p[at] == '\t' || s.p[at] == '\r' || s.p[at] == '\n')) at++;
    return at;
}
static uint32_t lines_in(Str s) {
    uint32_t n = 0;
    for (size_t i = 0; i < s.n; i++) n += s.p[i] == '\n';
    return n;
}
static size_t string_end(Str s, size_t at) { // behind the closing quote of the string that opens here
    for (at++; at < s.n; at++) {
        if (s.p[at] == '\\')
            at++;
        else if (s.p[at] == '"')
            return at + 1;
    }
    return s.n;
}
// Where the element ends, found by its brackets alone, so that a mistake in one element does not cost the others.
static size_t element_end(Str s, size_t at, int *ret_depth_max) {
    int depth = 0, deepest = 0;
    while (at < s.n) {
        char c = s.p[at];
        if (c == '"') {
            at = string_end(s, at);
            continue;
        }
        if (depth == 0 && (c == ',' || c == ']' || c == '}')) break;
        if (c == '{' || c == '[') depth++, deepest = MAX(deepest, depth);
        if (c == '}' || c == ']') depth--;
        at++;
    }
    *ret_depth_max = deepest;
    return MIN(at, s.n);
}

static void bad_element(Import *im, uint32_t line, const char *cure, const char *reason) {
    import_problem(im, STR_EMPTY, cure, "%s", reason);
    import_report(im, IMPORT_BAD, line, STR_EMPTY);
}
static void read_element(Import *im, Str text, int depth, uint32_t line) {
    if (depth > DEPTH_MAX) {
        bad_element(im, line, "send declarations only", "brackets are nested too deeply");
        return;
    }
    if (text.n > ELEMENT_BYTES_MAX) {
        bad_element(im, line, "send declarations only; attachments go elsewhere",
                    "the declaration has more than 1 MiB");
        return;
    }
    json_error_t why;
    json_t *v = json_loadb(text.p, text.n, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &why);
    if (json_is_object(v)) {
        import_declaration(im, v, line);
        return;
    }
    if (v) {
        bad_element(im, line, "write {...}", "a declaration must be an object");
        json_decref(v);
        return;
    }
    uint32_t at = line + (why.line > 1 ? (uint32_t)why.line - 1 : 0);
    const char *cure = strstr(why.text, "duplicate")     ? "keep one of the two members"
                       : strstr(why.text, "decode byte") ? "save the file as UTF-8"
                                                         : "correct the JSON text there";
    import_problem(im, STR_EMPTY, cure, "line %u, column %d: %s", at, why.column, import_shown(im, str_c(why.text)));
    import_report(im, IMPORT_BAD, at, STR_EMPTY);
}

static Err read_array(Import *im, Str s, size_t at) {
    uint32_t line = 1 + lines_in((Str){s.p, at});
    bool closed = false;
    for (at++; !import_over(im);) {
        size_t from = skip_space(s, at);
        line += lines_in((Str){s.p + at, from - at});
        if ((closed = from < s.n && s.p[from] == ']') || from >= s.n) break;
        int depth;
        size_t end = element_end(s, from, &depth);
        Str element = {s.p + from, end - from};
        read_element(im, element, depth, line);
        line += lines_in(element);
        at = end;
        if (at < s.n && s.p[at] != ']') at++; // the comma, or a stray brace
    }
    if (!closed && !import_over(im))
        bad_element(im, line, "send the whole file again", "the list is not closed: the file seems cut short");
    else if (closed && skip_space(s, skip_space(s, at) + 1) < s.n)
        bad_element(im, line, "keep one list in a file", "text follows the end of the list; it was not read");
    return OK;
}

static Str next_line(Str s, size_t *at) {
    const char *end = memchr(s.p + *at, '\n', s.n - *at);
    size_t to = end ? (size_t)(end - s.p) : s.n;
    Str line = {s.p + *at, to - *at};
    *at = MIN(to + 1, s.n);
    while (line.n && (line.p[line.n - 1] == '\r' || line.p[line.n - 1] == ' ')) line.n--;
    return line;
}
static Err read_lines(Import *im, Str s) {
    uint32_t line = 0;
    for (size_t at = 0; at < s.n && !import_over(im);) {
        Str text = next_line(s, &at);
        line++;
        size_t from = skip_space(text, 0);
        if (from == text.n) continue;
        text = (Str){text.p + from, text.n - from};
        int depth;
        element_end(text, 0, &depth);
        read_element(im, text, depth, line);
    }
    return OK;
}
static bool ends_with(Str s, Str tail) {
    return s.n >= tail.n && str_eq((Str){s.p + s.n - tail.n, tail.n}, tail);
}
// One object, or one a line? Decided by the first two lines, so that a slip in the first does not mislead.
static bool looks_like_lines(Str s, Str name_hint) {
    if (ends_with(name_hint, STR(".jsonl")) || ends_with(name_hint, STR(".ndjson"))) return true;
    size_t whole = 0, seen = 0, at = skip_space(s, 0);
    while (at < s.n && seen < 2) {
        Str line = next_line(s, &at);
        if (line.n == 0) continue;
        seen++;
        whole += line.p[0] == '{' && line.p[line.n - 1] == '}';
    }
    return seen == 2 && whole > 0;
}

Err import_json(Import *im, Str text, Str name_hint) {
    if (str_starts(text, STR("\xef\xbb\xbf"))) text = (Str){text.p + 3, text.n - 3};
    size_t at = skip_space(text, 0);
    CK_ASSERT(at < text.n);
    if (text.p[at] == '[') {
        im->sum.format = IMPORT_JSON_ARRAY;
        return read_array(im, text, at);
    }
    if (looks_like_lines(text, name_hint)) {
        im->sum.format = IMPORT_JSON_LINES;
        return read_lines(im, text);
    }
    im->sum.format = IMPORT_JSON;
    int depth;
    element_end(text, at, &depth);
    uint32_t bad = im->sum.bad;
    read_element(im, (Str){text.p + at, text.n - at}, depth, 1 + lines_in((Str){text.p, at}));
    return im->sum.bad > bad && im->row == 0 ? ERR_PARSE : OK;
}
