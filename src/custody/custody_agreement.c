#include "custody_agreement.h"
#include "base/field_def.h"
#include "wire/wire_bind.h"

typedef struct {
    uint8_t kind;
    Str direction, purpose;
    StrList fields;
} DocMessage;
typedef struct {
    Str task, as, direction, clause;
} DocRecognised;
typedef struct {
    Str version, source;
    int64_t from, until;
    uint32_t skew_s, ttl_s, answer_within_s, cross_within_s, close_within_s, retention_days, weight_permille;
    List messages, recognised;
} DocVersion;
typedef struct {
    Str schema, agreement, source;
    StrList sides;
    List versions;
} DocAgreement;

static const Field message_rows[] = {
    {"kind", FIELD_ENUM, 0, offsetof(DocMessage, kind), &CustodyMsg_names},
    F(DocMessage, direction, FIELD_STR),
    F(DocMessage, purpose, FIELD_STR),
    F(DocMessage, fields, FIELD_STRS),
};
static const FieldTable message_table = TABLE(DocMessage, "message", message_rows);
static const Field recognised_rows[] = {F(DocRecognised, task, FIELD_STR), F(DocRecognised, as, FIELD_STR),
                                        F(DocRecognised, direction, FIELD_STR), F(DocRecognised, clause, FIELD_STR)};
static const FieldTable recognised_table = TABLE(DocRecognised, "recognised", recognised_rows);
static const Field version_rows[] = {
    F(DocVersion, version, FIELD_STR),
    F(DocVersion, source, FIELD_STR),
    F(DocVersion, from, FIELD_TIME),
    F(DocVersion, until, FIELD_TIME),
    F(DocVersion, skew_s, FIELD_U32),
    F(DocVersion, ttl_s, FIELD_U32),
    F(DocVersion, answer_within_s, FIELD_U32),
    F(DocVersion, cross_within_s, FIELD_U32),
    F(DocVersion, close_within_s, FIELD_U32),
    F(DocVersion, retention_days, FIELD_U32),
    F(DocVersion, weight_permille, FIELD_U32),
    FL(DocVersion, messages, message_table),
    FL(DocVersion, recognised, recognised_table),
};
static const FieldTable version_table = TABLE(DocVersion, "version", version_rows);
static const Field agreement_rows[] = {
    FN(DocAgreement, schema, "$schema", FIELD_STR),
    F(DocAgreement, agreement, FIELD_STR),
    F(DocAgreement, source, FIELD_STR),
    F(DocAgreement, sides, FIELD_STRS),
    FL(DocAgreement, versions, version_table),
};
static const FieldTable agreement_table = TABLE(DocAgreement, "agreement", agreement_rows);

typedef struct {
    Arena *a;
    Str *what;
} Read;
static Err wrong(Read *r, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static Err wrong(Read *r, const char *fmt, ...) {
    char text[200];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    *r->what = arena_str(r->a, (Str){text, MIN((size_t)n, sizeof text - 1)});
    return ERR_INVALID;
}
static bool put_text(char *to, size_t most, Str s) {
    if (s.n == 0 || s.n > most) return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || (c == '-' && i > 0) || c == '.')) return false;
    }
    memcpy(to, s.p, s.n);
    to[s.n] = 0;
    return true;
}
static Err read_fields(Read *r, const DocMessage *m, uint32_t *ret) {
    const char *name = CustodyMsg_names.names[m->kind];
    uint32_t bits = 0, known = custody_needs((CustodyMsg)m->kind) | custody_may((CustodyMsg)m->kind);
    for (uint32_t i = 0; i < m->fields.n; i++) {
        uint32_t f = 0;
        while (f < CF_COUNT && !str_eq_c(m->fields.items[i], custody_body_table.fields[f].name)) f++;
        if (f == CF_COUNT || !(known & CUSTODY_BIT(f)))
            return wrong(r, "%s: the protocol has no field " STR_F, name, STR_A(m->fields.items[i]));
        if (bits & CUSTODY_BIT(f)) return wrong(r, "%s: " STR_F " stands twice", name, STR_A(m->fields.items[i]));
        bits |= CUSTODY_BIT(f);
    }
    uint32_t missing = custody_needs((CustodyMsg)m->kind) & ~bits;
    if (missing) return wrong(r, "%s needs %s", name, custody_body_table.fields[__builtin_ctz(missing)].name);
    *ret = bits;
    return OK;
}
static Err read_message(Read *r, const Agreement *ag, const DocMessage *m, CustodyTerms *t) {
    uint32_t bits = 0;
    const char *name = CustodyMsg_names.names[m->kind];
    if (!m->kind || m->kind == MSG_RECEIPT) return wrong(r, "a message without a kind that can be agreed on");
    if (!m->purpose.n) return wrong(r, "%s: no purpose", name);
    Err e = read_fields(r, m, &bits);
    if (e) return e;
    bool any = false;
    for (uint32_t s = 0; s < 2; s++) {
        if (!str_eq_c(m->direction, "both") && !str_eq_c(m->direction, ag->side[s])) continue;
        if (t->listed[s][m->kind]) return wrong(r, "%s from %s is listed twice", name, ag->side[s]);
        t->listed[s][m->kind] = any = true;
        t->fields[s][m->kind] = bits;
    }
    return any ? OK : wrong(r, "%s: direction is both, or the side that sends it", name);
}
static bool span(uint32_t s, int64_t *ret_ms) {
    *ret_ms = (int64_t)s * SECOND_MS;
    return s >= 1 && s <= 40 * 86400;
}
static bool one_line(char *to, size_t most, Str s) {
    if (s.n == 0 || s.n > most) return false;
    for (size_t i = 0; i < s.n; i++)
        if ((uint8_t)s.p[i] < ' ') return false;
    memcpy(to, s.p, s.n);
    to[s.n] = 0;
    return true;
}
static Err read_recognised(Read *r, const Agreement *ag, const DocRecognised *d, CustodyTerms *t) {
    CustodyRecognised *x = &t->recognised[t->recognised_n];
    for (uint32_t s = 0; s < 2; s++)
        x->sender[s] = str_eq_c(d->direction, "both") || str_eq_c(d->direction, ag->side[s]);
    if (!x->sender[0] && !x->sender[1]) return wrong(r, "recognised: direction is both, or the side that inspects");
    if (!one_line(x->task, CUSTODY_WORD_MAX, d->task) || memchr(x->task, ' ', strlen(x->task)))
        return wrong(r, "recognised: task is a word of at most %d bytes", CUSTODY_WORD_MAX);
    if (!one_line(x->as, CUSTODY_WORD_MAX, d->as) || memchr(x->as, ' ', strlen(x->as)))
        return wrong(r, "recognised %s: as is a word of at most %d bytes", x->task, CUSTODY_WORD_MAX);
    if (!one_line(x->clause, CUSTODY_CLAUSE_MAX, d->clause))
        return wrong(r, "recognised %s: clause says in one line of at most %d bytes what it rests on", x->task,
                     CUSTODY_CLAUSE_MAX);
    t->recognised_n++;
    return OK;
}
static Err read_version(Read *r, Agreement *ag, const DocVersion *d) {
    CustodyTerms *t = &ag->version[ag->versions];
    if (!put_text(t->version, CUSTODY_VERSION_TEXT, d->version)) return wrong(r, "a version's name");
    if (custody_version_find(ag, d->version) >= 0) return wrong(r, "version %s stands twice", t->version);
    t->from_ms = d->from, t->until_ms = d->until, t->retention_days = d->retention_days;
    t->weight_permille = d->weight_permille;
    if (d->from <= 0 || d->until <= d->from) return wrong(r, "version %s: from and until", t->version);
    if (!span(d->skew_s, &t->skew_ms) || !span(d->ttl_s, &t->ttl_ms) ||
        !span(d->answer_within_s, &t->answer_within_ms) || !span(d->cross_within_s, &t->cross_within_ms) ||
        !span(d->close_within_s, &t->close_within_ms) || d->cross_within_s < d->answer_within_s)
        return wrong(r, "version %s: a time is missing or out of range", t->version);
    if (!d->retention_days || d->retention_days > 36500 || d->weight_permille > 1000)
        return wrong(r, "version %s: retention or tolerance", t->version);
    for (uint32_t i = 0; i < d->messages.n; i++) {
        Err e = read_message(r, ag, (const DocMessage *)d->messages.items + i, t);
        if (e) return e;
    }
    if (d->recognised.n > CUSTODY_RECOGNISED_MAX)
        return wrong(r, "version %s: at most %d recognised inspections", t->version, CUSTODY_RECOGNISED_MAX);
    for (uint32_t i = 0; i < d->recognised.n; i++) {
        Err e = read_recognised(r, ag, (const DocRecognised *)d->recognised.items + i, t);
        if (e) return e;
    }
    for (uint32_t s = 0; s < 2; s++) // a hand-over that may begin must be able to end, in either direction
        for (uint32_t m = 1; m < MSG_RECEIPT; m++)
            if (!t->listed[s][m])
                return wrong(r, "version %s: %s cannot send %s", t->version, ag->side[s], CustodyMsg_names.names[m]);
    ag->versions++;
    return OK;
}
Err custody_agreement_parse(Str json, Arena *a, Agreement *ret, Str *ret_what) {
    Json *j;
    DocAgreement d;
    Read r = {a, ret_what};
    *ret_what = STR_EMPTY;
    BindProblems *bp = arena_alloc(a, sizeof *bp);
    Agreement *ag = arena_alloc(a, sizeof *ag);
    if (!bp || !ag) return ERR_LIMIT;
    Err e = wire_parse_json(json, 8, a, &j, ret_what);
    if (e) return e;
    e = wire_bind(j, &agreement_table, NULL, a, &d, bp);
    if (e == ERR_INVALID) return wrong(&r, STR_F ": " STR_F, STR_A(bp->p[0].pointer), STR_A(bp->p[0].what));
    if (e) return e;
    if (!put_text(ag->name, CUSTODY_NAME_MAX, d.agreement)) return wrong(&r, "the agreement's name");
    if (d.sides.n != 2 || !put_text(ag->side[0], CUSTODY_SIDE_MAX, d.sides.items[0]) ||
        !put_text(ag->side[1], CUSTODY_SIDE_MAX, d.sides.items[1]) || strcmp(ag->side[0], ag->side[1]) == 0)
        return wrong(&r, "two sides are needed, of at most %d letters, digits, hyphens", CUSTODY_SIDE_MAX);
    if (d.versions.n < 1 || d.versions.n > CUSTODY_VERSIONS_MAX)
        return wrong(&r, "from 1 to %d versions", CUSTODY_VERSIONS_MAX);
    for (uint32_t i = 0; i < d.versions.n; i++)
        if ((e = read_version(&r, ag, (const DocVersion *)d.versions.items + i)) != OK) return e;
    *ret = *ag;
    return OK;
}
int32_t custody_version_find(const Agreement *ag, Str version) {
    for (uint32_t i = 0; i < ag->versions; i++)
        if (str_eq_c(version, ag->version[i].version)) return (int32_t)i;
    return -1;
}
bool custody_in_force(const Agreement *ag, uint32_t i, int64_t t_ms) {
    CK_ASSERT(i < ag->versions);
    return t_ms >= ag->version[i].from_ms && t_ms < ag->version[i].until_ms;
}
int32_t custody_version_at(const Agreement *ag, int64_t t_ms) {
    int32_t best = -1;
    for (uint32_t i = 0; i < ag->versions; i++)
        if (custody_in_force(ag, i, t_ms) && (best < 0 || ag->version[i].from_ms > ag->version[best].from_ms))
            best = (int32_t)i;
    return best;
}
CustodyReason custody_allowed(const Agreement *ag, uint32_t version, uint32_t sender, CustodyMsg kind,
                              uint32_t fields) {
    CK_ASSERT(version < ag->versions && sender < 2 && kind < MSG_COUNT);
    if (kind != MSG_RECEIPT && !ag->version[version].listed[sender][kind]) return REASON_KIND;
    uint32_t allowed =
        kind == MSG_RECEIPT ? custody_needs(kind) | custody_may(kind) : ag->version[version].fields[sender][kind];
    if (fields & ~allowed) return REASON_FIELD;
    return custody_needs(kind) & ~fields ? REASON_FIELD_MISSING : REASON_NONE;
}

const CustodyRecognised *custody_recognised(const CustodyTerms *t, uint32_t sender, Str task, Str as) {
    for (uint32_t i = 0; i < t->recognised_n; i++) {
        const CustodyRecognised *x = &t->recognised[i];
        if (x->sender[sender] && (!task.n || str_eq_c(task, x->task)) && (!as.n || str_eq_c(as, x->as))) return x;
    }
    return NULL;
}
void custody_terms_text(Buf *b, const Agreement *ag, uint32_t version) {
    CK_ASSERT(version < ag->versions);
    const CustodyTerms *t = &ag->version[version];
    char from[ISO8601_LEN + 1], until[ISO8601_LEN + 1];
    iso8601_format(t->from_ms, from), iso8601_format(t->until_ms, until);
    buf_printf(b, "agreement %s\nversion %s\nfrom %s\nuntil %s\n", ag->name, t->version, from, until);
    const struct {
        const char *name;
        int64_t v;
    } numbers[] = {{"skew_s", t->skew_ms / SECOND_MS},
                   {"ttl_s", t->ttl_ms / SECOND_MS},
                   {"answer_within_s", t->answer_within_ms / SECOND_MS},
                   {"cross_within_s", t->cross_within_ms / SECOND_MS},
                   {"close_within_s", t->close_within_ms / SECOND_MS},
                   {"retention_days", t->retention_days},
                   {"weight_permille", t->weight_permille}};
    for (size_t i = 0; i < ARRAY_LEN(numbers); i++)
        buf_printf(b, "%s %lld\n", numbers[i].name, (long long)numbers[i].v);
    for (uint32_t s = 0; s < 2; s++)
        for (uint32_t m = 1; m < MSG_COUNT; m++) {
            if (!t->listed[s][m]) continue;
            buf_printf(b, "%s %s", ag->side[s], CustodyMsg_names.names[m]);
            for (uint32_t f = 0; f < CF_COUNT; f++)
                if (t->fields[s][m] & CUSTODY_BIT(f)) buf_printf(b, " %s", custody_body_table.fields[f].name);
            buf_char(b, '\n');
        }
    for (uint32_t i = 0; i < t->recognised_n; i++)
        for (uint32_t s = 0; s < 2; s++)
            if (t->recognised[i].sender[s])
                buf_printf(b, "%s recognised %s as %s by %s\n", ag->side[s], t->recognised[i].task, t->recognised[i].as,
                           t->recognised[i].clause);
}
