// UN/EDIFACT CUSRES, customs response, directory D.00B (segment groups 3 and 4). The partner is a customs office that
// answers an offer: accepted, rejected, held, released, or not understood. What moves is not said in it.
#include "partner_internal.h"

// GIS 7365: 1 message content accepted, 2 rejected with comment, 4 goods released, 7 goods detained, 14 error message.
// BGM 1001: 961 general response, 963 error response.
static const PartnerRow rows[] = {
    {MSG_ACCEPT, B(handover), B(consent) | B(note), "accepted: BGM 961, GIS 1"},
    {MSG_REJECT, B(handover) | B(reason), B(note), "rejected: BGM 961, GIS 2, ERC"},
    {MSG_CLOSED, B(handover), B(note), "released: BGM 961, GIS 4"},
    {MSG_DISPUTE, B(handover) | B(reason), B(evidence) | B(note), "held: BGM 961, GIS 7, ERC"},
    {MSG_REFUSED, B(reason), B(handover) | B(refused), "error: BGM 963, GIS 14, ERC"},
};
static const struct {
    CustodyMsg kind;
    const char *document, *indicator;
} codes[] = {{MSG_ACCEPT, "961", "1"},
             {MSG_REJECT, "961", "2"},
             {MSG_CLOSED, "961", "4"},
             {MSG_DISPUTE, "961", "7"},
             {MSG_REFUSED, "963", "14"}};

static Err encode(const PartnerMessage *m, Arena *a, Buf *b, Str *ret_what) {
    (void)a, (void)ret_what;
    EdiWriter w;
    uint32_t i = 0;
    while (codes[i].kind != m->kind) i++;
    partner_edi_begin(&w, b, &(PartnerEdiHead){"CUSRES", codes[i].document, m});
    partner_edi_texts(&w, &m->body);
    edi_open(&w, "GIS"), edi_put(&w, str_c(codes[i].indicator)), edi_close(&w);
    edi_open(&w, "NAD"), edi_put(&w, STR("MS")), edi_put(&w, m->from), edi_close(&w);
    edi_open(&w, "NAD"), edi_put(&w, STR("MR")), edi_put(&w, m->to), edi_close(&w);
    if (m->body.handover.n) partner_edi_pair(&w, "RFF", "ABO", m->body.handover);
    if (m->body.reason) {
        edi_open(&w, "ERP"), edi_put(&w, STR("1")), edi_close(&w); // 1049: the heading section
        edi_open(&w, "ERC");
        edi_put(&w, str_c(partner_reason_code((CustodyReason)m->body.reason)));
        edi_more(&w, STR_EMPTY), edi_more(&w, STR("ZZZ"));
        edi_close(&w);
    }
    edi_end(&w);
    return OK;
}

static Err read_segment(PartnerEdi *r, const EdiSegment *s, Str *indicator) {
    bool taken;
    Err e = partner_edi_common(r, s, &taken);
    if (e || taken) return e;
    if (strcmp(s->tag, "GIS") == 0) return partner_edi_once(r, s, indicator, edi_data(s, 0, 0));
    if (strcmp(s->tag, "ERC") == 0) return partner_edi_reason(r, s, edi_data(s, 0, 0));
    if (!partner_edi_known(s, "BGM DTM FTX TDT LOC EQD NAD CTA COM RFF ERP AUT CNT"))
        return partner_edi_fail(r, ERR_PARSE, s,
                                "this is not read in a CUSRES: it answers one hand-over -> leave it out");
    return OK;
}
static Err decode(Str text, Arena *a, PartnerMessage *ret, Str *ret_what) {
    PartnerEdi r = {.a = a, .what = ret_what, .m = ret};
    Str indicator = STR_EMPTY;
    Err e = partner_edi_open(&r, text, "CUSRES");
    for (uint32_t i = 0; !e && i < r.msg->n; i++) e = read_segment(&r, &r.msg->segment[i], &indicator);
    if (e) return e;
    for (uint32_t i = 0; i < ARRAY_LEN(codes); i++)
        if (str_eq_c(indicator, codes[i].indicator) && str_eq_c(r.document, codes[i].document))
            ret->kind = codes[i].kind;
    if (ret->kind == MSG_NONE)
        return partner_say(
            a, ret_what, ERR_NOT_FOUND,
            "GIS: \"%s\" under BGM \"%s\" is no answer to a hand-over -> use 1, 2, 4 or 7 under 961, or 14 "
            "under 963",
            partner_shown(a, indicator), partner_shown(a, r.document));
    return OK;
}

const PartnerAdapter partner_cusres = {.name = "cusres",
                                       .title = "UN/EDIFACT CUSRES",
                                       .media_type = "application/EDIFACT",
                                       .rows = rows,
                                       .row_count = ARRAY_LEN(rows),
                                       .reference_max = EDI_CONTROL_MAX,
                                       .encode = encode,
                                       .decode = decode};
