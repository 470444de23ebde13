// What `cuakhau fleet` and `cuakhau vehicles` share: roads, broker, vehicles, clock. And the fleet's file.
#pragma once
#include "app_roads.h"
#include "fleet/fleet_book.h"
#include "io/io_mqtt.h"
#include "wire/wire_json.h"

typedef struct {
    Str manufacturer, serial;
    VdaVersion version;
} FleetWho;
typedef struct {
    const char *roads, *make, *broker, *vehicles, *interface_name, *seconds, *speed_up, *epoch, *user, *password, *ca,
        *cert, *key, *json;
} FleetArgs;
#define FLEET_AIR_ARGS(a)                                                                                              \
    {"roads", &(a).roads, false}, {"broker", &(a).broker, false}, {"vehicles", &(a).vehicles, false},                  \
        {"interface", &(a).interface_name, false}, {"epoch", &(a).epoch, false}, {"user", &(a).user, false},           \
        {"password-file", &(a).password, false}, {"ca", &(a).ca, false}, {"cert", &(a).cert, false}, {                 \
        "key", &(a).key, false                                                                                         \
    }
#define FLEET_ARGS(a)                                                                                                  \
    FLEET_AIR_ARGS(a), {"make", &(a).make, false}, {"seconds", &(a).seconds, false},                                   \
        {"speed-up", &(a).speed_up, false}, {                                                                          \
        "json", &(a).json, true                                                                                        \
    }
#define FLEET_USAGE                                                                                                    \
    "--roads FILE | --make lanes=2,cranes=4,parks=8 --broker HOST:PORT --vehicles "                                    \
    "MANUFACTURER/SERIAL[@2.0|2.1|3.0],... [--seconds S] [--interface uagv] [--speed-up N [--epoch MS]] "              \
    "[--user NAME --password-file FILE] [--ca FILE [--cert FILE --key FILE]] [--json]"
typedef struct {
    Arena arena;
    RouteMap *map;
    IoMqttOpts mqtt; // all but callbacks, client id and last will
    FleetWho who[FLEET_VEHICLES_MAX];
    uint32_t n;
    Str interface_name;
    int64_t end_us; // by io_mono_us()
    Str trouble;    // said last
    bool json;
} AppFleet;
// An exit status; app_fleet_close() in any case. From then on io_now_ms() runs as --speed-up says, the same in all
// programs with the same epoch (midnight UTC unless given), and SIGTERM and SIGINT set app_fleet_stop.
int app_fleet_open(AppFleet *a, const FleetArgs *args);
// Says once why there is no connection. False: the broker refuses us as we are; what to change is said too.
bool app_fleet_link(AppFleet *a, const IoMqtt *m);
void app_fleet_close(AppFleet *a);
Fleet *app_fleet_control(const AppFleet *a, FleetPort port); // of its vehicles, in their order; the broker is not there
extern volatile int app_fleet_stop;
// "uagv/v2/KIT/0001/state" into ret; any: "+" for the major version.
void app_fleet_topic(const AppFleet *a, const FleetWho *w, VdaTopic t, bool any, char ret[VDA_TOPIC_MAX]);

// ---- the fleet's file: JSON lines of jobs and their steps, synced before anything is sent, shown or begun
typedef struct FleetFile FleetFile;
// Reads what is there and gives the jobs that are not over to the fleet again. What a crash left of a last line is cut
// off; any other line that is not good is ERR_CORRUPT. ERR_LOCKED: another controller has it. A long file is written
// anew, as short as can be. path NULL: no file.
Err fleet_file_open(const char *path, Fleet *f, Arena *a, int64_t now_ms, FleetFile **ret, Str *ret_what) MUST_USE;
void fleet_file_close(FleetFile *s);
const FleetBook *fleet_file_book(const FleetFile *s);
void fleet_file_job(FleetFile *s, const FleetJob *j, int64_t now_ms);
void fleet_file_step(FleetFile *s, uint32_t job, FleetStep step, Str vehicle, int64_t now_ms);
void fleet_file_withdraw(FleetFile *s, uint32_t job, int64_t now_ms);
Err fleet_file_sync(FleetFile *s) MUST_USE; // when it fails nothing more may be sent
extern const FieldTable fleet_job_fields;   // {"id":1,"from":"own","fit":["reefer"],"priority":1,"box":"..."}

// ---- what operators say: {"pause":"igv-1"}, {"resume":"igv-1","by":"officer-3"}, {"withdraw":7}, {"stop":"fleet"} ...
typedef struct {
    const char *word;        // of the command
    const char *field, *why; // NULL: done; else which member is wrong and what would do
    Err failed;              // of the file
} FleetAnswer;
// False: it is no command. The answer lives in `a`.
bool fleet_tell(Fleet *f, const RouteMap *m, FleetFile *file, const Json *json, Arena *a, int64_t now_ms,
                FleetAnswer *ret);
