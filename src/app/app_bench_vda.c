// VDA 5050: state messages decoded a second, of a vehicle with twelve nodes ahead. Baseline: wire_parse_json of the
// same text, without the look at what it means.
#include "app_bench.h"
#include "wire/wire_json.h"
#include "wire/wire_vda.h"

#define AHEAD 12u
static void make_state(Buf *b) {
    static VdaNodeState nodes[AHEAD];
    static VdaEdgeState edges[AHEAD];
    static VdaNodePosition places[AHEAD];
    static VdaActionState actions[2] = {{.id = STR("a-41"), .type = STR("pick"), .status = VDA_ACTION_FINISHED},
                                        {.id = STR("a-42"), .type = STR("drop"), .status = VDA_ACTION_WAITING}};
    static VdaPosition position = {
        .x = 1043.2187, .y = -212.0441, .theta = 1.5708, .map_id = STR("yard"), .initialized = true};
    static VdaVelocity velocity = {.vx = {4.1667, true}, .omega = {0.0125, true}};
    static VdaLoad load = {.id = STR("CSQU3054383"), .type = STR("container-40"), .weight = {24150, true}};
    for (uint32_t i = 0; i < AHEAD; i++) {
        places[i] = (VdaNodePosition){.x = 1050.25 + i * 12.5, .y = -212.125 - i, .map_id = STR("yard")};
        nodes[i] = (VdaNodeState){
            .id = STR("lane-3-n17"), .sequence_id = 18 + 2 * i, .released = i < 5, .position = &places[i]};
        edges[i] = (VdaEdgeState){.id = STR("lane-3-e17"), .sequence_id = 17 + 2 * i, .released = i < 5};
    }
    VdaState s = {.h = {4711, 1795000000123, STR("2.1.0"), STR("KIT"), STR("0007")},
                  .order_id = STR("mission-000042"),
                  .update_id = 7,
                  .last_node_id = STR("lane-3-n16"),
                  .last_node_sequence_id = 16,
                  .driving = true,
                  .paused = VDA_FALSE,
                  .new_base_request = VDA_FALSE,
                  .mode = VDA_MODE_AUTOMATIC,
                  .node_states = {nodes, AHEAD},
                  .edge_states = {edges, AHEAD},
                  .position = &position,
                  .velocity = &velocity,
                  .loads = {&load, 1},
                  .action_states = {actions, 2},
                  .battery = {.charge = 71.5, .reach = {41000, true}},
                  .safety = {.e_stop = VDA_ESTOP_NONE}};
    vda_encode_state(b, VDA_2_1, &s);
}
int bench_vda(const BenchOpts *o, Bench *ret) {
    uint64_t n = o->n ? o->n : 100000;
    Buf text;
    Arena a;
    buf_init(&text, VDA_TEXT_MAX);
    arena_init(&a, 4u << 20);
    make_state(&text);
    Err e = OK;
    for (int run = 0; run < o->runs && !e; run++) {
        double start = bench_now();
        for (uint64_t i = 0; i < n && !e; i++) {
            VdaState s;
            VdaProblems problems;
            arena_reset(&a);
            e = vda_decode_state(VDA_2_1, buf_view(&text), &a, &s, &problems);
        }
        double middle = bench_now();
        for (uint64_t i = 0; i < n && !e; i++) {
            Json *json;
            Str what;
            arena_reset(&a);
            e = wire_parse_json(buf_view(&text), VDA_DEPTH_MAX, &a, &json, &what);
        }
        ret->value[run] = (double)n / (middle - start);
        ret->base[run] = (double)n / (bench_now() - middle);
    }
    ret->name = "vda", ret->unit = "state messages decoded/s", ret->baseline = "wire_parse_json";
    ret->runs = e ? 0 : o->runs;
    snprintf(ret->extra, sizeof ret->extra, ",\"bytes\":%zu", text.n);
    buf_deinit(&text);
    arena_deinit(&a);
    return err_exit(e);
}
