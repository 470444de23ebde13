#include "custody_record.h"
#include "base/field_def.h"
#include "wire/wire_bind.h"

static const Names role_names = {(const char *const[]){"giver", "taker"}, CUSTODY_ROLES};
typedef struct {
    Str handover, version, item, seal, own_consent, peer_consent;
    uint8_t role, state, item_kind;
    uint32_t place, item_place, passage, weight_kg, differences;
    int64_t answer_by, cross_by, due, since, crossed, back;
} DocHandOver;
#define FIELD_WORD(T, m, names)                                                                                        \
    { #m, FIELD_ENUM, 0, offsetof(T, m), &names }
static const Field handover_rows[] = {
    F(DocHandOver, handover, FIELD_STR),
    FIELD_WORD(DocHandOver, role, role_names),
    FIELD_WORD(DocHandOver, state, CustodyState_names),
    F(DocHandOver, version, FIELD_STR),
    FIELD_WORD(DocHandOver, item_kind, CustodyItem_names),
    F(DocHandOver, item, FIELD_STR),
    F(DocHandOver, place, FIELD_U32),
    F(DocHandOver, item_place, FIELD_U32),
    F(DocHandOver, passage, FIELD_U32),
    F(DocHandOver, answer_by, FIELD_TIME),
    F(DocHandOver, cross_by, FIELD_TIME),
    F(DocHandOver, due, FIELD_TIME),
    F(DocHandOver, since, FIELD_TIME),
    F(DocHandOver, crossed, FIELD_TIME),
    F(DocHandOver, back, FIELD_TIME),
    F(DocHandOver, weight_kg, FIELD_U32),
    F(DocHandOver, seal, FIELD_STR),
    {"differences", FIELD_SET, 0, offsetof(DocHandOver, differences), &CustodyDifference_names},
    F(DocHandOver, own_consent, FIELD_STR),
    F(DocHandOver, peer_consent, FIELD_STR),
};
static const FieldTable handover_table = TABLE(DocHandOver, "handover", handover_rows);
typedef struct {
    uint8_t kind;
    Str id;
    uint32_t place, handover, passage;
    int64_t gone;
    bool holds, open;
    int64_t since;
} DocItem;
static const Field item_rows[] = {FIELD_WORD(DocItem, kind, CustodyItem_names),
                                  F(DocItem, id, FIELD_STR),
                                  F(DocItem, place, FIELD_U32),
                                  F(DocItem, handover, FIELD_U32),
                                  F(DocItem, passage, FIELD_U32),
                                  F(DocItem, gone, FIELD_TIME),
                                  F(DocItem, holds, FIELD_BOOL),
                                  F(DocItem, open, FIELD_BOOL),
                                  F(DocItem, since, FIELD_TIME)};
static const FieldTable item_table = TABLE(DocItem, "item", item_rows);
typedef struct {
    int64_t out_seq, out_acked, in_seq, alarms;
    Str out_hash, in_hash;
    uint32_t own_no, peer_no;
} DocLink;
static const Field link_rows[] = {F(DocLink, out_seq, FIELD_I64),  F(DocLink, out_acked, FIELD_I64),
                                  F(DocLink, in_seq, FIELD_I64),   F(DocLink, alarms, FIELD_I64),
                                  F(DocLink, out_hash, FIELD_STR), F(DocLink, in_hash, FIELD_STR),
                                  F(DocLink, own_no, FIELD_U32),   F(DocLink, peer_no, FIELD_U32)};
static const FieldTable link_table = TABLE(DocLink, "link", link_rows);

static void write(Buf *b, const FieldTable *t, const void *p) {
    json_open(b, '{');
    field_write(b, t, p, NULL);
    json_close(b, '}');
}
// A hash that is not there yet is left out.
static Str hex_of(const uint8_t hash[CUSTODY_HASH_LEN], char room[CUSTODY_HEX_MAX + 1]) {
    static const uint8_t none[CUSTODY_HASH_LEN];
    if (memcmp(hash, none, CUSTODY_HASH_LEN) == 0) return STR_EMPTY;
    custody_hex(hash, room);
    return (Str){room, CUSTODY_HEX_MAX};
}
void custody_write_handover(Buf *b, const Agreement *ag, const HandOver *h, uint32_t slot, uint32_t item_slot) {
    char own[CUSTODY_HEX_MAX + 1], peer[CUSTODY_HEX_MAX + 1];
    DocHandOver d = {.handover = str_c(h->key),
                     .version = str_c(ag->version[h->version].version),
                     .item = str_c(h->item_id),
                     .item_kind = h->item_kind,
                     .seal = str_c(h->seal),
                     .own_consent = hex_of(h->own_consent, own),
                     .peer_consent = hex_of(h->peer_consent, peer),
                     .role = h->role,
                     .state = h->state,
                     .place = slot + 1,
                     .item_place = item_slot + 1,
                     .passage = h->passage,
                     .weight_kg = h->weight_kg,
                     .differences = h->differences,
                     .answer_by = h->answer_by,
                     .cross_by = h->cross_by,
                     .due = h->due_ms == TIME_NEVER ? 0 : h->due_ms,
                     .since = h->since_ms,
                     .crossed = h->crossed_ms,
                     .back = h->back_ms};
    write(b, &handover_table, &d);
}
void custody_write_item(Buf *b, const CustodyItem *x, uint32_t slot) {
    DocItem d = {.kind = x->kind,
                 .id = str_c(x->id),
                 .place = slot + 1,
                 .handover = x->handover,
                 .passage = x->passage,
                 .gone = x->gone_ms,
                 .holds = x->holds,
                 .open = x->open,
                 .since = x->since_ms};
    write(b, &item_table, &d);
}
void custody_write_link(Buf *b, const CustodyLink *l, uint32_t own_no, uint32_t peer_no) {
    char out[CUSTODY_HEX_MAX + 1], in[CUSTODY_HEX_MAX + 1];
    DocLink d = {.out_seq = l->out_seq,
                 .out_acked = l->out_acked,
                 .in_seq = l->in_seq,
                 .alarms = l->alarms,
                 .out_hash = hex_of(l->out_hash, out),
                 .in_hash = hex_of(l->in_hash, in),
                 .own_no = own_no,
                 .peer_no = peer_no};
    write(b, &link_table, &d);
}

static Err read(Str json, const FieldTable *t, Arena *a, void *ret) {
    Json *j;
    Str what;
    BindProblems *bp = arena_alloc(a, sizeof *bp);
    if (!bp) return ERR_LIMIT;
    Err e = wire_parse_json(json, 4, a, &j, &what);
    if (!e) e = wire_bind(j, t, NULL, a, ret, bp);
    return e == ERR_LIMIT ? e : e ? ERR_CORRUPT : OK;
}
static bool hash_in(Str hex, uint8_t ret[CUSTODY_HASH_LEN]) {
    memset(ret, 0, CUSTODY_HASH_LEN);
    return hex.n == 0 || custody_unhex(hex, ret, CUSTODY_HASH_LEN);
}
static bool text_in(Str s, char to[CUSTODY_KEY_MAX + 1]) {
    memset(to, 0, CUSTODY_KEY_MAX + 1);
    if (s.n > CUSTODY_KEY_MAX) return false;
    if (s.n) memcpy(to, s.p, s.n);
    return true;
}
Err custody_read_handover(CustodySide *s, Str json, Arena *a) {
    DocHandOver d;
    Err e = read(json, &handover_table, a, &d);
    if (e) return e;
    int32_t version = custody_version_find(s->agreement, d.version);
    if (version < 0 && custody_over((CustodyState)d.state)) version = 0; // dropped since: it keeps no terms
    if (version < 0 || !d.place || !d.item_place) return ERR_CORRUPT;
    if (d.place > s->book.limits.handovers || d.item_place > s->book.limits.items) return ERR_LIMIT;
    HandOver *h = &s->book.h[d.place - 1];
    if (h->used) return ERR_CORRUPT;
    *h = (HandOver){.used = true,
                    .role = d.role,
                    .state = d.state,
                    .version = (uint8_t)version,
                    .item = d.item_place - 1,
                    .item_kind = d.item_kind,
                    .passage = d.passage,
                    .answer_by = d.answer_by,
                    .cross_by = d.cross_by,
                    .due_ms = d.due ? d.due : TIME_NEVER,
                    .since_ms = d.since,
                    .crossed_ms = d.crossed,
                    .back_ms = d.back,
                    .weight_kg = d.weight_kg,
                    .differences = d.differences};
    bool good = text_in(d.handover, h->key) && text_in(d.item, h->item_id) && text_in(d.seal, h->seal) &&
                hash_in(d.own_consent, h->own_consent) && hash_in(d.peer_consent, h->peer_consent);
    return good ? OK : ERR_CORRUPT;
}
Err custody_read_item(CustodySide *s, Str json, Arena *a) {
    DocItem d;
    Err e = read(json, &item_table, a, &d);
    if (e) return e;
    if (d.place > s->book.limits.items) return ERR_LIMIT;
    if (!d.place || !d.kind || s->book.item[d.place - 1].used) return ERR_CORRUPT;
    CustodyItem *x = &s->book.item[d.place - 1];
    *x = (CustodyItem){.used = true,
                       .holds = d.holds,
                       .open = d.open,
                       .kind = d.kind,
                       .handover = d.handover,
                       .passage = d.passage,
                       .gone_ms = d.gone,
                       .since_ms = d.since};
    return text_in(d.id, x->id) ? OK : ERR_CORRUPT;
}
Err custody_read_link(CustodySide *s, Str json, Arena *a) {
    DocLink d;
    Err e = read(json, &link_table, a, &d);
    if (e) return e;
    s->link = (CustodyLink){.out_seq = d.out_seq, .out_acked = d.out_acked, .in_seq = d.in_seq, .alarms = d.alarms};
    s->book.own_no = d.own_no, s->book.peer_no = d.peer_no;
    return hash_in(d.out_hash, s->link.out_hash) && hash_in(d.in_hash, s->link.in_hash) ? OK : ERR_CORRUPT;
}
