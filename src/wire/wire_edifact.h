// UN/EDIFACT interchanges by ISO 9735 (syntax versions 1 to 4, batch): service string, release character, segments,
// composites, the counts and references of the trailers. What the messages mean is not known here.
#pragma once
#include "base/base.h"

#define EDI_BYTES_MAX      65536
#define EDI_SEGMENTS_MAX   999
#define EDI_MESSAGES_MAX   99
#define EDI_ELEMENTS_MAX   40  // of a segment, behind its tag
#define EDI_COMPONENTS_MAX 12  // of an element
#define EDI_DATA_MAX       512 // bytes of a component, in UTF-8
#define EDI_PARTY_MAX      35  // 0004, 0010: characters
#define EDI_CONTROL_MAX    14  // 0020, 0062

typedef struct {
    const Str *component; // UTF-8, without release characters
    uint32_t n;
} EdiElement;
typedef struct {
    char tag[4];
    uint32_t no; // in the interchange, from 1 (UNB)
    const EdiElement *element;
    uint32_t n;
} EdiSegment;
typedef struct {
    Str reference;                                   // 0062
    Str type, version, release, agency, association; // S009: "CODECO", "D", "00B", "UN", ""
    const EdiSegment *segment;                       // between UNH and UNT
    uint32_t n;
} EdiMessage;
typedef struct {
    Str syntax;            // 0001: UNOA, UNOB (ASCII), UNOC (ISO 8859-1) or UNOW (UTF-8)
    uint32_t version;      // 0002
    Str sender, recipient; // 0004, 0010
    Str control;           // 0020
    bool test;             // 0035: not to be acted on
    char decimal;          // mark in numbers
    const EdiMessage *message;
    uint32_t n;
} Edifact;

// ERR_PARSE, ERR_LIMIT; *ret_what says segment, reason and cure. All texts live in `a`.
Err edi_read(Str text, Arena *a, Edifact *ret, Str *ret_what) MUST_USE;
// Counted from 0; empty when it is not there.
Str edi_data(const EdiSegment *s, uint32_t element, uint32_t component);

// ---- writing: exactly one message. ASCII goes as UNOC:3, all else as UNOW:4 (UTF-8).
typedef struct {
    Buf *b;
    Str control;
    bool wide;                               // UNOW
    uint32_t segments, elements, components; // separators that are due before the next data
} EdiWriter;
typedef struct {
    bool wide;
    Str sender, recipient, control;
    int64_t at_ms;              // of S004
    const char *type, *release; // S009
} EdiHeader;
void edi_begin(EdiWriter *w, Buf *b, const EdiHeader *h); // UNA, UNB, UNH
void edi_open(EdiWriter *w, const char *tag);
void edi_put(EdiWriter *w, Str data);  // the next element; empty: left out, with all that trails
void edi_more(EdiWriter *w, Str data); // the next component of that element
void edi_close(EdiWriter *w);
void edi_end(EdiWriter *w); // UNT, UNZ

// ---- times: code 304 of data element 2379, CCYYMMDDHHMMSSZZZ. Written "20270101000400UTC"; read with UTC, GMT, Z or a
// whole-hour offset ("+07") as zone. A time without a zone is none: the two sides of a border have different clocks.
#define EDI_TIME_MAX 18
void edi_time_format(int64_t t_ms, char ret[EDI_TIME_MAX]); // t_ms: whole seconds, years 1970 to 9999
bool edi_time_parse(Str s, int64_t *ret_ms);
