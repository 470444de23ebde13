// Each fault by its words: what is refused, where, why and what cures it.
#include "cm.h"
#include "partner/partner.h"

// ---- asked to say what cannot be said
#define HEAD "\"from\":\"vn-hn\",\"to\":\"cn-yyg\",\"reference\":\"17\",\"at\":\"2027-01-01T00:05:00Z\""
#define KEY  "\"handover\":\"vn-hn-17\""
#define BOX  "\"item_kind\":\"container\",\"item\":\"MSKU6011672\""
#define AT   "\"at\":\"2027-01-01T00:04:00Z\""
#define HASH "0101010101010101010101010101010101010101010101010101010101010101"

static const struct {
    const char *adapter, *json;
    Err err;
    const char *what;
} unsaid[] = {
    {"codeco", "{\"kind\":\"OFFER\"," HEAD ",\"body\":{" KEY "}}", ERR_NOT_FOUND,
     "kind: OFFER cannot be said in UN/EDIFACT CODECO -> say it over the link"},
    {"cusres", "{\"kind\":\"CROSSED\"," HEAD ",\"body\":{" KEY "," BOX "," AT "}}", ERR_NOT_FOUND,
     "kind: CROSSED cannot be said in UN/EDIFACT CUSRES -> say it over the link"},
    {"wco", "{\"kind\":\"RECEIPT\"," HEAD ",\"body\":{\"hash\":\"" HASH "\"}}", ERR_NOT_FOUND,
     "kind: RECEIPT cannot be said in WCO Response -> say it over the link"},
    {"codeco", "{\"kind\":\"CROSSED\"," HEAD ",\"body\":{" KEY "," BOX "," AT ",\"terms\":\"" HASH "\"}}",
     ERR_NOT_FOUND,
     "body.terms: UN/EDIFACT CODECO has no place for it in CROSSED -> leave it out, or say it over the link"},
    {"cusres", "{\"kind\":\"ACCEPT\"," HEAD ",\"body\":{" KEY ",\"weight_kg\":7}}", ERR_NOT_FOUND,
     "body.weight_kg: UN/EDIFACT CUSRES has no place for it in ACCEPT -> leave it out, or say it over the link"},
    {"codeco",
     "{\"kind\":\"CROSSED\"," HEAD ",\"body\":{" KEY ",\"item_kind\":\"truck\",\"item\":\"12C12345\"," AT "}}",
     ERR_NOT_FOUND,
     "body.item_kind: UN/EDIFACT CODECO has no word for truck -> hand it over by the link, or by the container on it"},
    {"wco", "{\"kind\":\"CROSSED\"," HEAD ",\"body\":{" KEY ",\"item_kind\":\"igv\",\"item\":\"IGV-4\"," AT "}}",
     ERR_NOT_FOUND,
     "body.item_kind: WCO Response has no word for igv -> hand it over by the link, or by the container on it"},
    {"codeco",
     "{\"kind\":\"CROSSED\"," HEAD ",\"body\":{" KEY ",\"item_kind\":\"trailer\",\"item\":\"123456789012345678\"," AT
     "}}",
     ERR_NOT_FOUND, "body.item: UN/EDIFACT CODECO has room for 17 bytes, not 18 -> use its registered number"},
    {"codeco", "{\"kind\":\"CROSSED\"," HEAD ",\"body\":{" KEY "," AT "}}", ERR_INVALID,
     "body.item_kind: it is missing, CROSSED as UN/EDIFACT CODECO must have it -> fill it in from the hand-over"},
    {"codeco", "{\"kind\":\"RECEIVED\"," HEAD ",\"body\":{" KEY "," BOX "}}", ERR_INVALID,
     "body.at: it is missing, RECEIVED as UN/EDIFACT CODECO must have it -> give it"},
    {"wco", "{\"kind\":\"CROSSED\"," HEAD ",\"body\":{" KEY ",\"item\":\"X\"," AT "}}", ERR_INVALID,
     "body.item_kind: item and item_kind go together -> give both"},
    {"wco", "{\"kind\":\"CROSSED\"," HEAD ",\"body\":{" KEY ",\"at\":\"2027-01-01T00:04:00.250Z\"}}", ERR_INVALID,
     "body.at: the foreign format has whole seconds only -> give it without a fraction"},
    {"wco",
     "{\"kind\":\"CLOSED\",\"from\":\"a\",\"to\":\"b\",\"reference\":\"1\",\"at\":\"2027-01-01T00:05:00.001Z\","
     "\"body\":{" KEY "}}",
     ERR_INVALID, "at: the foreign format has whole seconds only -> give it without a fraction"},
    {"wco",
     "{\"kind\":\"CLOSED\",\"from\":\"a\",\"to\":\"b\",\"reference\":\"1\",\"at\":\"1969-01-01T00:05:00Z\",\"body\":"
     "{" KEY "}}",
     ERR_INVALID, "at: not a time of the years 1970 to 9999 -> correct it"},
    {"wco", "{\"kind\":\"CLOSED\",\"from\":\"a\",\"to\":\"b\",\"reference\":\"1\",\"body\":{" KEY "}}", ERR_INVALID,
     "at: it is missing -> give the time of the message"},
    {"wco", "{\"kind\":\"CLOSED\",\"to\":\"b\",\"reference\":\"1\",\"at\":\"2027-01-01\",\"body\":{" KEY "}}",
     ERR_INVALID, "from: it is missing -> give it"},
    {"wco", "{\"kind\":\"CLOSED\",\"from\":\"a\",\"reference\":\"1\",\"at\":\"2027-01-01\",\"body\":{" KEY "}}",
     ERR_INVALID, "to: it is missing -> give it"},
    {"wco", "{\"kind\":\"CLOSED\",\"from\":\"a\",\"to\":\"b\",\"at\":\"2027-01-01\",\"body\":{" KEY "}}", ERR_INVALID,
     "reference: it is missing -> give it"},
    {"cusres",
     "{\"kind\":\"CLOSED\",\"from\":\"a\",\"to\":\"b\",\"reference\":\"123456789012345\",\"at\":\"2027-01-01\","
     "\"body\":{" KEY "}}",
     ERR_INVALID, "reference: it has 15 bytes, at most 14 -> shorten it"},
    {"wco", "{" HEAD "}", ERR_INVALID, "kind: it is missing -> give a kind of message of the hand-over"},
    {"wco", "{\"kind\":\"SETTLE\"," HEAD ",\"body\":{" KEY ",\"note\":\"two\\nlines\"}}", ERR_INVALID,
     "body.note: it has control characters or broken ones -> write plain text on one line"},
    {"wco", "{\"kind\":\"SETTLE\"," HEAD ",\"body\":{" KEY ",\"note\":\"\\uffff\"}}", ERR_INVALID,
     "body.note: it has control characters or broken ones -> write plain text on one line"},
    {"wco", "{\"kind\":\"SETTLE\"," HEAD ",\"body\":{" KEY ",\"note\":\"\\u0085\"}}", ERR_INVALID,
     "body.note: it has control characters or broken ones -> write plain text on one line"},
    {"wco", "{\"kind\":\"SETTLE\"," HEAD ",\"body\":{" KEY ",\"note\":\"blank \"}}", ERR_INVALID,
     "body.note: it begins or ends with a blank -> take the blank out"},
    {"cusres", "{\"kind\":\"CLOSED\"," HEAD ",\"body\":{\"handover\":\"1234567890123456789012345\"}}", ERR_INVALID,
     "body.handover: it has 25 bytes, at most 24 -> shorten it"},
    {"cusres", "{\"kind\":\"ACCEPT\"," HEAD ",\"body\":{" KEY ",\"consent\":\"0A\"}}", ERR_INVALID,
     "body.consent: not a SHA-256 -> write 64 hexadecimal digits, lower case"},
    {"wco",
     "{\"kind\":\"OFFER\"," HEAD ",\"body\":{" KEY "," BOX
     ",\"answer_by\":\"2027-01-02\",\"cross_by\":\"2027-01-01\",\"terms\":\"" HASH "\"}}",
     ERR_INVALID, "body.cross_by: it is before answer_by -> let the crossing come behind the answer"},
    {"wco", "{\"kind\":\"SOLD\"}", ERR_INVALID, "/kind: is not one of the known names -> see docs/partner.md"},
    {"wco", "{\"kind\":\"CLOSED\",\"driver\":1}", ERR_INVALID, "/driver: is not known here -> see docs/partner.md"},
    {"wco", "[]", ERR_PARSE, "it is no JSON object -> write {\"kind\":...}"},
};
static void what_cannot_be_said(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unsaid); i++) {
        Arena a;
        Buf b;
        PartnerMessage m;
        Str what = STR_EMPTY;
        arena_init(&a, 1u << 20), buf_init(&b, PARTNER_TEXT_MAX);
        Err e = partner_json_read(str_c(unsaid[i].json), &a, &m, &what);
        if (!e) e = partner_encode(partner_find(str_c(unsaid[i].adapter)), &m, &a, &b, &what);
        if (e != unsaid[i].err || !str_eq_c(what, unsaid[i].what))
            fail_msg("case %zu: %s, " STR_F, i, err_name(e), STR_A(what));
        assert_int_equal(b.n, 0);
        buf_deinit(&b), arena_deinit(&a);
    }
}

// ---- foreign messages that are none
#define UNB                "UNB+UNOC:3+A+B+270101:0005+1'"
#define EDI(type, n, body) UNB "UNH+1+" type ":D:00B:UN'" body "UNT+" n "+1'UNZ+1+1'"
#define OUT                                                                                                            \
    "BGM+36+1+9'DTM+137:20270101000500UTC:304'RFF+ABO:vn-hn-17'EQD+CN+MSKU6011672+++11'DTM+7:20270101000400UTC:304'"
#define WCO(response)                                                                                                  \
    "<MetaData><ResponsibleAgencyName>a</ResponsibleAgencyName><Response>" response "</Response></MetaData>"
#define TIME(name, t) "<" name "><DateTimeString formatCode=\"304\">" t "</DateTimeString></" name ">"
#define STATUS        "<Status>" TIME("EffectiveDateTime", "20270101000400Z") "<NameCode>OUT</NameCode></Status>"
#define TO                                                                                                             \
    "<AdditionalInformation><StatementDescription>b</StatementDescription><StatementTypeCode>TO</StatementTypeCode></" \
    "AdditionalInformation>"
#define START                                                                                                          \
    "<FunctionCode>8</FunctionCode><FunctionalReferenceID>1</FunctionalReferenceID>" TIME("IssueDateTime",             \
                                                                                          "20270101000500Z") TO
#define DECL(goods)                                                                                                    \
    "<Declaration><FunctionalReferenceID>vn-hn-17</FunctionalReferenceID></Declaration><Declaration>" goods            \
    "</Declaration>"

static const struct {
    const char *adapter, *text;
    Err err;
    const char *what;
} unread[] = {
    {"codeco", EDI("CUSRES", "2", ""), ERR_NOT_FOUND,
     "UNH: the message is a CUSRES, not a CODECO -> use another adapter"},
    {"codeco", EDI("CODECO", "2", ""), ERR_PARSE, "BGM: the message does not begin with it -> write it behind UNH"},
    {"codeco", UNB "UNH+1+CODECO:D:16A:UN'BGM+36'UNT+3+1'UNZ+1+1'", ERR_INVALID,
     "UNH: its directory is none of D.95B, D.96B, D.00B of UN -> write CODECO:D:00B:UN"},
    {"codeco", "UNB+UNOC:3+A+B+270101:0005+1++++++1'UNH+1+CODECO:D:00B:UN'BGM+36'UNT+3+1'UNZ+1+1'", ERR_NOT_FOUND,
     "UNB: it is marked as a test (0035) -> send it without the mark when it is meant"},
    {"codeco", UNB "UNH+1+CODECO:D:00B:UN'BGM+36'UNT+3+1'UNH+2+CODECO:D:00B:UN'BGM+36'UNT+3+2'UNZ+2+1'", ERR_LIMIT,
     "there are 2 messages in the interchange -> send them one by one"},
    {"codeco", EDI("CODECO", "3", "BGM+36+1+1'"), ERR_NOT_FOUND,
     "segment 3 (BGM): its function (1225) is not 9, an original: cancelling or replacing is not done by this message "
     "-> "
     "say it over the link or by telephone"},
    {"codeco", EDI("CODECO", "3", "BGM+98+1+9'"), ERR_NOT_FOUND,
     "BGM: neither a gate-in (34) nor a gate-out (36) -> send one"},
    {"codeco", EDI("CODECO", "8", OUT "EQD+CN+TEXU3070079'"), ERR_LIMIT,
     "segment 8 (EQD): more than one piece of equipment -> send a report for each"},
    {"codeco", EDI("CODECO", "4", "BGM+36'EQD+RR+12345'"), ERR_NOT_FOUND,
     "segment 4 (EQD): neither a container (CN) nor a trailer (TE) -> report one of these"},
    {"codeco", EDI("CODECO", "4", "BGM+36'EQD+CN'"), ERR_PARSE,
     "segment 4 (EQD): it is empty -> give its value or leave it out"},
    {"codeco", EDI("CODECO", "4", "BGM+36'DTM+137:202701010005:203'"), ERR_PARSE,
     "segment 4 (DTM): not a time with its zone -> write CCYYMMDDHHMMSS, UTC or +07 behind it, and 304"},
    {"codeco", EDI("CODECO", "8", OUT "DTM+7:20270101000400UTC:304'"), ERR_PARSE,
     "segment 8 (DTM): the same is said twice -> say it once"},
    {"codeco", EDI("CODECO", "8", OUT "MEA+AAE+G+KGM:24000.5'"), ERR_PARSE,
     "segment 8 (MEA): the gross mass is not in whole kilograms -> write KGM and digits"},
    {"codeco", EDI("CODECO", "8", OUT "MEA+AAE+G+LBR:24000'"), ERR_PARSE,
     "segment 8 (MEA): the gross mass is not in whole kilograms -> write KGM and digits"},
    {"codeco", EDI("CODECO", "8", OUT "MEA+AAE+G+KGM:4294967296'"), ERR_PARSE,
     "segment 8 (MEA): the gross mass is not in whole kilograms -> write KGM and digits"},
    {"codeco", EDI("CODECO", "9", OUT "MEA+AAE+G+KGM:1'MEA+AAE+VGM+KGM:2'"), ERR_PARSE,
     "segment 9 (MEA): a second gross mass -> give one"},
    {"codeco", EDI("CODECO", "9", OUT "SEL+1'SEL+2'"), ERR_PARSE,
     "segment 9 (SEL): the same is said twice -> say it once"},
    {"codeco", EDI("CODECO", "8", OUT "FTX+DAR++XXX::ZZZ'"), ERR_PARSE,
     "segment 8 (FTX): this difference is not known -> use WGT, SEA, OCR or NOT"},
    {"codeco", EDI("CODECO", "8", OUT "FTX+ACD++XXX::ZZZ'"), ERR_PARSE,
     "segment 8 (FTX): this reason is not known -> use a code of docs/partner.md"},
    {"codeco", EDI("CODECO", "8", OUT "FTX+ZZZ++XXX::ZZZ+1'"), ERR_PARSE,
     "segment 8 (FTX): this code is not known -> use CON, EVI, OCR or REF"},
    {"codeco", EDI("CODECO", "8", OUT "FTX+ZZZ++CON::ZZZ+12'"), ERR_INVALID,
     "body.consent: not a SHA-256 -> write 64 hexadecimal digits, lower case"},
    {"codeco", EDI("CODECO", "8", OUT "FTX+DAR++WGT::ZZZ'"), ERR_NOT_FOUND,
     "body.differences: UN/EDIFACT CODECO has no place for it in CROSSED -> leave it out, or say it over the link"},
    {"codeco", EDI("CODECO", "8", OUT "MOA+9'"), ERR_PARSE,
     "segment 8 (MOA): a CODECO has no such segment -> leave it out"},
    {"codeco", EDI("CODECO", "4", "BGM+36'EQD+CN+MSKU6011672'"), ERR_INVALID,
     "at: it is missing -> give the time of the message"},
    {"codeco", EDI("CODECO", "5", "BGM+36'DTM+137:20270101000500UTC:304'EQD+CN+MSKU6011672'"), ERR_INVALID,
     "body.handover: it is missing, CROSSED as UN/EDIFACT CODECO must have it -> give it"},
    {"cusres", EDI("CUSRES", "4", "BGM+961'GIS+5'"), ERR_NOT_FOUND,
     "GIS: \"5\" under BGM \"961\" is no answer to a hand-over -> use 1, 2, 4 or 7 under 961, or 14 under 963"},
    {"cusres", EDI("CUSRES", "5", "BGM+961'GIS+1'GIS+4'"), ERR_PARSE,
     "segment 5 (GIS): the same is said twice -> say it once"},
    {"cusres", EDI("CUSRES", "5", "BGM+961'GIS+2'ERC+487::143'"), ERR_PARSE,
     "segment 5 (ERC): this reason is not known -> use a code of docs/partner.md"},
    {"cusres", EDI("CUSRES", "6", "BGM+961'GIS+2'ERC+COR'ERC+CAP'"), ERR_PARSE,
     "segment 6 (ERC): a second reason -> give one"},
    {"cusres", EDI("CUSRES", "4", "BGM+961'TAX+3'"), ERR_PARSE,
     "segment 4 (TAX): this is not read in a CUSRES: it answers one hand-over -> leave it out"},
    {"cusres", EDI("CUSRES", "6", "BGM+961'GIS+2'DTM+137:20270101000500UTC:304'RFF+ABO:vn-hn-17'"), ERR_INVALID,
     "body.reason: it is missing, REJECT as UN/EDIFACT CUSRES must have it -> give it"},
    {"wco", "", ERR_PARSE, "line 1: not well-formed XML, Document is empty -> correct the XML there"},
    {"wco", "<!DOCTYPE a [<!ENTITY b SYSTEM \"file:///etc/passwd\">]><a>&b;</a>", ERR_PARSE,
     "DOCTYPE: document type definitions are refused -> leave it out"},
    {"wco", "<a>\n<b></a>", ERR_PARSE,
     "line 2: not well-formed XML, Opening and ending tag mismatch: b line ... -> correct the XML there"},
    {"wco", "<Declaration/>", ERR_NOT_FOUND,
     "line 1 (Declaration): there is no Response in it -> send a document of type RES"},
    {"wco", "<MetaData><Response/><Response/></MetaData>", ERR_PARSE,
     "line 1 (Response): the same is said twice -> say it once"},
    {"wco", WCO("<FunctionCode>09</FunctionCode>"), ERR_NOT_FOUND,
     "Response: function \"9\" with status \"\" is no message of a hand-over -> see docs/partner.md"},
    {"wco", WCO(TIME("IssueDateTime", "20270101000500")), ERR_PARSE,
     "line 1 (IssueDateTime): not a time with its zone -> write CCYYMMDDHHMMSS, Z or +07 behind it, formatCode 304"},
    {"wco", WCO(START STATUS "<Error><Description>x</Description></Error>"), ERR_PARSE,
     "line 1 (Error): it has no ValidationCode -> give the code of the reason"},
    {"wco", WCO(START STATUS "<Error><ValidationCode>CDS12345</ValidationCode></Error>"), ERR_PARSE,
     "line 1 (Error): neither code nor pointer are known -> use a code of docs/partner.md, or point at 131, 159 or "
     "165"},
    {"wco",
     WCO(START STATUS
         "<Error><ValidationCode>COR</ValidationCode></Error><Error><ValidationCode>CAP</ValidationCode></Error>"),
     ERR_PARSE, "line 1 (Error): a second reason -> give one"},
    {"wco", WCO(START STATUS TO), ERR_PARSE, "line 1 (StatementDescription): the same is said twice -> say it once"},
    {"wco", WCO(START STATUS DECL("<TotalGrossMassMeasure unitCode=\"KGM\">1.5</TotalGrossMassMeasure>")), ERR_PARSE,
     "line 1 (TotalGrossMassMeasure): the gross mass is not in whole kilograms -> write KGM and digits"},
    {"wco",
     WCO(START STATUS DECL(
         "<BorderTransportMeans><ID>X</ID><IdentificationTypeCode>40</IdentificationTypeCode></BorderTransportMeans>")),
     ERR_NOT_FOUND,
     "line 1 (BorderTransportMeans): neither a road vehicle (30) nor a road trailer (31) -> name one of these"},
    {"wco",
     WCO(START STATUS DECL(
         "<BorderTransportMeans><ID>X</ID><IdentificationTypeCode>30</IdentificationTypeCode></BorderTransportMeans>"
         "<GoodsShipment><Consignment><TransportEquipment><ID>Y</ID></TransportEquipment></Consignment></"
         "GoodsShipment>")),
     ERR_LIMIT, "line 1 (TransportEquipment): a vehicle and a container -> say one item in a message"},
    {"wco", WCO(START STATUS DECL("") "<Declaration/>"), ERR_PARSE,
     "line 1 (Declaration): more than two declarations -> send one response for each"},
    {"wco", WCO(START STATUS), ERR_INVALID,
     "body.handover: it is missing, CROSSED as WCO Response must have it -> give it"},
    {"wco", WCO("<FunctionCode>8</FunctionCode>" STATUS), ERR_INVALID, "to: it is missing -> give it"},
};
static void what_cannot_be_read(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(unread); i++) {
        Arena a;
        PartnerMessage m;
        Str what = STR_EMPTY;
        arena_init(&a, 4u << 20);
        Err e = partner_decode(partner_find(str_c(unread[i].adapter)), str_c(unread[i].text), &a, &m, &what);
        if (e != unread[i].err || !str_eq_c(what, unread[i].what))
            fail_msg("case %zu: %s, " STR_F, i, err_name(e), STR_A(what));
        arena_deinit(&a);
    }
}

// ---- others write otherwise, and mean the same
static const struct {
    const char *adapter, *text, *json;
} others[] = {
    {"codeco", // a terminal's own style: older directory, association, containers of its line, local time with its zone
     "UNA:+.? '\r\nUNB+UNOA:2+YARD7+CENTRE+270101:0712+4711'\r\nUNH+0001+CODECO:D:95B:UN:ITG14'\r\nBGM+34+DOC99+9'\r\n"
     "TDT+1++3++:172:ZZZ+++12C12345:146'NAD+MS+YARD7:160:87'NAD+CF+MSK:160:87'GID+1'EQD+CN+MSKU6011672+45G1:102:5++3+5'"
     "RFF+BN:BOOKING1'RFF+ABO:vn-hn-17'DTM+7:20270101070900?+07:304'DTM+137:20270101071200?+07:304'LOC+165+VNHNI:139:6'"
     "MEA+AAE+T+KGM:3800'MEA+AAE+VGM+KGM:24000.00'SEL+VN0012345+CU'FTX+AAI+++DOOR "
     "SIDE:DENTED'CNT+16:1'UNT+18+0001'UNZ+1+4711'",
     "{\"kind\":\"RECEIVED\",\"from\":\"YARD7\",\"to\":\"CENTRE\",\"reference\":\"4711\",\"at\":\"2027-01-01T00:12:00."
     "000Z\",\"body\":{"
     "\"handover\":\"vn-hn-17\",\"item_kind\":\"container\",\"item\":\"MSKU6011672\",\"weight_kg\":24000,\"seal\":"
     "\"VN0012345\","
     "\"at\":\"2027-01-01T00:09:00.000Z\",\"note\":\"DOOR SIDE DENTED\"}}"},
    {"cusres",
     "UNB+UNOB:1+CUSTOMS+CENTRE+270101:0712+77'UNH+1+CUSRES:D:96B:UN'BGM+961+X'LOC+22+VNHNI'DTM+137:20270101001200GMT:"
     "304'"
     "GIS+2:120:ZZZ'FTX+AAO+++PAPERS MISSING'NAD+AG+1'RFF+ABO:vn-hn-17'ERP+2:5'ERC+DOC'UNT+11+1'UNZ+1+77'",
     "{\"kind\":\"REJECT\",\"from\":\"CUSTOMS\",\"to\":\"CENTRE\",\"reference\":\"77\",\"at\":\"2027-01-01T00:12:00."
     "000Z\",\"body\":{"
     "\"handover\":\"vn-hn-17\",\"reason\":\"documents\",\"note\":\"PAPERS MISSING\"}}"},
    {"wco", // no namespaces, a code of its own that points at the mass, all in one Declaration
     "<MetaData><WCOTypeName>RES</WCOTypeName><ResponsibleCountryCode/><ResponsibleAgencyName>HQ</"
     "ResponsibleAgencyName><Response>"
     "<FunctionCode>08</FunctionCode><FunctionalReferenceID>r1</FunctionalReferenceID>" TIME("IssueDateTime",
                                                                                             "20270101071200+07") TO
     "<AdditionalInformation><StatementCode>A1</StatementCode><StatementTypeCode>AFB</StatementTypeCode></"
     "AdditionalInformation>"
     "<Error><ValidationCode>CDS12345</ValidationCode><Pointer><DocumentSectionCode>42A</"
     "DocumentSectionCode><TagID>131</TagID>"
     "</Pointer></Error><Status>" TIME(
         "EffectiveDateTime",
         "20270101000900Z") "<NameCode>IN</NameCode></Status>"
                            "<Declaration><FunctionalReferenceID>vn-hn-17</"
                            "FunctionalReferenceID><TotalGrossMassMeasure>21000.0</TotalGrossMassMeasure>"
                            "</Declaration></Response></MetaData>",
     "{\"kind\":\"RECEIVED\",\"from\":\"HQ\",\"to\":\"b\",\"reference\":\"r1\",\"at\":\"2027-01-01T00:12:00.000Z\","
     "\"body\":{"
     "\"handover\":\"vn-hn-17\",\"weight_kg\":21000,\"at\":\"2027-01-01T00:09:00.000Z\",\"differences\":[\"weight\"]}"
     "}"},
};
static void others_write_otherwise(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(others); i++) {
        Arena a;
        Buf b;
        PartnerMessage m;
        Str what = STR_EMPTY;
        arena_init(&a, 4u << 20), buf_init(&b, 65536);
        if (partner_decode(partner_find(str_c(others[i].adapter)), str_c(others[i].text), &a, &m, &what))
            fail_msg("case %zu: " STR_F, i, STR_A(what));
        partner_json_write(&b, &m);
        if (!str_eq_c(buf_view(&b), others[i].json)) fail_msg("case %zu: " STR_F, i, STR_A(buf_view(&b)));
        buf_deinit(&b), arena_deinit(&a);
    }
}
static void the_ends_of_time_and_room(void **state) {
    (void)state;
    for (uint32_t i = 0; partner_at(i); i++) {
        const PartnerAdapter *p = partner_at(i);
        const int64_t times[] = {1000, 253402300799000};
        for (size_t k = 0; k < ARRAY_LEN(times); k++) {
            Arena a;
            Buf b;
            Str what;
            PartnerMessage back,
                m = {.kind = p->rows[0].kind, .from = STR("a"), .to = STR("b"), .reference = STR("1"), .at = times[k]};
            arena_init(&a, 1u << 20), buf_init(&b, PARTNER_TEXT_MAX);
            m.body = (CustodyBody){.handover = STR("a-1")};
            if (p->rows[0].needs & CUSTODY_BIT(CF_item)) m.body.item = STR("X"), m.body.item_kind = ITEM_CONTAINER;
            if (p->rows[0].needs & CUSTODY_BIT(CF_at)) m.body.at = times[k];
            if (p->rows[0].needs & CUSTODY_BIT(CF_terms))
                m.body.terms = STR(HASH), m.body.answer_by = m.body.cross_by = times[k];
            assert_int_equal(partner_encode(p, &m, &a, &b, &what), OK);
            assert_int_equal(partner_decode(p, buf_view(&b), &a, &back, &what), OK);
            assert_true(back.at == times[k] && back.body.at == m.body.at);
            for (size_t room = 0; room < 6000; room += 16) {
                Arena small;
                arena_init(&small, room);
                Err e = partner_decode(p, buf_view(&b), &small, &back, &what);
                assert_true(e == OK || what.n > 0);
                arena_deinit(&small);
            }
            Buf tight;
            buf_init(&tight, 100);
            assert_int_equal(partner_encode(p, &m, &a, &tight, &what), ERR_LIMIT);
            buf_deinit(&tight), buf_deinit(&b), arena_deinit(&a);
        }
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_cannot_be_said),
        cmocka_unit_test(what_cannot_be_read),
        cmocka_unit_test(others_write_otherwise),
        cmocka_unit_test(the_ends_of_time_and_room),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
