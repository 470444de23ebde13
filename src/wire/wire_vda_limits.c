// What a vehicle's factsheet allows a master to send (2.0.0 and 2.1.0 6.14, 3.0 7.10).
#include "wire_vda.h"

typedef struct {
    char *what; // of VDA_WHAT_MAX bytes
    bool good;  // nothing found so far
} Check;

static void at_most(Check *c, const char *name, VdaInt limit, uint64_t n) {
    if (!c->good || !limit.has || limit.v <= 0 || n <= (uint64_t)limit.v) return;
    c->good = false;
    snprintf(c->what, VDA_WHAT_MAX, "%s: %llu, at most %lld", name, (unsigned long long)n, (long long)limit.v);
}
static void check_id(Check *c, const VdaStringLimits *l, Str id) {
    at_most(c, "bytes of an id", l->id, id.n);
    if (!c->good || l->id_numerical_only != VDA_TRUE) return;
    for (size_t i = 0; i < id.n; i++) {
        if (id.p[i] >= '0' && id.p[i] <= '9') continue;
        c->good = false;
        snprintf(c->what, VDA_WHAT_MAX, "ids must be of digits only");
        return;
    }
}
static void check_actions(Check *c, const VdaLimits *l, const VdaActions *a, const char *name, VdaInt limit) {
    at_most(c, name, limit, a->n);
    for (uint32_t i = 0; i < a->n; i++) {
        const VdaValue *load = vda_parameter(&a->items[i], "loadId");
        check_id(c, &l->strings, a->items[i].id);
        at_most(c, "actions.actionsParameters", l->arrays.action_parameters, a->items[i].parameters.n);
        if (load && load->type == VDA_VALUE_TEXT) at_most(c, "bytes of a loadId", l->strings.load_id, load->text.n);
    }
}
bool vda_within_limits(const VdaLimits *l, const VdaOrder *o, size_t bytes, char ret_what[VDA_WHAT_MAX]) {
    Check c = {ret_what, true};
    ret_what[0] = 0;
    if (!l) return true;
    at_most(&c, "bytes of the message", l->strings.message, bytes);
    at_most(&c, "order.nodes", l->arrays.order_nodes, o->nodes.n);
    at_most(&c, "order.edges", l->arrays.order_edges, o->edges.n);
    check_id(&c, &l->strings, o->order_id);
    for (uint32_t i = 0; i < o->nodes.n && c.good; i++) {
        check_id(&c, &l->strings, o->nodes.items[i].id);
        check_actions(&c, l, &o->nodes.items[i].actions, "node.actions", l->arrays.node_actions);
    }
    for (uint32_t i = 0; i < o->edges.n && c.good; i++) {
        const VdaTrajectory *t = o->edges.items[i].trajectory;
        check_id(&c, &l->strings, o->edges.items[i].id);
        check_actions(&c, l, &o->edges.items[i].actions, "edge.actions", l->arrays.edge_actions);
        if (t) at_most(&c, "trajectory.knotVector", l->arrays.knots, t->knots.n);
        if (t) at_most(&c, "trajectory.controlPoints", l->arrays.control_points, t->points.n);
    }
    return c.good;
}
bool vda_can_do(const VdaFactsheet *f, Str action_type, VdaScope scope) {
    if (!f->features) return true;
    for (uint32_t i = 0; i < f->features->actions.n; i++) {
        const VdaActionSpec *a = &f->features->actions.items[i];
        if (str_eq(a->type, action_type) && a->scopes & 1u << scope) return true;
    }
    return false;
}
