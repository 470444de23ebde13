// Rules for orders beyond the schema (2.0.0 and 2.1.0 6.6, 3.0 6.1): the sequence, what is released, updates.
#include "wire_vda.h"

static const struct {
    const char *name, *type_2, *type_3, *text;
} faults[VDA_FAULT_COUNT_] = {
#define X(sym, v2, v3, text) {#sym, v2, v3, text},
    VDA_FAULT_TABLE(X)
#undef X
};
const char *vda_fault_name(VdaFault f) {
    CK_ASSERT(f < VDA_FAULT_COUNT_);
    return faults[f].name;
}
const char *vda_fault_type(VdaFault f, VdaVersion v) {
    CK_ASSERT(f < VDA_FAULT_COUNT_);
    return v >= VDA_3_0 ? faults[f].type_3 : faults[f].type_2;
}
const char *vda_fault_text(VdaFault f) {
    CK_ASSERT(f < VDA_FAULT_COUNT_);
    return faults[f].text;
}

static VdaFault at(VdaFault f, char *ret_where, const char *list, uint32_t i, const char *member) {
    if (ret_where) snprintf(ret_where, VDA_WHERE_MAX, "/%s/%u%s", list, i, member);
    return f;
}
static VdaFault check_node(const VdaOrder *o, uint32_t i, char *where) {
    const VdaNode *n = &o->nodes.items[i];
    if (n->sequence_id % 2) return at(VDA_FAULT_NODE_ODD, where, "nodes", i, "/sequenceId");
    if (i == 0) return n->released ? VDA_FAULT_NONE : at(VDA_FAULT_FIRST, where, "nodes", i, "/released");
    if (n->sequence_id != (uint64_t)n[-1].sequence_id + 2)
        return at(VDA_FAULT_SEQUENCE, where, "nodes", i, "/sequenceId");
    if (n->released && !n[-1].released) return at(VDA_FAULT_RELEASE, where, "nodes", i, "/released");
    return VDA_FAULT_NONE;
}
static VdaFault check_edge(VdaVersion v, const VdaOrder *o, uint32_t i, char *where) {
    const VdaEdge *e = &o->edges.items[i];
    const VdaNode *from = &o->nodes.items[i], *to = from + 1;
    if (e->sequence_id != (uint64_t)from->sequence_id + 1)
        return at(VDA_FAULT_SEQUENCE, where, "edges", i, "/sequenceId");
    if (v < VDA_3_0 && !str_eq(e->start_node_id, from->id))
        return at(VDA_FAULT_ENDS, where, "edges", i, "/startNodeId");
    if (v < VDA_3_0 && !str_eq(e->end_node_id, to->id)) return at(VDA_FAULT_ENDS, where, "edges", i, "/endNodeId");
    if (e->released != to->released) return at(VDA_FAULT_EDGE_RELEASE, where, "edges", i, "/released");
    return VDA_FAULT_NONE;
}
// A set of ids by open addressing: orders are short, so two times the limit is enough.
typedef struct {
    const Str *slot[VDA_ACTION_MAX * 2];
    uint32_t n;
} IdSet;
static VdaFault add_ids(IdSet *set, const VdaActions *a) {
    for (uint32_t i = 0; i < a->n; i++) {
        const Str *id = &a->items[i].id;
        if (set->n == VDA_ACTION_MAX) return VDA_FAULT_TOO_LONG;
        if (id->n == 0) return VDA_FAULT_ACTION_ID;
        uint64_t h = str_hash(5, *id);
        for (; set->slot[h % ARRAY_LEN(set->slot)]; h++)
            if (str_eq(*set->slot[h % ARRAY_LEN(set->slot)], *id)) return VDA_FAULT_ACTION_ID;
        set->slot[h % ARRAY_LEN(set->slot)] = id;
        set->n++;
    }
    return VDA_FAULT_NONE;
}
// Few actions are compared with each other; only many need the set.
static bool few_differ(const VdaOrder *o, uint32_t total) {
    const Str *all[16];
    uint32_t n = 0;
    if (total > ARRAY_LEN(all)) return false;
    for (uint32_t i = 0; i < o->nodes.n + o->edges.n; i++) {
        const VdaActions *a = i < o->nodes.n ? &o->nodes.items[i].actions : &o->edges.items[i - o->nodes.n].actions;
        for (uint32_t k = 0; k < a->n; k++) {
            all[n++] = &a->items[k].id;
            if (a->items[k].id.n == 0) return false;
            for (uint32_t m = 0; m + 1 < n; m++)
                if (str_eq(*all[m], *all[n - 1])) return false;
        }
    }
    return true;
}
static VdaFault check_actions(const VdaOrder *o, char *where) {
    uint64_t total = 0;
    for (uint32_t i = 0; i < o->nodes.n; i++) total += o->nodes.items[i].actions.n;
    for (uint32_t i = 0; i < o->edges.n; i++) total += o->edges.items[i].actions.n;
    if (total > VDA_ACTION_MAX) return VDA_FAULT_TOO_LONG;
    if (few_differ(o, (uint32_t)total)) return VDA_FAULT_NONE;
    IdSet set = {.n = 0};
    for (uint32_t i = 0; i < o->nodes.n; i++) {
        VdaFault f = add_ids(&set, &o->nodes.items[i].actions);
        if (f) return at(f, where, "nodes", i, "/actions");
    }
    for (uint32_t i = 0; i < o->edges.n; i++) {
        VdaFault f = add_ids(&set, &o->edges.items[i].actions);
        if (f) return at(f, where, "edges", i, "/actions");
    }
    return VDA_FAULT_NONE;
}
VdaFault vda_check_order(VdaVersion v, const VdaOrder *o, char ret_where[VDA_WHERE_MAX]) {
    if (ret_where) ret_where[0] = 0;
    if (o->order_id.n == 0) return VDA_FAULT_NO_ORDER_ID;
    if (o->nodes.n == 0) return VDA_FAULT_NO_NODE;
    if (o->nodes.n > VDA_ORDER_MAX) return VDA_FAULT_TOO_LONG;
    if (o->edges.n != o->nodes.n - 1) return VDA_FAULT_EDGES;
    for (uint32_t i = 0; i < o->nodes.n; i++) {
        VdaFault f = check_node(o, i, ret_where);
        if (f) return f;
    }
    for (uint32_t i = 0; i < o->edges.n; i++) {
        VdaFault f = check_edge(v, o, i, ret_where);
        if (f) return f;
    }
    return check_actions(o, ret_where);
}

// ---- updates
uint32_t vda_base_end(const VdaOrder *o) {
    uint32_t end = 0;
    for (uint32_t i = 1; i < o->nodes.n && o->nodes.items[i].released; i++) end = i;
    return end;
}
static bool value_eq(const VdaValue *a, const VdaValue *b) {
    return a->type == b->type && a->flag == b->flag && !(a->number < b->number) && !(a->number > b->number) &&
           str_eq(a->text, b->text);
}
bool vda_action_eq(const VdaAction *a, const VdaAction *b) {
    if (!str_eq(a->id, b->id) || !str_eq(a->type, b->type) || a->blocking != b->blocking) return false;
    if (a->parameters.n != b->parameters.n) return false;
    for (uint32_t i = 0; i < a->parameters.n; i++) {
        const VdaParameter *x = &a->parameters.items[i], *y = &b->parameters.items[i];
        if (!str_eq(x->key, y->key) || !value_eq(&x->value, &y->value)) return false;
    }
    return true;
}
VdaFault vda_check_update(const VdaOrder *old, const VdaOrder *next) {
    CK_ASSERT(old->nodes.n > 0 && next->nodes.n > 0);
    if (!str_eq(old->order_id, next->order_id)) return VDA_FAULT_OTHER_ORDER;
    if (next->update_id < old->update_id) return VDA_FAULT_OLD_UPDATE;
    if (next->update_id == old->update_id) return VDA_FAULT_SAME_UPDATE;
    const VdaNode *a = &old->nodes.items[vda_base_end(old)], *b = &next->nodes.items[0];
    if (!str_eq(a->id, b->id) || a->sequence_id != b->sequence_id) return VDA_FAULT_STITCH;
    if (a->actions.n != b->actions.n) return VDA_FAULT_STITCH_CHANGED;
    for (uint32_t i = 0; i < a->actions.n; i++)
        if (!vda_action_eq(&a->actions.items[i], &b->actions.items[i])) return VDA_FAULT_STITCH_CHANGED;
    return next->update_id == (uint64_t)old->update_id + 1 ? VDA_FAULT_NONE : VDA_FAULT_SKIPPED;
}
