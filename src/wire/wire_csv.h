// RFC 4180 tables over a text in memory, record by record. A damaged record is reported and the reader goes on behind
// it.
#pragma once
#include "base/base.h"

#define CSV_COLUMNS_MAX 256
#define CSV_FIELD_MAX   65536u // bytes

typedef enum {
    CSV_OK,
    CSV_QUOTE_OPEN,   // a quoted field never ends (or not within CSV_FIELD_MAX)
    CSV_QUOTE_AFTER,  // characters between the closing quote and the separator
    CSV_QUOTE_INSIDE, // a quote within a field that does not start with one
    CSV_FIELD_LONG,
    CSV_COLUMNS,
    CSV_ENCODING, // not UTF-8, or a NUL
    CSV_PROBLEMS
} CsvProblem;

typedef struct {
    CsvProblem problem;
    uint32_t line;               // of the text, 1 = first, where the record starts
    uint32_t count;              // fields; with a problem those read before it
    Str fields[CSV_COLUMNS_MAX]; // borrowed until the next csv_next()
} CsvRow;

typedef struct {
    Str text;
    size_t at;
    uint32_t line;
    char separator;
    Arena unescaped;
} Csv;

// Borrows the text. Skips a byte order mark; takes as separator whichever of comma, semicolon and tab the first line
// has most of.
void csv_init(Csv *c, Str text);
void csv_deinit(Csv *c);
// False at the end. Blank lines are passed over.
bool csv_next(Csv *c, CsvRow *ret);
const char *csv_problem_text(CsvProblem p);
// Appends one field, quoted where RFC 4180 asks for it.
void csv_put_field(Buf *b, Str field, char separator);
