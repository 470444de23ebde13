// Reconciliation, pure: which shift a hand-over is of, its line on both sides, pages, what differs. docs/protocol.md
#include "peer/peer_shift.h"
#include "custody/custody_openssl.h"
#include "prop.h"
#include <setjmp.h>
#include <cmocka.h>

#define FROM (1798761600000 + 8 * HOUR_MS) // 2027-01-01T08:00:00Z
#define N    200
typedef struct {
    Arena a;
    Agreement agreement;
    CustodyOpenssl *o;
    CustodySide s[2];
} Two;
static void begin(Two *t) {
    uint8_t seed[32] = {1};
    memset(t, 0, sizeof *t);
    arena_init(&t->a, 16u << 20);
    memcpy(t->agreement.side[0], "vn-hn", 6), memcpy(t->agreement.side[1], "cn-yyg", 7);
    t->o = custody_openssl_new(seed);
    for (uint32_t i = 0; i < 2; i++) {
        t->s[i] = (CustodySide){.agreement = &t->agreement, .me = i, .crypto = custody_openssl_port(t->o)};
        assert_int_equal(custody_book_init(&t->s[i].book, N, N, &t->a), OK);
    }
}
static void end(Two *t) {
    custody_openssl_free(t->o);
    arena_deinit(&t->a);
}
static void put(Two *t, uint32_t i, const char *key, CustodyState giver, CustodyState taker, int64_t crossed,
                int64_t back) { // the first side gives
    for (uint32_t s = 0; s < 2; s++) {
        HandOver *h = &t->s[s].book.h[i];
        *h = (HandOver){.used = true, .role = s ? CUSTODY_TAKER : CUSTODY_GIVER, .item_kind = ITEM_TRUCK};
        h->state = (uint8_t)(s ? taker : giver), h->crossed_ms = crossed, h->back_ms = back;
        (void)snprintf(h->key, sizeof h->key, "%s", key);
        (void)snprintf(h->item_id, sizeof h->item_id, "T%u", i);
    }
}
static void lines(const Two *t, uint32_t side, Buf *b) {
    buf_init(b, 1u << 20);
    (void)peer_shift_lines(&t->s[side], FROM, FROM + PEER_SHIFT_MS, b);
}
static void expect(const Two *t, uint32_t side, const char *want) {
    Buf b;
    lines(t, side, &b);
    buf_char(&b, 0);
    assert_string_equal(b.p, want);
    buf_deinit(&b);
}
static void shifts(void **state) {
    (void)state;
    char id[PEER_SHIFT_ID + 1];
    assert_int_equal(peer_shift_begin(FROM, PEER_SHIFT_MS), FROM);
    assert_int_equal(peer_shift_begin(FROM - 1, PEER_SHIFT_MS), FROM - PEER_SHIFT_MS);
    assert_int_equal(peer_shift_begin(FROM + PEER_SHIFT_MS - 1, PEER_SHIFT_MS), FROM);
    peer_shift_id(FROM, id);
    assert_string_equal(id, "2027-01-01T08:00:00Z");
}
static void both_sides_alike(void **state) {
    (void)state;
    int64_t last = FROM + PEER_SHIFT_MS - 1;
    Two t;
    begin(&t);
    expect(&t, 0, "");
    put(&t, 0, "vn-hn-10", HS_CLOSED, HS_CLOSED, FROM, 0);
    put(&t, 1, "vn-hn-9", HS_AWAY, HS_RECEIVED, last, 0);
    put(&t, 2, "vn-hn-1", HS_RETURNED, HS_RETURNED, FROM + 1, FROM + 2);
    put(&t, 3, "vn-hn-2", HS_BACK, HS_RETURNING, FROM + 1, last + 1); // in the next shift
    put(&t, 4, "vn-hn-3", HS_DISPUTED, HS_SETTLING, FROM + 1, 0);
    put(&t, 5, "vn-hn-4", HS_CLOSED, HS_CLOSED, FROM - 1, 0);
    put(&t, 6, "vn-hn-5", HS_CLOSED, HS_CLOSED, last + 1, 0);
    put(&t, 7, "vn-hn-6", HS_AGREED, HS_BOUND, 0, 0);
    const char *want = "vn-hn-1 truck T2 vn-hn\nvn-hn-10 truck T0 cn-yyg\nvn-hn-2 truck T3 cn-yyg\n"
                       "vn-hn-3 truck T4 cn-yyg\nvn-hn-9 truck T1 cn-yyg\n";
    expect(&t, 0, want), expect(&t, 1, want);
    t.s[1].book.h[1].state = HS_RETURNED; // a book changed
    expect(&t, 0, want);
    Buf b;
    lines(&t, 1, &b);
    assert_true(memmem(b.p, b.n, "vn-hn-9 truck T1 vn-hn\n", 22) != NULL);
    buf_deinit(&b);
    end(&t);
}

// ---- what differs
typedef struct {
    Buf all;
    uint32_t me, n, most;
} Seen;
static bool see(void *ctx, const PeerShiftDiffers *d) {
    Seen *s = ctx;
    peer_shift_differs_line(&s->all, s->me, d);
    return ++s->n < s->most;
}
static void differ(Str own, Str other, uint32_t me, uint32_t most, Seen *ret) {
    *ret = (Seen){.me = me, .most = most};
    buf_init(&ret->all, 1u << 20);
    peer_shift_compare(own, other, see, ret);
    buf_char(&ret->all, 0);
}
static void differences(void **state) {
    (void)state;
    static const struct {
        const char *own, *other, *want;
    } all[] = {
        {"", "", ""},
        {"a-1 igv X vn\n", "a-1 igv X vn\n", ""},
        {"a-1 igv X vn\n", "a-1 igv X cn\n", "a-1\tigv X vn\tigv X cn\n"},
        {"a-1 igv X vn\n", "", "a-1\tigv X vn\t\n"},
        {"", "a-1 igv X vn\n", "a-1\t\tigv X vn\n"},
        {"a-1 i X v\na-10 i X v\na-2 i Y v\n", "a-1 i X v\na-2 i Z v\n", "a-10\ti X v\t\na-2\ti Y v\ti Z v\n"},
        {"a-1 i X v\n", "a-1\n", "a-1\ti X v\t?\n"}, // what no side of ours writes
        {"a-1 i X v\n", "\n\n", "\t\t?\n\t\t?\na-1\ti X v\t\n"},
        {"a-1 i X v\n", "a-1 i X v", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(all); i++) {
        Seen s;
        differ(str_c(all[i].own), str_c(all[i].other), 0, UINT32_MAX, &s);
        assert_string_equal(s.all.p, all[i].want);
        buf_deinit(&s.all);
    }
    Seen s;
    differ(STR("a i\nb i\nc i\n"), STR_EMPTY, 0, 2, &s); // enough
    assert_int_equal(s.n, 2);
    buf_deinit(&s.all);
}
static void change(Prng *r, Two *t) {
    HandOver *h = &t->s[prng_below(r, 2)].book.h[prng_below(r, N)];
    switch (prng_below(r, 4)) {
    case 0: h->state = HS_RETURNED; break;
    case 1: h->crossed_ms = FROM - 1; break;
    case 2: h->item_id[0] = 'X'; break;
    default: h->item_kind = ITEM_IGV; break;
    }
}
// Whatever was changed, both sides list the same, so that what they decide about has one hash; and pages put together
// are the lines.
static void one_list(void **state) {
    (void)state;
    for (uint64_t seed = 1; seed <= 300; seed++) {
        Prng r = {seed};
        Two t;
        Buf b[2], whole;
        Seen s[2];
        begin(&t);
        for (uint32_t i = 0; i < N; i++) {
            char key[24];
            (void)snprintf(key, sizeof key, "vn-hn-%u", i + 1);
            put(&t, i, key, HS_CLOSED, HS_CLOSED, FROM + (int64_t)prng_below(&r, 1000), 0);
        }
        uint32_t changes = (uint32_t)prng_below(&r, 6);
        for (uint32_t i = 0; i < changes; i++) change(&r, &t);
        for (uint32_t i = 0; i < 2; i++) lines(&t, i, &b[i]);
        for (uint32_t i = 0; i < 2; i++) differ(buf_view(&b[i]), buf_view(&b[1 - i]), i, UINT32_MAX, &s[i]);
        assert_int_equal(s[0].n, s[1].n);
        assert_string_equal(s[0].all.p, s[1].all.p);
        assert_true(s[0].n <= changes);
        assert_int_equal(s[0].n == 0, str_eq(buf_view(&b[0]), buf_view(&b[1])));
        buf_init(&whole, 1u << 20);
        Str rest = buf_view(&b[0]);
        for (Str page = peer_shift_page(&rest); page.n; page = peer_shift_page(&rest)) {
            assert_true(page.n <= CUSTODY_PATH_MAX && page.p[page.n - 1] == '\n');
            buf_str(&whole, page);
        }
        assert_true(str_eq(buf_view(&whole), buf_view(&b[0])));
        for (uint32_t i = 0; i < 2; i++) buf_deinit(&b[i]), buf_deinit(&s[i].all);
        buf_deinit(&whole);
        end(&t);
    }
}
int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(shifts), cmocka_unit_test(both_sides_alike),
                                       cmocka_unit_test(differences), cmocka_unit_test(one_list)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
