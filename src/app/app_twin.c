#include "app_twin.h"
#include "wire/wire_bind.h"

Err app_twin_doc(const char *dir, Arena *a, TwinDoc **ret, Str *ret_what) {
    Json *j = NULL;
    Err e = app_json_files(dir, "twin.json", NULL, a, &j, ret_what);
    if (e) return e;
    TwinDoc *doc = arena_alloc(a, sizeof *doc);
    BindProblems *bp = arena_alloc(a, sizeof *bp);
    if (!doc || !bp) return ERR_LIMIT;
    e = wire_bind(j, &twin_doc_fields, NULL, a, doc, bp);
    if (e == ERR_INVALID) {
        char text[1000];
        int n = snprintf(text, sizeof text, "%s/twin.json: " STR_F ": " STR_F, dir, STR_A(bp->p[0].pointer),
                         STR_A(bp->p[0].what));
        *ret_what = arena_str(a, (Str){text, MIN((size_t)n, sizeof text - 1)});
    }
    if (!e) *ret = doc;
    return e;
}

static int problems(const SiteReply *r) {
    for (uint32_t i = 0; i < r->problems; i++)
        fprintf(stderr, "cuakhau: site: " STR_F ": " STR_F "\n", STR_A(r->problem[i].where), STR_A(r->problem[i].what));
    return 2;
}
static int find_files(AppTwin *t, const char *dir, const char *tariff) {
    if (dir) {
        snprintf(t->dir, sizeof t->dir, "%s", dir);
    } else {
        if (!app_data_path("sites/huu-nghi/site.json", t->dir, sizeof t->dir))
            return app_fail(ERR_NOT_FOUND, "sites/huu-nghi");
        *strrchr(t->dir, '/') = 0;
    }
    if (tariff)
        snprintf(t->tariff, sizeof t->tariff, "%s", tariff);
    else if (!app_data_path("sites/demo/tariff.json", t->tariff, sizeof t->tariff))
        return app_fail(ERR_NOT_FOUND, "sites/demo/tariff.json");
    return 0;
}
static int check(AppTwin *t) {
    TwinProblem p[TWIN_PROBLEMS_MAX];
    uint32_t n = twin_check(t->site, t->doc, &t->arena, p);
    for (uint32_t i = 0; i < n; i++)
        fprintf(stderr, "cuakhau: %s/twin.json: " STR_F ": " STR_F "\n", t->dir, STR_A(p[i].where), STR_A(p[i].what));
    return n ? 2 : 0;
}
static bool phase_known(const Site *s) {
    for (uint32_t i = 0; i < s->doc->phases.n; i++)
        if (str_eq(s->doc->phases.items[i], s->doc->phase)) return true;
    return false;
}
int app_twin_open(AppTwin *t, const char *dir, const char *phase, const char *tariff) {
    Str bundle, what = STR_EMPTY;
    memset(t, 0, sizeof *t);
    arena_init(&t->arena, 256u << 20);
    int status = find_files(t, dir, tariff);
    if (status) return status;
    Err e = app_site_bundle(t->dir, phase, t->tariff, &t->arena, &bundle, &what);
    if (!e) {
        SiteReply r = {0};
        e = ledger_site_new(&t->holds, bundle, &t->site, &r);
        if (r.problems) return problems(&r);
    }
    if (!e && phase && !phase_known(t->site)) {
        fprintf(stderr, "cuakhau: --phase %s: the site has no such phase\n", phase);
        return 2;
    }
    if (!e) e = app_twin_doc(t->dir, &t->arena, &t->doc, &what);
    if (e) {
        fprintf(stderr, "cuakhau: " STR_F "\n", STR_A(what));
        return err_exit(e) == 1 ? 2 : err_exit(e);
    }
    return check(t);
}
void app_twin_close(AppTwin *t) {
    for (uint32_t r = 0; r < ROADS_MAX; r++) route_map_free(t->map[r]);
    ledger_sites_free(&t->holds);
    arena_deinit(&t->arena);
}
