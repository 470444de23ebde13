#include "partner_internal.h"
#include "base/field_def.h"
#include "wire/wire_bind.h"

typedef struct {
    uint8_t kind;
    Str from, to, reference;
    int64_t at;
    const CustodyBody *body;
} Form;
static const Field form_rows[] = {
    FE(Form, kind, CustodyMsg_names), F(Form, from, FIELD_STR), F(Form, to, FIELD_STR),
    F(Form, reference, FIELD_STR),    F(Form, at, FIELD_TIME),  FO(Form, body, custody_body_table),
};
static const FieldTable form_table = TABLE(Form, "partner message", form_rows);

Err partner_json_read(Str text, Arena *a, PartnerMessage *ret, Str *ret_what) {
    Json *j;
    Form f = {0};
    *ret = (PartnerMessage){.kind = MSG_NONE};
    if (text.n > PARTNER_TEXT_MAX)
        return partner_say(a, ret_what, ERR_LIMIT, "it has more than %d bytes -> send one message", PARTNER_TEXT_MAX);
    Err e = wire_parse_json(text, 8, a, &j, ret_what);
    if (e) return e;
    BindProblems *bp = arena_alloc(a, sizeof *bp);
    if (!bp) return partner_say(a, ret_what, ERR_LIMIT, "there is no room to read it -> send less at once");
    if (j->type != JN_OBJECT)
        return partner_say(a, ret_what, ERR_PARSE, "it is no JSON object -> write {\"kind\":...}");
    e = wire_bind(j, &form_table, NULL, a, &f, bp);
    if (e && bp->n == 0) return partner_say(a, ret_what, e, "there is no room to read it -> send less at once");
    if (e)
        return partner_say(a, ret_what, e, STR_F ": " STR_F " -> see docs/partner.md", STR_A(bp->p[0].pointer),
                           STR_A(bp->p[0].what));
    *ret =
        (PartnerMessage){.kind = (CustodyMsg)f.kind, .from = f.from, .to = f.to, .reference = f.reference, .at = f.at};
    if (f.body) ret->body = *f.body;
    return OK;
}
void partner_json_write(Buf *b, const PartnerMessage *m) {
    Form f = {(uint8_t)m->kind, m->from, m->to, m->reference, m->at, &m->body};
    json_open(b, '{');
    field_write(b, &form_table, &f, NULL);
    json_close(b, '}');
}
