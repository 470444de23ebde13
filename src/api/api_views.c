// What each role sees of a passage. Every agency's view is derived from the one declaration by the tables below.
#include "api_internal.h"
#include <qrencode.h>

static const uint32_t view_of[ROLE_COUNT] = {
    [ROLE_SYSTEM] = 0,
    [ROLE_TRADER] = VIEW_ALL,
    [ROLE_DRIVER] = VIEW_VEHICLE | VIEW_DRIVER | VIEW_ROUTE,
    [ROLE_BOARD] = VIEW_VEHICLE | VIEW_TRADER | VIEW_ROUTE,
    [ROLE_YARD] = VIEW_VEHICLE | VIEW_DRIVER | VIEW_ROUTE,
    [ROLE_HEALTH] = VIEW_VEHICLE | VIEW_DRIVER | VIEW_GOODS | VIEW_CERTS | VIEW_ROUTE,
    [ROLE_PLANT] = VIEW_VEHICLE | VIEW_GOODS | VIEW_CERTS | VIEW_TRADER | VIEW_ROUTE,
    [ROLE_ANIMAL] = VIEW_VEHICLE | VIEW_GOODS | VIEW_CERTS | VIEW_TRADER | VIEW_ROUTE,
    [ROLE_CUSTOMS] = VIEW_ALL,
    [ROLE_GUARD] = VIEW_VEHICLE | VIEW_DRIVER | VIEW_ROUTE,
    [ROLE_CENTRE] = VIEW_ALL,
    [ROLE_PEER] = VIEW_VEHICLE | VIEW_ROUTE,
    [ROLE_DEVICE] = 0,
    [ROLE_AUDITOR] = VIEW_ALL,
};
static const struct {
    const char *name;
    uint32_t view;
} field_views[] = {
    {"lrn", VIEW_TRADER},
    {"trader", VIEW_TRADER},
    {"customs_no", VIEW_CUSTOMS},
    {"channel", VIEW_CUSTOMS},
    {"plate", VIEW_VEHICLE},
    {"trailer", VIEW_VEHICLE},
    {"vehicle_country", VIEW_VEHICLE},
    {"tare_kg", VIEW_VEHICLE},
    {"container", VIEW_VEHICLE},
    {"container_type", VIEW_VEHICLE},
    {"seals", VIEW_VEHICLE},
    {"seal", VIEW_VEHICLE},
    {"driver_id", VIEW_DRIVER},
    {"driver_name", VIEW_DRIVER},
    {"driver_country", VIEW_DRIVER},
    {"certificates", VIEW_CERTS},
    {"goods", VIEW_GOODS},
    {"value", VIEW_VALUE},
    {"currency", VIEW_VALUE},
    {"direction", VIEW_ROUTE},
    {"mode", VIEW_ROUTE},
    {"regime", VIEW_ROUTE},
    {"destination", VIEW_ROUTE},
    {"road", VIEW_ROUTE},
    {"slot", VIEW_ROUTE},
    {"empty", VIEW_ROUTE},
    {"two_way_of", VIEW_ROUTE},
};
uint32_t api_view_of(Role role) {
    return view_of[role];
}
static uint32_t view_of_call(const ApiCall *c) {
    return c->who ? view_of[c->who->role] : 0;
}
void api_view_doc(json_t *doc, uint32_t view) {
    for (size_t i = 0; i < ARRAY_LEN(field_views); i++)
        if (!(field_views[i].view & view)) json_object_del(doc, field_views[i].name);
    size_t k;
    json_t *line;
    json_array_foreach(json_object_get(doc, "goods"), k, line) {
        if (json_is_object(line)) api_view_doc(line, view);
    }
}
static json_t *load(Str text) {
    json_error_t why;
    return text.n ? json_loadb(text.p, text.n, 0, &why) : NULL;
}
static void dump(Buf *b, const json_t *v) {
    char *text = v ? json_dumps(v, JSON_COMPACT) : NULL;
    json_raw(b, text ? str_c(text) : STR("null"));
    free(text);
}
// Declarations ride along in some events; everything that names a vehicle or a person is under the same table.
void api_view_event(Buf *b, uint32_t view, const StoreEvent *e) {
    json_t *v = view == VIEW_ALL ? NULL : load(e->body);
    if (!v) {
        json_raw(b, e->body);
        return;
    }
    json_t *data = json_object_get(v, "data"), *doc = json_object_get(data, "declaration");
    if (data) api_view_doc(data, view);
    if (doc) api_view_doc(doc, view);
    dump(b, v);
    json_decref(v);
}
bool api_view_may_see(const ApiCall *c, const StorePassage *p) {
    if (!c->who) return false;
    if (c->who->role == ROLE_TRADER) return api_auth_trader(c->who, p->trader);
    if (c->who->role != ROLE_DRIVER) return true;
    json_t *doc = load(p->doc);
    const json_t *id = json_object_get(doc, "driver_id");
    bool own = json_is_string(id) && str_eq((Str){json_string_value(id), json_string_length(id)}, c->who->actor);
    json_decref(doc);
    return own;
}

// ---- rows
void api_ref_json(Buf *b, const ApiCall *c, uint32_t passage) {
    char ref[PASS_REF_MAX];
    if (passage == 0 || !c->site) return json_raw(b, STR("null"));
    json_str(b, (Str){ref, pass_ref_format(c->site->site->dyn.ref_prefix, passage, ref)});
}
static void member(Buf *b, const char *key, Str v, bool seen) {
    if (v.n == 0 || !seen) return;
    json_key(b, key);
    json_str(b, v);
}
static void member_time(Buf *b, const char *key, int64_t t) {
    if (t == 0 || t == TIME_NEVER) return;
    json_key(b, key);
    json_time(b, t);
}
static void member_int(Buf *b, const char *key, int64_t v) {
    json_key(b, key);
    json_int(b, v);
}
void api_view_row(Buf *b, const ApiCall *c, const StorePassage *p) {
    uint32_t view = view_of_call(c);
    json_key(b, "passage");
    api_ref_json(b, c, p->no);
    member(b, "kind", p->kind, true);
    member(b, "status", p->status, true);
    member(b, "place", p->place, true);
    json_key(b, "open");
    json_bool(b, p->open);
    member(b, "trader", p->trader, view & VIEW_TRADER);
    member(b, "plate", p->plate, view & VIEW_VEHICLE);
    member(b, "trailer", p->trailer, view & VIEW_VEHICLE);
    member(b, "container", p->container, view & VIEW_VEHICLE);
    member(b, "customs_no", p->customs_no, view & VIEW_CUSTOMS);
    member(b, "direction", p->direction, true);
    member(b, "mode", p->mode, true);
    member(b, "goods", p->goods, true);
    member_time(b, "declared", p->declared_ms);
    member_int(b, "changed_seq", (int64_t)p->changed_seq);
}

// ---- the pass: where it is, what comes next, who must act, until when
static const Text *text_or_none(const Text *t) {
    static const Text none;
    return t ? t : &none;
}
static Str local(const Text *t, Lang lang) {
    t = text_or_none(t);
    Str s = lang == LANG_VI ? t->vi : lang == LANG_ZH ? t->zh : t->en;
    return s.n ? s : t->vi;
}
static const char *task_state(const Passage *p, uint8_t t) {
    if (p->refused >> t & 1) return "refused";
    if (p->held >> t & 1) return "held";
    if (p->rework >> t & 1) return "rework";
    if (p->granted >> t & 1) return "granted";
    return p->open >> t & 1 ? "open" : "waiting";
}
static void write_task(Buf *b, const ApiCall *c, const Passage *p, const CompiledProcedure *pr, uint8_t t,
                       int64_t now) {
    const SiteTask *st = &c->site->site->task[t];
    int64_t due = p->open >> t & 1 ? passage_time(p, p->due_at[t]) : 0;
    json_open(b, '{');
    member(b, "task", st->id, true);
    member(b, "name", local(st->name, c->lang), true);
    member(b, "agency", str_c(Role_names.names[st->agency]), true);
    member(b, "state", str_c(task_state(p, t)), true);
    if (pr && pr->task[t].used) member(b, "basis", pr->task[t].src->basis, true);
    member_time(b, "since", passage_time(p, p->opened_at[t]));
    member_time(b, "taken", p->taken >> t & 1 ? passage_time(p, p->taken_at[t]) : 0);
    member_time(b, "decided", passage_time(p, p->decided_at[t]));
    member_time(b, "due", due);
    if (due) member_int(b, "remaining_s", (due - now) / SECOND_MS);
    json_close(b, '}');
}
static void write_tasks(Buf *b, const ApiCall *c, const Passage *p, const CompiledProcedure *pr, const char *key,
                        uint32_t bits, int64_t now) {
    json_key(b, key);
    json_open(b, '[');
    for (uint8_t t = 0; t < c->site->site->tasks; t++)
        if (bits >> t & 1) write_task(b, c, p, pr, t, now);
    json_close(b, ']');
}
// The way forward: the first row of the movement table from here that is not a way back. Ways out (turn back) are no
// next step.
static const MovementRow *next_row(const Passage *p) {
    static const uint32_t not_forward =
        BIT(MOVE_TURN_BACK) | BIT(MOVE_CALL_LAPSE) | BIT(MOVE_LINE_BACK) | BIT(MOVE_PEER_RETURN) | BIT(MOVE_RECALL);
    for (uint32_t i = 0; i < movement_rows_n; i++) {
        const MovementRow *r = &movement_rows[i];
        if (r->kind != p->kind || r->from != p->place || (not_forward >> r->move & 1)) continue;
        if (r->from == PLACE_ON_VEHICLE && r->move == MOVE_LIFT_OFF) continue; // taken off the vehicle again
        if (movement_find(p, (Move)r->move) == r) return r;
    }
    return NULL;
}
static void write_actors(Buf *b, const Site *s, uint32_t open_missing, uint32_t roles) {
    if (open_missing) {
        roles = 0;
        for (uint8_t t = 0; t < s->tasks; t++)
            if (open_missing >> t & 1) roles |= BIT(s->task[t].agency);
    }
    json_key(b, "who");
    json_open(b, '[');
    for (uint32_t r = 0; r < ROLE_COUNT; r++)
        if (roles >> r & 1) json_c(b, Role_names.names[r]);
    json_close(b, ']');
}
static void write_next(Buf *b, const ApiCall *c, const Passage *p, const CompiledProcedure *pr, int64_t now) {
    const Site *s = c->site->site;
    const MovementRow *r = next_row(p);
    json_key(b, "next");
    if (!r) return json_raw(b, STR("null"));
    uint32_t missing = pr ? gate_missing(s, pr, p, (Point)r->point) : 0,
             active = missing & (p->open | p->held | p->rework);
    json_open(b, '{');
    member(b, "move", str_c(Move_names.names[r->move]), true);
    member(b, "to", str_c(Place_names.names[r->to]), true);
    if (r->point != POINT_NONE) member(b, "point", str_c(Point_names.names[r->point]), true);
    if (pr && r->point != POINT_NONE) member(b, "basis", pr->point_basis[r->point], true);
    write_actors(b, s, active ? active : missing, r->roles);
    write_tasks(b, c, p, pr, "missing", missing, now);
    json_close(b, '}');
}
static void write_deadlines(Buf *b, const Passage *p, int64_t now) {
    const struct {
        const char *what;
        int64_t at;
    } all[] = {
        {"validity", p->valid_until_ms}, {"stay", p->stay_until_ms}, {"call", p->call_until_ms}, {"slot", p->slot_ms}};
    json_key(b, "deadlines");
    json_open(b, '[');
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        if (all[i].at == 0 || all[i].at == TIME_NEVER) continue;
        json_open(b, '{');
        member(b, "what", str_c(all[i].what), true);
        member_time(b, "at", all[i].at);
        member_int(b, "remaining_s", (all[i].at - now) / SECOND_MS);
        json_close(b, '}');
    }
    json_close(b, ']');
}
static void write_bits(Buf *b, const char *key, uint32_t bits, const Names *names) {
    json_key(b, key);
    json_open(b, '[');
    for (uint32_t i = 0; i < names->n; i++)
        if (bits >> i & 1) json_c(b, names->names[i]);
    json_close(b, ']');
}
static void write_pass(Buf *b, const ApiCall *c, const Passage *p) {
    const Site *s = c->site->site;
    int64_t now = io_now_ms();
    const CompiledProcedure *pr = site_procedure(s, (Kind)p->kind, now);
    Side side = gate_side(p);
    member(b, "step", gate_step(s, p), true);
    if (side != SIDE_NONE) member(b, "side", str_c(Side_names.names[side]), true);
    member_time(b, "since", p->place_since_ms);
    if (p->road < s->roads) member(b, "road", s->road[p->road].id, true);
    if (p->lane < s->lanes) member(b, "lane", s->lane[p->lane].id, true);
    if (p->yard < s->yards) member(b, "yard", s->yard[p->yard].id, true);
    if (p->mission != MISSION_NONE) {
        member(b, "mission", str_c(Mission_names.names[p->mission]), true);
        member(b, "vehicle", str_c(p->vehicle), true);
    }
    write_next(b, c, p, pr, now);
    write_deadlines(b, p, now);
    write_bits(b, "alarms", p->alarms, &Alarm_names);
    write_bits(b, "incidents", p->incidents, &Incident_names);
    if (p->fee_known) {
        member_int(b, "fee_vnd", p->fee_vnd);
        json_key(b, "fee_paid");
        json_bool(b, p->fee_paid);
    }
}
static bool state_of(const ApiCall *c, const StorePassage *row, Passage *ret) {
    if (!c->site || row->state.n != sizeof *ret) return false;
    memcpy(ret, row->state.p, sizeof *ret);
    return true;
}
void api_view_pass(ApiCall *c, const StorePassage *row) {
    Passage p;
    if (!state_of(c, row, &p)) return api_query_fail(c, API_SITE_MISSING, STR_EMPTY);
    json_open(&c->out, '{');
    json_key(&c->out, "passage");
    api_ref_json(&c->out, c, row->no);
    member(&c->out, "status", row->status, true);
    member(&c->out, "place", row->place, true);
    write_pass(&c->out, c, &p);
    json_close(&c->out, '}');
}
void api_view_passage(ApiCall *c, const StorePassage *row) {
    Passage p;
    if (!state_of(c, row, &p)) return api_query_fail(c, API_SITE_MISSING, STR_EMPTY);
    json_open(&c->out, '{');
    api_view_row(&c->out, c, row);
    write_pass(&c->out, c, &p);
    if (p.gross_kg) member_int(&c->out, "gross_kg", p.gross_kg);
    if (p.weighed_kg) member_int(&c->out, "weighed_kg", p.weighed_kg);
    write_bits(&c->out, "attrs", p.attrs, &Attr_names);
    json_key(&c->out, "two_way_with");
    api_ref_json(&c->out, c, p.linked);
    int64_t now = io_now_ms();
    write_tasks(&c->out, c, &p, site_procedure(c->site->site, (Kind)p.kind, now), "tasks", p.needed, now);
    json_t *doc = load(row->doc);
    api_view_doc(doc, view_of_call(c));
    json_key(&c->out, "declaration");
    dump(&c->out, doc);
    json_decref(doc);
    json_close(&c->out, '}');
}

// ---- QR: one path, a square a dark module, with the quiet zone of four that ISO/IEC 18004 asks for
void api_view_svg(ApiCall *c) {
    char ref[PASS_REF_MAX];
    (void)pass_ref_format(c->site->site->dyn.ref_prefix, c->passage, ref);
    QRcode *q = QRcode_encodeString8bit(ref, 0, QR_ECLEVEL_M);
    if (!q) return api_query_fail(c, API_INTERNAL, STR("QR"));
    int side = q->width + 8;
    c->content_type = "image/svg+xml";
    buf_printf(&c->out,
               "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 %d %d\" "
               "shape-rendering=\"crispEdges\"><title>%s</title>"
               "<rect width=\"%d\" height=\"%d\" fill=\"#fff\"/><path d=\"",
               side, side, ref, side, side);
    for (int y = 0; y < q->width; y++)
        for (int x = 0; x < q->width; x++)
            if (q->data[y * q->width + x] & 1) buf_printf(&c->out, "M%d %dh1v1h-1z", x + 4, y + 4);
    buf_c(&c->out, "\"/></svg>\n");
    QRcode_free(q);
}
