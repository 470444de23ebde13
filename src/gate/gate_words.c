#include "gate.h"
#include "base/field_def.h"

NAMES(Role, ROLE_TABLE)
NAMES(Direction, DIRECTION_TABLE)
NAMES(Mode, MODE_TABLE)
NAMES(Kind, KIND_TABLE)
NAMES(Channel, CHANNEL_TABLE)
NAMES(Regime, REGIME_TABLE)
NAMES(Destination, DESTINATION_TABLE)
NAMES(Attr, ATTR_TABLE)
NAMES(Cert, CERT_TABLE)
NAMES(Place, PLACE_TABLE)
NAMES(Move, MOVE_TABLE)
NAMES(Point, POINT_TABLE)
NAMES(TaskKind, TASK_KIND_TABLE)
NAMES(Outcome, OUTCOME_TABLE)
NAMES(Incident, INCIDENT_TABLE)
NAMES(Mission, MISSION_TABLE)
NAMES(Cause, CAUSE_TABLE)
NAMES(LaneWay, LANE_WAY_TABLE)
NAMES(LaneKind, LANE_KIND_TABLE)
NAMES(YardKind, YARD_KIND_TABLE)
NAMES(Alarm, ALARM_TABLE)
NAMES(Side, SIDE_TABLE)
NAMES(EffectKind, EFFECT_TABLE)

static const char *const input_list[] = {
#define X(sym, name, T, m) name,
    INPUT_TABLE(X)
#undef X
};
const Names InputKind_names = {input_list, ARRAY_LEN(input_list)};
static const char *const event_list[] = {
#define X(sym, name, T, m) name,
    EVENT_TABLE(X)
#undef X
};
const Names EventKind_names = {event_list, ARRAY_LEN(event_list)};

static const struct {
    int http;
    const char *title;
} reasons[] = {
#define REASON(sym, http, title) {http, title},
#include "gate_reason.def"
#undef REASON
};
static const char *const refuse_list[] = {
#define REASON(sym, http, title) #sym,
#include "gate_reason.def"
#undef REASON
};
const Names Refuse_names = {refuse_list, ARRAY_LEN(refuse_list)};
int refuse_http(Refuse r) {
    CK_ASSERT(r < REFUSE_COUNT);
    return reasons[r].http;
}
const char *refuse_title(Refuse r) {
    CK_ASSERT(r < REFUSE_COUNT);
    return reasons[r].title;
}
