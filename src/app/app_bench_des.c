// The engine under the twin. des: customers of an M/M/1 through a station with its statistics, Philox streams of their
// own for arrivals and services. Baseline: the same model as one would write it by hand, nothing but a 4-ary heap, a
// ring of arrival times, xoshiro and a sum. hold: the classic hold model (Jones 1986) with N events pending, the time
// to the next one exponential. Baseline: the same on the bare heap. CPU seconds of one core.
#include "app_bench.h"
#include "des/des_random.h"
#include "des/des_station.h"

// ---- the bare loop
typedef struct {
    double t;
    uint64_t what;
} BareNode;
typedef struct {
    BareNode *node;
    uint32_t n;
} BareHeap;
static void bare_push(BareHeap *h, double t, uint64_t what) {
    uint32_t at = h->n++;
    while (at) {
        uint32_t up = (at - 1) / 4;
        if (h->node[up].t <= t) break;
        h->node[at] = h->node[up], at = up;
    }
    h->node[at] = (BareNode){t, what};
}
static BareNode bare_pop(BareHeap *h) {
    BareNode top = h->node[0], v = h->node[--h->n];
    uint32_t at = 0;
    for (;;) {
        uint32_t c = at * 4 + 1, best = c;
        if (c >= h->n) break;
        for (uint32_t end = MIN(c + 4, h->n); ++c < end;)
            if (h->node[c].t < h->node[best].t) best = c;
        if (h->node[best].t >= v.t) break;
        h->node[at] = h->node[best], at = best;
    }
    h->node[at] = v;
    return top;
}
typedef struct {
    uint64_t s[4];
} Xoshiro;
static uint64_t rotl(uint64_t x, int k) {
    return x << k | x >> (64 - k);
}
static double bare_exp(Xoshiro *x) { // xoshiro256+, Blackman and Vigna 2018
    uint64_t r = x->s[0] + x->s[3], t = x->s[1] << 17;
    x->s[2] ^= x->s[0], x->s[3] ^= x->s[1], x->s[1] ^= x->s[2], x->s[0] ^= x->s[3], x->s[2] ^= t;
    x->s[3] = rotl(x->s[3], 45);
    return -log(((double)(r >> 12) + 0.5) * 0x1p-52);
}
#define RING (1u << 20)
static double bare_mm1(uint64_t customers, double *ret_wait) {
    double *ring = malloc(RING * sizeof *ring), sum = 0, now = 0, start = bench_cpu();
    BareHeap h = {calloc(8, sizeof *h.node), 0};
    Xoshiro x = {{1, 2, 3, 4}};
    uint64_t in = 0, out = 0, begun = 0;
    CK_ASSERT(ring && h.node);
    for (bare_push(&h, bare_exp(&x) / 0.9, 0); out < customers;) {
        BareNode e = bare_pop(&h);
        now = e.t;
        if (e.what == 0) {
            CK_ASSERT(in - begun < RING);
            ring[in++ % RING] = now;
            bare_push(&h, now + bare_exp(&x) / 0.9, 0);
            if (in - out > 1) continue;
        } else if (++out == in) {
            continue;
        }
        sum += now - ring[begun++ % RING];
        bare_push(&h, now + bare_exp(&x), 1);
    }
    double spent = bench_cpu() - start;
    *ret_wait = sum / (double)begun;
    free(ring), free(h.node);
    return spent;
}
double bench_bare_mm1(uint64_t customers) {
    double wait;
    return (double)customers / bare_mm1(customers, &wait);
}

// ---- the engine
typedef struct {
    DesStation *st;
    DesStream arrivals, services;
    uint64_t left;
} Mm1;
static void on_arrival(Des *d, void *ctx, uint64_t no) {
    Mm1 *m = ctx;
    des_station_arrive(m->st, no, 0, des_exp(&m->services), INFINITY);
    if (--m->left) des_at(d, des_now(d) + des_exp(&m->arrivals) / 0.9, on_arrival, m, no + 1);
}
static double engine_mm1(uint64_t customers, uint64_t seed, double *ret_wait, double *ret_p95) {
    double start = bench_cpu();
    Des *d = des_new(1u << 16);
    DesStationOptions o = {.servers = 1, .room = DES_NO_LIMIT};
    Mm1 m = {.st = des_station_new(d, &o),
             .arrivals = des_stream(seed, 1, 0, 0),
             .services = des_stream(seed, 2, 0, 0),
             .left = customers};
    des_at(d, des_exp(&m.arrivals) / 0.9, on_arrival, &m, 0);
    des_run(d, INFINITY);
    DesStationStats s;
    des_station_stats(m.st, &s);
    CK_ASSERT(s.served == customers);
    *ret_wait = s.wait->mean, *ret_p95 = des_tally_quantile(s.wait, 0.95);
    des_station_free(m.st), des_free(d);
    return bench_cpu() - start;
}
int bench_des(const BenchOpts *o, Bench *ret) {
    uint64_t n = o->n ? o->n : 5000000;
    double wait = 0, bare_wait = 0, p95 = 0;
    *ret = (Bench){.name = "des", .unit = "customers/CPU-s", .baseline = "M/M/1 on a bare 4-ary heap"};
    for (ret->runs = 0; ret->runs < o->runs; ret->runs++) {
        ret->base[ret->runs] = (double)n / bare_mm1(n, &bare_wait);
        ret->value[ret->runs] = (double)n / engine_mm1(n, (uint64_t)ret->runs + 1, &wait, &p95);
    }
    snprintf(ret->extra, sizeof ret->extra, ",\"mean_wait\":%.3f,\"bare_mean_wait\":%.3f,\"p95_wait\":%.3f", wait,
             bare_wait, p95);
    return fabs(wait - 9) < 1 && fabs(bare_wait - 9) < 1 ? 0 : 1; // both simulate what they say
}

// ---- hold
typedef struct {
    DesStream s;
    uint64_t left;
} Hold;
static void on_hold(Des *d, void *ctx, uint64_t arg) {
    Hold *h = ctx;
    if (--h->left == 0) {
        des_halt(d);
        return;
    }
    des_at(d, des_now(d) + des_exp(&h->s), on_hold, h, arg);
}
static double engine_hold(uint64_t events, uint32_t pending) {
    Hold h = {des_stream(1, 1, 0, 0), events};
    Des *d = des_new(pending + 1);
    for (uint32_t i = 0; i < pending; i++) des_at(d, des_exp(&h.s), on_hold, &h, i);
    double start = bench_cpu();
    des_run(d, INFINITY);
    double spent = bench_cpu() - start;
    des_free(d);
    return spent;
}
static double bare_hold(uint64_t events, uint32_t pending) {
    BareHeap h = {calloc(pending + 1, sizeof *h.node), 0};
    Xoshiro x = {{1, 2, 3, 4}};
    CK_ASSERT(h.node != NULL);
    for (uint32_t i = 0; i < pending; i++) bare_push(&h, bare_exp(&x), i);
    double start = bench_cpu();
    for (uint64_t i = 0; i < events; i++) {
        BareNode e = bare_pop(&h);
        bare_push(&h, e.t + bare_exp(&x), e.what);
    }
    double spent = bench_cpu() - start;
    free(h.node);
    return spent;
}
int bench_hold(const BenchOpts *o, Bench *ret) {
    uint32_t pending = o->n ? (uint32_t)MIN(o->n, 10000000u) : 10000;
    uint64_t events = 5000000;
    *ret = (Bench){.name = "hold", .unit = "events/CPU-s", .baseline = "the same on a bare 4-ary heap"};
    for (ret->runs = 0; ret->runs < o->runs; ret->runs++) {
        ret->base[ret->runs] = (double)events / bare_hold(events, pending);
        ret->value[ret->runs] = (double)events / engine_hold(events, pending);
    }
    snprintf(ret->extra, sizeof ret->extra, ",\"pending\":%u", pending);
    return 0;
}
