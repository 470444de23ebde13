// The table cell by cell, each refusal of the link, golden messages, the agreement's reader, a round trip.
#include "custody_fixture.h"
#include "prop.h"
#include <setjmp.h>
#include <cmocka.h>

static Agreement agreement;
static Arena arena;
#define NOW FIX_START_MS

// ---- the table written down a second time: role from on/guard to send. g giver, t taker; ! done here, ? heard
static const char *const listing[] = {
    "g ! start offer FREE offered OFFER",
    "g ? offered ACCEPT CONSENT agreed -",
    "g ? offered REJECT ANY rejected -",
    "g ? offered REFUSED ANY rejected -",
    "g ! offered withdraw ANY withdrawing WITHDRAW",
    "g ! offered timeout LATE withdrawing WITHDRAW",
    "g ! agreed cross IN_TIME away CROSSED",
    "g ! agreed withdraw ANY withdrawing WITHDRAW",
    "g ! agreed timeout LATE withdrawing WITHDRAW",
    "g ? agreed REVOKE ANY withdrawing WITHDRAW",
    "g ? withdrawing ACCEPT ANY withdrawing -",
    "g ? withdrawing REVOKE ANY withdrawing -",
    "g ? withdrawing REJECT ANY withdrawn -",
    "g ? withdrawing REFUSED ANY withdrawn -",
    "g ? withdrawing WITHDRAWN ANY withdrawn -",
    "g ? away REVOKE ANY away -",
    "g ? away RECEIVED CLEAN reported -",
    "g ? away RECEIVED DIFFERS disputed -",
    "g ? away RETURN CONSENT back -",
    "g ! reported close ANY closed CLOSED",
    "g ! reported timeout LATE closed CLOSED",
    "g ! reported dispute ANY disputed DISPUTE",
    "g ? disputed SETTLE ANY asked -",
    "g ? disputed RETURN CONSENT back -",
    "g ! asked close ANY closed CLOSED",
    "g ! asked dispute ANY disputed DISPUTE",
    "g ! back close ANY returned CLOSED",
    "t ? start OFFER ROOM considering -",
    "t ? start OFFER NO_ROOM start REJECT",
    "t ? start WITHDRAW ANY start -",
    "t ! considering accept ANY bound ACCEPT",
    "t ! considering reject ANY rejected REJECT",
    "t ! considering timeout LATE rejected REJECT",
    "t ? considering WITHDRAW ANY withdrawn WITHDRAWN",
    "t ? rejected WITHDRAW ANY rejected -",
    "t ? bound CROSSED CONSENT arrived -",
    "t ? bound WITHDRAW ANY withdrawn WITHDRAWN",
    "t ! bound revoke ANY revoking REVOKE",
    "t ! bound timeout LATE revoking REVOKE",
    "t ? revoking CROSSED CONSENT arrived -",
    "t ? revoking WITHDRAW ANY withdrawn WITHDRAWN",
    "t ! arrived receive CLEAN received RECEIVED",
    "t ! arrived receive DIFFERS disputed RECEIVED",
    "t ! arrived return ANY returning RETURN",
    "t ? received CLOSED ANY closed -",
    "t ? received DISPUTE ANY disputed -",
    "t ! disputed settle ANY settling SETTLE",
    "t ! disputed return ANY returning RETURN",
    "t ? settling CLOSED ANY closed -",
    "t ? settling DISPUTE ANY disputed -",
    "t ? returning CLOSED ANY returned -",
};
static struct {
    bool heard;
    CustodyRow row;
} listed[ARRAY_LEN(listing)];
static uint8_t named(const Names *names, const char *text) {
    for (uint32_t i = 0; i < names->n; i++)
        if (strcmp(names->names[i], text) == 0) return (uint8_t)i;
    fail_msg("no such name: %s", text);
    return 0;
}
static void read_listing(void) {
    for (size_t i = 0; i < ARRAY_LEN(listing); i++) {
        char role, way, from[16], on[16], guard[16], to[16], send[16];
        assert_int_equal(sscanf(listing[i], "%c %c %15s %15s %15s %15s %15s", &role, &way, from, on, guard, to, send),
                         7);
        listed[i].heard = way == '?';
        listed[i].row = (CustodyRow){role == 't',
                                     named(&CustodyState_names, from),
                                     named(way == '?' ? &CustodyMsg_names : &CustodyAct_names, on),
                                     named(&CustodyGuard_names, guard),
                                     named(&CustodyState_names, to),
                                     send[0] == '-' ? MSG_NONE : named(&CustodyMsg_names, send)};
    }
}
static const CustodyRow *expected(bool heard, uint8_t role, uint8_t from, uint8_t on, uint32_t true_guards) {
    for (size_t i = 0; i < ARRAY_LEN(listed); i++)
        if (listed[i].heard == heard && listed[i].row.role == role && listed[i].row.from == from &&
            listed[i].row.on == on && (true_guards >> listed[i].row.guard & 1))
            return &listed[i].row;
    return NULL;
}
// A hand-over put into any state; guards made true or false by time, differences, consent.
static void check_cell(FixSide f[2], bool heard, uint8_t role, uint8_t from, uint8_t on, uint32_t how) {
    bool late = how & 1, differs = how & 2, consent = how & 4;
    FixSide *me = &f[0];
    char key[CUSTODY_KEY_MAX + 1], hex[CUSTODY_HEX_MAX + 1];
    uint8_t hash[CUSTODY_HASH_LEN] = {9};
    (void)snprintf(key, sizeof key, "%s-7", agreement.side[role]);
    HandOver *h = &me->s.book.h[0];
    *h = (HandOver){.used = from != HS_START,
                    .role = role,
                    .state = from,
                    .cross_by = NOW,
                    .due_ms = NOW,
                    .seal = "S1",
                    .own_consent = {1, 2, 3}};
    memcpy(h->key, key, sizeof h->key);
    me->s.book.item[0] = (CustodyItem){.used = true,
                                       .holds = custody_holds((CustodyRole)role, (CustodyState)from),
                                       .open = true,
                                       .kind = ITEM_TRUCK,
                                       .id = "12C12345"};
    custody_book_index(&me->s.book);
    custody_hex(h->own_consent, hex);
    if (!consent) hex[0] = 'f';
    CustodyStep s;
    CustodyContext c = {&agreement, 0, late ? NOW : NOW - 1, f[0].s.terms};
    CustodyBody body = {
        .handover = str_c(key), .at = late ? NOW + 1 : NOW, .consent = str_c(hex), .differences = differs ? 4 : 0};
    uint32_t guards = 1u << GUARD_ANY | (differs ? 1u << GUARD_DIFFERS : 1u << GUARD_CLEAN);
    if (late) guards |= 1u << GUARD_LATE;
    if (!late) guards |= 1u << GUARD_IN_TIME;
    if (consent && !(late && on == MSG_CROSSED)) guards |= 1u << GUARD_CONSENT;
    if (heard) {
        custody_hear(&me->s.book, &c, (CustodyMsg)on, 0, &body, hash, &s);
    } else {
        CustodyAct a = {
            .act = on, .handover = str_c(key), .say = {.at = body.at, .seal = differs ? STR("S2") : STR("S1")}};
        custody_act(&me->s.book, &c, &a, &s);
    }
    const CustodyRow *row = expected(heard, role, from, on, guards);
    if (row) {
        assert_int_equal(s.refused, REASON_NONE);
        assert_true(s.to == row->to && s.send == (CustodyMsg)row->send && s.from == from);
        assert_int_equal(s.item.used && s.item.holds, custody_over((CustodyState)from)
                                                          ? 0
                                                          : custody_holds((CustodyRole)role, (CustodyState)row->to));
        custody_evolve(&me->s.book, &s);
    } else if (heard && on == MSG_REFUSED) {
        assert_true(s.refused == REASON_NONE && s.to == from && !s.record && !s.send); // noted only
    } else {
        assert_int_not_equal(s.refused, REASON_NONE);
        assert_true(s.refused != REASON_OUT_OF_ORDER || s.failed == GUARD_ANY);
    }
}
static void every_cell(void **state) {
    FixSide f[2];
    uint32_t cells = 0;
    (void)state;
    fix_open(f, &agreement);
    for (uint8_t role = 0; role < CUSTODY_ROLES; role++)
        for (uint8_t from = HS_START + 1; from < HS_COUNT; from++)
            for (uint32_t how = 0; how < 8; how++) {
                for (uint8_t m = 1; m < MSG_RECEIPT; m++)
                    if (m != MSG_OFFER) check_cell(f, true, role, from, m, how), cells++;
                for (uint8_t a = ACT_ACCEPT; a < ACT_COUNT; a++) check_cell(f, false, role, from, a, how), cells++;
            }
    assert_true(cells > 6000);
    assert_int_equal(custody_heard_rows_n + custody_done_rows_n, ARRAY_LEN(listing));
    fix_close(f);
}
static void table_is_listing(void **state) { // and the two rows sets agree one by one, START rows among them
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(listed); i++) {
        const CustodyRow *rows = listed[i].heard ? custody_heard_rows : custody_done_rows;
        uint32_t n = listed[i].heard ? custody_heard_rows_n : custody_done_rows_n, k = 0;
        while (k < n && memcmp(&rows[k], &listed[i].row, sizeof rows[k]) != 0) k++;
        if (k == n) fail_msg("not in the table: %s", listing[i]);
    }
}
// Custody changes by no row but the two that sign a release and the two that take it.
static void only_releases_move(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(listed); i++) {
        const CustodyRow *r = &listed[i].row;
        if (r->from == HS_START || r->to == HS_START) continue;
        bool before = custody_holds((CustodyRole)r->role, (CustodyState)r->from),
             after = custody_holds((CustodyRole)r->role, (CustodyState)r->to);
        bool signs = !listed[i].heard && (r->send == MSG_CROSSED || r->send == MSG_RETURN);
        bool takes = listed[i].heard && (r->on == MSG_CROSSED || r->on == MSG_RETURN);
        assert_int_equal(before && !after, signs);
        assert_int_equal(!before && after, takes);
        if (takes) assert_int_equal(r->guard, GUARD_CONSENT);
    }
}

// ---- stories
static CustodyReason act(FixSide *f, uint8_t kind, const char *key, CustodyBody say) {
    CustodyAct a = {.act = kind, .handover = str_c(key), .say = say};
    return custody_side_act(&f->s, &a, NOW);
}
#define BOX                                                                                                            \
    (CustodyBody) {                                                                                                    \
        .item_kind = ITEM_CONTAINER, .item = STR("MSKU6011672"), .weight_kg = 24000, .seal = STR("VN88")               \
    }
static uint8_t state_of(const FixSide *f, const char *key) {
    const HandOver *h = custody_find(&f->s.book, str_c(key));
    assert_non_null(h);
    return h->state;
}
static bool holds(const FixSide *f) {
    const CustodyItem *x = custody_item_find(&f->s.book, ITEM_CONTAINER, STR("MSKU6011672"));
    return x && x->holds;
}
static void begin(FixSide f[2]) {
    fix_open(f, &agreement);
    fix_item(&f[0], ITEM_CONTAINER, STR("MSKU6011672"));
}
static void to_bound(FixSide f[2]) {
    begin(f);
    assert_int_equal(act(&f[0], ACT_OFFER, "", BOX), REASON_NONE);
    assert_int_equal(fix_flow(f, NOW), 0);
    assert_int_equal(act(&f[1], ACT_ACCEPT, "vn-hn-1", (CustodyBody){0}), REASON_NONE);
    assert_int_equal(fix_flow(f, NOW), 0);
}
static void whole_story(void **state) {
    FixSide f[2];
    (void)state;
    to_bound(f);
    assert_true(state_of(&f[0], "vn-hn-1") == HS_AGREED && holds(&f[0]) && !holds(&f[1]));
    assert_int_equal(act(&f[0], ACT_OFFER, "", BOX), REASON_NOT_HELD); // a hand-over of it is open
    assert_int_equal(act(&f[0], ACT_CROSS, "vn-hn-1", (CustodyBody){0}), REASON_NONE);
    assert_true(!holds(&f[0]) && !holds(&f[1])); // the release is under way
    assert_int_equal(act(&f[0], ACT_WITHDRAW, "vn-hn-1", (CustodyBody){.reason = REASON_INCIDENT}),
                     REASON_OUT_OF_ORDER);
    assert_int_equal(fix_flow(f, NOW), 0);
    assert_true(!holds(&f[0]) && holds(&f[1]));
    CustodyBody seen = {.weight_kg = 24100, .seal = STR("VN88"), .ocr = STR("MSKU6011672")};
    assert_int_equal(act(&f[1], ACT_RECEIVE, "vn-hn-1", seen), REASON_NONE);
    assert_int_equal(fix_flow(f, NOW), 0);
    assert_int_equal(state_of(&f[0], "vn-hn-1"), HS_REPORTED);
    assert_int_equal(act(&f[0], ACT_CLOSE, "vn-hn-1", (CustodyBody){0}), REASON_NONE);
    assert_int_equal(fix_flow(f, NOW), 0);
    assert_int_equal(state_of(&f[1], "vn-hn-1"), HS_CLOSED);
    assert_true(f[0].s.link.out_acked == f[0].s.link.out_seq && f[1].s.link.out_acked == f[1].s.link.out_seq);
    assert_int_equal(act(&f[1], ACT_OFFER, "", BOX), REASON_NONE); // and the way back
    assert_int_equal(fix_flow(f, NOW), 0);
    assert_int_equal(state_of(&f[0], "cn-yyg-1"), HS_CONSIDERING);
    fix_close(f);
}
static void dispute_and_return(void **state) {
    FixSide f[2];
    (void)state;
    to_bound(f);
    assert_int_equal(act(&f[0], ACT_CROSS, "vn-hn-1", (CustodyBody){0}), REASON_NONE);
    assert_int_equal(fix_flow(f, NOW), 0);
    CustodyBody seen = {.weight_kg = 20000, .seal = STR("other"), .ocr = STR("MSKU6011673")};
    assert_int_equal(act(&f[1], ACT_RECEIVE, "vn-hn-1", seen), REASON_NONE);
    assert_int_equal(custody_find(&f[1].s.book, STR("vn-hn-1"))->differences, 7); // weight, seal, ocr
    assert_int_equal(fix_flow(f, NOW), 0);
    assert_true(state_of(&f[0], "vn-hn-1") == HS_DISPUTED && holds(&f[1]));
    assert_int_equal(act(&f[1], ACT_SETTLE, "vn-hn-1", (CustodyBody){0}), REASON_FIELD_MISSING); // what is proposed?
    assert_int_equal(act(&f[1], ACT_SETTLE, "vn-hn-1", (CustodyBody){.note = STR("sealed anew")}), REASON_NONE);
    assert_int_equal(fix_flow(f, NOW), 0);
    assert_int_equal(act(&f[0], ACT_DISPUTE, "vn-hn-1", (CustodyBody){.reason = REASON_DIFFERENCE}), REASON_NONE);
    assert_int_equal(fix_flow(f, NOW), 0);
    assert_int_equal(act(&f[1], ACT_RETURN, "vn-hn-1", (CustodyBody){.reason = REASON_DIFFERENCE}), REASON_NONE);
    assert_true(!holds(&f[0]) && !holds(&f[1]));
    assert_int_equal(fix_flow(f, NOW), 0);
    assert_true(holds(&f[0]) && !holds(&f[1]));
    assert_int_equal(act(&f[0], ACT_CLOSE, "vn-hn-1", (CustodyBody){0}), REASON_NONE);
    assert_int_equal(fix_flow(f, NOW), 0);
    assert_int_equal(state_of(&f[1], "vn-hn-1"), HS_RETURNED);
    fix_close(f);
}
static void offers_refused(void **state) {
    FixSide f[2];
    (void)state;
    begin(f);
    fix_item(&f[1], ITEM_CONTAINER, STR("MSKU6011672")); // both believe they hold it: a wrong registration
    assert_int_equal(act(&f[0], ACT_OFFER, "", BOX), REASON_NONE);
    assert_int_equal(fix_flow(f, NOW), 0);
    assert_int_equal(state_of(&f[0], "vn-hn-1"), HS_REJECTED);
    assert_null(custody_find(&f[1].s.book, STR("vn-hn-1")));
    fix_close(f);
}

// ---- refusals of the link and of the agreement, one by one
static CustodyReason hear_forged(FixSide f[2], CustodyMsg kind, CustodyBody body, FixForge x, int64_t now_ms) {
    Buf b;
    uint8_t sig[CUSTODY_SIG_LEN];
    bool receipt;
    fix_forge(&f[0], kind, &body, NOW, &x, &b, sig);
    CustodyReason r = custody_side_hear(&f[1].s, buf_view(&b), sig, now_ms, &receipt);
    buf_deinit(&b);
    return r;
}
static const CustodyBody good_offer = {.handover = STR("vn-hn-1"),
                                       .item_kind = ITEM_TRUCK,
                                       .item = STR("12C12345"),
                                       .answer_by = NOW + MINUTE_MS,
                                       .cross_by = NOW + HOUR_MS};
static void refusals_of_the_link(void **state) {
    FixSide f[2];
    char big[CUSTODY_TEXT_MAX + 2];
    (void)state;
    begin(f);
    CustodyBody o = good_offer;
    o.terms = str_c(f[0].s.terms[0]);
    const char *ff = "ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff";
    memset(big, 'x', sizeof big - 1), big[sizeof big - 1] = 0;
    assert_int_equal(hear_forged(f, MSG_OFFER, o, (FixForge){.core = big}, NOW), REASON_OVERSIZED);
    assert_int_equal(hear_forged(f, MSG_OFFER, o, (FixForge){.core = "{\"from\":1}"}, NOW), REASON_MALFORMED);
    assert_int_equal(hear_forged(f, MSG_OFFER, o, (FixForge){.key = "nobody"}, NOW), REASON_UNKNOWN_KEY);
    assert_int_equal(hear_forged(f, MSG_OFFER, o, (FixForge){.side = "cn-yyg"}, NOW), REASON_WRONG_PARTY);
    assert_int_equal(hear_forged(f, MSG_OFFER, o, (FixForge){0}, NOW - 10 * MINUTE_MS), REASON_AHEAD);
    assert_int_equal(hear_forged(f, MSG_OFFER, o, (FixForge){0}, NOW + 10 * MINUTE_MS), REASON_EXPIRED);
    assert_int_equal(hear_forged(f, MSG_OFFER, o, (FixForge){.seq = 2}, NOW), REASON_GAP);
    assert_int_equal(hear_forged(f, MSG_OFFER, o, (FixForge){.prev = ff}, NOW), REASON_PREVIOUS);
    assert_int_equal(hear_forged(f, MSG_RECEIPT, (CustodyBody){.upto = 1, .hash = str_c(ff)}, (FixForge){0}, NOW),
                     REASON_MALFORMED);
    f[1].s.peer_key[0].revoked = true;
    assert_int_equal(hear_forged(f, MSG_OFFER, o, (FixForge){0}, NOW), REASON_KEY_NOT_VALID);
    f[1].s.peer_key[0].revoked = false, f[1].s.peer_key[0].until_ms = NOW;
    assert_int_equal(hear_forged(f, MSG_OFFER, o, (FixForge){0}, NOW), REASON_KEY_NOT_VALID);
    f[1].s.peer_key[0].until_ms = TIME_NEVER, f[1].s.peer_key[0].pub[0] ^= 1;
    assert_int_equal(hear_forged(f, MSG_OFFER, o, (FixForge){0}, NOW), REASON_BAD_SIGNATURE);
    f[1].s.peer_key[0].pub[0] ^= 1, f[1].disk.fail = 1;
    assert_int_equal(hear_forged(f, MSG_OFFER, o, (FixForge){0}, NOW), REASON_BUSY);
    assert_int_equal(f[1].s.link.in_seq, 0); // none of them was taken
    assert_null(custody_find(&f[1].s.book, STR("vn-hn-1")));
    assert_int_equal(hear_forged(f, MSG_OFFER, o, (FixForge){0}, NOW), REASON_NONE); // and the link is up
    assert_int_equal(hear_forged(f, MSG_OFFER, o, (FixForge){0}, NOW), REASON_DUPLICATE);
    assert_int_equal(hear_forged(f, MSG_REJECT, o, (FixForge){0}, NOW), REASON_SEQ_REUSED);
    fix_close(f);
}
static void wrong_receipts(void **state) {
    FixSide f[2];
    bool receipt;
    Buf b;
    uint8_t sig[CUSTODY_SIG_LEN];
    (void)state;
    begin(f);
    assert_int_equal(act(&f[0], ACT_OFFER, "", BOX), REASON_NONE);
    for (int64_t upto = 1; upto <= 2; upto++) { // another hash; more than was sent
        CustodyBody body = {.upto = upto,
                            .hash = STR("00ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")};
        CustodyEnvelope e = {.from = str_c(agreement.side[1]),
                             .to = str_c(agreement.side[0]),
                             .agreement = str_c(agreement.name),
                             .kind = MSG_RECEIPT,
                             .body = body};
        Buf core;
        buf_init(&core, 4096), buf_init(&b, 4096);
        custody_envelope_core(&core, &e);
        custody_envelope_write(&b, str_c(f[1].s.key_id), NOW, NOW + 1000, buf_view(&core));
        f[1].s.crypto.sign(f[1].s.crypto.ctx, buf_view(&b), sig);
        assert_int_equal(custody_side_hear(&f[0].s, buf_view(&b), sig, NOW, &receipt), REASON_RECEIPT_WRONG);
        assert_true(receipt && f[0].s.link.out_acked == 0);
        buf_deinit(&core), buf_deinit(&b);
    }
    fix_close(f);
}
static void refused_content(CustodyMsg kind, CustodyBody body, FixForge x, CustodyReason want) {
    FixSide f[2];
    begin(f);
    if (kind == MSG_OFFER) body.terms = str_c(f[0].s.terms[0]);
    assert_int_equal(hear_forged(f, kind, body, x, NOW), want);
    assert_int_equal(custody_reason_class(want), CUSTODY_CLASS_CONTENT);
    assert_int_equal(f[1].s.link.in_seq, 1);  // its number is used up
    assert_int_equal(f[1].s.link.out_seq, 1); // and a REFUSED tells
    assert_non_null(strstr(f[1].disk.core[1], "\"kind\":\"REFUSED\""));
    assert_non_null(strstr(f[1].disk.core[1], CustodyReason_names.names[want]));
    assert_null(custody_find(&f[1].s.book, STR("vn-hn-1")));
    fix_close(f);
}
static void refusals_of_content(void **state) {
    CustodyBody b = good_offer;
    (void)state;
    refused_content(MSG_OFFER, b, (FixForge){.version = "0.9"}, REASON_AGREEMENT);
    refused_content(MSG_OFFER, b, (FixForge){.agreement = "mong-cai-dongxing"}, REASON_AGREEMENT);
    refused_content(MSG_OFFER, b, (FixForge){.not_known = true}, REASON_FIELD);
    b.note = STR("free text"); // known to the protocol, not allowed by the agreement
    refused_content(MSG_OFFER, b, (FixForge){0}, REASON_FIELD);
    b = good_offer, b.cross_by = 0, b.answer_by = 0;
    refused_content(MSG_OFFER, b, (FixForge){0}, REASON_FIELD_MISSING);
    b = good_offer, b.item = STR("a plate that is longer than any");
    refused_content(MSG_OFFER, b, (FixForge){0}, REASON_FIELD_VALUE);
    b = good_offer, b.cross_by = NOW + 40 * DAY_MS; // nobody is bound for longer than was agreed
    refused_content(MSG_OFFER, b, (FixForge){0}, REASON_FIELD_VALUE);
    b = good_offer, b.handover = STR("cn-yyg-1");
    refused_content(MSG_OFFER, b, (FixForge){0}, REASON_HANDOVER_REUSED);
    b = (CustodyBody){.handover = STR("vn-hn-1"),
                      .at = NOW,
                      .consent = STR("ffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff")};
    refused_content(MSG_CROSSED, b, (FixForge){0}, REASON_HANDOVER_UNKNOWN);
    Agreement saved = agreement;
    agreement.version[0].listed[0][MSG_OFFER] = false;
    refused_content(MSG_OFFER, good_offer, (FixForge){0}, REASON_KIND);
    agreement = saved;
    agreement.version[0].until_ms = NOW - HOUR_MS;
    refused_content(MSG_OFFER, good_offer, (FixForge){0}, REASON_AGREEMENT);
    agreement = saved;
}
static void crossings_refused(void **state) {
    FixSide f[2];
    (void)state;
    to_bound(f);
    char hex[CUSTODY_HEX_MAX + 1];
    const HandOver *h = custody_find(&f[1].s.book, STR("vn-hn-1"));
    custody_hex(h->own_consent, hex);
    CustodyBody b = {.handover = STR("vn-hn-1"), .at = h->cross_by + 1, .consent = str_c(hex)};
    assert_int_equal(hear_forged(f, MSG_CROSSED, b, (FixForge){0}, NOW), REASON_CONSENT); // later than agreed
    assert_true(!holds(&f[1]) && state_of(&f[1], "vn-hn-1") == HS_BOUND);
    CustodyAct a = {.act = ACT_CROSS, .handover = STR("vn-hn-1"), .say = {.at = h->cross_by + 1}};
    assert_int_equal(custody_side_act(&f[0].s, &a, NOW), REASON_TOO_LATE);
    a = (CustodyAct){.act = ACT_TIMEOUT, .handover = STR("vn-hn-1")};
    assert_int_equal(custody_side_act(&f[0].s, &a, NOW), REASON_NOT_DUE);
    fix_close(f);
}

// Two files that say different things under one name: nothing crosses. Terms of what is open cannot be changed.
static void terms_differ(void **state) {
    FixSide f[2];
    Agreement other = agreement;
    (void)state;
    other.version[0].fields[0][MSG_CROSSED] &= ~(1u << CF_evidence);
    begin(f);
    assert_true(custody_side_agree(&f[1].s, &other));
    assert_int_equal(act(&f[0], ACT_OFFER, "", BOX), REASON_NONE);
    assert_int_equal(fix_flow(f, NOW), 1);
    assert_int_equal(state_of(&f[0], "vn-hn-1"), HS_REJECTED);
    assert_true(holds(&f[0]));
    fix_close(f);
    to_bound(f);
    assert_false(custody_side_agree(&f[1].s, &other));
    assert_false(custody_side_agree(&f[0].s, &other));
    assert_true(custody_side_agree(&f[0].s, &agreement));
    fix_close(f);
}

// ---- golden messages: fixed keys (32 bytes of 01, of 02), fixed times
static void golden(void **state) {
    FixSide f[2];
    Buf b;
    uint8_t sig[CUSTODY_SIG_LEN];
    char hex[2 * CUSTODY_SIG_LEN + 1], path[512];
    Buf all;
    (void)state;
    buf_init(&all, 65536);
    to_bound(f);
    assert_int_equal(act(&f[0], ACT_CROSS, "vn-hn-1", (CustodyBody){.at = NOW}), REASON_NONE);
    assert_int_equal(fix_flow(f, NOW), 0);
    for (uint32_t i = 0; i < 3; i++) { // OFFER, ACCEPT, CROSSED
        FixSide *from = &f[i == 1];
        buf_init(&b, CUSTODY_TEXT_MAX);
        assert_true(custody_side_message(&from->s, i == 2 ? 2 : 1, NOW, &b, sig));
        buf_str(&all, buf_view(&b)), buf_char(&all, '\n');
        for (int k = 0; k < CUSTODY_SIG_LEN; k++) (void)snprintf(hex + 2 * k, 3, "%02x", sig[k]);
        buf_c(&all, hex), buf_char(&all, '\n');
        buf_deinit(&b);
    }
    (void)snprintf(path, sizeof path, "%s/golden.txt", CK_CUSTODY_DIR);
    if (getenv("CUAKHAU_GOLDEN")) { // to write them anew
        FILE *out = fopen(path, "wb");
        assert_non_null(out);
        (void)fwrite(all.p, 1, all.n, out);
        (void)fclose(out);
    }
    Str want = fix_file(path, &arena);
    assert_true(str_eq(want, buf_view(&all)));
    buf_deinit(&all);
    fix_close(f);
}

// ---- what is written reads back to the same
static Str some(Prng *p, char *room, size_t most) {
    size_t n = prng_below(p, most + 1);
    for (size_t i = 0; i < n; i++) room[i] = "abcXYZ019-\"\\\n\t /"[prng_below(p, 16)];
    return (Str){room, n};
}
static Str some_hash(Prng *p, char *room) {
    if (prng_chance(p, 30)) return STR_EMPTY;
    for (size_t i = 0; i < CUSTODY_HEX_MAX; i++) room[i] = "0123456789abcdef"[prng_below(p, 16)];
    return (Str){room, CUSTODY_HEX_MAX};
}
static void round_trip(void **state) {
    (void)state;
    Prng p = {42};
    for (uint64_t i = 0; i < prop_seeds(2000); i++) {
        char room[16][CUSTODY_NOTE_MAX];
        CustodyEnvelope e = {.from = STR("vn-hn"),
                             .to = STR("cn-yyg"),
                             .agreement = STR("a"),
                             .version = STR("1.0"),
                             .kind = (uint8_t)(1 + prng_below(&p, MSG_COUNT - 1))},
                        back;
        e.seq = (int64_t)prng_below(&p, 1ull << 40), e.prev = some_hash(&p, room[0]);
        e.body = (CustodyBody){.handover = some(&p, room[1], CUSTODY_KEY_MAX),
                               .item = some(&p, room[2], CUSTODY_KEY_MAX),
                               .seal = some(&p, room[3], CUSTODY_KEY_MAX),
                               .ocr = some(&p, room[4], CUSTODY_KEY_MAX),
                               .note = some(&p, room[5], CUSTODY_NOTE_MAX),
                               .consent = some_hash(&p, room[6]),
                               .evidence = some_hash(&p, room[7]),
                               .refused = some_hash(&p, room[8]),
                               .hash = some_hash(&p, room[9]),
                               .item_kind = (uint8_t)prng_below(&p, ITEM_KIND_COUNT),
                               .reason = (uint8_t)prng_below(&p, REASON_COUNT),
                               .differences = (uint32_t)prng_below(&p, 1u << DIFFERENCE_COUNT),
                               .weight_kg = (uint32_t)prng_next(&p),
                               .at = NOW + (int64_t)prng_below(&p, 1u << 30),
                               .upto = (int64_t)prng_below(&p, 1ull << 40)};
        Buf core, one, two;
        buf_init(&core, 8192), buf_init(&one, 8192), buf_init(&two, 8192);
        custody_envelope_core(&core, &e);
        custody_envelope_write(&one, STR("k"), NOW, NOW + 1, buf_view(&core));
        arena_reset(&arena);
        assert_int_equal(custody_envelope_read(buf_view(&one), &arena, &back), REASON_NONE);
        assert_int_equal(back.content, REASON_NONE);
        assert_int_equal(custody_fields_of(&back.body), custody_fields_of(&e.body));
        custody_envelope_core(&two, &back);
        assert_true(str_eq(buf_view(&two), buf_view(&core)) && str_eq(back.core, buf_view(&core)));
        buf_deinit(&core), buf_deinit(&one), buf_deinit(&two);
    }
}

// ---- the agreement's reader, and two versions side by side
static Str edited(const char *from, const char *to) { // the example with one place changed
    Str s = fix_file(CK_SITES_DIR "/huu-nghi/agreement.json", &arena);
    char *at = memmem(s.p, s.n, from, strlen(from)), *out = arena_alloc(&arena, s.n + strlen(to) + 1);
    assert_non_null(at);
    size_t n = (size_t)(at - s.p);
    memcpy(out, s.p, n), memcpy(out + n, to, strlen(to));
    memcpy(out + n + strlen(to), at + strlen(from), s.n - n - strlen(from));
    return (Str){out, s.n - strlen(from) + strlen(to)};
}
static void agreement_is_strict(void **state) {
    static const char *const bad[][2] = {{"\"vn-hn\"", "\"cn-yyg\""},
                                         {"\"direction\": \"both\"", "\"direction\": \"vn\""},
                                         {"\"purpose\": \"", "\"purpse\": \""},
                                         {"\"purpose\": \"propose the hand-over of one item\"", "\"purpose\": \"\""},
                                         {"\"skew_s\": 120", "\"skew_s\": 0"},
                                         {"\"retention_days\": 1825, ", ""},
                                         {"\"handover\", \"item_kind\"", "\"handover\", \"driver\""},
                                         {"\"handover\", \"item_kind\"", "\"handover\""},
                                         {"\"handover\", \"item_kind\"", "\"handover\", \"handover\", \"item_kind\""},
                                         {"\"kind\": \"REVOKE\"", "\"kind\": \"REJECT\""},
                                         {"\"kind\": \"REVOKE\"", "\"kind\": \"NOTICE\""},
                                         {"\"until\": \"2029", "\"until\": \"2025"},
                                         {"\"cross_within_s\": 5400", "\"cross_within_s\": 60"}};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        Agreement ag;
        Str what = STR_EMPTY;
        arena_reset(&arena);
        Err e = custody_agreement_parse(edited(bad[i][0], bad[i][1]), &arena, &ag, &what);
        if (e != ERR_INVALID) fail_msg("%s: %s", bad[i][1], err_name(e));
        assert_true(what.n > 0);
    }
}
static void two_versions(void **state) {
    FixSide f[2];
    Agreement both = agreement, saved = agreement;
    (void)state;
    both.version[1] = both.version[0], both.versions = 2;
    memcpy(both.version[1].version, "1.1", 4);
    both.version[1].from_ms = NOW + HOUR_MS;
    both.version[1].fields[0][MSG_OFFER] &= ~(1u << CF_weight_kg); // the later one lets less out
    agreement = both;
    begin(f);
    fix_item(&f[0], ITEM_TRUCK, STR("12C12345"));
    assert_int_equal(act(&f[0], ACT_OFFER, "", BOX), REASON_NONE);
    CustodyAct a = {.act = ACT_OFFER, .say = {.item_kind = ITEM_TRUCK, .item = STR("12C12345"), .weight_kg = 30000}};
    assert_int_equal(custody_side_act(&f[0].s, &a, NOW + HOUR_MS), REASON_NONE);
    assert_non_null(strstr(f[0].disk.core[1], "\"version\":\"1.0\""));
    assert_non_null(strstr(f[0].disk.core[1], "weight_kg"));
    assert_non_null(strstr(f[0].disk.core[2], "\"version\":\"1.1\""));
    assert_null(strstr(f[0].disk.core[2], "weight_kg")); // it never leaves
    assert_int_equal(fix_flow(f, NOW + HOUR_MS), 0);
    a = (CustodyAct){.act = ACT_REJECT, .handover = STR("vn-hn-1"), .say = {.reason = REASON_CAPACITY}};
    assert_int_equal(custody_side_act(&f[1].s, &a, NOW + HOUR_MS), REASON_NONE);
    assert_non_null(strstr(f[1].disk.core[1], "\"version\":\"1.0\"")); // as it began
    CustodyBody b = {.handover = STR("vn-hn-2"), .reason = REASON_OTHER};
    assert_int_equal(hear_forged(f, MSG_WITHDRAW, b, (FixForge){.version = "1.0"}, NOW), REASON_AGREEMENT);
    fix_close(f);
    agreement = saved;
}
int main(void) {
    Str what;
    arena_init(&arena, 4u << 20);
    Err e =
        custody_agreement_parse(fix_file(CK_SITES_DIR "/huu-nghi/agreement.json", &arena), &arena, &agreement, &what);
    if (e) printf("agreement: " STR_F "\n", STR_A(what));
    assert_int_equal(e, OK);
    read_listing();
    const struct CMUnitTest tests[] = {cmocka_unit_test(table_is_listing),     cmocka_unit_test(every_cell),
                                       cmocka_unit_test(only_releases_move),   cmocka_unit_test(whole_story),
                                       cmocka_unit_test(dispute_and_return),   cmocka_unit_test(offers_refused),
                                       cmocka_unit_test(refusals_of_the_link), cmocka_unit_test(wrong_receipts),
                                       cmocka_unit_test(refusals_of_content),  cmocka_unit_test(crossings_refused),
                                       cmocka_unit_test(terms_differ),         cmocka_unit_test(golden),
                                       cmocka_unit_test(round_trip),           cmocka_unit_test(agreement_is_strict),
                                       cmocka_unit_test(two_versions)};
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    arena_deinit(&arena);
    return failed;
}
