#include "app.h"

static const struct {
    const char *name;
    int (*run)(int argc, char **argv);
    const char *summary;
} commands[] = {
    {"serve", app_serve, "run the gate: HTTP API, journal, live events"},
    {"import", app_import, "send declarations from JSON, CSV or WCO XML files to a gate"},
    {"ephyto", app_ephyto, "read phytosanitary certificates, put them into a declaration"},
    {"partner", app_partner, "say a hand-over in WCO XML, CODECO or CUSRES, and read theirs"},
    {"drive", app_drive, "play a morning of traders, drivers and officers against a gate"},
    {"sim", app_sim, "run days of the twin: how many vehicles, how long they wait, what it costs and emits"},
    {"plan", app_plan, "find the cheapest lay-out for a target, compare phases, forecast, calibrate"},
    {"queue", app_queue, "simulate a queueing network, beside what theory knows of it"},
    {"route", app_route, "plan paths without conflicts for many agents on a grid"},
    {"roads", app_roads, "make, check, draw or try the roads of unmanned vehicles"},
    {"fleet", app_fleet, "drive unmanned vehicles over an MQTT broker by VDA 5050"},
    {"vehicles", app_vehicles, "virtual VDA 5050 vehicles on an MQTT broker"},
    {"peer", app_peer, "keys and certificates of the link to the other side: init, key, trust, revoke, show, keys"},
    {"journal", app_journal, "verify, dump, replay, rebuild, report on, prove or export a journal file"},
    {"token", app_token, "make a bearer token for a person or device"},
    {"bench", app_bench, "measure kernel, store, http, verification and more beside a baseline"},
};
static void usage(FILE *to) {
    fputs("usage: cuakhau COMMAND ...\n", to);
    for (size_t i = 0; i < ARRAY_LEN(commands); i++) fprintf(to, "  %-8s %s\n", commands[i].name, commands[i].summary);
}
int main(int argc, char **argv) {
    if (argc < 2) {
        usage(stderr);
        return 2;
    }
    if (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "help") == 0) {
        usage(stdout);
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(commands); i++)
        if (strcmp(argv[1], commands[i].name) == 0) return commands[i].run(argc - 1, argv + 1);
    fprintf(stderr, "cuakhau: unknown command %s\n", argv[1]);
    usage(stderr);
    return 2;
}
