// What CODECO and CUSRES have in common: directory D.00B is written; D.95B and D.96B are read too, of the segments used
// here they differ in lengths only.
#include "partner_internal.h"

// ---- writing
static bool ascii(Str s) {
    for (size_t i = 0; i < s.n; i++)
        if ((unsigned char)s.p[i] >= 0x80) return false;
    return true;
}
static bool wide(const PartnerMessage *m) {
    const CustodyBody *y = &m->body;
    return !(ascii(m->from) && ascii(m->to) && ascii(m->reference) && ascii(y->handover) && ascii(y->item) &&
             ascii(y->seal) && ascii(y->ocr) && ascii(y->note));
}
void partner_edi_pair(EdiWriter *w, const char *tag, const char *qualifier, Str value) {
    edi_open(w, tag);
    edi_put(w, str_c(qualifier));
    edi_more(w, value);
    edi_close(w);
}
void partner_edi_time(EdiWriter *w, const char *qualifier, int64_t t_ms) {
    char t[EDI_TIME_MAX];
    edi_time_format(t_ms, t);
    edi_open(w, "DTM");
    edi_put(w, str_c(qualifier));
    edi_more(w, str_c(t));
    edi_more(w, STR("304"));
    edi_close(w);
}
void partner_edi_code(EdiWriter *w, const char *subject, const char *code, Str text) {
    edi_open(w, "FTX");
    edi_put(w, str_c(subject));
    edi_put(w, STR_EMPTY);
    edi_put(w, str_c(code));
    if (*code) edi_more(w, STR_EMPTY), edi_more(w, STR("ZZZ")); // 3055: mutually defined
    edi_put(w, text);
    edi_close(w);
}
// A reference (1154) has 35 characters in D.00B, a hash 64: hashes go as free text under a code (C107).
static const struct {
    const char *code;
    size_t offset;
} coded[] = {{"CON", offsetof(CustodyBody, consent)},
             {"EVI", offsetof(CustodyBody, evidence)},
             {"OCR", offsetof(CustodyBody, ocr)},
             {"REF", offsetof(CustodyBody, refused)}};
void partner_edi_texts(EdiWriter *w, const CustodyBody *body) {
    for (uint32_t i = 0; i < ARRAY_LEN(coded); i++) {
        Str s = *(const Str *)(const void *)((const char *)body + coded[i].offset);
        if (s.n) partner_edi_code(w, "ZZZ", coded[i].code, s);
    }
    if (body->note.n) partner_edi_code(w, "AAI", "", body->note);
}
void partner_edi_begin(EdiWriter *w, Buf *b, const PartnerEdiHead *h) {
    const PartnerMessage *m = h->m;
    const EdiHeader head = {wide(m), m->from, m->to, m->reference, m->at, h->type, "00B"};
    edi_begin(w, b, &head);
    edi_open(w, "BGM");
    edi_put(w, str_c(h->document));
    edi_put(w, m->reference);
    edi_put(w, STR("9"));
    edi_close(w);
    partner_edi_time(w, "137", m->at);
}

// ---- reading
Err partner_edi_fail(PartnerEdi *r, Err e, const EdiSegment *s, const char *why) {
    return partner_say(r->a, r->what, e, "segment %u (%s): %s", s->no, s->tag, why);
}
bool partner_edi_known(const EdiSegment *s, const char *tags) {
    return strstr(tags, s->tag) != NULL;
}
static Err read_bgm(PartnerEdi *r) {
    const EdiSegment *s = r->msg->n ? &r->msg->segment[0] : NULL;
    if (!s || strcmp(s->tag, "BGM") != 0)
        return partner_say(r->a, r->what, ERR_PARSE, "BGM: the message does not begin with it -> write it behind UNH");
    r->document = edi_data(s, 0, 0);
    Str function = edi_data(s, 2, 0);
    if (function.n && !str_eq_c(function, "9"))
        return partner_edi_fail(
            r, ERR_NOT_FOUND, s,
            "its function (1225) is not 9, an original: cancelling or replacing is not done by this "
            "message -> say it over the link or by telephone");
    return OK;
}
Err partner_edi_open(PartnerEdi *r, Str text, const char *type) {
    Err e = edi_read(text, r->a, &r->edi, r->what);
    if (e) return e;
    r->msg = r->edi.message;
    if (r->edi.n != 1)
        return partner_say(r->a, r->what, ERR_LIMIT, "there are %u messages in the interchange -> send them one by one",
                           r->edi.n);
    if (!str_eq_c(r->msg->type, type))
        return partner_say(r->a, r->what, ERR_NOT_FOUND, "UNH: the message is a %s, not a %s -> use another adapter",
                           partner_shown(r->a, r->msg->type), type);
    bool known =
        str_eq_c(r->msg->release, "00B") || str_eq_c(r->msg->release, "95B") || str_eq_c(r->msg->release, "96B");
    if (!str_eq_c(r->msg->version, "D") || !known || !str_eq_c(r->msg->agency, "UN"))
        return partner_say(r->a, r->what, ERR_INVALID,
                           "UNH: its directory is none of D.95B, D.96B, D.00B of UN -> write %s:D:00B:UN", type);
    if (r->edi.test)
        return partner_say(r->a, r->what, ERR_NOT_FOUND,
                           "UNB: it is marked as a test (0035) -> send it without the mark when it is meant");
    r->m->from = r->edi.sender, r->m->to = r->edi.recipient, r->m->reference = r->edi.control;
    return read_bgm(r);
}
Err partner_edi_once(PartnerEdi *r, const EdiSegment *s, Str *field, Str value) {
    if (value.n == 0) return partner_edi_fail(r, ERR_PARSE, s, "it is empty -> give its value or leave it out");
    if (field->n) return partner_edi_fail(r, ERR_PARSE, s, "the same is said twice -> say it once");
    *field = value;
    return OK;
}
Err partner_edi_dtm(PartnerEdi *r, const EdiSegment *s, int64_t *ret) {
    if (*ret) return partner_edi_fail(r, ERR_PARSE, s, "the same is said twice -> say it once");
    if (!str_eq_c(edi_data(s, 0, 2), "304") || !edi_time_parse(edi_data(s, 0, 1), ret) || *ret <= 0)
        return partner_edi_fail(r, ERR_PARSE, s,
                                "not a time with its zone -> write CCYYMMDDHHMMSS, UTC or +07 behind it, and 304");
    return OK;
}
Err partner_edi_reason(PartnerEdi *r, const EdiSegment *s, Str code) {
    if (r->m->body.reason) return partner_edi_fail(r, ERR_PARSE, s, "a second reason -> give one");
    if (!partner_reason_find(code, &r->m->body.reason))
        return partner_edi_fail(r, ERR_PARSE, s, "this reason is not known -> use a code of docs/partner.md");
    return OK;
}
static Str joined(PartnerEdi *r, const EdiSegment *s) { // lines of a text with one blank between
    Buf b;
    buf_init(&b, EDI_DATA_MAX * 5);
    for (uint32_t i = 0; i < 5; i++) {
        Str line = edi_data(s, 3, i);
        if (line.n && b.n) buf_char(&b, ' ');
        buf_str(&b, line);
    }
    Str all = arena_str(r->a, buf_view(&b));
    buf_deinit(&b);
    return all;
}
static Err read_ftx(PartnerEdi *r, const EdiSegment *s, bool *ret_taken) {
    Str subject = edi_data(s, 0, 0), code = edi_data(s, 2, 0);
    *ret_taken = true;
    if (str_eq_c(subject, "AAI") || str_eq_c(subject, "AAO")) // general information, description of an error
        return partner_edi_once(r, s, &r->m->body.note, joined(r, s));
    for (uint32_t i = 0; str_eq_c(subject, "ZZZ") && i < ARRAY_LEN(coded); i++)
        if (str_eq_c(code, coded[i].code))
            return partner_edi_once(r, s, (Str *)(void *)((char *)&r->m->body + coded[i].offset), joined(r, s));
    if (str_eq_c(subject, "ZZZ"))
        return partner_edi_fail(r, ERR_PARSE, s, "this code is not known -> use CON, EVI, OCR or REF");
    *ret_taken = false;
    return OK;
}
Err partner_edi_common(PartnerEdi *r, const EdiSegment *s, bool *ret_taken) {
    Str qualifier = edi_data(s, 0, 0);
    *ret_taken = true;
    if (strcmp(s->tag, "DTM") == 0 && str_eq_c(qualifier, "137")) return partner_edi_dtm(r, s, &r->m->at);
    if (strcmp(s->tag, "RFF") == 0 && str_eq_c(qualifier, "ABO"))
        return partner_edi_once(r, s, &r->m->body.handover, edi_data(s, 0, 1));
    if (strcmp(s->tag, "FTX") == 0) return read_ftx(r, s, ret_taken);
    *ret_taken = false;
    return OK;
}
