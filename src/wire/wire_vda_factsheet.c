// Tables of the factsheet. Columns of need: 2.0, 2.1, 3.0; see wire_vda_order.c. In 2.0.0 the parts are optional.
#include "wire_vda_internal.h"
#include <math.h>

static const VdaField type_rows[] = {
    VROW(VT_STR, VdaTypeSpecification, series_name, "seriesName", "RRR", ANY, NULL),
    VROW(VT_STR, VdaTypeSpecification, series_description, "seriesDescription", "OOO", ANY, NULL),
    VROW(VT_WORD, VdaTypeSpecification, kinematics, "agvKinematic", "RR-", ANY, &vda_kinematics_words),
    VROW(VT_STR, VdaTypeSpecification, kinematics, "mobileRobotKinematics", "--R", ANY, NULL),
    VROW(VT_WORD, VdaTypeSpecification, robot_class, "agvClass", "RR-", ANY, &vda_class_words),
    VROW(VT_STR, VdaTypeSpecification, robot_class, "mobileRobotClass", "--R", ANY, NULL),
    VROW(VT_REAL, VdaTypeSpecification, load_mass_max, "maxLoadMass", "RR-", GE0, NULL),
    VROW(VT_REAL, VdaTypeSpecification, load_mass_max, "maximumLoadMass", "--R", GE0, NULL),
    VROW(VT_STRS, VdaTypeSpecification, localization_types, "localizationTypes", "RR-", ANY, &vda_localization_words),
    VROW(VT_STRS, VdaTypeSpecification, localization_types, "localizationTypes", "--R", ANY, NULL),
    VROW(VT_STRS, VdaTypeSpecification, navigation_types, "navigationTypes", "RR-", ANY, &vda_navigation_words),
    VROW(VT_STRS, VdaTypeSpecification, navigation_types, "navigationTypes", "--R", ANY, NULL),
    VROW(VT_SET, VdaTypeSpecification, supported_zones, "supportedZones", "--O", ANY, &vda_zone_type_words),
};
static VTABLE(type_table, VdaTypeSpecification, type_rows);

static const VdaField physical_rows[] = {
    VROW(VT_REAL, VdaPhysical, speed_min, "speedMin", "RR-", ANY, NULL),
    VROW(VT_REAL, VdaPhysical, speed_min, "minimumSpeed", "--R", GE0, NULL),
    VROW(VT_REAL, VdaPhysical, speed_max, "speedMax", "RR-", ANY, NULL),
    VROW(VT_REAL, VdaPhysical, speed_max, "maximumSpeed", "--R", GE0, NULL),
    VROW(VT_NUM, VdaPhysical, angular_speed_min, "minimumAngularSpeed", "--O", GE0, NULL),
    VROW(VT_NUM, VdaPhysical, angular_speed_max, "maximumAngularSpeed", "--O", GE0, NULL),
    VROW(VT_REAL, VdaPhysical, acceleration_max, "accelerationMax", "RR-", ANY, NULL),
    VROW(VT_REAL, VdaPhysical, acceleration_max, "maximumAcceleration", "--R", GE0, NULL),
    VROW(VT_REAL, VdaPhysical, deceleration_max, "decelerationMax", "RR-", ANY, NULL),
    VROW(VT_REAL, VdaPhysical, deceleration_max, "maximumDeceleration", "--R", ANY, NULL),
    VROW(VT_NUM, VdaPhysical, height_min, "heightMin", "OO-", ANY, NULL),
    VROW(VT_NUM, VdaPhysical, height_min, "minimumHeight", "--R", ANY, NULL),
    VROW(VT_REAL, VdaPhysical, height_max, "heightMax", "RR-", ANY, NULL),
    VROW(VT_REAL, VdaPhysical, height_max, "maximumHeight", "--R", ANY, NULL),
    VROW(VT_REAL, VdaPhysical, width, "width", "RRR", ANY, NULL),
    VROW(VT_REAL, VdaPhysical, length, "length", "RRR", ANY, NULL),
};
static VTABLE(physical_table, VdaPhysical, physical_rows);

// ---- limits: the same members under two names, without bounds before 3.0
#define LIMIT(S, member, name2, name3)                                                                                 \
    VROW(VT_INT, S, member, name2, "OO-", ANY, NULL), VROW(VT_INT, S, member, name3, "--O", GE0, NULL)
static const VdaField string_rows[] = {
    LIMIT(VdaStringLimits, message, "msgLen", "maximumMessageLength"),
    LIMIT(VdaStringLimits, topic_serial, "topicSerialLen", "maximumTopicSerialLength"),
    LIMIT(VdaStringLimits, topic_element, "topicElemLen", "maximumTopicElementLength"),
    LIMIT(VdaStringLimits, id, "idLen", "maximumIdLength"),
    VROW(VT_FLAG, VdaStringLimits, id_numerical_only, "idNumericalOnly", "OOO", ANY, NULL),
    VROW(VT_INT, VdaStringLimits, enumeration, "enumLen", "OO-", ANY, NULL),
    LIMIT(VdaStringLimits, load_id, "loadIdLen", "maximumLoadIdLength"),
};
static VTABLE(string_table, VdaStringLimits, string_rows);
static const VdaField array_rows[] = {
    LIMIT(VdaArrayLimits, order_nodes, "order.nodes", "order.nodes"),
    LIMIT(VdaArrayLimits, order_edges, "order.edges", "order.edges"),
    LIMIT(VdaArrayLimits, node_actions, "node.actions", "node.actions"),
    LIMIT(VdaArrayLimits, edge_actions, "edge.actions", "edge.actions"),
    LIMIT(VdaArrayLimits, action_parameters, "actions.actionsParameters", "actions.actionsParameters"),
    LIMIT(VdaArrayLimits, instant_actions, "instantActions", "instantActions"),
    LIMIT(VdaArrayLimits, knots, "trajectory.knotVector", "trajectory.knotVector"),
    LIMIT(VdaArrayLimits, control_points, "trajectory.controlPoints", "trajectory.controlPoints"),
    VROW(VT_INT, VdaArrayLimits, zones, "zoneSet.zones", "--O", GE0, NULL),
    LIMIT(VdaArrayLimits, node_states, "state.nodeStates", "state.nodeStates"),
    LIMIT(VdaArrayLimits, edge_states, "state.edgeStates", "state.edgeStates"),
    LIMIT(VdaArrayLimits, loads, "state.loads", "state.loads"),
    LIMIT(VdaArrayLimits, action_states, "state.actionStates", "state.actionStates"),
    VROW(VT_INT, VdaArrayLimits, instant_action_states, "state.instantActionStates", "--O", GE0, NULL),
    VROW(VT_INT, VdaArrayLimits, zone_action_states, "state.zoneActionStates", "--O", GE0, NULL),
    LIMIT(VdaArrayLimits, errors, "state.errors", "state.errors"),
    LIMIT(VdaArrayLimits, information, "state.information", "state.information"),
    LIMIT(VdaArrayLimits, error_references, "error.errorReferences", "error.errorReferences"),
    LIMIT(VdaArrayLimits, info_references, "information.infoReferences", "information.infoReferences"),
};
static VTABLE(array_table, VdaArrayLimits, array_rows);
static const VdaField timing_rows[] = {
    VROW(VT_REAL, VdaTiming, order_interval_min, "minOrderInterval", "RR-", ANY, NULL),
    VROW(VT_REAL, VdaTiming, order_interval_min, "minimumOrderInterval", "--R", GE0, NULL),
    VROW(VT_REAL, VdaTiming, state_interval_min, "minStateInterval", "RR-", ANY, NULL),
    VROW(VT_REAL, VdaTiming, state_interval_min, "minimumStateInterval", "--R", GE0, NULL),
    VROW(VT_NUM, VdaTiming, state_interval_default, "defaultStateInterval", "OO-", ANY, NULL),
    VROW(VT_NUM, VdaTiming, state_interval_default, "defaultStateInterval", "--O", GE0, NULL),
    VROW(VT_NUM, VdaTiming, visualization_interval, "visualizationInterval", "OO-", ANY, NULL),
    VROW(VT_NUM, VdaTiming, visualization_interval, "visualizationInterval", "--O", GE0, NULL),
};
static VTABLE(timing_table, VdaTiming, timing_rows);
static const VdaField limits_rows[] = {
    VROW(VT_IN, VdaLimits, strings, "maxStringLens", "RR-", ANY, &string_table),
    VROW(VT_IN, VdaLimits, strings, "maximumStringLengths", "--R", ANY, &string_table),
    VROW(VT_IN, VdaLimits, arrays, "maxArrayLens", "RR-", ANY, &array_table),
    VROW(VT_IN, VdaLimits, arrays, "maximumArrayLengths", "--R", ANY, &array_table),
    VROW(VT_IN, VdaLimits, timing, "timing", "RRR", ANY, &timing_table),
};
static VTABLE(limits_table, VdaLimits, limits_rows);

// ---- what it can do
static const VdaField optional_rows[] = {
    VROW(VT_STR, VdaOptional, parameter, "parameter", "RRR", ANY, NULL),
    VROW(VT_ENUM, VdaOptional, support, "support", "RRR", ANY, &vda_support_words),
    VROW(VT_STR, VdaOptional, description, "description", "OOO", ANY, NULL),
};
static VTABLE(optional_table, VdaOptional, optional_rows);
static const VdaField parameter_spec_rows[] = {
    VROW(VT_STR, VdaParameterSpec, key, "key", "RRR", ANY, NULL),
    VROW(VT_WORD, VdaParameterSpec, data_type, "valueDataType", "RRR", ANY, &vda_data_type_words),
    VROW(VT_STR, VdaParameterSpec, description, "description", "OOO", ANY, NULL),
    VROW(VT_FLAG, VdaParameterSpec, optional, "isOptional", "OOO", ANY, NULL),
};
static VTABLE(parameter_spec_table, VdaParameterSpec, parameter_spec_rows);
static const VdaField action_spec_rows[] = {
    VROW(VT_STR, VdaActionSpec, type, "actionType", "RRR", ANY, NULL),
    VROW(VT_STR, VdaActionSpec, description, "actionDescription", "OOO", ANY, NULL),
    VROW(VT_SET, VdaActionSpec, scopes, "actionScopes", "RRR", ANY, &vda_scope_words),
    VROW(VT_LIST, VdaActionSpec, parameters, "actionParameters", "OOO", ANY, &parameter_spec_table),
    VROW(VT_STR, VdaActionSpec, result, "resultDescription", "OO-", ANY, NULL),
    VROW(VT_STR, VdaActionSpec, result, "actionResult", "--O", ANY, NULL),
    VROW(VT_SET, VdaActionSpec, blocking, "blockingTypes", "-OO", ANY, &vda_blocking_words),
    VROW(VT_BOOL, VdaActionSpec, pause_allowed, "pauseAllowed", "--R", ANY, NULL),
    VROW(VT_BOOL, VdaActionSpec, cancel_allowed, "cancelAllowed", "--R", ANY, NULL),
};
static VTABLE(action_spec_table, VdaActionSpec, action_spec_rows);
static const VdaField features_rows[] = {
    VROW(VT_LIST, VdaFeatures, optional, "optionalParameters", "RRR", ANY, &optional_table),
    VROW(VT_LIST, VdaFeatures, actions, "agvActions", "RR-", ANY, &action_spec_table),
    VROW(VT_LIST, VdaFeatures, actions, "mobileRobotActions", "--R", ANY, &action_spec_table),
};
static VTABLE(features_table, VdaFeatures, features_rows);

// ---- shape
static const VdaField wheel_position_rows[] = {
    VROW(VT_REAL, VdaWheelPosition, x, "x", "RRR", COORD, NULL),
    VROW(VT_REAL, VdaWheelPosition, y, "y", "RRR", COORD, NULL),
    VROW(VT_NUM, VdaWheelPosition, theta, "theta", "OOO", ANY, NULL),
};
static VTABLE(wheel_position_table, VdaWheelPosition, wheel_position_rows);
static const VdaField wheel_rows[] = {
    VROW(VT_WORD, VdaWheel, type, "type", "RR-", ANY, &vda_wheel_words),
    VROW(VT_STR, VdaWheel, type, "type", "--R", ANY, NULL),
    VROW(VT_BOOL, VdaWheel, driven, "isActiveDriven", "RRR", ANY, NULL),
    VROW(VT_BOOL, VdaWheel, steered, "isActiveSteered", "RRR", ANY, NULL),
    VROW(VT_IN, VdaWheel, position, "position", "RRR", ANY, &wheel_position_table),
    VROW(VT_REAL, VdaWheel, diameter, "diameter", "RRR", ANY, NULL),
    VROW(VT_REAL, VdaWheel, width, "width", "RRR", ANY, NULL),
    VROW(VT_NUM, VdaWheel, center_displacement, "centerDisplacement", "OOO", ANY, NULL),
    VROW(VT_STR, VdaWheel, constraints, "constraints", "OOO", ANY, NULL),
};
static VTABLE(wheel_table, VdaWheel, wheel_rows);
static const VdaField envelope_2d_rows[] = {
    VROW(VT_STR, VdaEnvelope2d, set, "set", "RR-", ANY, NULL),
    VROW(VT_STR, VdaEnvelope2d, set, "envelope2dId", "--R", ANY, NULL),
    VROW(VT_LIST, VdaEnvelope2d, points, "polygonPoints", "RR-", ANY, &vda_point_table),
    VROW(VT_LIST, VdaEnvelope2d, points, "vertices", "--R", ANY, &vda_point_table),
    VROW(VT_STR, VdaEnvelope2d, description, "description", "OOO", ANY, NULL),
};
static VTABLE(envelope_2d_table, VdaEnvelope2d, envelope_2d_rows);
static const VdaField envelope_3d_rows[] = {
    // the schemas before 3.0 take a number as description: not read
    VROW(VT_STR, VdaEnvelope3d, set, "set", "RR-", ANY, NULL),
    VROW(VT_STR, VdaEnvelope3d, set, "envelope3dId", "--R", ANY, NULL),
    VROW(VT_STR, VdaEnvelope3d, format, "format", "RRR", ANY, NULL),
    VROW(VT_OBJECT, VdaEnvelope3d, data, "data", "OOO", ANY, NULL),
    VROW(VT_STR, VdaEnvelope3d, url, "url", "OOO", ANY, NULL),
    VROW(VT_STR, VdaEnvelope3d, description, "description", "--O", ANY, NULL),
};
static VTABLE(envelope_3d_table, VdaEnvelope3d, envelope_3d_rows);
static const VdaField geometry_rows[] = {
    VROW(VT_LIST, VdaGeometry, wheels, "wheelDefinitions", "OOO", ANY, &wheel_table),
    VROW(VT_LIST, VdaGeometry, envelopes_2d, "envelopes2d", "OOO", ANY, &envelope_2d_table),
    VROW(VT_LIST, VdaGeometry, envelopes_3d, "envelopes3d", "OOO", ANY, &envelope_3d_table),
};
static VTABLE(geometry_table, VdaGeometry, geometry_rows);

// ---- loads
static const VdaField dimensions_rows[] = {
    VROW(VT_REAL, VdaDimensions, length, "length", "RRR", ANY, NULL),
    VROW(VT_REAL, VdaDimensions, width, "width", "RRR", ANY, NULL),
    VROW(VT_NUM, VdaDimensions, height, "height", "OOO", ANY, NULL),
};
static VTABLE(dimensions_table, VdaDimensions, dimensions_rows);
#define NUM_23(member, name2, name3, range3)                                                                           \
    VROW(VT_NUM, VdaLoadSet, member, name2, "OO-", ANY, NULL),                                                         \
        VROW(VT_NUM, VdaLoadSet, member, name3, "--O", range3, NULL)
static const VdaField load_set_rows[] = {
    // 2.0.0 spelt one member wrong, and took a number as description: not read
    VROW(VT_STR, VdaLoadSet, name, "setName", "RRR", ANY, NULL),
    VROW(VT_STR, VdaLoadSet, load_type, "loadType", "RRR", ANY, NULL),
    VROW(VT_STRS, VdaLoadSet, positions, "loadPositions", "OOO", ANY, NULL),
    VROW(VT_PART, VdaLoadSet, box, "boundingBoxReference", "OOO", ANY, &vda_box_table),
    VROW(VT_PART, VdaLoadSet, dimensions, "loadDimensions", "OOO", ANY, &dimensions_table),
    VROW(VT_NUM, VdaLoadSet, weight_max, "maxWeigth", "O--", ANY, NULL),
    NUM_23(weight_max, "maxWeight", "maximumWeight", GE0),
    NUM_23(handling_height_min, "minLoadhandlingHeight", "minimumLoadhandlingHeight", GE0),
    NUM_23(handling_height_max, "maxLoadhandlingHeight", "maximumLoadhandlingHeight", GE0),
    NUM_23(handling_depth_min, "minLoadhandlingDepth", "minimumLoadhandlingDepth", ANY),
    NUM_23(handling_depth_max, "maxLoadhandlingDepth", "maximumLoadhandlingDepth", ANY),
    NUM_23(handling_tilt_min, "minLoadhandlingTilt", "minimumLoadhandlingTilt", ANY),
    NUM_23(handling_tilt_max, "maxLoadhandlingTilt", "maximumLoadhandlingTilt", ANY),
    NUM_23(speed_max, "agvSpeedLimit", "maximumSpeed", GE0),
    NUM_23(acceleration_max, "agvAccelerationLimit", "maximumAcceleration", GE0),
    NUM_23(deceleration_max, "agvDecelerationLimit", "maximumDeceleration", ANY),
    NUM_23(pick_s, "pickTime", "pickTime", GE0),
    NUM_23(drop_s, "dropTime", "dropTime", GE0),
    VROW(VT_STR, VdaLoadSet, description, "description", "-OO", ANY, NULL),
};
static VTABLE(load_set_table, VdaLoadSet, load_set_rows);
static const VdaField loads_rows[] = {
    VROW(VT_STRS, VdaLoadSpecification, positions, "loadPositions", "OOO", ANY, NULL),
    VROW(VT_LIST, VdaLoadSpecification, sets, "loadSets", "OOO", ANY, &load_set_table),
};
static VTABLE(loads_table, VdaLoadSpecification, loads_rows);

// ---- how it is set up
static const VdaField network_rows[] = {
    VROW(VT_STRS, VdaNetwork, dns_servers, "dnsServers", "-OO", ANY, NULL),
    VROW(VT_STRS, VdaNetwork, ntp_servers, "ntpServers", "-OO", ANY, NULL),
    VROW(VT_STR, VdaNetwork, local_ip, "localIpAddress", "-OO", ANY, NULL),
    VROW(VT_STR, VdaNetwork, netmask, "netmask", "-OO", ANY, NULL),
    VROW(VT_STR, VdaNetwork, gateway, "defaultGateway", "-OO", ANY, NULL),
};
static VTABLE(network_table, VdaNetwork, network_rows);
static const VdaField charging_rows[] = {
    VROW(VT_NUM, VdaCharging, critical, "criticalLowChargingLevel", "--O", PERCENT, NULL),
    VROW(VT_NUM, VdaCharging, desired_min, "minimumDesiredChargingLevel", "--O", PERCENT, NULL),
    VROW(VT_NUM, VdaCharging, desired_max, "maximumDesiredChargingLevel", "--O", PERCENT, NULL),
    VROW(VT_NUM, VdaCharging, time_min, "minimumChargingTime", "--O", GE0, NULL),
};
static VTABLE(charging_table, VdaCharging, charging_rows);
static const VdaField key_value_rows[] = {
    VROW(VT_STR, VdaReference, key, "key", "-RR", ANY, NULL),
    VROW(VT_STR, VdaReference, value, "value", "-RR", ANY, NULL),
};
static VTABLE(key_value_table, VdaReference, key_value_rows);
static const VdaField configuration_rows[] = {
    VROW(VT_LIST, VdaConfiguration, versions, "versions", "-OO", ANY, &key_value_table),
    VROW(VT_PART, VdaConfiguration, network, "network", "-OO", ANY, &network_table),
    VROW(VT_PART, VdaConfiguration, charging, "batteryCharging", "--O", ANY, &charging_table),
};
static VTABLE(configuration_table, VdaConfiguration, configuration_rows);

static const VdaField factsheet_rows[] = {
    VHEADER(VdaFactsheet, "ROR", "RRR"),
    VROW(VT_PART, VdaFactsheet, type, "typeSpecification", "ORR", ANY, &type_table),
    VROW(VT_PART, VdaFactsheet, physical, "physicalParameters", "ORR", ANY, &physical_table),
    VROW(VT_PART, VdaFactsheet, limits, "protocolLimits", "ORR", ANY, &limits_table),
    VROW(VT_PART, VdaFactsheet, features, "protocolFeatures", "ORR", ANY, &features_table),
    VROW(VT_PART, VdaFactsheet, geometry, "agvGeometry", "OR-", ANY, &geometry_table),
    VROW(VT_PART, VdaFactsheet, geometry, "mobileRobotGeometry", "--R", ANY, &geometry_table),
    VROW(VT_PART, VdaFactsheet, loads, "loadSpecification", "ORR", ANY, &loads_table),
    VROW(VT_PART, VdaFactsheet, configuration, "vehicleConfig", "-O-", ANY, &configuration_table),
    VROW(VT_PART, VdaFactsheet, configuration, "mobileRobotConfiguration", "--O", ANY, &configuration_table),
};
VTABLE(vda_factsheet_table, VdaFactsheet, factsheet_rows);
