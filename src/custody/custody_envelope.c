#include "custody_side.h"
#include "base/field_def.h"
#include "wire/wire_bind.h"

typedef struct {
    Str key;
    int64_t issued, expires;
} Header;
typedef struct {
    Str from, to, agreement, version, prev, kind;
    int64_t seq;
} Core;
static const Field header_rows[] = {
    F(Header, key, FIELD_STR),
    F(Header, issued, FIELD_TIME),
    F(Header, expires, FIELD_TIME),
};
static const FieldTable header_table = TABLE(Header, "header", header_rows);
static const Field core_rows[] = {
    F(Core, from, FIELD_STR), F(Core, to, FIELD_STR),   F(Core, agreement, FIELD_STR), F(Core, version, FIELD_STR),
    F(Core, seq, FIELD_I64),  F(Core, prev, FIELD_STR), F(Core, kind, FIELD_STR),
};
static const FieldTable core_table = TABLE(Core, "core", core_rows);

static bool read_line(Str line, Arena *a, Json **ret) {
    Str what;
    return wire_parse_json(line, 4, a, ret, &what) == OK && (*ret)->type == JN_OBJECT;
}
static bool bind(const Json *j, const FieldTable *t, Arena *a, void *ret, BindProblems *bp) {
    return wire_bind(j, t, NULL, a, ret, bp) == OK;
}
static CustodyReason read_body(const Json *j, Arena *a, CustodyBody *ret, BindProblems *bp) {
    if (!j || j->type != JN_OBJECT) return REASON_FIELD_VALUE;
    for (const Json *m = j->first; m; m = m->next) {
        uint32_t f = 0;
        while (f < CF_COUNT && !str_eq_c(jn_key(m), custody_body_table.fields[f].name)) f++;
        if (f == CF_COUNT) return REASON_FIELD;
    }
    return bind(j, &custody_body_table, a, ret, bp) && custody_body_good(ret) ? REASON_NONE : REASON_FIELD_VALUE;
}
static bool good_text(Str s, size_t most) {
    return s.n > 0 && s.n <= most;
}
CustodyReason custody_envelope_read(Str bytes, Arena *a, CustodyEnvelope *ret) {
    Json *j;
    Header h;
    Core c;
    memset(ret, 0, sizeof *ret);
    if (bytes.n > CUSTODY_TEXT_MAX) return REASON_OVERSIZED;
    const char *end = bytes.n ? memchr(bytes.p, '\n', bytes.n) : NULL;
    BindProblems *bp = arena_alloc(a, sizeof *bp);
    if (!end || !bp) return REASON_MALFORMED;
    size_t first = (size_t)(end - bytes.p);
    ret->core = (Str){end + 1, bytes.n - first - 1};
    if (memchr(ret->core.p, '\n', ret->core.n)) return REASON_MALFORMED;
    if (!read_line((Str){bytes.p, first}, a, &j) || !bind(j, &header_table, a, &h, bp)) return REASON_MALFORMED;
    if (!read_line(ret->core, a, &j)) return REASON_MALFORMED;
    const Json *body = jn_get(j, "body");
    jn_take_out(j, "body");
    if (!bind(j, &core_table, a, &c, bp)) return REASON_MALFORMED;
    if (!good_text(h.key, CUSTODY_ID_MAX) || h.issued <= 0 || h.expires <= h.issued || c.seq < 0 ||
        !good_text(c.from, CUSTODY_SIDE_MAX) || !good_text(c.to, CUSTODY_SIDE_MAX) || !c.kind.n ||
        (c.prev.n != 0 && c.prev.n != CUSTODY_HEX_MAX) || c.agreement.n > CUSTODY_NAME_MAX ||
        c.version.n > CUSTODY_VERSION_TEXT)
        return REASON_MALFORMED;
    ret->key = h.key, ret->issued = h.issued, ret->expires = h.expires;
    ret->from = c.from, ret->to = c.to, ret->agreement = c.agreement, ret->version = c.version, ret->prev = c.prev;
    ret->seq = c.seq;
    for (uint32_t k = 1; k < MSG_COUNT; k++)
        if (str_eq_c(c.kind, CustodyMsg_names.names[k])) ret->kind = (uint8_t)k;
    ret->content = read_body(body, a, &ret->body, bp);
    if (!ret->kind) ret->content = REASON_KIND;
    return REASON_NONE;
}
void custody_envelope_core(Buf *b, const CustodyEnvelope *e) {
    CK_ASSERT(e->kind && e->kind < MSG_COUNT);
    Core c = {e->from, e->to, e->agreement, e->version, e->prev, str_c(CustodyMsg_names.names[e->kind]), e->seq};
    json_open(b, '{');
    field_write(b, &core_table, &c, NULL);
    json_key(b, "body"), json_open(b, '{');
    field_write(b, &custody_body_table, &e->body, NULL);
    json_close(b, '}'), json_close(b, '}');
}
void custody_envelope_write(Buf *b, Str key, int64_t issued_ms, int64_t expires_ms, Str core) {
    Header h = {key, issued_ms, expires_ms};
    json_open(b, '{');
    field_write(b, &header_table, &h, NULL);
    json_close(b, '}');
    buf_char(b, '\n');
    buf_str(b, core);
}
bool custody_unhex(Str hex, uint8_t *ret, size_t n) {
    if (hex.n != 2 * n) return false;
    for (size_t i = 0; i < 2 * n; i++) {
        char c = hex.p[i];
        int v = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
        if (v < 0) return false;
        ret[i / 2] = (uint8_t)(i % 2 ? ret[i / 2] << 4 | v : v);
    }
    return true;
}

void custody_frame_write(Buf *b, Str bytes, const uint8_t sig[CUSTODY_SIG_LEN]) {
    char hex[2 * CUSTODY_SIG_LEN + 1];
    custody_hex_n(sig, CUSTODY_SIG_LEN, hex);
    buf_put(b, hex, 2 * CUSTODY_SIG_LEN);
    buf_char(b, '\n');
    buf_str(b, bytes);
    buf_char(b, '\n');
}
static const char *line_end(Str s) {
    return s.n ? memchr(s.p, '\n', s.n) : NULL;
}
CustodyReason custody_frame_next(Str *rest, Str *ret_bytes, uint8_t ret_sig[CUSTODY_SIG_LEN]) {
    enum { SIG_LINE = 2 * CUSTODY_SIG_LEN + 1 };
    if (rest->n < SIG_LINE || rest->p[SIG_LINE - 1] != '\n') return REASON_MALFORMED;
    if (!custody_unhex((Str){rest->p, SIG_LINE - 1}, ret_sig, CUSTODY_SIG_LEN)) return REASON_MALFORMED;
    Str s = {rest->p + SIG_LINE, rest->n - SIG_LINE};
    const char *header = line_end(s), *core = NULL;
    if (header) core = line_end((Str){header + 1, s.n - (size_t)(header + 1 - s.p)});
    if (!core) return s.n > CUSTODY_TEXT_MAX ? REASON_OVERSIZED : REASON_MALFORMED;
    *ret_bytes = (Str){s.p, (size_t)(core - s.p)};
    if (ret_bytes->n > CUSTODY_TEXT_MAX) return REASON_OVERSIZED;
    *rest = (Str){core + 1, s.n - (size_t)(core + 1 - s.p)};
    return REASON_NONE;
}
