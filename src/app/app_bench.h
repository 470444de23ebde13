// Benchmarks: each runs the thing and a bare baseline beside it, several times in turn, and reports the medians. Shared
// machines are noisy: the ratio counts.
#pragma once
#include "app.h"
#include "gate/gate.h"
#include "ledger/ledger.h"

#define BENCH_RUNS_MAX 31
typedef struct {
    const char *name, *unit, *baseline;
    double value[BENCH_RUNS_MAX], base[BENCH_RUNS_MAX]; // one pair a run, the two measured one after the other
    int runs;
    char extra[512]; // more JSON members, each with a comma before it
} Bench;
typedef struct {
    const char *site, *tariff, *dir; // dir: where files go
    int runs;
    uint64_t n; // size of the job; 0 = its default
} BenchOpts;
int bench_kernel(const BenchOpts *o, Bench *ret); // all return an exit status
int bench_store(const BenchOpts *o, Bench *ret);
int bench_http(const BenchOpts *o, Bench *ret);
int bench_memory(const BenchOpts *o, Bench *ret);
int bench_start(const BenchOpts *o, Bench *ret);
int bench_des(const BenchOpts *o, Bench *ret);
int bench_hold(const BenchOpts *o, Bench *ret);
int bench_twin(const BenchOpts *o, Bench *ret);
int bench_vda(const BenchOpts *o, Bench *ret);
int bench_vehicle(const BenchOpts *o, Bench *ret);
int bench_route(const BenchOpts *o, Bench *ret);
int bench_route_window(const BenchOpts *o, Bench *ret);
int bench_fleet(const BenchOpts *o, Bench *ret);
int bench_fleet_messages(const BenchOpts *o, Bench *ret);
int bench_link(const BenchOpts *o, Bench *ret);
int bench_link_latency(const BenchOpts *o, Bench *ret);
int bench_link_backlog(const BenchOpts *o, Bench *ret);
int bench_tree(const BenchOpts *o, Bench *ret);

double bench_now(void); // seconds, steady
double bench_cpu(void); // seconds of CPU of this process
double
bench_bare_mm1(uint64_t customers); // customers a CPU second of an M/M/1 on a bare heap: how fast this machine is

#define STORY_MAX 32
Err bench_site(const BenchOpts *o, Arena *a, Str *ret_bundle) MUST_USE;
// The inputs of one passage from its declaration to its end, as all parties send them; returns how many. `no` is the
// number it will get.
uint32_t bench_story(const Site *s, Arena *a, uint32_t no, bool import, int64_t t_ms, Input ret[STORY_MAX]);
