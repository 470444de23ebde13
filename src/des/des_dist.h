// Distributions of service and interarrival times, as people write them.
//   fixed a            exponential a = mean          erlang a = mean, b = phases (whole)   gamma a = mean, b = cv
//   lognormal a = mean, b = cv     uniform a..b      triangular a, b = mode, c             empirical: n values, sorted
#pragma once
#include "base/field.h"
#include "des_random.h"

#define DES_DIST_TABLE(X)                                                                                              \
    X(DES_DET, "deterministic")                                                                                        \
    X(DES_EXP, "exponential")                                                                                          \
    X(DES_ERLANG, "erlang")                                                                                            \
    X(DES_GAMMA, "gamma")                                                                                              \
    X(DES_LOGNORMAL, "lognormal")                                                                                      \
    X(DES_UNIFORM, "uniform") X(DES_TRIANGULAR, "triangular") X(DES_EMPIRICAL, "empirical")
typedef enum {
#define X(sym, name) sym,
    DES_DIST_TABLE(X)
#undef X
        DES_DIST_COUNT
} DesDistKind;
extern const Names DesDistKind_names;
typedef struct {
    uint8_t kind;
    uint32_t n;
    double a, b, c;
    const double *values; // borrowed, sorted ascending
} DesDist;
const char *des_dist_check(const DesDist *d); // NULL, or what is wrong and what to do
double des_draw(const DesDist *d, DesStream *s);
double des_dist_mean(const DesDist *d);
double des_dist_cv2(const DesDist *d); // squared coefficient of variation
double des_dist_cdf(const DesDist *d, double x);
double des_dist_quantile(const DesDist *d, double p);
