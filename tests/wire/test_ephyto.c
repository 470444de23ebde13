#include "cm.h"
#include "prop.h"
#include "read_file.h"
#include "wire/wire_ephyto.h"

static char *load(const char *name, size_t *ret_n) {
    char path[512];
    (void)snprintf(path, sizeof path, "%s/%s", CK_EPHYTO_DIR, name);
    char *text = read_file(path, ret_n);
    if (!text) fail_msg("%s is missing", path);
    return text;
}
static void assert_json(const char *name, const char *want) {
    size_t n;
    char *text = load(name, &n);
    Arena a;
    Buf b;
    Ephyto e;
    EphytoProblems p;
    arena_init(&a, 8u << 20), buf_init(&b, 1u << 20);
    if (ephyto_read((Str){text, n}, &a, &e, &p))
        fail_msg("%s: " STR_F ": " STR_F, name, STR_A(p.p[0].field), STR_A(p.p[0].reason));
    json_open(&b, '{');
    field_write(&b, &ephyto_table, &e, NULL);
    json_close(&b, '}');
    buf_char(&b, 0);
    assert_string_equal(b.p, want);
    buf_deinit(&b), arena_deinit(&a);
    free(text);
}
#define GOODS                                                                                                          \
    "\"items\":[{\"no\":1,\"hs\":\"08106000\",\"botanical\":\"Durio "                                                  \
    "zibethinus\",\"common\":\"Durian\",\"description\":\""                                                            \
    "Fresh durian, grade A\",\"origin\":\"VN\",\"net_kg\":18001,\"gross_kg\":19200,\"packages\":1200,"                 \
    "\"package_type\":\"CT\"},{\"no\":2,\"hs\":\"0810902000\",\"botanical\":\"Hylocereus undatus\",\"origin\":\"VN\"," \
    "\"net_kg\":250}],\"net_kg\":18251"
#define DURIAN                                                                                                         \
    "{\"number\":\"VN-TEST-2027-000117\",\"type\":\"phyto\",\"status\":\"issued\",\"status_code\":\"70\",\"issued\":"  \
    "\"2026-12-30T02:15:00.000Z\",\"issuer\":\"Plant Quarantine (test)\",\"name\":\"Phytosanitary certificate\","      \
    "\"exporting\":\"VN\",\"importing\":\"CN\"," GOODS ",\"containers\":[\"MSKU6011672\"],\"seals\":[\"VN0012345\"]"
static void certificates(void **state) {
    (void)state;
    assert_json("durian.xml", DURIAN "}");
    assert_json("envelope.xml", DURIAN ",\"envelope\":true,\"hub_number\":\"HUB-TEST-9\"}");
    assert_json("soap.xml", DURIAN ",\"envelope\":true,\"hub_number\":\"HUB-TEST-9\"}"); // base64 of UTF-16
    assert_json("ephyto_envelope.xml", DURIAN ",\"envelope\":true,\"hub_number\":\"HUB-TEST-9\"}");
    assert_json(
        "reexport.xml",
        "{\"number\":\"CN-TEST-R-5\",\"type\":\"re_export\",\"status\":\"withdrawn\",\"status_code\":\"40\",\"issued\":"
        "\"2026-12-31T00:00:00.000Z\",\"issuer\":\"Plant Quarantine (test)\",\"name\":\"Phytosanitary certificate\","
        "\"exporting\":\"CN\",\"importing\":\"VN\"," GOODS ",\"equipment\":[\"12R-01234\"],\"seals\":[\"VN0012345\"]}");
}

// ---- each fault by its words: FROM in a good file becomes TO
static const struct {
    const char *file, *from, *to, *said;
    Err err;
} faults[] = {
    {"durian.xml", "<rsm:SPSConsignment>", "<rsm:SPSConsignment",
     "|line 20 is not well-formed XML: error parsing attribute name", ERR_PARSE},
    {"durian.xml", "<!-- made", "<!DOCTYPE x SYSTEM \"http://x/\"><!-- made",
     "DOCTYPE|document type definitions are refused, they can pull in files and exhaust memory", ERR_PARSE},
    {"durian.xml", "SPSCertificate xmlns", "Certificate xmlns",
     "|line 58 is not well-formed XML: Opening and ending tag mismatch: Certifi...", ERR_PARSE},
    {"durian.xml", "<ram:ID>VN-TEST-2027-000117</ram:ID>", "", "ID|the number is missing or longer than 60 bytes",
     ERR_INVALID},
    {"durian.xml", "<ram:ID>VN-TEST-2027-000117</ram:ID>", "<ram:ID>1</ram:ID><ram:ID>2</ram:ID>",
     "ID|it is said twice", ERR_INVALID},
    {"durian.xml", ">851<", ">852<", "TypeCode|\"852\" is another kind of document", ERR_INVALID},
    {"durian.xml", "<ram:StatusCode>70</ram:StatusCode>", "", "StatusCode|it is missing", ERR_INVALID},
    {"durian.xml", "2026-12-30T09:15:00+07:00", "30 Dec 2026", "IssueDateTime|\"30 Dec 2026\" is not a time",
     ERR_INVALID},
    {"durian.xml", "<ram:ExportSPSCountry><ram:ID>VN", "<ram:ExportSPSCountry><ram:ID>Viet Nam",
     "ExportSPSCountry|\"Viet Nam\" is not a country", ERR_INVALID},
    {"durian.xml", "<ram:ImportSPSCountry><ram:ID>CN", "<ram:ImportSPSCountry><ram:ID>cn",
     "ImportSPSCountry|\"cn\" is not a country", ERR_INVALID},
    {"durian.xml", "601167-2", "601167-3",
     "UtilizedSPSTransportEquipment|\"MSKU 601167-3\": the check digit does not fit", ERR_INVALID},
    {"durian.xml", "\"KGM\">18000.5", "\"LBR\">18000.5", "items[0].net_kg|the unit \"LBR\" is not read", ERR_INVALID},
    {"durian.xml", ">18000.5", ">1.8E4", "items[0].net_kg|\"1.8E4\" is not a mass", ERR_INVALID},
    {"durian.xml", ">0810.60.00<", ">0810<", "items[0].hs|\"0810\" is not a code of the Harmonized System",
     ERR_INVALID},
    {"durian.xml", "<ram:SystemName>IPPCPCVP</ram:SystemName>",
     "<ram:SystemName>hs</ram:SystemName><ram:ClassCode>081090</ram:ClassCode>",
     "items[0].hs|there are two codes, 081090 and 08106000", ERR_INVALID},
    {"durian.xml", "<ram:ItemQuantity>1200<", "<ram:ItemQuantity>many<",
     "items[0].packages|\"many\" is not a number of packages", ERR_INVALID},
    {"durian.xml", "<ram:OriginSPSCountry><ram:ID>VN", "<ram:OriginSPSCountry><ram:ID>V",
     "items[0].origin|\"V\" is not a country", ERR_INVALID},
    {"envelope.xml", "<From>VN", "<From>LA",
     "From|the envelope says \"LA\", the certificate in it \"VN\" (ExportSPSCountry)", ERR_INVALID},
    {"envelope.xml", "<To>CN", "<To>LA", "To|the envelope says \"LA\", the certificate in it \"CN\" (ImportSPSCountry)",
     ERR_INVALID},
    {"envelope.xml", "<CertificateType>851", "<CertificateType>657",
     "CertificateType|the envelope says \"657\", the certificate in it \"851\" (TypeCode)", ERR_INVALID},
    {"envelope.xml", "<CertificateStatus>70", "<CertificateStatus>40",
     "CertificateStatus|the envelope says \"40\", the certificate in it \"70\" (StatusCode)", ERR_INVALID},
    {"envelope.xml", "000117</NPPO", "000118</NPPO",
     "NPPOCertificateNumber|the envelope says \"VN-TEST-2027-000118\", the certificate in it \"VN-TEST-2027-000117\" "
     "(ID)",
     ERR_INVALID},
    {"envelope.xml", "<Content>", "<Content>!", "Content|it is neither XML nor base64", ERR_PARSE},
    {"envelope.xml", "&lt;rsm:SPSConsignment&gt;", "",
     "Content|line 57 is not well-formed XML: Opening and ending tag mismatch: SPSCert...", ERR_PARSE},
    {"envelope.xml", "<Content>&lt;?xml version=\"1.0\" encoding=\"UTF-8\"?&gt;", "<Content>&lt;!DOCTYPE x&gt;",
     "DOCTYPE|document type definitions are refused, they can pull in files and exhaust memory", ERR_PARSE},
    {"soap.xml", "<Content>", "<Content>A", "Content|it is neither XML nor base64", ERR_PARSE},
    {"soap.xml", "<From>", "<SPSCertificate/><From>", "SPSExchangedDocument|the certificate has no such part",
     ERR_INVALID},
};
static void faults_are_named(void **state) {
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(faults); i++) {
        size_t n;
        char *text = load(faults[i].file, &n), *at = strstr(text, faults[i].from);
        if (!at) fail_msg("case %zu: not in the file", i);
        Arena a;
        Buf b;
        Ephyto e;
        EphytoProblems p;
        char said[400];
        arena_init(&a, 8u << 20), buf_init(&b, 1u << 20);
        buf_put(&b, text, (size_t)(at - text)), buf_c(&b, faults[i].to), buf_c(&b, at + strlen(faults[i].from));
        Err err = ephyto_read(buf_view(&b), &a, &e, &p);
        (void)snprintf(said, sizeof said, STR_F "|" STR_F, STR_A(p.p[0].field), STR_A(p.p[0].reason));
        if (err != faults[i].err || p.n != 1 || strcmp(said, faults[i].said) != 0 || p.p[0].cure.n == 0)
            fail_msg("case %zu: %s, %u problems, %s", i, err_name(err), p.n, said);
        buf_deinit(&b), arena_deinit(&a);
        free(text);
    }
}
static void what_is_no_certificate(void **state) {
    (void)state;
    static const struct {
        const char *text, *reason;
    } cases[] = {
        {"<a/>", "there is no certificate in it: the document is a \"a\""},
        {"<Envelope><NPPOCertificateNumber>1</NPPOCertificateNumber></Envelope>",
         "the envelope holds no certificate, only its header"},
        {"<Envelope><NPPOCertificateNumber>1</NPPOCertificateNumber><Content>&lt;b/&gt;</Content></Envelope>",
         "the envelope holds a document \"b\""},
        {"<l><SPSCertificate/><SPSCertificate/></l>", "there is more than one certificate"},
        {"<l><e><NPPOCertificateNumber/></e><e><NPPOCertificateNumber/></e></l>", "there is more than one certificate"},
        {"<SPSCertificate/>", "the certificate has no such part"},
        {"<SPSCertificate><SPSExchangedDocument/></SPSCertificate>", "the certificate has no such part"},
        {"", "line 1 is not well-formed XML: Document is empty"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        Arena a;
        Ephyto e;
        EphytoProblems p;
        arena_init(&a, 8u << 20);
        assert_true(ephyto_read(str_c(cases[i].text), &a, &e, &p) != OK && p.n > 0);
        if (!str_eq_c(p.p[0].reason, cases[i].reason)) fail_msg("case %zu: " STR_F, i, STR_A(p.p[0].reason));
        arena_deinit(&a);
    }
}
static void limits(void **state) {
    (void)state;
    Arena a;
    Buf b;
    Ephyto e;
    EphytoProblems p;
    arena_init(&a, 16u << 20), buf_init(&b, 16u << 20);
    for (int i = 0; i < 80; i++) buf_c(&b, "<a>");
    assert_int_equal(ephyto_read(buf_view(&b), &a, &e, &p), ERR_PARSE);
    assert_true(str_eq_c(p.p[0].reason, "elements are nested too deeply"));
    while (b.n <= EPHYTO_BYTES_MAX) buf_c(&b, "          ");
    assert_int_equal(ephyto_read(buf_view(&b), &a, &e, &p), ERR_LIMIT);
    assert_true(str_eq_c(p.p[0].reason, "it has more than 4 MiB"));
    buf_clear(&b);
    buf_c(&b, "<SPSCertificate><SPSExchangedDocument/><SPSConsignment>");
    for (uint32_t i = 0; i < EPHYTO_EQUIPMENT_MAX + 1; i++)
        buf_printf(&b, "<UtilizedSPSTransportEquipment><ID>T%u</ID></UtilizedSPSTransportEquipment>", i);
    buf_c(&b, "<IncludedSPSConsignmentItem>");
    for (uint32_t i = 0; i < EPHYTO_ITEMS_MAX + 5; i++)
        buf_c(&b, "<IncludedSPSTradeLineItem><ScientificName>x</ScientificName></IncludedSPSTradeLineItem>");
    buf_c(&b, "</IncludedSPSConsignmentItem></SPSConsignment></SPSCertificate>");
    assert_int_equal(ephyto_read(buf_view(&b), &a, &e, &p), ERR_INVALID);
    assert_int_equal(e.items.n, EPHYTO_ITEMS_MAX), assert_int_equal(e.equipment.n, EPHYTO_EQUIPMENT_MAX);
    buf_deinit(&b), arena_deinit(&a);
    size_t n;
    char *text = load("envelope.xml", &n);
    for (size_t room = 0; room < 60000; room += 256) {
        arena_init(&a, room);
        Err err = ephyto_read((Str){text, n}, &a, &e, &p);
        assert_true(err == OK || (p.n > 0 && p.p[0].reason.n > 0));
        arena_deinit(&a);
    }
    free(text);
}
static void damaged(void **state) {
    (void)state;
    static const char *const files[] = {"durian.xml", "envelope.xml", "soap.xml", "ephyto_envelope.xml"};
    for (uint64_t seed = 1, last = prop_seeds(400); seed <= last; seed++) {
        Prng r = {seed};
        size_t n;
        char *text = load(files[seed % ARRAY_LEN(files)], &n);
        Arena a;
        Ephyto e;
        EphytoProblems p;
        for (uint64_t k = 1 + prng_below(&r, 3); k; k--) text[prng_below(&r, n)] = (char)prng_below(&r, 256);
        arena_init(&a, 8u << 20);
        Err err = ephyto_read((Str){text, prng_chance(&r, 30) ? prng_below(&r, n) : n}, &a, &e, &p);
        assert_true((err == OK) == (p.n == 0));
        for (uint32_t i = 0; i < MIN(p.n, EPHYTO_PROBLEMS_MAX); i++)
            assert_true(p.p[i].reason.n > 0 && p.p[i].cure.n > 0 && utf8_valid(p.p[i].reason));
        arena_deinit(&a);
        free(text);
    }
}
// The names that the reader goes by are those of the hub's WSDL.
static void names_of_the_hub(void **state) {
    (void)state;
    static const char *const names[] = {"NPPOCertificateNumber",
                                        "CertificateType",
                                        "CertificateStatus",
                                        "hubDeliveryNumber",
                                        "Content",
                                        "SPSExchangedDocument",
                                        "SPSConsignment",
                                        "ExportSPSCountry",
                                        "ImportSPSCountry",
                                        "TypeCode",
                                        "StatusCode",
                                        "IssueDateTime",
                                        "IssuerSPSParty",
                                        "AffixedSPSSeal",
                                        "NetWeightMeasure",
                                        "GrossWeightMeasure",
                                        "ScientificName",
                                        "CommonName",
                                        "PhysicalSPSPackage",
                                        "LevelCode",
                                        "ItemQuantity",
                                        "OriginSPSCountry",
                                        "SequenceNumeric",
                                        "SystemName",
                                        "ClassCode"};
    size_t n;
    char *text = read_file(CK_SHARED_DIR "/data/ephyto/ephyto.wsdl", &n);
    if (!text) {
        print_message("skipped: the WSDL of the ePhyto hub is not here\n");
        skip();
    }
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        char find[80];
        (void)snprintf(find, sizeof find, "name=\"%s\"", names[i]);
        if (!strstr(text, find)) fail_msg("the WSDL has no %s", names[i]);
    }
    assert_non_null(strstr(text, "ApplicableSPSClassification"));
    assert_non_null(strstr(text, "UtilizedSPSTransportEquipment"));
    free(text);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(certificates), cmocka_unit_test(faults_are_named), cmocka_unit_test(what_is_no_certificate),
        cmocka_unit_test(limits),       cmocka_unit_test(damaged),          cmocka_unit_test(names_of_the_hub),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
