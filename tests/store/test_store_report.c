// The time release study against a computation by hand: groups, means, quantiles by nearest rank.
#include "store_fixture.h"

enum { STAGES_MAX = 400 };
typedef struct {
    StoreStage rows[STAGES_MAX];
    size_t n;
    StoreReportQuery query;
    uint64_t lines, counted;
} Study;
static int by_value(const void *a, const void *b) {
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return x < y ? -1 : x > y;
}
// The smallest value that at least `percent` of the values do not exceed: found by counting, not by a formula.
static int64_t quantile(const int64_t *sorted, size_t n, unsigned percent) {
    for (size_t i = 0; i < n; i++)
        if ((i + 1) * 100 >= (size_t)percent * n) return sorted[i];
    fail();
    return 0;
}
static bool in_group(const StoreReportQuery *q, const StoreReportLine *l, const StoreStage *r) {
    return r->ended_ms >= q->from_ms && r->ended_ms < q->to_ms && str_eq(l->stage, r->stage) &&
           str_eq(l->agency, r->agency) && (!q->by_direction || str_eq(l->direction, r->direction)) &&
           (!q->by_goods || str_eq(l->goods, r->goods)) && (!q->by_mode || str_eq(l->mode, r->mode));
}
static bool on_line(void *ctx, const StoreReportLine *l) {
    Study *st = ctx;
    const StoreReportQuery *q = &st->query;
    int64_t total[STAGES_MAX], waiting[STAGES_MAX], sum = 0, sum_waiting = 0, sum_working = 0;
    size_t n = 0;
    for (size_t i = 0; i < st->n; i++) {
        const StoreStage *r = &st->rows[i];
        if (!in_group(q, l, r)) continue;
        total[n] = r->waiting_ms + r->working_ms, waiting[n] = r->waiting_ms;
        sum += total[n], sum_waiting += waiting[n], sum_working += r->working_ms;
        n++;
    }
    assert_true(n > 0);
    assert_int_equal(l->count, n);
    qsort(total, n, sizeof total[0], by_value);
    qsort(waiting, n, sizeof waiting[0], by_value);
    assert_int_equal(l->p50_ms, quantile(total, n, 50));
    assert_int_equal(l->p90_ms, quantile(total, n, 90));
    assert_int_equal(l->p95_ms, quantile(total, n, 95));
    assert_int_equal(l->waiting_p50_ms, quantile(waiting, n, 50));
    assert_int_equal(l->waiting_p90_ms, quantile(waiting, n, 90));
    assert_int_equal(l->waiting_p95_ms, quantile(waiting, n, 95));
    assert_int_equal(l->mean_ms, sum / (int64_t)n);
    assert_int_equal(l->waiting_mean_ms, sum_waiting / (int64_t)n);
    assert_int_equal(l->working_mean_ms, sum_working / (int64_t)n);
    if (!q->by_direction) assert_int_equal(l->direction.n, 0);
    if (!q->by_goods) assert_int_equal(l->goods.n, 0);
    if (!q->by_mode) assert_int_equal(l->mode.n, 0);
    st->lines++;
    st->counted += n;
    return true;
}
static Str word(Prng *r, const char *const *words, uint64_t n) {
    return str_c(words[prng_below(r, n)]);
}
static void study_fill(Study *st, Store *s, Prng *r) {
    static const char *const stages[] = {"weigh", "customs", "exit"}, *const agencies[] = {"hq", "guard"},
                             *const ways[] = {"export", "import"}, *const goods[] = {"fruit", "steel", ""};
    st->n = 1 + prng_below(r, STAGES_MAX);
    for (size_t i = 0; i < st->n; i++) {
        st->rows[i] = (StoreStage){.passage = (uint32_t)i,
                                   .stage = word(r, stages, 3),
                                   .agency = word(r, agencies, 2),
                                   .direction = word(r, ways, 2),
                                   .goods = word(r, goods, 3),
                                   .mode = word(r, ways, 2),
                                   .waiting_ms = (int64_t)prng_below(r, prng_chance(r, 50) ? 10 : 100000), // with ties
                                   .working_ms = (int64_t)prng_below(r, 5000),
                                   .ended_ms = (int64_t)prng_below(r, 1000)};
        assert_ok(store_put_stage(s, &st->rows[i]));
    }
}
static void quantiles_by_nearest_rank(void **state) {
    (void)state;
    Place place;
    place_make(&place);
    Store *s = place_open(&place);
    static Study st;
    for (uint64_t seed = 1, seeds = prop_seeds(60); seed <= seeds; seed++) {
        Prng r = {seed};
        assert_ok(store_begin(s));
        study_fill(&st, s, &r);
        st.query = (StoreReportQuery){.from_ms = (int64_t)prng_below(&r, 500),
                                      .to_ms = 500 + (int64_t)prng_below(&r, 600),
                                      .by_direction = prng_chance(&r, 50),
                                      .by_goods = prng_chance(&r, 50),
                                      .by_mode = prng_chance(&r, 50)};
        st.lines = st.counted = 0;
        assert_ok(store_each_report(s, &st.query, on_line, &st));
        uint64_t want = 0;
        for (size_t i = 0; i < st.n; i++)
            want += st.rows[i].ended_ms >= st.query.from_ms && st.rows[i].ended_ms < st.query.to_ms;
        assert_int_equal(st.counted, want); // every row in one line, none twice
        assert_true(st.lines <= 6 * (st.query.by_direction ? 2u : 1u) * (st.query.by_goods ? 3u : 1u) *
                                    (st.query.by_mode ? 2u : 1u));
        store_rollback(s);
    }
    store_close(s);
    place_remove(&place);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(quantiles_by_nearest_rank)};
    return cmocka_run_group_tests_name("store_report", tests, NULL, NULL);
}
