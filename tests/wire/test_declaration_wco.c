#include "cm.h"
#include "import_log.h"

#define META(body)                                                                                                     \
    "<md:MetaData xmlns:md=\"urn:wco:datamodel:WCO:DocumentMetaData-DMS:2\" "                                          \
    "xmlns=\"urn:wco:datamodel:WCO:DEC-DMS:2\">"                                                                       \
    "<md:WCOTypeName>DEC</md:WCOTypeName>" body "</md:MetaData>"
#define ITEM(inside)                                                                                                   \
    "<GovernmentAgencyGoodsItem>" inside "<Commodity><Description>fresh\n durian</Description>"                        \
    "<Classification><ID>08106000</ID><IdentificationTypeCode>TSP</IdentificationTypeCode></Classification>"           \
    "<Classification><ID>00</ID><IdentificationTypeCode>TRC</IdentificationTypeCode></Classification>"                 \
    "<GoodsMeasure><GrossMassMeasure "                                                                                 \
    "unitCode=\"TNE\">19</GrossMassMeasure><NetNetWeightMeasure>18000.4</NetNetWeightMeasure></GoodsMeasure>"          \
    "<InvoiceLine><ItemChargeAmount currencyID=\"CNY\">90000.50</ItemChargeAmount></InvoiceLine></Commodity>"          \
    "<Origin><CountryCode>TH</CountryCode><TypeCode>2</TypeCode></Origin><Origin><CountryCode>VN</"                    \
    "CountryCode><TypeCode>1</TypeCode></Origin>"                                                                      \
    "<Packaging><QuantityQuantity>900</QuantityQuantity></Packaging><Packaging><QuantityQuantity>100</"                \
    "QuantityQuantity></Packaging>"                                                                                    \
    "</GovernmentAgencyGoodsItem>"
#define DOCUMENT(category, type, id)                                                                                   \
    "<AdditionalDocument><CategoryCode>" category "</CategoryCode><ID>" id "</ID><TypeCode>" type                      \
    "</TypeCode></AdditionalDocument>"
#define DECLARATION(function, type, equipment)                                                                         \
    META("<Declaration><FunctionCode>" function "</FunctionCode>"                                                      \
         "<FunctionalReferenceID>L1</FunctionalReferenceID><TypeCode>" type "</TypeCode>" DOCUMENT(                    \
             "1", "DAN", "1108654") "<BorderTransportMeans><ID>12C-123.45</ID><IdentificationTypeCode>30</"            \
                                    "IdentificationTypeCode></BorderTransportMeans><GoodsShipment>"                    \
                                    "<Consignment>" equipment "</Consignment>" ITEM(                                   \
                                        DOCUMENT("N", "851", "PC-1") DOCUMENT("N", "851", "PC-1")                      \
                                            DOCUMENT("N", "935", "INV")) "</GoodsShipment></Declaration>")
#define EQUIPMENT(id)                                                                                                  \
    "<TransportEquipment><ID>" id                                                                                      \
    "</ID><Seal><SequenceNumeric>1</SequenceNumeric><ID>S7</ID></Seal></TransportEquipment>"

static ImportLog run(const char *xml) {
    static json_t *members;
    if (!members) members = json_pack("{s:s}", "mode", "through");
    ImportDefaults defaults = {.members = members};
    ImportLog log = import_log_run(str_c(xml), "x.xml", &defaults);
    assert_int_equal(log.sum.format, IMPORT_WCO_XML);
    return log;
}
static void golden(void **state) {
    (void)state;
    ImportLog log = run(DECLARATION("9", "EXA", EQUIPMENT("CSQU3054383")));
    assert_int_equal(log.e, OK);
    if (log.sum.good != 1) fail_msg("%s", log.text.p);
    char *text = json_dumps(json_array_get(log.good, 0), JSON_COMPACT | JSON_SORT_KEYS);
    assert_string_equal(
        text,
        "{\"certificates\":[{\"kind\":\"phytosanitary\",\"number\":\"PC-1\"}],\"container\":\"CSQU3054383\","
        "\"direction\":\"export\",\"goods\":[{\"currency\":\"CNY\",\"description\":\"fresh  "
        "durian\",\"gross_kg\":19000,"
        "\"hs\":\"0810600000\",\"net_kg\":18000,\"origin\":\"VN\",\"packages\":1000,\"value\":90001}],\"lrn\":\"L1\","
        "\"mode\":\"through\",\"plate\":\"12C12345\",\"seals\":[\"S7\"]}");
    free(text);
    import_log_free(&log);
}
static void equipment(void **state) {
    (void)state;
    static const struct {
        const char *xml, *want;
        uint32_t good;
    } cases[] = {
        {DECLARATION("9", "IMA", EQUIPMENT("AD12345")),
         "note TransportEquipment/ID: \"AD12345\" is not a container number", 1},
        {DECLARATION("9", "IMA", EQUIPMENT("CSQU3054384")), "the ten characters before it ask for 3", 0},
        {DECLARATION("9", "IMA", EQUIPMENT("CSQU3054383") EQUIPMENT("MSKU6011672")), "there is more than one container",
         0},
        {DECLARATION("9", "TRA", ""), "says neither import nor export", 0},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ImportLog log = run(cases[i].xml);
        if (log.sum.good != cases[i].good || !import_log_has(&log, cases[i].want))
            fail_msg("case %zu\n%s", i, log.text.p);
        import_log_free(&log);
    }
}
static void not_declarations(void **state) {
    (void)state;
    static const struct {
        const char *xml, *want;
    } cases[] = {
        {DECLARATION("13", "COR", ""), "a request to amend a declaration"},
        {DECLARATION("13", "INV", ""), "a request to cancel a declaration"},
        {DECLARATION("13", "GPR", ""), "a notice that goods were presented"},
        {DECLARATION("1", "", ""), "a cancellation"},
        {DECLARATION("77", "", ""), "a message with function code 77"},
        {META("<Declaration/>"), "it has no function code"},
        {META("<Response><FunctionCode>01</FunctionCode></Response>"), "a response of the customs, function code 01"},
        {META(""), "no declaration in a document of type DEC"},
        {"<inventoryLinkingMovementRequest/>", "a movement message"},
        {"<x:DeclarationStatusResponse xmlns:x=\"u\"><Declaration/></x:DeclarationStatusResponse>",
         "an answer to an enquiry"},
        {"<mdMetaData/>", "restore the namespace prefixes"},
        {"<html/>", "the document is a html"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ImportLog log = run(cases[i].xml);
        assert_int_equal(log.e, OK);
        if (log.sum.other != 1 || log.sum.good || !import_log_has(&log, cases[i].want))
            fail_msg("case %zu wants %s\n%s", i, cases[i].want, log.text.p);
        import_log_free(&log);
    }
}
static void attacks(void **state) {
    (void)state;
    static const struct {
        const char *xml, *want;
    } cases[] = {
        {"<!DOCTYPE x [<!ENTITY a SYSTEM \"file:///etc/passwd\">]><MetaData>&a;</MetaData>",
         "document type definitions are refused"},
        {"<!DOCTYPE x SYSTEM \"http://127.0.0.1:1/x.dtd\"><MetaData/>", "document type definitions are refused"},
        {"<!DOCTYPE x [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;\"><!ENTITY c "
         "\"&b;&b;&b;&b;&b;&b;&b;&b;\">"
         "<!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;\"><!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;\">]><MetaData>&e;</MetaData>",
         "document type definitions are refused"},
        {"<!DOCTYPE x><MetaData/>", "document type definitions are refused"},
        {"<MetaData>&a;</MetaData>", "not well-formed"},
        {"<MetaData><Declaration></MetaData>", "not well-formed"},
        {"<MetaData>\xff</MetaData>", "not well-formed"},
        {"<", "not well-formed"},
        {"<!-- only a comment -->", "not well-formed"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        ImportLog log = run(cases[i].xml);
        assert_int_equal(log.e, ERR_PARSE);
        if (log.sum.bad != 1 || !import_log_has(&log, cases[i].want))
            fail_msg("case %zu wants %s\n%s", i, cases[i].want, log.text.p);
        import_log_free(&log);
    }
}
static void deep_and_big(void **state) {
    (void)state;
    Buf b;
    buf_init(&b, 8u << 20);
    for (int i = 0; i < 1000; i++) buf_c(&b, "<a>");
    ImportLog log = import_log_run(buf_view(&b), "", NULL);
    assert_int_equal(log.e, ERR_PARSE);
    assert_true(import_log_has(&log, "nested too deeply"));
    import_log_free(&log);
    while (b.n <= IMPORT_XML_BYTES_MAX) buf_c(&b, "<a>");
    log = import_log_run(buf_view(&b), "", NULL);
    assert_int_equal(log.e, ERR_LIMIT);
    import_log_free(&log);
    buf_deinit(&b);
}
static void many_items(void **state) {
    (void)state;
    Buf b;
    buf_init(&b, 1u << 20);
    buf_c(&b, "<MetaData><Declaration><FunctionCode>9</FunctionCode><FunctionalReferenceID>L2</"
              "FunctionalReferenceID><TypeCode>IMA</TypeCode><GoodsShipment>");
    for (int i = 0; i < 150; i++) buf_c(&b, ITEM(""));
    buf_c(&b, "</GoodsShipment></Declaration></MetaData>");
    ImportLog log = import_log_run(buf_view(&b), "", NULL);
    assert_int_equal(log.sum.bad, 1);
    assert_true(import_log_has(&log, "at most 99 are allowed"));
    import_log_free(&log);
    buf_deinit(&b);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(golden),           cmocka_unit_test(equipment),
                                       cmocka_unit_test(not_declarations), cmocka_unit_test(attacks),
                                       cmocka_unit_test(deep_and_big),     cmocka_unit_test(many_items)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
