// The readers of cuakhau-verify over any bytes. The first byte says which: an export's rows (what is read must be
// inside of the line), a message of the link, a journal's object, a whole export and the ledger over it.
#include "../../verify/verify_link.h"

static void inside(Text t, Text line, const char *room, size_t room_n) {
    if (t.n == 0) return;
    bool in_line = t.p >= line.p && t.p + t.n <= line.p + line.n, in_room = t.p >= room && t.p + t.n <= room + room_n;
    if (!in_line && !in_room) abort();
}
static void rows(Text bytes) {
    Lines l;
    Text line;
    Row x;
    FILE *f = fmemopen((void *)(uintptr_t)bytes.p, bytes.n, "rb");
    if (!f) return;
    lines_from(&l, f, "fuzz");
    while (lines_next(&l, &line) == LINE_READ) {
        char *room = take_memory(line.n + 1, 1);
        if (!row_read(line, room, &x)) {
            Text all[] = {x.role, x.actor, x.kind, x.idem, x.body};
            for (size_t i = 0; i < COUNT_OF(all); i++) inside(all[i], line, room, line.n);
        }
        free(room);
    }
    lines_close(&l);
}
static void message(Text bytes) {
    Sha *s = sha_new();
    Message *m = take_memory(1, sizeof *m);
    const char *wrong = message_read(s, bytes, true, m);
    if (!wrong && (m->kind == KIND_RECEIPT) != (m->number == 0)) abort();
    message_free(m);
    m = take_memory(1, sizeof *m);
    (void)message_read(s, bytes, false, m);
    message_free(m);
    sha_free(s);
}
static void object(Text bytes) {
    static const char *const names[] = {"a", "b"};
    Text v[2], t;
    int64_t n;
    if (!scan_members(bytes, names, 2, v)) return;
    for (int i = 0; i < 2; i++) {
        if (!v[i].p) continue;
        inside(v[i], bytes, "", 0);
        char *room = take_memory(v[i].n + 1, 1);
        if (scan_text(v[i], room, &t) && t.n + 2 > v[i].n) abort(); // escapes only make it shorter
        if (scan_number(v[i], &n) && n < 0) abort();
        free(room);
    }
}
// One event after another whose bodies are the lines of the input: both journals the same, so that much is wrong.
static void ledger(Text bytes) {
    Link l = {.keys = 0};
    Ledger g = {.handovers = 0};
    Sha *s = sha_new();
    memcpy(l.name[0], "vn-hn", 6), memcpy(l.name[1], "cn-yyg", 7);
    for (int side = 0; side < 2; side++) {
        l.step[side] = take_memory(bytes.n + 1, sizeof *l.step[side]);
        const char *p = bytes.p, *end = bytes.p + bytes.n;
        while (p < end) {
            const char *stop = memchr(p, '\n', (size_t)(end - p));
            Text line = {p, (size_t)((stop ? stop : end) - p)};
            Step *x = &l.step[side][l.steps[side]];
            Message *m = take_memory(1, sizeof *m);
            p = stop ? stop + 1 : end;
            if (message_read(s, line, false, m)) {
                message_free(m);
                continue;
            }
            x->event = (int64_t)++l.steps[side], x->t_ms = 1000 * x->event;
            if (strcmp(m->from, l.name[side]) == 0)
                x->made = m, m->made_event = x->event, m->made_ms = x->t_ms;
            else
                x->heard = m, m->bytes = keep_text(line), m->bytes_n = line.n, m->heard_event = x->event,
                m->heard_ms = x->t_ms;
            l.message = grow(l.message, l.messages, &l.messages_cap, sizeof(Message *));
            l.message[l.messages++] = m;
        }
    }
    link_check(&l);
    heads_check(&l);
    ledger_replay(&l, &g);
    ledger_build(&l, &g);
    for (size_t i = 0; i < g.items; i++)
        for (size_t k = 1; k < g.item[i]->n; k++)
            if (g.item[i]->at[k].from_ms < g.item[i]->at[k - 1].from_ms) abort();
    ledger_free(&g);
    link_free(&l);
    sha_free(s);
}
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n);
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    if (n < 2) return 0;
    Text bytes = {(const char *)p + 1, n - 1};
    switch (p[0] & 3) {
    case 0: rows(bytes); break;
    case 1: message(bytes); break;
    case 2: object(bytes); break;
    default: ledger(bytes);
    }
    return 0;
}
