#include "plan_select.h"

typedef struct {
    double *x; // [system * max + replication]
    uint32_t k, max;
} Samples;
static double difference_variance(const Samples *s, uint32_t i, uint32_t l, uint32_t n) {
    double mean = 0, m2 = 0;
    for (uint32_t r = 0; r < n; r++) {
        double d = s->x[i * s->max + r] - s->x[l * s->max + r], e = d - mean;
        mean += e / (r + 1);
        m2 += e * (d - mean);
    }
    return m2 / (n - 1);
}
static double mean_of(const Samples *s, uint32_t i, uint32_t n) {
    double sum = 0;
    for (uint32_t r = 0; r < n; r++) sum += s->x[i * s->max + r];
    return sum / n;
}
static void screen(const PlanSelect *p, const Samples *s, const double *variance, uint32_t r, PlanChoice *c) {
    double eta = 0.5 * (pow(2 * p->alpha / MAX(p->systems - 1, 1u), -2.0 / (p->first_stage - 1)) - 1);
    double h2 = 2 * eta * (p->first_stage - 1);
    bool was_out[PLAN_SYSTEMS_MAX];
    memcpy(was_out, c->out, sizeof was_out);
    for (uint32_t i = 0; i < p->systems; i++) {
        if (was_out[i]) continue;
        for (uint32_t l = 0; l < p->systems && !c->out[i]; l++) {
            if (l == i || was_out[l]) continue;
            double w = p->delta / 2 * (h2 * variance[i * p->systems + l] / (p->delta * p->delta) - r);
            if (mean_of(s, i, r) > mean_of(s, l, r) + MAX(w, 0.0) / r) c->out[i] = true;
        }
    }
}
static uint32_t in_play(const PlanSelect *p, const PlanChoice *c) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < p->systems; i++) n += !c->out[i];
    return n;
}
void plan_select(const PlanSelect *p, PlanChoice *ret) {
    CK_ASSERT(p->systems >= 1 && p->systems <= PLAN_SYSTEMS_MAX && p->first_stage >= 2 && p->delta > 0 &&
              p->alpha > 0 && p->alpha < 1);
    uint32_t max = MAX(p->replications_max, p->first_stage), r = p->first_stage;
    Samples s = {.x = calloc((size_t)p->systems * max, sizeof(double)), .k = p->systems, .max = max};
    double *variance = calloc((size_t)p->systems * p->systems, sizeof *variance);
    CK_ASSERT(s.x && variance);
    *ret = (PlanChoice){0};
    for (uint32_t i = 0; i < p->systems; i++)
        for (uint32_t k = 0; k < r; k++) s.x[i * max + k] = p->sample(p->ctx, i, k), ret->samples++;
    for (uint32_t i = 0; i < p->systems; i++)
        for (uint32_t l = 0; l < p->systems; l++)
            if (i != l) variance[i * p->systems + l] = difference_variance(&s, i, l, r);
    screen(p, &s, variance, r, ret);
    while (in_play(p, ret) > 1 && r < max) {
        for (uint32_t i = 0; i < p->systems; i++)
            if (!ret->out[i]) s.x[i * max + r] = p->sample(p->ctx, i, r), ret->samples++;
        r++;
        screen(p, &s, variance, r, ret);
    }
    ret->replications = r, ret->left = in_play(p, ret);
    double least = INFINITY;
    for (uint32_t i = 0; i < p->systems; i++) {
        if (ret->out[i]) {
            ret->mean[i] = mean_of(&s, i, p->first_stage);
            continue;
        }
        ret->mean[i] = mean_of(&s, i, r);
        if (ret->mean[i] < least) least = ret->mean[i], ret->best = i;
    }
    free(s.x), free(variance);
}
