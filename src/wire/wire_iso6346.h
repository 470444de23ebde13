// Freight container numbers (ISO 6346:2022): three letters of the owner, one of the category, six digits, one check
// digit.
#pragma once
#include "base/base.h"

#define ISO6346_LEN 11
typedef enum {
    ISO6346_OK,
    ISO6346_LENGTH,   // not eleven characters once spaces, hyphens and slashes are taken out
    ISO6346_OWNER,    // the first three are not letters
    ISO6346_CATEGORY, // the fourth is not U, J or Z
    ISO6346_DIGITS,   // the last seven are not digits
    ISO6346_CHECK,    // the check digit does not fit: a character was misread or two were swapped
    ISO6346_PROBLEMS
} Iso6346Problem;

typedef struct {
    Iso6346Problem problem;
    char expected; // with ISO6346_CHECK the digit that would fit, otherwise 0
} Iso6346Result;

// Accepts lower case and the separators people write ("csqu 305438-3"); gives the eleven bare characters.
MUST_USE Iso6346Result iso6346_parse(Str raw, char ret[ISO6346_LEN + 1]);
// The digit for the first ten characters of a number, which must be four capitals and six digits.
char iso6346_check_digit(const char *ten);
const char *iso6346_problem_text(Iso6346Problem p);
