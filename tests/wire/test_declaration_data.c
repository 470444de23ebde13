// The data sets beside the source tree: skipped, saying so, where they are absent.
#include "cm.h"
#include <dirent.h>
#include "import_log.h"

static const char *data_dir(void) {
    const char *e = getenv("CUAKHAU_SHARED");
    return e ? e : CK_SHARED_DIR;
}
static char *path_of(const char *name, char ret[1024]) {
    snprintf(ret, 1024, "%s/data/%s", data_dir(), name);
    return ret;
}

static void wco_samples(void **state) {
    (void)state;
    char path[1024];
    DIR *dir = opendir(path_of("wco/samples", path));
    if (!dir) {
        print_message("skipped: %s is absent\n", path);
        skip();
        return;
    }
    json_t *members = json_pack("{s:s,s:s}", "mode", "transhipment", "plate", "12C12345");
    HsSet *hs = import_log_hs();
    ImportDefaults defaults = {.members = members, .hs = hs};
    uint32_t files = 0, good = 0, bad = 0, other = 0, malformed = 0;
    for (struct dirent *d; (d = readdir(dir));) {
        size_t n;
        char name[512];
        if (!strstr(d->d_name, ".xml")) continue;
        snprintf(name, sizeof name, "wco/samples/%.300s", d->d_name);
        char *text = read_file(path_of(name, path), &n);
        assert_non_null(text);
        ImportLog log = import_log_run((Str){text, n}, d->d_name, &defaults);
        if (getenv("CUAKHAU_SHOW")) print_message("%s\n%s", d->d_name, log.text.p);
        assert_true(log.sum.good + log.sum.bad + log.sum.other > 0); // a declaration or an explained report
        assert_true(log.sum.good > 0 || strstr(log.text.p, " -> "));
        files++, good += log.sum.good, bad += log.sum.bad, other += log.sum.other, malformed += log.e != OK;
        import_log_free(&log);
        free(text);
    }
    closedir(dir);
    hs_free(hs);
    json_decref(members);
    print_message("%u files: %u declarations, %u bad (%u files not XML), %u not declarations\n", files, good, bad,
                  malformed, other);
    assert_true(files >= 355 && good >= 100);
}

static json_t *vehicle(void *ctx, size_t row) {
    (void)ctx;
    return json_pack("{s:s,s:o}", "mode", "through", "plate", json_sprintf("12C%05zu", row % 100000));
}
static void research_table(const char *name, uint32_t rows) {
    char path[1024];
    size_t n;
    char *text = read_file(path_of(name, path), &n);
    if (!text) {
        print_message("skipped: %s is absent\n", path);
        skip();
        return;
    }
    ImportDefaults defaults = {.fill = vehicle};
    ImportLog log = import_log_run((Str){text, n}, name, &defaults);
    assert_int_equal(log.e, OK);
    assert_int_equal(log.sum.format, IMPORT_CSV_CUSTOMS);
    assert_int_equal(log.sum.good, rows);
    assert_int_equal(log.sum.bad, 0);
    import_log_free(&log);
    HsSet *hs = import_log_hs();
    defaults.hs = hs;
    log = import_log_run((Str){text, n}, name, &defaults);
    print_message("%s: %u rows, %u with HS 2022 codes, %u with older ones\n", name, rows, log.sum.good, log.sum.bad);
    assert_int_equal(log.sum.good + log.sum.bad, rows);
    import_log_free(&log);
    hs_free(hs);
    free(text);
}
static void research_train(void **state) {
    (void)state;
    research_table("declarations/data_df_syn_train_eng.csv", 37385);
}
static void research_valid(void **state) {
    (void)state;
    research_table("declarations/data_df_syn_valid_eng.csv", 8134);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(wco_samples), cmocka_unit_test(research_train),
                                       cmocka_unit_test(research_valid)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
