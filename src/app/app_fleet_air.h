// Between a fleet control and a broker: what the fleet sends is put aside as text until its caller says that what it
// rests on is durable; what vehicles say is decoded, checked and handed to the fleet.
#pragma once
#include "app_fleet.h"

typedef struct FleetAir FleetAir;
// `heard` is called after each message or change of the link that the fleet was told of.
Err fleet_air_new(AppFleet *a, Fleet *f, void (*heard)(void *ctx), void *ctx, FleetAir **ret) MUST_USE;
void fleet_air_free(FleetAir *r);
void fleet_air_send(FleetAir *r, uint32_t v, VdaTopic topic, const void *msg); // put aside
void fleet_air_post(FleetAir *r);                                              // all of it leaves
void fleet_air_drop(FleetAir *r); // it never leaves: the fleet will say it again
bool fleet_air_link(FleetAir *r); // as app_fleet_link
void fleet_air_step(FleetAir *r, uint32_t timeout_ms);
uint64_t fleet_air_nonsense(const FleetAir *r); // messages that did not decode
IoMqttStats fleet_air_stats(const FleetAir *r);
