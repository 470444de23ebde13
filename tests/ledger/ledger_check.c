// An outsider's look at a ledger: everything is worked out again from the journal alone.
#include "ledger_ops.h"
#include "gate/gate_internal.h"

static char why[400];
__attribute__((format(printf, 1, 2))) static const char *say(const char *f, ...) {
    va_list ap;
    va_start(ap, f);
    vsnprintf(why, sizeof why, f, ap);
    va_end(ap);
    return why;
}

// ---- the journal read by itself
typedef struct {
    uint64_t id;
    uint32_t passage;
    uint8_t kind;
    char target[40], what[24];
} Due;
typedef struct {
    Gate *g;
    SiteHold *sites;
    Arena a;
    Buf text;
    Due *due;
    uint64_t due_n, due_cap;
    Seen seen;
    const char *wrong;
} Reader;
static void due_add(Reader *r, uint64_t id, uint32_t passage, const Effect *e) {
    if (r->due_n == r->due_cap) {
        r->due_cap = MAX(64u, r->due_cap * 2);
        r->due = realloc(r->due, r->due_cap * sizeof *r->due);
        CK_ASSERT(r->due != NULL);
    }
    Due *d = &r->due[r->due_n++];
    *d = (Due){.id = id, .passage = passage, .kind = e->kind};
    snprintf(d->target, sizeof d->target, STR_F, STR_A(e->target));
    snprintf(d->what, sizeof d->what, STR_F, STR_A(e->what));
    r->seen.effects++;
}
static void due_drop(Reader *r, uint64_t id) {
    for (uint64_t i = 0; i < r->due_n; i++)
        if (r->due[i].id == id) {
            memmove(&r->due[i], &r->due[i + 1], (r->due_n - i - 1) * sizeof *r->due);
            r->due_n--;
            return;
        }
}
static bool read_event(void *ctx, const StoreEvent *row) {
    Reader *r = ctx;
    Event e;
    arena_reset(&r->a);
    if (ledger_event_parse(&r->sites, r->g, row, &r->a, &e) != OK) {
        r->wrong = say("event %llu cannot be read back", (unsigned long long)row->seq);
        return false;
    }
    if (!str_eq_c(row->kind, EventKind_names.names[e.kind]))
        r->wrong = say("event %llu: its column has another kind", (unsigned long long)row->seq);
    gate_evolve(r->g, &e);
    buf_clear(&r->text);
    ledger_event_json(&r->text, r->g, &e);
    if (!str_eq(buf_view(&r->text), row->body))
        r->wrong = say("event %llu is written differently: %.300s", (unsigned long long)row->seq, r->text.p);
    r->seen.kinds[e.kind]++;
    r->seen.closed += e.kind == EV_MOVED && e.u.moved.to == PLACE_CLOSED;
    Effect ef[EFFECTS_MAX];
    uint32_t n = gate_effects(r->g, &e, ef);
    for (uint32_t i = 0; i < n; i++) due_add(r, row->seq * 16 + i, row->passage, &ef[i]);
    if (e.kind == EV_EFFECT_DONE && !e.u.effect_done.failed) due_drop(r, (uint64_t)e.u.effect_done.effect);
    return !r->wrong;
}
typedef struct {
    Reader *r;
    uint64_t at;
} Outbox;
static bool same_effect(void *ctx, const StoreEffect *e) {
    Outbox *o = ctx;
    if (o->at == o->r->due_n) {
        o->r->wrong =
            say("effect %llu is in the outbox but nobody asked for it, or it was confirmed", (unsigned long long)e->id);
        return false;
    }
    const Due *d = &o->r->due[o->at++];
    char body[64];
    snprintf(body, sizeof body, "{\"move\":\"%s\"}", d->what);
    bool same = d->id == e->id && d->passage == e->passage && str_eq_c(e->target, d->target) &&
                str_eq_c(e->kind, EffectKind_names.names[d->kind]) && str_eq_c(e->body, body);
    if (!same)
        o->r->wrong = say("the outbox has effect %llu where %llu was asked for", (unsigned long long)e->id,
                          (unsigned long long)d->id);
    return same;
}
static const char *read_all(Ledger *l, Reader *r) {
    uint8_t live[STORE_HASH_LEN], read[STORE_HASH_LEN];
    if (store_each_event(l->store, 1, 0, read_event, r) != OK) return say("the events cannot be read");
    if (r->wrong) return r->wrong;
    ledger_digest(l->gate, live), ledger_digest(r->g, read);
    if (memcmp(live, read, sizeof live) != 0)
        return say("the kernel is not what the journal says (event %llu)",
                   (unsigned long long)store_head(l->store).seq);
    Outbox o = {.r = r};
    if (store_each_effect(l->store, 0, 0, STR_EMPTY, same_effect, &o) != OK) return say("the outbox cannot be read");
    if (r->wrong) return r->wrong;
    if (o.at != r->due_n) return say("effect %llu is missing in the outbox", (unsigned long long)r->due[o.at].id);
    r->seen.effects_open = r->due_n;
    return NULL;
}
static const char *journal_wrong(Ledger *l, Seen *seen) {
    Reader r = {.g = NULL};
    void *memory = aligned_alloc(64, (gate_size(l->opts.limits) + 63) & ~(size_t)63);
    CK_ASSERT(memory != NULL);
    r.g = gate_init(memory, l->opts.limits);
    arena_init(&r.a, 64u << 20);
    buf_init(&r.text, 16u << 20);
    const char *wrong = read_all(l, &r);
    if (seen) *seen = r.seen;
    ledger_sites_free(&r.sites);
    arena_deinit(&r.a);
    buf_deinit(&r.text);
    free(r.due);
    free(memory);
    return wrong;
}

// ---- the kernel's sums
static const char *sums_wrong(const Gate *g) {
    uint32_t open = 0, queued = 0, lane[LANES_MAX] = {0}, yard[YARDS_MAX] = {0}, inside[ROADS_MAX] = {0};
    const Passage *p;
    for (uint32_t at = 0; (at = gate_passages(g, at, &p)) != 0;) {
        open++, queued += p->queued;
        if (gate_find(g, p->no) != p) return say("passage %u is there twice or cannot be found", p->no);
        if (p->lane != DYN_NONE) lane[p->lane]++;
        if (p->yard != DYN_NONE) yard[p->yard]++;
        inside[p->road] += p->kind == KIND_TRUCK_EXPORT &&
                           (p->place == PLACE_CALLED || p->place == PLACE_YARD || p->place == PLACE_LINE);
        if ((p->granted & p->held) || (p->granted & p->open))
            return say("passage %u: a task is granted and not", p->no);
        if (p->fee_paid && !p->fee_known) return say("passage %u paid a fee that is not known", p->no);
    }
    if (open != gate_open_count(g)) return say("%u passages are open, the gate counts %u", open, gate_open_count(g));
    if (!gate_site(g)) return NULL;
    for (uint8_t i = 0; i < LANES_MAX; i++)
        if (lane[i] != gate_lane(g, i).occupied)
            return say("lane %u holds %u, the gate counts %u", i, lane[i], gate_lane(g, i).occupied);
    for (uint8_t i = 0; i < YARDS_MAX; i++)
        if (yard[i] != gate_yard(g, i).used)
            return say("yard %u holds %u, the gate counts %u", i, yard[i], gate_yard(g, i).used);
    for (uint8_t i = 0; i < ROADS_MAX; i++) {
        if (inside[i] != gate_road(g, i).inside)
            return say("road %u has %u inside, the gate counts %u", i, inside[i], gate_road(g, i).inside);
        for (uint32_t k = 0; k < gate_queue_length(g, i); k++, queued--) {
            p = gate_find(g, gate_queue_at(g, i, k));
            if (!p || !p->queued || p->road != i || p->place != PLACE_INLAND)
                return say("road %u: position %u of the queue is not waiting", i, k);
        }
    }
    return queued ? say("%u passages wait in no queue", queued) : NULL;
}
const char *ledger_wrong(Ledger *l, Seen *seen) {
    StoreVerdict v = {.inputs = 0};
    if (store_verify(l->store, NULL, NULL, &v) != OK) return say("the chain does not verify: %s", v.reason);
    const char *wrong = journal_wrong(l, seen);
    if (!wrong) wrong = sums_wrong(l->gate);
    if (wrong) return wrong;
    ReplayReply r;
    uint8_t live[STORE_HASH_LEN];
    if (ledger_replay(l->store, l->opts.limits, &r) != OK) return say("the journal cannot be replayed");
    ledger_digest(l->gate, live);
    if (memcmp(live, r.digest, sizeof live) != 0) return say("the replay has another digest");
    return r.open == gate_open_count(l->gate) ? NULL : say("the replay counts %u open passages", r.open);
}
const char *ledger_models_wrong(Ledger *l) {
    uint8_t live[2][STORE_HASH_LEN], built[STORE_HASH_LEN];
    if (store_read_model_digest(l->store, live[0]) != OK) return say("the read models cannot be read");
    ledger_digest(l->gate, live[1]);
    if (ledger_rebuild(l, built) != OK) return say("the read models cannot be rebuilt");
    if (memcmp(built, live[0], sizeof built) != 0)
        return say("the rebuilt read models differ (event %llu)", (unsigned long long)store_head(l->store).seq);
    ledger_digest(l->gate, built);
    return memcmp(built, live[1], sizeof built) == 0 ? NULL : say("rebuilding the read models changed the kernel");
}
