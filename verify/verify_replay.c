// Each side's hand-overs again, from the messages that it made and heard, by the rows of docs/custody.md and the rules
// of docs/protocol.md. What a side did that does not follow is found; what it wrote down as its state must be the same.
#include "verify_link.h"

typedef enum {
    START,
    OFFERED,
    AGREED,
    WITHDRAWING,
    AWAY,
    REPORTED,
    ASKED,
    BACK,
    CONSIDERING,
    BOUND,
    REVOKING,
    ARRIVED,
    RECEIVED,
    SETTLING,
    RETURNING,
    DISPUTED,
    REJECTED,
    WITHDRAWN,
    CLOSED,
    RETURNED
} State;
static const char *const states[] = {"start",    "offered",  "agreed",    "withdrawing", "away",
                                     "reported", "asked",    "back",      "considering", "bound",
                                     "revoking", "arrived",  "received",  "settling",    "returning",
                                     "disputed", "rejected", "withdrawn", "closed",      "returned"};
enum { GIVER, TAKER };
enum { MADE, HEARD };
enum { EITHER, CLEAN, DIFFERS };
typedef struct {
    uint8_t role, from, way, kind, how, to;
} Rule;
static const Rule rules[] = {
    {GIVER, START, MADE, KIND_OFFER, EITHER, OFFERED},
    {GIVER, OFFERED, HEARD, KIND_ACCEPT, EITHER, AGREED},
    {GIVER, OFFERED, HEARD, KIND_REJECT, EITHER, REJECTED},
    {GIVER, OFFERED, HEARD, KIND_REFUSED, EITHER, REJECTED},
    {GIVER, OFFERED, MADE, KIND_WITHDRAW, EITHER, WITHDRAWING},
    {GIVER, AGREED, MADE, KIND_CROSSED, EITHER, AWAY},
    {GIVER, AGREED, MADE, KIND_WITHDRAW, EITHER, WITHDRAWING},
    {GIVER, AGREED, HEARD, KIND_REVOKE, EITHER, AGREED}, // its answer, WITHDRAW, is made in the same step
    {GIVER, WITHDRAWING, HEARD, KIND_ACCEPT, EITHER, WITHDRAWING},
    {GIVER, WITHDRAWING, HEARD, KIND_REVOKE, EITHER, WITHDRAWING},
    {GIVER, WITHDRAWING, HEARD, KIND_REJECT, EITHER, WITHDRAWN},
    {GIVER, WITHDRAWING, HEARD, KIND_REFUSED, EITHER, WITHDRAWN},
    {GIVER, WITHDRAWING, HEARD, KIND_WITHDRAWN, EITHER, WITHDRAWN},
    {GIVER, AWAY, HEARD, KIND_REVOKE, EITHER, AWAY},
    {GIVER, AWAY, HEARD, KIND_RECEIVED, CLEAN, REPORTED},
    {GIVER, AWAY, HEARD, KIND_RECEIVED, DIFFERS, DISPUTED},
    {GIVER, AWAY, HEARD, KIND_RETURN, EITHER, BACK},
    {GIVER, REPORTED, MADE, KIND_CLOSED, EITHER, CLOSED},
    {GIVER, REPORTED, MADE, KIND_DISPUTE, EITHER, DISPUTED},
    {GIVER, DISPUTED, HEARD, KIND_SETTLE, EITHER, ASKED},
    {GIVER, DISPUTED, HEARD, KIND_RETURN, EITHER, BACK},
    {GIVER, ASKED, MADE, KIND_CLOSED, EITHER, CLOSED},
    {GIVER, ASKED, MADE, KIND_DISPUTE, EITHER, DISPUTED},
    {GIVER, BACK, MADE, KIND_CLOSED, EITHER, RETURNED},
    {TAKER, START, HEARD, KIND_OFFER, EITHER, CONSIDERING}, // refused at once: REJECT in the same step
    {TAKER, START, HEARD, KIND_WITHDRAW, EITHER, START},
    {TAKER, CONSIDERING, MADE, KIND_ACCEPT, EITHER, BOUND},
    {TAKER, CONSIDERING, MADE, KIND_REJECT, EITHER, REJECTED},
    {TAKER, CONSIDERING, HEARD, KIND_WITHDRAW, EITHER, WITHDRAWN},
    {TAKER, REJECTED, HEARD, KIND_WITHDRAW, EITHER, REJECTED},
    {TAKER, BOUND, HEARD, KIND_CROSSED, EITHER, ARRIVED},
    {TAKER, BOUND, HEARD, KIND_WITHDRAW, EITHER, WITHDRAWN},
    {TAKER, BOUND, MADE, KIND_REVOKE, EITHER, REVOKING},
    {TAKER, REVOKING, HEARD, KIND_CROSSED, EITHER, ARRIVED},
    {TAKER, REVOKING, HEARD, KIND_WITHDRAW, EITHER, WITHDRAWN},
    {TAKER, WITHDRAWN, MADE, KIND_WITHDRAWN, EITHER, WITHDRAWN}, // in the step of the WITHDRAW
    {TAKER, ARRIVED, MADE, KIND_RECEIVED, CLEAN, RECEIVED},
    {TAKER, ARRIVED, MADE, KIND_RECEIVED, DIFFERS, DISPUTED},
    {TAKER, ARRIVED, MADE, KIND_RETURN, EITHER, RETURNING},
    {TAKER, RECEIVED, HEARD, KIND_CLOSED, EITHER, CLOSED},
    {TAKER, RECEIVED, HEARD, KIND_DISPUTE, EITHER, DISPUTED},
    {TAKER, DISPUTED, MADE, KIND_SETTLE, EITHER, SETTLING},
    {TAKER, DISPUTED, MADE, KIND_RETURN, EITHER, RETURNING},
    {TAKER, SETTLING, HEARD, KIND_CLOSED, EITHER, CLOSED},
    {TAKER, SETTLING, HEARD, KIND_DISPUTE, EITHER, DISPUTED},
    {TAKER, RETURNING, HEARD, KIND_CLOSED, EITHER, RETURNED},
};

// ---- hand-overs by key: a table that points into the list
typedef struct {
    Link *l;
    Ledger *g;
    uint32_t *slot; // index + 1
    size_t mask;
} Book;
static uint64_t spread(const char *z) {
    uint64_t h = 1469598103934665603u; // FNV-1a
    for (; *z; z++) h = (h ^ (uint8_t)*z) * 1099511628211u;
    return h;
}
static uint32_t *find(const Book *b, const char *key) {
    size_t i = spread(key) & b->mask;
    while (b->slot[i] && strcmp(b->g->handover[b->slot[i] - 1]->key, key) != 0) i = (i + 1) & b->mask;
    return &b->slot[i];
}
static int giver_of(const Link *l, const char *key) { // side, hyphen, number; -1: none of the two
    for (int i = 0; i < 2; i++) {
        size_t n = strlen(l->name[i]);
        if (strncmp(key, l->name[i], n) == 0 && key[n] == '-' && key[n + 1] >= '1' && key[n + 1] <= '9' &&
            strspn(key + n + 1, "0123456789") == strlen(key + n + 1))
            return i;
    }
    return -1;
}
static HandOver *open_one(Book *b, const Message *m) {
    int giver = giver_of(b->l, m->handover);
    uint32_t *slot = find(b, m->handover);
    if (*slot) return b->g->handover[*slot - 1];
    if (giver < 0 || strcmp(b->l->name[giver], m->from) != 0) {
        link_find(b->l, "handover_reused", m, "OFFER %lld of %s opens %s, which is no number of its own",
                  (long long)m->number, m->from, m->handover);
        return NULL;
    }
    HandOver *h = take_memory(1, sizeof *h);
    memcpy(h->key, m->handover, sizeof h->key);
    h->giver = giver;
    b->g->handover = grow(b->g->handover, b->g->handovers, &b->g->handovers_cap, sizeof(HandOver *));
    b->g->handover[b->g->handovers++] = h;
    *slot = (uint32_t)b->g->handovers;
    return h;
}

// ---- one message at one side
static bool consents(Book *b, const Message *m, const Message *to) {
    if (m->has_consent && to && hash_is(&m->consent, &to->hash)) return true;
    link_find(b->l, "consent_wrong", m, "%s %lld of %s in %s does not name the %s that it needs", m->word,
              (long long)m->number, m->from, m->handover, m->kind == KIND_CROSSED ? "ACCEPT" : "OFFER");
    return false;
}
static bool rules_hold(Book *b, const HandOver *h, const Message *m, State from) {
    char at[TIME_LEN + 1], by[TIME_LEN + 1];
    if (m->kind == KIND_ACCEPT && from != WITHDRAWING) return consents(b, m, h->offer);
    if (m->kind == KIND_RETURN) return consents(b, m, h->offer);
    if (m->kind != KIND_CROSSED) return true;
    if (h->offer && m->at > h->offer->cross_by) {
        link_find(b->l, "too_late", m, "CROSSED %lld of %s in %s says %s, agreed was %s", (long long)m->number, m->from,
                  m->handover, time_text(m->at, at), time_text(h->offer->cross_by, by));
        return false;
    }
    return consents(b, m, h->accept);
}
static void remember(HandOver *h, const Message *m) {
    const Message **at = NULL;
    switch ((int)m->kind) {
    case KIND_OFFER: at = &h->offer; break;
    case KIND_ACCEPT: at = &h->accept; break;
    case KIND_REJECT: at = &h->reject; break;
    case KIND_CROSSED: at = &h->crossed; break;
    case KIND_RETURN: at = &h->back; break;
    default: return;
    }
    if (!*at) *at = m;
}
static const Rule *rule_of(const HandOver *h, const Message *m, int side, int way) {
    int role = h->giver == side ? GIVER : TAKER;
    for (size_t i = 0; i < COUNT_OF(rules); i++) {
        const Rule *r = &rules[i];
        if (r->role == role && r->from == h->state[side] && r->way == way && r->kind == m->kind &&
            (r->how == EITHER || (r->how == DIFFERS) == m->differs))
            return r;
    }
    return NULL;
}
static void apply(Book *b, int side, const Step *step, const Message *m, int way) {
    if (m->kind == KIND_OTHER || m->kind == KIND_RECEIPT || m->kind == KIND_TREE_HEAD || !m->handover[0]) return;
    uint32_t known = *find(b, m->handover);
    HandOver *h = known ? b->g->handover[known - 1] : NULL;
    if (m->kind == KIND_OFFER && !h && !(h = open_one(b, m))) return;
    if (!h && (m->kind == KIND_REFUSED || (m->kind == KIND_WITHDRAW && way == HEARD))) return; // of what never began
    const Rule *r = h ? rule_of(h, m, side, way) : NULL;
    if (!r && m->kind == KIND_REFUSED) return; // noted, no more
    if (!r) {
        link_find(b->l, h ? "out_of_order" : "handover_unknown", m,
                  "%s %lld of %s does not follow in %s, which is %s at %s", m->word, (long long)m->number, m->from,
                  m->handover, h ? states[h->state[side]] : "unknown", b->l->name[side]);
        return;
    }
    if (!rules_hold(b, h, m, (State)h->state[side])) return;
    if (!h->order[side]) h->order[side] = step->event;
    h->state[side] = r->to;
    remember(h, m);
}
static void written_down(Book *b, int side, const Step *s) { // what the program wrote beside it
    if (!s->handover[0] || !s->state[0]) return;
    uint32_t known = *find(b, s->handover);
    const char *is = known ? states[b->g->handover[known - 1]->state[side]] : "unknown";
    if (strcmp(is, s->state) == 0) return;
    Finding *f =
        link_find(b->l, "state_differs", NULL, "event %lld of %s writes that %s is %s; by its messages it is %s",
                  (long long)s->event, b->l->name[side], s->handover, s->state, is);
    f->event = s->event;
}
static void replay_side(Book *b, int side) {
    for (size_t i = 0; i < b->l->steps[side]; i++) {
        const Step *s = &b->l->step[side][i];
        const Message *heard = s->heard;
        if (heard && s->refused && (heard->kind == KIND_CROSSED || heard->kind == KIND_RETURN))
            link_find(b->l, "release_refused", heard, "%s refused %s %lld of %s in %s: nobody claims the item",
                      b->l->name[side], heard->word, (long long)heard->number, heard->from, heard->handover);
        if (heard && !s->refused) apply(b, side, s, heard, HEARD);
        if (s->made) apply(b, side, s, s->made, MADE);
        written_down(b, side, s);
    }
}
void ledger_replay(Link *l, Ledger *ret) {
    size_t cap = 64;
    *ret = (Ledger){.handovers = 0};
    while (cap < 4 * (l->messages + 1)) cap *= 2;
    Book b = {l, ret, take_memory(cap, sizeof *b.slot), cap - 1};
    replay_side(&b, 0);
    replay_side(&b, 1);
    free(b.slot);
}
