// Tables of state and visualization. Columns of need: 2.0, 2.1, 3.0; see wire_vda_order.c.
#include "wire_vda_internal.h"
#include <math.h>

// As in an order, but before 3.0 without bounds.
static const VdaField control_point_rows[] = {
    VROW(VT_REAL, VdaControlPoint, x, "x", "RRR", COORD, NULL),
    VROW(VT_REAL, VdaControlPoint, y, "y", "RRR", COORD, NULL),
    VROW(VT_NUM, VdaControlPoint, weight, "weight", "OOO", ANY, NULL),
};
static VTABLE(control_point_table, VdaControlPoint, control_point_rows);
static const VdaField trajectory_rows[] = {
    VROW(VT_INT, VdaTrajectory, degree, "degree", "RR-", ANY, NULL),
    VROW(VT_INT, VdaTrajectory, degree, "degree", "--O", GE1, NULL),
    VROW(VT_REALS, VdaTrajectory, knots, "knotVector", "RRO", UNIT, NULL),
    VROW(VT_LIST, VdaTrajectory, points, "controlPoints", "RRR", ANY, &control_point_table),
};
static VTABLE(trajectory_table, VdaTrajectory, trajectory_rows);

static const VdaField node_position_rows[] = {
    VROW(VT_REAL, VdaNodePosition, x, "x", "RRR", COORD, NULL),
    VROW(VT_REAL, VdaNodePosition, y, "y", "RRR", COORD, NULL),
    VROW(VT_NUM, VdaNodePosition, theta, "theta", "OO-", ANY, NULL),
    VROW(VT_NUM, VdaNodePosition, theta, "theta", "--O", PI, NULL),
    VROW(VT_STR, VdaNodePosition, map_id, "mapId", "RRR", ANY, NULL),
};
static VTABLE(node_position_table, VdaNodePosition, node_position_rows);
static const VdaField node_state_rows[] = {
    VROW(VT_STR, VdaNodeState, id, "nodeId", "RRR", ANY, NULL),
    VROW(VT_U32, VdaNodeState, sequence_id, "sequenceId", "RRR", ANY, NULL),
    VROW(VT_STR, VdaNodeState, description, "nodeDescription", "OO-", ANY, NULL),
    VROW(VT_STR, VdaNodeState, description, "nodeDescriptor", "--O", ANY, NULL),
    VROW(VT_BOOL, VdaNodeState, released, "released", "RRR", ANY, NULL),
    VROW(VT_PART, VdaNodeState, position, "nodePosition", "OOO", ANY, &node_position_table),
};
static VTABLE(node_state_table, VdaNodeState, node_state_rows);
static const VdaField edge_state_rows[] = {
    VROW(VT_STR, VdaEdgeState, id, "edgeId", "RRR", ANY, NULL),
    VROW(VT_U32, VdaEdgeState, sequence_id, "sequenceId", "RRR", ANY, NULL),
    VROW(VT_STR, VdaEdgeState, description, "edgeDescription", "OO-", ANY, NULL),
    VROW(VT_STR, VdaEdgeState, description, "edgeDescriptor", "--O", ANY, NULL),
    VROW(VT_BOOL, VdaEdgeState, released, "released", "RRR", ANY, NULL),
    VROW(VT_PART, VdaEdgeState, trajectory, "trajectory", "OOO", ANY, &trajectory_table),
};
static VTABLE(edge_state_table, VdaEdgeState, edge_state_rows);

// ---- where it is and what it carries
static const VdaField position_rows[] = {
    VROW(VT_REAL, VdaPosition, x, "x", "RRR", COORD, NULL),
    VROW(VT_REAL, VdaPosition, y, "y", "RRR", COORD, NULL),
    VROW(VT_REAL, VdaPosition, theta, "theta", "RR-", ANY, NULL),
    VROW(VT_REAL, VdaPosition, theta, "theta", "--R", PI, NULL),
    VROW(VT_STR, VdaPosition, map_id, "mapId", "RRR", ANY, NULL),
    VROW(VT_STR, VdaPosition, map_description, "mapDescription", "OO-", ANY, NULL),
    VROW(VT_BOOL, VdaPosition, initialized, "positionInitialized", "RR-", ANY, NULL),
    VROW(VT_BOOL, VdaPosition, initialized, "localized", "--R", ANY, NULL),
    VROW(VT_NUM, VdaPosition, score, "localizationScore", "OOO", UNIT, NULL),
    VROW(VT_NUM, VdaPosition, deviation, "deviationRange", "OO-", ANY, NULL),
    VROW(VT_NUM, VdaPosition, deviation, "deviationRange", "--O", GE0, NULL),
};
static VTABLE(position_table, VdaPosition, position_rows);
static const VdaField velocity_rows[] = {
    VROW(VT_NUM, VdaVelocity, vx, "vx", "OOO", ANY, NULL),
    VROW(VT_NUM, VdaVelocity, vy, "vy", "OOO", ANY, NULL),
    VROW(VT_NUM, VdaVelocity, omega, "omega", "OOO", ANY, NULL),
};
static VTABLE(velocity_table, VdaVelocity, velocity_rows);
static const VdaField box_rows[] = {
    VROW(VT_REAL, VdaBoxReference, x, "x", "RRR", COORD, NULL),
    VROW(VT_REAL, VdaBoxReference, y, "y", "RRR", COORD, NULL),
    VROW(VT_REAL, VdaBoxReference, z, "z", "RRR", COORD, NULL),
    VROW(VT_NUM, VdaBoxReference, theta, "theta", "OOO", ANY, NULL),
};
VTABLE(vda_box_table, VdaBoxReference, box_rows);
static const VdaField dimensions_rows[] = {
    VROW(VT_REAL, VdaDimensions, length, "length", "RR-", ANY, NULL),
    VROW(VT_REAL, VdaDimensions, length, "length", "--R", GE0, NULL),
    VROW(VT_REAL, VdaDimensions, width, "width", "RR-", ANY, NULL),
    VROW(VT_REAL, VdaDimensions, width, "width", "--R", GE0, NULL),
    VROW(VT_NUM, VdaDimensions, height, "height", "OO-", ANY, NULL),
    VROW(VT_NUM, VdaDimensions, height, "height", "--O", GE0, NULL),
};
static VTABLE(dimensions_table, VdaDimensions, dimensions_rows);
static const VdaField load_rows[] = {
    VROW(VT_STR, VdaLoad, id, "loadId", "OOO", ANY, NULL),
    VROW(VT_STR, VdaLoad, type, "loadType", "OOO", ANY, NULL),
    VROW(VT_STR, VdaLoad, position, "loadPosition", "OOO", ANY, NULL),
    VROW(VT_PART, VdaLoad, box, "boundingBoxReference", "OOO", ANY, &vda_box_table),
    VROW(VT_PART, VdaLoad, dimensions, "loadDimensions", "OOO", ANY, &dimensions_table),
    VROW(VT_NUM, VdaLoad, weight, "weight", "OOO", GE0, NULL),
};
static VTABLE(load_table, VdaLoad, load_rows);

// ---- how it is
static const VdaField action_state_rows[] = {
    VROW(VT_STR, VdaActionState, id, "actionId", "RRR", ANY, NULL),
    VROW(VT_STR, VdaActionState, type, "actionType", "OOO", ANY, NULL),
    VROW(VT_STR, VdaActionState, description, "actionDescription", "OO-", ANY, NULL),
    VROW(VT_STR, VdaActionState, description, "actionDescriptor", "--O", ANY, NULL),
    VROW(VT_ENUM, VdaActionState, status, "actionStatus", "RRR", ANY, &vda_action_status_words),
    VROW(VT_STR, VdaActionState, result, "resultDescription", "OO-", ANY, NULL),
    VROW(VT_STR, VdaActionState, result, "actionResult", "--O", ANY, NULL),
};
static VTABLE(action_state_table, VdaActionState, action_state_rows);
static const VdaField battery_rows[] = {
    VROW(VT_REAL, VdaBattery, charge, "batteryCharge", "RR-", ANY, NULL),
    VROW(VT_REAL, VdaBattery, charge, "stateOfCharge", "--R", PERCENT, NULL),
    VROW(VT_NUM, VdaBattery, voltage, "batteryVoltage", "OOO", ANY, NULL),
    VROW(VT_NUM, VdaBattery, current, "batteryCurrent", "--O", ANY, NULL),
    VROW(VT_NUM, VdaBattery, health, "batteryHealth", "OOO", PERCENT, NULL),
    VROW(VT_BOOL, VdaBattery, charging, "charging", "RRR", ANY, NULL),
    VROW(VT_NUM, VdaBattery, reach, "reach", "OO-", GE0, NULL),
    VROW(VT_NUM, VdaBattery, reach, "range", "--O", GE0, NULL),
};
static VTABLE(battery_table, VdaBattery, battery_rows);
static const VdaField reference_rows[] = {
    VROW(VT_STR, VdaReference, key, "referenceKey", "RRR", ANY, NULL),
    VROW(VT_STR, VdaReference, value, "referenceValue", "RRR", ANY, NULL),
};
static VTABLE(reference_table, VdaReference, reference_rows);
static const VdaField translation_rows[] = {
    VROW(VT_STR, VdaTranslation, key, "translationKey", "--R", ANY, NULL),
    VROW(VT_STR, VdaTranslation, value, "translationValue", "--R", ANY, NULL),
};
static VTABLE(translation_table, VdaTranslation, translation_rows);
static const VdaField error_rows[] = {
    VROW(VT_STR, VdaError, type, "errorType", "RRR", ANY, NULL),
    VROW(VT_ENUM, VdaError, level, "errorLevel", "RRR", ANY, &vda_error_level_words),
    VROW(VT_LIST, VdaError, references, "errorReferences", "OOO", ANY, &reference_table),
    VROW(VT_STR, VdaError, description, "errorDescription", "OOO", ANY, NULL),
    VROW(VT_LIST, VdaError, description_translations, "errorDescriptionTranslations", "--O", ANY, &translation_table),
    VROW(VT_STR, VdaError, hint, "errorHint", "-OO", ANY, NULL),
    VROW(VT_LIST, VdaError, hint_translations, "errorHintTranslations", "--O", ANY, &translation_table),
};
static VTABLE(error_table, VdaError, error_rows);
static const VdaField info_rows[] = {
    VROW(VT_STR, VdaInfo, type, "infoType", "RRR", ANY, NULL),
    VROW(VT_ENUM, VdaInfo, level, "infoLevel", "RRR", ANY, &vda_info_level_words),
    VROW(VT_LIST, VdaInfo, references, "infoReferences", "OOO", ANY, &reference_table),
    VROW(VT_STR, VdaInfo, description, "infoDescription", "OO-", ANY, NULL),
    VROW(VT_STR, VdaInfo, description, "infoDescriptor", "--O", ANY, NULL),
};
static VTABLE(info_table, VdaInfo, info_rows);
static const VdaField safety_rows[] = {
    VROW(VT_ENUM, VdaSafety, e_stop, "eStop", "RR-", ANY, &vda_e_stop_words),
    VROW(VT_ENUM, VdaSafety, e_stop, "activeEmergencyStop", "--R", ANY, &vda_e_stop_words),
    VROW(VT_BOOL, VdaSafety, field_violation, "fieldViolation", "RRR", ANY, NULL),
};
static VTABLE(safety_table, VdaSafety, safety_rows);

// ---- maps, zones, plans
static const VdaField map_rows[] = {
    VROW(VT_STR, VdaMap, map_id, "mapId", "-RR", ANY, NULL),
    VROW(VT_STR, VdaMap, version, "mapVersion", "-RR", ANY, NULL),
    VROW(VT_STR, VdaMap, description, "mapDescription", "-O-", ANY, NULL),
    VROW(VT_STR, VdaMap, description, "mapDescriptor", "--O", ANY, NULL),
    VROW(VT_ENUM, VdaMap, status, "mapStatus", "-RR", ANY, &vda_enabled_words),
};
static VTABLE(map_table, VdaMap, map_rows);
static const VdaField zone_set_rows[] = {
    VROW(VT_STR, VdaZoneSetState, zone_set_id, "zoneSetId", "--R", ANY, NULL),
    VROW(VT_STR, VdaZoneSetState, map_id, "mapId", "--R", ANY, NULL),
    VROW(VT_ENUM, VdaZoneSetState, status, "zoneSetStatus", "--R", ANY, &vda_enabled_words),
};
static VTABLE(zone_set_table, VdaZoneSetState, zone_set_rows);
static const VdaField planned_path_rows[] = {
    VROW(VT_IN, VdaPlannedPath, trajectory, "trajectory", "--R", ANY, &trajectory_table),
    VROW(VT_STRS, VdaPlannedPath, traversed_nodes, "traversedNodes", "--O", ANY, NULL),
};
static VTABLE(planned_path_table, VdaPlannedPath, planned_path_rows);
static const VdaField path_point_rows[] = {
    VROW(VT_REAL, VdaPathPoint, x, "x", "--R", COORD, NULL),
    VROW(VT_REAL, VdaPathPoint, y, "y", "--R", COORD, NULL),
    VROW(VT_NUM, VdaPathPoint, theta, "theta", "--O", PI, NULL),
    VROW(VT_STR, VdaPathPoint, eta, "eta", "--R", ANY, NULL),
};
static VTABLE(path_point_table, VdaPathPoint, path_point_rows);
static const VdaField intermediate_path_rows[] = {
    VROW(VT_LIST, VdaIntermediatePath, points, "polyline", "--R", ANY, &path_point_table),
};
static VTABLE(intermediate_path_table, VdaIntermediatePath, intermediate_path_rows);
static const VdaField zone_request_rows[] = {
    VROW(VT_STR, VdaZoneRequest, request_id, "requestId", "--R", ANY, NULL),
    VROW(VT_ENUM, VdaZoneRequest, type, "requestType", "--R", ANY, &vda_zone_request_words),
    VROW(VT_STR, VdaZoneRequest, zone_id, "zoneId", "--R", ANY, NULL),
    VROW(VT_STR, VdaZoneRequest, zone_set_id, "zoneSetId", "--R", ANY, NULL),
    VROW(VT_ENUM, VdaZoneRequest, status, "requestStatus", "--R", ANY, &vda_request_status_words),
    VROW(VT_PART, VdaZoneRequest, trajectory, "trajectory", "--O", ANY, &trajectory_table),
};
static VTABLE(zone_request_table, VdaZoneRequest, zone_request_rows);
static const VdaField edge_request_rows[] = {
    VROW(VT_STR, VdaEdgeRequest, request_id, "requestId", "--R", ANY, NULL),
    VROW(VT_ENUM, VdaEdgeRequest, type, "requestType", "--R", ANY, &vda_edge_request_words),
    VROW(VT_STR, VdaEdgeRequest, edge_id, "edgeId", "--R", ANY, NULL),
    VROW(VT_U32, VdaEdgeRequest, sequence_id, "sequenceId", "--R", ANY, NULL),
    VROW(VT_ENUM, VdaEdgeRequest, status, "requestStatus", "--R", ANY, &vda_request_status_words),
};
static VTABLE(edge_request_table, VdaEdgeRequest, edge_request_rows);

// ---- the messages
static const VdaField state_rows[] = {
    VHEADER(VdaState, "RRR", "RRR"),
    VROW(VT_LIST, VdaState, maps, "maps", "-OO", ANY, &map_table),
    VROW(VT_LIST, VdaState, zone_sets, "zoneSets", "--O", ANY, &zone_set_table),
    VROW(VT_STR, VdaState, order_id, "orderId", "RRR", ANY, NULL),
    VROW(VT_U32, VdaState, update_id, "orderUpdateId", "RRR", ANY, NULL),
    VROW(VT_STR, VdaState, zone_set_id, "zoneSetId", "OO-", ANY, NULL),
    VROW(VT_STR, VdaState, last_node_id, "lastNodeId", "RRR", ANY, NULL),
    VROW(VT_U32, VdaState, last_node_sequence_id, "lastNodeSequenceId", "RRR", ANY, NULL),
    VROW(VT_BOOL, VdaState, driving, "driving", "RRR", ANY, NULL),
    VROW(VT_FLAG, VdaState, paused, "paused", "OOO", ANY, NULL),
    VROW(VT_FLAG, VdaState, new_base_request, "newBaseRequest", "OOO", ANY, NULL),
    VROW(VT_NUM, VdaState, distance_since_last_node, "distanceSinceLastNode", "OOO", ANY, NULL),
    VROW(VT_ENUM, VdaState, mode, "operatingMode", "RRR", ANY, &vda_mode_words),
    VROW(VT_LIST, VdaState, node_states, "nodeStates", "RRR", ANY, &node_state_table),
    VROW(VT_LIST, VdaState, edge_states, "edgeStates", "RRR", ANY, &edge_state_table),
    VROW(VT_PART, VdaState, planned_path, "plannedPath", "--O", ANY, &planned_path_table),
    VROW(VT_PART, VdaState, intermediate_path, "intermediatePath", "--O", ANY, &intermediate_path_table),
    VROW(VT_PART, VdaState, position, "agvPosition", "OO-", ANY, &position_table),
    VROW(VT_PART, VdaState, position, "mobileRobotPosition", "--O", ANY, &position_table),
    VROW(VT_PART, VdaState, velocity, "velocity", "OOO", ANY, &velocity_table),
    VROW(VT_LIST, VdaState, loads, "loads", "OOO", ANY, &load_table),
    VROW(VT_LIST, VdaState, zone_requests, "zoneRequests", "--O", ANY, &zone_request_table),
    VROW(VT_LIST, VdaState, edge_requests, "edgeRequests", "--O", ANY, &edge_request_table),
    VROW(VT_LIST, VdaState, action_states, "actionStates", "RRR", ANY, &action_state_table),
    VROW(VT_LIST, VdaState, instant_action_states, "instantActionStates", "--R", ANY, &action_state_table),
    VROW(VT_LIST, VdaState, zone_action_states, "zoneActionStates", "--O", ANY, &action_state_table),
    VROW(VT_IN, VdaState, battery, "batteryState", "RR-", ANY, &battery_table),
    VROW(VT_IN, VdaState, battery, "powerSupply", "--R", ANY, &battery_table),
    VROW(VT_LIST, VdaState, errors, "errors", "RRR", ANY, &error_table),
    VROW(VT_LIST, VdaState, information, "information", "OOO", ANY, &info_table),
    VROW(VT_IN, VdaState, safety, "safetyState", "RRR", ANY, &safety_table),
};
VTABLE(vda_state_table, VdaState, state_rows);

static const VdaField visualization_rows[] = {
    VHEADER(VdaVisualization, "OOR", "OOR"),
    VROW(VT_U32, VdaVisualization, reference_state_header_id, "referenceStateHeaderId", "--R", ANY, NULL),
    VROW(VT_PART, VdaVisualization, planned_path, "plannedPath", "--O", ANY, &planned_path_table),
    VROW(VT_PART, VdaVisualization, intermediate_path, "intermediatePath", "--O", ANY, &intermediate_path_table),
    VROW(VT_PART, VdaVisualization, position, "agvPosition", "OO-", ANY, &position_table),
    VROW(VT_PART, VdaVisualization, position, "mobileRobotPosition", "--O", ANY, &position_table),
    VROW(VT_PART, VdaVisualization, velocity, "velocity", "OOO", ANY, &velocity_table),
};
VTABLE(vda_visualization_table, VdaVisualization, visualization_rows);
