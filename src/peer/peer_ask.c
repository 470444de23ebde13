#include "peer_ask.h"
#include "base/field_def.h"
#include "peer_internal.h"
#include "wire/wire_bind.h"

typedef struct {
    uint8_t act, reason, item_kind;
    Str key, shift, hash, item, note, seal, ocr, evidence;
    uint32_t weight_kg;
    bool not_seen;
} Ask;
static const Field ask_rows[] = {
    {"act", FIELD_ENUM, 0, offsetof(Ask, act), &CustodyAct_names},
    {"reason", FIELD_ENUM, 0, offsetof(Ask, reason), &CustodyReason_names},
    {"item_kind", FIELD_ENUM, 0, offsetof(Ask, item_kind), &CustodyItem_names},
    F(Ask, key, FIELD_STR),
    F(Ask, shift, FIELD_STR),
    F(Ask, hash, FIELD_STR),
    F(Ask, item, FIELD_STR),
    F(Ask, note, FIELD_STR),
    F(Ask, seal, FIELD_STR),
    F(Ask, ocr, FIELD_STR),
    F(Ask, evidence, FIELD_STR),
    F(Ask, weight_kg, FIELD_U32),
    F(Ask, not_seen, FIELD_BOOL),
};
const FieldTable peer_ask_table = TABLE(Ask, "ask", ask_rows);

// The line's devices witness what goes over; all else is for people.
static bool may(const Ask *k, Role role) {
    if (role == ROLE_DEVICE) return k->act == ACT_CROSS || k->act == ACT_RETURN;
    return k->act != ACT_CROSS;
}
// Journalled as a refusal of the gate, with the key that it came with.
static Err refuse(Peer *p, const Ask *k, const Input *by, const char *why) {
    const HandOver *h = custody_find(&p->side.book, k->key);
    Input in = {.t_ms = by->t_ms, .kind = IN_LINK, .role = by->role, .actor = by->actor};
    in.passage = h ? h->passage : 0;
    in.u.link.act = str_c(CustodyAct_names.names[k->act]), in.u.link.handover = k->key;
    in.u.link.reason = str_c(why), in.u.link.refused = true;
    return peer_submit(p, &in, NULL);
}
static Err act(Peer *p, const Ask *k, PeerAsked *asked) {
    const Input *by = &asked->rq->in;
    CustodyReason why = REASON_NONE;
    CustodyAct a = {.act = k->act, .handover = k->key, .not_seen = k->not_seen};
    a.say = (CustodyBody){.item_kind = k->item_kind,
                          .item = k->item,
                          .reason = k->reason,
                          .note = k->note,
                          .seal = k->seal,
                          .ocr = k->ocr,
                          .evidence = k->evidence,
                          .weight_kg = k->weight_kg};
    Err e = OK;
    p->asked = asked;
    if (!may(k, (Role)by->role))
        e = refuse(p, k, by, "wrong_role");
    else if ((e = peer_act(p, &a, (Role)by->role, by->actor, by->t_ms, &why)) == OK && why)
        e = refuse(p, k, by, CustodyReason_names.names[why]);
    p->asked = NULL;
    return e;
}
// Vehicles without a passage (IGV, a trailer alone) are known to nobody before: who offers one says that it is here.
// Trucks and containers come into the book with their passages only.
static Err offer(Peer *p, const Ask *k, PeerAsked *asked) {
    bool by_hand = k->item_kind == ITEM_IGV || k->item_kind == ITEM_TRAILER, held = false;
    bool fresh = by_hand && !custody_item_find(&p->side.book, (CustodyItemKind)k->item_kind, k->item);
    int64_t now = asked->rq->in.t_ms;
    Err e = fresh ? peer_item_in(p, (CustodyItemKind)k->item_kind, k->item, 0, now, &held) : OK;
    if (!e) e = act(p, k, asked);
    if (!e && held && asked->reply->refused) e = peer_item_out(p, (CustodyItemKind)k->item_kind, k->item, 0, now);
    return e;
}
static Err decide(Peer *p, const Ask *k, PeerAsked *asked) {
    const Input *by = &asked->rq->in;
    Err e = OK;
    p->role = by->role, p->actor = by->actor, p->passage = 0, p->now_ms = by->t_ms, p->asked = asked;
    const char *why = peer_shift_decide(p, k->shift, k->hash, k->note, by->t_ms, &e);
    if (!e && why) e = refuse(p, k, by, why);
    p->asked = NULL;
    return e;
}
Err peer_ask(Peer *p, const char *operation, const Json *body, const LedgerRequest *rq, Arena *a, LedgerReply *ret) {
    Ask k;
    BindProblems *bad = arena_alloc(a, sizeof *bad);
    PeerAsked asked = {rq, a, ret};
    if (!bad || wire_bind(body, &peer_ask_table, NULL, a, &k, bad) != OK)
        return ERR_INVALID; // the schema has checked it
    if (strcmp(operation, "handover_offer") == 0) {
        k.act = ACT_OFFER;
        return offer(p, &k, &asked);
    }
    if (strcmp(operation, "shift_decision") == 0) return decide(p, &k, &asked);
    return act(p, &k, &asked);
}
