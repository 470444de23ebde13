// VDA 5050 messages as structs, for 2.0, 2.1 and 3.0, both directions. One struct a message holds what any version has;
// the tables in wire_vda_*.c say for each version which members exist, which are required, their types, words, ranges.
// Facts of 2.1 and 3.0 are from their official schemas. Where 2.0.0 differs from 2.1 (2.0.0 clauses 6.6 to 6.14): no
// corridor, maps, errorHint, blockingTypes or vehicleConfig; orientationType is one of two words; a factsheet may lack
// parts; instant actions come as `instantActions` or `actions` (both are sent, either is read). Bounds are those
// of 2.1.
//
// Conventions: a zeroed struct is an empty message. Absent is: VdaNum and VdaInt without .has, VdaFlag VDA_UNSET, an
// enum 0, a Str with p NULL, a list with items NULL (items not NULL and n 0 is an empty list that is there), a pointer
// NULL. What a version requires is always written (an absent text as ""), what it does not have is left out.
// Distances in m, angles in rad, speeds in m/s, times on the wire in UTC.
#pragma once
#include "base/base.h"

typedef enum { VDA_2_0, VDA_2_1, VDA_3_0, VDA_VERSION_COUNT } VdaVersion;
typedef enum {
    VDA_ORDER,
    VDA_INSTANT_ACTIONS,
    VDA_STATE,
    VDA_VISUALIZATION,
    VDA_CONNECTION,
    VDA_FACTSHEET,
    VDA_RESPONSES, // from 3.0
    VDA_ZONE_SET,  // from 3.0
    VDA_TOPIC_COUNT
} VdaTopic;

#define VDA_TEXT_MAX   (1u << 20) // bytes of one message
#define VDA_DEPTH_MAX  16
#define VDA_TOPIC_MAX  256  // bytes of a topic name
#define VDA_PART_MAX   64   // bytes of interface name, manufacturer, serial number
#define VDA_COORD_MAX  1e9  // no site is larger; keeps arithmetic on coordinates finite
#define VDA_ORDER_MAX  4096 // nodes or edges of one order
#define VDA_ACTION_MAX 4096 // actions of one order

typedef struct {
    double v;
    bool has;
} VdaNum;
typedef struct {
    int64_t v;
    bool has;
} VdaInt;
typedef enum __attribute__((packed)) { VDA_UNSET, VDA_FALSE, VDA_TRUE } VdaFlag;
#define VDA_NUM(x)  ((VdaNum){.v = (x), .has = true})
#define VDA_INT(x)  ((VdaInt){.v = (x), .has = true})
#define VDA_FLAG(x) ((x) ? VDA_TRUE : VDA_FALSE)
#define VDA_LIST(T)                                                                                                    \
    struct {                                                                                                           \
        T *items;                                                                                                      \
        uint32_t n;                                                                                                    \
    }

// ---- words. 0 is absent; the words on the wire are in wire_vda_words.c, a version at a time
// HARD for SINGLE before 3.0; instant actions of 3.0 know NONE only, and say it whatever is here.
typedef enum __attribute__((packed)) {
    VDA_BLOCK_NONE = 1,
    VDA_BLOCK_SOFT,
    VDA_BLOCK_HARD,
    VDA_BLOCK_SINGLE
} VdaBlocking;
typedef enum __attribute__((packed)) {
    VDA_ACTION_WAITING = 1,
    VDA_ACTION_INITIALIZING,
    VDA_ACTION_RUNNING,
    VDA_ACTION_PAUSED,
    VDA_ACTION_RETRIABLE, // from 3.0
    VDA_ACTION_FINISHED,
    VDA_ACTION_FAILED
} VdaActionStatus;
typedef enum __attribute__((packed)) {
    VDA_MODE_AUTOMATIC = 1,
    VDA_MODE_SEMIAUTOMATIC,
    VDA_MODE_MANUAL,
    VDA_MODE_SERVICE,
    VDA_MODE_TEACH_IN,
    VDA_MODE_STARTUP,   // from 3.0
    VDA_MODE_INTERVENED // from 3.0
} VdaMode;
typedef enum __attribute__((packed)) {
    VDA_LEVEL_WARNING = 1,
    VDA_LEVEL_FATAL,
    VDA_LEVEL_URGENT,  // from 3.0; WARNING before
    VDA_LEVEL_CRITICAL // from 3.0; FATAL before
} VdaErrorLevel;
typedef enum __attribute__((packed)) { VDA_INFO_INFO = 1, VDA_INFO_DEBUG } VdaInfoLevel;
typedef enum __attribute__((packed)) {
    VDA_ESTOP_NONE = 1,
    VDA_ESTOP_MANUAL,
    VDA_ESTOP_REMOTE,
    VDA_ESTOP_AUTOACK // MANUAL from 3.0
} VdaEStop;
typedef enum __attribute__((packed)) {
    VDA_ONLINE = 1,
    VDA_OFFLINE,
    VDA_CONNECTION_BROKEN,
    VDA_HIBERNATING // from 3.0; OFFLINE before
} VdaConnectionState;
typedef enum __attribute__((packed)) { VDA_ENABLED = 1, VDA_DISABLED } VdaEnabled;
typedef enum __attribute__((packed)) { VDA_REF_KINEMATIC_CENTER = 1, VDA_REF_CONTOUR } VdaCorridorRef;
typedef enum __attribute__((packed)) {
    VDA_LOSS_STOP = 1,
    VDA_LOSS_RETURN,   // corridors
    VDA_LOSS_CONTINUE, // zones
    VDA_LOSS_EVACUATE  // zones
} VdaReleaseLoss;
typedef enum __attribute__((packed)) { VDA_GRANTED = 1, VDA_QUEUED, VDA_REVOKED, VDA_REJECTED } VdaGrant;
typedef enum __attribute__((packed)) {
    VDA_REQUEST_ACCESS = 1,
    VDA_REQUEST_REPLANNING,
    VDA_REQUEST_CORRIDOR
} VdaRequestType;
typedef enum __attribute__((packed)) {
    VDA_REQUEST_REQUESTED = 1,
    VDA_REQUEST_GRANTED,
    VDA_REQUEST_REVOKED,
    VDA_REQUEST_EXPIRED
} VdaRequestStatus;
typedef enum __attribute__((packed)) {
    VDA_ZONE_BLOCKED = 1,
    VDA_ZONE_LINE_GUIDED,
    VDA_ZONE_RELEASE,
    VDA_ZONE_COORDINATED_REPLANNING,
    VDA_ZONE_SPEED_LIMIT,
    VDA_ZONE_ACTION,
    VDA_ZONE_PRIORITY,
    VDA_ZONE_PENALTY,
    VDA_ZONE_DIRECTED,
    VDA_ZONE_BIDIRECTED
} VdaZoneType;
typedef enum __attribute__((packed)) { VDA_LIMIT_SOFT = 1, VDA_LIMIT_RESTRICTED, VDA_LIMIT_STRICT } VdaDirectedLimit;
typedef enum __attribute__((packed)) { VDA_SUPPORTED = 1, VDA_REQUIRED } VdaSupport;
typedef enum __attribute__((packed)) { VDA_SCOPE_INSTANT = 1, VDA_SCOPE_NODE, VDA_SCOPE_EDGE, VDA_SCOPE_ZONE } VdaScope;
typedef uint32_t VdaSet; // of an enum: bit (1u << word)

// ---- shared parts
typedef struct {
    uint32_t header_id;
    int64_t timestamp_ms;
    Str version; // "2.1.0"; empty when writing: the version that is written
    Str manufacturer, serial;
} VdaHeader;

typedef enum __attribute__((packed)) {
    VDA_VALUE_TEXT = 1,
    VDA_VALUE_NUMBER,
    VDA_VALUE_BOOL,
    VDA_VALUE_JSON // an array or an object
} VdaValueType;
typedef struct {
    VdaValueType type;
    bool flag;
    double number; // whole numbers are exact up to 2^53
    Str text;      // the text, or the JSON
} VdaValue;
typedef struct {
    Str key;
    VdaValue value;
} VdaParameter;
typedef VDA_LIST(VdaParameter) VdaParameters;
typedef struct {
    Str type, id, description; // zone actions have no id
    VdaBlocking blocking;
    VdaFlag retriable; // from 3.0
    VdaParameters parameters;
} VdaAction;
typedef VDA_LIST(VdaAction) VdaActions;
const VdaValue *vda_parameter(const VdaAction *a, const char *key); // NULL: there is none

typedef struct {
    double x, y;
    VdaNum weight;
} VdaControlPoint;
typedef struct {
    VdaInt degree; // required before 3.0
    VDA_LIST(double) knots;
    VDA_LIST(VdaControlPoint) points;
} VdaTrajectory;

// ---- order
typedef struct {
    double a, b, theta;
} VdaEllipse;
typedef struct {
    double x, y;
    VdaNum theta, deviation_theta;
    VdaNum deviation_xy;           // before 3.0: a radius
    VdaEllipse *deviation_ellipse; // from 3.0
    Str map_id, map_description;
} VdaNodePosition;
typedef struct {
    Str id, description;
    uint32_t sequence_id;
    bool released;
    VdaNodePosition *position;
    VdaActions actions;
} VdaNode;
typedef struct { // from 2.1
    double left_width, right_width;
    VdaCorridorRef ref;
    VdaFlag release_required;    // from 3.0
    VdaReleaseLoss release_loss; // from 3.0: STOP or RETURN
} VdaCorridor;
typedef struct {
    Str id, description;
    uint32_t sequence_id;
    bool released;
    Str start_node_id, end_node_id; // before 3.0
    VdaNum max_speed, max_height, min_height, orientation;
    Str orientation_type; // GLOBAL, TANGENTIAL
    Str direction;
    VdaFlag rotation_allowed;         // before 3.0
    VdaFlag reach_orientation_before; // from 3.0
    VdaNum max_rotation_speed, length;
    VdaTrajectory *trajectory;
    VdaCorridor *corridor;
    VdaActions actions;
} VdaEdge;
typedef struct {
    VdaHeader h;
    Str order_id, description; // description from 3.0
    uint32_t update_id;
    Str zone_set_id; // before 3.0
    VDA_LIST(VdaNode) nodes;
    VDA_LIST(VdaEdge) edges;
} VdaOrder;

typedef struct {
    VdaHeader h;
    VdaActions actions;
} VdaInstantActions;

// ---- state
typedef struct {
    Str map_id, version, description;
    VdaEnabled status;
} VdaMap;
typedef struct {
    Str zone_set_id, map_id;
    VdaEnabled status;
} VdaZoneSetState;
typedef struct {
    Str id, description;
    uint32_t sequence_id;
    bool released;
    VdaNodePosition *position;
} VdaNodeState;
typedef struct {
    Str id, description;
    uint32_t sequence_id;
    bool released;
    VdaTrajectory *trajectory;
} VdaEdgeState;
typedef struct {
    double x, y, theta;
    Str map_id, map_description;
    bool initialized; // 3.0: localized
    VdaNum score, deviation;
} VdaPosition;
typedef struct {
    VdaNum vx, vy, omega;
} VdaVelocity;
typedef struct {
    double x, y, z;
    VdaNum theta;
} VdaBoxReference;
typedef struct {
    double length, width;
    VdaNum height;
} VdaDimensions;
typedef struct {
    Str id, type, position;
    VdaBoxReference *box;
    VdaDimensions *dimensions;
    VdaNum weight;
} VdaLoad;
typedef struct {
    Str id, type, description, result;
    VdaActionStatus status;
} VdaActionState;
typedef VDA_LIST(VdaActionState) VdaActionStates;
typedef struct {
    double charge; // per cent
    VdaNum voltage, health, reach;
    VdaNum current; // from 3.0
    bool charging;
} VdaBattery;
typedef struct {
    Str key, value;
} VdaReference;
typedef VDA_LIST(VdaReference) VdaReferences;
typedef struct {
    Str key, value; // language, text
} VdaTranslation;
typedef struct {
    Str type, description, hint; // hint from 2.1
    VdaErrorLevel level;
    VdaReferences references;
    VDA_LIST(VdaTranslation) description_translations, hint_translations; // from 3.0
} VdaError;
typedef struct {
    Str type, description;
    VdaInfoLevel level;
    VdaReferences references;
} VdaInfo;
typedef struct {
    VdaEStop e_stop;
    bool field_violation;
} VdaSafety;
typedef struct { // from 3.0
    VdaTrajectory trajectory;
    VDA_LIST(Str) traversed_nodes;
} VdaPlannedPath;
typedef struct {
    double x, y;
    VdaNum theta;
    Str eta; // a time as text; the schema does not check it
} VdaPathPoint;
typedef struct { // from 3.0
    VDA_LIST(VdaPathPoint) points;
} VdaIntermediatePath;
typedef struct { // from 3.0
    Str request_id, zone_id, zone_set_id;
    VdaRequestType type; // ACCESS, REPLANNING
    VdaRequestStatus status;
    VdaTrajectory *trajectory;
} VdaZoneRequest;
typedef struct { // from 3.0
    Str request_id, edge_id;
    uint32_t sequence_id;
    VdaRequestType type; // CORRIDOR
    VdaRequestStatus status;
} VdaEdgeRequest;
typedef struct {
    VdaHeader h;
    Str order_id, last_node_id, zone_set_id; // zone_set_id before 3.0
    uint32_t update_id, last_node_sequence_id;
    bool driving;
    VdaFlag paused, new_base_request;
    VdaNum distance_since_last_node;
    VdaMode mode;
    VDA_LIST(VdaNodeState) node_states;
    VDA_LIST(VdaEdgeState) edge_states;
    VdaPosition *position;
    VdaVelocity *velocity;
    VDA_LIST(VdaLoad) loads; // absent: not known; empty: no load
    VdaActionStates action_states;
    VdaActionStates instant_action_states, zone_action_states; // from 3.0; before, they are among action_states
    VdaBattery battery;
    VDA_LIST(VdaError) errors;
    VDA_LIST(VdaInfo) information;
    VdaSafety safety;
    VDA_LIST(VdaMap) maps;               // from 2.1
    VDA_LIST(VdaZoneSetState) zone_sets; // from 3.0
    VdaPlannedPath *planned_path;
    VdaIntermediatePath *intermediate_path;
    VDA_LIST(VdaZoneRequest) zone_requests;
    VDA_LIST(VdaEdgeRequest) edge_requests;
} VdaState;

typedef struct {
    VdaHeader h;
    uint32_t reference_state_header_id; // from 3.0
    VdaPosition *position;
    VdaVelocity *velocity;
    VdaPlannedPath *planned_path;
    VdaIntermediatePath *intermediate_path;
} VdaVisualization;

typedef struct {
    VdaHeader h;
    VdaConnectionState state;
} VdaConnection;

// ---- factsheet
typedef struct {
    Str series_name, series_description, kinematics, robot_class;
    double load_mass_max; // kg
    VDA_LIST(Str) localization_types, navigation_types;
    VdaSet supported_zones; // VdaZoneType; from 3.0
} VdaTypeSpecification;
typedef struct {
    double speed_min, speed_max, acceleration_max, deceleration_max, height_max, width, length;
    VdaNum height_min;                           // required from 3.0
    VdaNum angular_speed_min, angular_speed_max; // from 3.0
} VdaPhysical;
typedef struct {
    VdaInt message, topic_serial, topic_element, id, enumeration, load_id; // bytes; enumeration before 3.0
    VdaFlag id_numerical_only;
} VdaStringLimits;
typedef struct {
    VdaInt order_nodes, order_edges, node_actions, edge_actions, action_parameters, instant_actions;
    VdaInt knots, control_points, zones;
    VdaInt node_states, edge_states, loads, action_states, instant_action_states, zone_action_states;
    VdaInt errors, information, error_references, info_references;
} VdaArrayLimits;
typedef struct {
    double order_interval_min, state_interval_min; // s
    VdaNum state_interval_default, visualization_interval;
} VdaTiming;
typedef struct {
    VdaStringLimits strings;
    VdaArrayLimits arrays;
    VdaTiming timing;
} VdaLimits;
typedef struct {
    Str parameter, description;
    VdaSupport support;
} VdaOptional;
typedef struct {
    Str key, data_type, description;
    VdaFlag optional;
} VdaParameterSpec;
typedef struct {
    Str type, description, result;
    VdaSet scopes;                      // VdaScope
    VdaSet blocking;                    // VdaBlocking
    bool pause_allowed, cancel_allowed; // from 3.0
    VDA_LIST(VdaParameterSpec) parameters;
} VdaActionSpec;
typedef struct {
    VDA_LIST(VdaOptional) optional;
    VDA_LIST(VdaActionSpec) actions;
} VdaFeatures;
typedef struct {
    double x, y;
} VdaPoint;
typedef struct {
    double x, y;
    VdaNum theta;
} VdaWheelPosition;
typedef struct {
    Str type, constraints; // DRIVE, CASTER, FIXED, MECANUM; free from 3.0
    bool driven, steered;
    VdaWheelPosition position;
    double diameter, width;
    VdaNum center_displacement;
} VdaWheel;
typedef struct {
    Str set, description;
    VDA_LIST(VdaPoint) points;
} VdaEnvelope2d;
typedef struct {
    Str set, format, url, description; // description from 3.0
    Str data;                          // JSON object
} VdaEnvelope3d;
typedef struct {
    VDA_LIST(VdaWheel) wheels;
    VDA_LIST(VdaEnvelope2d) envelopes_2d;
    VDA_LIST(VdaEnvelope3d) envelopes_3d;
} VdaGeometry;
typedef struct {
    Str name, load_type, description;
    VDA_LIST(Str) positions;
    VdaBoxReference *box;
    VdaDimensions *dimensions;
    VdaNum weight_max, handling_height_min, handling_height_max, handling_depth_min, handling_depth_max;
    VdaNum handling_tilt_min, handling_tilt_max;
    VdaNum speed_max, acceleration_max, deceleration_max, pick_s, drop_s;
} VdaLoadSet;
typedef struct {
    VDA_LIST(Str) positions;
    VDA_LIST(VdaLoadSet) sets;
} VdaLoadSpecification;
typedef struct {
    VDA_LIST(Str) dns_servers, ntp_servers;
    Str local_ip, netmask, gateway;
} VdaNetwork;
typedef struct { // from 3.0; per cent, s
    VdaNum critical, desired_min, desired_max, time_min;
} VdaCharging;
typedef struct { // from 2.1
    VDA_LIST(VdaReference) versions;
    VdaNetwork *network;
    VdaCharging *charging;
} VdaConfiguration;
typedef struct { // 2.0: parts may be missing; 2.1 and 3.0 require all but the configuration
    VdaHeader h;
    VdaTypeSpecification *type;
    VdaPhysical *physical;
    VdaLimits *limits;
    VdaFeatures *features;
    VdaGeometry *geometry;
    VdaLoadSpecification *loads;
    VdaConfiguration *configuration;
} VdaFactsheet;

// ---- from 3.0
typedef struct {
    Str request_id, lease_expiry; // a time as text; the schema does not check it
    VdaGrant grant;
} VdaResponse;
typedef struct {
    VdaHeader h;
    VDA_LIST(VdaResponse) responses;
} VdaResponses;
typedef struct {
    Str id, description;
    VdaZoneType type;
    VDA_LIST(VdaPoint) vertices;
    VdaReleaseLoss release_loss;                            // RELEASE: STOP, CONTINUE or EVACUATE
    double max_speed;                                       // SPEED_LIMIT
    VdaActions entry_actions, during_actions, exit_actions; // ACTION
    double factor;                                          // PRIORITY, PENALTY: 0 to 1
    double direction;                                       // DIRECTED, BIDIRECTED
    VdaDirectedLimit limitation;                            // DIRECTED, BIDIRECTED
} VdaZone;
typedef struct {
    Str map_id, zone_set_id, description;
    VDA_LIST(VdaZone) zones;
} VdaZones;
typedef struct {
    VdaHeader h;
    VdaZones zone_set;
} VdaZoneSet;

// ---- reading and writing
#define VDA_PROBLEMS_MAX 16
typedef struct {
    Str pointer; // RFC 6901
    Str what;    // "must be a whole number"
    Str cure;    // "send a number without quotes"
} VdaProblem;
typedef struct {
    VdaProblem p[VDA_PROBLEMS_MAX];
    uint32_t n;       // may exceed the maximum: then the rest was dropped
    uint32_t unknown; // members that the version does not have; they are ignored (vendors add some)
} VdaProblems;

// Struct bytes of a topic's message, to hold any of them.
size_t vda_size(VdaTopic t);
bool vda_has_topic(VdaVersion v, VdaTopic t);
// One for all topics; `msg` is the topic's struct. Writing asserts on what cannot be sent: a number that is not finite,
// a required VdaNum, VdaInt, VdaFlag or enum that is absent, a word that the version does not have.
void vda_encode(Buf *b, VdaVersion v, VdaTopic t, const void *msg);
// Texts are borrowed from `json` or live in `a`, as lists do; both must outlive `ret`. `ret` is untouched unless OK.
// ERR_PARSE: no JSON; ERR_INVALID: against the schema; ERR_LIMIT: too long, or the arena is full. Always with problems.
// Strict as the schemas are (null is no value, words and ranges count), and beyond them: header ids, update ids and
// sequence ids must fit uint32, timestamps must be RFC 3339, coordinates within VDA_COORD_MAX. In two places the text
// of the standard is followed instead of its schema: 2.1's PAUSED action status and list of blockingTypes are good.
Err vda_decode(VdaVersion v, VdaTopic t, Str json, Arena *a, void *ret, VdaProblems *ret_problems) MUST_USE;

#define VDA_CODECS(X)                                                                                                  \
    X(order, VdaOrder, VDA_ORDER)                                                                                      \
    X(instant_actions, VdaInstantActions, VDA_INSTANT_ACTIONS)                                                         \
    X(state, VdaState, VDA_STATE)                                                                                      \
    X(visualization, VdaVisualization, VDA_VISUALIZATION)                                                              \
    X(connection, VdaConnection, VDA_CONNECTION)                                                                       \
    X(factsheet, VdaFactsheet, VDA_FACTSHEET)                                                                          \
    X(responses, VdaResponses, VDA_RESPONSES)                                                                          \
    X(zone_set, VdaZoneSet, VDA_ZONE_SET)
// vda_encode_order(b, v, order), vda_decode_order(v, json, a, &order, &problems), and so on
#define X(name, Type, topic)                                                                                           \
    static inline void vda_encode_##name(Buf *b, VdaVersion v, const Type *msg) {                                      \
        vda_encode(b, v, topic, msg);                                                                                  \
    }                                                                                                                  \
    static inline Err MUST_USE vda_decode_##name(VdaVersion v, Str json, Arena *a, Type *ret, VdaProblems *problems) { \
        return vda_decode(v, topic, json, a, ret, problems);                                                           \
    }
VDA_CODECS(X)
#undef X

// ---- topics and versions
bool vda_version_of(Str text, VdaVersion *ret); // "2.1.0" or "2.1" gives VDA_2_1; any 3.x gives VDA_3_0; false: unknown
const char *vda_version_text(VdaVersion v);     // "2.1.0"
const char *vda_topic_text(VdaTopic t);         // "instantActions"
const char *vda_status_text(VdaActionStatus s); // "WAITING"
const char *vda_mode_text(VdaMode m);
// Interface name, manufacturer, serial number: 1 to VDA_PART_MAX of A-Z a-z 0-9 _ . : - (2.0.0 6.5), so no wildcards.
bool vda_topic_part(Str s);
// "uagv/v2/KIT/0001/order"; asserts that the parts are good.
void vda_topic_name(Buf *b, Str interface_name, VdaVersion v, Str manufacturer, Str serial, VdaTopic t);
typedef struct {
    Str interface_name, manufacturer, serial;
    uint32_t major; // 2, 3
    VdaTopic topic;
} VdaTopicAddress;
bool vda_topic_parse(Str topic, VdaTopicAddress *ret); // exactly five levels, known major and topic

// ---- orders beyond the schema. X(symbol, errorType by 2.x, by 3.0 (6.6.5.4), what is wrong)
#define VDA_FAULT_TABLE(X)                                                                                             \
    X(VDA_FAULT_NONE, "", "", "nothing")                                                                               \
    X(VDA_FAULT_NO_ORDER_ID, "validationError", "VALIDATION_FAILURE", "orderId is empty")                              \
    X(VDA_FAULT_TOO_LONG, "validationError", "INSUFFICIENT_MEMORY", "more nodes, edges or actions than can be held")   \
    X(VDA_FAULT_NO_NODE, "validationError", "VALIDATION_FAILURE", "an order needs at least one node")                  \
    X(VDA_FAULT_EDGES, "validationError", "VALIDATION_FAILURE", "there must be one edge less than nodes")              \
    X(VDA_FAULT_NODE_ODD, "validationError", "VALIDATION_FAILURE", "sequenceIds of nodes are even")                    \
    X(VDA_FAULT_SEQUENCE, "validationError", "VALIDATION_FAILURE", "sequenceIds must go on by one: node, edge, node")  \
    X(VDA_FAULT_ENDS, "validationError", "VALIDATION_FAILURE", "an edge names other nodes than those beside it")       \
    X(VDA_FAULT_FIRST, "validationError", "VALIDATION_FAILURE", "the first node must be released")                     \
    X(VDA_FAULT_RELEASE, "validationError", "VALIDATION_FAILURE", "released behind something that is not")             \
    X(VDA_FAULT_EDGE_RELEASE, "validationError", "VALIDATION_FAILURE", "an edge is released as its end node is")       \
    X(VDA_FAULT_ACTION_ID, "validationError", "VALIDATION_FAILURE", "an actionId is empty or there twice")             \
    X(VDA_FAULT_OTHER_ORDER, "orderUpdateError", "OTHER_ORDER_ACTIVE", "another orderId: not an update")               \
    X(VDA_FAULT_OLD_UPDATE, "orderUpdateError", "OUTDATED_ORDER_UPDATE", "orderUpdateId is lower than the known one")  \
    X(VDA_FAULT_SAME_UPDATE, "orderUpdateError", "SAME_ORDER_UPDATE_ID", "orderUpdateId is known: a repeat")           \
    X(VDA_FAULT_STITCH, "orderUpdateError", "VALIDATION_FAILURE", "does not begin with the last base node")            \
    X(VDA_FAULT_STITCH_CHANGED, "orderUpdateError", "VALIDATION_FAILURE", "the last base node was changed")            \
    X(VDA_FAULT_SKIPPED, "orderUpdateError", "VALIDATION_FAILURE", "good but for an orderUpdateId left out")
typedef enum {
#define X(sym, v2, v3, text) sym,
    VDA_FAULT_TABLE(X)
#undef X
        VDA_FAULT_COUNT_
} VdaFault;
const char *vda_fault_name(VdaFault f);               // "VDA_FAULT_STITCH"
const char *vda_fault_type(VdaFault f, VdaVersion v); // errorType of a vehicle's state
const char *vda_fault_text(VdaFault f);
// What is wrong with an order by itself (2.0.0 6.6, 2.1.0 6.6, 3.0 order chapter); *ret_where (may be NULL) is the JSON
// Pointer of the first fault, in `where`.
#define VDA_WHERE_MAX 48
VdaFault vda_check_order(VdaVersion v, const VdaOrder *o, char ret_where[VDA_WHERE_MAX]);
// What is wrong with `next` as an update of `old`, both good by vda_check_order. The base of `old` ends at its last
// released node; `next` must begin with that very node (same id, sequenceId, actions) and have orderUpdateId + 1. A
// higher one is VDA_FAULT_SKIPPED when all else is good: a vehicle may take it, a master never sends it.
VdaFault vda_check_update(const VdaOrder *old, const VdaOrder *next);
uint32_t vda_base_end(const VdaOrder *o); // index of the last released node
bool vda_action_eq(const VdaAction *a, const VdaAction *b);

// Whether a vehicle can take the order: the limits of its factsheet (NULL: not known, so none). `bytes` of the message.
// False with what is too much in `ret_what`: "order.nodes: 52, at most 40". A limit that is absent or 0 is none.
#define VDA_WHAT_MAX 96
bool vda_within_limits(const VdaLimits *l, const VdaOrder *o, size_t bytes, char ret_what[VDA_WHAT_MAX]);
bool vda_can_do(const VdaFactsheet *f, Str action_type, VdaScope scope); // true too when the factsheet does not say
