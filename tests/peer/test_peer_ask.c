// What schema/openapi.yaml lets people ask of the link, custody's words and the table of peer_ask.c agree.
#include "api/api_route.h"
#include "gate/gate.h"
#include "peer/peer_ask.h"
#include <setjmp.h>
#include <cmocka.h>

static const Field *field_of(const char *name) {
    for (uint32_t i = 0; i < peer_ask_table.n; i++)
        if (strcmp(peer_ask_table.fields[i].name, name) == 0) return &peer_ask_table.fields[i];
    return NULL;
}
static bool is_word(const Names *names, const SchemaWord *w) {
    for (uint32_t i = 1; i < names->n; i++)
        if (str_eq_c((Str){w->text, w->n}, names->names[i])) return true;
    return false;
}
static void check_words(const ApiRoute *r, const char *name, uint16_t node, const Names *names) {
    const SchemaNode *n = &schema_nodes[node];
    for (uint32_t i = 0; i < n->n; i++)
        if (!is_word(names, &schema_words[n->from + i]))
            fail_msg("%s: %s: custody does not know %s", r->id, name, schema_words[n->from + i].text);
}
static void check(const ApiRoute *r, const char *name, uint16_t node) {
    const Field *f = field_of(name);
    if (!f) fail_msg("%s: the link does not know %s", r->id, name);
    if (f->type != FIELD_ENUM) return;
    assert_true(schema_nodes[node].n > 0);
    check_words(r, name, node, f->more);
}
static void schema_and_link_agree(void **state) {
    (void)state;
    uint32_t routes = 0;
    for (int op = 0; op < OP_COUNT; op++) {
        const ApiRoute *r = &api_routes[op];
        if (r->input != IN_LINK) continue;
        const SchemaNode *n = &schema_nodes[r->body];
        for (uint32_t i = 0; i < n->n; i++) check(r, schema_props[n->from + i].name, schema_props[n->from + i].node);
        for (uint32_t i = 0; i < r->params_n; i++) {
            const ApiParam *p = &api_params[r->params_from + i];
            if (p->place == API_IN_PATH) check(r, p->name, p->node);
        }
        routes++;
    }
    assert_int_equal(routes, 3);
}
static void states_and_kinds(void **state) {
    (void)state;
    uint32_t seen = 0;
    for (int op = 0; op < OP_COUNT; op++) {
        const ApiRoute *r = &api_routes[op];
        for (uint32_t i = 0; i < r->params_n; i++) {
            const ApiParam *p = &api_params[r->params_from + i];
            bool states = op == OP_HANDOVERS && strcmp(p->name, "state") == 0,
                 kinds = op == OP_CUSTODY && strcmp(p->name, "kind") == 0;
            if (!states && !kinds) continue;
            const Names *names = states ? &CustodyState_names : &CustodyItem_names;
            check_words(r, p->name, p->node, names);
            assert_int_equal(schema_nodes[p->node].n, names->n - 1); // all but the first: "start", none
            seen++;
        }
    }
    assert_int_equal(seen, 2);
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(schema_and_link_agree), cmocka_unit_test(states_and_kinds)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
