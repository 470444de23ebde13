// Reconciliation at work: after each shift both sides tell the hash of their lines (LEDGER); when the hashes differ,
// the lines themselves, page by page; what differs is listed on both sides, and settled when both have told the same
// decision. Everything is a LINK event; a shift as it is now is a row of its own, from which a restart goes on.
#include "base/field_def.h"
#include "peer_internal.h"
#include "peer_shift.h"
#include "wire/wire_bind.h"

#define SHIFTS_MAX 64   // kept in memory, the newest; rows of older ones stay for people
#define BEHIND_MAX 16   // shifts told after a long time alone
#define LISTED_MAX 500  // differences of a shift listed one by one: the rest is counted
#define RETRY_MS   1000 // while what was said is not acknowledged
#define SHIFT_STATES(X)                                                                                                \
    X(SHIFT_WAITING, "waiting")                                                                                        \
    X(SHIFT_RECONCILED, "reconciled") X(SHIFT_DIFFERS, "differs") X(SHIFT_SETTLED, "settled")
typedef enum {
#define X(sym, word) sym,
    SHIFT_STATES(X)
#undef X
} ShiftState;
#define X(sym, word) word,
static const char *const state_list[] = {SHIFT_STATES(X)};
#undef X
static const Names state_names = {state_list, ARRAY_LEN(state_list)};
#define NOTE_ROOM (CUSTODY_NOTE_MAX + 1)
typedef char Hex[CUSTODY_HEX_MAX + 1];
typedef struct {
    int64_t from, until, decided, other_decided;
    uint8_t state;
    bool told, heard, pages_told, listed;
    uint32_t lines, other_lines, differences;
    Hex hash, other_hash, differences_hash, decision, other_decision;
    char note[NOTE_ROOM], other_note[NOTE_ROOM];
    Buf pages; // of the other side, until they are whole
    uint32_t pages_n;
    int64_t mark; // number of the last message made before it is told; 0: not looked at yet
} Shift;
struct PeerShifts {
    Shift shift[SHIFTS_MAX]; // by `from`
    uint32_t n;
    int64_t length_ms, wait_ms, first, up_ms, next_ms; // first: the first shift that this side tells by itself
    bool down;
};

PeerShifts *peer_shifts_new(int64_t length_ms) {
    PeerShifts *s = calloc(1, sizeof *s);
    CK_ASSERT(s != NULL);
    s->length_ms = length_ms ? length_ms : PEER_SHIFT_MS;
    s->wait_ms = MIN(PEER_SHIFT_WAIT_MS, s->length_ms / 8);
    return s;
}
static void forget(PeerShifts *s) {
    for (uint32_t i = 0; i < s->n; i++) buf_deinit(&s->shift[i].pages);
    s->n = 0;
}
void peer_shifts_free(PeerShifts *s) {
    forget(s);
    free(s);
}
int64_t peer_shifts_next(const PeerShifts *s) {
    return s->next_ms;
}
void peer_shifts_link(PeerShifts *s, bool down, int64_t now_ms) {
    s->down = down;
    if (!down) s->up_ms = now_ms;
}
static Shift *find(PeerShifts *s, int64_t from) {
    for (uint32_t i = 0; i < s->n; i++)
        if (s->shift[i].from == from) return &s->shift[i];
    return NULL;
}
static Shift *make(PeerShifts *s, int64_t from) { // NULL: older than all that are kept
    uint32_t at = s->n;
    while (at > 0 && s->shift[at - 1].from > from) at--;
    if (s->n == SHIFTS_MAX && at == 0) return NULL;
    if (s->n == SHIFTS_MAX) {
        buf_deinit(&s->shift[0].pages);
        memmove(s->shift, s->shift + 1, --s->n * sizeof *s->shift), at--;
    }
    memmove(s->shift + at + 1, s->shift + at, (s->n - at) * sizeof *s->shift);
    s->n++;
    s->shift[at] = (Shift){.from = from, .until = from + s->length_ms};
    buf_init(&s->shift[at].pages, (size_t)PEER_SHIFT_PAGES * CUSTODY_PATH_MAX);
    return &s->shift[at];
}

// ---- its row
typedef struct {
    Str hash, other_hash, differences_hash, decision, other_decision, note, other_note;
    int64_t from, until, decided, other_decided;
    uint8_t state;
    bool told, heard, pages_told, listed;
    uint32_t lines, other_lines, differences;
} DocShift;
static const Field doc_rows[] = {
    {"state", FIELD_ENUM, 0, offsetof(DocShift, state), &state_names},
    F(DocShift, from, FIELD_TIME),
    F(DocShift, until, FIELD_TIME),
    F(DocShift, told, FIELD_BOOL),
    F(DocShift, heard, FIELD_BOOL),
    F(DocShift, pages_told, FIELD_BOOL),
    F(DocShift, listed, FIELD_BOOL),
    F(DocShift, lines, FIELD_U32),
    F(DocShift, hash, FIELD_STR),
    F(DocShift, other_lines, FIELD_U32),
    F(DocShift, other_hash, FIELD_STR),
    F(DocShift, differences, FIELD_U32),
    F(DocShift, differences_hash, FIELD_STR),
    F(DocShift, decision, FIELD_STR),
    F(DocShift, decided, FIELD_TIME),
    F(DocShift, note, FIELD_STR),
    F(DocShift, other_decision, FIELD_STR),
    F(DocShift, other_decided, FIELD_TIME),
    F(DocShift, other_note, FIELD_STR),
};
static const FieldTable doc_table = TABLE(DocShift, "shift", doc_rows);
static void write_row(Buf *b, const Shift *x) {
    DocShift d = {.hash = str_c(x->hash),
                  .other_hash = str_c(x->other_hash),
                  .differences_hash = str_c(x->differences_hash),
                  .decision = str_c(x->decision),
                  .other_decision = str_c(x->other_decision),
                  .note = str_c(x->note),
                  .other_note = str_c(x->other_note),
                  .from = x->from,
                  .until = x->until,
                  .decided = x->decided,
                  .other_decided = x->other_decided,
                  .state = x->state,
                  .told = x->told,
                  .heard = x->heard,
                  .pages_told = x->pages_told,
                  .listed = x->listed,
                  .lines = x->lines,
                  .other_lines = x->other_lines,
                  .differences = x->differences};
    json_open(b, '{');
    if (!x->state) json_key(b, "state"), json_c(b, state_list[SHIFT_WAITING]); // field_write leaves out what is zero
    field_write(b, &doc_table, &d, NULL);
    json_close(b, '}');
}
static bool text_in(Str s, char *to, size_t room) {
    if (s.n >= room) return false;
    if (s.n) memcpy(to, s.p, s.n);
    to[s.n] = 0;
    return true;
}
static bool read_row(PeerShifts *s, Str json, Arena *a) {
    Json *j;
    Str what;
    DocShift d;
    BindProblems *bad = arena_alloc(a, sizeof *bad);
    if (!bad || wire_parse_json(json, 4, a, &j, &what) || wire_bind(j, &doc_table, NULL, a, &d, bad)) return false;
    Shift *x = make(s, d.from);
    if (!x) return true;
    x->until = d.until, x->decided = d.decided, x->other_decided = d.other_decided, x->state = d.state;
    x->told = d.told, x->heard = d.heard, x->pages_told = d.pages_told, x->listed = d.listed;
    x->lines = d.lines, x->other_lines = d.other_lines, x->differences = d.differences;
    return text_in(d.hash, x->hash, sizeof x->hash) && text_in(d.other_hash, x->other_hash, sizeof x->other_hash) &&
           text_in(d.differences_hash, x->differences_hash, sizeof x->differences_hash) &&
           text_in(d.decision, x->decision, sizeof x->decision) &&
           text_in(d.other_decision, x->other_decision, sizeof x->other_decision) &&
           text_in(d.note, x->note, NOTE_ROOM) && text_in(d.other_note, x->other_note, NOTE_ROOM);
}
static InLink about(Input *in, const char *act, char id[PEER_SHIFT_ID + 1], const Shift *x, int64_t now_ms) {
    *in = (Input){.t_ms = now_ms, .kind = IN_LINK, .role = ROLE_SYSTEM, .actor = STR("link")};
    peer_shift_id(x->from, id);
    return (InLink){.act = str_c(act), .shift = {id, PEER_SHIFT_ID}};
}
static Err keep(Peer *p, const Shift *x, const char *act, bool alarm, Str page, int64_t now_ms) {
    Input in;
    char id[PEER_SHIFT_ID + 1];
    Buf row;
    InLink k = about(&in, act, id, x, now_ms);
    buf_init(&row, 8192);
    write_row(&row, x);
    k.shift_record = buf_view(&row), k.shift_page = page, k.alarm = alarm, k.listed = x->listed;
    in.u.link = k;
    Err e = peer_submit(p, &in, NULL);
    buf_deinit(&row);
    return e;
}

// ---- after a restart
typedef struct {
    PeerShifts *s;
    Shift *shift;
    Arena a;
    bool bad;
} Load;
static bool load_one(void *ctx, const StoreResource *r) {
    Load *l = ctx;
    arena_reset(&l->a);
    l->bad = !read_row(l->s, r->body, &l->a);
    return !l->bad;
}
static bool load_page(void *ctx, const StoreResource *r) {
    Load *l = ctx;
    buf_str(&l->shift->pages, r->body);
    l->shift->pages_n++;
    return true;
}
Err peer_shifts_load(Peer *p) {
    PeerShifts *s = p->shifts;
    Load l = {.s = s};
    char kind[64];
    forget(s);
    s->first = s->next_ms = 0;
    arena_init(&l.a, 256u << 10);
    Err e = store_each_resource(ledger_store(p->ledger), STR("shift"), load_one, &l);
    for (uint32_t i = 0; i < s->n && !e; i++) {
        char id[PEER_SHIFT_ID + 1];
        l.shift = &s->shift[i];
        peer_shift_id(l.shift->from, id);
        int n = snprintf(kind, sizeof kind, "shift_page %s", id);
        if (!l.shift->listed) e = store_each_resource(ledger_store(p->ledger), (Str){kind, (size_t)n}, load_page, &l);
        if (l.shift->told) s->first = MAX(s->first, l.shift->until);
    }
    arena_deinit(&l.a);
    return e ? e : l.bad ? ERR_CORRUPT : OK;
}

// ---- telling
static bool agreed(const Peer *p, CustodyMsg kind, int64_t now_ms) {
    int32_t v = custody_version_at(p->side.agreement, now_ms);
    return v >= 0 && p->side.agreement->version[v].listed[p->side.me][kind];
}
static void lines_of(const Peer *p, const Shift *x, Buf *lines, uint32_t *ret_n, Hex ret_hash) {
    buf_init(lines, (size_t)PEER_SHIFT_PAGES * CUSTODY_PATH_MAX);
    *ret_n = peer_shift_lines(&p->side, x->from, x->until, lines);
    peer_shift_hash(&p->side, buf_view(lines), ret_hash);
}
static Err tell(Peer *p, Shift *x, int64_t now_ms) {
    CustodyReason why = REASON_NONE;
    Buf lines;
    uint32_t n;
    Hex hash;
    lines_of(p, x, &lines, &n, hash);
    buf_deinit(&lines);
    CustodyBody say = {.from = x->from, .until = x->until, .upto = n, .hash = str_c(hash)};
    Err e = peer_tell(p, MSG_LEDGER, &say, 0, now_ms, &why);
    if (e || why) return e;
    x->told = true, x->lines = n;
    memcpy(x->hash, hash, sizeof hash);
    return keep(p, x, "shift told", false, STR_EMPTY, now_ms);
}
static Err tell_pages(Peer *p, Shift *x, int64_t now_ms) {
    CustodyReason why = REASON_NONE;
    Buf lines;
    Err e = OK;
    lines_of(p, x, &lines, &x->lines, x->hash);
    Str rest = buf_view(&lines);
    for (Str page = peer_shift_page(&rest); page.n && !e && !why; page = peer_shift_page(&rest)) {
        CustodyBody say = {.from = x->from, .until = x->until, .upto = x->lines, .hash = str_c(x->hash), .proof = page};
        e = peer_tell(p, MSG_LEDGER, &say, 0, now_ms, &why);
    }
    buf_deinit(&lines);
    x->pages_told = !why;
    return e ? e : keep(p, x, "lines told", false, STR_EMPTY, now_ms);
}

// ---- what differs
typedef struct {
    Peer *p;
    Shift *x;
    Buf all; // what is hashed
    int64_t now_ms;
    Err err;
} Listing;
static void says(Buf *b, const char *who, Str text) {
    json_key(b, who);
    if (text.n)
        json_str(b, text);
    else
        json_raw(b, STR("null"));
}
static bool one_difference(void *ctx, const PeerShiftDiffers *d) {
    Listing *l = ctx;
    Input in;
    char id[PEER_SHIFT_ID + 1];
    Buf b;
    peer_shift_differs_line(&l->all, l->p->side.me, d);
    if (++l->x->differences > LISTED_MAX || d->key.n > CUSTODY_KEY_MAX || !utf8_valid(d->other)) return true;
    InLink k = about(&in, "difference", id, l->x, l->now_ms);
    buf_init(&b, 16384);
    json_open(&b, '{');
    json_key(&b, "handover"), json_str(&b, d->key);
    says(&b, "own", d->own), says(&b, "other_side", d->other);
    peer_shift_messages(ledger_store(l->p->ledger), d->key, &b);
    json_close(&b, '}');
    k.handover = d->key, k.difference = buf_view(&b);
    in.u.link = k;
    l->err = peer_submit(l->p, &in, NULL);
    buf_deinit(&b);
    return !l->err;
}
static Err list(Peer *p, Shift *x, int64_t now_ms) {
    Listing l = {.p = p, .x = x, .now_ms = now_ms};
    Buf lines;
    lines_of(p, x, &lines, &x->lines, x->hash);
    buf_init(&l.all, 2 * lines.ceiling);
    x->differences = 0;
    peer_shift_compare(buf_view(&lines), buf_view(&x->pages), one_difference, &l);
    if (x->differences) peer_shift_hash(&p->side, buf_view(&l.all), x->differences_hash);
    buf_deinit(&lines), buf_deinit(&l.all), buf_clear(&x->pages);
    if (l.err) return l.err;
    x->listed = true, x->pages_n = 0;
    x->state = x->differences ? SHIFT_DIFFERS : SHIFT_RECONCILED;
    return keep(p, x, x->differences ? "differences listed" : "reconciled", false, STR_EMPTY, now_ms);
}
static bool whole(const Peer *p, const Shift *x) { // all that the other side has to tell is here
    Hex hash;
    peer_shift_hash(&p->side, buf_view(&x->pages), hash);
    return strcmp(hash, x->other_hash) == 0;
}
// What follows from where the shift is. Comparing looks at the lines as they are now: what came in since they were told
// is no difference.
static Err go_on(Peer *p, Shift *x, int64_t now_ms) {
    Err e = OK;
    if (!x->told || !x->heard || x->state == SHIFT_SETTLED || x->listed) return OK;
    if (x->state == SHIFT_WAITING) {
        Buf lines;
        uint32_t n;
        Hex hash;
        lines_of(p, x, &lines, &n, hash);
        buf_deinit(&lines);
        bool same = strcmp(hash, x->other_hash) == 0 && !x->pages_n;
        x->state = same ? SHIFT_RECONCILED : SHIFT_DIFFERS;
        e = keep(p, x, state_list[x->state], !same, STR_EMPTY, now_ms);
    }
    if (x->state == SHIFT_RECONCILED && !x->pages_n) return e;
    if (!e && !x->pages_told) e = tell_pages(p, x, now_ms);
    return e || !whole(p, x) ? e : list(p, x, now_ms);
}

// ---- when
static bool may_tell(Peer *p, Shift *x, int64_t now_ms) {
    PeerShifts *s = p->shifts;
    if (s->down || now_ms < x->until + s->wait_ms || now_ms < s->up_ms + s->wait_ms) return false;
    if (!x->mark) x->mark = p->side.link.out_seq;
    return p->side.link.out_acked >= x->mark; // the other side has what this one said of the shift
}
// A crossing may be signed long after it happened, when the consent was late: then its shift, which agreed without it,
// is told again with the next one.
static Err tell_again(Peer *p, int64_t now_ms) {
    PeerShifts *s = p->shifts;
    Err e = OK;
    for (uint32_t i = s->n > BEHIND_MAX ? s->n - BEHIND_MAX : 0; i < s->n && !e; i++) {
        Shift *x = &s->shift[i];
        Buf lines;
        uint32_t n;
        Hex hash;
        if (!x->told || x->state != SHIFT_RECONCILED || x->listed) continue;
        lines_of(p, x, &lines, &n, hash);
        buf_deinit(&lines);
        if (strcmp(hash, x->hash) != 0) e = tell(p, x, now_ms);
    }
    return e;
}
Err peer_shifts_run(Peer *p, int64_t now_ms) {
    PeerShifts *s = p->shifts;
    int64_t current = peer_shift_begin(now_ms, s->length_ms);
    Err e = OK;
    if (!s->first) s->first = current;
    s->first = MAX(s->first, current - BEHIND_MAX * s->length_ms);
    for (int64_t from = s->first; from < current; from += s->length_ms)
        if (!find(s, from)) (void)make(s, from);
    s->first = current;
    s->next_ms = current + s->wait_ms > now_ms ? current + s->wait_ms : current + s->length_ms;
    for (uint32_t i = 0; i < s->n && !e && !p->err; i++) {
        Shift *x = &s->shift[i];
        if (x->told || x->until > now_ms || !agreed(p, MSG_LEDGER, now_ms)) continue;
        if (may_tell(p, x, now_ms)) e = tell(p, x, now_ms);
        if (!e && x->told) e = tell_again(p, now_ms);
        if (!e && x->told) e = go_on(p, x, now_ms);
        if (!x->told && now_ms >= x->until + s->wait_ms) s->next_ms = now_ms + RETRY_MS;
    }
    return e ? e : p->err;
}

// ---- heard
static Err hear_ledger(Peer *p, const CustodyBody *b, int64_t now_ms) {
    PeerShifts *s = p->shifts;
    bool fits = b->from > 0 && b->from == peer_shift_begin(b->from, s->length_ms) && b->until == b->from + s->length_ms;
    if (!fits || b->from > now_ms || b->upto > UINT32_MAX) return peer_refused(p, REASON_FIELD_VALUE, now_ms);
    Shift *x = find(s, b->from);
    if (!x) x = make(s, b->from);
    if (!x || x->listed || x->state == SHIFT_SETTLED || x->pages_n == PEER_SHIFT_PAGES)
        return OK; // kept in the journal
    x->heard = true, x->other_lines = (uint32_t)b->upto;
    CK_ASSERT(text_in(b->hash, x->other_hash, sizeof x->other_hash));
    if (b->proof.n) buf_str(&x->pages, b->proof), x->pages_n++;
    if (!b->proof.n && x->state == SHIFT_RECONCILED) x->state = SHIFT_WAITING; // told again: something came late
    Err e = keep(p, x, b->proof.n ? "lines heard" : "shift heard", false, b->proof, now_ms);
    if (!b->proof.n) s->next_ms = 0; // it may be this side's turn
    return e ? e : go_on(p, x, now_ms);
}
static Err settle(Peer *p, Shift *x, int64_t now_ms) {
    bool both = x->listed && x->state == SHIFT_DIFFERS && strcmp(x->decision, x->differences_hash) == 0 &&
                strcmp(x->other_decision, x->differences_hash) == 0;
    if (!both) return OK;
    x->state = SHIFT_SETTLED;
    return keep(p, x, "settled", false, STR_EMPTY, now_ms);
}
static Shift *named(PeerShifts *s, Str id) {
    for (uint32_t i = 0; i < s->n; i++) {
        char own[PEER_SHIFT_ID + 1];
        peer_shift_id(s->shift[i].from, own);
        if (str_eq_c(id, own)) return &s->shift[i];
    }
    return NULL;
}
static Err hear_decision(Peer *p, const CustodyBody *b, int64_t now_ms) {
    Shift *x = named(p->shifts, b->reference);
    if (!x || x->state == SHIFT_SETTLED) return OK; // kept in the journal
    x->other_decided = b->at;
    CK_ASSERT(text_in(b->hash, x->other_decision, sizeof x->other_decision));
    if (!text_in(b->note, x->other_note, NOTE_ROOM)) x->other_note[0] = 0;
    Err e = keep(p, x, "decision heard", false, STR_EMPTY, now_ms);
    return e ? e : settle(p, x, now_ms);
}
Err peer_shifts_hear(Peer *p, CustodyMsg kind, const CustodyBody *b, int64_t now_ms) {
    if (p->err) return p->err;
    return kind == MSG_LEDGER ? hear_ledger(p, b, now_ms) : hear_decision(p, b, now_ms);
}

// ---- decided here
const char *peer_shift_decide(Peer *p, Str id, Str hash, Str note, int64_t now_ms, Err *ret) {
    Shift *x = named(p->shifts, id);
    CustodyBody say = {.reference = id, .hash = hash, .note = note, .at = now_ms};
    *ret = OK;
    if (!x) return "shift_unknown";
    if (x->state != SHIFT_DIFFERS || !x->listed) return "nothing_to_decide";
    if (!str_eq_c(hash, x->differences_hash)) return "other_differences";
    CustodyReason why = custody_side_tell(&p->side, MSG_DECISION, &say, now_ms);
    *ret = p->err;
    if (p->err || why) return CustodyReason_names.names[why];
    x->decided = now_ms;
    CK_ASSERT(text_in(hash, x->decision, sizeof x->decision) && text_in(note, x->note, NOTE_ROOM));
    *ret = keep(p, x, "decided", false, STR_EMPTY, now_ms);
    if (!*ret) *ret = settle(p, x, now_ms);
    return NULL;
}
