#include "des_dist.h"
#include "des_stat.h"

static const char *const kind_list[] = {
#define X(sym, name) name,
    DES_DIST_TABLE(X)
#undef X
};
const Names DesDistKind_names = {kind_list, ARRAY_LEN(kind_list)};

const char *des_dist_check(const DesDist *d) {
    switch ((DesDistKind)d->kind) {
    case DES_DET: return d->a >= 0 && isfinite(d->a) ? NULL : "the time must not be negative";
    case DES_EXP: return d->a > 0 && isfinite(d->a) ? NULL : "the mean must be over 0";
    case DES_ERLANG:
        if (!(d->a > 0) || !isfinite(d->a)) return "the mean must be over 0";
        return d->b >= 1 && d->b <= 1000 && d->b == floor(d->b)
                   ? NULL
                   : "the phases (k) must be a whole number from 1 to 1000";
    case DES_GAMMA:
    case DES_LOGNORMAL:
        if (!(d->a > 0) || !isfinite(d->a)) return "the mean must be over 0";
        return d->b > 0 && d->b <= 100 ? NULL : "the coefficient of variation must be over 0 and at most 100";
    case DES_UNIFORM:
        return d->a >= 0 && d->b > d->a && isfinite(d->b) ? NULL : "min must not be negative and max must be over min";
    case DES_TRIANGULAR:
        return d->a >= 0 && d->b >= d->a && d->c >= d->b && d->c > d->a && isfinite(d->c)
                   ? NULL
                   : "min, mode and max must rise, min not negative";
    case DES_EMPIRICAL:
        if (d->n < 1) return "at least one value is needed";
        for (uint32_t i = 0; i < d->n; i++)
            if (!(d->values[i] >= 0) || !isfinite(d->values[i]) || (i && d->values[i] < d->values[i - 1]))
                return "values must not be negative and must be sorted";
        return NULL;
    case DES_DIST_COUNT: break;
    }
    return "unknown distribution";
}
static double gamma_draw(double shape, DesStream *s) { // Marsaglia and Tsang 2000, ACM TOMS 26
    if (shape < 1) {
        double g = gamma_draw(shape + 1, s);
        return g * pow(des_uniform(s), 1 / shape);
    }
    double d = shape - 1.0 / 3, c = 1 / sqrt(9 * d);
    for (;;) {
        double x = des_normal(s), v = 1 + c * x;
        if (v <= 0) continue;
        v = v * v * v;
        double u = des_uniform(s);
        if (log(u) < 0.5 * x * x + d - d * v + d * log(v)) return d * v;
    }
}
static double lognormal_sigma2(const DesDist *d) {
    return log1p(d->b * d->b);
}
double des_draw(const DesDist *d, DesStream *s) {
    switch ((DesDistKind)d->kind) {
    case DES_DET: return d->a;
    case DES_EXP: return d->a * des_exp(s);
    case DES_ERLANG: {
        double p = 0;
        for (int i = 0; i < (int)d->b; i++) p += des_exp(s);
        return d->a / d->b * p;
    }
    case DES_GAMMA: return d->a * d->b * d->b * gamma_draw(1 / (d->b * d->b), s);
    case DES_LOGNORMAL: {
        double s2 = lognormal_sigma2(d);
        return d->a * exp(sqrt(s2) * des_normal(s) - s2 / 2);
    }
    case DES_UNIFORM:
    case DES_TRIANGULAR:
    case DES_EMPIRICAL: return des_dist_quantile(d, des_uniform(s));
    case DES_DIST_COUNT: break;
    }
    CK_ASSERT(!"a distribution");
    return 0;
}
double des_dist_mean(const DesDist *d) {
    double sum = 0;
    switch ((DesDistKind)d->kind) {
    case DES_DET:
    case DES_EXP:
    case DES_ERLANG:
    case DES_GAMMA:
    case DES_LOGNORMAL: return d->a;
    case DES_UNIFORM: return (d->a + d->b) / 2;
    case DES_TRIANGULAR: return (d->a + d->b + d->c) / 3;
    case DES_EMPIRICAL:
        for (uint32_t i = 0; i < d->n; i++) sum += d->values[i] / d->n;
        return sum;
    case DES_DIST_COUNT: break;
    }
    return 0;
}
double des_dist_cv2(const DesDist *d) {
    double m = des_dist_mean(d), v = 0;
    switch ((DesDistKind)d->kind) {
    case DES_DET: return 0;
    case DES_EXP: return 1;
    case DES_ERLANG: return 1 / d->b;
    case DES_GAMMA:
    case DES_LOGNORMAL: return d->b * d->b;
    case DES_UNIFORM: v = (d->b - d->a) * (d->b - d->a) / 12; break;
    case DES_TRIANGULAR:
        v = (d->a * d->a + d->b * d->b + d->c * d->c - d->a * d->b - d->a * d->c - d->b * d->c) / 18;
        break;
    case DES_EMPIRICAL:
        for (uint32_t i = 0; i < d->n; i++) v += (d->values[i] - m) * (d->values[i] - m) / d->n;
        break;
    case DES_DIST_COUNT: break;
    }
    return m > 0 ? v / (m * m) : 0;
}
static double triangular_cdf(const DesDist *d, double x) {
    if (x <= d->a) return 0;
    if (x >= d->c) return 1;
    if (x < d->b) return (x - d->a) * (x - d->a) / ((d->c - d->a) * (d->b - d->a));
    return 1 - (d->c - x) * (d->c - x) / ((d->c - d->a) * (d->c - d->b));
}
double des_dist_cdf(const DesDist *d, double x) {
    if (x < 0) return 0;
    switch ((DesDistKind)d->kind) {
    case DES_DET: return x >= d->a;
    case DES_EXP: return -expm1(-x / d->a);
    case DES_ERLANG: return des_gamma_p(d->b, x * d->b / d->a);
    case DES_GAMMA: return des_gamma_p(1 / (d->b * d->b), x / (d->a * d->b * d->b));
    case DES_LOGNORMAL: {
        double s2 = lognormal_sigma2(d);
        return x > 0 ? des_normal_cdf((log(x / d->a) + s2 / 2) / sqrt(s2)) : 0;
    }
    case DES_UNIFORM: return x <= d->a ? 0 : x >= d->b ? 1 : (x - d->a) / (d->b - d->a);
    case DES_TRIANGULAR: return triangular_cdf(d, x);
    case DES_EMPIRICAL: {
        uint32_t lo = 0, hi = d->n;
        while (lo < hi) {
            uint32_t mid = (lo + hi) / 2;
            *(d->values[mid] <= x ? &lo : &hi) = d->values[mid] <= x ? mid + 1 : mid;
        }
        return (double)lo / d->n;
    }
    case DES_DIST_COUNT: break;
    }
    return 0;
}
static double invert(const DesDist *d, double p) { // by halving: the function rises
    double lo = 0, hi = d->a;
    while (des_dist_cdf(d, hi) < p) lo = hi, hi *= 2;
    for (int i = 0; i < 200 && hi - lo > 1e-13 * hi; i++) {
        double mid = (lo + hi) / 2;
        *(des_dist_cdf(d, mid) < p ? &lo : &hi) = mid;
    }
    return (lo + hi) / 2;
}
double des_dist_quantile(const DesDist *d, double p) {
    CK_ASSERT(p > 0 && p < 1);
    double f;
    switch ((DesDistKind)d->kind) {
    case DES_DET: return d->a;
    case DES_EXP: return -d->a * log1p(-p);
    case DES_ERLANG:
    case DES_GAMMA: return invert(d, p);
    case DES_LOGNORMAL: f = lognormal_sigma2(d); return d->a * exp(sqrt(f) * des_normal_quantile(p) - f / 2);
    case DES_UNIFORM: return d->a + p * (d->b - d->a);
    case DES_TRIANGULAR:
        f = (d->b - d->a) / (d->c - d->a);
        return p < f ? d->a + sqrt(p * (d->c - d->a) * (d->b - d->a))
                     : d->c - sqrt((1 - p) * (d->c - d->a) * (d->c - d->b));
    case DES_EMPIRICAL: return d->values[MIN((uint32_t)(p * d->n), d->n - 1)];
    case DES_DIST_COUNT: break;
    }
    return 0;
}
