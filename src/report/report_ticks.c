#include "report_internal.h"

#define FINE 1e-9 // a scale is not finer than this part of its largest value: doubles could not tell the ticks apart

double report_step(double top, uint32_t most) {
    double raw = top / MAX(most, 1u), power = pow(10, floor(log10(raw)));
    double f = raw / power;
    return power * (f <= 1 ? 1 : f <= 2 ? 2 : f <= 5 ? 5 : 10);
}
static double brought_back(double v) {
    return isnan(v) ? 0 : v > HUGE_VALUE ? HUGE_VALUE : v < -HUGE_VALUE ? -HUGE_VALUE : v;
}
ReportTicks report_ticks(double lo, double hi, uint32_t most) {
    CK_ASSERT(most >= 2);
    lo = brought_back(lo), hi = brought_back(hi);
    if (hi < lo) {
        double t = lo;
        lo = hi, hi = t;
    }
    double big = MAX(fabs(lo), fabs(hi)), least = MAX(big * FINE, 1e-290);
    if (hi - lo < least && lo < 0 && hi <= 0)
        lo = hi - (big > least ? big : 1);
    else if (hi - lo < least)
        hi = lo + (big > least ? big : 1);
    for (double step = report_step(hi - lo, most);; step = report_step(step * 1.1, 1)) { // ends off the grid cost steps
        double first = floor(lo / step + FINE), last = ceil(hi / step - FINE);
        if (last - first <= most && last > first)
            return (ReportTicks){first * step, last * step, step, (uint32_t)(last - first)};
    }
}
double report_tick_at(const ReportTicks *t, uint32_t i) {
    double v = round(t->lo / t->step) + i;
    return v * t->step;
}
void report_tick(char to[TEXT_CELL], const ReportTicks *t, uint32_t i) {
    double v = report_tick_at(t, i), m = fabs(v);
    int tens = (int)floor(log10(t->step) + FINE);
    if (m < t->step / 2) {
        (void)snprintf(to, TEXT_CELL, "0");
    } else if (m < 1e6 && tens >= -6) {
        (void)snprintf(to, TEXT_CELL, "%.*f", MAX(-tens, 0), v);
    } else {
        int digits = (int)floor(log10(m) + FINE) - tens;
        (void)snprintf(to, TEXT_CELL, "%.*e", MIN(MAX(digits, 0), 9), v);
    }
}
