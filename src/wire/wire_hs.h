// The six-digit subheadings of the Harmonized System in force, from schema/hs2022.txt.
#pragma once
#include "base/base.h"

#define HS_DIGITS_MIN  6
#define HS_DIGITS_MAX  10 // national lines: 8 in Vietnam (AHTN), 10 in China
#define HS_EXPLAIN_MAX 120

typedef struct HsSet HsSet;
typedef enum {
    HS_KNOWN,
    HS_FORM,       // not 6 to 10 digits
    HS_CHAPTER,    // no chapter with the first two digits
    HS_HEADING,    // the chapter exists, the heading (four digits) does not
    HS_SUBHEADING, // the heading exists, the subheading (six digits) does not
} HsProblem;

// One code a line; '#' starts a comment. ERR_PARSE at *ret_line (may be NULL) for a line that is neither, or for no
// code.
MUST_USE Err hs_parse(Str text, HsSet **ret_owned, uint32_t *ret_line);
void hs_free(HsSet *set);
uint32_t hs_count(const HsSet *set);

// Takes out the dots and spaces of "0810.60.00". False when what is left is not 6 to 10 digits.
MUST_USE bool hs_normalise(Str raw, char ret[HS_DIGITS_MAX + 1]);
// The first six of 6 to 10 digits decide.
HsProblem hs_check(const HsSet *set, Str hs);
bool hs_known(const HsSet *set, Str hs);
// A sentence for people: "heading 0810 exists, subheading 081099 does not".
void hs_explain(const HsSet *set, Str hs, char ret[HS_EXPLAIN_MAX]);
