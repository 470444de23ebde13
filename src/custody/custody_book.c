#include "custody_index.h"

#define GIVER CUSTODY_GIVER
#define TAKER CUSTODY_TAKER
const CustodyRow custody_heard_rows[] = {
#define HEARD(role, from, message, guard, to, send) {role, from, message, GUARD_##guard, to, send},
#include "custody.def"
};
const CustodyRow custody_done_rows[] = {
#define DONE(role, from, act, guard, to, send) {role, from, act, GUARD_##guard, to, send},
#include "custody.def"
};
const uint32_t custody_heard_rows_n = ARRAY_LEN(custody_heard_rows), custody_done_rows_n = ARRAY_LEN(custody_done_rows);

void custody_hex_n(const uint8_t *p, size_t n, char *ret) {
    for (size_t i = 0; i < n; i++) {
        ret[2 * i] = "0123456789abcdef"[p[i] >> 4];
        ret[2 * i + 1] = "0123456789abcdef"[p[i] & 15];
    }
    ret[2 * n] = 0;
}
void custody_hex(const uint8_t hash[CUSTODY_HASH_LEN], char ret[CUSTODY_HEX_MAX + 1]) {
    custody_hex_n(hash, CUSTODY_HASH_LEN, ret);
}
static void put_key(char to[CUSTODY_KEY_MAX + 1], Str s) {
    CK_ASSERT(s.n <= CUSTODY_KEY_MAX);
    memset(to, 0, CUSTODY_KEY_MAX + 1);
    if (s.n) memcpy(to, s.p, s.n);
}

// ---- looking things up
const HandOver *custody_find(const CustodyBook *b, Str key) {
    uint32_t i = index_handover(b, key);
    return i < b->limits.handovers ? &b->h[i] : NULL;
}
const CustodyItem *custody_item_find(const CustodyBook *b, CustodyItemKind kind, Str id) {
    uint32_t i = index_item(b, kind, id);
    return i < b->limits.items ? &b->item[i] : NULL;
}
bool custody_item_in(CustodyBook *b, CustodyItemKind kind, Str id) {
    uint32_t i = index_free_item(b);
    if (!kind || !id.n || id.n > CUSTODY_KEY_MAX || i == b->limits.items || index_item(b, kind, id) < b->limits.items)
        return false;
    CustodyItem x = {.used = true, .holds = true, .kind = (uint8_t)kind};
    put_key(x.id, id);
    index_put_item(b, i, &x);
    return true;
}
bool custody_item_out(CustodyBook *b, CustodyItemKind kind, Str id) {
    uint32_t i = index_item(b, kind, id);
    if (i == b->limits.items || b->item[i].open || !b->item[i].holds) return false;
    index_put_item(b, i, &(CustodyItem){0});
    return true;
}
bool custody_item_gone(CustodyBook *b, CustodyItemKind kind, Str id, int64_t at_ms, uint32_t passage) {
    uint32_t i = index_item(b, kind, id);
    if (i == b->limits.items || !b->item[i].holds || b->item[i].gone_ms || at_ms <= 0) return false;
    CustodyItem x = b->item[i];
    x.gone_ms = at_ms, x.passage = passage;
    index_put_item(b, i, &x);
    return true;
}
static bool is_key(Str key, const char *side, uint32_t *ret_no) { // side, hyphen, number from 1
    size_t n = strlen(side);
    uint64_t no = 0;
    if (key.n < n + 2 || key.n > n + 11 || memcmp(key.p, side, n) != 0 || key.p[n] != '-' || key.p[n + 1] == '0')
        return false;
    for (size_t i = n + 1; i < key.n; i++) {
        if (key.p[i] < '0' || key.p[i] > '9') return false;
        no = no * 10 + (uint64_t)(key.p[i] - '0');
    }
    *ret_no = (uint32_t)no;
    return no <= UINT32_MAX;
}

// ---- what a decision looks at
typedef struct {
    const CustodyBook *b;
    const CustodyContext *c;
    const CustodyBody *body;
    CustodyStep *s;
    uint32_t differences;
} Look;
static bool room(const Look *l) {
    return l->s->slot < l->b->limits.handovers && l->s->item_slot < l->b->limits.items &&
           !(l->s->item.used && (l->s->item.holds || l->s->item.open));
}
static bool consents(const Look *l) {
    char own[CUSTODY_HEX_MAX + 1];
    custody_hex(l->s->h.own_consent, own);
    return str_eq_c(l->body->consent, own) && (l->s->on_msg != MSG_CROSSED || l->body->at <= l->s->h.cross_by);
}
static bool passes(const Look *l, CustodyGuard g) {
    const CustodyStep *s = l->s;
    switch (g) {
    case GUARD_ANY: return true;
    case GUARD_FREE: return s->slot < l->b->limits.handovers && s->item.used && s->item.holds && !s->item.open;
    case GUARD_ROOM: return room(l);
    case GUARD_NO_ROOM: return !room(l);
    case GUARD_IN_TIME: return (l->body->at ? l->body->at : l->c->now_ms) <= s->h.cross_by;
    case GUARD_LATE: return l->c->now_ms >= s->h.due_ms;
    case GUARD_CLEAN: return l->differences == 0;
    case GUARD_DIFFERS: return l->differences != 0;
    case GUARD_CONSENT: return consents(l);
    case GUARD_COUNT: break;
    }
    CK_ASSERT(!"guard");
}
static CustodyReason why_not(CustodyGuard g) {
    static const CustodyReason reason[GUARD_COUNT] = {
        [GUARD_ANY] = REASON_OUT_OF_ORDER, [GUARD_FREE] = REASON_NOT_HELD,    [GUARD_ROOM] = REASON_HELD_HERE,
        [GUARD_NO_ROOM] = REASON_OTHER,    [GUARD_IN_TIME] = REASON_TOO_LATE, [GUARD_LATE] = REASON_NOT_DUE,
        [GUARD_CLEAN] = REASON_DIFFERENCE, [GUARD_DIFFERS] = REASON_OTHER,    [GUARD_CONSENT] = REASON_CONSENT};
    return reason[g];
}
static const CustodyRow *find_row(const Look *l, const CustodyRow *rows, uint32_t n, uint8_t on) {
    CustodyGuard failed = GUARD_ANY;
    for (uint32_t i = 0; i < n; i++) {
        if (rows[i].role != l->s->role || rows[i].from != l->s->from || rows[i].on != on) continue;
        if (passes(l, (CustodyGuard)rows[i].guard)) return &rows[i];
        failed = (CustodyGuard)rows[i].guard;
    }
    l->s->failed = failed;
    l->s->refused = why_not(failed);
    return NULL;
}
static int64_t due_of(CustodyState s, const HandOver *h, const CustodyTerms *t, int64_t now_ms) {
    switch ((int)s) {
    case HS_OFFERED:
    case HS_CONSIDERING: return h->answer_by;
    case HS_AGREED: return h->cross_by + 1; // cross_by itself is in time
    case HS_BOUND:
        return h->cross_by + 2 * t->skew_ms + 1; // the giver's clock decides; asking early is no harm, only noise
    case HS_REPORTED: return now_ms + t->close_within_ms;
    default: return TIME_NEVER;
    }
}

// ---- what goes out
static uint8_t reason_of(const Look *l) {
    const CustodyStep *s = l->s;
    if (s->on_act == ACT_TIMEOUT) return REASON_TIMEOUT;
    if (s->on_msg == MSG_REVOKE) return REASON_REVOKED;
    if (s->on_msg == MSG_OFFER) return s->item.used ? REASON_HELD_HERE : REASON_FULL;
    return l->body->reason ? l->body->reason : REASON_OTHER;
}
static void say(const Look *l) { // only what protocol and agreement know for this kind leaves
    CustodyStep *s = l->s;
    const CustodyTerms *t = &l->c->agreement->version[s->version];
    s->say = s->on_act ? *l->body : (CustodyBody){0};
    s->say.handover = str_c(s->key);
    s->say.reason = reason_of(l);
    s->say.at = s->say.at ? s->say.at : l->c->now_ms;
    s->say.differences = l->differences;
    s->say.answer_by = s->h.answer_by, s->say.cross_by = s->h.cross_by;
    custody_hex(s->h.peer_consent, s->consent);
    s->say.consent = str_c(s->consent);
    s->say.terms = str_c(l->c->terms[s->version]);
    custody_keep_fields(&s->say, t->fields[l->c->me][s->send]);
}
static void note_times(const Look *l, const CustodyRow *row) {
    CustodyStep *s = l->s;
    int64_t at = l->body->at ? l->body->at : l->c->now_ms;
    bool holds = custody_holds((CustodyRole)row->role, (CustodyState)row->to);
    if (row->to != row->from && (row->to == HS_AWAY || row->to == HS_ARRIVED)) s->h.crossed_ms = at;
    if (row->to != row->from && (row->to == HS_RETURNING || row->to == HS_BACK)) s->h.back_ms = at;
    if (holds != s->item.holds || !s->item.since_ms) s->item.since_ms = l->c->now_ms;
}
static void take_row(const Look *l, const CustodyRow *row) {
    CustodyStep *s = l->s;
    const CustodyTerms *t = &l->c->agreement->version[s->version];
    s->to = row->to, s->send = (CustodyMsg)row->send, s->record = row->to != HS_START;
    s->h.state = row->to, s->h.since_ms = l->c->now_ms;
    s->h.due_ms = due_of((CustodyState)row->to, &s->h, t, l->c->now_ms);
    note_times(l, row);
    s->item.holds = custody_holds((CustodyRole)s->role, (CustodyState)row->to);
    s->item.open = !custody_over((CustodyState)row->to);
    if (!s->item.holds) s->item.gone_ms = 0, s->item.passage = 0;
    if (s->send) say(l);
}
static void load(const CustodyBook *b, CustodyStep *s, uint32_t slot) {
    s->slot = slot, s->h = b->h[slot], s->item_slot = s->h.item, s->item = b->item[s->h.item];
    s->role = s->h.role, s->from = s->h.state, s->version = s->h.version;
    memcpy(s->key, s->h.key, sizeof s->key);
    if (custody_over((CustodyState)s->from)) s->item = (CustodyItem){0}; // the item may be in another hand-over by now
}
static void begin(CustodyStep *s, const CustodyBook *b) {
    memset(s, 0, sizeof *s);
    s->own_no = b->own_no, s->peer_no = b->peer_no;
}

static bool begin_offer(const Look *l, const CustodyAct *act) {
    CustodyStep *s = l->s;
    int32_t version = custody_version_at(l->c->agreement, l->c->now_ms);
    s->refused = version < 0 ? REASON_AGREEMENT : REASON_NOT_HELD;
    s->item_slot = index_item(l->b, (CustodyItemKind)act->say.item_kind, act->say.item);
    if (version < 0 || s->item_slot == l->b->limits.items || l->b->own_no == UINT32_MAX) return false;
    const CustodyTerms *t = &l->c->agreement->version[version];
    s->refused = REASON_NONE;
    s->role = CUSTODY_GIVER, s->from = HS_START, s->version = (uint8_t)version;
    s->item = l->b->item[s->item_slot], s->slot = index_free_handover(l->b), s->own_no++;
    s->item.handover = s->slot + 1;
    int n = snprintf(s->key, sizeof s->key, "%s-%u", l->c->agreement->side[l->c->me], s->own_no);
    CK_ASSERT(n > 0 && n < (int)sizeof s->key);
    s->h = (HandOver){.used = true,
                      .role = CUSTODY_GIVER,
                      .version = (uint8_t)version,
                      .item = s->item_slot,
                      .item_kind = s->item.kind,
                      .answer_by = l->c->now_ms + t->answer_within_ms,
                      .cross_by = l->c->now_ms + t->cross_within_ms,
                      .weight_kg = act->say.weight_kg};
    memcpy(s->h.key, s->key, sizeof s->h.key);
    memcpy(s->h.item_id, s->item.id, sizeof s->h.item_id);
    put_key(s->h.seal, act->say.seal);
    return true;
}
static uint32_t compare(const CustodyStep *s, const CustodyAct *act, const CustodyTerms *t) {
    const CustodyBody *x = &act->say;
    uint32_t d = 0;
    if (act->not_seen) return CUSTODY_BIT(DIFFERS_NOT_SEEN);
    uint64_t told = s->h.weight_kg, seen = x->weight_kg, apart = told > seen ? told - seen : seen - told;
    if (told && seen && apart * 1000 > told * t->weight_permille) d |= CUSTODY_BIT(DIFFERS_WEIGHT);
    if (s->h.seal[0] && x->seal.n && !str_eq_c(x->seal, s->h.seal)) d |= CUSTODY_BIT(DIFFERS_SEAL);
    if (x->ocr.n && !str_eq_c(x->ocr, s->item.id)) d |= CUSTODY_BIT(DIFFERS_OCR);
    return d;
}
void custody_act(const CustodyBook *b, const CustodyContext *c, const CustodyAct *act, CustodyStep *ret) {
    Look l = {b, c, &act->say, ret, 0};
    begin(ret, b);
    ret->on_act = act->act;
    if (!custody_body_good(&(CustodyBody){.item = act->say.item,
                                          .seal = act->say.seal,
                                          .ocr = act->say.ocr,
                                          .evidence = act->say.evidence,
                                          .note = act->say.note})) {
        ret->refused = REASON_FIELD_VALUE;
        return;
    }
    if (act->act == ACT_OFFER) {
        if (!begin_offer(&l, act)) return;
    } else {
        uint32_t slot = index_handover(b, act->handover);
        ret->refused = REASON_HANDOVER_UNKNOWN;
        if (slot == b->limits.handovers) return;
        ret->refused = REASON_NONE;
        load(b, ret, slot);
    }
    if (act->passage) ret->h.passage = act->passage;
    if (act->act == ACT_RECEIVE)
        l.differences = compare(ret, act, &c->agreement->version[ret->version]), ret->h.differences = l.differences;
    const CustodyRow *row = find_row(&l, custody_done_rows, custody_done_rows_n, act->act);
    if (row) take_row(&l, row);
}

static CustodyReason hear_offer(const Look *l, uint32_t version, const uint8_t hash[CUSTODY_HASH_LEN]) {
    CustodyStep *s = l->s;
    const CustodyTerms *t = &l->c->agreement->version[version];
    uint32_t no;
    if (!is_key(l->body->handover, l->c->agreement->side[1 - l->c->me], &no) || no <= l->b->peer_no)
        return REASON_HANDOVER_REUSED;
    if (!str_eq_c(l->body->terms, l->c->terms[version])) return REASON_AGREEMENT;
    if (!custody_in_force(l->c->agreement, version, l->c->now_ms) &&
        !custody_in_force(l->c->agreement, version, l->c->now_ms - t->skew_ms) &&
        !custody_in_force(l->c->agreement, version, l->c->now_ms + t->skew_ms))
        return REASON_AGREEMENT;
    if (l->body->cross_by > l->c->now_ms + t->cross_within_ms + t->skew_ms)
        return REASON_FIELD_VALUE; // bound for too long
    s->peer_no = no, s->slot = index_free_handover(l->b);
    s->item_slot = index_item(l->b, (CustodyItemKind)l->body->item_kind, l->body->item);
    if (s->item_slot < l->b->limits.items)
        s->item = l->b->item[s->item_slot];
    else
        s->item_slot = index_free_item(l->b);
    s->h = (HandOver){.used = true,
                      .role = CUSTODY_TAKER,
                      .version = (uint8_t)version,
                      .item = s->item_slot,
                      .item_kind = l->body->item_kind,
                      .answer_by = l->body->answer_by,
                      .cross_by = l->body->cross_by,
                      .weight_kg = l->body->weight_kg};
    memcpy(s->h.key, s->key, sizeof s->h.key);
    put_key(s->h.item_id, l->body->item);
    put_key(s->h.seal, l->body->seal);
    memcpy(s->h.peer_consent, hash, CUSTODY_HASH_LEN);
    return REASON_NONE;
}
void custody_hear(const CustodyBook *b, const CustodyContext *c, CustodyMsg kind, uint32_t version,
                  const CustodyBody *body, const uint8_t hash[CUSTODY_HASH_LEN], CustodyStep *ret) {
    Look l = {b, c, body, ret, body->differences};
    uint32_t slot = index_handover(b, body->handover), no;
    begin(ret, b);
    ret->on_msg = (uint8_t)kind;
    ret->version = (uint8_t)version;
    if (slot < b->limits.handovers) {
        load(b, ret, slot);
        if (ret->version != version) ret->refused = REASON_AGREEMENT;
    } else {
        bool own = is_key(body->handover, c->agreement->side[c->me], &no);
        put_key(ret->key, body->handover);
        ret->role = own ? CUSTODY_GIVER : CUSTODY_TAKER, ret->from = HS_START;
        if (kind == MSG_OFFER)
            ret->refused = hear_offer(&l, version, hash);
        else if (kind != MSG_REFUSED && (own || kind != MSG_WITHDRAW))
            ret->refused = REASON_HANDOVER_UNKNOWN;
    }
    if (ret->refused) return;
    if (kind == MSG_ACCEPT) memcpy(ret->h.peer_consent, hash, CUSTODY_HASH_LEN);
    if (kind == MSG_RECEIVED) ret->h.differences = body->differences;
    const CustodyRow *row = find_row(&l, custody_heard_rows, custody_heard_rows_n, (uint8_t)kind);
    if (!row && kind == MSG_REFUSED) { // noted, never answered by another refusal
        ret->refused = REASON_NONE, ret->to = ret->from;
        return;
    }
    if (!row) return;
    if (kind == MSG_OFFER && row->to != HS_START && !ret->item.used) {
        ret->item = (CustodyItem){.used = true, .kind = body->item_kind};
        put_key(ret->item.id, body->item);
    }
    if (kind == MSG_OFFER) ret->item.handover = ret->slot + 1;
    take_row(&l, row);
}
void custody_evolve(CustodyBook *b, const CustodyStep *s) {
    CK_ASSERT(!s->refused);
    b->own_no = s->own_no, b->peer_no = s->peer_no;
    if (!s->record) return;
    CK_ASSERT(s->slot < b->limits.handovers && s->item_slot < b->limits.items);
    CK_ASSERT(s->from == HS_START || b->h[s->slot].state == s->from);
    index_put_handover(b, s->slot, &s->h);
    if (!custody_over((CustodyState)s->from)) index_put_item(b, s->item_slot, &s->item);
}
int64_t custody_next_due(const CustodyBook *b, Str *ret_key) {
    const HandOver *best = NULL;
    for (uint32_t i = 0; i < b->limits.handovers; i++)
        if (b->h[i].used && !custody_over((CustodyState)b->h[i].state) && (!best || b->h[i].due_ms < best->due_ms))
            best = &b->h[i];
    if (!best || best->due_ms == TIME_NEVER) return TIME_NEVER;
    *ret_key = str_c(best->key);
    return best->due_ms;
}
