// Notices: what the other side should know is told in the batch of the event that it comes from; what it tells becomes
// inputs of the gate, in the role of the peer.
#include "peer_gate.h"
#include "wire/wire_bind.h"

static Str keep(PeerGate *g, Str s) {
    Str copy = s.n ? arena_str(&g->keep, s) : STR_EMPTY;
    return copy.p ? copy : STR_EMPTY;
}
static PeerNote *note(PeerGate *g, CustodyMsg kind, const Event *e) {
    static PeerNote none;
    if (g->notes_n == PEER_TOLD_MAX) return &none; // more in one batch than is ever made: told again by nobody
    g->note[g->notes_n] = (PeerNote){.kind = (uint8_t)kind, .passage = e->passage, .at_ms = e->t_ms};
    return &g->note[g->notes_n++];
}
static void on_moved(PeerGate *g, const Event *e) {
    switch ((int)e->u.moved.move) {
    case MOVE_CALL: (void)note(g, MSG_PRE_ARRIVAL, e); break;
    case MOVE_GATE_IN: // a box is not called
        if (e->u.moved.from == PLACE_DECLARED) (void)note(g, MSG_PRE_ARRIVAL, e);
        break;
    case MOVE_LINE_UP:
    case MOVE_DISPATCH: (void)note(g, MSG_EXITED, e); break;
    case MOVE_RETURN: (void)note(g, MSG_RETURNED, e); break;
    case MOVE_YARD_OUT: (void)note(g, MSG_DELIVERED, e); break;
    default: break;
    }
}
void peer_notice_event(PeerGate *g, const Event *e) {
    PeerNote *n;
    if (e->role == ROLE_PEER && e->kind != EV_MOVED) return; // it comes from there
    switch ((int)e->kind) {
    case EV_MOVED: on_moved(g, e); break;
    case EV_ROAD:
        n = note(g, e->u.road.open ? MSG_OPENING : MSG_CLOSURE, e);
        n->passage = e->u.road.road, n->until_ms = e->u.road.until, n->note = keep(g, e->u.road.reason);
        break;
    case EV_TASK_DECIDED: // only what the agreement lists is told, see say_inspection
        if (e->u.decided.outcome != OUTCOME_GRANT || e->role == ROLE_SYSTEM) break;
        note(g, MSG_INSPECTION, e)->task = e->u.decided.task;
        break;
    case EV_EMBARGO:
        if (e->u.embargo.embargo->direction == DIRECTION_EXPORT) break; // our own affair
        n = note(g, MSG_EMBARGO, e);
        n->text = keep(g, e->u.embargo.embargo->id), n->hs = keep(g, e->u.embargo.embargo->hs);
        n->note = keep(g, e->u.embargo.embargo->reason);
        n->at_ms = MAX(e->u.embargo.embargo->from_ms, 1), n->until_ms = e->u.embargo.embargo->to_ms;
        if (e->u.embargo.lift) n->until_ms = MAX(e->t_ms, n->at_ms);
        break;
    case EV_INCIDENT:
        if (e->u.incident.clear || e->u.incident.incident == INCIDENT_EMBARGO) break;
        n = note(g, MSG_INCIDENT, e);
        n->note = str_c(Incident_names.names[e->u.incident.incident]);
        break;
    default: break;
    }
}

// ---- telling
static Str cut(Str s, size_t most) {
    if (s.n <= most) return s;
    while (most && ((uint8_t)s.p[most] & 0xC0) == 0x80) most--; // not within a character
    return (Str){s.p, most};
}
static const Gate *gate_of(const Peer *p) {
    return ledger_gate(p->ledger);
}
static const Declaration *declaration_of(Peer *p, StorePassage *row, Arena *a) {
    Declaration *d = arena_alloc(a, sizeof *d);
    BindProblems *bp = arena_alloc(a, sizeof *bp);
    Json *j;
    Str what;
    if (!d || !bp || wire_parse_json(row->doc, 16, a, &j, &what)) return NULL;
    return wire_bind(j, &declaration_fields, &gate_site(gate_of(p))->dyn, a, d, bp) == OK ? d : NULL;
}
static Str hs_list(const Declaration *d, Arena *a) { // as many whole numbers as fit
    Buf b;
    buf_init(&b, CUSTODY_HS_MAX);
    for (uint32_t i = 0; i < d->goods.n; i++) {
        Str hs = ((const GoodsLine *)d->goods.items)[i].hs;
        if (b.n + hs.n + 1 > CUSTODY_HS_MAX) break;
        if (b.n) buf_char(&b, ',');
        buf_str(&b, hs);
    }
    Str s = arena_str(a, buf_view(&b));
    buf_deinit(&b);
    return s.p ? s : STR_EMPTY;
}
static Str certificate_list(const Declaration *d, Arena *a) { // as many as fit
    const Certificate *c = d->certificates.items;
    Buf b;
    buf_init(&b, CUSTODY_CERTS_MAX);
    for (uint32_t i = 0; i < d->certificates.n; i++) {
        const char *kind = Cert_names.names[c[i].kind];
        bool plain = !memchr(c[i].number.p, ',', c[i].number.n);
        if (!plain || b.n + strlen(kind) + c[i].number.n + 2 > CUSTODY_CERTS_MAX) continue;
        buf_printf(&b, "%s%s " STR_F, b.n ? "," : "", kind, STR_A(c[i].number));
    }
    Str s = arena_str(a, buf_view(&b));
    buf_deinit(&b);
    return s.p ? s : STR_EMPTY;
}
static bool say_passage(Peer *p, const PeerNote *n, Arena *a, CustodyBody *say) {
    StorePassage row;
    const Passage *x = gate_find(gate_of(p), n->passage);
    char *ref = arena_alloc(a, PASS_REF_MAX);
    if (!x || !ref || store_get_passage(ledger_store(p->ledger), n->passage, a, &row) != OK) return false;
    const Site *s = gate_site(gate_of(p));
    say->reference = (Str){ref, pass_ref_format(s->dyn.ref_prefix, n->passage, ref)};
    if (n->kind == MSG_INCIDENT) {
        say->reason = REASON_INCIDENT, say->note = n->note, say->road = s->road[x->road].id;
        return (1u << x->place) &
               (1u << PLACE_LINE | 1u << PLACE_DISPATCHED | 1u << PLACE_ABROAD | 1u << PLACE_APPROACHING);
    }
    say->plate = cut(row.plate, CUSTODY_KEY_MAX), say->container = cut(row.container, CUSTODY_KEY_MAX);
    if (n->kind != MSG_PRE_ARRIVAL) return true;
    const Declaration *d = declaration_of(p, &row, a);
    if (!d) return false;
    say->at = 0, say->mode = row.mode, say->trailer = cut(row.trailer, CUSTODY_KEY_MAX),
    say->road = s->road[x->road].id;
    say->weight_kg = (uint32_t)MIN(MAX(x->gross_kg + x->tare_kg, 0), UINT32_MAX), say->hs = hs_list(d, a);
    say->certificates = certificate_list(d, a);
    if (d->seals.n) say->seal = cut(d->seals.items[0], CUSTODY_KEY_MAX);
    return x->kind == KIND_TRUCK_EXPORT || x->kind == KIND_BOX_EXPORT;
}
// The hand-over by which the goods of this passage came.
static bool say_delivered(Peer *p, const PeerNote *n, CustodyBody *say) {
    const CustodyBook *b = &p->side.book;
    for (uint32_t i = 0; i < b->limits.handovers && b->h[i].used; i++) {
        const HandOver *h = &b->h[i];
        if (h->passage != n->passage || h->role != CUSTODY_TAKER || b->item[h->item].kind == ITEM_TRAILER) continue;
        say->handover = str_c(h->key);
        return true;
    }
    return false;
}
static bool say_inspection(Peer *p, const PeerNote *n, Arena *a, CustodyBody *say) {
    int32_t v = custody_version_at(p->side.agreement, n->at_ms);
    const Passage *x = gate_find(gate_of(p), n->passage);
    const Site *s = gate_site(gate_of(p));
    StorePassage row;
    if (v < 0 || !x || (x->kind != KIND_TRUCK_EXPORT && x->kind != KIND_BOX_EXPORT)) return false;
    Str task = s->task[n->task].id;
    if (!custody_recognised(&p->side.agreement->version[v], p->side.me, task, STR_EMPTY)) return false;
    if (store_get_passage(ledger_store(p->ledger), n->passage, a, &row) != OK) return false;
    say->item = cut(row.container.n ? row.container : row.plate, CUSTODY_KEY_MAX);
    say->task = cut(task, CUSTODY_WORD_MAX), say->outcome = STR("grant");
    return true;
}
static bool say_note(Peer *p, const PeerNote *n, Arena *a, CustodyBody *say) {
    const Site *s = gate_site(gate_of(p));
    switch ((int)n->kind) {
    case MSG_CLOSURE:
    case MSG_OPENING:
        say->road = s->road[n->passage].id, say->from = n->at_ms, say->at = 0,
        say->note = cut(n->note, CUSTODY_NOTE_MAX);
        if (n->kind == MSG_CLOSURE) say->until = n->until_ms, say->reason = REASON_CORRIDOR;
        return true;
    case MSG_EMBARGO:
        say->reference = cut(n->text, CUSTODY_WORD_MAX), say->hs = n->hs, say->from = n->at_ms,
        say->until = n->until_ms;
        say->at = 0, say->note = cut(n->note, CUSTODY_NOTE_MAX);
        return say->hs.n > 0;
    case MSG_DELIVERED: return say_delivered(p, n, say);
    case MSG_INSPECTION: return say_inspection(p, n, a, say);
    default: return say_passage(p, n, a, say);
    }
}
static void tell(Peer *p, const PeerNote *n, int64_t now_ms) {
    CustodyBody say = {.at = n->at_ms};
    CustodyReason why = REASON_NONE;
    bool road = n->kind == MSG_CLOSURE || n->kind == MSG_OPENING;
    Arena a;
    arena_init(&a, 4u << 20);
    int32_t version = custody_version_at(p->side.agreement, now_ms);
    const CustodyTerms *t = version < 0 ? NULL : &p->side.agreement->version[version];
    if (t && t->listed[p->side.me][n->kind] && say_note(p, n, &a, &say)) {
        custody_keep_fields(&say, t->fields[p->side.me][n->kind]);
        (void)peer_tell(p, (CustodyMsg)n->kind, &say, road ? 0 : n->passage, now_ms, &why);
        if (why)
            log_line(LOG_WARN, "peer", "%s is not told: %s", CustodyMsg_names.names[n->kind], custody_reason_text(why));
    }
    arena_deinit(&a);
}
void peer_notice_delivered(Peer *p, const HandOver *h, const Passage *x, int64_t now_ms) {
    CustodyBody say = {.handover = str_c(h->key), .at = x->place_since_ms};
    CustodyReason why = REASON_NONE;
    int32_t version = custody_version_at(p->side.agreement, now_ms);
    if (version < 0 || !p->side.agreement->version[version].listed[p->side.me][MSG_DELIVERED]) return;
    (void)peer_tell(p, MSG_DELIVERED, &say, x->no, now_ms, &why);
}

// ---- heard
void peer_gate_told(Peer *p, CustodyMsg kind, const CustodyBody *body) {
    PeerGate *g = p->gate;
    CK_ASSERT(!peer_gate_full(g));
    PeerTold *t = &g->told[g->told_n++];
    *t = (PeerTold){.kind = (uint8_t)kind, .body = *body};
    Str *texts[] = {&t->body.handover,     &t->body.item,    &t->body.seal,    &t->body.note,      &t->body.reference,
                    &t->body.mode,         &t->body.plate,   &t->body.trailer, &t->body.container, &t->body.hs,
                    &t->body.road,         &t->body.task,    &t->body.outcome, &t->body.hash,      &t->body.proof,
                    &t->body.certificates, &t->body.evidence};
    for (uint32_t i = 0; i < ARRAY_LEN(texts); i++) *texts[i] = keep(g, *texts[i]);
}
bool peer_gate_full(const PeerGate *g) {
    return g->told_n == PEER_TOLD_MAX;
}
static Input input_of(Peer *p, InputKind kind, uint32_t passage, int64_t now_ms) {
    return (Input){
        .t_ms = now_ms, .kind = (uint8_t)kind, .role = ROLE_PEER, .actor = peer_other(p), .passage = passage};
}
static const Passage *import_of(Peer *p, const CustodyBody *b) {
    uint32_t no[2], n = 0;
    if (b->container.n) n = gate_by(gate_of(p), GATE_BY_CONTAINER, b->container, no);
    if (!n && b->plate.n) n = gate_by(gate_of(p), GATE_BY_PLATE, b->plate, no);
    for (uint32_t i = 0; i < n; i++) {
        const Passage *x = gate_find(gate_of(p), no[i]);
        if (x->kind == KIND_TRUCK_IMPORT || x->kind == KIND_BOX_IMPORT) return x;
    }
    return NULL;
}
static List goods_of(const CustodyBody *b, Arena *a) {
    uint32_t n = 1, k = 0;
    for (size_t i = 0; i < b->hs.n; i++) n += b->hs.p[i] == ',';
    GoodsLine *l = arena_alloc(a, n * sizeof *l);
    if (!l || !b->hs.n) return (List){NULL, 0};
    for (size_t from = 0, i = 0; i <= b->hs.n; i++) {
        if (i < b->hs.n && b->hs.p[i] != ',') continue;
        l[k++] =
            (GoodsLine){.hs = {b->hs.p + from, i - from}, .net_kg = 1, .description = STR("as told by the other side")};
        from = i + 1;
    }
    return (List){l, k};
}
static List certificates_of(const CustodyBody *b, Arena *a) {
    uint32_t n = 1, k = 0;
    for (size_t i = 0; i < b->certificates.n; i++) n += b->certificates.p[i] == ',';
    Certificate *c = arena_alloc(a, n * sizeof *c);
    if (!c) return (List){NULL, 0};
    for (size_t from = 0, i = 0; i <= b->certificates.n; i++) {
        if (i < b->certificates.n && b->certificates.p[i] != ',') continue;
        Str one = {b->certificates.p + from, i - from};
        const char *blank = one.n ? memchr(one.p, ' ', one.n) : NULL;
        Str kind = {one.p, blank ? (size_t)(blank - one.p) : 0};
        for (uint8_t t = 0; blank && t < Cert_names.n; t++)
            if (kind.n && str_eq_c(kind, Cert_names.names[t]))
                c[k++] = (Certificate){.kind = t, .number = {blank + 1, one.n - kind.n - 1}};
        from = i + 1;
    }
    return (List){c, k};
}
#define TARE_KG 15000 // of a tractor with its trailer [K]: the notice says the gross mass of all
// Declared once: what the other side's trader declared there is the declaration here, until somebody amends it.
static void declare(Peer *p, const CustodyBody *b, int64_t now_ms) {
    Arena a;
    arena_init(&a, 1u << 20);
    Input in = input_of(p, IN_DECLARE, 0, now_ms);
    Declaration *d = &in.u.declare;
    *d = (Declaration){.lrn = b->reference,
                       .trader = peer_other(p),
                       .plate = b->plate,
                       .trailer = b->trailer,
                       .container = b->container,
                       .customs_no = b->reference,
                       .road = b->road,
                       .direction = DIRECTION_IMPORT,
                       .goods = goods_of(b, &a),
                       .certificates = certificates_of(b, &a),
                       .tare_kg = TARE_KG};
    for (uint8_t m = 1; m < MODE_COUNT; m++)
        if (str_eq_c(b->mode, Mode_names.names[m])) d->mode = m;
    d->empty = d->goods.n == 0;
    int64_t net = MAX((int64_t)b->weight_kg - TARE_KG, 1);
    GoodsLine *l = d->goods.items;
    for (uint32_t i = 0; i < d->goods.n; i++) l[i].net_kg = MAX(net / d->goods.n, 1); // the notice has one mass for all
    if (b->seal.n) d->seals = (StrList){(Str *)(uintptr_t)&b->seal, 1};
    LedgerReply reply = {0};
    if (!p->err && peer_submit(p, &in, &reply) == OK &&
        reply.refused) // the refusal with its findings is in the journal
        log_line(LOG_WARN, "peer", "the pre-arrival of " STR_F " is not declared: %s", STR_A(b->reference),
                 Refuse_names.names[reply.code]);
    arena_deinit(&a);
}
static void decide_match(Peer *p, const Passage *x, const CustodyBody *b, int64_t now_ms) {
    const Site *s = gate_site(gate_of(p));
    uint8_t task = site_find(s, DYN_TASK, STR("data_match"));
    StorePassage row;
    Arena a;
    if (task == DYN_NONE || !(x->open & 1u << task)) return;
    arena_init(&a, 4u << 20);
    Input in = input_of(p, IN_DECIDE, x->no, now_ms);
    in.role = s->task[task].agency;
    in.u.decide = (InDecide){.task = task, .outcome = OUTCOME_GRANT, .reason = STR("as the other side declared")};
    if (store_get_passage(ledger_store(p->ledger), x->no, &a, &row) == OK) {
        int64_t ours = x->gross_kg + x->tare_kg, theirs = b->weight_kg,
                apart = ours > theirs ? ours - theirs : theirs - ours;
        int32_t v = custody_version_at(p->side.agreement, now_ms);
        uint32_t permille = v < 0 ? 0 : p->side.agreement->version[v].weight_permille;
        Str what = STR_EMPTY;
        if (b->container.n && !str_eq(row.container, b->container))
            what = STR("the container differs from what the other side declared");
        if (b->plate.n && row.plate.n && !str_eq(row.plate, b->plate))
            what = STR("the plate differs from what the other side declared");
        if (theirs && apart * 1000 > theirs * permille)
            what = STR("the weight differs from what the other side declared");
        if (what.n) in.u.decide.outcome = OUTCOME_HOLD, in.u.decide.reason = what;
    }
    (void)peer_input(p, &in);
    arena_deinit(&a);
}
// The passage of an inspected truck or container; the notice is journalled on it.
uint32_t peer_notice_passage(const Peer *p, CustodyMsg kind, const CustodyBody *b) {
    uint32_t no[2];
    if (kind != MSG_INSPECTION) return 0;
    if (gate_by(gate_of(p), GATE_BY_CONTAINER, b->item, no) || gate_by(gate_of(p), GATE_BY_PLATE, b->item, no))
        return no[0];
    return 0;
}
typedef struct {
    Peer *p;
    const CustodyTerms *t;
    uint32_t tasks; // granted there, of those that are open here
    uint32_t open;
} Recognise;
static bool one_inspection(void *ctx, const StoreEvent *row) {
    Recognise *r = ctx;
    Arena a;
    Json *j;
    Str what;
    CustodyEnvelope e;
    if (!str_eq_c(row->kind, "LINK")) return true;
    arena_init(&a, 512u << 10);
    const Json *data = wire_parse_json(row->body, 32, &a, &j, &what) == OK ? jn_get(j, "data") : NULL;
    bool inspection = data && str_eq_c(jn_text(jn_get(data, "message")), "INSPECTION") && !jn_get(data, "reason");
    if (inspection && jn_get(data, "heard") &&
        custody_envelope_read(jn_text(jn_get(data, "heard")), &a, &e) == REASON_NONE && !e.content) {
        const CustodyRecognised *x = custody_recognised(r->t, 1 - r->p->side.me, e.body.task, STR_EMPTY);
        uint8_t task = x ? site_find(gate_site(gate_of(r->p)), DYN_TASK, str_c(x->as)) : DYN_NONE;
        if (task != DYN_NONE && str_eq_c(e.body.outcome, "grant")) r->tasks |= 1u << task;
    }
    arena_deinit(&a);
    return true;
}
// Nobody inspects twice: what the other side found good, and the agreement recognises, is granted here, with the clause
// that it rests on.
void peer_notice_recognise(Peer *p, const Passage *x, int64_t now_ms) {
    int32_t v = custody_version_at(p->side.agreement, now_ms);
    const Site *s = gate_site(gate_of(p));
    if (v < 0 || (x->kind != KIND_TRUCK_IMPORT && x->kind != KIND_BOX_IMPORT)) return;
    Recognise r = {p, &p->side.agreement->version[v], 0, 0};
    for (uint32_t left = x->open; left; left &= left - 1) {
        uint32_t task = (uint32_t)__builtin_ctz(left);
        if (custody_recognised(r.t, 1 - p->side.me, STR_EMPTY, s->task[task].id)) r.open |= 1u << task;
    }
    if (!r.open || store_each_passage_event(ledger_store(p->ledger), x->no, 1, 0, one_inspection, &r) != OK) return;
    for (uint32_t left = r.open & r.tasks; left && !p->err; left &= left - 1) {
        uint8_t task = (uint8_t)__builtin_ctz(left);
        Input in = input_of(p, IN_DECIDE, x->no, now_ms);
        in.role = s->task[task].agency;
        in.u.decide = (InDecide){.task = task, .outcome = OUTCOME_GRANT, .reason = STR("inspected by the other side")};
        in.u.decide.basis = str_c(custody_recognised(r.t, 1 - p->side.me, STR_EMPTY, s->task[task].id)->clause);
        (void)peer_input(p, &in);
    }
}
static void hear_road(Peer *p, const PeerTold *t, int64_t now_ms) {
    uint8_t road = site_find(gate_site(gate_of(p)), DYN_ROAD, t->body.road);
    if (road == DYN_NONE) return;
    bool open = t->kind == MSG_OPENING, is_open = gate_road(gate_of(p), road).open;
    if (open == is_open || (open && gate_road(gate_of(p), road).cause != CAUSE_OTHER_SIDE)) return;
    Input in = input_of(p, IN_ROAD, 0, now_ms);
    in.u.road =
        (InRoad){.road = road, .open = open, .cause = open ? CAUSE_NONE : CAUSE_OTHER_SIDE, .until = t->body.until};
    in.u.road.reason = t->body.note.n ? t->body.note : STR("by notice of the other side");
    (void)peer_input(p, &in);
}
// Their orders have a name of their own here: they change and lift none of this side's.
static void hear_embargo(Peer *p, const CustodyBody *b, int64_t now_ms) {
    char id[CUSTODY_WORD_MAX + 8];
    int n = snprintf(id, sizeof id, "peer." STR_F, STR_A(b->reference));
    Embargo e = {.id = {id, (size_t)n},
                 .basis = STR("notice of the other side"),
                 .reason = b->note,
                 .hs = b->hs,
                 .direction = DIRECTION_EXPORT,
                 .from_ms = b->from,
                 .to_ms = b->until};
    Input in = input_of(p, IN_EMBARGO, 0, now_ms);
    in.u.embargo = (InEmbargo){.embargo = &e, .lift = b->until && b->until <= now_ms};
    (void)peer_input(p, &in);
}
static void hear(Peer *p, const PeerTold *t, int64_t now_ms) {
    const CustodyBody *b = &t->body;
    const Passage *x;
    const HandOver *h;
    switch ((int)t->kind) {
    case MSG_PRE_ARRIVAL:
        if ((x = import_of(p, b)) != NULL)
            decide_match(p, x, b, now_ms);
        else
            declare(p, b, now_ms);
        break;
    case MSG_DELIVERED:
        h = custody_find(&p->side.book, b->handover);
        x = h && h->passage ? gate_find(gate_of(p), h->passage) : NULL;
        if (x && x->place == PLACE_ABROAD) (void)peer_move(p, x, MOVE_PEER_RECEIVE, now_ms); // told before the report
        if (x) (void)peer_move(p, x, MOVE_DELIVER, now_ms);
        break;
    case MSG_CLOSURE:
    case MSG_OPENING: hear_road(p, t, now_ms); break;
    case MSG_EMBARGO: hear_embargo(p, b, now_ms); break;
    case MSG_LEDGER:
    case MSG_DECISION: (void)!peer_shifts_hear(p, (CustodyMsg)t->kind, b, now_ms); break;
    case MSG_TREE_HEAD: (void)!peer_heads_hear(p, b, now_ms); break;
    default: break; // kept in the journal, for people: only CROSSED says that something is on its way here
    }
}
// What can be taken in the next hour: free places behind the line, where the road is open.
static void tell_capacity(Peer *p, int64_t now_ms) {
    const Site *s = gate_site(gate_of(p));
    int32_t v = custody_version_at(p->side.agreement, now_ms);
    if (now_ms < p->gate->capacity_ms) return;
    p->gate->capacity_ms = (now_ms / HOUR_MS + 1) * HOUR_MS;
    if (!s || v < 0) return;
    const CustodyTerms *t = &p->side.agreement->version[v];
    for (uint8_t r = 0; r < s->roads && t->listed[p->side.me][MSG_CAPACITY] && !p->err; r++) {
        CustodyReason why = REASON_NONE;
        RoadState road = gate_road(gate_of(p), r);
        uint32_t free = 0;
        for (uint8_t y = 0; y < s->yards && road.open; y++)
            if (str_eq(s->yard[y].road, s->road[r].id))
                free += gate_yard(gate_of(p), y).places - gate_yard(gate_of(p), y).used;
        CustodyBody say = {
            .road = s->road[r].id, .from = now_ms, .until = p->gate->capacity_ms + HOUR_MS, .per_hour = free};
        custody_keep_fields(&say, t->fields[p->side.me][MSG_CAPACITY]);
        (void)peer_tell(p, MSG_CAPACITY, &say, 0, now_ms, &why);
    }
}
void peer_notice_run(Peer *p, int64_t now_ms) {
    PeerGate *g = p->gate;
    for (uint32_t i = 0; i < g->told_n && !p->err; i++) hear(p, &g->told[i], now_ms);
    g->told_n = 0;
    for (uint32_t i = 0; i < g->notes_n && !p->err; i++) tell(p, &g->note[i], now_ms); // telling makes no notes
    g->notes_n = 0;
    tell_capacity(p, now_ms);
    arena_reset(&g->keep);
}
