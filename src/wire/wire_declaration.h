// Declarations out of the files that traders have: JSON, CSV and WCO XML become the object that POST /v1/declarations
// takes. Everything is judged row by row: a half-good file gives its good rows, and each bad one with what to do about
// it.
#pragma once
#include "base/base.h"
#include "wire_hs.h"
#include <jansson.h>

#define IMPORT_BYTES_MAX        (64u << 20)
#define IMPORT_XML_BYTES_MAX    (4u << 20)
#define IMPORT_ROWS_MAX         100000u // declarations and reports of one file
#define IMPORT_GOODS_MAX        99u     // lines of one declaration
#define IMPORT_CERTIFICATES_MAX 32u
#define IMPORT_SEALS_MAX        8u
#define IMPORT_PROBLEMS_MAX     32u // listed for one row; more are only mentioned

typedef enum {
    IMPORT_JSON,        // one object
    IMPORT_JSON_ARRAY,  // an array of objects
    IMPORT_JSON_LINES,  // an object a line
    IMPORT_CSV,         // columns named as the JSON members
    IMPORT_CSV_CUSTOMS, // the table layout of customs research data ("Declaration ID", "HS6 Code", ...)
    IMPORT_WCO_XML,     // WCO Data Model 3.6, urn:wco:datamodel:WCO:DEC-DMS:2
    IMPORT_UNKNOWN,
    IMPORT_FORMATS
} ImportFormat;
const char *import_format_name(ImportFormat f);

typedef enum {
    IMPORT_GOOD,    // .declaration is set; its problems, if any, are notes
    IMPORT_BAD,     // at least one problem that is not a note
    IMPORT_OTHER,   // understood, but not a declaration: a response, an amendment, ...
    IMPORT_WARNING, // about the file: a column that nobody knows
} ImportVerdict;

typedef struct {
    Str field;  // "goods[0].hs", a column or an element; may be empty
    Str reason; // what is wrong
    Str cure;   // what to do
    bool note;  // something was left out or changed; does not make the row bad
} ImportProblem;

typedef struct { // all borrowed until the callback returns; json_incref() keeps a declaration
    ImportVerdict verdict;
    uint32_t line;       // where it starts, 1 = first line of the file
    size_t row;          // number among the declarations of the file, from 0 (as given to fill)
    Str lrn;             // empty when unknown
    json_t *declaration; // with IMPORT_GOOD only
    const ImportProblem *problems;
    uint32_t problem_count;
    bool problems_cut; // there were more than IMPORT_PROBLEMS_MAX
} ImportItem;
typedef bool ImportFn(void *ctx, const ImportItem *item); // false stops the import

typedef struct {
    const json_t *members; // object: fills top-level members that the source lacks; may be NULL
    json_t *(*fill)(void *ctx,
                    size_t row); // object (its reference is taken) or NULL; goes before .members; may be NULL
    void *ctx;
    const HsSet *hs; // NULL: the form of HS codes is checked, not that they exist
} ImportDefaults;

typedef struct {
    ImportFormat format;
    uint32_t good, bad, other, warnings;
    bool stopped; // by the callback
} ImportSummary;

// name_hint is the file's name (".jsonl" decides between JSON Lines and one broken object); may be empty.
// OK when the file could be read to its end, whatever its rows were worth. ERR_PARSE when nothing in it can be
// understood, ERR_LIMIT when it is too big or was cut at IMPORT_ROWS_MAX: both are also reported as a bad item. *ret is
// written in every case.
MUST_USE Err declaration_import(Str bytes, Str name_hint, const ImportDefaults *defaults, ImportFn *fn, void *ctx,
                                ImportSummary *ret);
