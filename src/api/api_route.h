// Routes: the tables made from schema/openapi.yaml and the match of a path against them.
#pragma once
#include "api_gen.h"
#include "api_schema.h"

#define API_SEGMENTS_MAX 8
#define API_PARAMS_MAX   12
typedef enum { API_GET, API_PUT, API_POST, API_DELETE, API_METHOD_COUNT } ApiMethod;
typedef enum { API_IN_PATH, API_IN_QUERY, API_IN_HEADER } ApiPlace;
typedef struct {
    const char *name;
    uint32_t n;
    uint8_t place; // ApiPlace
    bool required;
    uint16_t node;
} ApiParam;
typedef struct {
    const char *text; // NULL: a path parameter
    uint32_t n;
    uint8_t param; // its number within the route's parameters
} ApiSegment;
typedef struct {
    const char *id, *path;
    uint8_t method; // ApiMethod
    uint8_t op;     // ApiOp
    uint32_t roles; // bits of Role; deny by default
    bool is_public;
    uint8_t input; // InputKind, IN_NONE for queries
    int32_t body;  // schema node, -1 = none
    bool body_required;
    uint16_t params_from, params_n;
    uint32_t segments_n;
    ApiSegment segments[API_SEGMENTS_MAX];
} ApiRoute;
extern const ApiParam api_params[];
extern const ApiRoute api_routes[OP_COUNT];
extern const char api_openapi_json[];
extern const size_t api_openapi_json_n;

// HEAD counts as GET. Returns the route, or NULL; then ret_allowed has the bits of the methods that the path takes (0 =
// unknown path).
const ApiRoute *api_route_find(Str method, Str path, Str ret_params[API_PARAMS_MAX], uint32_t *ret_allowed);
const char *api_method_name(ApiMethod m);
