// WCO Data Model 3.6, response/notification (RES): urn:wco:datamodel:WCO:RES-DMS:2, with the goods' part of the
// declaration (urn:wco:datamodel:WCO:DEC-DMS:2) where the hand-over's item, seal or mass is said. All messages of a
// hand-over can be said in it; an IGV cannot, the model knows no such means of transport.
#include "partner_internal.h"
#include "wire/wire_xml.h"

// Response/FunctionCode is UN/EDIFACT 1225. Status/NameCode is agreed between the two sides, an..3: three kinds share
// one function.
#define ITEM_OF_IT B(item_kind) | B(item) | B(weight_kg) | B(seal)
static const PartnerRow rows[] = {
    {MSG_OFFER, B(handover) | B(item_kind) | B(item) | B(answer_by) | B(cross_by) | B(terms),
     B(weight_kg) | B(seal) | B(evidence) | B(note), "16 proposal, OFR"},
    {MSG_ACCEPT, B(handover), B(consent) | B(note), "29 accepted without amendment, ACC"},
    {MSG_REJECT, B(handover) | B(reason), B(note), "27 not accepted, REJ"},
    {MSG_WITHDRAW, B(handover) | B(reason), B(note), "50 withdraw, WDR"},
    {MSG_WITHDRAWN, B(handover), B(note), "6 confirmation, WDN"},
    {MSG_REVOKE, B(handover) | B(reason), B(note), "13 request, RVK"},
    {MSG_CROSSED, B(handover) | B(at), ITEM_OF_IT | B(consent) | B(evidence) | B(note), "8 status, OUT"},
    {MSG_RECEIVED, B(handover) | B(at), ITEM_OF_IT | B(differences) | B(ocr) | B(evidence) | B(note), "8 status, IN"},
    {MSG_RETURN, B(handover) | B(at) | B(reason), ITEM_OF_IT | B(consent) | B(evidence) | B(note), "8 status, RTN"},
    {MSG_CLOSED, B(handover), B(note), "47 definitive, CLS"},
    {MSG_DISPUTE, B(handover) | B(reason), B(evidence) | B(note), "23 transaction on hold, DSP"},
    {MSG_SETTLE, B(handover) | B(note), B(evidence), "52 proposed amendment, STL"},
    {MSG_REFUSED, B(reason), B(handover) | B(refused), "12 not processed, RFD"},
};
// The row's code is "FUNCTION words, NAME".
static Str function_of(const PartnerRow *row) {
    return (Str){row->code, strcspn(row->code, " ")};
}
static Str name_of(const PartnerRow *row) {
    return str_c(strstr(row->code, ", ") + 2);
}

// What has no element of its own is AdditionalInformation under StatementTypeCode (an..3).
static const struct {
    const char *code;
    size_t offset;
    bool is_time;
} statements[] = {
    {"TO", offsetof(PartnerMessage, to), false},
    {"TRM", offsetof(PartnerMessage, body.terms), false},
    {"CON", offsetof(PartnerMessage, body.consent), false},
    {"EVI", offsetof(PartnerMessage, body.evidence), false},
    {"OCR", offsetof(PartnerMessage, body.ocr), false},
    {"REF", offsetof(PartnerMessage, body.refused), false},
    {"AAI", offsetof(PartnerMessage, body.note), false},
    {"ANS", offsetof(PartnerMessage, body.answer_by), true},
    {"CRS", offsetof(PartnerMessage, body.cross_by), true},
};
// Where a difference is: classes of the model from the declaration (42A) down to the seal, and the element's number.
static const struct {
    const char *sections[5], *tag;
} pointers[DIFFERENCE_COUNT] = {
    [DIFFERS_WEIGHT] = {{"42A"}, "131"},
    [DIFFERS_SEAL] = {{"42A", "67A", "28A", "31B", "44B"}, "165"},
    [DIFFERS_OCR] = {{"42A", "67A", "28A", "31B"}, "159"},
    [DIFFERS_NOT_SEEN] = {{"42A", "67A", "28A", "31B"}, NULL},
};
static const char *const difference_texts[DIFFERENCE_COUNT] = {
    [DIFFERS_WEIGHT] = "the mass that was weighed differs from what was said",
    [DIFFERS_SEAL] = "the seal differs from what was said",
    [DIFFERS_OCR] = "the number that was read differs from what was said",
    [DIFFERS_NOT_SEEN] = "the item was not seen",
};

// ---- encode
static void element(Buf *b, const char *name, Str text) {
    buf_printf(b, "<%s>", name);
    wire_xml_put(b, text);
    buf_printf(b, "</%s>", name);
}
static void put_time(Buf *b, const char *name, int64_t t_ms) {
    char t[EDI_TIME_MAX];
    edi_time_format(t_ms, t);
    buf_printf(b, "<%s><ds:DateTimeString formatCode=\"304\">%.14sZ</ds:DateTimeString></%s>", name, t, name);
}
static void put_statements(Buf *b, const PartnerMessage *m) {
    for (uint32_t i = 0; i < ARRAY_LEN(statements); i++) {
        const char *at = (const char *)m + statements[i].offset;
        int64_t t = statements[i].is_time ? *(const int64_t *)(const void *)at : 0;
        Str s = statements[i].is_time ? STR_EMPTY : *(const Str *)(const void *)at;
        if (t == 0 && s.n == 0) continue;
        buf_c(b, "<AdditionalInformation>");
        if (s.n) element(b, "StatementDescription", s);
        if (t) put_time(b, "LimitDateTime", t);
        element(b, "StatementTypeCode", str_c(statements[i].code));
        buf_c(b, "</AdditionalInformation>\n");
    }
}
static void put_errors(Buf *b, const CustodyBody *y) {
    if (y->reason) {
        buf_c(b, "<Error>");
        element(b, "Description", str_c(custody_reason_text((CustodyReason)y->reason)));
        element(b, "ValidationCode", str_c(partner_reason_code((CustodyReason)y->reason)));
        buf_c(b, "</Error>\n");
    }
    for (uint32_t d = 0; d < DIFFERENCE_COUNT; d++) {
        if (!(y->differences & CUSTODY_BIT(d))) continue;
        buf_c(b, "<Error>");
        element(b, "Description", str_c(difference_texts[d]));
        element(b, "ValidationCode", str_c(partner_difference_code((CustodyDifference)d)));
        for (uint32_t i = 0; i < 5 && pointers[d].sections[i]; i++) {
            bool last = i == 4 || !pointers[d].sections[i + 1];
            buf_c(b, "<Pointer>");
            element(b, "DocumentSectionCode", str_c(pointers[d].sections[i]));
            if (last && pointers[d].tag) element(b, "TagID", str_c(pointers[d].tag));
            buf_c(b, "</Pointer>");
        }
        buf_c(b, "</Error>\n");
    }
}
// Type of identification of a means of transport: 30 the registration of a road vehicle, 31 of a road trailer.
static void put_goods(Buf *b, const CustodyBody *y) {
    bool box = y->item_kind == ITEM_CONTAINER;
    if (!y->item_kind && !y->weight_kg && !y->seal.n) return;
    buf_c(b, "<dec:Declaration><dec:FunctionCode>9</dec:FunctionCode>");
    if (y->weight_kg)
        buf_printf(b, "<dec:TotalGrossMassMeasure unitCode=\"KGM\">%u</dec:TotalGrossMassMeasure>", y->weight_kg);
    if (y->item_kind && !box) {
        buf_c(b, "<dec:BorderTransportMeans>");
        element(b, "dec:ID", y->item);
        element(b, "dec:IdentificationTypeCode", y->item_kind == ITEM_TRUCK ? STR("30") : STR("31"));
        buf_c(b, "</dec:BorderTransportMeans>");
    }
    if (box || y->seal.n) {
        buf_c(
            b,
            "<dec:GoodsShipment><dec:Consignment><dec:TransportEquipment><dec:SequenceNumeric>1</dec:SequenceNumeric>");
        if (box) element(b, "dec:ID", y->item);
        if (y->seal.n) {
            buf_c(b, "<dec:Seal><dec:SequenceNumeric>1</dec:SequenceNumeric>");
            element(b, "dec:ID", y->seal);
            buf_c(b, "</dec:Seal>");
        }
        buf_c(b, "</dec:TransportEquipment></dec:Consignment></dec:GoodsShipment>");
    }
    buf_c(b, "</dec:Declaration>\n");
}
static Err encode(const PartnerMessage *m, Arena *a, Buf *b, Str *ret_what) {
    (void)a, (void)ret_what;
    const PartnerRow *row = partner_row(&partner_wco, m->kind);
    buf_c(b, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
             "<md:MetaData xmlns:md=\"urn:wco:datamodel:WCO:DocumentMetaData-DMS:2\">"
             "<md:WCODataModelVersionCode>3.6</md:WCODataModelVersionCode><md:WCOTypeName>RES</md:WCOTypeName>");
    element(b, "md:ResponsibleAgencyName", m->from);
    buf_c(b,
          "\n<Response xmlns=\"urn:wco:datamodel:WCO:RES-DMS:2\" xmlns:ds=\"urn:wco:datamodel:WCO:Response_DS:DMS:2\""
          " xmlns:dec=\"urn:wco:datamodel:WCO:DEC-DMS:2\">\n");
    element(b, "FunctionCode", function_of(row));
    element(b, "FunctionalReferenceID", m->reference);
    put_time(b, "IssueDateTime", m->at);
    buf_char(b, '\n');
    put_statements(b, m);
    put_errors(b, &m->body);
    buf_c(b, "<Status>");
    if (m->body.at) put_time(b, "EffectiveDateTime", m->body.at);
    element(b, "NameCode", name_of(row));
    buf_c(b, "</Status>\n<Declaration>");
    if (m->body.handover.n) element(b, "FunctionalReferenceID", m->body.handover);
    buf_c(b, "</Declaration>\n");
    put_goods(b, &m->body);
    buf_c(b, "</Response>\n</md:MetaData>\n");
    return OK;
}

// ---- decode
typedef struct {
    Arena *a;
    Str *what;
    PartnerMessage *m;
} Read;
static Err fail(Read *r, Err e, XmlNode *n, const char *why) {
    return partner_say(r->a, r->what, e, "line %u (%s): %s", wire_xml_line(n), (const char *)n->name, why);
}
// The one element of this name; NULL when absent. What comes twice is not chosen from.
static Err only(Read *r, XmlNode *parent, const char *name, XmlNode **ret) {
    *ret = wire_xml_child(parent, name);
    XmlNode *second = *ret ? wire_xml_next((*ret)->next, name) : NULL;
    return second ? fail(r, ERR_PARSE, second, "the same is said twice -> say it once") : OK;
}
// Text of it into *field, kept beyond the document. An empty element says nothing: many senders write all they know.
static Err take(Read *r, XmlNode *n, Str *field) {
    Str s = wire_xml_text(n);
    if (s.n == 0) return OK;
    if (field->n) return fail(r, ERR_PARSE, n, "the same is said twice -> say it once");
    *field = arena_str(r->a, s);
    return field->p ? OK : fail(r, ERR_LIMIT, n, "there is no room to read it -> send less at once");
}
static Err take_only(Read *r, XmlNode *parent, const char *name, Str *field) {
    XmlNode *n;
    Err e = only(r, parent, name, &n);
    return e ? e : take(r, n, field);
}
static Err take_time(Read *r, XmlNode *parent, const char *name, int64_t *ret) {
    XmlNode *n, *text;
    Err e = only(r, parent, name, &n);
    if (e || !n) return e;
    if ((e = only(r, n, "DateTimeString", &text))) return e;
    if (*ret) return fail(r, ERR_PARSE, n, "the same is said twice -> say it once");
    if (!text || !str_eq_c(wire_xml_attribute(text, "formatCode"), "304") ||
        !edi_time_parse(wire_xml_text(text), ret) || *ret <= 0)
        return fail(r, ERR_PARSE, n,
                    "not a time with its zone -> write CCYYMMDDHHMMSS, Z or +07 behind it, formatCode 304");
    return OK;
}
static Err read_statement(Read *r, XmlNode *n) {
    Str code = wire_xml_child_text(n, "StatementTypeCode");
    for (uint32_t i = 0; i < ARRAY_LEN(statements); i++) {
        if (!str_eq_c(code, statements[i].code)) continue;
        void *at = (char *)r->m + statements[i].offset;
        return statements[i].is_time ? take_time(r, n, "LimitDateTime", at)
                                     : take_only(r, n, "StatementDescription", at);
    }
    return OK; // of other processes of the sender
}
static Err read_error(Read *r, XmlNode *n) {
    CustodyDifference d;
    Str code = wire_xml_child_text(n, "ValidationCode"), tag = STR_EMPTY;
    if (!code.n) return fail(r, ERR_PARSE, n, "it has no ValidationCode -> give the code of the reason");
    uint8_t reason;
    if (partner_reason_find(code, &reason)) {
        if (r->m->body.reason) return fail(r, ERR_PARSE, n, "a second reason -> give one");
        r->m->body.reason = reason;
        return OK;
    }
    for (XmlNode *p = wire_xml_child(n, "Pointer"); p; p = wire_xml_next(p->next, "Pointer"))
        if (wire_xml_child_text(p, "TagID").n) tag = wire_xml_child_text(p, "TagID");
    bool found = partner_difference_find(code, &d);
    for (uint32_t i = 0; !found && i < DIFFERENCE_COUNT; i++) // a code of the partner's own: what it points at counts
        if (pointers[i].tag && str_eq_c(tag, pointers[i].tag)) d = (CustodyDifference)i, found = true;
    if (!found)
        return fail(r, ERR_PARSE, n,
                    "neither code nor pointer are known -> use a code of docs/partner.md, or point at "
                    "131, 159 or 165");
    r->m->body.differences |= CUSTODY_BIT(d);
    return OK;
}
static Err read_vehicle(Read *r, XmlNode *declaration) {
    XmlNode *n;
    Err e = only(r, declaration, "BorderTransportMeans", &n);
    if (e || !n) return e;
    Str type = wire_xml_child_text(n, "IdentificationTypeCode");
    bool truck = str_eq_c(type, "30");
    if (!truck && !str_eq_c(type, "31"))
        return fail(r, ERR_NOT_FOUND, n, "neither a road vehicle (30) nor a road trailer (31) -> name one of these");
    r->m->body.item_kind = truck ? ITEM_TRUCK : ITEM_TRAILER;
    return take_only(r, n, "ID", &r->m->body.item);
}
static Err read_equipment(Read *r, XmlNode *declaration) {
    XmlNode *n, *box, *seal;
    Err e = only(r, declaration, "GoodsShipment", &n);
    if (!e) e = only(r, n, "Consignment", &n);
    if (!e) e = only(r, n, "TransportEquipment", &n);
    if (e || !n) return e;
    if ((e = only(r, n, "ID", &box))) return e;
    if (!wire_xml_text(box).n) box = NULL;
    if (box && r->m->body.item_kind)
        return fail(r, ERR_LIMIT, n, "a vehicle and a container -> say one item in a message");
    if (box) r->m->body.item_kind = ITEM_CONTAINER;
    if (!e && box) e = take(r, box, &r->m->body.item);
    if (!e) e = only(r, n, "Seal", &seal);
    return e || !seal ? e : take_only(r, seal, "ID", &r->m->body.seal);
}
static Err read_mass(Read *r, XmlNode *declaration) {
    XmlNode *n;
    Err e = only(r, declaration, "TotalGrossMassMeasure", &n);
    if (e || !n) return e;
    Str unit = wire_xml_attribute(n, "unitCode");
    if ((unit.n && !str_eq_c(unit, "KGM")) || !partner_kg(wire_xml_text(n), '.', &r->m->body.weight_kg))
        return fail(r, ERR_PARSE, n, "the gross mass is not in whole kilograms -> write KGM and digits");
    return OK;
}
static Err read_kind(Read *r, XmlNode *response) {
    XmlNode *status;
    Str function = wire_xml_child_text(response, "FunctionCode");
    Err e = only(r, response, "Status", &status);
    if (!e) e = take_time(r, status, "EffectiveDateTime", &r->m->body.at);
    if (e) return e;
    while (function.n > 1 && function.p[0] == '0') function.p++, function.n--; // n..2: some write "08"
    Str name = wire_xml_child_text(status, "NameCode");
    for (uint32_t i = 0; i < ARRAY_LEN(rows); i++)
        if (str_eq(name, name_of(&rows[i])) && str_eq(function, function_of(&rows[i]))) {
            r->m->kind = rows[i].kind;
            return OK;
        }
    return partner_say(
        r->a, r->what, ERR_NOT_FOUND,
        "Response: function \"%s\" with status \"%s\" is no message of a hand-over -> see docs/partner.md",
        partner_shown(r->a, function), partner_shown(r->a, name));
}
static Err read_response(Read *r, XmlNode *response) {
    Err e = take_only(r, response, "FunctionalReferenceID", &r->m->reference);
    if (!e) e = take_time(r, response, "IssueDateTime", &r->m->at);
    if (!e) e = read_kind(r, response);
    for (XmlNode *n = response->children; n && !e; n = n->next) {
        if (wire_xml_is(n, "AdditionalInformation")) e = read_statement(r, n);
        if (wire_xml_is(n, "Error")) e = read_error(r, n);
    }
    // The first is the answer's part, a second one the goods' part; senders that have only one say both in it.
    XmlNode *head = wire_xml_child(response, "Declaration");
    XmlNode *goods = head ? wire_xml_next(head->next, "Declaration") : NULL;
    if (!e && goods && wire_xml_next(goods->next, "Declaration"))
        e = fail(r, ERR_PARSE, goods, "more than two declarations -> send one response for each");
    if (!goods) goods = head;
    if (!e) e = take_only(r, head, "FunctionalReferenceID", &r->m->body.handover);
    if (!e) e = read_vehicle(r, goods);
    if (!e) e = read_equipment(r, goods);
    return e ? e : read_mass(r, goods);
}
static Err read_document(Read *r, XmlNode *root) {
    XmlNode *response = root;
    if (wire_xml_is(root, "MetaData")) {
        Err e = only(r, root, "Response", &response);
        if (!e) e = take_only(r, root, "ResponsibleAgencyName", &r->m->from);
        if (e) return e;
    }
    if (!response || !wire_xml_is(response, "Response"))
        return fail(r, ERR_NOT_FOUND, root, "there is no Response in it -> send a document of type RES");
    return read_response(r, response);
}
static Err decode(Str text, Arena *a, PartnerMessage *ret, Str *ret_what) {
    Read r = {a, ret_what, ret};
    WireXmlFault f;
    xmlDocPtr doc = wire_xml_parse(text, &f);
    if (!doc && f.problem == WIRE_XML_DOCTYPE)
        return partner_say(a, ret_what, ERR_PARSE, "DOCTYPE: document type definitions are refused -> leave it out");
    if (!doc && f.problem == WIRE_XML_DEEP)
        return partner_say(a, ret_what, ERR_LIMIT, "line %u: elements are nested too deeply -> send a WCO response",
                           f.line);
    if (!doc)
        return partner_say(a, ret_what, ERR_PARSE, "line %u: not well-formed XML, %s -> correct the XML there", f.line,
                           partner_shown(a, str_c(f.why)));
    Err e = read_document(&r, xmlDocGetRootElement(doc));
    xmlFreeDoc(doc);
    return e;
}

const PartnerAdapter partner_wco = {.name = "wco",
                                    .title = "WCO Response",
                                    .media_type = "application/xml",
                                    .rows = rows,
                                    .row_count = ARRAY_LEN(rows),
                                    .reference_max = PARTNER_REFERENCE_MAX,
                                    .item_kinds = ITEM(TRUCK) | ITEM(TRAILER) | ITEM(CONTAINER),
                                    .item_max = 17, // TransportEquipment/ID
                                    .encode = encode,
                                    .decode = decode};
