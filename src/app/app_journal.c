// Work on a journal file while no server holds it (verify, dump and report also read beside a running one).
#include "app_journal.h"
#include "ledger/ledger.h"
#include <unistd.h>

static const char usage[] = "journal verify|dump|replay|rebuild|report|head|prove|export FILE [--json] [--csv] "
                            "[--from SEQ] [--to SEQ] [--seq SEQ] [--size EVENTS] [--side NAME] [--passages-max N] "
                            "[--by direction,goods,mode] [--since TIME] [--until TIME]";

static void print_hex(const uint8_t *p) {
    for (int i = 0; i < STORE_HASH_LEN; i++) printf("%02x", p[i]);
}
static void progress(void *ctx, uint64_t done, uint64_t total) {
    (void)ctx;
    if (isatty(2) && total) fprintf(stderr, "\r%llu of %llu rows", (unsigned long long)done, (unsigned long long)total);
}
static int verify(Store *s, const JournalOpts *o) {
    StoreVerdict v;
    Err e = store_verify(s, progress, NULL, &v);
    if (isatty(2)) fputs("\r\033[K", stderr);
    if (e && e != ERR_CORRUPT) return app_fail(e, "%s", o->file);
    if (o->json) {
        printf("{\"intact\":%s,\"inputs\":%llu,\"events\":%llu,\"bad_input\":%llu,\"bad_seq\":%llu,\"reason\":\"%s\","
               "\"head\":\"",
               e ? "false" : "true", (unsigned long long)v.inputs, (unsigned long long)v.events,
               (unsigned long long)v.bad_input, (unsigned long long)v.bad_seq, e ? v.reason : "");
        print_hex(v.head);
        puts("\"}");
        return e ? 1 : 0;
    }
    if (e) {
        printf("DAMAGED: %s (input %llu, event %llu)\n", v.reason, (unsigned long long)v.bad_input,
               (unsigned long long)v.bad_seq);
        return 1;
    }
    printf("intact: %llu inputs, %llu events, head ", (unsigned long long)v.inputs, (unsigned long long)v.events);
    print_hex(v.head);
    putchar('\n');
    return 0;
}
static bool dump_row(void *ctx, const StoreEvent *e) {
    (void)ctx;
    printf("{\"seq\":%llu,\"input\":%llu," STR_F "\n", (unsigned long long)e->seq, (unsigned long long)e->input_no,
           (int)e->body.n - 1, e->body.p + 1);
    return !ferror(stdout);
}
static int dump(Store *s, const JournalOpts *o) {
    uint64_t from = 1;
    if (o->from && !app_number(o->from, INT64_MAX, &from)) return app_fail(ERR_INVALID, "--from %s", o->from);
    Err e = store_each_event(s, from, 0, dump_row, NULL);
    return e ? app_fail(e, "%s", o->file) : 0;
}
static int replay(Store *s, const JournalOpts *o, GateLimits limits) {
    ReplayReply r;
    Err e = ledger_replay(s, limits, &r);
    if (e) return app_fail(e, "%s", o->file);
    if (o->json)
        printf("{\"events\":%llu,\"inputs\":%llu,\"open\":%u,\"digest\":\"", (unsigned long long)r.events,
               (unsigned long long)r.inputs, r.open);
    else
        printf("replayed %llu events of %llu inputs, %u passages open, state ", (unsigned long long)r.events,
               (unsigned long long)r.inputs, r.open);
    print_hex(r.digest);
    puts(o->json ? "\"}" : "");
    return 0;
}
static int rebuild(const JournalOpts *o, GateLimits limits) {
    LedgerOpts lo = {.store = {.path = o->file}, .limits = limits};
    Ledger *l;
    uint8_t before[STORE_HASH_LEN], after[STORE_HASH_LEN];
    Err e = ledger_open(&lo, &l);
    if (e) return app_fail(e, "%s", o->file);
    e = store_read_model_digest(ledger_store(l), before);
    if (!e) e = ledger_rebuild(l, after);
    ledger_close(l);
    if (e) return app_fail(e, "%s", o->file);
    bool same = memcmp(before, after, sizeof after) == 0;
    printf("read models rebuilt, %s: ", same ? "as they were" : "CHANGED");
    print_hex(after);
    putchar('\n');
    return same ? 0 : 1;
}
static bool report_json(void *ctx, const StoreReportLine *l) {
    Buf b;
    (void)ctx;
    buf_init(&b, 4096);
    json_open(&b, '{');
    json_key(&b, "stage"), json_str(&b, l->stage), json_key(&b, "agency"), json_str(&b, l->agency);
    json_key(&b, "direction"), json_str(&b, l->direction), json_key(&b, "goods"), json_str(&b, l->goods),
        json_key(&b, "mode"), json_str(&b, l->mode);
    json_key(&b, "count"), json_int(&b, (int64_t)l->count);
    json_key(&b, "p50_ms"), json_int(&b, l->p50_ms), json_key(&b, "p90_ms"), json_int(&b, l->p90_ms),
        json_key(&b, "p95_ms"), json_int(&b, l->p95_ms);
    json_key(&b, "mean_ms"), json_int(&b, l->mean_ms), json_key(&b, "waiting_mean_ms"),
        json_int(&b, l->waiting_mean_ms);
    json_key(&b, "working_mean_ms"), json_int(&b, l->working_mean_ms), json_key(&b, "waiting_p50_ms"),
        json_int(&b, l->waiting_p50_ms);
    json_key(&b, "waiting_p90_ms"), json_int(&b, l->waiting_p90_ms), json_key(&b, "waiting_p95_ms"),
        json_int(&b, l->waiting_p95_ms);
    json_close(&b, '}');
    printf("%.*s\n", (int)b.n, b.p);
    buf_deinit(&b);
    return true;
}
static bool report_csv(void *ctx, const StoreReportLine *l) {
    (void)ctx;
    printf(STR_F "," STR_F "," STR_F "," STR_F "," STR_F ",%llu,%lld,%lld,%lld,%lld,%lld,%lld\n", STR_A(l->stage),
           STR_A(l->agency), STR_A(l->direction), STR_A(l->goods), STR_A(l->mode), (unsigned long long)l->count,
           (long long)l->p50_ms, (long long)l->p90_ms, (long long)l->p95_ms, (long long)l->mean_ms,
           (long long)l->waiting_mean_ms, (long long)l->working_mean_ms);
    return true;
}
static const char *span(int64_t ms, char *t, size_t n) {
    if (ms < 60000)
        snprintf(t, n, "%lld.%llds", (long long)(ms / 1000), (long long)(ms % 1000 / 100));
    else if (ms < 3600000)
        snprintf(t, n, "%lldm%02llds", (long long)(ms / 60000), (long long)(ms / 1000 % 60));
    else
        snprintf(t, n, "%lldh%02lldm", (long long)(ms / 3600000), (long long)(ms / 60000 % 60));
    return t;
}
static bool report_line(void *ctx, const StoreReportLine *l) {
    char t[5][24];
    const JournalOpts *o = ctx;
    printf("%-14.*s %-18.*s", STR_A(l->stage), STR_A(l->agency));
    if (o->by) printf(" %-7.*s %-16.*s %-13.*s", STR_A(l->direction), STR_A(l->goods), STR_A(l->mode));
    printf(" %7llu %9s %9s %9s %9s %9s\n", (unsigned long long)l->count, span(l->p50_ms, t[0], 24),
           span(l->p90_ms, t[1], 24), span(l->p95_ms, t[2], 24), span(l->waiting_mean_ms, t[3], 24),
           span(l->working_mean_ms, t[4], 24));
    return true;
}
static int report(Store *s, const JournalOpts *o) {
    StoreReportQuery q = {.to_ms = INT64_MAX};
    q.by_direction = o->by && strstr(o->by, "direction");
    q.by_goods = o->by && strstr(o->by, "goods");
    q.by_mode = o->by && strstr(o->by, "mode");
    if (o->since && !iso8601_parse(str_c(o->since), &q.from_ms)) return app_fail(ERR_INVALID, "--since %s", o->since);
    if (o->until && !iso8601_parse(str_c(o->until), &q.to_ms)) return app_fail(ERR_INVALID, "--until %s", o->until);
    StoreReportFn *fn = o->json ? report_json : o->csv ? report_csv : report_line;
    if (o->csv)
        puts("stage,agency,direction,goods,mode,count,p50_ms,p90_ms,p95_ms,mean_ms,waiting_mean_ms,working_mean_ms");
    else if (!o->json && o->by)
        printf("%-14s %-18s %-7s %-16s %-13s %7s %9s %9s %9s %9s %9s\n", "stage", "agency", "way", "goods", "mode",
               "count", "p50", "p90", "p95", "waiting", "working");
    else if (!o->json)
        printf("%-14s %-18s %7s %9s %9s %9s %9s %9s\n", "stage", "agency", "count", "p50", "p90", "p95", "waiting",
               "working");
    Err e = store_each_report(s, &q, fn, (void *)(uintptr_t)o);
    return e ? app_fail(e, "%s", o->file) : 0;
}
static int reading(Store *s, const JournalOpts *o, GateLimits limits) {
    if (strcmp(o->what, "verify") == 0) return verify(s, o);
    if (strcmp(o->what, "dump") == 0) return dump(s, o);
    if (strcmp(o->what, "replay") == 0) return replay(s, o, limits);
    if (strcmp(o->what, "report") == 0) return report(s, o);
    if (strcmp(o->what, "head") == 0) return journal_head(s, o);
    if (strcmp(o->what, "prove") == 0) return journal_prove(s, o);
    if (strcmp(o->what, "export") == 0) return journal_export(s, o);
    fprintf(stderr, "usage: cuakhau %s\n", usage);
    return 2;
}
int app_journal(int argc, char **argv) {
    JournalOpts o = {.passages = "100000"};
    const AppOption options[] = {{"json", &o.json, true},    {"csv", &o.csv, true},
                                 {"from", &o.from, false},   {"passages-max", &o.passages, false},
                                 {"by", &o.by, false},       {"since", &o.since, false},
                                 {"until", &o.until, false}, {"to", &o.to, false},
                                 {"seq", &o.seq, false},     {"size", &o.size, false},
                                 {"side", &o.side, false}};
    AppArgs rest;
    uint64_t max;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    if (rest.n != 2 || !app_number(o.passages, 1000000, &max) || !max) {
        fprintf(stderr, "usage: cuakhau %s\n", usage);
        return 2;
    }
    o.what = rest.arg[0];
    o.file = strncmp(rest.arg[1], "sqlite:", 7) == 0 ? rest.arg[1] + 7 : rest.arg[1];
    GateLimits limits = {(uint32_t)max};
    if (strcmp(o.what, "rebuild") == 0) return rebuild(&o, limits);
    Store *s;
    StoreOpts so = {.path = o.file};
    Err e = store_open_reader(&so, &s);
    if (e) return app_fail(e, "%s", o.file);
    int status = reading(s, &o, limits);
    store_close(s);
    return status;
}
