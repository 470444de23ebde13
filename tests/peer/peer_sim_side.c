// One centre: journal, world, link, in batches as the daemon's writer makes them. A batch is lost when the disk fails;
// power cuts end the process, and all is opened anew from what is durable.
#include "peer_sim.h"

static void observe(void *ctx, const Gate *g, const Event *e, bool after, uint64_t seq) {
    Centre *d = ctx;
    (void)seq;
    if (!after) return;
    d->sim->stats.events++;
    world_event(d, g, e);
    twin_sink(d->w, g, e, true);
    if (d->peer) peer_observe(d->peer, e);
}
static void submit(void *ctx, const Input *in) { // of the world
    Centre *d = ctx;
    LedgerReply reply;
    if (d->failed || d->sim->wrong[0]) {
        twin_halt(d->w);
        return;
    }
    if (world_stops(d, in)) {
        d->sim->stats.early++;
        twin_no_answer(d->w);
        return;
    }
    LedgerRequest rq = {.in = *in};
    rq.in.t_ms += d->skew_ms;
    arena_reset(&d->arena);
    if (ledger_step(d->l, &rq, &d->arena, &reply) == OK) return;
    d->failed = true;
    twin_halt(d->w);
}
static uint64_t draw(void *ctx) {
    return prng_next(&((Centre *)ctx)->draws);
}
static bool open_journal(Centre *d) {
    LedgerOpts o = {.store = {.path = "gate.db", .vfs = d->vfs, .exclusive = true, .cache_kib = 4096},
                    .limits = {.passages_max = SIM_OPEN_MAX},
                    .snapshot_every = 600};
    Err e = ledger_open(&o, &d->l);
    if (e) sim_broke(d->sim, "side %u: the journal does not open: %s", d->me, err_text(e));
    if (!e) ledger_observe(d->l, observe, d);
    return e == OK;
}
static bool open_peer(Centre *d) {
    PeerOpts o = {
        .files = &d->files, .handovers_max = SIM_HANDOVERS, .items_max = SIM_BOOK_ITEMS, .draw = draw, .ctx = d};
    Err e = peer_new(&o, d->l, &d->peer);
    if (e) sim_broke(d->sim, "side %u: the link's state does not load: %s", d->me, err_text(e));
    d->sent = -1, d->attach = true;
    return e == OK;
}
static void keep(Centre *d) {
    Sim *s = d->sim;
    world_keep(d);
    d->acked_seq = store_head(ledger_store(d->l)).seq;
    net_read_outbox(d);
    twin_committed(d->w);
    s->stats.commits++;
}

// ---- what is lost
static void lost(Centre *d) { // the journal stands as before; the process lives
    d->in_batch = d->failed = false;
    d->sim->stats.lost++;
    world_take_back(d);
    peer_lost(d->peer);
    d->attach = true, d->inbox_n = 0; // 503
}
// What is durable is found out at once; nothing happens there for a while.
static void power_cut(Centre *d) {
    Sim *s = d->sim;
    bool long_one = prng_chance(&s->p, 15);
    s->stats.crashes++;
    d->down = true, d->in_batch = d->failed = false, d->inbox_n = 0;
    d->next_ms = s->now_ms + 500 + (int64_t)prng_below(&s->p, long_one ? (uint64_t)HOUR_MS : 30000);
    peer_free(d->peer);
    d->peer = NULL;
    ledger_close(d->l);
    d->l = NULL;
    fault_disk_crash(d->disk, prng_next(&s->p));
    if (!open_journal(d)) return;
    uint64_t seq = store_head(ledger_store(d->l)).seq;
    if (seq < d->acked_seq)
        sim_broke(s, "side %u: acknowledged up to event %llu, the journal ends at %llu", d->me,
                  (unsigned long long)d->acked_seq, (unsigned long long)seq);
    bool there = seq > d->acked_seq; // durable, though nobody was told
    if (!there) world_take_back(d);
    if (open_peer(d) && there) keep(d);
}
static bool trouble(Centre *d) { // true: killed at once
    Sim *s = d->sim;
    if (s->calm || !s->crash_one_in || prng_below(&s->p, s->crash_one_in)) return false;
    switch (prng_below(&s->p, 5)) {
    case 0: fault_disk_fail(d->disk, FAULT_POWER, 1 + prng_below(&s->p, 12)); break;
    case 1: fault_disk_fail(d->disk, FAULT_SYNC, 1); break;
    case 2:
    case 3: fault_disk_fail(d->disk, FAULT_WRITE, 1 + prng_below(&s->p, 6)); break;
    default: return true;
    }
    return false;
}

// ---- a batch
static void attach(Centre *d) {
    const CustodyBook *b = &peer_side(d->peer)->book;
    d->attach = false;
    twin_attach(d->w, ledger_gate(d->l));
    for (uint32_t i = 0; i < b->limits.handovers && b->h[i].used && !d->failed; i++) {
        const HandOver *h = &b->h[i];
        bool back = h->state == HS_ARRIVED && h->role == CUSTODY_TAKER && b->item[h->item].kind == ITEM_TRUCK;
        if (back && h->passage) twin_coming_back(d->w, h->passage);
    }
}
static void people(Centre *d) { // what only they can settle
    const CustodyBook *b = &peer_side(d->peer)->book;
    CustodyReason why;
    d->people_ms = d->sim->now_ms + 10 * MINUTE_MS;
    for (uint32_t i = 0; i < b->limits.handovers && b->h[i].used && !d->failed; i++) {
        const HandOver *h = &b->h[i];
        bool settle = h->state == HS_DISPUTED && h->role == CUSTODY_TAKER, agree = h->state == HS_ASKED;
        if (!settle && !agree) continue;
        CustodyAct a = {.act = settle ? ACT_SETTLE : ACT_CLOSE, .handover = str_c(h->key)};
        if (settle) a.say.note = STR("agreed by telephone");
        d->sim->stats.disputes += settle;
        d->failed = peer_act(d->peer, &a, ROLE_BOARD, STR("board-1"), side_clock(d), &why) != OK;
    }
}
static void hear(Centre *d) {
    for (uint32_t i = 0; i < d->inbox_n && !d->failed; i++) {
        Packet *p = &d->inbox[i];
        int64_t alarms = d->peer->side.link.alarms;
        int64_t in_seq = d->peer->side.link.in_seq, acked = d->peer->side.link.out_acked;
        d->failed = peer_hear(d->peer, buf_view(&p->bytes), side_clock(d), &p->why) != OK;
        if (d->failed) return;
        Sim *s = d->sim;
        s->stats.refused += p->why != REASON_NONE, s->stats.reasons |= 1ull << p->why;
        bool offer =
            p->bytes.n && memmem(p->bytes.p, p->bytes.n, "OFFER", 5) != NULL; // of a clock that was minutes ahead
        if (d->peer->side.link.alarms != alarms && !offer)
            sim_broke(s, "side %u: an honest message was refused: %.330s", d->me, p->bytes.p);
        bool taken = d->peer->side.link.in_seq != in_seq || d->peer->side.link.out_acked != acked;
        if ((p->hostile || p->stale) && (taken || !p->why))
            sim_broke(s, "side %u: a %s message was taken: %.*s", d->me, p->stale ? "stale" : "forged",
                      (int)MIN(p->bytes.n, (size_t)330), p->bytes.p);
        if (p->stale && p->why != REASON_EXPIRED && p->why != REASON_KEY_NOT_VALID)
            sim_broke(s, "side %u: a message after its time: %s", d->me, CustodyReason_names.names[p->why]);
    }
}
static void run_parts(Centre *d) {
    Sim *s = d->sim;
    if (d->attach) attach(d);
    if (!d->failed) twin_run(d->w, s->now_ms);
    if (!d->failed) hear(d);
    if (!d->failed && s->now_ms >= d->people_ms) people(d);
    if (!d->failed) d->failed = peer_run(d->peer, side_clock(d)) != OK;
    if (!d->failed) d->failed = peer_settle(d->peer, side_clock(d)) != OK;
}
static void answers(Centre *d) {
    for (uint32_t i = 0; i < d->inbox_n; i++) {
        if (d->inbox[i].answer)
            net_heard(d, &d->inbox[i]);
        else
            net_answer(d, &d->inbox[i]);
    }
}
void side_batch(Centre *d) {
    Sim *s = d->sim;
    d->down = false;
    d->next_ms = s->now_ms + (s->calm ? 20000 : 100 + (int64_t)prng_below(&s->p, 15000));
    if (trouble(d)) {
        power_cut(d);
        return;
    }
    d->failed = ledger_begin(d->l) != OK;
    d->in_batch = !d->failed;
    if (!d->failed) run_parts(d);
    if (!d->failed && plant == PLANT_EARLY_SEND) d->sent = d->peer->side.link.out_acked, net_sender(d);
    if (!d->failed && plant == PLANT_EARLY_RECEIPT) answers(d);
    if (!d->failed) d->failed = ledger_commit(d->l) != OK;
    d->in_batch = false;
    if (!d->failed) {
        keep(d);
        if (plant != PLANT_EARLY_RECEIPT) answers(d);
        d->inbox_n = 0;
    } else if (ledger_fatal(d->l) || fault_disk_dead(d->disk) || prng_chance(&s->p, 20)) {
        power_cut(d);
    } else {
        lost(d);
    }
    if (!s->wrong[0]) check_all(s, d);
}
int64_t side_due(Centre *d) {
    if (d->down || d->attach || d->inbox_n) return d->next_ms; // until it is attached the world has no gate to look at
    int64_t link = peer_next(d->peer), due = twin_next(d->w);
    if (link != TIME_NEVER) due = MIN(due, link - d->skew_ms);
    if (d->sim->calm) due = MIN(due, d->people_ms);
    return MAX(due, d->next_ms);
}

// ---- life
static void open_files(Centre *d) {
    static const char *const side_key[2][2] = {{"vn-2026-a", "vn-2027-a"}, {"cn-2026-a", "cn-2027-a"}};
    PeerFiles *f = &d->files;
    *f = (PeerFiles){.me = d->me, .agreement = sim_agreement, .own_n = 2, .peer_n = 2};
    memcpy(f->side, sim_agreement.side[d->me], sizeof f->side);
    for (uint32_t k = 0; k < 2; k++) { // the second comes into force in the middle of it
        int64_t from = k ? SIM_START_MS + 2 * HOUR_MS : 0, until = k ? TIME_NEVER : SIM_START_MS + 3 * HOUR_MS;
        f->own[k] = (PeerOwnKey){.from_ms = from, .until_ms = until};
        f->peer[k] = (CustodyKey){.from_ms = k ? from - HOUR_MS : 0, .until_ms = until};
        memset(f->own[k].seed, (int)(1 + d->me + 2 * k), sizeof f->own[k].seed);
        uint8_t seed[32];
        memset(seed, (int)(1 + (1 - d->me) + 2 * k), sizeof seed);
        CustodyOpenssl *other = custody_openssl_new(seed);
        CK_ASSERT(other != NULL);
        custody_openssl_public(other, f->peer[k].pub);
        custody_openssl_free(other);
        (void)snprintf(f->own[k].id, sizeof f->own[k].id, "%s", side_key[d->me][k]);
        (void)snprintf(f->peer[k].id, sizeof f->peer[k].id, "%s", side_key[1 - d->me][k]);
    }
}
bool side_open(Centre *d, Sim *s, uint32_t me) {
    *d = (Centre){.sim = s, .me = me, .draws = {s->seed * 5 + me}, .made = calloc(SIM_CORES, sizeof *d->made)};
    CK_ASSERT(d->made != NULL);
    (void)snprintf(d->vfs, sizeof d->vfs, "peersim%u", me);
    d->disk = fault_disk_new(d->vfs, s->seed * 2 + me);
    arena_init(&d->arena, 64u << 20);
    buf_init(&d->core, CUSTODY_TEXT_MAX);
    open_files(d);
    TwinConfig c = {.site = sim_data[me].site,
                    .doc = &sim_doc[me],
                    .seed = s->seed * 2 + me,
                    .start_ms = SIM_START_MS,
                    .passages_max = SIM_OPEN_MAX,
                    .peer = true};
    twin_layout_init(&c.layout);
    for (uint32_t i = 0; i < sim_doc[me].flows.n; i++)
        c.layout.per_day[i] = 20 + (uint32_t)prng_below(&s->p, s->seed % 16 == 0 ? 300 : 60);
    d->w = twin_new(&c, (TwinPort){d, submit});
    d->next_ms = SIM_START_MS, d->pause_ms = 1000, d->retry_ms = SIM_START_MS, d->people_ms = TIME_NEVER;
    d->send_ms = TIME_NEVER;
    if (!open_journal(d)) return false;
    SiteReply reply = {0};
    if (ledger_adopt_site(d->l, sim_data[me].site->json, SIM_START_MS, &d->arena, &reply) != OK)
        sim_broke(s, "side %u: the site is not adopted", me);
    d->acked_seq = store_head(ledger_store(d->l)).seq;
    return !s->wrong[0] && open_peer(d);
}
void side_close(Centre *d) {
    peer_free(d->peer);
    if (d->l) ledger_close(d->l);
    twin_free(d->w);
    fault_disk_free(d->disk);
    custody_openssl_free(d->keys);
    arena_deinit(&d->arena);
    buf_deinit(&d->core);
    for (uint32_t i = 0; i < SIM_INBOX; i++) buf_deinit(&d->inbox[i].bytes);
    free(d->made);
}
