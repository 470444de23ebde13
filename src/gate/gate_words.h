// The words of the gate: every enum here has its name table beside it, used in JSON both ways.
#pragma once
#include "base/field.h"

#define ENUM_SYM(sym, name)  sym,
#define ENUM_NAME(sym, name) name,
#define ENUM_DECLARE(Type, TABLE, COUNT)                                                                               \
    typedef enum { TABLE(ENUM_SYM) COUNT } Type;                                                                       \
    extern const Names Type##_names;

#define ROLE_TABLE(X)                                                                                                  \
    X(ROLE_SYSTEM, "system")                                                                                           \
    X(ROLE_TRADER, "trader")                                                                                           \
    X(ROLE_DRIVER, "driver")                                                                                           \
    X(ROLE_BOARD, "board")   /* Management Board, traffic police: queue, lanes, fees */                                \
    X(ROLE_YARD, "yard")     /* yard operator: bays, weighing, transhipment, cranes */                                 \
    X(ROLE_HEALTH, "health") /* health quarantine */                                                                   \
    X(ROLE_PLANT, "plant_quarantine")                                                                                  \
    X(ROLE_ANIMAL, "animal_quarantine")                                                                                \
    X(ROLE_CUSTOMS, "customs")                                                                                         \
    X(ROLE_GUARD, "border_guard")                                                                                      \
    X(ROLE_CENTRE, "centre") /* command centre */                                                                      \
    X(ROLE_PEER, "peer")     /* the other side's centre */                                                             \
    X(ROLE_DEVICE, "device")                                                                                           \
    X(ROLE_AUDITOR, "auditor")
ENUM_DECLARE(Role, ROLE_TABLE, ROLE_COUNT)

#define DIRECTION_TABLE(X) X(DIRECTION_NONE, "") X(DIRECTION_EXPORT, "export") X(DIRECTION_IMPORT, "import")
ENUM_DECLARE(Direction, DIRECTION_TABLE, DIRECTION_COUNT)

#define MODE_TABLE(X)                                                                                                  \
    X(MODE_NONE, "")                                                                                                   \
    X(MODE_THROUGH, "through") /* through-drive under a CBTA permit */                                                 \
    X(MODE_DRIVER_CHANGE, "driver_change")                                                                             \
    X(MODE_TRANSHIPMENT, "transhipment") /* sang tai: goods move to the other side's truck */                          \
    X(MODE_SWAP, "swap")                 /* trailer or container swap */                                               \
    X(MODE_UNMANNED, "unmanned")
ENUM_DECLARE(Mode, MODE_TABLE, MODE_COUNT)

#define KIND_TABLE(X)                                                                                                  \
    X(KIND_TRUCK_EXPORT, "truck_export")                                                                               \
    X(KIND_TRUCK_IMPORT, "truck_import")                                                                               \
    X(KIND_BOX_EXPORT, "box_export") /* container on an unmanned vehicle */                                            \
    X(KIND_BOX_IMPORT, "box_import")
ENUM_DECLARE(Kind, KIND_TABLE, KIND_COUNT)

#define CHANNEL_TABLE(X) X(CHANNEL_NONE, "") X(CHANNEL_GREEN, "green") X(CHANNEL_YELLOW, "yellow") X(CHANNEL_RED, "red")
ENUM_DECLARE(Channel, CHANNEL_TABLE, CHANNEL_COUNT)

#define REGIME_TABLE(X)                                                                                                \
    X(REGIME_NONE, "")                                                                                                 \
    X(REGIME_ORDINARY, "ordinary")                                                                                     \
    X(REGIME_REEXPORT, "temporary_reexport")                                                                           \
    X(REGIME_TRANSIT, "transit")                                                                                       \
    X(REGIME_RESIDENT, "resident") /* border residents' trade */
ENUM_DECLARE(Regime, REGIME_TABLE, REGIME_COUNT)

#define DESTINATION_TABLE(X) X(DESTINATION_NONE, "") X(DESTINATION_INLAND, "inland") X(DESTINATION_YARD, "yard")
ENUM_DECLARE(Destination, DESTINATION_TABLE, DESTINATION_COUNT)

// Attributes of goods and vehicles that rules may ask for.
#define ATTR_TABLE(X)                                                                                                  \
    X(ATTR_PERISHABLE, "perishable")                                                                                   \
    X(ATTR_PLANT, "plant")                                                                                             \
    X(ATTR_ANIMAL, "animal")                                                                                           \
    X(ATTR_FARM, "farm")                                                                                               \
    X(ATTR_FOOD, "food")                                                                                               \
    X(ATTR_DANGEROUS, "dangerous")                                                                                     \
    X(ATTR_REEFER, "reefer")                                                                                           \
    X(ATTR_EMPTY, "empty") /* the truck carries nothing */                                                             \
    X(ATTR_LOADED, "loaded")                                                                                           \
    X(ATTR_TWO_WAY, "two_way") /* part of a two-way trip */                                                            \
    X(ATTR_FOREIGN, "foreign") /* the vehicle is registered on the other side */                                       \
    X(ATTR_CONTAINER, "container")
ENUM_DECLARE(Attr, ATTR_TABLE, ATTR_COUNT)

#define CERT_TABLE(X)                                                                                                  \
    X(CERT_NONE, "")                                                                                                   \
    X(CERT_PHYTO, "phytosanitary")                                                                                     \
    X(CERT_ANIMAL, "animal_health")                                                                                    \
    X(CERT_HEALTH, "health")                                                                                           \
    X(CERT_ORIGIN, "origin")                                                                                           \
    X(CERT_FUMIGATION, "fumigation")                                                                                   \
    X(CERT_LICENCE, "licence")                                                                                         \
    X(CERT_DANGEROUS, "dangerous_goods")                                                                               \
    X(CERT_TRANSPORT, "transport_permit")
ENUM_DECLARE(Cert, CERT_TABLE, CERT_COUNT)

// Where something is. One list for all kinds; gate_movement.def says which kind uses which.
#define PLACE_TABLE(X)                                                                                                 \
    X(PLACE_NONE, "")                                                                                                  \
    X(PLACE_DECLARED, "declared")                                                                                      \
    X(PLACE_EN_ROUTE, "en_route")                                                                                      \
    X(PLACE_INLAND, "inland") /* held in the inland zone, in the queue */                                              \
    X(PLACE_CALLED, "called")                                                                                          \
    X(PLACE_YARD, "yard")                                                                                              \
    X(PLACE_LINE, "line")     /* lined up at a border lane */                                                          \
    X(PLACE_ABROAD, "abroad") /* over km 0, not yet received */                                                        \
    X(PLACE_WITH_PEER, "with_peer")                                                                                    \
    X(PLACE_DELIVERED, "delivered")                                                                                    \
    X(PLACE_APPROACHING, "approaching")     /* left the other side's gate, before km 0 */                              \
    X(PLACE_ENTERED, "entered")             /* over km 0, before the yard */                                           \
    X(PLACE_GOODS_IN_YARD, "goods_in_yard") /* goods transferred, the foreign truck has gone home */                   \
    X(PLACE_LEFT, "left")                   /* left the yard for inland */                                             \
    X(PLACE_ON_VEHICLE, "on_vehicle")       /* box locked on an unmanned vehicle */                                    \
    X(PLACE_DISPATCHED, "dispatched")                                                                                  \
    X(PLACE_PEER_GATE, "peer_gate")                                                                                    \
    X(PLACE_LIFTED_OFF, "lifted_off")                                                                                  \
    X(PLACE_RECEIVED, "received")                                                                                      \
    X(PLACE_RETURNED, "returned")                                                                                      \
    X(PLACE_CLOSED, "closed")                                                                                          \
    X(PLACE_TURNED_BACK, "turned_back")                                                                                \
    X(PLACE_PEER_YARD, "peer_yard") /* in the other side's yard, ready to be fetched by an unmanned vehicle */
ENUM_DECLARE(Place, PLACE_TABLE, PLACE_COUNT)

#define MOVE_TABLE(X)                                                                                                  \
    X(MOVE_NONE, "")                                                                                                   \
    X(MOVE_DEPART, "depart")                                                                                           \
    X(MOVE_ARRIVE, "arrive_inland")                                                                                    \
    X(MOVE_CALL, "call")                                                                                               \
    X(MOVE_CALL_LAPSE, "call_lapse")                                                                                   \
    X(MOVE_GATE_IN, "gate_in")                                                                                         \
    X(MOVE_LINE_UP, "line_up")                                                                                         \
    X(MOVE_LINE_BACK, "line_back")                                                                                     \
    X(MOVE_CROSS_OUT, "cross_out")                                                                                     \
    X(MOVE_PEER_RECEIVE, "peer_receive")                                                                               \
    X(MOVE_PEER_RETURN, "peer_return") /* the other side sends it back at the line */                                  \
    X(MOVE_DELIVER, "deliver")                                                                                         \
    X(MOVE_RETURN, "return")                                                                                           \
    X(MOVE_PEER_EXIT, "peer_exit")                                                                                     \
    X(MOVE_ENTER, "enter")                                                                                             \
    X(MOVE_YARD_IN, "yard_in")                                                                                         \
    X(MOVE_YARD_OUT, "yard_out")                                                                                       \
    X(MOVE_LIFT_ON, "lift_on")                                                                                         \
    X(MOVE_LIFT_OFF, "lift_off")                                                                                       \
    X(MOVE_DISPATCH, "dispatch")                                                                                       \
    X(MOVE_RECALL, "recall")                                                                                           \
    X(MOVE_PEER_GATE, "peer_gate")                                                                                     \
    X(MOVE_TURN_BACK, "turn_back")                                                                                     \
    X(MOVE_CLOSE, "close")                                                                                             \
    X(MOVE_PEER_READY, "peer_ready") /* the other side has it ready in its yard */
ENUM_DECLARE(Move, MOVE_TABLE, MOVE_COUNT)

// Gate points: the only places where movement meets clearances.
#define POINT_TABLE(X)                                                                                                 \
    X(POINT_NONE, "")                                                                                                  \
    X(POINT_CALL, "call")                                                                                              \
    X(POINT_GATE_IN, "gate_in")                                                                                        \
    X(POINT_LINE, "line")                                                                                              \
    X(POINT_KM0_OUT, "km0_out")                                                                                        \
    X(POINT_KM0_IN, "km0_in")                                                                                          \
    X(POINT_KM0_BACK, "km0_back")                                                                                      \
    X(POINT_YARD_IN, "yard_in")                                                                                        \
    X(POINT_YARD_OUT, "yard_out")                                                                                      \
    X(POINT_LIFT_ON, "lift_on")                                                                                        \
    X(POINT_DISPATCH, "dispatch")                                                                                      \
    X(POINT_CLOSE, "close")
ENUM_DECLARE(Point, POINT_TABLE, POINT_COUNT)

#define TASK_KIND_TABLE(X)                                                                                             \
    X(TASK_DECISION, "decision")                                                                                       \
    X(TASK_AUTO, "auto") /* granted by the system at declaration: formats, duplicates, embargoes, validity */          \
    X(TASK_WEIGH, "weigh")                                                                                             \
    X(TASK_CHANNEL, "channel")                                                                                         \
    X(TASK_FEE, "fee")                                                                                                 \
    X(TASK_TRANSFER, "transfer") /* other vehicle or driver takes over: names plate or driver */
ENUM_DECLARE(TaskKind, TASK_KIND_TABLE, TASK_KIND_COUNT)

#define OUTCOME_TABLE(X)                                                                                               \
    X(OUTCOME_NONE, "")                                                                                                \
    X(OUTCOME_GRANT, "grant")                                                                                          \
    X(OUTCOME_HOLD, "hold")                                                                                            \
    X(OUTCOME_REWORK, "rework") /* the trader must amend */                                                            \
    X(OUTCOME_REFUSE, "refuse")
ENUM_DECLARE(Outcome, OUTCOME_TABLE, OUTCOME_COUNT)

#define INCIDENT_TABLE(X)                                                                                              \
    X(INCIDENT_NONE, "")                                                                                               \
    X(INCIDENT_HOLD, "hold")                                                                                           \
    X(INCIDENT_BREAKDOWN, "breakdown")                                                                                 \
    X(INCIDENT_ACCIDENT, "accident")                                                                                   \
    X(INCIDENT_SEAL_BROKEN, "seal_broken")                                                                             \
    X(INCIDENT_SAFE_STOP, "safe_stop")                                                                                 \
    X(INCIDENT_OBSTACLE, "obstacle")                                                                                   \
    X(INCIDENT_COMMS_LOST, "comms_lost")                                                                               \
    X(INCIDENT_TELEOP, "teleop")                                                                                       \
    X(INCIDENT_TOW, "tow")                                                                                             \
    X(INCIDENT_CORRIDOR, "corridor_closed")                                                                            \
    X(INCIDENT_DISPUTE, "dispute")                                                                                     \
    X(INCIDENT_EMBARGO, "embargo")
ENUM_DECLARE(Incident, INCIDENT_TABLE, INCIDENT_COUNT)

#define MISSION_TABLE(X)                                                                                               \
    X(MISSION_NONE, "")                                                                                                \
    X(MISSION_ASSIGNED, "assigned") /* a vehicle goes for it */                                                        \
    X(MISSION_PICKING, "picking")   /* stands under the crane, the hand-over runs */                                   \
    X(MISSION_CARRYING, "carrying")                                                                                    \
    X(MISSION_SETTING, "setting") /* at the place where the box is set down */                                         \
    X(MISSION_DONE, "done")                                                                                            \
    X(MISSION_WITHDRAWN, "withdrawn")
ENUM_DECLARE(Mission, MISSION_TABLE, MISSION_COUNT)

#define CAUSE_TABLE(X)                                                                                                 \
    X(CAUSE_NONE, "")                                                                                                  \
    X(CAUSE_SCHEDULE, "schedule")                                                                                      \
    X(CAUSE_STORM, "storm")                                                                                            \
    X(CAUSE_DEFENCE, "defence")                                                                                        \
    X(CAUSE_MAINTENANCE, "maintenance")                                                                                \
    X(CAUSE_OTHER_SIDE, "other_side")                                                                                  \
    X(CAUSE_INCIDENT, "incident")                                                                                      \
    X(CAUSE_NOT_BUILT, "not_built")                                                                                    \
    X(CAUSE_TRAFFIC, "traffic")
ENUM_DECLARE(Cause, CAUSE_TABLE, CAUSE_COUNT)

#define LANE_WAY_TABLE(X) X(LANE_WAY_NONE, "") X(LANE_WAY_OUT, "out") X(LANE_WAY_IN, "in") X(LANE_WAY_TIDAL, "tidal")
ENUM_DECLARE(LaneWay, LANE_WAY_TABLE, LANE_WAY_COUNT)
#define LANE_KIND_TABLE(X) X(LANE_TRUCK, "truck") X(LANE_UNMANNED, "unmanned") X(LANE_TRAVELLER, "traveller")
ENUM_DECLARE(LaneKind, LANE_KIND_TABLE, LANE_KIND_COUNT)
#define YARD_KIND_TABLE(X)                                                                                             \
    X(YARD_STANDARD, "standard")                                                                                       \
    X(YARD_REEFER, "reefer") X(YARD_DANGEROUS, "dangerous") X(YARD_INSPECTION, "inspection")
ENUM_DECLARE(YardKind, YARD_KIND_TABLE, YARD_KIND_COUNT)

#define ALARM_TABLE(X)                                                                                                 \
    X(ALARM_NONE, "")                                                                                                  \
    X(ALARM_VALIDITY_SOON, "validity_soon")                                                                            \
    X(ALARM_EXPIRED, "expired")                                                                                        \
    X(ALARM_STAY_SOON, "stay_soon")                                                                                    \
    X(ALARM_OVERSTAY, "overstay")                                                                                      \
    X(ALARM_TASK_LATE, "task_late")                                                                                    \
    X(ALARM_CALL_LAPSED, "call_lapsed")                                                                                \
    X(ALARM_HELD, "held")                                                                                              \
    X(ALARM_INCIDENT, "incident")                                                                                      \
    X(ALARM_CLOCK, "clock")                                                                                            \
    X(ALARM_PEER, "peer") /* the other side's messages, or ours there, were refused */
ENUM_DECLARE(Alarm, ALARM_TABLE, ALARM_COUNT)

// What people see on top of the step: at most one, the gravest.
#define SIDE_TABLE(X)                                                                                                  \
    X(SIDE_NONE, "")                                                                                                   \
    X(SIDE_REWORK, "REWORK")                                                                                           \
    X(SIDE_HOLD, "HOLD")                                                                                               \
    X(SIDE_EXPIRED, "EXPIRED")                                                                                         \
    X(SIDE_OVERSTAY, "OVERSTAY")                                                                                       \
    X(SIDE_INCIDENT, "INCIDENT")                                                                                       \
    X(SIDE_REFUSED, "REFUSED")                                                                                         \
    X(SIDE_TURNED_BACK, "TURNED_BACK")
ENUM_DECLARE(Side, SIDE_TABLE, SIDE_COUNT)

#define BIT(n) (1u << (n))
