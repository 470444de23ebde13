// Fees by the tariff in force: weight band (or container size) x goods kind x regime x direction, mixed goods pay the
// highest rate, then the factors. A missing cell is not free: it is unknown, and the passage waits until the tariff has
// it (Resolution 09/2025/NQ-HDND is not public in full).
#include "gate_site.h"

static const Tariff *tariff_at(const Site *s, int64_t t_ms) {
    const Tariff *t = s->doc->tariffs.items, *best = NULL;
    for (uint32_t i = 0; i < s->doc->tariffs.n; i++)
        if (t[i].valid_from_ms <= t_ms && (!t[i].valid_to_ms || t_ms < t[i].valid_to_ms))
            if (!best || t[i].valid_from_ms > best->valid_from_ms) best = &t[i];
    return best;
}
static const TariffBand *band_of(const Tariff *t, const FeeQuestion *q) {
    const TariffBand *b = t->bands.items, *best = NULL;
    for (uint32_t i = 0; i < t->bands.n; i++) {
        if (q->container_ft) {
            if (b[i].container_ft == q->container_ft) return &b[i];
        } else if (!b[i].container_ft && (b[i].up_to_kg == 0 || q->gross_kg < b[i].up_to_kg)) {
            if (!best || (b[i].up_to_kg && (!best->up_to_kg || b[i].up_to_kg < best->up_to_kg))) best = &b[i];
        }
    }
    return best;
}
static const TariffCell *cell_of(const Tariff *t, const FeeQuestion *q, Str goods, Str band) {
    const TariffCell *c = t->cells.items;
    for (uint32_t i = 0; i < t->cells.n; i++)
        if (c[i].direction == q->direction && c[i].regime == q->regime && str_eq(c[i].goods, goods) &&
            str_eq(c[i].band, band))
            return &c[i];
    return NULL;
}
static Str cell_name(const Tariff *t, const FeeQuestion *q, Str goods, Str band, Arena *a) {
    Buf b;
    buf_init(&b, 400);
    buf_printf(&b, STR_F "/%s/%s/" STR_F "/" STR_F, STR_A(t ? t->id : STR("no tariff in force")),
               Direction_names.names[q->direction], Regime_names.names[q->regime], STR_A(goods), STR_A(band));
    Str s = arena_str(a, buf_view(&b));
    buf_deinit(&b);
    return s;
}
static void apply_factors(const Tariff *t, const FeeQuestion *q, Fee *fee, Arena *a) {
    const TariffFactor *f = t->factors.items;
    Buf b;
    buf_init(&b, 400);
    for (uint32_t i = 0; i < t->factors.n; i++) {
        if (f[i].direction && f[i].direction != q->direction) continue;
        if (f[i].destination && f[i].destination != q->destination) continue;
        if (f[i].regimes && !(f[i].regimes & BIT(q->regime))) continue;
        fee->vnd = MAX(1, (fee->vnd * f[i].percent + 50) / 100); // never zero
        buf_printf(&b, "%s" STR_F " %u%%", b.n ? ", " : "", STR_A(f[i].id), f[i].percent);
    }
    fee->factors = arena_str(a, buf_view(&b));
    buf_deinit(&b);
}
Fee site_fee(const Site *s, const FeeQuestion *q, int64_t t_ms, Arena *a) {
    const Tariff *t = tariff_at(s, t_ms);
    const TariffBand *band = t ? band_of(t, q) : NULL;
    Str band_id = band ? band->id : STR("no band");
    Fee fee = {.factors = STR_EMPTY, .basis = STR_EMPTY};
    const TariffCell *best = NULL;
    for (uint32_t g = 0; g < s->goods; g++) {
        if (!(q->goods & BIT(g))) continue;
        const TariffCell *c = band ? cell_of(t, q, s->good[g].id, band_id) : NULL;
        if (!c) {
            fee.cell = cell_name(t, q, s->good[g].id, band_id, a);
            return fee;
        }
        if (!best || c->vnd > best->vnd) best = c;
    }
    if (!best) {
        fee.cell = cell_name(t, q, STR("no goods"), band_id, a);
        return fee;
    }
    fee.known = true;
    fee.vnd = best->vnd;
    fee.basis = best->basis.n ? best->basis : t->basis;
    fee.cell = cell_name(t, q, best->goods, band_id, a);
    apply_factors(t, q, &fee, a);
    return fee;
}
