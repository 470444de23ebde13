// The report of a run: figures first, then where the time goes.
#include "app_sim.h"
#include "report/report.h"

#define CELL 48
static void cell(char to[CELL], const SimResult *r, size_t at, int digits) {
    DesInterval v = sim_at(r, at);
    if (isfinite(v.half))
        (void)snprintf(to, CELL, "%.*f ± %.*f", digits, v.mean, digits, v.half);
    else
        (void)snprintf(to, CELL, "%.*f", digits, v.mean);
}
static void flow_row(Buf *b, const SimResult *r, const char *name, size_t at) {
    char t[6][CELL];
    cell(t[0], r, at + offsetof(PlanFlow, passed), 1), cell(t[1], r, at + offsetof(PlanFlow, wait_mean), 1),
        cell(t[2], r, at + offsetof(PlanFlow, wait_p50), 1);
    cell(t[3], r, at + offsetof(PlanFlow, wait_p95), 1), cell(t[4], r, at + offsetof(PlanFlow, wait_p99), 1),
        cell(t[5], r, at + offsetof(PlanFlow, stay_mean), 1);
    report_row(b, (const char *const[]){name, t[0], t[1], t[2], t[3], t[4], t[5]}, 7);
}
static void flows(Buf *b, const SimResult *r) {
    static const char *const columns[] = {"",    "vehicles a day",  "wait, mean (min)", "P50", "P95",
                                          "P99", "stay, mean (min)"};
    const TwinFlow *f = r->t->doc->flows.items;
    char name[64];
    report_heading(b, "Vehicles and waits");
    report_text(b,
                "Waiting is the time at the gate during which nobody and nothing works on the vehicle and it does not "
                "drive. Intervals: 95 %%, over %u replications of %u days.",
                r->n, r->c->days);
    report_table_begin(b, columns, ARRAY_LEN(columns));
    for (uint32_t i = 0; i < r->t->doc->flows.n; i++) {
        if (sim_at(r, PLAN_AT(flow) + i * sizeof(PlanFlow) + offsetof(PlanFlow, arrived)).mean == 0) continue;
        snprintf(name, sizeof name, STR_F, STR_A(f[i].id));
        flow_row(b, r, name, PLAN_AT(flow) + i * sizeof(PlanFlow));
    }
    for (uint32_t i = 0; i < r->site->roads; i++) {
        snprintf(name, sizeof name, "road " STR_F, STR_A(r->site->road[i].id));
        flow_row(b, r, name, PLAN_AT(road) + i * sizeof(PlanFlow));
    }
    flow_row(b, r, "all", PLAN_AT(all));
    report_table_end(b);
}
static void hours(Buf *b, const SimResult *r) {
    double y[ROADS_MAX][24], half[ROADS_MAX][24];
    char name[ROADS_MAX][64];
    ReportSeries s[ROADS_MAX];
    for (uint32_t k = 0; k < r->site->roads; k++) {
        for (uint32_t h = 0; h < 24; h++) {
            DesInterval v = sim_at(r, PLAN_AT(hour_queue) + (k * 24 + h) * sizeof(double));
            y[k][h] = v.mean, half[k][h] = v.half;
        }
        snprintf(name[k], sizeof name[k], "road " STR_F, STR_A(r->site->road[k].id));
        s[k] = (ReportSeries){name[k], y[k], half[k]};
    }
    report_lines(
        b,
        &(ReportAxes){"Vehicles that wait, by hour of the day", "hour of the day (local time)", "vehicles", NULL, 24},
        s, r->site->roads);
}
static void stations(Buf *b, const SimResult *r) {
    static const char *const columns[] = {"station", "number", "used", "wait, mean (min)", "P95", "queue", "most"};
    double used[PLAN_STATIONS_MAX], half[PLAN_STATIONS_MAX];
    char names[PLAN_STATIONS_MAX][64];
    const char *label[PLAN_STATIONS_MAX];
    uint32_t n = 0;
    report_heading(b, "Stations");
    report_table_begin(b, columns, ARRAY_LEN(columns));
    for (uint32_t i = 0; i < sim_stations(r); i++) {
        size_t at = PLAN_AT(station) + i * sizeof(PlanStation);
        if (sim_at(r, at + offsetof(PlanStation, served)).mean == 0) continue;
        char t[6][CELL];
        sim_station_name(r, i, names[n], sizeof names[n]);
        snprintf(t[0], CELL, "%.0f", sim_at(r, at).mean), cell(t[1], r, at + offsetof(PlanStation, utilisation), 2);
        cell(t[2], r, at + offsetof(PlanStation, wait_mean), 2), cell(t[3], r, at + offsetof(PlanStation, wait_p95), 1);
        cell(t[4], r, at + offsetof(PlanStation, queue_mean), 2),
            snprintf(t[5], CELL, "%.0f", sim_at(r, at + offsetof(PlanStation, queue_max)).mean);
        report_row(b, (const char *const[]){names[n], t[0], t[1], t[2], t[3], t[4], t[5]}, 7);
        DesInterval v = sim_at(r, at + offsetof(PlanStation, utilisation));
        used[n] = v.mean * 100, half[n] = v.half * 100, label[n] = names[n];
        n++;
    }
    report_table_end(b);
    ReportSeries s = {"used", used, half};
    char number[PLAN_STATIONS_MAX][12];
    for (uint32_t i = 0; i < n; i++) snprintf(number[i], sizeof number[i], "%u", i + 1), label[i] = number[i];
    report_bars(b,
                &(ReportAxes){"Use of the stations, in the order of the table", "station",
                              "% of the time that it was there", label, n},
                &s, 1);
}
static void fleets(Buf *b, const SimResult *r) {
    static const char *const columns[] = {
        "road",     "vehicles",    "boxes a day", "wait for a vehicle (min)", "carried in (min)",
        "km a day", "laden share", "kWh a day"};
    bool any = false;
    for (uint32_t i = 0; i < r->site->roads; i++) any |= sim_at(r, PLAN_AT(fleet[i].vehicles)).mean > 0;
    if (!any) return;
    report_heading(b, "Unmanned vehicles");
    report_text(b, "Under the real fleet control, with virtual vehicles that speak VDA 5050.");
    report_table_begin(b, columns, ARRAY_LEN(columns));
    for (uint32_t i = 0; i < r->site->roads; i++) {
        char t[7][CELL], name[64];
        if (sim_at(r, PLAN_AT(fleet[i].vehicles)).mean == 0) continue;
        snprintf(name, sizeof name, STR_F, STR_A(r->site->road[i].id));
        cell(t[0], r, PLAN_AT(fleet[i].vehicles), 0), cell(t[1], r, PLAN_AT(fleet[i].done), 1);
        cell(t[2], r, PLAN_AT(fleet[i].wait_min), 1), cell(t[3], r, PLAN_AT(fleet[i].cycle_min), 1);
        cell(t[4], r, PLAN_AT(fleet[i].km), 0), cell(t[5], r, PLAN_AT(fleet[i].laden_share), 2);
        cell(t[6], r, PLAN_AT(fleet[i].kwh), 0);
        report_row(b, (const char *const[]){name, t[0], t[1], t[2], t[3], t[4], t[5], t[6]}, 8);
    }
    report_table_end(b);
}
static void stages(Buf *b, const SimResult *r) {
    static const char *const columns[] = {"stage", "to taken, mean (min)", "P95", "to decided, mean (min)", "P95"};
    report_heading(b, "Where the time goes");
    report_table_begin(b, columns, ARRAY_LEN(columns));
    for (uint32_t i = 0; i < r->site->tasks; i++) {
        size_t wait = PLAN_AT(task_wait) + i * sizeof(double[2]), time = PLAN_AT(task_time) + i * sizeof(double[2]);
        if (sim_at(r, time).mean == 0) continue;
        char t[4][CELL], name[128];
        cell(t[0], r, wait, 1), cell(t[1], r, wait + sizeof(double), 1), cell(t[2], r, time, 1),
            cell(t[3], r, time + sizeof(double), 1);
        snprintf(name, sizeof name, STR_F,
                 STR_A(r->site->task[i].name ? r->site->task[i].name->en : r->site->task[i].id));
        report_row(b, (const char *const[]){name, t[0], t[1], t[2], t[3]}, 5);
    }
    for (uint32_t k = 0; k < KIND_COUNT; k++)
        for (uint32_t p = 0; p < PLACE_COUNT; p++) {
            size_t at = PLAN_AT(place_time) + (k * PLACE_COUNT + p) * sizeof(double[2]);
            if (sim_at(r, at).mean < 0.005) continue;
            char t[2][CELL], name[96];
            cell(t[0], r, at, 1), cell(t[1], r, at + sizeof(double), 1);
            snprintf(name, sizeof name, "at %s, %s", Place_names.names[p], Kind_names.names[k]);
            report_row(b, (const char *const[]){name, "", "", t[0], t[1]}, 5);
        }
    report_table_end(b);
}
static void totals(Buf *b, const SimResult *r) {
    static const struct {
        const char *name;
        size_t at;
        int digits;
    } list[] = {{"Fees, VND", PLAN_AT(fees_vnd), 0},
                {"CO2 of waiting, kg", PLAN_AT(co2_idle_kg), 0},
                {"CO2 of driving, kg", PLAN_AT(co2_move_kg), 0},
                {"CO2 of unmanned vehicles, kg", PLAN_AT(co2_igv_kg), 1},
                {"NOx, kg", PLAN_AT(nox_kg), 2},
                {"Particles of driving, kg", PLAN_AT(pm_kg), 3},
                {"Energy of unmanned vehicles, kWh", PLAN_AT(igv_kwh), 0},
                {"Fuel burnt waiting, l", PLAN_AT(fuel_idle_l), 0},
                {"Turned back, vehicles", PLAN_AT(turned_back), 1},
                {"Cost of the lay-out, thousand VND", PLAN_AT(cost_day), 0}};
    report_heading(b, "A day");
    report_table_begin(b, (const char *const[]){"", "a day"}, 2);
    for (size_t i = 0; i < ARRAY_LEN(list); i++) {
        char t[CELL];
        cell(t, r, list[i].at, list[i].digits);
        report_row(b, (const char *const[]){list[i].name, t}, 2);
    }
    for (uint32_t i = 1; i < ALARM_COUNT; i++) {
        char t[CELL], name[64];
        if (sim_at(r, PLAN_AT(alarms) + i * sizeof(double)).mean == 0) continue;
        cell(t, r, PLAN_AT(alarms) + i * sizeof(double), 1),
            snprintf(name, sizeof name, "Alarms: %s", Alarm_names.names[i]);
        report_row(b, (const char *const[]){name, t}, 2);
    }
    report_table_end(b);
    const TwinEmission *e = r->t->doc->emissions.items;
    report_text(b, "Emission factors: " STR_F, STR_A(e[r->t->doc->emissions.n - 1].source));
}
void sim_html(const SimResult *r, Buf *b) {
    char title[200];
    snprintf(title, sizeof title, STR_F ", phase " STR_F ": %u x %u days of the twin", STR_A(r->site->doc->id),
             STR_A(r->site->doc->phase), r->n, r->c->days);
    report_begin(b, title);
    report_text(b, "Made again, to the last digit, by");
    report_code(b, r->command);
    flows(b, r), hours(b, r), stations(b, r), fleets(b, r), stages(b, r), totals(b, r);
    report_end(b);
}
