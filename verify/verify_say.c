// The answer of `cuakhau-verify ledger`, for people and as JSON.
#include "verify_link.h"

static size_t under_way(const Link *l) {
    size_t n = 0;
    for (int s = 0; s < 2; s++)
        if (l->made[s].n > l->heard[s].n) n += l->made[s].n - l->heard[s].n;
    return n;
}
static size_t messages(const Link *l) {
    size_t n = 0;
    for (int s = 0; s < 2; s++) n += l->made[s].n > l->heard[s].n ? l->made[s].n : l->heard[s].n;
    return n;
}
static const Interval *at_time(const Item *x, int64_t t_ms) { // NULL: nothing is known of it yet
    const Interval *ret = NULL;
    for (size_t i = 0; i < x->n; i++)
        if (x->at[i].from_ms <= t_ms) ret = &x->at[i];
    return ret;
}
static bool on_the_way(const Interval *v, int64_t t_ms) {
    return !v->claimed && (v->heard_ms == 0 || t_ms < v->heard_ms);
}

// ---- for people
static void say_message(const char *before, const Message *m) {
    char hash[HEX_LEN + 1];
    if (m) printf("%s%s %s/%lld %s", before, m->word, m->from, (long long)m->number, hash_text(&m->hash, hash));
}
static void say_proof(const Interval *v) {
    say_message(v->claimed ? "as told by " : "released by ", v->release);
    say_message(v->claimed ? ", accepted in " : ", agreed to in ", v->consent);
}
static void say_item(const Link *l, const Item *x) {
    char t[TIME_LEN + 1];
    printf("%s %s\n", x->kind, x->id);
    for (size_t i = 0; i < x->n; i++) {
        const Interval *v = &x->at[i];
        printf("  from %s ", time_text(v->from_ms, t));
        printf("until %-24s  %-12s ", i + 1 < x->n ? time_text(x->at[i + 1].from_ms, t) : "now", l->name[v->holder]);
        say_proof(v);
        if (!v->claimed && v->heard_ms == 0) fputs("; on the way, not heard yet", stdout);
        putchar('\n');
    }
}
static void say_who(const Link *l, const Item *x, const Ask *ask) {
    char t[TIME_LEN + 1], from[TIME_LEN + 1];
    const char *when = ask->at_ms == INT64_MAX ? "now" : time_text(ask->at_ms, t);
    const Interval *v = at_time(x, ask->at_ms);
    if (!v) {
        printf("%s %s at %s: nothing was told of it before %s\n", x->kind, x->id, when,
               x->n ? time_text(x->at[0].from_ms, from) : "any time");
        return;
    }
    printf("%s %s at %s: held by %s since %s, ", x->kind, x->id, when, l->name[v->holder], time_text(v->from_ms, from));
    say_proof(v);
    if (on_the_way(v, ask->at_ms)) {
        printf("; on the way: %s had signed it away, %s ", v->release->from, l->name[v->holder]);
        if (v->heard_ms)
            printf("heard it at %s", time_text(v->heard_ms, from));
        else
            printf("has not heard it yet");
    }
    putchar('\n');
}
static void say_text(const Link *l, const Ledger *g, const Ask *ask, size_t found) {
    char root[HEX_LEN + 1];
    for (int i = 0; i < 2; i++)
        printf("%s: %s, %llu events, root %s, %llu heads witnessed by %s\n", l->name[i], l->log[i].file,
               (unsigned long long)l->log[i].events, hash_text(&l->log[i].root, root),
               (unsigned long long)l->witnessed[i], l->name[1 - i]);
    for (size_t i = 0; i < g->items; i++)
        if (ask->who && strcmp(g->item[i]->id, ask->who) == 0)
            say_who(l, g->item[i], ask);
        else if (!ask->who && !ask->quiet)
            say_item(l, g->item[i]);
    if (ask->who && !found) printf("%s: in no hand-over of these journals\n", ask->who);
    for (size_t i = 0; i < l->found.n; i++) {
        const Finding *f = &l->found.at[i];
        printf("%s: %s%s%s\n", f->code, f->text, f->message[0] ? "; message " : "", f->message);
    }
    if (l->found.all > l->found.n) printf("and %llu more\n", (unsigned long long)(l->found.all - l->found.n));
    if (l->found.all)
        printf("the ledgers DIFFER: %llu differences\n", (unsigned long long)l->found.all);
    else
        printf("both ledgers agree: %zu items, %zu hand-overs, %zu messages", g->items, g->handovers, messages(l));
    if (!l->found.all && under_way(l)) printf(" (%zu on their way)", under_way(l));
    if (!l->found.all) putchar('\n');
}

// ---- as JSON
static void json_message(const char *key, const Message *m) {
    char hash[HEX_LEN + 1];
    if (!m) return;
    printf(",\"%s\":{\"kind\":\"%s\",\"from\":", key, m->word);
    json_say(stdout, m->from);
    printf(",\"seq\":%lld,\"hash\":\"%s\"}", (long long)m->number, hash_text(&m->hash, hash));
}
static void json_interval(const Link *l, const Item *x, size_t i) {
    const Interval *v = &x->at[i];
    char t[TIME_LEN + 1];
    printf("{\"from\":\"%s\"", time_text(v->from_ms, t));
    if (i + 1 < x->n) printf(",\"until\":\"%s\"", time_text(x->at[i + 1].from_ms, t));
    fputs(",\"holder\":", stdout), json_say(stdout, l->name[v->holder]);
    printf(",\"by\":\"%s\"", v->claimed ? "offer" : "release");
    if (v->heard_ms) printf(",\"heard\":\"%s\"", time_text(v->heard_ms, t));
    json_message("release", v->release), json_message("consent", v->consent);
    putchar('}');
}
static void json_item(const Link *l, const Item *x) {
    fputs("{\"kind\":", stdout), json_say(stdout, x->kind);
    fputs(",\"item\":", stdout), json_say(stdout, x->id);
    fputs(",\"intervals\":[", stdout);
    for (size_t i = 0; i < x->n; i++) {
        if (i) putchar(',');
        json_interval(l, x, i);
    }
    fputs("]}", stdout);
}
static void json_who(const Link *l, const Item *x, const Ask *ask) {
    const Interval *v = at_time(x, ask->at_ms);
    fputs("{\"kind\":", stdout), json_say(stdout, x->kind);
    fputs(",\"item\":", stdout), json_say(stdout, x->id);
    printf(",\"known\":%s", v ? "true" : "false");
    if (v) {
        printf(",\"on_the_way\":%s,\"interval\":", on_the_way(v, ask->at_ms) ? "true" : "false");
        json_interval(l, x, (size_t)(v - x->at));
    }
    putchar('}');
}
static void json_findings(const Link *l) {
    for (size_t i = 0; i < l->found.n; i++) {
        const Finding *f = &l->found.at[i];
        printf("%s{\"code\":\"%s\"", i ? "," : "", f->code);
        if (f->side[0]) fputs(",\"side\":", stdout), json_say(stdout, f->side);
        if (f->event) printf(",\"event\":%lld", (long long)f->event);
        if (f->number) printf(",\"seq\":%lld", (long long)f->number);
        if (f->message[0]) printf(",\"message\":\"%s\"", f->message);
        fputs(",\"text\":", stdout), json_say(stdout, f->text);
        putchar('}');
    }
}
static void say_json(const Link *l, const Ledger *g, const Ask *ask) {
    char root[HEX_LEN + 1];
    const char *comma = "";
    printf("{\"agree\":%s,\"items\":%zu,\"handovers\":%zu,\"messages\":%zu,\"under_way\":%zu,\"receipts\":%llu,"
           "\"sides\":[",
           l->found.all ? "false" : "true", g->items, g->handovers, messages(l), under_way(l),
           (unsigned long long)l->receipts);
    for (int i = 0; i < 2; i++) {
        printf("%s{\"side\":", i ? "," : "");
        json_say(stdout, l->name[i]);
        printf(",\"events\":%llu,\"root\":\"%s\",\"heads_witnessed\":%llu}", (unsigned long long)l->log[i].events,
               hash_text(&l->log[i].root, root), (unsigned long long)l->witnessed[i]);
    }
    printf("],\"differences\":[");
    json_findings(l);
    printf("],\"%s\":[", ask->who ? "who" : "ledger");
    for (size_t i = 0; i < g->items; i++) {
        if (ask->who ? strcmp(g->item[i]->id, ask->who) != 0 : ask->quiet) continue;
        fputs(comma, stdout);
        if (ask->who)
            json_who(l, g->item[i], ask);
        else
            json_item(l, g->item[i]);
        comma = ",";
    }
    puts("]}");
}
int ledger_say(const Link *l, const Ledger *g, const Ask *ask) {
    size_t found = 0;
    for (size_t i = 0; ask->who && i < g->items; i++)
        found += strcmp(g->item[i]->id, ask->who) == 0 && at_time(g->item[i], ask->at_ms) != NULL;
    if (ask->json)
        say_json(l, g, ask);
    else
        say_text(l, g, ask, found);
    if (fflush(stdout) != 0) return STATUS_ENVIRONMENT;
    return l->found.all || (ask->who && !found) ? STATUS_NO : STATUS_YES;
}
