#include "des_stat.h"

void des_tally_reset(DesTally *t) {
    memset(t, 0, sizeof *t);
}
double des_tally_sd(const DesTally *t) {
    return t->n > 1 ? sqrt(t->m2 / (double)(t->n - 1)) : 0;
}
static double bucket_low(uint32_t i) { // of bucket i >= 1
    uint64_t bits = (uint64_t)(i - 1 + ((uint32_t)(1023 + DES_LOWEST) << 6)) << 46;
    double x;
    memcpy(&x, &bits, 8);
    return x;
}
double des_tally_quantile(const DesTally *t, double p) {
    if (!t->n) return 0;
    double want = p * (double)t->n, seen = 0;
    for (uint32_t i = 0; i < DES_BUCKETS; i++) {
        double here = t->bucket[i];
        if (here == 0 || seen + here < want) {
            seen += here;
            continue;
        }
        double lo = i == 0 ? MIN(t->min, 0.0) : bucket_low(i), hi = i == 0                 ? 0
                                                                    : i == DES_BUCKETS - 1 ? t->max
                                                                                           : bucket_low(i + 1);
        lo = MAX(lo, t->min), hi = MIN(hi, t->max);
        return lo + (hi - lo) * (want - seen) / here;
    }
    return t->max;
}
void des_tally_merge(DesTally *t, const DesTally *f) {
    if (!f->n) return;
    double n = (double)t->n + (double)f->n, d = f->mean - t->mean;
    t->m2 += f->m2 + d * d * (double)t->n * (double)f->n / n;
    t->mean += d * (double)f->n / n;
    t->min = t->n ? MIN(t->min, f->min) : f->min, t->max = t->n ? MAX(t->max, f->max) : f->max;
    t->n += f->n;
    for (uint32_t i = 0; i < DES_BUCKETS; i++) t->bucket[i] += f->bucket[i];
}
void des_level_reset(DesLevel *l, double t) {
    *l = (DesLevel){.value = l->value, .since = t, .start = t, .max = l->value};
}
double des_level_area(const DesLevel *l, double t) {
    return l->area + l->value * (t - l->since);
}
double des_level_mean(const DesLevel *l, double t) {
    return t > l->start ? des_level_area(l, t) / (t - l->start) : l->value;
}

// ---- distributions of statistics
double des_normal_cdf(double x) {
    return 0.5 * erfc(-x * M_SQRT1_2);
}
double des_normal_quantile(double p) { // Acklam's rational approximation (2003), one step of Halley's method on erfc
    static const double a[] = {-3.969683028665376e+01, 2.209460984245205e+02,  -2.759285104469687e+02,
                               1.383577518672690e+02,  -3.066479806614716e+01, 2.506628277459239e+00};
    static const double b[] = {-5.447609879822406e+01, 1.615858368580409e+02, -1.556989798598866e+02,
                               6.680131188771972e+01, -1.328068155288572e+01};
    static const double c[] = {-7.784894002430293e-03, -3.223964580411365e-01, -2.400758277161838e+00,
                               -2.549732539343734e+00, 4.374664141464968e+00,  2.938163982698783e+00};
    static const double d[] = {7.784695709041462e-03, 3.224671290700398e-01, 2.445134137142996e+00,
                               3.754408661907416e+00};
    CK_ASSERT(p > 0 && p < 1);
    double x, q;
    if (p < 0.02425 || p > 1 - 0.02425) {
        q = sqrt(-2 * log(p < 0.5 ? p : 1 - p));
        x = (((((c[0] * q + c[1]) * q + c[2]) * q + c[3]) * q + c[4]) * q + c[5]) /
            ((((d[0] * q + d[1]) * q + d[2]) * q + d[3]) * q + 1);
        if (p > 0.5) x = -x;
    } else {
        q = p - 0.5;
        double r = q * q;
        x = (((((a[0] * r + a[1]) * r + a[2]) * r + a[3]) * r + a[4]) * r + a[5]) * q /
            (((((b[0] * r + b[1]) * r + b[2]) * r + b[3]) * r + b[4]) * r + 1);
    }
    double e = des_normal_cdf(x) - p, u = e * sqrt(2 * M_PI) * exp(x * x / 2);
    return x - u / (1 + x * u / 2);
}
static double beta_fraction(double a, double b, double x) { // continued fraction by Lentz's method
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    d = 1 / (fabs(d) < 1e-300 ? 1e-300 : d);
    double h = d;
    for (int m = 1; m < 500; m++) {
        double num = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        d = 1 + num * d, c = 1 + num / c;
        d = 1 / (fabs(d) < 1e-300 ? 1e-300 : d), c = fabs(c) < 1e-300 ? 1e-300 : c;
        h *= d * c;
        num = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        d = 1 + num * d, c = 1 + num / c;
        d = 1 / (fabs(d) < 1e-300 ? 1e-300 : d), c = fabs(c) < 1e-300 ? 1e-300 : c;
        h *= d * c;
        if (fabs(d * c - 1) < 1e-15) break;
    }
    return h;
}
static double beta_i(double a, double b, double x) { // regularised incomplete beta function
    if (x <= 0) return 0;
    if (x >= 1) return 1;
    double front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * log(x) + b * log1p(-x));
    return x < (a + 1) / (a + b + 2) ? front * beta_fraction(a, b, x) / a : 1 - front * beta_fraction(b, a, 1 - x) / b;
}
static double t_cdf(double t, double df) {
    double tail = 0.5 * beta_i(df / 2, 0.5, df / (df + t * t));
    return t > 0 ? 1 - tail : tail;
}
double des_t_quantile(double p, double df) {
    CK_ASSERT(p > 0 && p < 1 && df > 0);
    double lo = -1, hi = 1;
    while (t_cdf(lo, df) > p) lo *= 2;
    while (t_cdf(hi, df) < p) hi *= 2;
    for (int i = 0; i < 200 && hi - lo > 1e-12 * (fabs(lo) + fabs(hi)); i++) {
        double mid = (lo + hi) / 2;
        *(t_cdf(mid, df) < p ? &lo : &hi) = mid;
    }
    return (lo + hi) / 2;
}
double des_gamma_p(double a, double x) {
    if (x <= 0) return 0;
    double front = exp(a * log(x) - x - lgamma(a));
    if (x < a + 1) { // series
        double sum = 1 / a, term = sum;
        for (double n = a + 1; term > sum * 1e-16; n++) sum += term *= x / n;
        return MIN(front * sum, 1.0);
    }
    double b = x + 1 - a, c = 1e300, d = 1 / b, h = d; // continued fraction
    for (int i = 1; i < 10000; i++) {
        double an = -i * (i - a);
        b += 2, d = an * d + b, c = b + an / c;
        d = 1 / (fabs(d) < 1e-300 ? 1e-300 : d), c = fabs(c) < 1e-300 ? 1e-300 : c;
        h *= d * c;
        if (fabs(d * c - 1) < 1e-15) break;
    }
    return MAX(1 - front * h, 0.0);
}

// ---- intervals
DesInterval des_interval(const double *x, uint32_t n, double confidence) {
    DesInterval r = {.n = n, .half = INFINITY};
    double m2 = 0;
    for (uint32_t i = 0; i < n; i++) {
        double d = x[i] - r.mean;
        r.mean += d / (i + 1);
        m2 += d * (x[i] - r.mean);
    }
    if (n > 1) r.half = des_t_quantile(0.5 + confidence / 2, n - 1) * sqrt(m2 / (n - 1) / n);
    return r;
}
static double lag1(const double *x, uint32_t n) {
    double mean = 0, c0 = 0, c1 = 0;
    for (uint32_t i = 0; i < n; i++) mean += x[i] / n;
    for (uint32_t i = 0; i < n; i++) {
        c0 += (x[i] - mean) * (x[i] - mean);
        if (i) c1 += (x[i] - mean) * (x[i - 1] - mean);
    }
    return c0 > 0 ? c1 / c0 : 0;
}
DesInterval des_batch_means(const double *x, uint32_t n, double confidence, uint32_t *ret_batches) {
    uint32_t batches = n;
    double *b = malloc((n + 1) * sizeof *b);
    CK_ASSERT(b != NULL);
    for (uint32_t size = 1;; size *= 2) {
        batches = n / size;
        for (uint32_t i = 0; i < batches; i++) {
            double sum = 0;
            for (uint32_t k = 0; k < size; k++) sum += x[n - (batches - i) * size + k];
            b[i] = sum / size;
        }
        if (batches < 20 || lag1(b, batches) < des_normal_quantile(0.9) / sqrt(batches)) break;
    }
    DesInterval r = des_interval(b, batches, confidence);
    if (ret_batches) *ret_batches = batches;
    free(b);
    return r;
}
uint32_t des_mser5(const double *x, uint32_t n) {
    uint32_t m = n / 5, best = 0;
    double sum = 0, square = 0, least = INFINITY;
    for (uint32_t i = m; i-- > 0;) { // from the end: sums of what is kept
        double mean = 0;
        for (uint32_t k = 0; k < 5; k++) mean += x[i * 5 + k] / 5;
        sum += mean, square += mean * mean;
        double kept = m - i;
        if (i > m / 2 || kept < 2) continue;
        double mser = (square - sum * sum / kept) / (kept * kept);
        if (mser <= least) least = mser, best = i;
    }
    return best * 5;
}
double des_quantile_sorted(const double *x, uint32_t n, double p) {
    if (!n) return 0;
    double at = p * (n - 1);
    uint32_t i = (uint32_t)at;
    return i + 1 < n ? x[i] + (x[i + 1] - x[i]) * (at - i) : x[n - 1];
}
