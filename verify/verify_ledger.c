// Who held what from when till when, out of the hand-overs: an OFFER says that its sender holds the item, CROSSED and
// RETURN give it away at the time that they name (docs/adr/0005-custody.md).
#include "verify_link.h"

static int by_order(const void *x, const void *y) { // in one journal all that it knows has an order; the rest is later
    const HandOver *a = *(HandOver *const *)x, *b = *(HandOver *const *)y;
    for (int i = 0; i < 2; i++) {
        int64_t p = a->order[i] ? a->order[i] : INT64_MAX, q = b->order[i] ? b->order[i] : INT64_MAX;
        if (p != q) return p < q ? -1 : 1;
    }
    return strcmp(a->key, b->key);
}
typedef struct {
    Ledger *g;
    uint32_t *slot;
    size_t mask;
} Items;
static Item *item_of(Items *t, const Message *offer) {
    uint64_t h = 1469598103934665603u;
    for (const char *z = offer->item; *z; z++) h = (h ^ (uint8_t)*z) * 1099511628211u;
    size_t i = h & t->mask;
    for (; t->slot[i]; i = (i + 1) & t->mask) {
        Item *x = t->g->item[t->slot[i] - 1];
        if (strcmp(x->id, offer->item) == 0 && strcmp(x->kind, offer->item_kind) == 0) return x;
    }
    Item *x = take_memory(1, sizeof *x);
    memcpy(x->id, offer->item, sizeof x->id), memcpy(x->kind, offer->item_kind, sizeof x->kind);
    t->g->item = grow(t->g->item, t->g->items, &t->g->items_cap, sizeof(Item *));
    t->g->item[t->g->items++] = x;
    t->slot[i] = (uint32_t)t->g->items;
    return x;
}
static void change(Item *x, Interval to) {
    if (x->n && to.from_ms < x->at[x->n - 1].from_ms) to.from_ms = x->at[x->n - 1].from_ms; // clocks are not one
    x->at = grow(x->at, x->n, &x->cap, sizeof *x->at);
    x->at[x->n++] = to;
}
static void one_handover(Link *l, Items *items, const HandOver *h) {
    const Message *offer = h->offer;
    if (!offer || !offer->item[0]) return;
    Item *x = item_of(items, offer);
    int holder = x->n ? x->at[x->n - 1].holder : -1;
    // Who accepts the offer of an item that he last held himself says that it had left him another way.
    if (holder < 0 || (holder != h->giver && h->accept))
        change(x, (Interval){.from_ms = offer->made_ms ? offer->made_ms : offer->issued,
                             .holder = h->giver,
                             .release = offer,
                             .consent = holder < 0 ? NULL : h->accept,
                             .claimed = true});
    if (!h->accept && h->reject && strcmp(h->reject->reason, "held_here") == 0)
        link_find(l, "claimed_by_both", offer, "both sides claim %s %s: %s offers it in %s, %s says that it is there",
                  x->kind, x->id, l->name[h->giver], h->key, l->name[1 - h->giver]);
    if (h->crossed)
        change(x, (Interval){.from_ms = h->crossed->at,
                             .holder = 1 - h->giver,
                             .release = h->crossed,
                             .consent = h->accept,
                             .heard_ms = h->crossed->heard_ms});
    if (h->back)
        change(x, (Interval){.from_ms = h->back->at,
                             .holder = h->giver,
                             .release = h->back,
                             .consent = offer,
                             .heard_ms = h->back->heard_ms});
}
void ledger_build(Link *l, Ledger *g) {
    size_t cap = 64;
    while (cap < 4 * (g->handovers + 1)) cap *= 2;
    Items items = {g, take_memory(cap, sizeof *items.slot), cap - 1};
    if (g->handovers) qsort(g->handover, g->handovers, sizeof(HandOver *), by_order);
    for (size_t i = 0; i < g->handovers; i++) one_handover(l, &items, g->handover[i]);
    free(items.slot);
}
void ledger_free(Ledger *g) {
    for (size_t i = 0; i < g->handovers; i++) free(g->handover[i]);
    for (size_t i = 0; i < g->items; i++) free(g->item[i]->at), free(g->item[i]);
    free(g->handover);
    free(g->item);
}

int command_ledger(int argc, char **argv) {
    static const char usage[] = "usage: cuakhau-verify ledger --keys KEYS.json A.jsonl B.jsonl [--who ITEM --at TIME] "
                                "[--quiet] [--json]";
    const char *keys = NULL, *file[2] = {NULL, NULL}, *at = NULL;
    Ask ask = {.at_ms = INT64_MAX};
    for (int i = 0; i < argc; i++) {
        const char *a = argv[i], *value = i + 1 < argc ? argv[i + 1] : NULL;
        if (strcmp(a, "--json") == 0)
            ask.json = true;
        else if (strcmp(a, "--quiet") == 0)
            ask.quiet = true;
        else if (strcmp(a, "--keys") == 0 && value)
            keys = value, i++;
        else if (strcmp(a, "--who") == 0 && value)
            ask.who = value, i++;
        else if (strcmp(a, "--at") == 0 && value)
            at = value, i++;
        else if (a[0] != '-' && !file[1])
            file[file[0] != NULL] = a;
        else
            return bad_input("ledger", 0, "what is %s? %s", a, usage);
    }
    if (!keys || !file[1] || (at && !ask.who)) return bad_input("ledger", 0, "%s", usage);
    if (at && !time_read(text_of(at), &ask.at_ms))
        return bad_input("ledger", 0, "--at %s: wants a time as 2027-01-01T10:00:00Z", at);
    Link l = {.keys = 0};
    Ledger g = {.handovers = 0};
    int status = keys_read(keys, &l);
    if (status == STATUS_YES) status = link_load(&l, file[0], file[1]);
    if (status == STATUS_YES) {
        link_check(&l);
        heads_check(&l);
        ledger_replay(&l, &g);
        ledger_build(&l, &g);
        status = ledger_say(&l, &g, &ask);
    }
    ledger_free(&g);
    link_free(&l);
    return status;
}
