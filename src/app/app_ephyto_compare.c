#include "app_ephyto.h"
#include "wire/wire_declaration.h"
#include "wire/wire_iso6346.h"
#include "wire/wire_plate.h"

#define HS6 6

static void add(EphytoProblems *l, Arena *a, const char *cure, Str field, const char *fmt, ...)
    __attribute__((format(printf, 5, 6)));
static void add(EphytoProblems *l, Arena *a, const char *cure, Str field, const char *fmt, ...) {
    char text[300];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (l->n < EPHYTO_PROBLEMS_MAX)
        l->p[l->n] = (EphytoProblem){arena_str(a, field), arena_str(a, str_c(text)), str_c(cure)};
    l->n++;
}
static Str place(char at[64], uint32_t line, const char *member) {
    int n = snprintf(at, 64, "goods[%u]%s%s", line, *member ? "." : "", member);
    return (Str){at, (size_t)n};
}
// The first six digits of what people write as an HS number; false when it is none.
static bool hs6(Str raw, char ret[HS6 + 1]) {
    char hs[HS_DIGITS_MAX + 1];
    if (!hs_normalise(raw, hs)) return false;
    memcpy(ret, hs, HS6), ret[HS6] = 0;
    return true;
}
static int64_t whole(const Json *v) {
    return v && v->type == JN_INT ? v->i : 0;
}

// ---- goods of one HS number on both sides
typedef struct {
    int64_t certified_kg, declared_kg;
    uint32_t certified, declared, first; // lines; the first one declared
} Sum;
static Sum sum_of(const char hs[HS6 + 1], const Ephyto *e, const Json *goods) {
    Sum s = {0};
    char of[HS6 + 1];
    const EphytoItem *it = e->items.items;
    for (uint32_t i = 0; i < e->items.n; i++)
        if (hs6(it[i].hs, of) && strcmp(of, hs) == 0) s.certified++, s.certified_kg += it[i].net_kg;
    uint32_t line = 0;
    for (const Json *g = goods ? goods->first : NULL; g; g = g->next, line++)
        if (hs6(jn_text(jn_get(g, "hs")), of) && strcmp(of, hs) == 0) {
            if (!s.declared++) s.first = line;
            s.declared_kg += whole(jn_get(g, "net_kg"));
        }
    return s;
}
static void compare_goods(const Ephyto *e, const Json *goods, Arena *a, EphytoFit *ret) {
    const EphytoItem *it = e->items.items;
    char hs[HS6 + 1], before[HS6 + 1], at[64];
    for (uint32_t i = 0; i < e->items.n; i++) {
        if (!hs6(it[i].hs, hs)) {
            int n = snprintf(at, sizeof at, "items[%u].hs", i);
            add(&ret->problems, a, "ask the issuing organisation for the code, or enter the certificate by hand",
                (Str){at, (size_t)n}, "the certificate has no HS code for %.60s",
                it[i].botanical.n ? it[i].botanical.p : "it");
            continue;
        }
        bool done = false;
        for (uint32_t k = 0; k < i && !done; k++) done = hs6(it[k].hs, before) && strcmp(before, hs) == 0;
        if (done) continue;
        Sum s = sum_of(hs, e, goods);
        int64_t off = s.certified_kg > s.declared_kg ? s.certified_kg - s.declared_kg : s.declared_kg - s.certified_kg;
        if (!s.declared)
            add(&ret->problems, a, "correct the HS code of the line, or use the certificate of these goods",
                STR("goods"), "no line declares HS %s, which the certificate covers", hs);
        else if (!s.certified_kg)
            add(&ret->notes, a, "", place(at, s.first, "net_kg"), "the certificate gives no net mass for HS %s", hs);
        else if (off > MAX(s.certified, s.declared)) // each line was rounded
            add(&ret->problems, a, "correct the mass, or ask for a certificate of what is carried",
                place(at, s.first, "net_kg"), "%lld kg of HS %s are declared, the certificate covers %lld kg",
                (long long)s.declared_kg, hs, (long long)s.certified_kg);
    }
}
static void compare_lines(const Ephyto *e, const Json *goods, Arena *a, EphytoFit *ret) {
    const EphytoItem *it = e->items.items;
    uint32_t line = 0;
    for (const Json *g = goods ? goods->first : NULL; g; g = g->next, line++) {
        char hs[HS6 + 1] = "", of[HS6 + 1], at[64];
        Str origin = jn_text(jn_get(g, "origin")), said = STR_EMPTY;
        bool covered = false, same = false;
        bool good = hs6(jn_text(jn_get(g, "hs")), hs);
        for (uint32_t i = 0; i < e->items.n && good; i++) {
            if (!hs6(it[i].hs, of) || strcmp(of, hs) != 0) continue;
            covered = true;
            same |= !it[i].origin.n || !origin.n || str_eq(it[i].origin, origin);
            said = it[i].origin;
        }
        if (!covered)
            add(&ret->notes, a, "", place(at, line, ""), "HS %s is not covered by this certificate", good ? hs : "?");
        else if (!same)
            add(&ret->problems, a, "correct the origin, or use the certificate of these goods",
                place(at, line, "origin"), "it is " STR_F ", the certificate says " STR_F, STR_A(origin), STR_A(said));
    }
}

// ---- what it travels in
static bool among(const StrList *l, Str s) {
    for (uint32_t i = 0; i < l->n; i++)
        if (str_eq(l->items[i], s)) return true;
    return false;
}
static bool same_vehicle(Str x, Str y) {
    Plate p, q;
    return plate_parse(x, &p) == PLATE_OK && plate_parse(y, &q) == PLATE_OK && strcmp(p.text, q.text) == 0;
}
static void compare_equipment(const Ephyto *e, const Json *d, Arena *a, EphytoFit *ret) {
    char box[ISO6346_LEN + 1] = "";
    Str declared = jn_text(jn_get(d, "container")), plate = jn_text(jn_get(d, "plate")),
        trailer = jn_text(jn_get(d, "trailer"));
    if (declared.n && iso6346_parse(declared, box).problem == ISO6346_OK) declared = str_c(box);
    if (e->containers.n && !among(&e->containers, declared))
        add(&ret->problems, a, "correct the container, or use the certificate of this one", STR("container"),
            "it is \"%.40s\", the certificate is for %s%s", declared.n ? arena_cstr(a, declared) : "",
            e->containers.items[0].p, e->containers.n > 1 ? " and others" : "");
    bool found = e->containers.n > 0 || e->equipment.n == 0;
    for (uint32_t i = 0; i < e->equipment.n && !found; i++)
        found = same_vehicle(e->equipment.items[i], plate) || same_vehicle(e->equipment.items[i], trailer);
    if (!found)
        add(&ret->problems, a, "correct plate or trailer, or use the certificate of this vehicle", STR("trailer"),
            "neither plate nor trailer is \"%.40s\", which the certificate names", e->equipment.items[0].p);
}
static void compare_seals(const Ephyto *e, const Json *d, Arena *a, EphytoFit *ret) {
    const Json *seals = jn_get(d, "seals");
    if (!e->seals.n) return;
    if (!seals || seals->n == 0)
        add(&ret->notes, a, "", STR("seals"), "the declaration has none, the certificate names %.40s",
            e->seals.items[0].p);
    uint32_t i = 0;
    for (const Json *s = seals ? seals->first : NULL; s; s = s->next, i++) {
        char at[64];
        int n = snprintf(at, sizeof at, "seals[%u]", i);
        if (!among(&e->seals, jn_text(s)))
            add(&ret->problems, a, "correct the seal, or ask for a certificate with it", (Str){at, (size_t)n},
                "\"%.40s\" is not in the certificate, which names %.40s", arena_cstr(a, jn_text(s)),
                e->seals.items[0].p);
    }
}
void app_ephyto_compare(const Ephyto *e, const Json *d, Arena *a, EphytoFit *ret) {
    const Json *goods = jn_get(d, "goods");
    ret->problems.n = ret->notes.n = 0;
    if (e->status != EPHYTO_ISSUED)
        add(&ret->problems, a, "ask for a certificate that is in force", STR("status"),
            "the certificate is %s (" STR_F "), not issued",
            e->status == EPHYTO_WITHDRAWN ? "withdrawn" : "in another state", STR_A(e->status_code));
    compare_goods(e, goods && goods->type == JN_ARRAY ? goods : NULL, a, ret);
    compare_lines(e, goods && goods->type == JN_ARRAY ? goods : NULL, a, ret);
    compare_equipment(e, d, a, ret);
    compare_seals(e, d, a, ret);
}

// ---- into the declaration
static bool put_text(Arena *a, Json *obj, const char *key, Str s) {
    const Json v = {.type = JN_TEXT, .p = s.p, .n = (uint32_t)s.n};
    return jn_put(a, obj, str_c(key), &v);
}
Err app_ephyto_put(const Ephyto *e, Json *d, Arena *a) {
    Json *list = jn_get(d, "certificates"), *c = jn_new(a, JN_OBJECT);
    if (list && list->type != JN_ARRAY) return ERR_INVALID;
    for (const Json *have = list ? list->first : NULL; have; have = have->next)
        if (str_eq_c(jn_text(jn_get(have, "kind")), "phytosanitary") &&
            str_eq(jn_text(jn_get(have, "number")), e->number))
            return OK;
    if (list && list->n >= IMPORT_CERTIFICATES_MAX) return ERR_LIMIT;
    const Json empty = {.type = JN_ARRAY};
    if (!list && !jn_put(a, d, STR("certificates"), &empty)) return ERR_LIMIT;
    Str number = arena_str(a, e->number);
    if (!c || !number.p || !put_text(a, c, "kind", STR("phytosanitary")) || !put_text(a, c, "number", number))
        return ERR_LIMIT;
    jn_append(jn_get(d, "certificates"), c);
    return OK;
}
