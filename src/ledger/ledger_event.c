// Events as JSON and back.
#include "ledger_internal.h"

void ledger_event_json(Buf *b, const Gate *after, const Event *e) {
    const Site *s = e->kind == EV_SITE_ADOPTED && e->u.site.site ? e->u.site.site : gate_site(after);
    static const DynNames none;
    const DynNames *dyn = s ? &s->dyn : &none;
    char ref[PASS_REF_MAX];
    json_open(b, '{');
    json_key(b, "kind"), json_c(b, EventKind_names.names[e->kind]);
    json_key(b, "at"), json_time(b, e->t_ms);
    json_key(b, "role"), json_c(b, Role_names.names[e->role]);
    if (e->actor.n) json_key(b, "by"), json_str(b, e->actor);
    if (e->passage) json_key(b, "passage"), json_str(b, (Str){ref, pass_ref_format(dyn->ref_prefix, e->passage, ref)});
    json_key(b, "data");
    json_open(b, '{');
    field_write(b, gate_event_fields((EventKind)e->kind), &e->u, dyn);
    json_close(b, '}');
    json_close(b, '}');
}

static bool name_of(const Names *names, Str name, uint32_t *ret) {
    for (uint32_t i = 0; name.n && i < names->n; i++)
        if (str_eq_c(name, names->names[i])) {
            *ret = i;
            return true;
        }
    return false;
}
static Err parse_data(SiteHold **sites, const Gate *g, const Json *data, Arena *a, Event *e) {
    const FieldTable *t = gate_event_fields((EventKind)e->kind);
    CK_ASSERT(t->size <= sizeof e->u);
    BindProblems *bp = arena_alloc(a, sizeof *bp);
    if (!bp) return ERR_LIMIT;
    Err err = wire_bind(data, t, gate_site(g) ? &gate_site(g)->dyn : NULL, a, &e->u, bp);
    if (err) return err == ERR_LIMIT ? err : ERR_CORRUPT;
    if (e->kind != EV_SITE_ADOPTED) return OK;
    SiteReply reply = {0};
    Site *site;
    if (ledger_site_new(sites, e->u.site.bundle, &site, &reply)) return ERR_CORRUPT;
    e->u.site.site = site;
    return OK;
}
Err ledger_event_parse(SiteHold **sites, const Gate *g, const StoreEvent *row, Arena *a, Event *ret) {
    Str what;
    Json *j;
    uint32_t kind, role = 0;
    if (wire_parse_json(row->body, 32, a, &j, &what)) return ERR_CORRUPT;
    memset(ret, 0, sizeof *ret);
    if (!name_of(&EventKind_names, jn_text(jn_get(j, "kind")), &kind) ||
        !name_of(&Role_names, jn_text(jn_get(j, "role")), &role))
        return ERR_CORRUPT;
    ret->kind = (uint16_t)kind, ret->role = (uint8_t)role;
    ret->t_ms = row->t_ms, ret->passage = row->passage;
    ret->actor = jn_text(jn_get(j, "by"));
    return parse_data(sites, g, jn_get(j, "data"), a, ret);
}
