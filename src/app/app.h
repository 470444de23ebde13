// The subcommands. Each gets its own argv[0] and returns the exit status: 0 done, 1 the answer is no, 2 bad usage or
// input, 3 the environment failed.
#pragma once
#include "base/base.h"
#include "wire/wire_hs.h"
#include "wire/wire_json.h"

int app_serve(int argc, char **argv);
int app_import(int argc, char **argv);
int app_journal(int argc, char **argv);
int app_bench(int argc, char **argv);
int app_token(int argc, char **argv);
int app_partner(int argc, char **argv);
int app_ephyto(int argc, char **argv);
int app_drive(int argc, char **argv);
int app_sim(int argc, char **argv);
int app_plan(int argc, char **argv);
int app_queue(int argc, char **argv);
int app_route(int argc, char **argv);
int app_roads(int argc, char **argv);
int app_fleet(int argc, char **argv);
int app_vehicles(int argc, char **argv);
int app_peer(int argc, char **argv);

// ---- options: "--name value" and "--flag". Every option must be known; what is no option is left in order.
typedef struct {
    const char *name;   // without the dashes
    const char **value; // set to the text, or to "" for a flag that is there
    bool flag;
} AppOption;
#define APP_ARGS_MAX 256
typedef struct {
    const char *arg[APP_ARGS_MAX];
    int n;
} AppArgs;
// False after printing what is wrong and `usage` on stderr.
bool app_options(int argc, char **argv, const AppOption *options, size_t n, const char *usage, AppArgs *ret_rest);
// "name=number", separated by commas; false at the first that is not so or that `set` does not know.
bool app_pairs(const char *text, uint64_t most, bool (*set)(void *ctx, Str name, uint32_t n), void *ctx);
bool app_number(const char *text, uint64_t max, uint64_t *ret);                  // digits only
int app_fail(Err e, const char *fmt, ...) __attribute__((format(printf, 2, 3))); // prints, returns the exit status

// ---- site files: DIR/site.json and what it "uses", merged into one bundle for one phase. `phase` NULL: as in the
// file. `extra`: more files whose lists are added (a tariff for a demonstration). Problems are told in ret_what.
Err app_site_bundle(const char *dir, const char *phase, const char *extra, Arena *a, Str *ret, Str *ret_what) MUST_USE;
// DIR/FILE with the files that it "uses" merged in, as one object.
Err app_json_files(const char *dir, const char *file, const char *extra, Arena *a, Json **ret, Str *ret_what) MUST_USE;
// schema/hs2022.txt and the like: looked for beside the program (../share, source tree) and in CUAKHAU_DATA.
bool app_data_path(const char *name, char *ret, size_t max);
Err app_load_hs(HsSet **ret) MUST_USE; // schema/hs2022.txt; hs_free() when done
