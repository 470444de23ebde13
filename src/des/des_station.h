// Station: servers and the line before them. Classes are strict (class 0 first) or age: with bonuses, the head with the
// earliest (arrival - bonus of its class) goes first, so that nobody starves. A finished job may keep its server
// (blocking after service, or a vehicle that goes along) until des_station_finish.
#pragma once
#include "des.h"
#include "des_stat.h"

#define DES_CLASSES  8
#define DES_NO_ENTRY UINT32_MAX
#define DES_NO_LIMIT UINT32_MAX
typedef struct DesStation DesStation;
typedef struct {
    uint32_t servers;
    uint32_t room;                // who may wait; DES_NO_LIMIT
    double bonus[DES_CLASSES];    // ageing; all zero: strict classes
    bool aging, preempt, restart; // preempt: a lower class in service makes way; restart: and begins anew later
    uint32_t id;                  // given back to the callbacks
    void *ctx;
    void (*start)(void *ctx, uint32_t id, uint64_t job, uint32_t entry, double waited); // may be NULL
    bool (*done)(void *ctx, uint32_t id, uint64_t job, uint32_t entry);                 // true: it keeps the server
    void (*reneged)(void *ctx, uint32_t id, uint64_t job);
} DesStationOptions;
DesStation *des_station_new(Des *d, const DesStationOptions *o); // asserts on out of memory
void des_station_free(DesStation *s);
// Joins the line, or starts at once. patience: INFINITY = waits for ever. DES_NO_ENTRY: no room, it is lost.
uint32_t des_station_arrive(DesStation *s, uint64_t job, uint8_t class_, double service, double patience);
void des_station_finish(DesStation *s, uint32_t entry);   // gives back a server that was kept
void des_station_withdraw(DesStation *s, uint32_t entry); // leaves the line or the service
void des_station_set_servers(DesStation *s, uint32_t n);  // fewer: who is in service finishes first
uint32_t des_station_servers(const DesStation *s);
uint32_t des_station_waiting(const DesStation *s);
uint32_t des_station_busy(const DesStation *s);
uint32_t des_station_present(const DesStation *s); // waiting and in service
bool des_station_has_room(const DesStation *s);    // for one more

typedef struct {
    const DesTally *wait; // of all that started, in the order of their start
    DesLevel queue, busy, servers;
    uint64_t arrived, started, served, lost, reneged;
} DesStationStats;
void des_station_stats(const DesStation *s, DesStationStats *ret);
void des_station_stats_reset(DesStation *s);
double des_station_utilisation(const DesStation *s); // busy time over time that servers were there
