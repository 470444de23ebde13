// A network of stations, open, closed or both, simulated for the questions of queueing theory.
#pragma once
#include "des_dist.h"
#include "des_station.h"

#define NET_STATIONS_MAX 64
#define NET_CLASSES_MAX  DES_CLASSES
#define NET_INFINITE     (1u << 30)
typedef struct {
    double from, to, value; // within the period
} NetPiece;
typedef struct {
    const char *id;
    uint32_t servers, room; // NET_INFINITE, DES_NO_LIMIT
    bool block;             // full: the one before keeps its server; else who comes is lost
    bool preempt, restart, aging;
    double bonus[NET_CLASSES_MAX];
    DesDist service, patience;
    bool reneges;
    const NetPiece *calendar; // servers by the time of the period
    uint32_t calendar_n;
    double period;
    double up, down; // mean time between failures and to repair, exponential, of each server; up 0 = never fails
} NetStation;
enum { NET_NONE, NET_RENEWAL, NET_TABLE, NET_FORMULA };
typedef struct {
    const char *id;
    uint8_t priority, arrivals;
    uint32_t first;       // station where it comes in, or where the circulating ones begin
    uint32_t circulating; // closed: so many for ever
    DesDist gap;
    const NetPiece *table; // rates
    uint32_t table_n;
    double period, mean, amplitude, shift;            // formula: mean (1 + amplitude sin(2 pi (t - shift) / period))
    double route[NET_STATIONS_MAX][NET_STATIONS_MAX]; // what is left of a row leaves
    const DesDist *service;                           // of its own at each station, or NULL
} NetClass;
typedef struct {
    NetStation *station;
    NetClass *klass;
    uint32_t stations, classes;
    double warmup, length;    // length 0: by customers
    uint64_t customers;       // that left after the warm-up
    uint64_t first_customers; // only these are measured; 0 = all
} Net;
typedef struct {
    double wait, wait_q[4], time, time_q[4]; // in the line; in all; mean and P50, P90, P95, P99
    double number, queue, used, loss, reneged,
        through; // loss, reneged: shares of those who came; through: a unit of time
} NetFigures;
typedef struct {
    NetFigures station[NET_STATIONS_MAX], klass[NET_CLASSES_MAX], total; // klass: wait summed over stations
    bool deadlock;
    char cycle[256]; // the stations that wait for one another
    double time;
    uint64_t customers;
} NetOut;
void net_run(const Net *n, uint64_t seed, uint32_t replication, NetOut *ret);

// ---- analytic answers; NAN where there is none
double net_erlang_b(uint32_t c, double a);
double net_erlang_c(uint32_t c, double a);
double net_mmc_wait(double lambda, double mu, uint32_t c);
double net_mmc_wait_quantile(double lambda, double mu, uint32_t c, double p);
double net_mg1_wait(double lambda, double mean, double cv2); // Pollaczek-Khinchine
double net_cobham_wait(const double *lambda, const double *mean, const double *cv2, uint32_t classes,
                       uint32_t k);                         // one server, no pre-emption
double net_mm1_first(double lambda, double mu, uint32_t k); // mean wait of the first k <= 10,000, from empty
double net_mtmc_number(const NetClass *k, double mu, uint32_t c,
                       double horizon); // time average from empty; up to 600 at once
typedef struct {
    double lambda[NET_STATIONS_MAX];
    bool open, stable;
    uint32_t worst; // the station used most
} NetTraffic;
bool net_traffic(const Net *n, uint32_t klass, double lambda,
                 double *ret);      // arrivals at each station; false: no solution
double net_rate(const NetClass *k); // mean rate of its arrivals from outside
// Exact mean value analysis of one class in a closed network of exponential or infinite stations (Reiser, Lavenberg
// 1980): cycles a unit of time as seen at its first station. NAN where it is not of product form.
double net_mva(const Net *n, uint32_t klass, double *ret_wait);
void net_analytic(const Net *n, NetOut *ret); // all that is known, the rest NAN
