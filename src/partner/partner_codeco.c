// UN/EDIFACT CODECO, container gate-in/gate-out report, directory D.00B (segment groups 1, 4, 10). The partner is a
// terminal or a yard: it reports what went through its gate. A truck and an IGV are no equipment (8053 has no code for
// them); what is agreed before and after the gates is not said in it.
#include "partner_internal.h"

// Gate-in is 34 and gate-out 36 in BGM 1001, as the implementation guides of SMDG and ITIGG have it; the directory's
// own list gives these numbers other names. EQD 8249: 11 delivery, 12 redelivery.
#define GATE_IN    "34"
#define GATE_OUT   "36"
#define DELIVERY   "11"
#define REDELIVERY "12"
static const PartnerRow rows[] = {
    {MSG_CROSSED, B(handover) | B(item_kind) | B(item) | B(at),
     B(weight_kg) | B(seal) | B(consent) | B(evidence) | B(note), "gate-out: BGM 36, EQD 8249 = 11"},
    {MSG_RECEIVED, B(handover) | B(item_kind) | B(item) | B(at),
     B(differences) | B(weight_kg) | B(seal) | B(ocr) | B(evidence) | B(note), "gate-in: BGM 34, EQD 8249 = 11"},
    {MSG_RETURN, B(handover) | B(item_kind) | B(item) | B(at) | B(reason),
     B(weight_kg) | B(seal) | B(consent) | B(evidence) | B(note), "gate-out: BGM 36, EQD 8249 = 12"},
};

// ---- encode
static void write_equipment(EdiWriter *w, const PartnerMessage *m) {
    const CustodyBody *y = &m->body;
    char kg[12];
    edi_open(w, "EQD");
    edi_put(w, y->item_kind == ITEM_CONTAINER ? STR("CN") : STR("TE"));
    edi_put(w, y->item);
    edi_put(w, STR_EMPTY), edi_put(w, STR_EMPTY);
    edi_put(w, m->kind == MSG_RETURN ? STR(REDELIVERY) : STR(DELIVERY));
    edi_close(w);
    partner_edi_time(w, "7", y->at);
    if (y->weight_kg) {
        (void)snprintf(kg, sizeof kg, "%u", y->weight_kg);
        edi_open(w, "MEA");
        edi_put(w, STR("AAE")), edi_put(w, STR("G")), edi_put(w, STR("KGM")), edi_more(w, str_c(kg));
        edi_close(w);
    }
    if (y->seal.n) {
        edi_open(w, "SEL");
        edi_put(w, y->seal);
        edi_close(w);
    }
    if (y->reason) partner_edi_code(w, "ACD", partner_reason_code((CustodyReason)y->reason), STR_EMPTY);
    for (uint32_t d = 0; d < DIFFERENCE_COUNT; d++)
        if (y->differences & CUSTODY_BIT(d))
            partner_edi_code(w, "DAR", partner_difference_code((CustodyDifference)d), STR_EMPTY);
    partner_edi_texts(w, y);
}
static Err encode(const PartnerMessage *m, Arena *a, Buf *b, Str *ret_what) {
    (void)a, (void)ret_what;
    EdiWriter w;
    partner_edi_begin(&w, b, &(PartnerEdiHead){"CODECO", m->kind == MSG_RECEIVED ? GATE_IN : GATE_OUT, m});
    partner_edi_pair(&w, "RFF", "ABO", m->body.handover);
    edi_open(&w, "NAD"), edi_put(&w, STR("MS")), edi_put(&w, m->from), edi_close(&w);
    edi_open(&w, "NAD"), edi_put(&w, STR("MR")), edi_put(&w, m->to), edi_close(&w);
    write_equipment(&w, m);
    partner_edi_pair(&w, "CNT", "16", STR("1"));
    edi_end(&w);
    return OK;
}

// ---- decode
static Err read_equipment(PartnerEdi *r, const EdiSegment *s, Str *ret_status) {
    Str kind = edi_data(s, 0, 0);
    if (r->m->body.item_kind)
        return partner_edi_fail(r, ERR_LIMIT, s, "more than one piece of equipment -> send a report for each");
    if (str_eq_c(kind, "CN"))
        r->m->body.item_kind = ITEM_CONTAINER;
    else if (str_eq_c(kind, "TE"))
        r->m->body.item_kind = ITEM_TRAILER;
    else
        return partner_edi_fail(r, ERR_NOT_FOUND, s,
                                "neither a container (CN) nor a trailer (TE) -> report one of these");
    *ret_status = edi_data(s, 4, 0);
    return partner_edi_once(r, s, &r->m->body.item, edi_data(s, 1, 0));
}
static Err read_mass(PartnerEdi *r, const EdiSegment *s) {
    Str what = edi_data(s, 1, 0);
    if (!str_eq_c(what, "G") && !str_eq_c(what, "VGM")) return OK; // tare, net: not of the hand-over
    if (r->m->body.weight_kg) return partner_edi_fail(r, ERR_PARSE, s, "a second gross mass -> give one");
    if (!str_eq_c(edi_data(s, 2, 0), "KGM") || !partner_kg(edi_data(s, 2, 1), r->edi.decimal, &r->m->body.weight_kg))
        return partner_edi_fail(r, ERR_PARSE, s, "the gross mass is not in whole kilograms -> write KGM and digits");
    return OK;
}
static Err read_coded(PartnerEdi *r, const EdiSegment *s) {
    CustodyDifference d;
    Str subject = edi_data(s, 0, 0), code = edi_data(s, 2, 0);
    if (str_eq_c(subject, "ACD")) return partner_edi_reason(r, s, code);
    if (!str_eq_c(subject, "DAR") || !code.n) return OK;
    if (!partner_difference_find(code, &d))
        return partner_edi_fail(r, ERR_PARSE, s, "this difference is not known -> use WGT, SEA, OCR or NOT");
    r->m->body.differences |= CUSTODY_BIT(d);
    return OK;
}
static Err read_segment(PartnerEdi *r, const EdiSegment *s, Str *status) {
    bool taken;
    Err e = partner_edi_common(r, s, &taken);
    if (e || taken) return e;
    if (strcmp(s->tag, "EQD") == 0) return read_equipment(r, s, status);
    if (strcmp(s->tag, "MEA") == 0) return read_mass(r, s);
    if (strcmp(s->tag, "SEL") == 0) return partner_edi_once(r, s, &r->m->body.seal, edi_data(s, 0, 0));
    if (strcmp(s->tag, "FTX") == 0) return read_coded(r, s);
    if (strcmp(s->tag, "DTM") == 0 && str_eq_c(edi_data(s, 0, 0), "7")) return partner_edi_dtm(r, s, &r->m->body.at);
    if (!partner_edi_known(s,
                           "BGM DTM RFF TDT LOC NAD CTA COM GID HAN PIA SGP DGS TMD DIM PCD EQA COD DAM CNT TMP RNG"))
        return partner_edi_fail(r, ERR_PARSE, s, "a CODECO has no such segment -> leave it out");
    return OK;
}
static Err decode(Str text, Arena *a, PartnerMessage *ret, Str *ret_what) {
    PartnerEdi r = {.a = a, .what = ret_what, .m = ret};
    Str status = STR_EMPTY;
    Err e = partner_edi_open(&r, text, "CODECO");
    for (uint32_t i = 0; !e && i < r.msg->n; i++) e = read_segment(&r, &r.msg->segment[i], &status);
    if (e) return e;
    if (str_eq_c(r.document, GATE_IN))
        ret->kind = MSG_RECEIVED;
    else if (str_eq_c(r.document, GATE_OUT))
        ret->kind = str_eq_c(status, REDELIVERY) ? MSG_RETURN : MSG_CROSSED;
    else
        return partner_say(a, ret_what, ERR_NOT_FOUND, "BGM: neither a gate-in (34) nor a gate-out (36) -> send one");
    return OK;
}

const PartnerAdapter partner_codeco = {.name = "codeco",
                                       .title = "UN/EDIFACT CODECO",
                                       .media_type = "application/EDIFACT",
                                       .rows = rows,
                                       .row_count = ARRAY_LEN(rows),
                                       .reference_max = EDI_CONTROL_MAX,
                                       .item_kinds = ITEM(CONTAINER) | ITEM(TRAILER),
                                       .item_max = 17, // 8260
                                       .encode = encode,
                                       .decode = decode};
