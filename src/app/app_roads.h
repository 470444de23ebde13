// Lay-outs of unmanned vehicles' roads as files.
#pragma once
#include "app.h"
#include "route/route_map.h"

// Reads and checks a lay-out; says on stderr what is wrong with it. *ret_doc (may be NULL) lives in `a`, and so do the
// map's texts. An exit status; the map is to be freed when it is 0.
int app_roads_open(const char *file, Arena *a, MapDoc **ret_doc, RouteMap **ret);
// "lanes=2,cranes=8,parks=24,chargers=8,corridor=2400,line=200,vehicle=16000": the usual numbers but for these.
bool app_roads_plan(const char *text, MapPlan *ret);
#define ROADS_TEXT_MAX (16u << 20)
// JSON in lines: a new one behind commas that are as deep as a bit of `commas` says, and behind a [ that opens
// `bracket`.
void app_roads_lines(Str json, uint32_t commas, uint32_t bracket, Buf *b);
void app_roads_write(const MapDoc *d, Buf *b);                   // as a file, a node or an edge a line
int app_roads_problems(const char *file, const MapProblems *ps); // on stderr; the exit status for them
int app_roads_export(int argc, char **argv);
int app_roads_import(int argc, char **argv);
int app_roads_run(int argc, char **argv);
