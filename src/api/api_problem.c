#include "api_problem.h"

typedef struct {
    const char *name;
    int http;
    const char *text[LANG_COUNT];
} CodeText;
typedef struct {
    const char *text[LANG_COUNT], *cure[LANG_COUNT];
} RefuseText;

static const CodeText code_texts[API_CODE_COUNT] = {
#define API_TEXT(sym, http, en, vi, zh) [API_##sym] = {#sym, http, {en, vi, zh}},
#define REFUSE_TEXT(sym, en, en_cure, vi, vi_cure, zh, zh_cure)
#include "api_texts.def"
#undef API_TEXT
#undef REFUSE_TEXT
};
static const RefuseText refuse_texts[REFUSE_COUNT] = {
#define API_TEXT(sym, http, en, vi, zh)
#define REFUSE_TEXT(sym, en, en_cure, vi, vi_cure, zh, zh_cure)                                                        \
    [REFUSE_##sym] = {{en, vi, zh}, {en_cure, vi_cure, zh_cure}},
#include "api_texts.def"
#undef API_TEXT
#undef REFUSE_TEXT
};

int api_code_http(ApiCode c) {
    return code_texts[c].http;
}
const char *api_code_name(ApiCode c) {
    return code_texts[c].name;
}
const char *api_code_text(ApiCode c, Lang l) {
    return code_texts[c].text[l];
}
const char *api_refuse_text(Refuse r, Lang l) {
    return refuse_texts[r].text[l];
}
const char *api_refuse_cure(Refuse r, Lang l) {
    return refuse_texts[r].cure[l];
}
const char *api_lang_name(Lang l) {
    static const char *const names[LANG_COUNT] = {"en", "vi", "zh"};
    return names[l];
}

// ---- Accept-Language (RFC 9110 12.5.4): the known language with the highest weight; of equals the first
static int weight_of(Str range) {
    const char *q = memmem(range.p, range.n, ";q=", 3);
    if (!q) return 1000;
    Str v = {q + 3, range.n - (size_t)(q + 3 - range.p)};
    int w = 0, scale = 1000;
    for (size_t i = 0; i < v.n && scale; i++) {
        if (v.p[i] == '.') continue;
        if (v.p[i] < '0' || v.p[i] > '9') break;
        w += (v.p[i] - '0') * scale;
        scale /= 10;
    }
    return w;
}
static int lang_of(Str range) {
    for (int l = 0; l < LANG_COUNT; l++) {
        Str name = str_c(api_lang_name((Lang)l));
        if (range.n < name.n || strncasecmp(range.p, name.p, name.n) != 0) continue;
        if (range.n == name.n || range.p[name.n] == '-' || range.p[name.n] == ';' || range.p[name.n] == ' ') return l;
    }
    return -1;
}
Lang api_lang(Str s) {
    int best = LANG_EN, best_weight = 0;
    while (s.n) {
        const char *comma = memchr(s.p, ',', s.n);
        Str range = {s.p, comma ? (size_t)(comma - s.p) : s.n};
        size_t skip = MIN(range.n + 1, s.n);
        s = (Str){s.p + skip, s.n - skip};
        while (range.n && range.p[0] == ' ') range = (Str){range.p + 1, range.n - 1};
        int l = lang_of(range), w = weight_of(range);
        if (l < 0 || w <= best_weight) continue;
        best = l;
        best_weight = w;
    }
    return (Lang)best;
}

// ---- texts with arguments
static bool arg_of(const char *p, const Str *args, uint32_t n, Str *ret) {
    if (p[0] != '{' || p[1] < '0' || p[1] > '9' || p[2] != '}') return false;
    uint32_t i = (uint32_t)(p[1] - '0');
    *ret = i < n ? args[i] : STR_EMPTY;
    return true;
}
static bool part_complete(const char *p, const Str *args, uint32_t n) {
    Str arg;
    for (; *p && *p != ']'; p++)
        if (arg_of(p, args, n, &arg) && arg.n == 0) return false;
    return true;
}
void api_text_write(Buf *b, const char *p, const Str *args, uint32_t n) {
    while (*p) {
        Str arg;
        if (*p == '[' && !part_complete(p, args, n)) {
            const char *end = strchr(p, ']');
            CK_ASSERT(end != NULL);
            p = end + 1;
        } else if (arg_of(p, args, n, &arg)) {
            buf_str(b, arg);
            p += 3;
        } else {
            if (*p != '[' && *p != ']') buf_char(b, *p);
            p++;
        }
    }
}
static void member_text(Buf *b, const char *key, const char *text, const Str *args, uint32_t n) {
    Buf plain;
    buf_init(&plain, 4096);
    api_text_write(&plain, text, args, n);
    json_key(b, key);
    json_str(b, buf_view(&plain));
    buf_deinit(&plain);
}
static void member(Buf *b, const char *key, Str v) {
    if (v.n == 0) return;
    json_key(b, key);
    json_str(b, v);
}

// ---- issues
ApiIssue *api_issue_add(ApiIssues *list, ApiCode code) {
    if (!list->items) list->items = arena_alloc(list->arena, sizeof(ApiIssue) * API_ISSUES_MAX);
    uint32_t at = list->n++;
    if (!list->items || at >= API_ISSUES_MAX) return NULL;
    list->items[at] = (ApiIssue){.code = (uint8_t)code};
    return &list->items[at];
}
static void write_issues(Buf *b, const ApiIssues *list, Lang lang) {
    json_key(b, "errors");
    json_open(b, '[');
    for (uint32_t i = 0; i < MIN(list->n, (uint32_t)API_ISSUES_MAX) && list->items; i++) {
        const ApiIssue *is = &list->items[i];
        json_open(b, '{');
        if (is->parameter.n) {
            member(b, "parameter", is->parameter);
        } else {
            json_key(b, "pointer");
            json_str(b, is->pointer.p ? is->pointer : STR_EMPTY);
        }
        json_key(b, "code");
        json_c(b, api_code_name(is->code));
        member_text(b, "detail", api_code_text(is->code, lang), is->args, 2);
        json_close(b, '}');
    }
    json_close(b, ']');
}
static void head(Buf *b, const char *code, const char *title, int status, Str instance) {
    json_open(b, '{');
    json_key(b, "type");
    char type[80];
    int type_n = snprintf(type, sizeof type, "urn:cuakhau:problem:%s", code);
    json_str(b, (Str){type, (size_t)type_n});
    json_key(b, "title");
    json_c(b, title);
    json_key(b, "status");
    json_int(b, status);
    json_key(b, "code");
    json_c(b, code);
    if (utf8_valid(instance)) member(b, "instance", instance);
}
void api_problem(Buf *b, ApiCode code, Lang lang, Str instance, Str arg, const ApiIssues *issues) {
    const CodeText *t = &code_texts[code];
    Buf title;
    buf_init(&title, 4096);
    api_text_write(&title, t->text[LANG_EN], &(Str){NULL, 0}, 0);
    buf_char(&title, 0);
    head(b, t->name, title.p, t->http, instance);
    buf_deinit(&title);
    member_text(b, "detail", t->text[lang], &arg, 1);
    if (issues && issues->n) write_issues(b, issues, lang);
    json_close(b, '}');
}

// ---- refusals
static Str text_of(const json_t *o, const char *key) {
    const json_t *v = json_object_get(o, key);
    return json_is_string(v) ? (Str){json_string_value(v), json_string_length(v)} : STR_EMPTY;
}
static Refuse code_of(const json_t *finding) {
    Str name = text_of(finding, "code");
    for (uint32_t i = 0; i < Refuse_names.n; i++)
        if (str_eq_c(name, Refuse_names.names[i])) return (Refuse)i;
    return REFUSE_REASON_NONE;
}
static Str word_for(const Site *site, Str code, Lang lang);
static uint32_t args_of(const json_t *finding, const Site *site, Lang lang, Str ret[4]) {
    const json_t *args = json_object_get(finding, "args");
    uint32_t n = 0;
    for (size_t i = 0; i < json_array_size(args) && n < 4; i++) {
        const json_t *a = json_array_get(args, i);
        ret[n++] =
            json_is_string(a) ? word_for(site, (Str){json_string_value(a), json_string_length(a)}, lang) : STR_EMPTY;
    }
    return n;
}
// The rule's own cure, where the site's data has one; else that of the code.
static Str rule_cure(const Site *site, Str rule, Lang lang) {
    const Requirement *r = site ? site->doc->requirements.items : NULL;
    for (uint32_t i = 0; r && i < site->doc->requirements.n; i++)
        if (r[i].cure && str_eq(r[i].id, rule))
            return lang == LANG_VI ? r[i].cure->vi : lang == LANG_ZH ? r[i].cure->zh : r[i].cure->en;
    return STR_EMPTY;
}
// Words of the kernel in an argument, as people read them.
static Str word_for(const Site *site, Str code, Lang lang) {
    static const struct {
        const char *code, *text[LANG_COUNT];
    } words[] = {
#define WORD(code, en, vi, zh) {code, {[LANG_EN] = en, [LANG_VI] = vi, [LANG_ZH] = zh}},
#include "api_words.def"
#undef WORD
    };
    uint8_t task = site ? site_find(site, DYN_TASK, code) : DYN_NONE;
    const Text *name = task != DYN_NONE ? site->task[task].name : NULL;
    if (name) return lang == LANG_VI ? name->vi : lang == LANG_ZH ? name->zh : name->en;
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq_c(code, words[i].code)) return str_c(words[i].text[lang]);
    return code;
}
static void write_finding(Buf *b, const json_t *f, const Site *site, Lang lang) {
    Str args[4];
    uint32_t n = args_of(f, site, lang, args);
    Refuse code = code_of(f);
    json_open(b, '{');
    json_key(b, "pointer");
    json_str(b, text_of(f, "field"));
    json_key(b, "code");
    json_c(b, Refuse_names.names[code]);
    member_text(b, "detail", api_refuse_text(code, lang), args, n);
    member(b, "rule", text_of(f, "rule"));
    member(b, "basis", text_of(f, "basis"));
    Str cure = rule_cure(site, text_of(f, "rule"), lang);
    if (cure.n)
        member(b, "cure", cure);
    else
        member_text(b, "cure", api_refuse_cure(code, lang), args, n);
    json_close(b, '}');
}
int api_problem_refused(Buf *b, const json_t *event, const Site *site, Lang lang, Str instance) {
    const json_t *findings = json_object_get(json_object_get(event, "data"), "findings"),
                 *first = json_array_get(findings, 0);
    Str args[4];
    uint32_t n = first ? args_of(first, site, lang, args) : 0;
    Refuse code = first ? code_of(first) : REFUSE_REASON_NONE;
    int status = refuse_http(code);
    head(b, Refuse_names.names[code], refuse_title(code), status, instance);
    member_text(b, "detail", api_refuse_text(code, lang), args, n);
    json_key(b, "errors");
    json_open(b, '[');
    for (size_t i = 0; i < json_array_size(findings); i++) write_finding(b, json_array_get(findings, i), site, lang);
    json_close(b, ']');
    json_close(b, '}');
    return status;
}
