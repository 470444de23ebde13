#include "app_sim.h"

DesInterval sim_at(const SimResult *r, size_t offset) {
    return plan_interval(r->outs, r->n, offset);
}
uint32_t sim_stations(const SimResult *r) {
    uint32_t lanes = 0;
    for (uint8_t l = 0; l < r->site->lanes; l++) lanes += r->site->lane_built[l];
    return MIN(r->t->doc->stations.n + lanes, (uint32_t)PLAN_STATIONS_MAX);
}
Str sim_station_name(const SimResult *r, uint32_t i, char *buf, size_t max) {
    const TwinStation *st = r->t->doc->stations.items;
    int n = 0;
    if (i < r->t->doc->stations.n) {
        n = snprintf(buf, max, STR_F "%s" STR_F, STR_A(st[i].id), st[i].road.n ? " " : "", STR_A(st[i].road));
    } else {
        uint32_t at = r->t->doc->stations.n;
        for (uint8_t l = 0; l < r->site->lanes; l++)
            if (r->site->lane_built[l] && at++ == i) n = snprintf(buf, max, "lane " STR_F, STR_A(r->site->lane[l].id));
    }
    return (Str){buf, (size_t)n};
}
static void put(FILE *to, const SimResult *r, size_t offset, int width, int digits) {
    DesInterval v = sim_at(r, offset);
    char t[48];
    if (isfinite(v.half))
        (void)snprintf(t, sizeof t, "%.*f ±%.*f", digits, v.mean, digits, v.half);
    else
        (void)snprintf(t, sizeof t, "%.*f", digits, v.mean);
    fprintf(to, " %*s", width + (isfinite(v.half) ? 1 : 0), t); // ± takes two bytes
}
static void flow_row(FILE *to, const SimResult *r, const char *name, size_t at) {
    fprintf(to, "%-14s", name);
    put(to, r, at + offsetof(PlanFlow, passed), 16, 1);
    put(to, r, at + offsetof(PlanFlow, wait_mean), 13, 1), put(to, r, at + offsetof(PlanFlow, wait_p50), 13, 1);
    put(to, r, at + offsetof(PlanFlow, wait_p95), 15, 1), put(to, r, at + offsetof(PlanFlow, wait_p99), 15, 1);
    put(to, r, at + offsetof(PlanFlow, stay_mean), 14, 1);
    fprintf(to, "\n");
}
static void flows(FILE *to, const SimResult *r) {
    const TwinFlow *f = r->t->doc->flows.items;
    char name[64];
    fprintf(to, "%-14s %16s %13s %13s %15s %15s %14s\n", "", "vehicles/day", "wait mean", "wait P50", "wait P95",
            "wait P99", "stay mean");
    for (uint32_t i = 0; i < r->t->doc->flows.n; i++) {
        if (sim_at(r, PLAN_AT(flow[i].arrived)).mean == 0) continue;
        snprintf(name, sizeof name, STR_F, STR_A(f[i].id));
        flow_row(to, r, name, PLAN_AT(flow) + i * sizeof(PlanFlow));
    }
    for (uint32_t i = 0; i < r->site->roads; i++) {
        snprintf(name, sizeof name, "road " STR_F, STR_A(r->site->road[i].id));
        flow_row(to, r, name, PLAN_AT(road) + i * sizeof(PlanFlow));
    }
    flow_row(to, r, "both roads", PLAN_AT(all));
}
static void stations(FILE *to, const SimResult *r) {
    fprintf(to, "\n%-20s %5s %14s %13s %14s %12s %9s\n", "station", "n", "used", "wait mean", "wait P95", "queue",
            "most");
    for (uint32_t i = 0; i < sim_stations(r); i++) {
        char name[64];
        size_t at = PLAN_AT(station) + i * sizeof(PlanStation);
        if (sim_at(r, at + offsetof(PlanStation, served)).mean == 0) continue;
        fprintf(to, "%-20.*s %5.0f", STR_A(sim_station_name(r, i, name, sizeof name)),
                sim_at(r, at + offsetof(PlanStation, n)).mean);
        put(to, r, at + offsetof(PlanStation, utilisation), 14, 2),
            put(to, r, at + offsetof(PlanStation, wait_mean), 13, 2);
        put(to, r, at + offsetof(PlanStation, wait_p95), 14, 1),
            put(to, r, at + offsetof(PlanStation, queue_mean), 12, 2);
        fprintf(to, " %8.0f\n", sim_at(r, at + offsetof(PlanStation, queue_max)).mean);
    }
}
static void fleets(FILE *to, const SimResult *r) {
    for (uint32_t i = 0; i < r->site->roads; i++) {
        if (sim_at(r, PLAN_AT(fleet[i].vehicles)).mean == 0) continue;
        fprintf(to, "\nunmanned vehicles of road " STR_F ": %.0f; boxes a day", STR_A(r->site->road[i].id),
                sim_at(r, PLAN_AT(fleet[i].vehicles)).mean);
        put(to, r, PLAN_AT(fleet[i].done), 0, 1);
        fprintf(to, ", wait for a vehicle"), put(to, r, PLAN_AT(fleet[i].wait_min), 0, 1);
        fprintf(to, " min, carried in"), put(to, r, PLAN_AT(fleet[i].cycle_min), 0, 1);
        fprintf(to, " min; km a day"), put(to, r, PLAN_AT(fleet[i].km), 0, 0);
        fprintf(to, ", laden"), put(to, r, PLAN_AT(fleet[i].laden_share), 0, 2);
        fprintf(to, "; bodies met %.0f times\n", sim_at(r, PLAN_AT(fleet[i].collisions)).mean);
    }
}
static void stages(FILE *to, const SimResult *r) {
    fprintf(to, "\n%-34s %14s %9s %16s %9s   (minutes)\n", "stage", "to taken, mean", "P95", "to decided, mean", "P95");
    for (uint32_t i = 0; i < r->site->tasks; i++) {
        size_t wait = PLAN_AT(task_wait) + i * sizeof(double[2]), time = PLAN_AT(task_time) + i * sizeof(double[2]);
        if (sim_at(r, time).mean == 0) continue;
        fprintf(to, "%-34.*s", STR_A(r->site->task[i].id));
        put(to, r, wait, 14, 1), put(to, r, wait + sizeof(double), 9, 1), put(to, r, time, 16, 1),
            put(to, r, time + sizeof(double), 9, 1);
        fprintf(to, "\n");
    }
    for (uint32_t k = 0; k < KIND_COUNT; k++)
        for (uint32_t p = 0; p < PLACE_COUNT; p++) {
            size_t at = PLAN_AT(place_time) + (k * PLACE_COUNT + p) * sizeof(double[2]);
            char name[64];
            if (sim_at(r, at).mean < 0.005) continue;
            snprintf(name, sizeof name, "at %s, %s", Place_names.names[p], Kind_names.names[k]);
            fprintf(to, "%-34s %24s", name, "");
            put(to, r, at, 16, 1), put(to, r, at + sizeof(double), 9, 1);
            fprintf(to, "\n");
        }
}
static void hours(FILE *to, const SimResult *r) {
    static const char *const bar[] = {" ", "▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    fprintf(to, "\ntrucks that wait, by hour of the day (0-23)\n");
    for (uint32_t k = 0; k < r->site->roads; k++) {
        double v[24], most = 0;
        for (uint32_t h = 0; h < 24; h++)
            v[h] = sim_at(r, PLAN_AT(hour_queue) + (k * 24 + h) * sizeof(double)).mean, most = MAX(most, v[h]);
        fprintf(to, "  %-4.*s ", STR_A(r->site->road[k].id));
        for (uint32_t h = 0; h < 24; h++) fputs(bar[most > 0 ? (int)(v[h] / most * 8 + 0.5) : 0], to);
        fprintf(to, "  most %.1f\n", most);
    }
}
static void totals(FILE *to, const SimResult *r) {
    fprintf(to, "\na day:");
    static const struct {
        const char *name, *unit;
        size_t at;
        double by;
        int digits;
    } list[] = {{"fees", "million VND", PLAN_AT(fees_vnd), 1e-6, 1},
                {"CO2 of waiting", "t", PLAN_AT(co2_idle_kg), 1e-3, 2},
                {"CO2 of driving", "t", PLAN_AT(co2_move_kg), 1e-3, 2},
                {"CO2 of IGV", "t", PLAN_AT(co2_igv_kg), 1e-3, 3},
                {"NOx", "kg", PLAN_AT(nox_kg), 1, 1},
                {"fuel burnt waiting", "l", PLAN_AT(fuel_idle_l), 1, 0},
                {"IGV energy", "kWh", PLAN_AT(igv_kwh), 1, 0},
                {"turned back", "vehicles", PLAN_AT(turned_back), 1, 1},
                {"cost of the lay-out", "million VND", PLAN_AT(cost_day), 1e-3, 1}};
    for (size_t i = 0; i < ARRAY_LEN(list); i++) {
        DesInterval v = sim_at(r, list[i].at);
        fprintf(to, "%s %s %.*f", i ? "," : "", list[i].name, list[i].digits, v.mean * list[i].by);
        if (isfinite(v.half) && v.half > 0) fprintf(to, " ±%.*f", list[i].digits, v.half * list[i].by);
        fprintf(to, " %s", list[i].unit);
    }
    fprintf(to, "\nalarms a day:");
    for (uint32_t i = 1; i < ALARM_COUNT; i++) {
        double v = sim_at(r, PLAN_AT(alarms) + i * sizeof(double)).mean;
        if (v > 0) fprintf(to, " %s %.1f", Alarm_names.names[i], v);
    }
    fprintf(to, "\nrefusals a day:");
    for (uint32_t i = 1; i < REFUSE_COUNT; i++) {
        double v = sim_at(r, PLAN_AT(refusals) + i * sizeof(double)).mean;
        if (v > 0) fprintf(to, " %s %.1f", Refuse_names.names[i], v);
    }
    fprintf(to, "\n");
}
void sim_text(const SimResult *r, FILE *to) {
    fprintf(to,
            STR_F
            ", phase " STR_F
            ": %u replications of %u days (after %u to warm up), seed %llu; intervals 95 %%; times in minutes\n\n",
            STR_A(r->site->doc->id), STR_A(r->site->doc->phase), r->n, r->c->days, r->c->warmup_days,
            (unsigned long long)r->c->seed);
    flows(to, r), stations(to, r), fleets(to, r), stages(to, r), hours(to, r), totals(to, r);
    double days = 0, events = 0;
    for (uint32_t i = 0; i < r->n; i++) days += r->outs[i].days, events += r->outs[i].events;
    if (r->seconds > 0)
        fprintf(to, "%.0f simulated days (and warm-up) in %.2f s of the clock, %.0f events of the kernel\n", days,
                r->seconds, events);
}

// ---- JSON
static void number(Buf *b, double v) {
    if (isfinite(v))
        buf_printf(b, "%.10g", v);
    else
        buf_c(b, "null");
}
static void member(Buf *b, const char *key, const SimResult *r, size_t at) {
    DesInterval v = sim_at(r, at);
    json_key(b, key);
    Buf t;
    buf_init(&t, 200);
    buf_c(&t, "{\"mean\":"), number(&t, v.mean), buf_c(&t, ",\"half\":"), number(&t, v.half), buf_c(&t, "}");
    json_raw(b, buf_view(&t));
    buf_deinit(&t);
}
static void flow_json(Buf *b, const SimResult *r, size_t at) {
    member(b, "vehicles_day", r, at + offsetof(PlanFlow, passed)),
        member(b, "arrived_day", r, at + offsetof(PlanFlow, arrived));
    member(b, "wait_mean_min", r, at + offsetof(PlanFlow, wait_mean)),
        member(b, "wait_p50_min", r, at + offsetof(PlanFlow, wait_p50));
    member(b, "wait_p95_min", r, at + offsetof(PlanFlow, wait_p95)),
        member(b, "wait_p99_min", r, at + offsetof(PlanFlow, wait_p99));
    member(b, "stay_mean_min", r, at + offsetof(PlanFlow, stay_mean)),
        member(b, "stay_p95_min", r, at + offsetof(PlanFlow, stay_p95));
}
static void named(Buf *b, const char *list, const SimResult *r, const Names *names, size_t at) {
    json_key(b, list), json_open(b, '{');
    for (uint32_t i = 1; i < names->n; i++)
        if (sim_at(r, at + i * sizeof(double)).mean > 0) member(b, names->names[i], r, at + i * sizeof(double));
    json_close(b, '}');
}
static void lists_json(Buf *b, const SimResult *r) {
    const TwinFlow *f = r->t->doc->flows.items;
    json_key(b, "flows"), json_open(b, '[');
    for (uint32_t i = 0; i < r->t->doc->flows.n; i++) {
        json_open(b, '{'), json_key(b, "id"), json_str(b, f[i].id), json_key(b, "road"), json_str(b, f[i].road);
        json_key(b, "direction"), json_c(b, Direction_names.names[f[i].direction]), json_key(b, "unmanned"),
            json_bool(b, f[i].unmanned);
        flow_json(b, r, PLAN_AT(flow) + i * sizeof(PlanFlow)), json_close(b, '}');
    }
    json_close(b, ']'), json_key(b, "roads"), json_open(b, '[');
    for (uint32_t i = 0; i < r->site->roads; i++) {
        json_open(b, '{'), json_key(b, "id"), json_str(b, r->site->road[i].id),
            flow_json(b, r, PLAN_AT(road) + i * sizeof(PlanFlow));
        json_key(b, "queue_by_hour"), json_open(b, '[');
        for (uint32_t h = 0; h < 24; h++) {
            char t[32];
            int n = snprintf(t, sizeof t, "%.6g", sim_at(r, PLAN_AT(hour_queue) + (i * 24 + h) * sizeof(double)).mean);
            json_raw(b, (Str){t, (size_t)n});
        }
        json_close(b, ']'), json_close(b, '}');
    }
    json_close(b, ']'), json_key(b, "stations"), json_open(b, '[');
    for (uint32_t i = 0; i < sim_stations(r); i++) {
        char name[64];
        size_t at = PLAN_AT(station) + i * sizeof(PlanStation);
        json_open(b, '{'), json_key(b, "name"), json_str(b, sim_station_name(r, i, name, sizeof name));
        member(b, "servers", r, at + offsetof(PlanStation, n)),
            member(b, "utilisation", r, at + offsetof(PlanStation, utilisation));
        member(b, "wait_mean_min", r, at + offsetof(PlanStation, wait_mean)),
            member(b, "wait_p95_min", r, at + offsetof(PlanStation, wait_p95));
        member(b, "queue_mean", r, at + offsetof(PlanStation, queue_mean)),
            member(b, "queue_max", r, at + offsetof(PlanStation, queue_max));
        member(b, "served_day", r, at + offsetof(PlanStation, served)), json_close(b, '}');
    }
    json_close(b, ']'), json_key(b, "fleets"), json_open(b, '[');
    for (uint32_t i = 0; i < r->site->roads; i++) {
        if (sim_at(r, PLAN_AT(fleet[i].vehicles)).mean == 0) continue;
        json_open(b, '{'), json_key(b, "road"), json_str(b, r->site->road[i].id);
        member(b, "vehicles", r, PLAN_AT(fleet[i].vehicles)), member(b, "boxes_day", r, PLAN_AT(fleet[i].done));
        member(b, "withdrawn_day", r, PLAN_AT(fleet[i].withdrawn)),
            member(b, "wait_min", r, PLAN_AT(fleet[i].wait_min)),
            member(b, "cycle_min", r, PLAN_AT(fleet[i].cycle_min)),
            member(b, "longest_waiting_min", r, PLAN_AT(fleet[i].longest_min)),
            member(b, "km_day", r, PLAN_AT(fleet[i].km)), member(b, "laden_share", r, PLAN_AT(fleet[i].laden_share)),
            member(b, "kwh_day", r, PLAN_AT(fleet[i].kwh)), member(b, "bodies_met", r, PLAN_AT(fleet[i].collisions)),
            json_close(b, '}');
    }
    json_close(b, ']'), json_key(b, "stages"), json_open(b, '[');
    for (uint32_t i = 0; i < r->site->tasks; i++) {
        size_t wait = PLAN_AT(task_wait) + i * sizeof(double[2]), time = PLAN_AT(task_time) + i * sizeof(double[2]);
        if (sim_at(r, time).mean == 0) continue;
        json_open(b, '{'), json_key(b, "task"), json_str(b, r->site->task[i].id), member(b, "taken_mean_min", r, wait),
            member(b, "taken_p95_min", r, wait + sizeof(double));
        member(b, "decided_mean_min", r, time), member(b, "decided_p95_min", r, time + sizeof(double)),
            json_close(b, '}');
    }
    json_close(b, ']');
}
void sim_json(const SimResult *r, Buf *b) {
    json_open(b, '{');
    json_key(b, "site"), json_str(b, r->site->doc->id), json_key(b, "phase"), json_str(b, r->site->doc->phase);
    json_key(b, "seed"), json_int(b, (int64_t)r->c->seed), json_key(b, "days"), json_int(b, r->c->days),
        json_key(b, "replications"), json_int(b, r->n);
    json_key(b, "confidence_percent"), json_int(b, 95);
    json_key(b, "total"), json_open(b, '{'), flow_json(b, r, PLAN_AT(all)), json_close(b, '}');
    lists_json(b, r);
    named(b, "alarms_day", r, &Alarm_names, PLAN_AT(alarms)),
        named(b, "refusals_day", r, &Refuse_names, PLAN_AT(refusals));
    member(b, "fees_vnd_day", r, PLAN_AT(fees_vnd)), member(b, "cost_day_thousand_vnd", r, PLAN_AT(cost_day)),
        member(b, "turned_back_day", r, PLAN_AT(turned_back));
    json_key(b, "emissions_day"), json_open(b, '{');
    member(b, "co2_waiting_kg", r, PLAN_AT(co2_idle_kg)), member(b, "co2_driving_kg", r, PLAN_AT(co2_move_kg)),
        member(b, "co2_igv_kg", r, PLAN_AT(co2_igv_kg));
    member(b, "nox_kg", r, PLAN_AT(nox_kg)), member(b, "pm_kg", r, PLAN_AT(pm_kg)),
        member(b, "igv_kwh", r, PLAN_AT(igv_kwh)), member(b, "fuel_waiting_l", r, PLAN_AT(fuel_idle_l));
    json_close(b, '}'), json_close(b, '}');
}
