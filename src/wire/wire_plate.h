// Number plates of Vietnam (Circular 79/2024/TT-BCA) and China (GA 36-2018): what cameras and people write, normalised
// and classified.
#pragma once
#include "base/base.h"

#define PLATE_MAX 16 // bytes of a normalised plate
typedef enum { PLATE_VN, PLATE_CN } PlateCountry;
typedef enum {
    PLATE_KIND_VEHICLE,    // truck or car of Vietnam: 12C-123.45
    PLATE_KIND_TRAILER,    // trailer of Vietnam: 12R-012.34, 12RM-012.34
    PLATE_KIND_TEMPORARY,  // temporary plate of Vietnam: T12-345.67
    PLATE_KIND_FOREIGN,    // foreign owner in Vietnam: 80-123-NG-45, 80-NG-123.45
    PLATE_KIND_SPECIAL,    // joint venture, project, army economy, limited area: LD DA KT HC
    PLATE_KIND_CN_NORMAL,  // 桂F12345
    PLATE_KIND_CN_ENERGY,  // new energy: 桂FD12345, 桂F12345D
    PLATE_KIND_CN_TRAILER, // 桂F1234挂
    PLATE_KIND_CN_SPECIAL, // learner, police, Hong Kong, Macau: 学 警 港 澳
    PLATE_KINDS
} PlateKind;
typedef enum {
    PLATE_OK,
    PLATE_EMPTY,
    PLATE_LENGTH,    // more characters than any plate has
    PLATE_CHARACTER, // a character that no plate of either country carries, or bytes that are not UTF-8
    PLATE_PROVINCE,  // starts with neither a Vietnamese area code nor a Chinese province
    PLATE_LETTER,    // a letter that is not issued in this place (I, O in China; I, J, O, W in Vietnam)
    PLATE_DIGITS,    // wrong number of digits behind the letters
    PLATE_SHAPE,     // the characters exist, their order fits no kind of plate
    PLATE_PROBLEMS
} PlateProblem;

typedef struct {
    char text[PLATE_MAX + 1];
    uint8_t n;
    PlateCountry country;
    PlateKind kind;
    char province[4]; // "12" or "桂"; empty for a temporary plate
} Plate;

// Spaces, dots, hyphens and middle dots go; lower case and full-width characters fold.
MUST_USE PlateProblem plate_parse(Str raw, Plate *ret);
const char *plate_problem_text(PlateProblem p);
const char *plate_kind_name(PlateKind k);
const char *plate_country_code(PlateCountry c); // ISO 3166-1: "VN", "CN"
