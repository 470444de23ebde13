#include "api_schema.h"

// Where the walk is: links on the stack, written out only when there is a problem to report.
typedef struct Path {
    const struct Path *up;
    const char *key; // NULL: an array entry
    size_t n;        // length of key, or the index
} Path;
typedef struct {
    const SchemaSet *set;
    ApiIssues *issues;
    Str parameter; // name, when a parameter is checked
} Walk;

static void write_path(Buf *b, const Path *p) {
    if (!p) return;
    write_path(b, p->up);
    buf_char(b, '/');
    if (!p->key) {
        buf_u64(b, p->n);
        return;
    }
    for (size_t i = 0; i < p->n; i++) { // RFC 6901 3
        if (p->key[i] == '~')
            buf_c(b, "~0");
        else if (p->key[i] == '/')
            buf_c(b, "~1");
        else
            buf_char(b, p->key[i]);
    }
}
static void issue(Walk *w, const Path *path, ApiCode code, Str a, Str b) {
    ApiIssue *is = api_issue_add(w->issues, code);
    if (!is) return;
    Buf text;
    buf_init(&text, 1024);
    write_path(&text, path);
    is->pointer = arena_str(w->issues->arena, buf_view(&text));
    buf_deinit(&text);
    is->parameter = w->parameter;
    is->args[0] = arena_str(w->issues->arena, a);
    is->args[1] = arena_str(w->issues->arena, b);
}
static void issue_number(Walk *w, const Path *path, ApiCode code, int64_t n) {
    char text[24];
    int len = snprintf(text, sizeof text, "%lld", (long long)n);
    issue(w, path, code, (Str){text, (size_t)len}, STR_EMPTY);
}

static size_t characters(Str s) {
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) n += ((unsigned char)s.p[i] & 0xc0) != 0x80;
    return n;
}
static void not_in_list(Walk *w, const SchemaNode *node, const Path *path) {
    Buf list;
    buf_init(&list, 1024);
    for (uint32_t i = 0; i < node->n; i++) {
        if (i) buf_c(&list, ", ");
        buf_c(&list, w->set->words[node->from + i].text);
    }
    issue(w, path, API_NOT_IN_LIST, buf_view(&list), STR_EMPTY);
    buf_deinit(&list);
}
static bool in_list(const SchemaSet *s, const SchemaNode *node, Str v) {
    for (uint32_t i = 0; i < node->n; i++) {
        const SchemaWord *word = &s->words[node->from + i];
        if (word->n == v.n && memcmp(word->text, v.p, v.n) == 0) return true;
    }
    return false;
}
// The text's own checks. ret: the normal form, when it has another one.
static void check_text(Walk *w, const SchemaNode *node, Str v, const Path *path, FormatResult *ret) {
    ret->normal_n = 0;
    if (node->n) {
        if (!in_list(w->set, node, v)) not_in_list(w, node, path);
        return;
    }
    if (v.n < (size_t)node->min * 4 || v.n > (size_t)node->max) {
        size_t chars = characters(v);
        if (chars < (size_t)node->min) issue_number(w, path, API_TOO_SHORT, node->min);
        if (chars > (size_t)node->max) issue_number(w, path, API_TOO_LONG, node->max);
        if (chars > (size_t)node->max) return;
    }
    if (node->pattern >= 0) {
        const SchemaPattern *p = &w->set->patterns[node->pattern];
        if (!schema_pattern_match(p, v)) issue(w, path, API_WRONG_PATTERN, str_c(p->text), STR_EMPTY);
    }
    if (node->format != FORMAT_NONE && !schema_format_check(w->set, node->format, v, ret)) {
        ret->normal_n = 0;
        issue(w, path, API_WRONG_FORMAT, str_c(schema_format_name(node->format)), str_c(ret->why));
    }
}
static void check_integer(Walk *w, const SchemaNode *node, int64_t v, const Path *path) {
    if (v < node->min) issue_number(w, path, API_TOO_SMALL, node->min);
    if (v > node->max) issue_number(w, path, API_TOO_LARGE, node->max);
}
static void check(Walk *w, uint32_t at, Json *v, const Path *path);

static const SchemaProp *find_prop(const SchemaSet *s, const SchemaNode *node, const char *key, size_t n) {
    uint32_t low = 0, high = node->n;
    while (low < high) {
        uint32_t mid = (low + high) / 2;
        const SchemaProp *p = &s->props[node->from + mid];
        int c = memcmp(p->name, key, MIN(p->n, n));
        if (c == 0 && p->n == n) return p;
        if (c < 0 || (c == 0 && p->n < n))
            low = mid + 1;
        else
            high = mid;
    }
    return NULL;
}
static void check_object(Walk *w, const SchemaNode *node, Json *v, const Path *path) {
    uint64_t seen = 0;
    CK_ASSERT(node->n <= 64);
    for (Json *m = v->first; m; m = m->next) {
        Path here = {path, m->key, m->key_n};
        const SchemaProp *p = find_prop(w->set, node, here.key, here.n);
        if (!p) {
            issue(w, &here, API_UNKNOWN_MEMBER, STR_EMPTY, STR_EMPTY);
            continue;
        }
        seen |= 1ull << (p - &w->set->props[node->from]);
        check(w, p->node, m, &here);
    }
    for (uint32_t i = 0; i < node->n; i++) {
        const SchemaProp *p = &w->set->props[node->from + i];
        if (!p->required || (seen >> i & 1)) continue;
        Path here = {path, p->name, p->n};
        issue(w, &here, API_REQUIRED, STR_EMPTY, STR_EMPTY);
    }
}
static void check_array(Walk *w, const SchemaNode *node, Json *v, const Path *path) {
    if ((int64_t)v->n < node->min) issue_number(w, path, API_TOO_FEW, node->min);
    if ((int64_t)v->n > node->max) {
        issue_number(w, path, API_TOO_MANY, node->max);
        return; // the entries of an overlong list are not worth the time
    }
    Path here = {path, NULL, 0};
    for (Json *e = v->first; e; e = e->next, here.n++) check(w, node->items, e, &here);
}
static void check_string(Walk *w, const SchemaNode *node, Json *v, const Path *path) {
    FormatResult r;
    check_text(w, node, (Str){v->p, v->n}, path, &r);
    if (!r.normal_n) return;
    Str normal = arena_str(w->issues->arena, (Str){r.normal, r.normal_n});
    CK_ASSERT(normal.p != NULL); // the reader of JSON leaves half of the arena
    v->p = normal.p;
    v->n = (uint32_t)normal.n;
}
static void check(Walk *w, uint32_t at, Json *v, const Path *path) {
    static const char *const names[] = {"object", "array", "string", "integer", "boolean"};
    const SchemaNode *node = &w->set->nodes[at];
    switch ((SchemaType)node->type) {
    case SCHEMA_OBJECT:
        if (v->type == JN_OBJECT) return check_object(w, node, v, path);
        break;
    case SCHEMA_ARRAY:
        if (v->type == JN_ARRAY) return check_array(w, node, v, path);
        break;
    case SCHEMA_INTEGER:
        if (v->type == JN_INT) return check_integer(w, node, v->i, path);
        break;
    case SCHEMA_BOOLEAN:
        if (v->type == JN_BOOL) return;
        break;
    case SCHEMA_STRING:
        if (v->type == JN_TEXT) return check_string(w, node, v, path);
        break;
    }
    issue(w, path, API_WRONG_TYPE, str_c(names[node->type]), STR_EMPTY);
}
void schema_check(const SchemaSet *s, uint32_t node, Json *value, ApiIssues *issues) {
    Walk w = {s, issues, STR_EMPTY};
    check(&w, node, value, NULL);
}

// ---- parameters
static bool parse_integer(Str s, int64_t *ret) {
    char *end, text[24];
    if (s.n == 0 || s.n > 19) return false;
    for (size_t i = 0; i < s.n; i++)
        if ((s.p[i] < '0' || s.p[i] > '9') && !(i == 0 && s.p[i] == '-' && s.n > 1)) return false;
    memcpy(text, s.p, s.n);
    text[s.n] = 0;
    *ret = strtoll(text, &end, 10);
    return true;
}
void schema_check_text(const SchemaSet *s, uint32_t node, Str text, Str parameter, ApiIssues *issues, Json *ret_value) {
    const SchemaNode *n = &s->nodes[node];
    Walk w = {s, issues, parameter};
    Json v = {.type = JN_NULL};
    uint32_t before = issues->n;
    if (n->type == SCHEMA_STRING && utf8_valid(text)) {
        v.type = JN_TEXT;
        v.p = text.p;
        v.n = (uint32_t)text.n;
    } else if (n->type == SCHEMA_INTEGER && parse_integer(text, &v.i)) {
        v.type = JN_INT;
    } else if (n->type == SCHEMA_BOOLEAN && (str_eq_c(text, "true") || str_eq_c(text, "false"))) {
        v.type = JN_BOOL;
        v.b = text.n == 4;
    } else {
        issue(&w, NULL, API_WRONG_TYPE,
              str_c(n->type == SCHEMA_STRING    ? "UTF-8 text"
                    : n->type == SCHEMA_INTEGER ? "integer"
                                                : "boolean"),
              STR_EMPTY);
        return;
    }
    check(&w, node, &v, NULL);
    if (ret_value && issues->n == before) *ret_value = v;
}
