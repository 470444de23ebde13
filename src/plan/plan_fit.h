// Distributions of durations fitted by maximum likelihood, and how well they fit. Values: positive, any unit (the
// result has the same), in the order of time where they depend on each other.
//
//   exponential  mean = average
//   gamma        shape k solves ln k - psi(k) = ln(average) - average(ln x) (Newton), scale = average / k;
//                k at most 1e4 (Choi and Wette 1969, Technometrics 11)
//   erlang       the better of the two whole k beside the gamma's: the likelihood is concave in k; k at most 1000
//   lognormal    average and variance (by n) of ln x
//   uniform      the likelihood is greatest at min and max; both are moved out by (max - min) / (n - 1): no bias
//   deterministic  when max - min is at most the resolution
//
// Choice: the least AIC = 2 parameters - 2 ln L (Akaike 1974, IEEE AC 19); a gamma gives way to an Erlang whose AIC is
// at most 2 higher, for a whole shape is the simpler tale. Fit: Kolmogorov-Smirnov D and Anderson-Darling A2 of the
// chosen family. As its parameters are estimated, tables for known ones are too mild (Lilliefors 1967, JASA 62;
// Stephens 1974, JASA 69): p by parametric bootstrap, parameters estimated anew from each resample,
//   p = (1 + resamples with a statistic at least as great) / (1 + resamples).
// That the family itself was chosen is not in p: it errs to the mild side. Values that depend on each other (waiting
// times) make p too small.
#pragma once
#include "des/des_dist.h"
#include "des/des_stat.h"

#define PLAN_FIT_MIN       5    // values
#define PLAN_FIT_FEW       30   // below, a fit says little
#define PLAN_FIT_TEST_MAX  2000 // values that the tests look at, evenly from all
#define PLAN_FIT_RESAMPLES 199
#define PLAN_FIT_FAMILIES  5
typedef struct {
    double resolution; // of the values; 0: exact
    bool dependent;    // the interval of the mean is by batch means
    uint64_t seed;     // of the resamples: the same seed, the same p
    uint32_t stream;
    uint32_t resamples; // at least 19; 0: PLAN_FIT_RESAMPLES
} PlanFitOptions;
typedef struct {
    DesDist dist;
    double loglik, aic;
} PlanCandidate;
typedef struct {
    double d, d_p, a2, a2_p; // p in (0, 1]
    double gap_at;           // the value at which D was found
    double beyond;           // share of the values above the distribution's 95 % quantile
    double beyond_z;         // (share - 0.05) in standard errors
    uint32_t tested, resamples;
} PlanGoodness;
typedef struct {
    uint32_t n;
    DesInterval mean; // 95 %
    double sd, min, max;
    PlanCandidate candidate[PLAN_FIT_FAMILIES]; // the best first
    uint32_t candidates;
    PlanGoodness good; // of the best; deterministic: D and A2 are 0, p 1
} PlanFit;

// One family. False when it cannot be: other kinds, uniform or lognormal of values that are all equal. x: n >= 2
// positive values, borrowed, any order.
bool plan_fit_one(DesDistKind kind, const double *x, uint32_t n, PlanCandidate *ret) MUST_USE;
// Tests the family of `d`, whose parameters are those that plan_fit_one gives for x.
void plan_fit_test(const DesDist *d, const double *x, uint32_t n, const PlanFitOptions *o, PlanGoodness *ret);
// ERR_INVALID: fewer than PLAN_FIT_MIN values, or one that is not positive and finite. ret holds no pointers.
Err plan_fit(const double *x, uint32_t n, const PlanFitOptions *o, PlanFit *ret) MUST_USE;

// What the two tests say together at the 5 % level: either rejects at 2.5 % (Bonferroni).
typedef enum {
    PLAN_FITS,
    PLAN_NEAR,       // rejected, but no share of the values is off by more than PLAN_NEAR_D
    PLAN_HEAVY_TAIL, // more large values than the distribution has
    PLAN_LIGHT_TAIL,
    PLAN_OTHER_SHAPE,
} PlanVerdict;
#define PLAN_NEAR_D 0.05
PlanVerdict plan_fit_verdict(const PlanFit *f);
