// Lay-outs of unmanned vehicles' roads as files.
#pragma once
#include "app.h"
#include "route/route_map.h"

// Reads and checks a lay-out; says on stderr what is wrong with it. *ret_doc (may be NULL) lives in `a`, and so do the
// map's texts. An exit status; the map is to be freed when it is 0.
int app_roads_open(const char *file, Arena *a, MapDoc **ret_doc, RouteMap **ret);
// "lanes=2,cranes=8,parks=24,chargers=8,corridor=2400,line=200,vehicle=16000": the usual numbers but for these.
bool app_roads_plan(const char *text, MapPlan *ret);
int app_roads_run(int argc, char **argv);
