// What queueing theory knows exactly. Sources: Kleinrock, Queueing Systems 1 and 2 (1975, 1976); Cobham, Operations
// Research 2 (1954); Jackson, Management Science 10 (1963); Reiser and Lavenberg, J. ACM 27 (1980).
#include "des_net.h"

double net_erlang_b(uint32_t c, double a) {
    double b = 1;
    for (uint32_t i = 1; i <= c; i++) b = a * b / (i + a * b);
    return b;
}
double net_erlang_c(uint32_t c, double a) {
    double b = net_erlang_b(c, a), rho = a / c;
    return rho < 1 ? b / (1 - rho * (1 - b)) : 1;
}
double net_mmc_wait(double lambda, double mu, uint32_t c) {
    double a = lambda / mu;
    return a < c ? net_erlang_c(c, a) / (c * mu - lambda) : INFINITY;
}
double net_mmc_wait_quantile(double lambda, double mu, uint32_t c, double p) {
    double a = lambda / mu, wait = net_erlang_c(c, a);
    if (a >= c) return INFINITY;
    return 1 - p >= wait ? 0 : log(wait / (1 - p)) / (c * mu - lambda);
}
double net_mg1_wait(double lambda, double mean, double cv2) {
    double rho = lambda * mean;
    return rho < 1 ? lambda * mean * mean * (1 + cv2) / 2 / (1 - rho) : INFINITY;
}
double net_cobham_wait(const double *lambda, const double *mean, const double *cv2, uint32_t classes, uint32_t k) {
    double residual = 0, before = 0;
    for (uint32_t i = 0; i < classes; i++) residual += lambda[i] * mean[i] * mean[i] * (1 + cv2[i]) / 2;
    for (uint32_t i = 0; i < k; i++) before += lambda[i] * mean[i];
    double with = before + lambda[k] * mean[k];
    return with < 1 ? residual / ((1 - before) * (1 - with)) : INFINITY;
}
#define FIRST_MOST 10000                                     // the work grows with the square
double net_mm1_first(double lambda, double mu, uint32_t k) { // the number found by each arrival, from empty
    if (k > FIRST_MOST) return NAN;
    double *p = calloc(k + 1, sizeof *p), *q = calloc(k + 1, sizeof *q), sum = 0, done = mu / (lambda + mu);
    CK_ASSERT(p && q);
    p[0] = 1;
    for (uint32_t n = 0; n < k; n++) {
        for (uint32_t j = 0; j <= n; j++) sum += p[j] * j / mu;
        double left = 0; // j + 1 are there; each leaves before the next comes with probability `done`
        for (uint32_t i = n + 1; i > 0; i--) left = left * done + p[i - 1], q[i] = left * (1 - done);
        q[0] = left * done;
        double *t = p;
        p = q, q = t;
    }
    free(p), free(q);
    return sum / k;
}
static double class_rate(const NetClass *k, double t) {
    if (k->arrivals == NET_FORMULA)
        return MAX(0.0, k->mean * (1 + k->amplitude * sin(2 * M_PI * (t - k->shift) / k->period)));
    if (k->arrivals == NET_RENEWAL) return 1 / des_dist_mean(&k->gap);
    double at = fmod(t, k->period);
    for (uint32_t i = 0; i < k->table_n; i++)
        if (at >= k->table[i].from && at < k->table[i].to) return k->table[i].value;
    return 0;
}
static void flow(const NetClass *k, double mu, uint32_t c, double t, const double *p, double *d,
                 uint32_t n) { // Kolmogorov
    double l = class_rate(k, t);
    for (uint32_t j = 0; j < n; j++) {
        double out = (j + 1 < n ? l : 0) + mu * MIN(j, c);
        d[j] = -out * p[j] + (j ? l * p[j - 1] : 0) + (j + 1 < n ? mu * MIN(j + 1, c) * p[j + 1] : 0);
    }
}
double net_mtmc_number(const NetClass *k, double mu, uint32_t c,
                       double horizon) { // Runge-Kutta of order 4 on 600 states
    enum { N = 600 };
    double *m = calloc(6 * N, sizeof *m), *p = m, *d[4] = {m + N, m + 2 * N, m + 3 * N, m + 4 * N}, *x = m + 5 * N,
           most = 0, area = 0;
    CK_ASSERT(m != NULL);
    for (int i = 0; i < 1000; i++) most = MAX(most, class_rate(k, horizon * i / 1000));
    double wanted = horizon * (most + mu * c) * 1.5 + 1000, lost = wanted > 1e5 ? 1 : 0; // too long a way
    uint32_t steps = lost > 0 ? 0 : (uint32_t)wanted;
    double h = horizon / wanted;
    p[0] = 1;
    for (uint32_t s = 0; s < steps && lost < 1e-9; s++) {
        double t = s * h, mean = 0, after = 0;
        for (int j = 0; j < N; j++) mean += j * p[j];
        flow(k, mu, c, t, p, d[0], N);
        for (int j = 0; j < N; j++) x[j] = p[j] + h / 2 * d[0][j];
        flow(k, mu, c, t + h / 2, x, d[1], N);
        for (int j = 0; j < N; j++) x[j] = p[j] + h / 2 * d[1][j];
        flow(k, mu, c, t + h / 2, x, d[2], N);
        for (int j = 0; j < N; j++) x[j] = p[j] + h * d[2][j];
        flow(k, mu, c, t + h, x, d[3], N);
        for (int j = 0; j < N; j++) p[j] += h / 6 * (d[0][j] + 2 * d[1][j] + 2 * d[2][j] + d[3][j]), after += j * p[j];
        area += h * (mean + after) / 2;
        lost = MAX(lost, p[N - 1]); // more than there are states
    }
    free(m);
    return lost < 1e-9 ? area / horizon : NAN;
}
double net_rate(const NetClass *k) {
    if (k->arrivals == NET_RENEWAL) return 1 / des_dist_mean(&k->gap);
    if (k->arrivals == NET_FORMULA) return k->mean;
    double sum = 0;
    for (uint32_t i = 0; i < k->table_n; i++)
        sum += k->table[i].value * (k->table[i].to - k->table[i].from) / k->period;
    return sum;
}
bool net_traffic(const Net *n, uint32_t klass, double lambda, double *ret) { // (I - R') x = external, by elimination
    const NetClass *k = &n->klass[klass];
    uint32_t s = n->stations;
    double(*m)[NET_STATIONS_MAX + 1] = calloc(s, sizeof *m);
    CK_ASSERT(m != NULL);
    for (uint32_t i = 0; i < s; i++) {
        for (uint32_t j = 0; j < s; j++) m[i][j] = (i == j) - k->route[j][i];
        m[i][s] = i == k->first ? lambda : 0;
    }
    bool good = true;
    for (uint32_t c = 0; c < s && good; c++) {
        uint32_t best = c;
        for (uint32_t i = c; i < s; i++)
            if (fabs(m[i][c]) > fabs(m[best][c])) best = i;
        good = fabs(m[best][c]) > 1e-12;
        for (uint32_t j = 0; j <= s && good; j++) {
            double t = m[c][j];
            m[c][j] = m[best][j], m[best][j] = t;
        }
        for (uint32_t i = 0; i < s && good; i++) {
            double f = i == c ? 0 : m[i][c] / m[c][c];
            for (uint32_t j = c; j <= s && f != 0; j++) m[i][j] -= f * m[c][j];
        }
    }
    for (uint32_t i = 0; i < s && good; i++) ret[i] = m[i][s] / m[i][i];
    free(m);
    return good;
}
static bool visits(const Net *n, uint32_t klass,
                   double *ret) { // of a closed class, 1 at its first station: by iteration
    const NetClass *k = &n->klass[klass];
    double next[NET_STATIONS_MAX];
    for (uint32_t i = 0; i < n->stations; i++) ret[i] = i == k->first;
    for (int round = 0; round < 20000; round++) {
        double change = 0;
        for (uint32_t i = 0; i < n->stations; i++) {
            next[i] = 0;
            for (uint32_t j = 0; j < n->stations; j++) next[i] += ret[j] * k->route[j][i];
        }
        for (uint32_t i = 0; i < n->stations; i++)
            next[i] = (next[i] + ret[i]) / 2, change += fabs(next[i] - ret[i]), ret[i] = next[i];
        if (change < 1e-14) break;
    }
    double at_first = ret[k->first];
    for (uint32_t i = 0; i < n->stations && at_first > 0; i++) ret[i] /= at_first;
    return at_first > 0;
}
double net_mva(const Net *n, uint32_t klass, double *ret_wait) {
    const NetClass *k = &n->klass[klass];
    uint32_t pop = k->circulating, s = n->stations;
    double v[NET_STATIONS_MAX] = {0}, x = NAN;
    if (n->classes != 1 || !pop || pop > 10000 || !visits(n, klass, v)) return NAN;
    for (uint32_t i = 0; i < s; i++)
        if (v[i] > 1e-12 && ((n->station[i].servers < NET_INFINITE && n->station[i].service.kind != DES_EXP) ||
                             k->service || n->station[i].room != DES_NO_LIMIT || n->station[i].up > 0 ||
                             n->station[i].calendar_n || n->station[i].reneges))
            return NAN;
    double(*p)[NET_STATIONS_MAX] = calloc(pop + 2, sizeof *p), (*old)[NET_STATIONS_MAX] = calloc(pop + 2, sizeof *old);
    CK_ASSERT(p && old); // p[j][i]: probability of j at station i
    for (uint32_t i = 0; i < s; i++) old[0][i] = 1;
    for (uint32_t m = 1; m <= pop; m++) {
        double r[NET_STATIONS_MAX], sum = 0;
        for (uint32_t i = 0; i < s; i++) {
            double time = des_dist_mean(&n->station[i].service), c = n->station[i].servers;
            r[i] = n->station[i].servers >= NET_INFINITE ? time : 0;
            for (uint32_t j = 1; j <= m && r[i] == r[i] && n->station[i].servers < NET_INFINITE; j++)
                r[i] += j * time / MIN((double)j, c) * old[j - 1][i];
            sum += v[i] * r[i];
            if (m == pop && ret_wait) ret_wait[i] = r[i] - time;
        }
        x = m / sum;
        for (uint32_t i = 0; i < s; i++) {
            double time = des_dist_mean(&n->station[i].service), c = n->station[i].servers, all = 0;
            for (uint32_t j = 1; j <= m && n->station[i].servers < NET_INFINITE; j++)
                p[j][i] = v[i] * x * time / MIN((double)j, c) * old[j - 1][i], all += p[j][i];
            p[0][i] = MAX(0.0, 1 - all);
        }
        memcpy(old, p, (pop + 2) * sizeof *p);
    }
    free(p), free(old);
    return x;
}
static bool steady(const NetStation *s) {
    return !s->reneges && !s->calendar_n && s->up <= 0 && s->servers < NET_INFINITE;
}
static bool plain(const NetStation *s) {
    return s->room == DES_NO_LIMIT && steady(s);
}
static void nothing(NetFigures *f) {
    *f = (NetFigures){NAN, {NAN, NAN, NAN, NAN}, NAN, {NAN, NAN, NAN, NAN}, NAN, NAN, NAN, NAN, NAN, NAN};
}
static bool poisson(const NetClass *k) {
    return k->arrivals == NET_RENEWAL && k->gap.kind == DES_EXP;
}
static void one_station(const Net *n, uint32_t s, double lambda, bool jackson, NetFigures *f) {
    const NetStation *st = &n->station[s];
    double mean = des_dist_mean(&st->service), cv2 = des_dist_cv2(&st->service), mu = 1 / mean;
    static const double p[4] = {0.5, 0.9, 0.95, 0.99};
    f->through = lambda, f->loss = 0, f->reneged = 0, f->used = lambda * mean / st->servers;
    if (st->service.kind == DES_EXP) {
        f->wait = net_mmc_wait(lambda, mu, st->servers);
        for (int i = 0; i < 4; i++) f->wait_q[i] = net_mmc_wait_quantile(lambda, mu, st->servers, p[i]);
        for (int i = 0; i < 4 && st->servers == 1; i++) f->time_q[i] = -log(1 - p[i]) / (mu - lambda);
    } else if (st->servers == 1 && jackson) {
        f->wait = net_mg1_wait(lambda, mean, cv2);
    }
    f->time = f->wait + mean, f->queue = lambda * f->wait, f->number = lambda * f->time;
}
static bool lone(const Net *n) { // one line and one pass through it, times of the station, exponential
    const NetClass *k = &n->klass[0];
    return n->stations == 1 && n->classes == 1 && k->route[0][0] == 0 && !k->service &&
           n->station[0].service.kind == DES_EXP && plain(&n->station[0]);
}
static void open_network(const Net *n, NetOut *o) {
    double lambda[NET_STATIONS_MAX];
    const NetClass *k = &n->klass[0];
    if (!net_traffic(n, 0, net_rate(k), lambda)) return;
    bool product = true;
    double number = 0, rate = net_rate(k);
    for (uint32_t s = 0; s < n->stations; s++) {
        if (lambda[s] <= 0) continue;
        bool alone = n->stations == 1 && k->route[0][0] == 0;
        if (!plain(&n->station[s]) || (n->station[s].service.kind != DES_EXP && !alone)) product = false;
        if (lambda[s] * des_dist_mean(&n->station[s].service) >= n->station[s].servers)
            product = false; // grows for ever
    }
    if (n->stations == 1 && k->route[0][0] == 0 && n->station[0].room == 0 && steady(&n->station[0])) {
        o->station[0].loss = o->total.loss =
            net_erlang_b(n->station[0].servers, rate * des_dist_mean(&n->station[0].service));
        return;
    }
    for (uint32_t s = 0; s < n->stations && product; s++)
        if (lambda[s] > 0) one_station(n, s, lambda[s], true, &o->station[s]), number += o->station[s].number;
    if (!product) return;
    o->total.number = number, o->total.time = number / rate, o->total.through = rate, o->total.loss = 0;
    if (n->stations == 1 && k->route[0][0] == 0) o->total = o->station[0];
}
static void priorities(const Net *n, NetOut *o) { // one server, classes strict, no pre-emption
    double lambda[NET_CLASSES_MAX], mean[NET_CLASSES_MAX], cv2[NET_CLASSES_MAX];
    const NetStation *st = &n->station[0];
    if (n->stations != 1 || st->servers != 1 || st->preempt || st->aging || !plain(st)) return;
    for (uint32_t k = 0; k < n->classes; k++) {
        const NetClass *c = &n->klass[k];
        if (!poisson(c) || c->priority != k || c->route[0][0] > 0) return;
        const DesDist *d = c->service ? &c->service[0] : &st->service;
        lambda[k] = net_rate(c), mean[k] = des_dist_mean(d), cv2[k] = des_dist_cv2(d);
    }
    for (uint32_t k = 0; k < n->classes; k++) {
        NetFigures *f = &o->klass[k];
        f->wait = net_cobham_wait(lambda, mean, cv2, n->classes, k), f->time = f->wait + mean[k],
        f->number = lambda[k] * f->time;
    }
}
void net_analytic(const Net *n, NetOut *o) {
    memset(o, 0, sizeof *o);
    for (uint32_t s = 0; s < n->stations; s++) nothing(&o->station[s]);
    for (uint32_t k = 0; k < n->classes; k++) nothing(&o->klass[k]);
    nothing(&o->total);
    const NetClass *k = &n->klass[0];
    if (n->first_customers) {
        if (lone(n) && poisson(k) && n->station[0].servers == 1 && n->warmup <= 0 && n->length <= 0 && !n->customers)
            o->total.wait = o->station[0].wait =
                net_mm1_first(net_rate(k), 1 / des_dist_mean(&n->station[0].service), (uint32_t)n->first_customers);
    } else if (n->classes > 1) {
        priorities(n, o);
    } else if (k->circulating) {
        double wait[NET_STATIONS_MAX], x = net_mva(n, 0, wait);
        o->total.through = o->station[k->first].through = x;
        for (uint32_t s = 0; s < n->stations && isfinite(x); s++)
            o->station[s].wait = n->station[s].servers >= NET_INFINITE ? 0 : wait[s];
    } else if (poisson(k) && !k->service) {
        open_network(n, o);
    } else if (lone(n) && k->arrivals != NET_RENEWAL && n->length > 0 && !n->customers && n->warmup <= 0) {
        o->total.number = o->station[0].number =
            net_mtmc_number(k, 1 / des_dist_mean(&n->station[0].service), n->station[0].servers, n->length);
    }
}
