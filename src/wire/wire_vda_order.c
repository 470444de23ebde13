// Tables of what a master sends: order, instantActions, and from 3.0 responses and zoneSet; and connection.
// Columns of need: 2.0, 2.1, 3.0; R required, O optional, - not there. A member that versions name or bound differently
// has a row for each.
#include "wire_vda_internal.h"
#include <math.h>

static const VdaField parameter_rows[] = {
    VROW(VT_STR, VdaParameter, key, "key", "RRR", ANY, NULL),
    VROW(VT_VALUE, VdaParameter, value, "value", "RRR", ANY, NULL),
};
VTABLE(vda_parameter_table, VdaParameter, parameter_rows);

static const VdaField action_rows[] = {
    VROW(VT_STR, VdaAction, type, "actionType", "RRR", ANY, NULL),
    VROW(VT_STR, VdaAction, id, "actionId", "RRR", ANY, NULL),
    VROW(VT_STR, VdaAction, description, "actionDescription", "OO-", ANY, NULL),
    VROW(VT_STR, VdaAction, description, "actionDescriptor", "--O", ANY, NULL),
    VROW(VT_ENUM, VdaAction, blocking, "blockingType", "RRR", ANY, &vda_blocking_words),
    VROW(VT_LIST, VdaAction, parameters, "actionParameters", "OOO", ANY, &vda_parameter_table),
    VROW(VT_FLAG, VdaAction, retriable, "retriable", "--O", ANY, NULL),
};
static VTABLE(action_table, VdaAction, action_rows);

static const VdaField instant_action_rows[] = {
    VROW(VT_STR, VdaAction, type, "actionType", "RRR", ANY, NULL),
    VROW(VT_STR, VdaAction, id, "actionId", "RRR", ANY, NULL),
    VROW(VT_STR, VdaAction, description, "actionDescription", "OO-", ANY, NULL),
    VROW(VT_STR, VdaAction, description, "actionDescriptor", "--O", ANY, NULL),
    VROW(VT_ENUM, VdaAction, blocking, "blockingType", "RRR", ANY, &vda_instant_blocking_words),
    VROW(VT_LIST, VdaAction, parameters, "actionParameters", "OOO", ANY, &vda_parameter_table),
};
static VTABLE(instant_action_table, VdaAction, instant_action_rows);

static const VdaField zone_action_rows[] = {
    VROW(VT_STR, VdaAction, type, "actionType", "--R", ANY, NULL),
    VROW(VT_STR, VdaAction, description, "actionDescriptor", "--O", ANY, NULL),
    VROW(VT_ENUM, VdaAction, blocking, "blockingType", "--R", ANY, &vda_blocking_words),
    VROW(VT_LIST, VdaAction, parameters, "actionParameters", "--O", ANY, &vda_parameter_table),
    VROW(VT_FLAG, VdaAction, retriable, "retriable", "--O", ANY, NULL),
};
static VTABLE(zone_action_table, VdaAction, zone_action_rows);

// ---- order
static const VdaField control_point_rows[] = {
    VROW(VT_REAL, VdaControlPoint, x, "x", "RRR", COORD, NULL),
    VROW(VT_REAL, VdaControlPoint, y, "y", "RRR", COORD, NULL),
    VROW(VT_NUM, VdaControlPoint, weight, "weight", "OO-", GE0, NULL),
    VROW(VT_NUM, VdaControlPoint, weight, "weight", "--O", ANY, NULL),
};
static VTABLE(control_point_table, VdaControlPoint, control_point_rows);
static const VdaField trajectory_rows[] = {
    VROW(VT_INT, VdaTrajectory, degree, "degree", "RRO", GE1, NULL),
    VROW(VT_REALS, VdaTrajectory, knots, "knotVector", "RRO", UNIT, NULL),
    VROW(VT_LIST, VdaTrajectory, points, "controlPoints", "RRR", ANY, &control_point_table),
};
static VTABLE(trajectory_table, VdaTrajectory, trajectory_rows);

static const VdaField ellipse_rows[] = {
    VROW(VT_REAL, VdaEllipse, a, "a", "--R", GE0, NULL),
    VROW(VT_REAL, VdaEllipse, b, "b", "--R", GE0, NULL),
    VROW(VT_REAL, VdaEllipse, theta, "theta", "--R", HALF_PI, NULL),
};
static VTABLE(ellipse_table, VdaEllipse, ellipse_rows);
static const VdaField node_position_rows[] = {
    VROW(VT_REAL, VdaNodePosition, x, "x", "RRR", COORD, NULL),
    VROW(VT_REAL, VdaNodePosition, y, "y", "RRR", COORD, NULL),
    VROW(VT_NUM, VdaNodePosition, theta, "theta", "OOO", PI, NULL),
    VROW(VT_NUM, VdaNodePosition, deviation_xy, "allowedDeviationXY", "OO-", GE0, NULL),
    VROW(VT_PART, VdaNodePosition, deviation_ellipse, "allowedDeviationXY", "--O", ANY, &ellipse_table),
    VROW(VT_NUM, VdaNodePosition, deviation_theta, "allowedDeviationTheta", "OO-", PI_9, NULL),
    VROW(VT_NUM, VdaNodePosition, deviation_theta, "allowedDeviationTheta", "--O", PI_UP, NULL),
    VROW(VT_STR, VdaNodePosition, map_id, "mapId", "RRR", ANY, NULL),
    VROW(VT_STR, VdaNodePosition, map_description, "mapDescription", "OO-", ANY, NULL),
};
static VTABLE(node_position_table, VdaNodePosition, node_position_rows);
static const VdaField node_rows[] = {
    VROW(VT_STR, VdaNode, id, "nodeId", "RRR", ANY, NULL),
    VROW(VT_U32, VdaNode, sequence_id, "sequenceId", "RRR", ANY, NULL),
    VROW(VT_STR, VdaNode, description, "nodeDescription", "OO-", ANY, NULL),
    VROW(VT_STR, VdaNode, description, "nodeDescriptor", "--O", ANY, NULL),
    VROW(VT_BOOL, VdaNode, released, "released", "RRR", ANY, NULL),
    VROW(VT_PART, VdaNode, position, "nodePosition", "OOO", ANY, &node_position_table),
    VROW(VT_LIST, VdaNode, actions, "actions", "RRR", ANY, &action_table),
};
static VTABLE(node_table, VdaNode, node_rows);

static const VdaField corridor_rows[] = {
    VROW(VT_REAL, VdaCorridor, left_width, "leftWidth", "-RR", GE0, NULL),
    VROW(VT_REAL, VdaCorridor, right_width, "rightWidth", "-RR", GE0, NULL),
    VROW(VT_ENUM, VdaCorridor, ref, "corridorRefPoint", "-O-", ANY, &vda_corridor_ref_words),
    VROW(VT_ENUM, VdaCorridor, ref, "corridorReferencePoint", "--O", ANY, &vda_corridor_ref_words),
    VROW(VT_FLAG, VdaCorridor, release_required, "releaseRequired", "--O", ANY, NULL),
    VROW(VT_ENUM, VdaCorridor, release_loss, "releaseLossBehavior", "--O", ANY, &vda_corridor_loss_words),
};
static VTABLE(corridor_table, VdaCorridor, corridor_rows);
static const VdaField edge_rows[] = {
    VROW(VT_STR, VdaEdge, id, "edgeId", "RRR", ANY, NULL),
    VROW(VT_U32, VdaEdge, sequence_id, "sequenceId", "RRR", ANY, NULL),
    VROW(VT_STR, VdaEdge, description, "edgeDescription", "OO-", ANY, NULL),
    VROW(VT_STR, VdaEdge, description, "edgeDescriptor", "--O", ANY, NULL),
    VROW(VT_BOOL, VdaEdge, released, "released", "RRR", ANY, NULL),
    VROW(VT_STR, VdaEdge, start_node_id, "startNodeId", "RR-", ANY, NULL),
    VROW(VT_STR, VdaEdge, end_node_id, "endNodeId", "RR-", ANY, NULL),
    VROW(VT_NUM, VdaEdge, max_speed, "maxSpeed", "OO-", ANY, NULL),
    VROW(VT_NUM, VdaEdge, max_speed, "maximumSpeed", "--O", ANY, NULL),
    VROW(VT_NUM, VdaEdge, max_height, "maxHeight", "OO-", ANY, NULL),
    VROW(VT_NUM, VdaEdge, max_height, "maximumMobileRobotHeight", "--O", ANY, NULL),
    VROW(VT_NUM, VdaEdge, min_height, "minHeight", "OO-", ANY, NULL),
    VROW(VT_NUM, VdaEdge, min_height, "minimumLoadHandlingDeviceHeight", "--O", ANY, NULL),
    VROW(VT_NUM, VdaEdge, orientation, "orientation", "OOO", PI, NULL),
    VROW(VT_WORD, VdaEdge, orientation_type, "orientationType", "O-O", ANY, &vda_orientation_words),
    VROW(VT_STR, VdaEdge, orientation_type, "orientationType", "-O-", ANY, NULL),
    VROW(VT_STR, VdaEdge, direction, "direction", "OOO", ANY, NULL),
    VROW(VT_FLAG, VdaEdge, rotation_allowed, "rotationAllowed", "OO-", ANY, NULL),
    VROW(VT_FLAG, VdaEdge, reach_orientation_before, "reachOrientationBeforeEntering", "--O", ANY, NULL),
    VROW(VT_NUM, VdaEdge, max_rotation_speed, "maxRotationSpeed", "OOO", ANY, NULL),
    VROW(VT_NUM, VdaEdge, length, "length", "OOO", ANY, NULL),
    VROW(VT_PART, VdaEdge, trajectory, "trajectory", "OOO", ANY, &trajectory_table),
    VROW(VT_PART, VdaEdge, corridor, "corridor", "-OO", ANY, &corridor_table),
    VROW(VT_LIST, VdaEdge, actions, "actions", "RRR", ANY, &action_table),
};
static VTABLE(edge_table, VdaEdge, edge_rows);

static const VdaField order_rows[] = {
    VHEADER(VdaOrder, "RRR", "RRR"),
    VROW(VT_STR, VdaOrder, order_id, "orderId", "RRR", ANY, NULL),
    VROW(VT_U32, VdaOrder, update_id, "orderUpdateId", "RRR", ANY, NULL),
    VROW(VT_STR, VdaOrder, description, "orderDescription", "--O", ANY, NULL),
    VROW(VT_STR, VdaOrder, zone_set_id, "zoneSetId", "OO-", ANY, NULL),
    VROW(VT_LIST, VdaOrder, nodes, "nodes", "RRR", ANY, &node_table),
    VROW(VT_LIST, VdaOrder, edges, "edges", "RRR", ANY, &edge_table),
};
VTABLE(vda_order_table, VdaOrder, order_rows);

// ---- instantActions. 2.0: one of the two names, see vda_decode
static const VdaField instant_actions_rows[] = {
    VHEADER(VdaInstantActions, "RRR", "RRR"),
    VROW(VT_LIST, VdaInstantActions, actions, "instantActions", "O--", ANY, &instant_action_table),
    VROW(VT_LIST, VdaInstantActions, actions, "actions", "ORR", ANY, &instant_action_table),
};
VTABLE(vda_instant_actions_table, VdaInstantActions, instant_actions_rows);

static const VdaField connection_rows[] = {
    VHEADER(VdaConnection, "RRR", "RRR"),
    VROW(VT_ENUM, VdaConnection, state, "connectionState", "RRR", ANY, &vda_connection_words),
};
VTABLE(vda_connection_table, VdaConnection, connection_rows);

// ---- from 3.0
static const VdaField response_rows[] = {
    VROW(VT_STR, VdaResponse, request_id, "requestId", "--R", ANY, NULL),
    VROW(VT_ENUM, VdaResponse, grant, "grantType", "--R", ANY, &vda_grant_words),
    VROW(VT_STR, VdaResponse, lease_expiry, "leaseExpiry", "--O", ANY, NULL),
};
static VTABLE(response_table, VdaResponse, response_rows);
static const VdaField responses_rows[] = {
    VHEADER(VdaResponses, "--R", "--R"),
    VROW(VT_LIST, VdaResponses, responses, "responses", "--R", ANY, &response_table),
};
VTABLE(vda_responses_table, VdaResponses, responses_rows);

static const VdaField point_rows[] = {
    VROW(VT_REAL, VdaPoint, x, "x", "RRR", COORD, NULL),
    VROW(VT_REAL, VdaPoint, y, "y", "RRR", COORD, NULL),
};
VTABLE(vda_point_table, VdaPoint, point_rows);
static const VdaTable vertex_table = {point_rows, ARRAY_LEN(point_rows), sizeof(VdaPoint), 3, 0};
#define IN(zone) (1u << VDA_ZONE_##zone)
static const VdaField zone_rows[] = {
    VROW(VT_ENUM, VdaZone, type, "zoneType", "--R", ANY, &vda_zone_type_words),
    VROW(VT_STR, VdaZone, id, "zoneId", "--R", ANY, NULL),
    VROW(VT_STR, VdaZone, description, "zoneDescriptor", "--O", ANY, NULL),
    VROW(VT_LIST, VdaZone, vertices, "vertices", "--R", ANY, &vertex_table),
    VROW_WHEN(VT_ENUM, VdaZone, release_loss, "releaseLossBehavior", "--R", ANY, &vda_zone_loss_words, IN(RELEASE)),
    VROW_WHEN(VT_REAL, VdaZone, max_speed, "maximumSpeed", "--R", ANY, NULL, IN(SPEED_LIMIT)),
    VROW_WHEN(VT_LIST, VdaZone, entry_actions, "entryActions", "--R", ANY, &zone_action_table, IN(ACTION)),
    VROW_WHEN(VT_LIST, VdaZone, during_actions, "duringActions", "--R", ANY, &zone_action_table, IN(ACTION)),
    VROW_WHEN(VT_LIST, VdaZone, exit_actions, "exitActions", "--R", ANY, &zone_action_table, IN(ACTION)),
    VROW_WHEN(VT_REAL, VdaZone, factor, "priorityFactor", "--R", UNIT, NULL, IN(PRIORITY)),
    VROW_WHEN(VT_REAL, VdaZone, factor, "penaltyFactor", "--R", UNIT, NULL, IN(PENALTY)),
    VROW_WHEN(VT_REAL, VdaZone, direction, "direction", "--R", ANY, NULL, IN(DIRECTED) | IN(BIDIRECTED)),
    VROW_WHEN(VT_ENUM, VdaZone, limitation, "directedLimitation", "--R", ANY, &vda_directed_words, IN(DIRECTED)),
    VROW_WHEN(VT_ENUM, VdaZone, limitation, "bidirectedLimitation", "--R", ANY, &vda_bidirected_words, IN(BIDIRECTED)),
};
static const VdaTable zone_table = {zone_rows, ARRAY_LEN(zone_rows), sizeof(VdaZone), 0, 1};
static const VdaField zones_rows[] = {
    VROW(VT_STR, VdaZones, map_id, "mapId", "--R", ANY, NULL),
    VROW(VT_STR, VdaZones, zone_set_id, "zoneSetId", "--R", ANY, NULL),
    VROW(VT_STR, VdaZones, description, "zoneSetDescriptor", "--O", ANY, NULL),
    VROW(VT_LIST, VdaZones, zones, "zones", "--R", ANY, &zone_table),
};
static VTABLE(zones_table, VdaZones, zones_rows);
static const VdaField zone_set_rows[] = {
    VHEADER(VdaZoneSet, "--R", "--R"),
    VROW(VT_IN, VdaZoneSet, zone_set, "zoneSet", "--R", ANY, &zones_table),
};
VTABLE(vda_zone_set_table, VdaZoneSet, zone_set_rows);
