#include "partner_internal.h"

static const PartnerAdapter *const adapters[] = {&partner_wco, &partner_codeco, &partner_cusres};

const PartnerAdapter *partner_at(uint32_t i) {
    return i < ARRAY_LEN(adapters) ? adapters[i] : NULL;
}
const PartnerAdapter *partner_find(Str name) {
    for (uint32_t i = 0; i < ARRAY_LEN(adapters); i++)
        if (str_eq_c(name, adapters[i]->name)) return adapters[i];
    return NULL;
}
const PartnerRow *partner_row(const PartnerAdapter *p, CustodyMsg kind) {
    for (uint32_t i = 0; i < p->row_count; i++)
        if (p->rows[i].kind == kind) return &p->rows[i];
    return NULL;
}
Err partner_say(Arena *a, Str *ret_what, Err e, const char *fmt, ...) {
    char text[400];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    Str s = arena_str(a, str_c(text));
    *ret_what = s.p ? s : STR("there is no room to read it -> send less at once");
    return e;
}
const char *partner_shown(Arena *a, Str s) {
    bool utf8 = utf8_valid(s);
    size_t n = MIN(s.n, (size_t)40);
    while (utf8 && n < s.n && n > 0 && (s.p[n] & 0xc0) == 0x80) n--; // no half character
    char *z = arena_alloc(a, n + 4);
    if (!z) return "...";
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)s.p[i];
        z[i] = c < 0x20 || c == 0x7f || (c >= 0x80 && !utf8) ? '?' : (char)c;
    }
    if (n < s.n) memcpy(z + n, "...", 3);
    return z;
}
bool partner_kg(Str s, char decimal, uint32_t *ret) {
    uint64_t kg = 0;
    size_t i = 0;
    for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9' && kg <= UINT32_MAX; i++) kg = kg * 10 + (uint64_t)(s.p[i] - '0');
    bool good = i > 0 && kg > 0 && kg <= UINT32_MAX && (i == s.n || s.p[i] == decimal);
    for (i += i < s.n; i < s.n; i++) good &= s.p[i] == '0';
    if (good) *ret = (uint32_t)kg;
    return good;
}

// ---- what every foreign message asks of a text and a time
#define X(name, type, T, most, more) {#name, type, most, offsetof(CustodyBody, name)},
static const struct {
    const char *name;
    FieldType type;
    uint32_t most;
    size_t offset;
} body_fields[] = {CUSTODY_FIELDS(X)};
#undef X
#define LAST_TIME_MS 253402300799000 // 9999-12-31T23:59:59Z: years have four digits

typedef struct {
    Arena *a;
    Str *what;
    const char *prefix; // "body."
} Check;
// Controls of C0 and C1 and the two that are no XML characters (XML 1.0 2.2): none of the foreign syntaxes carries
// them.
static bool printable(Str s) {
    for (size_t i = 0; i < s.n; i++) {
        const unsigned char *c = (const unsigned char *)s.p + i;
        if (*c < 0x20 || *c == 0x7f) return false;
        if (*c == 0xc2 && i + 1 < s.n && c[1] < 0xa0) return false;
        if (*c == 0xef && i + 2 < s.n && c[1] == 0xbf && c[2] >= 0xbe) return false;
    }
    return true;
}
static Err check_text(const Check *k, const char *name, Str s, size_t most) {
    if (s.n > most)
        return partner_say(k->a, k->what, ERR_INVALID, "%s%s: it has %zu bytes, at most %zu -> shorten it", k->prefix,
                           name, s.n, most);
    if (!utf8_valid(s) || !printable(s))
        return partner_say(k->a, k->what, ERR_INVALID,
                           "%s%s: it has control characters or broken ones -> write plain text on one line", k->prefix,
                           name);
    if (s.n && (s.p[0] == ' ' || s.p[s.n - 1] == ' '))
        return partner_say(k->a, k->what, ERR_INVALID, "%s%s: it begins or ends with a blank -> take the blank out",
                           k->prefix, name);
    return OK;
}
static Err check_time(const Check *k, const char *name, int64_t t_ms) {
    if (t_ms < 0 || t_ms > LAST_TIME_MS)
        return partner_say(k->a, k->what, ERR_INVALID, "%s%s: not a time of the years 1970 to 9999 -> correct it",
                           k->prefix, name);
    if (t_ms % SECOND_MS)
        return partner_say(k->a, k->what, ERR_INVALID,
                           "%s%s: the foreign format has whole seconds only -> give it without a fraction", k->prefix,
                           name);
    return OK;
}
static bool is_hash(Str s) {
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f'))) return false;
    return s.n == 0 || s.n == CUSTODY_HEX_MAX;
}
static Err check_body(const Check *k, const CustodyBody *body) {
    Err e = OK;
    for (uint32_t i = 0; i < CF_COUNT && !e; i++) {
        const char *p = (const char *)body + body_fields[i].offset, *name = body_fields[i].name;
        if (body_fields[i].type == FIELD_TIME) e = check_time(k, name, *(const int64_t *)(const void *)p);
        if (body_fields[i].type != FIELD_STR) continue;
        const Str *s = (const Str *)(const void *)p;
        e = check_text(k, name, *s, body_fields[i].most);
        if (!e && body_fields[i].most == CUSTODY_HEX_MAX && !is_hash(*s))
            e = partner_say(k->a, k->what, ERR_INVALID,
                            "%s%s: not a SHA-256 -> write 64 hexadecimal digits, lower case", k->prefix, name);
    }
    if (!e && body->cross_by && body->cross_by < body->answer_by)
        e = partner_say(k->a, k->what, ERR_INVALID,
                        "%scross_by: it is before answer_by -> let the crossing come behind the answer", k->prefix);
    return e;
}
static Err check_named(const Check *k, const char *name, Str s, size_t most) {
    if (s.n == 0) return partner_say(k->a, k->what, ERR_INVALID, "%s: it is missing -> give it", name);
    return check_text(k, name, s, most);
}

// ---- what this adapter can say
static Err check_fields(const PartnerAdapter *p, const PartnerRow *row, const Check *k, const CustodyBody *body) {
    uint32_t there = custody_fields_of(body);
    const char *kind = CustodyMsg_names.names[row->kind];
    for (uint32_t i = 0; i < CF_COUNT; i++) {
        if (row->needs & ~there & CUSTODY_BIT(i))
            return partner_say(k->a, k->what, ERR_INVALID, "body.%s: it is missing, %s as %s must have it -> %s",
                               body_fields[i].name, kind, p->title,
                               i == CF_item || i == CF_item_kind ? "fill it in from the hand-over" : "give it");
        if (there & ~(row->needs | row->may) & CUSTODY_BIT(i))
            return partner_say(k->a, k->what, ERR_NOT_FOUND,
                               "body.%s: %s has no place for it in %s -> leave it out, or say it over the link",
                               body_fields[i].name, p->title, kind);
    }
    if (!body->item.n != !body->item_kind)
        return partner_say(k->a, k->what, ERR_INVALID, "body.%s: item and item_kind go together -> give both",
                           body->item.n ? "item_kind" : "item");
    if (body->item_kind && !(p->item_kinds & CUSTODY_BIT(body->item_kind)))
        return partner_say(
            k->a, k->what, ERR_NOT_FOUND,
            "body.item_kind: %s has no word for %s -> hand it over by the link, or by the container on it", p->title,
            CustodyItem_names.names[body->item_kind]);
    if (body->item.n > p->item_max)
        return partner_say(k->a, k->what, ERR_NOT_FOUND,
                           "body.item: %s has room for %u bytes, not %zu -> use its registered number", p->title,
                           p->item_max, body->item.n);
    return OK;
}
static Err check_message(const PartnerAdapter *p, const PartnerMessage *m, Arena *a, Str *ret_what) {
    const Check top = {a, ret_what, ""}, inner = {a, ret_what, "body."};
    if (m->kind <= MSG_NONE || m->kind >= MSG_COUNT)
        return partner_say(a, ret_what, ERR_INVALID, "kind: it is missing -> give a kind of message of the hand-over");
    const PartnerRow *row = partner_row(p, m->kind);
    if (!row)
        return partner_say(a, ret_what, ERR_NOT_FOUND, "kind: %s cannot be said in %s -> say it over the link",
                           CustodyMsg_names.names[m->kind], p->title);
    Err e = check_named(&top, "from", m->from, PARTNER_NAME_MAX);
    if (!e) e = check_named(&top, "to", m->to, PARTNER_NAME_MAX);
    if (!e) e = check_named(&top, "reference", m->reference, p->reference_max);
    if (!e && m->at == 0)
        e = partner_say(a, ret_what, ERR_INVALID, "at: it is missing -> give the time of the message");
    if (!e) e = check_time(&top, "at", m->at);
    if (!e) e = check_body(&inner, &m->body);
    return e ? e : check_fields(p, row, &inner, &m->body);
}
Err partner_encode(const PartnerAdapter *p, const PartnerMessage *m, Arena *a, Buf *b, Str *ret_what) {
    Err e = check_message(p, m, a, ret_what);
    if (!e) e = p->encode(m, a, b, ret_what);
    if (!e && b->overflow)
        e = partner_say(a, ret_what, ERR_LIMIT, "the message is longer than its buffer -> shorten it");
    return e;
}
Err partner_decode(const PartnerAdapter *p, Str text, Arena *a, PartnerMessage *ret, Str *ret_what) {
    *ret = (PartnerMessage){.kind = MSG_NONE};
    if (text.n > PARTNER_TEXT_MAX)
        return partner_say(a, ret_what, ERR_LIMIT, "it has more than %d bytes -> send one message", PARTNER_TEXT_MAX);
    Err e = p->decode(text, a, ret, ret_what);
    return e ? e : check_message(p, ret, a, ret_what);
}

// ---- for docs and people
static void table_fields(Buf *b, uint32_t bits) {
    bool any = false;
    for (uint32_t i = 0; i < CF_COUNT; i++) {
        if (!(bits & CUSTODY_BIT(i))) continue;
        buf_printf(b, "%s%s", any ? ", " : "", body_fields[i].name);
        any = true;
    }
}
void partner_table(Buf *b, const PartnerAdapter *p) {
    buf_c(b, "| message | there | must have | may have | cannot be said |\n|---|---|---|---|---|\n");
    for (uint32_t k = 1; k <= MSG_RECEIPT; k++) { // notices are for the link alone
        const PartnerRow *row = partner_row(p, (CustodyMsg)k);
        uint32_t all = custody_needs((CustodyMsg)k) | custody_may((CustodyMsg)k);
        buf_printf(b, "| %s | %s | ", CustodyMsg_names.names[k], row ? row->code : "-");
        table_fields(b, row ? row->needs : 0);
        buf_c(b, " | ");
        table_fields(b, row ? row->may : 0);
        buf_c(b, " | ");
        if (row)
            table_fields(b, all & ~(row->needs | row->may));
        else
            buf_c(b, "the message");
        buf_c(b, " |\n");
    }
}
void partner_codes(Buf *b) {
    buf_c(b, "| code | reason | code | reason |\n|---|---|---|---|\n");
    const uint32_t rest = (REASON_COUNT - 1) / 2;
    for (uint32_t i = 1; i <= rest; i++)
        buf_printf(b, "| %s | %s | %s | %s |\n", partner_reason_code((CustodyReason)i), CustodyReason_names.names[i],
                   partner_reason_code((CustodyReason)(i + rest)), CustodyReason_names.names[i + rest]);
    if (REASON_COUNT % 2 == 0)
        buf_printf(b, "| | | %s | %s |\n", partner_reason_code((CustodyReason)(REASON_COUNT - 1)),
                   CustodyReason_names.names[REASON_COUNT - 1]);
    buf_c(b, "\n| code | difference |\n|---|---|\n");
    for (uint32_t i = 0; i < DIFFERENCE_COUNT; i++)
        buf_printf(b, "| %s | %s |\n", partner_difference_code((CustodyDifference)i), CustodyDifference_names.names[i]);
}
