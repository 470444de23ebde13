#include "wire_csv.h"

static const char *const problem_texts[CSV_PROBLEMS] = {
    [CSV_OK] = "a readable line",
    [CSV_QUOTE_OPEN] = "a quoted field is never closed",
    [CSV_QUOTE_AFTER] = "characters follow a closing quote",
    [CSV_QUOTE_INSIDE] = "a quote stands within a field that is not quoted",
    [CSV_FIELD_LONG] = "a field has more than 65536 bytes",
    [CSV_COLUMNS] = "a line has more than 256 columns",
    [CSV_ENCODING] = "the line is not valid UTF-8",
};
const char *csv_problem_text(CsvProblem p) {
    CK_ASSERT(p < CSV_PROBLEMS);
    return problem_texts[p];
}

static char detect_separator(Str text) {
    size_t commas = 0, semicolons = 0, tabs = 0;
    bool quoted = false;
    for (size_t i = 0; i < text.n && (quoted || (text.p[i] != '\n' && text.p[i] != '\r')); i++) {
        char c = text.p[i];
        quoted ^= c == '"';
        if (quoted) continue;
        commas += c == ',', semicolons += c == ';', tabs += c == '\t';
    }
    if (tabs > commas && tabs > semicolons) return '\t';
    return semicolons > commas ? ';' : ',';
}
void csv_init(Csv *c, Str text) {
    if (str_starts(text, STR("\xef\xbb\xbf"))) text = (Str){text.p + 3, text.n - 3};
    *c = (Csv){.text = text, .line = 1, .separator = detect_separator(text)};
    arena_init(&c->unescaped, (CSV_FIELD_MAX + 16) * (size_t)CSV_COLUMNS_MAX);
}
void csv_deinit(Csv *c) {
    arena_deinit(&c->unescaped);
}

static bool at_line_end(const Csv *c, size_t i) {
    return i >= c->text.n || c->text.p[i] == '\n' || c->text.p[i] == '\r';
}
// Steps over CR LF, LF or CR; anything else stays.
static void pass_line_end(Csv *c) {
    if (c->at >= c->text.n || !at_line_end(c, c->at)) return;
    bool cr = c->text.p[c->at++] == '\r';
    if (cr && c->at < c->text.n && c->text.p[c->at] == '\n') c->at++;
    c->line++;
}
static void skip_line(Csv *c) {
    while (!at_line_end(c, c->at)) c->at++;
    pass_line_end(c);
}

static Str unescape(Csv *c, Str raw) {
    char *to = arena_alloc(&c->unescaped, raw.n), *w = to;
    CK_ASSERT(to != NULL); // the ceiling holds a full row
    for (size_t i = 0; i < raw.n; i++) {
        *w++ = raw.p[i];
        if (raw.p[i] == '"') i++;
    }
    return (Str){to, (size_t)(w - to)};
}
// RFC 4180 2.5-2.7. On failure the position is unchanged for an open quote: the rest of that one line is given up, not
// the rest of the file.
static CsvProblem read_quoted(Csv *c, Str *ret) {
    size_t from = c->at + 1, i = from, lines = 0;
    bool doubled = false;
    for (;; i++) {
        if (i >= c->text.n || i - from > CSV_FIELD_MAX) return CSV_QUOTE_OPEN;
        char ch = c->text.p[i];
        if (ch == '\n' || (ch == '\r' && !(i + 1 < c->text.n && c->text.p[i + 1] == '\n'))) lines++;
        if (ch != '"') continue;
        if (i + 1 >= c->text.n || c->text.p[i + 1] != '"') break;
        doubled = true;
        i++;
    }
    Str raw = {c->text.p + from, i - from};
    c->at = i + 1;
    c->line += (uint32_t)lines;
    if (!at_line_end(c, c->at) && c->text.p[c->at] != c->separator) return CSV_QUOTE_AFTER;
    *ret = doubled ? unescape(c, raw) : raw;
    return CSV_OK;
}
static CsvProblem read_bare(Csv *c, Str *ret) {
    size_t from = c->at, i = from;
    while (!at_line_end(c, i) && c->text.p[i] != c->separator) {
        if (c->text.p[i] == '"') return CSV_QUOTE_INSIDE;
        i++;
    }
    c->at = i;
    if (i - from > CSV_FIELD_MAX) return CSV_FIELD_LONG;
    *ret = (Str){c->text.p + from, i - from};
    return CSV_OK;
}
static CsvProblem read_fields(Csv *c, CsvRow *row) {
    for (;;) {
        if (row->count == CSV_COLUMNS_MAX) return CSV_COLUMNS;
        bool quoted = c->at < c->text.n && c->text.p[c->at] == '"';
        Str field = STR_EMPTY;
        CsvProblem p = quoted ? read_quoted(c, &field) : read_bare(c, &field);
        if (p != CSV_OK) return p;
        row->fields[row->count++] = field;
        if (at_line_end(c, c->at)) return CSV_OK;
        c->at++; // the separator
    }
}

bool csv_next(Csv *c, CsvRow *ret) {
    while (c->at < c->text.n && at_line_end(c, c->at)) pass_line_end(c);
    if (c->at >= c->text.n) return false;
    arena_reset(&c->unescaped);
    ret->line = c->line;
    ret->count = 0;
    size_t from = c->at;
    ret->problem = read_fields(c, ret);
    if (ret->problem != CSV_OK) {
        skip_line(c);
        return true;
    }
    Str raw = {c->text.p + from, c->at - from};
    if (!utf8_valid(raw) || memchr(raw.p, 0, raw.n)) ret->problem = CSV_ENCODING;
    pass_line_end(c);
    return true;
}

void csv_put_field(Buf *b, Str field, char separator) {
    bool quote = false;
    for (size_t i = 0; i < field.n; i++)
        quote |= field.p[i] == '"' || field.p[i] == '\n' || field.p[i] == '\r' || field.p[i] == separator;
    if (!quote) {
        buf_str(b, field);
        return;
    }
    buf_char(b, '"');
    for (size_t i = 0; i < field.n; i++) {
        if (field.p[i] == '"') buf_char(b, '"');
        buf_char(b, field.p[i]);
    }
    buf_char(b, '"');
}
