#pragma once
#include "route_map.h"

void map_shape(RouteMap *m); // fills conf_begin and conf
