// The gate's boxes as jobs of the fleet: a released container with its booking becomes pick - carry - cross - drop,
// each step is journalled on its passage, and no crane lifts, no vehicle leaves and none crosses the line before the
// gate has agreed. Pure; server and twin use the same (ADR 0004).
//
// It looks at states, not at messages: each passage is compared with its job, and what makes the two agree is sent to
// the gate. An input that got lost, a batch that was taken back or a restart costs only another look. The gate is asked
// first what it would say (gate_decide changes nothing), so that waiting for a clearance leaves no refusals behind.
//
// One for each road and its fleet. Until the other side's centre speaks for itself, its yard's reports (peer_exit,
// peer_gate, lift_off) are made here, as the actor "fleet" in the role of the peer.
#pragma once
#include "fleet.h"
#include "gate/gate.h"

typedef struct FleetGate FleetGate;
typedef struct {
    void *ctx;
    // Takes the input and lets it happen, sets its time and randomness. False: refused or lost; it is looked at again.
    bool (*submit)(void *ctx, Input *in);
    // The crane at the vehicle of this job begins; its end comes as fleet_crane().
    void (*crane)(void *ctx, uint32_t job, uint32_t vehicle, bool lift);
} FleetGatePort;
FleetGate *fleet_gate_new(Fleet *f, const RouteMap *m, uint8_t road, FleetGatePort port);
void fleet_gate_free(FleetGate *l);
// From the fleet's port: takes note, calls nobody back. An alarm or a passage that is not of this road is nothing.
void fleet_gate_heard(FleetGate *l, const FleetEvent *e);
void fleet_gate_touch(FleetGate *l, uint32_t passage); // look at it again; 0: at all
void fleet_gate_event(FleetGate *l, const Event *e);   // of the gate: what it is about is looked at again
// Takes over the missions that the gate knows: once, before the first look at a fleet that is new.
void fleet_gate_adopt(FleetGate *l, const Gate *g, int64_t now_ms);
// All that is to be done now. The port is called within. Call it after fleet_cycle, messages and inputs.
void fleet_gate_run(FleetGate *l, const Gate *g, int64_t now_ms);

typedef struct {
    uint64_t asked, inputs, refused; // jobs; inputs sent; of them not taken
    uint32_t trips;                  // boxes in the fleet's hand or waiting for it
    uint32_t no_place;               // boxes for which the lay-out has no fit place
} FleetGateStats;
void fleet_gate_stats(const FleetGate *l, FleetGateStats *ret);
