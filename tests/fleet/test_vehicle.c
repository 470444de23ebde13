// The virtual vehicle's rules, each in three versions.
#include "cm.h"
#include "rig.h"
#include <math.h>

#define EACH                                                                                                           \
    (void)state;                                                                                                       \
    for (VdaVersion version = 0; version < VDA_VERSION_COUNT; version++)
#define BEGIN                                                                                                          \
    Rig r;                                                                                                             \
    VehicleConfig c = rig_config(version);                                                                             \
    rig_init(&r, &c)
#define END        rig_deinit(&r)
#define near(a, b) assert_true(fabs((a) - (b)) < 1e-3)

static void test_hello(void **state) {
    EACH {
        BEGIN;
        assert_int_equal(r.connection, VDA_ONLINE);
        assert_true(r.sent[VDA_FACTSHEET] == 1 && r.sent[VDA_STATE] == 1 && r.sent[VDA_CONNECTION] == 1);
        assert_true(rig_at(&r, "N0") && r.state.order_id.n == 0 && !r.state.driving && r.state.loads.n == 0 &&
                    r.state.loads.items);
        rig_run(&r, 3600); // at least every 30 s
        assert_int_equal(r.sent[VDA_STATE], 121);
        assert_int_equal(r.gap_max, 30000);
        assert_int_equal(vehicle_next_ms(r.v), r.now + 30000);
        END;
    }
}
// 200 m from rest to rest at 0.5 and 1 m/s2, 5 m/s at most: 10 s and 25 m, 32.5 s at full speed, 5 s and 12.5 m.
static void test_drive(void **state) {
    EACH {
        BEGIN;
        rig_go(&r, "o", 0, 0, 2, 2);
        assert_true(r.state.driving && r.state.node_states.n == 2 && r.state.edge_states.n == 2 && rig_at(&r, "N0"));
        rig_run(&r, 10);
        near(rig_x(&r), 25), near(vehicle_view(r.v, r.now).speed, 5);
        rig_run(&r, 15);
        near(rig_x(&r), 100);
        rig_run(&r, 0.002);
        assert_true(rig_at(&r, "N1") && r.state.last_node_sequence_id == 2 && r.state.node_states.n == 1);
        rig_run(&r, 17.498);
        near(rig_x(&r), 187.5);
        assert_true(r.state.driving);
        rig_run(&r, 5.002);
        near(rig_x(&r), 200);
        assert_true(rig_at(&r, "N2") && !r.state.driving && r.state.node_states.n == 0 && r.state.edge_states.n == 0);
        assert_true(str_eq_c(r.state.order_id, "o") && vehicle_view(r.v, r.now).idle); // the id stays
        near(vehicle_view(r.v, r.now).odometer_m, 200);
        END;
    }
}
static void test_speed_limits(void **state) {
    EACH {
        BEGIN;
        VdaOrder o = rig_order(&r, "o", 0, 0, 3, 3);
        o.edges.items[1].max_speed = VDA_NUM(2);
        o.edges.items[2].length = VDA_NUM(50); // a length given counts, not the positions
        rig_send_order(&r, &o);
        bool seen[3] = {false};
        for (int i = 0; i < 1200; i++) {
            rig_run(&r, 0.1);
            VehicleView w = vehicle_view(r.v, r.now);
            assert_true(w.speed <= 5.0001 && (w.x <= 100.001 || w.x >= 199.999 || w.speed <= 2.0001));
            if (w.x > 0 && w.x < 300) seen[(int)(w.x / 100)] = true;
        }
        assert_true(seen[0] && seen[1] && seen[2] && rig_at(&r, "N3"));
        near(rig_x(&r), 300), near(vehicle_view(r.v, r.now).odometer_m, 250);
        END;
    }
}
static void test_base_and_horizon(void **state) {
    EACH {
        BEGIN;
        rig_go(&r, "o", 0, 0, 2, 4);
        assert_int_equal(r.state.new_base_request, VDA_FALSE);
        assert_true(r.state.node_states.n == 4 && r.state.node_states.items[1].released &&
                    !r.state.node_states.items[2].released);
        for (int i = 0; i < 600 && r.state.new_base_request != VDA_TRUE; i++) rig_run(&r, 0.1);
        assert_true(rig_x(&r) > 159 && rig_x(&r) < 161); // 40 m before the end of the base
        rig_run(&r, 200);
        near(rig_x(&r), 200); // it never enters the horizon
        assert_true(!r.state.driving && r.state.node_states.n == 2 && r.state.new_base_request == VDA_TRUE);
        assert_false(vehicle_view(r.v, r.now).idle);
        rig_go(&r, "o", 1, 2, 4, 4);
        assert_true(r.state.driving && r.state.update_id == 1 && r.state.errors.n == 0 &&
                    r.state.new_base_request == VDA_FALSE);
        rig_run(&r, 200);
        assert_true(rig_at(&r, "N4") && vehicle_view(r.v, r.now).idle);
        END;
    }
}
static void test_extended_in_time(void **state) { // it does not even slow down
    EACH {
        BEGIN;
        rig_go(&r, "o", 0, 0, 2, 3);
        rig_run(&r, 20);
        near(vehicle_view(r.v, r.now).speed, 5);
        rig_go(&r, "o", 1, 2, 4, 5);
        assert_int_equal(r.state.node_states.n, 5);
        for (int i = 0; i < 300; i++) {
            rig_run(&r, 0.1);
            near(vehicle_view(r.v, r.now).speed, 5);
        }
        END;
    }
}

// ---- orders refused
static void test_refused(void **state) {
    EACH {
        BEGIN;
        VdaOrder o = rig_order(&r, "o", 0, 3, 5, 5); // far away
        rig_send_order(&r, &o);
        assert_true(rig_error(&r, "noRouteError", "START_NODE_OUT_OF_RANGE") && r.state.node_states.n == 0);
        assert_true(str_eq_c(r.state.errors.items[0].references.items[0].key, "orderId"));
        o = rig_order(&r, "o", 0, 0, 2, 2);
        o.nodes.items[1].sequence_id = 8;
        rig_send_order(&r, &o);
        assert_true(rig_error(&r, "validationError", "VALIDATION_FAILURE"));
        o = rig_order(&r, "o", 0, 0, 2, 2);
        rig_add(&r, &o.nodes.items[1].actions, "flyAway", "a", VDA_BLOCK_HARD);
        rig_send_order(&r, &o);
        assert_true(rig_error(&r, "orderError", "INVALID_ORDER_ACTION"));
        o = rig_order(&r, "o", 0, 0, 2, 2);
        o.nodes.items[1].position->map_id = STR("moon");
        rig_send_order(&r, &o);
        assert_true(rig_error(&r, "noRouteError", "UNKNOWN_MAP_ID"));
        o = rig_order(&r, "o", 0, 0, 2, 2);
        o.nodes.items[1].position = NULL;
        rig_send_order(&r, &o);
        assert_true(rig_error(&r, "noRouteError", "NO_ROUTE_TO_TARGET"));
        o = rig_order(&r, "o", 0, 0, VEHICLE_NODES_MAX, VEHICLE_NODES_MAX);
        rig_send_order(&r, &o);
        assert_true(rig_error(&r, "validationError", "INSUFFICIENT_MEMORY"));
        o = rig_order(&r, "o", 0, 0, 2, 2);
        o.edges.items[1].id = STR("an id that is longer than all that this vehicle can hold");
        rig_send_order(&r, &o);
        assert_true(r.state.order_id.n == 0 && r.state.node_states.n == 0);
        vehicle_receive(r.v, VDA_ORDER, STR("{\"headerId\":"), &r.scratch, r.now);
        assert_int_equal(r.state.errors.n, VEHICLE_ERRORS_MAX);
        rig_go(&r, "o", 0, 0, 2, 2);
        assert_true(r.state.errors.n == 0 && r.state.driving); // gone with the next that is accepted
        rig_go(&r, "p", 0, 0, 2, 2);
        assert_true(rig_error(&r, "orderUpdateError", "OTHER_ORDER_ACTIVE") && str_eq_c(r.state.order_id, "o"));
        rig_run(&r, 100);
        rig_go(&r, "p", 0, 2, 4, 4); // after its end another may come
        assert_true(str_eq_c(r.state.order_id, "p") && r.state.errors.n == 0);
        END;
    }
}
static void test_start_nearby(void **state) {
    EACH {
        VehicleConfig c = rig_config(version);
        Rig r;
        c.x = 103, c.node_id = STR("elsewhere");
        rig_init(&r, &c);
        rig_go(&r, "o", 0, 1, 2, 2);
        assert_true(rig_error(&r, "noRouteError", "START_NODE_OUT_OF_RANGE")); // 3 m, within 1 m by itself
        VdaOrder o = rig_order(&r, "o", 0, 1, 2, 2);
        VdaEllipse round = {3.5, 3.5, 0};
        o.nodes.items[0].position->deviation_xy = VDA_NUM(3.5);
        o.nodes.items[0].position->deviation_ellipse = &round;
        rig_send_order(&r, &o);
        assert_true(rig_at(&r, "N1") && r.state.driving);
        rig_run(&r, 100);
        near(rig_x(&r), 200);
        END;
    }
}
static void test_updates(void **state) {
    EACH {
        BEGIN;
        VdaOrder o = rig_order(&r, "o", 5, 0, 2, 3);
        rig_add(&r, &o.nodes.items[2].actions, "pick", "a", VDA_BLOCK_HARD);
        rig_send_order(&r, &o);
        rig_run(&r, 5);
        rig_go(&r, "o", 4, 2, 3, 3);
        assert_true(rig_error(&r, "orderUpdateError", "OUTDATED_ORDER_UPDATE"));
        uint32_t states = r.sent[VDA_STATE];
        rig_send_order(&r, &o); // a repeat: dropped, but answered
        assert_int_equal(r.sent[VDA_STATE], states + 1);
        assert_int_equal(rig_error(&r, "none", "SAME_ORDER_UPDATE_ID"), version >= VDA_3_0);
        rig_go(&r, "o", 6, 1, 3, 3);
        assert_true(rig_error(&r, "orderUpdateError", "VALIDATION_FAILURE")); // not the last base node
        rig_go(&r, "o", 6, 2, 3, 3);
        assert_int_equal(r.state.update_id, 5); // its action is missing
        VdaOrder u = rig_order(&r, "o", 6, 2, 4, 4);
        rig_add(&r, &u.nodes.items[0].actions, "pick", "a", VDA_BLOCK_HARD);
        rig_add(&r, &u.nodes.items[1].actions, "drop", "a", VDA_BLOCK_HARD);
        rig_send_order(&r, &u); // an id of the base again
        assert_int_equal(r.state.update_id, 5);
        u.nodes.items[1].actions.items[0].id = STR("b");
        if (version >= VDA_3_0) u.nodes.items[1].actions.n = 1;
        rig_send_order(&r, &u);
        assert_true(r.state.update_id == 6 && r.state.errors.n == 0 && r.state.action_states.n == 2);
        rig_run(&r, 400);
        assert_true(rig_at(&r, "N4") && rig_status(&r, "a") == VDA_ACTION_FINISHED &&
                    rig_status(&r, "b") == VDA_ACTION_FINISHED);
        u = rig_order(&r, "o", 8, 4, 5, 5); // all done: it can go on from there; one left out is no matter
        rig_send_order(&r, &u);
        assert_true(r.state.update_id == 8 && r.state.driving);
        END;
    }
}
static void test_horizon_replaced(void **state) {
    EACH {
        BEGIN;
        VdaOrder o = rig_order(&r, "o", 0, 0, 1, 4);
        rig_add(&r, &o.nodes.items[3].actions, "pick", "far", VDA_BLOCK_HARD);
        rig_send_order(&r, &o);
        assert_int_equal(rig_status(&r, "far"), VDA_ACTION_WAITING);
        rig_go(&r, "o", 1, 1, 2, 2);
        assert_int_equal(rig_status(&r, "far"), 0); // it went with the horizon
        assert_int_equal(r.state.node_states.n, 2);
        END;
    }
}
static void test_long_mission(void **state) { // hundreds of updates in bounded memory
    EACH {
        BEGIN;
        rig_go(&r, "o", 0, 0, 1, 1);
        for (uint32_t i = 1; i < 300; i++) {
            arena_reset(&r.scratch);
            VdaOrder u = rig_order(&r, "o", i, i, i + 1, i + 1);
            Str id = rig_text(&r, "h%u", i), before = rig_text(&r, "h%u", i - 1);
            if (i > 1) rig_add(&r, &u.nodes.items[0].actions, "horn", before.p, VDA_BLOCK_NONE);
            rig_add(&r, &u.nodes.items[1].actions, "horn", id.p, VDA_BLOCK_NONE);
            rig_send_order(&r, &u);
            assert_int_equal(r.state.update_id, i);
            rig_run(&r, 20);
        }
        rig_run(&r, 60);
        assert_true(rig_at(&r, "N300"));
        END;
    }
}

// ---- actions
static void test_hard(void **state) {
    EACH {
        BEGIN;
        VdaOrder o = rig_order(&r, "o", 0, 0, 2, 2);
        VdaAction *a = rig_add(&r, &o.nodes.items[1].actions, "pick", "a", VDA_BLOCK_HARD);
        VdaParameter load = {STR("loadId"), {.type = VDA_VALUE_TEXT, .text = STR("BOX-1")}};
        a->parameters.items = &load, a->parameters.n = 1;
        rig_send_order(&r, &o);
        rig_run(&r, 27.6); // 10 s + 12.5 s + 5 s: it stands at N1
        near(rig_x(&r), 100);
        assert_true(rig_status(&r, "a") == VDA_ACTION_RUNNING && !r.state.driving && r.state.loads.n == 0);
        rig_run(&r, 19.8);
        assert_int_equal(rig_status(&r, "a"), VDA_ACTION_RUNNING);
        rig_run(&r, 0.2);
        assert_true(rig_status(&r, "a") == VDA_ACTION_FINISHED && r.state.driving);
        assert_true(r.state.loads.n == 1 && str_eq_c(r.state.loads.items[0].id, "BOX-1"));
        rig_run(&r, 60);
        assert_true(rig_at(&r, "N2"));
        END;
    }
}
static void test_blocking(void **state) {
    EACH {
        BEGIN;
        VdaOrder o = rig_order(&r, "o", 0, 0, 2, 2);
        VdaActions *first = &o.nodes.items[0].actions;
        rig_add(&r, first, "horn", "none", VDA_BLOCK_NONE);
        rig_add(&r, first, "detectObject", "soft", VDA_BLOCK_SOFT);
        rig_add(&r, first, "finePositioning", "hard", VDA_BLOCK_HARD);
        rig_add(&r, first, "horn", "last", VDA_BLOCK_NONE);
        rig_add(&r, &o.edges.items[0].actions, "horn", "edge", VDA_BLOCK_NONE);
        rig_add(&r, &o.nodes.items[1].actions, "horn", "fly", VDA_BLOCK_NONE);
        rig_send_order(&r, &o);
        assert_int_equal(rig_status(&r, "none"), VDA_ACTION_RUNNING); // NONE and SOFT at once, HARD alone behind them
        assert_int_equal(rig_status(&r, "soft"), VDA_ACTION_RUNNING);
        assert_int_equal(rig_status(&r, "hard"), VDA_ACTION_WAITING);
        assert_false(r.state.driving);
        rig_run(&r, 3);
        assert_int_equal(rig_status(&r, "soft"), VDA_ACTION_FINISHED);
        assert_int_equal(rig_status(&r, "hard"), VDA_ACTION_RUNNING);
        assert_int_equal(rig_status(&r, "last"), VDA_ACTION_WAITING);
        assert_true(!r.state.driving && rig_x(&r) <= 0);
        rig_run(&r, 3);
        assert_true(r.state.driving && rig_status(&r, "last") == VDA_ACTION_RUNNING);
        assert_int_equal(rig_status(&r, "edge"), VDA_ACTION_RUNNING);
        rig_run(&r, 26); // through N1 without a stop
        assert_true(rig_at(&r, "N1") && rig_status(&r, "fly") == VDA_ACTION_RUNNING &&
                    vehicle_view(r.v, r.now).speed > 4.9);
        rig_run(&r, 60);
        assert_true(rig_status(&r, "fly") == VDA_ACTION_FINISHED && rig_at(&r, "N2"));
        END;
    }
}
static void test_edge_action_ends(void **state) {
    EACH {
        VehicleConfig c = rig_config(version);
        Rig r;
        c.other_ms = 1000000;
        rig_init(&r, &c);
        VdaOrder o = rig_order(&r, "o", 0, 0, 2, 2);
        rig_add(&r, &o.edges.items[0].actions, "horn", "edge", VDA_BLOCK_NONE);
        rig_send_order(&r, &o);
        rig_run(&r, 20);
        assert_int_equal(rig_status(&r, "edge"), VDA_ACTION_RUNNING);
        rig_run(&r, 10); // left with the edge
        assert_int_equal(rig_status(&r, "edge"), VDA_ACTION_FINISHED);
        END;
    }
}
static void test_single(void **state) { // 3.0: driving, but nothing else
    EACH {
        if (version < VDA_3_0) continue;
        BEGIN;
        VdaOrder o = rig_order(&r, "o", 0, 0, 2, 2);
        rig_add(&r, &o.nodes.items[0].actions, "horn", "single", VDA_BLOCK_SINGLE);
        rig_add(&r, &o.nodes.items[0].actions, "horn", "next", VDA_BLOCK_NONE);
        rig_send_order(&r, &o);
        assert_true(r.state.driving && rig_status(&r, "next") == VDA_ACTION_WAITING);
        rig_run(&r, 3);
        assert_int_equal(rig_status(&r, "next"), VDA_ACTION_RUNNING);
        END;
    }
}
static void test_init(void **state) {
    EACH {
        VehicleConfig c = rig_config(version);
        Rig r;
        c.init_ms = 2000;
        rig_init(&r, &c);
        VdaOrder o = rig_order(&r, "o", 0, 0, 0, 0);
        rig_add(&r, &o.nodes.items[0].actions, "pick", "a", VDA_BLOCK_HARD);
        rig_send_order(&r, &o);
        assert_int_equal(rig_status(&r, "a"), VDA_ACTION_INITIALIZING);
        rig_run(&r, 2);
        assert_int_equal(rig_status(&r, "a"), VDA_ACTION_RUNNING);
        rig_run(&r, 20);
        assert_true(rig_status(&r, "a") == VDA_ACTION_FINISHED && vehicle_view(r.v, r.now).idle);
        END;
    }
}
static void test_failed(void **state) {
    EACH {
        BEGIN;
        VdaOrder o = rig_order(&r, "o", 0, 0, 2, 2);
        rig_add(&r, &o.nodes.items[0].actions, "drop", "a", VDA_BLOCK_HARD); // there is nothing to drop
        rig_send_order(&r, &o);
        rig_run(&r, 100);
        assert_true(rig_status(&r, "a") == VDA_ACTION_FAILED && rig_error(&r, "actionError", "ACTION_FAILED"));
        assert_true(!r.state.driving && r.state.node_states.n == 2); // it stays and keeps its order
        rig_instant(&r, "cancelOrder", "c");
        assert_true(rig_status(&r, "c") == VDA_ACTION_FINISHED && r.state.node_states.n == 0);
        vehicle_fail_next(r.v, STR("pick"), r.now);
        o = rig_order(&r, "p", 0, 0, 1, 1);
        rig_add(&r, &o.nodes.items[0].actions, "pick", "b", VDA_BLOCK_HARD);
        rig_send_order(&r, &o);
        assert_int_equal(r.state.errors.n, 0);
        rig_run(&r, 30);
        assert_true(rig_status(&r, "b") == VDA_ACTION_FAILED && r.state.loads.n == 0);
        END;
    }
}
static void test_retry(void **state) { // 3.0
    EACH {
        if (version < VDA_3_0) continue;
        BEGIN;
        VdaOrder o = rig_order(&r, "o", 0, 0, 1, 1);
        rig_add(&r, &o.nodes.items[0].actions, "pick", "a", VDA_BLOCK_HARD)->retriable = VDA_TRUE;
        vehicle_fail_next(r.v, STR("pick"), r.now);
        rig_send_order(&r, &o);
        rig_run(&r, 30);
        assert_true(rig_status(&r, "a") == VDA_ACTION_RETRIABLE && !r.state.driving);
        VdaParameter which = {STR("actionId"), {.type = VDA_VALUE_TEXT, .text = STR("a")}};
        VdaAction retry = {
            .type = STR("retry"), .id = STR("i1"), .blocking = VDA_BLOCK_NONE, .parameters = {&which, 1}};
        vehicle_fail_next(r.v, STR("pick"), r.now);
        rig_instant_action(&r, &retry);
        assert_int_equal(rig_status(&r, "a"), VDA_ACTION_RUNNING);
        rig_run(&r, 30);
        assert_int_equal(rig_status(&r, "a"), VDA_ACTION_RETRIABLE);
        retry.id = STR("i2");
        rig_instant_action(&r, &retry);
        rig_run(&r, 25);
        assert_true(rig_status(&r, "a") == VDA_ACTION_FINISHED && r.state.driving && r.state.errors.n == 0);
        retry.type = STR("skipRetry"), retry.id = STR("i3");
        rig_instant_action(&r, &retry);
        assert_int_equal(rig_status(&r, "i3"), VDA_ACTION_FAILED); // nothing waits
        END;
    }
}

// ---- instant actions
static void test_cancel(void **state) {
    EACH {
        BEGIN;
        rig_instant(&r, "cancelOrder", "c0");
        assert_true(rig_status(&r, "c0") == VDA_ACTION_FAILED &&
                    rig_error(&r, "noOrderToCancel", "NO_ORDER_TO_CANCEL"));
        VdaOrder o = rig_order(&r, "o", 0, 0, 3, 4);
        rig_add(&r, &o.nodes.items[2].actions, "pick", "a", VDA_BLOCK_HARD);
        rig_send_order(&r, &o);
        rig_run(&r, 15); // at 50 m with 5 m/s: N1 is far enough
        rig_instant(&r, "cancelOrder", "c1");
        assert_true(rig_status(&r, "c1") == VDA_ACTION_RUNNING && rig_status(&r, "a") == VDA_ACTION_FAILED &&
                    r.state.driving);
        rig_run(&r, 30);
        assert_true(rig_at(&r, "N1") && !r.state.driving && r.state.node_states.n == 0 && r.state.edge_states.n == 0);
        assert_int_equal(rig_status(&r, "c1"), VDA_ACTION_FINISHED);
        near(rig_x(&r), 100);
        assert_true(str_eq_c(r.state.order_id, "o"));
        rig_go(&r, "o", 1, 3, 4, 4);
        assert_true(rig_error(&r, "orderUpdateError", "ORDER_UPDATE_FOLLOWING_CANCEL") && r.state.node_states.n == 0);
        rig_go(&r, "p", 0, 1, 3, 3);
        assert_true(r.state.errors.n == 0 && r.state.driving);
        rig_run(&r, 19); // 70 m on, at 5 m/s 5 m before... it cannot stop at N2, so it stops at N3
        rig_run(&r, 5.5);
        assert_true(200 - rig_x(&r) < 12 && rig_x(&r) < 200);
        rig_instant(&r, "cancelOrder", "c2");
        rig_run(&r, 60);
        assert_true(rig_at(&r, "N3") && rig_status(&r, "c2") == VDA_ACTION_FINISHED);
        END;
    }
}
static void test_cancel_while_running(void **state) { // what runs comes to its end
    EACH {
        BEGIN;
        VdaOrder o = rig_order(&r, "o", 0, 0, 2, 2);
        rig_add(&r, &o.nodes.items[0].actions, "pick", "a", VDA_BLOCK_HARD);
        rig_send_order(&r, &o);
        rig_run(&r, 10);
        rig_instant(&r, "cancelOrder", "c");
        assert_int_equal(rig_status(&r, "c"), VDA_ACTION_RUNNING);
        rig_instant(&r, "cancelOrder", "d");
        assert_int_equal(rig_status(&r, "d"), VDA_ACTION_FAILED);
        rig_go(&r, "p", 0, 0, 1, 1);
        assert_true(str_eq_c(r.state.order_id, "o"));
        rig_run(&r, 10.1);
        assert_true(rig_status(&r, "a") == VDA_ACTION_FINISHED && rig_status(&r, "c") == VDA_ACTION_FINISHED);
        assert_true(!r.state.driving && r.state.loads.n == 1);
        END;
    }
}
static void test_cancel_while_failing(void **state) { // what fails meanwhile, retriable or not, does not hold it up
    EACH {
        BEGIN;
        VdaOrder o = rig_order(&r, "o", 0, 0, 2, 2);
        rig_add(&r, &o.nodes.items[0].actions, "pick", "a", VDA_BLOCK_HARD)->retriable = VDA_TRUE;
        rig_send_order(&r, &o);
        vehicle_fail_next(r.v, STR("pick"), r.now);
        rig_run(&r, 10);
        rig_instant(&r, "cancelOrder", "c");
        rig_run(&r, 10.1);
        assert_true(rig_status(&r, "a") == VDA_ACTION_FAILED && rig_status(&r, "c") == VDA_ACTION_FINISHED);
        o = rig_order(&r, "p", 0, 0, 2, 2);
        rig_add(&r, &o.edges.items[0].actions, "drop", "b", VDA_BLOCK_NONE); // fails after 10 s, on its way
        rig_send_order(&r, &o);
        rig_run(&r, 8);
        rig_instant(&r, "cancelOrder", "d");
        rig_run(&r, 60);
        assert_true(rig_status(&r, "b") == VDA_ACTION_FAILED && rig_status(&r, "d") == VDA_ACTION_FINISHED &&
                    rig_at(&r, "N1"));
        END;
    }
}
static void test_pause(void **state) {
    EACH {
        BEGIN;
        VdaOrder o = rig_order(&r, "o", 0, 0, 2, 2);
        rig_add(&r, &o.nodes.items[0].actions, "horn", "h", VDA_BLOCK_NONE);
        rig_send_order(&r, &o);
        rig_run(&r, 2);
        rig_instant(&r, "startPause", "p");
        assert_int_equal(rig_status(&r, "p"), VDA_ACTION_RUNNING); // it still rolls
        rig_run(&r, 1);
        assert_int_equal(r.state.paused, VDA_TRUE);
        assert_true(rig_status(&r, "p") == VDA_ACTION_FINISHED && !r.state.driving);
        double x = rig_x(&r);
        rig_run(&r, 500);
        near(rig_x(&r), x);
        rig_instant(&r, "stopPause", "q");
        assert_true(r.state.paused == VDA_FALSE && r.state.driving && rig_status(&r, "q") == VDA_ACTION_FINISHED);
        rig_run(&r, 100);
        assert_true(rig_at(&r, "N2"));
        vehicle_brake(r.v, r.now);
        assert_int_equal(r.state.paused, VDA_TRUE);
        vehicle_go(r.v, r.now);
        assert_int_equal(r.state.paused, VDA_FALSE);
        END;
    }
}
static void test_pause_holds_actions(void **state) {
    EACH {
        BEGIN;
        VdaOrder o = rig_order(&r, "o", 0, 0, 1, 1);
        rig_add(&r, &o.nodes.items[0].actions, "pick", "a", VDA_BLOCK_HARD);
        rig_send_order(&r, &o);
        rig_run(&r, 15);
        rig_instant(&r, "startPause", "p");
        assert_int_equal(rig_status(&r, "a"), VDA_ACTION_PAUSED);
        rig_run(&r, 100);
        rig_instant(&r, "stopPause", "q");
        assert_int_equal(rig_status(&r, "a"), VDA_ACTION_RUNNING);
        rig_run(&r, 4.9);
        assert_int_equal(rig_status(&r, "a"), VDA_ACTION_RUNNING);
        rig_run(&r, 0.2);
        assert_int_equal(rig_status(&r, "a"), VDA_ACTION_FINISHED);
        END;
    }
}
static void test_requests(void **state) {
    EACH {
        BEGIN;
        uint32_t states = r.sent[VDA_STATE];
        rig_instant(&r, "stateRequest", "s");
        assert_true(r.sent[VDA_STATE] == states + 1 && rig_status(&r, "s") == VDA_ACTION_FINISHED);
        rig_instant(&r, "factsheetRequest", "f");
        assert_true(r.sent[VDA_FACTSHEET] == 2 && rig_status(&r, "f") == VDA_ACTION_FINISHED);
        rig_instant(&r, "factsheetRequest", "f"); // the same message again
        assert_int_equal(r.sent[VDA_FACTSHEET], 2);
        rig_instant(&r, "dance", "d");
        assert_true(rig_status(&r, "d") == VDA_ACTION_FAILED &&
                    rig_error(&r, "instantActionError", "INVALID_INSTANT_ACTION"));
        for (uint32_t i = 0; i < 100; i++) rig_instant(&r, "stateRequest", rig_text(&r, "s%u", i).p);
        assert_int_equal(rig_status(&r, "s99"), VDA_ACTION_FINISHED);
        assert_int_equal(version >= VDA_3_0 ? r.state.instant_action_states.n : r.state.action_states.n,
                         VEHICLE_INSTANT_MAX);
        END;
    }
}

// ---- trouble
static void test_obstacle(void **state) {
    EACH {
        BEGIN;
        rig_go(&r, "o", 0, 0, 2, 2);
        rig_run(&r, 12);
        vehicle_obstacle(r.v, r.now + 20000, r.now);
        assert_true(r.state.safety.field_violation && r.state.errors.n == 1);
        rig_run(&r, 19);
        near(rig_x(&r), 35 + 12.5);
        assert_false(r.state.driving);
        rig_run(&r, 2);
        assert_true(r.state.driving && !r.state.safety.field_violation && r.state.errors.n == 0);
        vehicle_slow(r.v, 0.2, r.now);
        rig_run(&r, 30);
        near(vehicle_view(r.v, r.now).speed, 1);
        END;
    }
}
static void test_e_stop(void **state) {
    EACH {
        BEGIN;
        rig_go(&r, "o", 0, 0, 2, 2);
        rig_run(&r, 12);
        vehicle_e_stop(r.v, VDA_ESTOP_MANUAL, r.now);
        assert_int_equal(r.state.safety.e_stop, VDA_ESTOP_MANUAL);
        rig_run(&r, 30);
        near(rig_x(&r), 35 + 6.25); // twice as hard
        vehicle_e_stop(r.v, VDA_ESTOP_NONE, r.now);
        rig_run(&r, 60);
        assert_true(rig_at(&r, "N2") && r.state.safety.e_stop == VDA_ESTOP_NONE);
        END;
    }
}
static void test_modes(void **state) {
    EACH {
        BEGIN;
        rig_go(&r, "o", 0, 0, 2, 2);
        rig_run(&r, 12);
        assert_true(vehicle_mode(r.v, VDA_MODE_MANUAL, r.now));
        assert_true(r.state.mode == VDA_MODE_MANUAL && r.state.node_states.n == 0 && !r.state.driving &&
                    rig_at(&r, ""));
        rig_go(&r, "p", 0, 0, 2, 2);
        assert_true(rig_error(&r, "orderError", "MOBILE_ROBOT_NOT_AVAILABLE"));
        vehicle_mode(r.v, VDA_MODE_AUTOMATIC, r.now);
        rig_go(&r, "p", 0, 0, 2, 2);
        assert_true(rig_error(&r, "noRouteError", "START_NODE_OUT_OF_RANGE")); // where it is must be told first
        VdaParameter par[] = {{STR("x"), {.type = VDA_VALUE_NUMBER, .number = 100}},
                              {STR("y"), {.type = VDA_VALUE_NUMBER}},
                              {STR("lastNodeId"), {.type = VDA_VALUE_TEXT, .text = STR("N1")}},
                              {STR("mapId"), {.type = VDA_VALUE_TEXT, .text = STR("site")}}};
        VdaAction init = {
            .type = STR("initPosition"), .id = STR("i"), .blocking = VDA_BLOCK_NONE, .parameters = {par, 4}};
        rig_instant_action(&r, &init);
        assert_true(rig_status(&r, "i") == VDA_ACTION_FINISHED && rig_at(&r, "N1"));
        rig_go(&r, "p", 0, 1, 2, 2);
        assert_true(r.state.driving && r.state.errors.n == 0);
        assert_int_equal(vehicle_mode(r.v, VDA_MODE_INTERVENED, r.now), version >= VDA_3_0);
        rig_run(&r, 10);
        assert_true(r.state.node_states.n == 1); // kept
        assert_true(vehicle_mode(r.v, VDA_MODE_AUTOMATIC, r.now));
        rig_run(&r, 60);
        assert_true(rig_at(&r, "N2"));
        vehicle_mode(r.v, VDA_MODE_SERVICE, r.now);
        assert_true(rig_at(&r, ""));
        END;
    }
}
static void test_lost_position(void **state) {
    EACH {
        BEGIN;
        rig_go(&r, "o", 0, 0, 2, 2);
        rig_run(&r, 15);
        vehicle_lose_position(r.v, r.now);
        assert_true(rig_at(&r, "") && !r.state.position->initialized &&
                    rig_error(&r, "localizationError", "LOCALIZATION_ERROR"));
        rig_run(&r, 20);
        assert_true(!r.state.driving && r.state.node_states.n == 2);
        VdaParameter par[] = {{STR("lastNodeId"), {.type = VDA_VALUE_TEXT, .text = STR("N1")}}};
        VdaAction init = {
            .type = STR("initPosition"), .id = STR("i"), .blocking = VDA_BLOCK_NONE, .parameters = {par, 1}};
        rig_instant_action(&r, &init);
        assert_int_equal(rig_status(&r, "i"), VDA_ACTION_FAILED); // the order first
        rig_instant(&r, "cancelOrder", "c");
        assert_true(rig_status(&r, "c") == VDA_ACTION_FINISHED && r.state.node_states.n == 0 && rig_at(&r, ""));
        init.id = STR("j");
        rig_instant_action(&r, &init);
        assert_true(rig_status(&r, "j") == VDA_ACTION_FINISHED && r.state.position->initialized &&
                    r.state.errors.n == 0);
        rig_go(&r, "p", 0, 1, 2, 2);
        assert_true(r.state.driving);
        END;
    }
}
static void test_lost_before_node(void **state) { // it rolls over a node that it does not know
    EACH {
        BEGIN;
        rig_go(&r, "o", 0, 0, 2, 2);
        rig_run(&r, 24);
        vehicle_lose_position(r.v, r.now);
        rig_run(&r, 20);
        assert_true(rig_at(&r, "") && !r.state.driving && r.state.node_states.n == 1);
        rig_instant(&r, "cancelOrder", "c");
        assert_true(rig_at(&r, "") && rig_status(&r, "c") == VDA_ACTION_FINISHED);
        END;
    }
}
static void test_connection(void **state) {
    EACH {
        BEGIN;
        rig_go(&r, "o", 0, 0, 2, 3);
        rig_run(&r, 10);
        vehicle_break(r.v, r.now);
        assert_int_equal(r.connection, VDA_CONNECTION_BROKEN);
        uint32_t states = r.sent[VDA_STATE];
        rig_run(&r, 100);
        assert_int_equal(r.sent[VDA_STATE], states);
        near(rig_x(&r), 200); // it drove to the end of its base
        vehicle_connect(r.v, r.now);
        assert_true(r.connection == VDA_ONLINE && rig_at(&r, "N2") && r.state.node_states.n == 1);
        vehicle_disconnect(r.v, r.now);
        assert_int_equal(r.connection, VDA_OFFLINE);
        END;
    }
}
static void test_dead(void **state) {
    EACH {
        BEGIN;
        rig_go(&r, "o", 0, 0, 2, 2);
        rig_run(&r, 12);
        uint32_t states = r.sent[VDA_STATE];
        vehicle_kill(r.v, r.now);
        rig_go(&r, "p", 0, 0, 2, 2);
        rig_run(&r, 1000);
        assert_true(r.sent[VDA_STATE] == states && vehicle_next_ms(r.v) == TIME_NEVER);
        near(rig_x(&r), 35);
        vehicle_revive(r.v, r.now);
        assert_true(r.state.order_id.n == 0 && rig_at(&r, "") && !r.state.position->initialized &&
                    r.connection == VDA_ONLINE);
        END;
    }
}
static void test_battery(void **state) {
    EACH {
        VehicleConfig c = rig_config(version);
        Rig r;
        c.battery_kwh = 10, c.charge = 50, c.drive_kwh_km = 2, c.idle_kw = 1, c.charge_kw = 61;
        rig_init(&r, &c);
        rig_go(&r, "o", 0, 0, 10, 10);
        rig_run(&r, 360);
        assert_true(rig_at(&r, "N10") && fabs(vehicle_view(r.v, r.now).charge - 29) < 0.2); // 1 km and 0.1 h: 2.1 kWh
        vehicle_charge(r.v, 19, r.now);
        assert_true(rig_error(&r, "batteryLow", "BATTERY_LOW"));
        VdaOrder o = rig_order(&r, "p", 0, 10, 11, 11);
        rig_add(&r, &o.nodes.items[0].actions, "startCharging", "s", VDA_BLOCK_HARD);
        o.nodes.n = 1, o.edges.n = 0;
        rig_send_order(&r, &o);
        assert_true(rig_error(&r, "batteryLow", "BATTERY_LOW")); // an order does not make it go away
        rig_run(&r, 3.1);
        assert_true(r.state.battery.charging && rig_status(&r, "s") == VDA_ACTION_FINISHED);
        rig_run(&r, 300); // 60 kW net: 5 kWh
        assert_true(fabs(vehicle_view(r.v, r.now).charge - 69) < 0.5 && !rig_error(&r, "batteryLow", "BATTERY_LOW"));
        rig_run(&r, 300);
        assert_true(!r.state.battery.charging && vehicle_view(r.v, r.now).charge > 98); // full: it ends by itself
        rig_instant(&r, "startCharging", "t");
        assert_true(r.state.battery.charging);
        rig_instant(&r, "stopCharging", "u");
        assert_false(r.state.battery.charging);
        rig_instant(&r, "startCharging", "w");
        rig_go(&r, "q", 0, 10, 20, 20);
        assert_true(r.state.driving && !r.state.battery.charging); // it unplugs
        vehicle_charge(r.v, 1, r.now);
        rig_run(&r, 200);
        assert_true(!r.state.driving && rig_error(&r, "batteryEmpty", "BATTERY_EMPTY") && r.state.node_states.n > 0);
        END;
    }
}
static void test_visualization(void **state) {
    EACH {
        VehicleConfig c = rig_config(version);
        Rig r;
        c.visualization_ms = 1000;
        rig_init(&r, &c);
        rig_run(&r, 60);
        assert_int_equal(r.sent[VDA_VISUALIZATION], 60);
        assert_int_equal(r.sent[VDA_STATE], 3);
        END;
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_hello),
        cmocka_unit_test(test_drive),
        cmocka_unit_test(test_speed_limits),
        cmocka_unit_test(test_base_and_horizon),
        cmocka_unit_test(test_extended_in_time),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_start_nearby),
        cmocka_unit_test(test_updates),
        cmocka_unit_test(test_horizon_replaced),
        cmocka_unit_test(test_long_mission),
        cmocka_unit_test(test_hard),
        cmocka_unit_test(test_blocking),
        cmocka_unit_test(test_edge_action_ends),
        cmocka_unit_test(test_single),
        cmocka_unit_test(test_init),
        cmocka_unit_test(test_failed),
        cmocka_unit_test(test_retry),
        cmocka_unit_test(test_cancel),
        cmocka_unit_test(test_cancel_while_running),
        cmocka_unit_test(test_cancel_while_failing),
        cmocka_unit_test(test_pause),
        cmocka_unit_test(test_pause_holds_actions),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_obstacle),
        cmocka_unit_test(test_e_stop),
        cmocka_unit_test(test_modes),
        cmocka_unit_test(test_lost_position),
        cmocka_unit_test(test_lost_before_node),
        cmocka_unit_test(test_connection),
        cmocka_unit_test(test_dead),
        cmocka_unit_test(test_battery),
        cmocka_unit_test(test_visualization),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
