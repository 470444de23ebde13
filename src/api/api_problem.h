// Problems: RFC 9457 bodies with a stable code, a text in the reader's language and all bad fields at once.
#pragma once
#include "gate/gate.h"
#include "io/io_http.h"
#include <jansson.h>

typedef enum {
#define API_TEXT(sym, http, en, vi, zh) API_##sym,
#define REFUSE_TEXT(sym, en, en_cure, vi, vi_cure, zh, zh_cure)
#include "api_texts.def"
#undef API_TEXT
#undef REFUSE_TEXT
    API_CODE_COUNT
} ApiCode;
typedef enum { LANG_EN, LANG_VI, LANG_ZH, LANG_COUNT } Lang;

Lang api_lang(Str accept_language); // empty: English
const char *api_lang_name(Lang l);
int api_code_http(ApiCode c);
const char *api_code_name(ApiCode c);
const char *api_code_text(ApiCode c, Lang l);
const char *api_refuse_text(Refuse r, Lang l);
const char *api_refuse_cure(Refuse r, Lang l);
void api_text_write(Buf *b, const char *text, const Str *args,
                    uint32_t args_n); // fills {0} {1}, drops [parts] without their argument

#define API_ISSUES_MAX 64
typedef struct {
    uint8_t code;  // ApiCode
    Str pointer;   // RFC 6901, into the body
    Str parameter; // or the name of a path, query or header parameter
    Str args[2];
} ApiIssue;
typedef struct {
    Arena *arena;    // borrowed; holds pointers and arguments
    ApiIssue *items; // API_ISSUES_MAX of them, made with the first
    uint32_t n;      // may exceed the maximum: the rest is counted only
} ApiIssues;
ApiIssue *api_issue_add(ApiIssues *list, ApiCode code); // NULL when no more fit

// One problem of the request or the server; `issues` may be NULL.
void api_problem(Buf *b, ApiCode code, Lang lang, Str instance, Str arg, const ApiIssues *issues);
// A refusal out of the journalled REFUSED event (JSON object). Returns the HTTP status.
int api_problem_refused(Buf *b, const json_t *event, const Site *site, Lang lang, Str instance);
