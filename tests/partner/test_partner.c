#include "cm.h"
#include "partner_random.h"
#include "read_file.h"
#include <dirent.h>

static Str read_golden(Arena *a, const char *name) {
    char path[512];
    size_t n;
    (void)snprintf(path, sizeof path, "%s/golden/%s", CK_PARTNER_DIR, name);
    char *text = read_file(path, &n);
    if (!text) fail_msg("%s is missing", path);
    Str s = arena_str(a, (Str){text, n});
    free(text);
    return s;
}
// NAME.json is what NAME.ADAPTER says, and the other way round, to the byte.
static void golden_one(const char *name, const PartnerAdapter *p) {
    char file[128];
    Arena a;
    Buf b;
    Str what = STR_EMPTY;
    PartnerMessage m;
    arena_init(&a, 1u << 20), buf_init(&b, PARTNER_TEXT_MAX);
    (void)snprintf(file, sizeof file, "%s.json", name);
    Str json = read_golden(&a, file);
    (void)snprintf(file, sizeof file, "%s.%s", name, p->name);
    Str foreign = read_golden(&a, file);
    if (partner_json_read(json, &a, &m, &what) || partner_encode(p, &m, &a, &b, &what))
        fail_msg("%s: " STR_F, file, STR_A(what));
    if (!str_eq(buf_view(&b), foreign)) fail_msg("%s: it is written\n" STR_F, file, STR_A(buf_view(&b)));
    if (partner_decode(p, foreign, &a, &m, &what)) fail_msg("%s: " STR_F, file, STR_A(what));
    buf_clear(&b);
    partner_json_write(&b, &m), buf_char(&b, '\n');
    if (!str_eq(buf_view(&b), json)) fail_msg("%s: it is read as\n" STR_F, file, STR_A(buf_view(&b)));
    buf_deinit(&b), arena_deinit(&a);
}
static void golden_vectors(void **state) {
    (void)state;
    static const char *const names[] = {"offer",  "accept",  "reject",   "withdraw",         "withdrawn",
                                        "revoke", "crossed", "received", "received_differs", "return",
                                        "closed", "dispute", "settle",   "refused",          "crossed_wide"};
    uint32_t seen = 0, said = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        Arena a;
        PartnerMessage m;
        Str what;
        char file[128];
        arena_init(&a, 1u << 20);
        (void)snprintf(file, sizeof file, "%s.json", names[i]);
        assert_int_equal(partner_json_read(read_golden(&a, file), &a, &m, &what), OK);
        seen |= 1u << m.kind;
        for (uint32_t k = 0; partner_at(k); k++)
            for (uint32_t row = 0; row < partner_at(k)->row_count; row++)
                if (partner_at(k)->rows[row].kind == m.kind) golden_one(names[i], partner_at(k)), said++;
        arena_deinit(&a);
    }
    assert_int_equal(seen | 1u << MSG_NONE | 1u << MSG_RECEIPT,
                     (1u << (MSG_RECEIPT + 1)) - 1); // notices: none of the three formats has them
    print_message("%u vectors\n", said);
}

static bool same(const PartnerMessage *x, const PartnerMessage *y) {
    Buf one, two;
    buf_init(&one, 65536), buf_init(&two, 65536);
    partner_json_write(&one, x), partner_json_write(&two, y);
    bool good = str_eq(buf_view(&one), buf_view(&two));
    buf_deinit(&one), buf_deinit(&two);
    return good;
}
static void what_is_said_is_read(void **state) {
    (void)state;
    for (uint32_t i = 0; partner_at(i); i++)
        for (uint64_t seed = 1, last = prop_seeds(3000); seed <= last; seed++) {
            Prng r = {seed};
            Arena a;
            Buf b, again;
            Str what = STR_EMPTY;
            PartnerMessage back, twice;
            const PartnerAdapter *p = partner_at(i);
            arena_init(&a, 1u << 20), buf_init(&b, PARTNER_TEXT_MAX), buf_init(&again, PARTNER_TEXT_MAX);
            PartnerMessage m = random_message(&r, &a, p);
            if (partner_encode(p, &m, &a, &b, &what) || partner_decode(p, buf_view(&b), &a, &back, &what))
                fail_msg("%s, seed %llu: " STR_F, p->name, (unsigned long long)seed, STR_A(what));
            if (!same(&m, &back)) fail_msg("%s, seed %llu: another message", p->name, (unsigned long long)seed);
            partner_json_write(&again, &m);
            assert_int_equal(partner_json_read(buf_view(&again), &a, &twice, &what), OK);
            assert_true(same(&m, &twice));
            buf_deinit(&b), buf_deinit(&again), arena_deinit(&a);
        }
}
// Each field of each message of the protocol: said and read again, or refused by its name. Nothing is dropped.
static void nothing_is_lost_in_silence(void **state) {
    (void)state;
    uint32_t said = 0, refused = 0;
    for (uint32_t i = 0; partner_at(i); i++)
        for (uint32_t k = 1; k < MSG_COUNT; k++)
            for (uint32_t f = 0; f < CF_COUNT; f++) {
                const PartnerAdapter *p = partner_at(i);
                const PartnerRow *row = NULL;
                for (uint32_t n = 0; n < p->row_count; n++)
                    if (p->rows[n].kind == (CustodyMsg)k) row = &p->rows[n];
                Prng r = {k * 100 + f};
                Arena a;
                Buf b;
                Str what = STR_EMPTY;
                PartnerMessage back,
                    m = {.kind = (CustodyMsg)k, .from = STR("a"), .to = STR("b"), .reference = STR("1"), .at = 1000};
                arena_init(&a, 1u << 20), buf_init(&b, PARTNER_TEXT_MAX);
                uint32_t fields = (row ? row->needs : custody_needs((CustodyMsg)k)) | CUSTODY_BIT(f);
                random_body(&r, &a, p->item_kinds ? p : &partner_wco, fields, &m.body);
                if (fields & CUSTODY_BIT(CF_hash)) m.body.hash = random_hash(&r, &a);
                if (fields & CUSTODY_BIT(CF_upto)) m.body.upto = 7;
                if (fields & CUSTODY_BIT(CF_item_kind))
                    m.body.item_kind = ITEM_CONTAINER, m.body.item = STR("MSKU6011672");
                bool can = row && !(custody_fields_of(&m.body) & ~(row->needs | row->may));
                Err e = partner_encode(p, &m, &a, &b, &what);
                if ((e == OK) != can) fail_msg("%s, kind %u, field %u: " STR_F, p->name, k, f, STR_A(what));
                if (e == OK) assert_int_equal(partner_decode(p, buf_view(&b), &a, &back, &what), OK);
                if (e == OK) assert_true(same(&m, &back));
                if (e && (e != ERR_NOT_FOUND || b.n))
                    fail_msg("%s, kind %u, field %u: " STR_F, p->name, k, f, STR_A(what));
                e == OK ? said++ : refused++;
                buf_deinit(&b), arena_deinit(&a);
            }
    print_message("%u said, %u refused\n", said, refused);
    assert_true(said > 100 && refused > 600);
}
// Cut anywhere, a byte changed anywhere: another message perhaps, never a crash and never a refusal without words.
static void damaged_messages(void **state) {
    (void)state;
    for (uint32_t i = 0; partner_at(i); i++)
        for (uint64_t seed = 1, last = prop_seeds(300); seed <= last; seed++) {
            Prng r = {seed};
            Arena a;
            Buf b;
            Str what = STR_EMPTY;
            PartnerMessage back;
            arena_init(&a, 4u << 20), buf_init(&b, PARTNER_TEXT_MAX);
            PartnerMessage m = random_message(&r, &a, partner_at(i));
            assert_int_equal(partner_encode(partner_at(i), &m, &a, &b, &what), OK);
            what = STR_EMPTY;
            size_t cut = prng_below(&r, b.n - 8);
            Err e = partner_decode(partner_at(i), (Str){b.p, cut}, &a, &back, &what);
            assert_true(e != OK && what.n > 0 && utf8_valid(what));
            b.p[prng_below(&r, b.n)] = (char)prng_below(&r, 256);
            what = STR_EMPTY;
            e = partner_decode(partner_at(i), buf_view(&b), &a, &back, &what);
            assert_true(e == OK || (what.n > 0 && utf8_valid(what)));
            buf_deinit(&b), arena_deinit(&a);
        }
}
// The notifications of another customs administration: XML, a response, and yet no message of a hand-over.
static void responses_of_others(void **state) {
    (void)state;
    DIR *dir = opendir(CK_SHARED_DIR "/data/wco/samples");
    if (!dir) {
        print_message("skipped: the WCO samples are not here\n");
        skip();
    }
    uint32_t files = 0, responses = 0;
    for (struct dirent *f; (f = readdir(dir));) {
        char path[1024];
        size_t n;
        (void)snprintf(path, sizeof path, "%s/data/wco/samples/%s", CK_SHARED_DIR, f->d_name);
        char *text = f->d_name[0] == '.' ? NULL : read_file(path, &n);
        if (!text) continue;
        Arena a;
        Str what = STR_EMPTY;
        PartnerMessage m;
        arena_init(&a, 4u << 20);
        Err e = partner_decode(&partner_wco, (Str){text, n}, &a, &m, &what);
        assert_true(e != OK && what.n > 0 && utf8_valid(what));
        files++, responses += str_starts(what, STR("Response: function \""));
        arena_deinit(&a);
        free(text);
    }
    closedir(dir);
    print_message("%u files, %u of them responses\n", files, responses);
    assert_true(files > 300 && responses > 50);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(golden_vectors),
        cmocka_unit_test(what_is_said_is_read),
        cmocka_unit_test(nothing_is_lost_in_silence),
        cmocka_unit_test(damaged_messages),
        cmocka_unit_test(responses_of_others),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
