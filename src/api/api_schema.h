// Validator of requests: walks a JSON tree along the tables made from schema/openapi.yaml and reports every problem at
// once.
#pragma once
#include "api_problem.h"
#include "wire/wire_hs.h"
#include "wire/wire_json.h"

typedef enum { SCHEMA_OBJECT, SCHEMA_ARRAY, SCHEMA_STRING, SCHEMA_INTEGER, SCHEMA_BOOLEAN } SchemaType;
typedef enum {
    FORMAT_NONE,
    FORMAT_DATE_TIME,
    FORMAT_HS,
    FORMAT_ISO6346,
    FORMAT_PLATE,
    FORMAT_SHA256_HEX,
    FORMAT_COUNTRY2,
    FORMAT_CURRENCY3,
    FORMAT_PASS_REF,
    FORMAT_CUSTOMS_NO
} SchemaFormat;

// A pattern is a run of character classes (ASCII bit sets) with counts: what the generator makes of the regular
// expression.
typedef struct {
    uint64_t chars[2];
    uint16_t min, max;
} SchemaAtom;
typedef struct {
    const char *text;
    uint32_t n;
    const SchemaAtom *atoms;
} SchemaPattern;
typedef struct {
    const char *text;
    uint32_t n;
} SchemaWord;
typedef struct {
    const char *name;
    uint32_t n;
    uint16_t node;
    bool required;
} SchemaProp; // sorted by name within a node
typedef struct {
    uint8_t type, format;
    int16_t pattern;         // -1 = none
    uint16_t from, n, items; // from, n: members of an object, words of an enum
    int64_t min, max;        // value of an integer; characters of a string; entries of an array
} SchemaNode;
extern const SchemaNode schema_nodes[];
extern const SchemaProp schema_props[];
extern const SchemaWord schema_words[];
extern const SchemaPattern schema_patterns[];

typedef struct {
    const SchemaNode *nodes;
    const SchemaProp *props;
    const SchemaWord *words;
    const SchemaPattern *patterns;
    const HsSet *hs; // NULL: only the form of HS codes is checked
    Str ref_prefix;  // of pass references
} SchemaSet;

// Codes, plates and container numbers are put into their normal form in the tree.
void schema_check(const SchemaSet *s, uint32_t node, Json *value, ApiIssues *issues);
// A parameter: text from a path, query or header. ret_value (may be NULL) lives in the arena of `issues` and borrows
// the text; untouched when the text is not valid.
void schema_check_text(const SchemaSet *s, uint32_t node, Str text, Str parameter, ApiIssues *issues, Json *ret_value);

bool schema_pattern_match(const SchemaPattern *p, Str s);
#define SCHEMA_WHY_MAX 160
typedef struct {
    char normal[40];
    size_t normal_n; // 0 = as it is
    char why[SCHEMA_WHY_MAX];
} FormatResult;
bool schema_format_check(const SchemaSet *s, SchemaFormat f, Str text, FormatResult *ret);
const char *schema_format_name(SchemaFormat f);
