#include "ledger_internal.h"

static void from_bind(SiteReply *r, const BindProblems *bp, SiteHold *h) {
    for (uint32_t i = 0; i < MIN(bp->n, (uint32_t)BIND_PROBLEMS_MAX) && r->problems < SITE_PROBLEMS_MAX; i++)
        r->problem[r->problems++] = (SiteProblem){arena_str(&h->arena, bp->p[i].pointer), bp->p[i].what};
}
static Err compile(SiteHold *h, Str bundle, SiteReply *r) {
    Str what = STR_EMPTY, text = arena_str(&h->arena, bundle); // the site's strings are borrowed from it
    Json *j;
    if (!text.p) return ERR_LIMIT;
    Err e = wire_parse_json(text, 16, &h->arena, &j, &what);
    if (e) {
        r->problem[r->problems++] = (SiteProblem){STR("site"), what};
        return e;
    }
    Buf compact;
    buf_init(&compact, h->arena.ceiling);
    jn_write(&compact, j);
    Str json = compact.overflow ? (Str){NULL, 0} : arena_str(&h->arena, buf_view(&compact));
    buf_deinit(&compact);
    SiteDoc *doc = arena_alloc(&h->arena, sizeof *doc);
    BindProblems *bp = arena_alloc(&h->arena, sizeof *bp);
    if (!doc || !bp || !json.p) return ERR_LIMIT;
    e = wire_bind(j, &site_doc_fields, NULL, &h->arena, doc, bp);
    if (e == ERR_INVALID) from_bind(r, bp, h);
    return e ? e : site_compile(doc, json, &h->arena, &h->site, r->problem, &r->problems);
}
Err ledger_site_new(SiteHold **list, Str bundle, Site **ret, SiteReply *ret_reply) {
    SiteHold *h = calloc(1, sizeof *h);
    CK_ASSERT(h != NULL);
    arena_init(&h->arena, 64u << 20);
    ret_reply->problems = 0;
    Err e = compile(h, bundle, ret_reply);
    h->next = *list; // kept also when bad: the problems' texts live there
    *list = h;
    if (!e) *ret = h->site;
    return e;
}
void ledger_sites_free(SiteHold **list) {
    for (SiteHold *h = *list, *next; h; h = next) {
        next = h->next;
        arena_deinit(&h->arena);
        free(h);
    }
    *list = NULL;
}

static void count_affected(const Ledger *l, SiteReply *r) {
    uint32_t last = 0; // events of one passage follow each other
    for (uint32_t i = 0; i < l->rows_n; i++) {
        const LedgerRow *row = &l->rows[i];
        if (!row->passage || row->passage == last || (row->kind != EV_REPLANNED && row->kind != EV_INCIDENT)) continue;
        last = row->passage;
        if (r->affected < SITE_AFFECTED_MAX) r->passage[r->affected] = last;
        r->affected++;
    }
}
Err ledger_adopt_site(Ledger *l, Str bundle, int64_t t_ms, Arena *a, SiteReply *ret) {
    Site *site = NULL;
    *ret = (SiteReply){0};
    Err e = ledger_site_new(&l->sites, bundle, &site, ret);
    if (e) return e;
    const Site *old = gate_site(l->gate);
    if (old && str_eq(old->json, site->json)) return OK;
    Str why;
    if (old && !site_extends(old, site, a, &why)) {
        ret->problem[ret->problems++] = (SiteProblem){STR("site"), why};
        return ERR_INVALID;
    }
    LedgerRequest rq = {.in = {.t_ms = t_ms, .kind = IN_SITE, .role = ROLE_SYSTEM, .actor = STR("site")}};
    rq.in.u.site = (InSite){.bundle = site->json, .site = site};
    LedgerReply reply;
    if ((e = ledger_begin(l)) != OK) return e;
    if ((e = ledger_step(l, &rq, a, &reply)) != OK || (e = ledger_commit(l)) != OK) return e;
    ret->changed = true;
    count_affected(l, ret);
    return OK;
}
