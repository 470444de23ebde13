// What people see of a morning: one live line, and the report at its end.
#include "app_drive.h"
#include "io/io_clock.h"

#define BAR_WIDTH   24
#define TERMINAL_US 150000
#define PIPE_US     5000000

static const char *const end_names[END_COUNT] = {
#define X(sym, name, text) [sym] = name,
    END_TABLE(X)
#undef X
};
static const char *const end_texts[END_COUNT] = {
#define X(sym, name, text) [sym] = text,
    END_TABLE(X)
#undef X
};
static const char *const slip_texts[SLIP_COUNT] = {
#define X(sym, text) [sym] = text,
    SLIP_TABLE(X)
#undef X
};

// ---- live
typedef struct {
    uint32_t queued, yard, over, ended;
} Where;
static bool in(const char *place, const char *const *list) {
    for (; *list; list++)
        if (strcmp(place, *list) == 0) return true;
    return false;
}
static Where count_places(const World *w) {
    static const char *const queued[] = {"inland", "called", NULL}, *const yard[] = {"yard",       "goods_in_yard",
                                                                                     "line",       "on_vehicle",
                                                                                     "dispatched", "entered",
                                                                                     NULL};
    static const char *const over[] = {"abroad",     "with_peer", "delivered", "peer_gate",
                                       "lifted_off", "received",  "left",      NULL};
    Where c = {0};
    for (uint32_t i = 0; i < w->n; i++) {
        const Truck *t = w->truck[i];
        if (t->end) {
            c.ended++;
            continue;
        }
        c.queued += in(t->place, queued);
        c.yard += in(t->place, yard);
        c.over += in(t->place, over);
    }
    return c;
}
static void put_line(const World *w, FILE *to) {
    Where c = count_places(w);
    double s = MAX((double)(io_mono_us() - w->started_us) / 1e6, 0.001);
    fprintf(to,
            "declared %u  queued %u  in yard %u  over the border %u  closed %u  turned back %u  refused %u  held %u  | "
            "%.0f requests/s",
            w->declared, c.queued, c.yard, c.over, w->ended[END_CLOSED], w->ended[END_TURNED_BACK],
            w->ended[END_REFUSED], w->ended[END_STANDING], (double)client_counts(w->client).answers / s);
}
void drive_show(World *w, bool last) {
    int64_t now = io_mono_us();
    if (w->quiet || (!last && now - w->shown_us < (w->terminal ? TERMINAL_US : PIPE_US))) return;
    w->shown_us = now;
    if (w->terminal) {
        uint32_t done = 0, all = MAX(w->n, 1u);
        for (uint32_t e = 1; e < END_COUNT; e++) done += w->ended[e];
        char bar[BAR_WIDTH + 1];
        for (uint32_t i = 0; i < BAR_WIDTH; i++) bar[i] = i < done * BAR_WIDTH / all ? '#' : '.';
        bar[BAR_WIDTH] = 0;
        fprintf(stderr, "\r[%s] %3u %%  ", bar, done * 100 / all);
    }
    put_line(w, stderr);
    fputs(w->terminal ? "\033[K" : "\n", stderr);
    if (w->terminal && last) fputc('\n', stderr);
}

// ---- the report
static int by_times(const void *a, const void *b) {
    const Refusal *x = a, *y = b;
    return x->times != y->times ? (x->times < y->times ? 1 : -1) : strcmp(x->code, y->code);
}
static double seconds(const World *w) {
    return (double)(io_mono_us() - w->started_us) / 1e6;
}
static void report_files(const World *w) {
    if (!w->files) return;
    printf("\nFrom %u files: %u declarations, %u rows that cannot be declared, %u messages that are no declarations\n",
           w->files, w->rows_good, w->rows_bad, w->rows_other);
    for (uint32_t i = 0; i < w->bad_examples_n; i++) printf("  for example %s\n", w->bad_example[i]);
}
static void report_standing(const World *w, End end, uint32_t max) {
    uint32_t n = 0;
    for (uint32_t i = 0; i < w->n; i++) {
        const Truck *t = w->truck[i];
        if (t->end != end || n++ >= max) continue;
        printf("  %-14s %s\n", *t->ref ? t->ref : client_text(t->doc, "lrn"), t->why ? t->why : "");
    }
    if (n > max) printf("  and %u more\n", n - max);
}
void drive_report(const World *w) {
    double s = seconds(w);
    printf("%u trucks in %.1f seconds: %llu answers (%.0f a second), %u decisions, %u movements, %u payments, %u "
           "effects confirmed\n\nHow they ended\n",
           w->n, s, (unsigned long long)client_counts(w->client).answers,
           (double)client_counts(w->client).answers / MAX(s, 0.001), w->decisions, w->moves, w->payments,
           w->effects_done);
    for (uint32_t e = 0; e < END_COUNT; e++)
        if (w->ended[e] || e == END_CLOSED) printf("  %6u  %s\n", w->ended[e], end_texts[e]);
    report_files(w);
    if (w->ended[END_STANDING]) printf("\nStanding, and why\n"), report_standing(w, END_STANDING, 5);
    if (w->ended[END_STUCK]) printf("\nWithout an explanation\n"), report_standing(w, END_STUCK, 10);
    Refusal sorted[REFUSALS_MAX];
    memcpy(sorted, w->refusal, sizeof sorted);
    qsort(sorted, w->refusals, sizeof *sorted, by_times);
    if (w->refusals) printf("\nRefusals and holds (%u), with one example each\n", w->refused_answers);
    for (uint32_t i = 0; i < w->refusals; i++)
        printf("  %5u  %-22s %s\n", sorted[i].times, sorted[i].code, sorted[i].example);
    uint32_t slips = 0;
    for (uint32_t i = 1; i < SLIP_COUNT; i++) slips += w->slips[i];
    if (slips)
        printf("\nMistakes made on purpose: %u, of which the gate let pass: %u; declarations doubled: %u\n", slips,
               w->slips_passed, w->doubled);
}
json_t *drive_report_json(const World *w) {
    json_t *ends = json_object(), *refusals = json_array(), *slips = json_object(), *standing = json_array();
    for (uint32_t e = 1; e < END_COUNT; e++) json_object_set_new(ends, end_names[e], json_integer(w->ended[e]));
    for (uint32_t i = 0; i < w->refusals; i++)
        json_array_append_new(refusals, json_pack("{s:s, s:i, s:s}", "code", w->refusal[i].code, "count",
                                                  (int)w->refusal[i].times, "example", w->refusal[i].example));
    for (uint32_t i = 1; i < SLIP_COUNT; i++)
        if (w->slips[i]) json_object_set_new(slips, slip_texts[i], json_integer(w->slips[i]));
    for (uint32_t i = 0; i < w->n; i++) {
        const Truck *t = w->truck[i];
        if (t->end != END_STANDING && t->end != END_STUCK) continue;
        json_array_append_new(standing, json_pack("{s:s, s:s, s:s, s:s, s:s}", "passage", t->ref, "lrn",
                                                  client_text(t->doc, "lrn"), "status", t->status, "explained",
                                                  t->end == END_STANDING ? "yes" : "no", "why", t->why ? t->why : ""));
    }
    double s = seconds(w);
    json_t *o =
        json_pack("{s:i, s:f, s:I, s:f, s:i, s:i, s:i, s:i, s:o, s:o, s:o, s:o}", "trucks", (int)w->n, "seconds", s,
                  "answers", (json_int_t)client_counts(w->client).answers, "requests_per_s",
                  (double)client_counts(w->client).answers / MAX(s, 0.001), "decisions", (int)w->decisions, "movements",
                  (int)w->moves, "payments", (int)w->payments, "effects_done", (int)w->effects_done, "final", ends,
                  "refusals", refusals, "mistakes", slips, "standing", standing);
    CK_ASSERT(o != NULL);
    json_object_update_new(o, json_pack("{s:i, s:i, s:i, s:i, s:i, s:i}", "files", (int)w->files, "rows_good",
                                        (int)w->rows_good, "rows_bad", (int)w->rows_bad, "not_declarations",
                                        (int)w->rows_other, "mistakes_let_pass", (int)w->slips_passed, "doubled",
                                        (int)w->doubled));
    return o;
}
