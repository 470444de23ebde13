// WCO Data Model 3.6, declaration (DEC).
#include "wire_declaration_internal.h"
#include "wire_xml.h"

#define DESCRIPTION_MAX 512
typedef XmlNode Node;

static void report_malformed(Import *im, const WireXmlFault *f) {
    if (f->problem == WIRE_XML_DOCTYPE)
        import_problem(im, STR("DOCTYPE"), "leave the DOCTYPE out: declarations need no entities",
                       "document type definitions are refused, they can pull in files and exhaust memory");
    else if (f->problem == WIRE_XML_DEEP)
        import_problem(im, STR_EMPTY, "send a WCO declaration", "elements are nested too deeply");
    else
        import_problem(im, STR_EMPTY, "correct the XML there", "line %u is not well-formed XML: %s", f->line,
                       import_shown(im, str_c(f->why)));
    import_report(im, IMPORT_BAD, f->line, STR_EMPTY);
}
static xmlDocPtr parse_xml(Import *im, Str text) {
    WireXmlFault fault;
    xmlDocPtr doc = wire_xml_parse(text, &fault);
    if (!doc) report_malformed(im, &fault);
    return doc;
}
static void put_text(json_t *obj, const char *key, Str s) {
    if (s.n == 0) return;
    json_t *v = json_stringn(s.p, s.n);
    if (v) json_object_set_new(obj, key, v);
}

// ---- certificates
// Document codes are category + type: UN/EDIFACT 1001 behind an N, codes of the EU's TARIC behind C, E and L.
static const struct {
    const char *code, *kind;
} certificate_codes[] = {
    {"N851", "phytosanitary"}, {"C085", "phytosanitary"}, {"N853", "animal_health"},   {"C640", "animal_health"},
    {"N852", "health"},        {"C678", "health"},        {"N861", "origin"},          {"N862", "origin"},
    {"N864", "origin"},        {"N865", "origin"},        {"N954", "origin"},          {"N811", "licence"},
    {"N911", "licence"},       {"C400", "licence"},       {"E012", "licence"},         {"E013", "licence"},
    {"L001", "licence"},       {"L100", "licence"},       {"N890", "dangerous_goods"},
};
static bool has_certificate(const json_t *list, const json_t *c) {
    size_t i;
    json_t *have;
    json_array_foreach(list, i, have) if (json_equal(have, c)) return true;
    return false;
}
static void add_certificates(json_t *list, Node *holder) {
    for (Node *d = wire_xml_child(holder, "AdditionalDocument"); d; d = wire_xml_next(d->next, "AdditionalDocument")) {
        Str category = wire_xml_child_text(d, "CategoryCode"), type = wire_xml_child_text(d, "TypeCode"),
            number = wire_xml_child_text(d, "ID");
        for (size_t i = 0; i < ARRAY_LEN(certificate_codes) && number.n; i++) {
            const char *code = certificate_codes[i].code;
            if (!str_eq(category, (Str){code, 1}) || !str_eq_c(type, code + 1)) continue;
            json_t *c = json_object();
            json_object_set_new(c, "kind", json_string(certificate_codes[i].kind));
            put_text(c, "number", number);
            if (has_certificate(list, c) || json_array_size(list) > IMPORT_CERTIFICATES_MAX)
                json_decref(c);
            else
                json_array_append_new(list, c);
        }
    }
}

// ---- goods
// UN/CEFACT Recommendation 20: KGM kilogram, TNE tonne, GRM gram. Without a unit the model means kilograms.
static void put_mass(Import *im, json_t *g, const char *key, Node *measure, Str path) {
    Str text = wire_xml_text(measure), unit = wire_xml_attribute(measure, "unitCode");
    if (text.n == 0) return;
    int64_t v;
    if (unit.n && !str_eq_c(unit, "KGM") && !str_eq_c(unit, "TNE"))
        import_problem(im, path, "give the mass in KGM", "the unit \"%s\" is not a kilogram", import_shown(im, unit));
    else if (!import_decimal(text, &v))
        import_problem(im, path, "write a decimal number", "\"%s\" is not a mass", import_shown(im, text));
    else if (str_eq_c(unit, "TNE") && memchr(text.p, '.', text.n))
        import_problem(im, path, "give the mass in KGM", "tonnes with a fraction are not read");
    else
        json_object_set_new(g, key, json_integer(str_eq_c(unit, "TNE") ? v * 1000 : v));
}
static void put_value(Import *im, json_t *g, Node *item, Node *declaration, Str path) {
    Node *amount = wire_xml_child(item, "StatisticalValueAmount");
    if (!wire_xml_text(amount).n)
        amount = wire_xml_child(wire_xml_child(wire_xml_child(item, "Commodity"), "InvoiceLine"), "ItemChargeAmount");
    Str text = wire_xml_text(amount), currency = wire_xml_attribute(amount, "currencyID");
    if (text.n == 0) return;
    int64_t v;
    if (!import_decimal(text, &v)) {
        import_problem(im, path, "write a decimal number", "\"%s\" is not an amount", import_shown(im, text));
        return;
    }
    json_object_set_new(g, "value", json_integer(v));
    put_text(g, "currency",
             currency.n ? currency : wire_xml_attribute(wire_xml_child(declaration, "InvoiceAmount"), "currencyID"));
}
// TSP is the combined nomenclature (8 digits), TRC the two digits that TARIC adds.
static void put_hs(json_t *g, Node *commodity) {
    Str main = STR_EMPTY, more = STR_EMPTY;
    for (Node *c = wire_xml_child(commodity, "Classification"); c; c = wire_xml_next(c->next, "Classification")) {
        Str type = wire_xml_child_text(c, "IdentificationTypeCode"), id = wire_xml_child_text(c, "ID");
        if (str_eq_c(type, "TSP") || str_eq_c(type, "HS"))
            main = id;
        else if (str_eq_c(type, "TRC"))
            more = id;
    }
    char hs[HS_DIGITS_MAX];
    if (main.n == 0) return;
    if (main.n + more.n > sizeof hs) {
        put_text(g, "hs", main);
        return;
    }
    memcpy(hs, main.p, main.n);
    if (more.n) memcpy(hs + main.n, more.p, more.n);
    put_text(g, "hs", (Str){hs, main.n + more.n});
}
static void put_origin(json_t *g, Node *item) { // TypeCode 1 is the non-preferential origin
    Str found = STR_EMPTY;
    for (Node *o = wire_xml_child(item, "Origin"); o; o = wire_xml_next(o->next, "Origin")) {
        Str country = wire_xml_child_text(o, "CountryCode");
        if (country.n == 2 && (found.n == 0 || str_eq_c(wire_xml_child_text(o, "TypeCode"), "1"))) found = country;
    }
    put_text(g, "origin", found); // groups of countries have four digits and are no origin
}
static void put_packages(json_t *g, Node *item) {
    int64_t sum = 0, v;
    bool any = false;
    for (Node *p = wire_xml_child(item, "Packaging"); p; p = wire_xml_next(p->next, "Packaging"))
        if (import_decimal(wire_xml_child_text(p, "QuantityQuantity"), &v) && sum < 1000000) sum += v, any = true;
    if (any) json_object_set_new(g, "packages", json_integer(sum));
}
static void put_description(json_t *g, Str text) {
    size_t chars = 0, i = 0;
    for (; i < text.n; i++)
        if ((text.p[i] & 0xc0) != 0x80 && chars++ == DESCRIPTION_MAX) break;
    char *copy = malloc(i + 1); // a description may run over several lines; here it is one
    CK_ASSERT(copy != NULL);
    for (size_t k = 0; k < i; k++) copy[k] = (unsigned char)text.p[k] < 0x20 || text.p[k] == 0x7f ? ' ' : text.p[k];
    put_text(g, "description", (Str){copy, i});
    free(copy);
}
static json_t *read_item(Import *im, Node *item, Node *declaration, size_t no) {
    json_t *g = json_object();
    Node *commodity = wire_xml_child(item, "Commodity"), *measure = wire_xml_child(commodity, "GoodsMeasure");
    put_hs(g, commodity);
    put_origin(g, item);
    put_description(g, wire_xml_child_text(commodity, "Description"));
    put_mass(im, g, "net_kg", wire_xml_child(measure, "NetNetWeightMeasure"), import_text(im, "goods[%zu].net_kg", no));
    put_mass(im, g, "gross_kg", wire_xml_child(measure, "GrossMassMeasure"),
             import_text(im, "goods[%zu].gross_kg", no));
    put_value(im, g, item, declaration, import_text(im, "goods[%zu].value", no));
    put_packages(g, item);
    return g;
}

// ---- equipment and vehicle
static bool looks_like_container(Str id) { // four letters, seven digits: then it must also be right
    size_t letters = 0, digits = 0;
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        if (c >= '0' && c <= '9')
            digits++;
        else if (digits == 0 && ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
            letters++;
        else if (c != ' ' && c != '-')
            return false;
    }
    return letters == 4 && digits == 7;
}
static void put_equipment(Import *im, json_t *d, Node *consignment) {
    json_t *seals = json_array();
    for (Node *e = wire_xml_child(consignment, "TransportEquipment"); e;
         e = wire_xml_next(e->next, "TransportEquipment")) {
        Str id = wire_xml_child_text(e, "ID");
        if (looks_like_container(id)) {
            if (json_object_get(d, "container"))
                import_problem(im, STR("container"), "declare each container with its own vehicle",
                               "there is more than one container");
            else
                put_text(d, "container", id);
        } else if (id.n)
            import_note(im, STR("TransportEquipment/ID"), "give an ISO 6346 number if it is a container",
                        "\"%s\" is not a container number and was left out", import_shown(im, id));
        for (Node *s = wire_xml_child(e, "Seal"); s; s = wire_xml_next(s->next, "Seal")) {
            Str no = wire_xml_child_text(s, "ID");
            if (no.n && json_array_size(seals) <= IMPORT_SEALS_MAX)
                json_array_append_new(seals, json_stringn(no.p, no.n));
        }
    }
    if (json_array_size(seals) && !json_object_get(d, "seals")) json_object_set(d, "seals", seals);
    json_decref(seals);
}
// Type of identification of a means of transport: 30 is the registration of a road vehicle, 31 of a road trailer.
static void put_vehicle(json_t *d, Node *means) {
    Str type = wire_xml_child_text(means, "IdentificationTypeCode"), id = wire_xml_child_text(means, "ID");
    const char *key = str_eq_c(type, "30") ? "plate" : str_eq_c(type, "31") ? "trailer" : NULL;
    if (key && !json_object_get(d, key)) put_text(d, key, id);
}

// ---- declarations
static void put_direction(Import *im, json_t *d, Node *declaration) {
    Str type = wire_xml_child_text(declaration, "TypeCode");
    bool with_importer = wire_xml_child(wire_xml_child(declaration, "GoodsShipment"), "Importer") != NULL;
    if (str_starts(type, STR("IM")))
        put_text(d, "direction", STR("import"));
    else if (str_starts(type, STR("EX")))
        put_text(d, "direction", STR("export"));
    else if (str_starts(type, STR("CO"))) // trade within one customs territory: its side is seen from its parties
        put_text(d, "direction", with_importer ? STR("import") : STR("export"));
    else
        import_problem(im, STR("TypeCode"), "use IM (import) or EX (export) with the kind of declaration behind it",
                       "\"%s\" says neither import nor export", import_shown(im, type));
}
static void read_shipment(Import *im, json_t *d, json_t *goods, json_t *certificates, Node *shipment,
                          Node *declaration) {
    Node *consignment = wire_xml_child(shipment, "Consignment");
    put_equipment(im, d, consignment);
    put_vehicle(d, wire_xml_child(consignment, "ArrivalTransportMeans"));
    put_vehicle(d, wire_xml_child(consignment, "DepartureTransportMeans"));
    add_certificates(certificates, shipment);
    Node *item = wire_xml_child(shipment, "GovernmentAgencyGoodsItem");
    for (; item && json_array_size(goods) <= IMPORT_GOODS_MAX;
         item = wire_xml_next(item->next, "GovernmentAgencyGoodsItem")) {
        json_array_append_new(goods, read_item(im, item, declaration, json_array_size(goods)));
        add_certificates(certificates, item);
    }
}
static void read_declaration(Import *im, Node *n) {
    json_t *d = json_object(), *goods = json_array(), *certificates = json_array();
    put_text(d, "lrn", wire_xml_child_text(n, "FunctionalReferenceID"));
    put_text(d, "customs_no", wire_xml_child_text(n, "ID"));
    put_direction(im, d, n);
    put_vehicle(d, wire_xml_child(n, "BorderTransportMeans"));
    add_certificates(certificates, n);
    for (Node *s = wire_xml_child(n, "GoodsShipment"); s; s = wire_xml_next(s->next, "GoodsShipment"))
        read_shipment(im, d, goods, certificates, s, n);
    if (json_array_size(goods)) json_object_set(d, "goods", goods);
    if (json_array_size(certificates)) json_object_set(d, "certificates", certificates);
    json_decref(goods);
    json_decref(certificates);
    import_declaration(im, d, wire_xml_line(n));
}

// ---- what is not a declaration
static void report_other(Import *im, Node *n, Str lrn, const char *cure, const char *what, Str detail) {
    if (detail.n)
        import_problem(im, str_c((const char *)n->name), cure, "not a declaration: %s %s", what,
                       import_shown(im, detail));
    else
        import_problem(im, str_c((const char *)n->name), cure, "not a declaration: %s", what);
    import_report(im, IMPORT_OTHER, wire_xml_line(n), lrn);
}
// UN/EDIFACT 1225 (message function); under 13, a request, the type code says what is asked for.
static void report_function(Import *im, Node *n, Str function) {
    static const struct {
        const char *function, *type, *what;
    } known[] = {
        {"13", "COR", "a request to amend a declaration"},
        {"13", "INV", "a request to cancel a declaration"},
        {"13", "GPR", "a notice that goods were presented"},
        {"13", "", "a request about a declaration"},
        {"1", "", "a cancellation"},
        {"2", "", "an addition to a declaration"},
        {"3", "", "a deletion from a declaration"},
        {"4", "", "a change of a declaration"},
        {"5", "", "a replacement of a declaration"},
    };
    Str type = wire_xml_child_text(n, "TypeCode"), lrn = wire_xml_child_text(n, "FunctionalReferenceID");
    const char *cure =
        "change or withdraw the declaration where it was lodged; only originals (function code 9) are imported";
    for (size_t i = 0; i < ARRAY_LEN(known); i++)
        if (str_eq_c(function, known[i].function) && (!*known[i].type || str_eq_c(type, known[i].type))) {
            report_other(im, n, lrn, cure, known[i].what, STR_EMPTY);
            return;
        }
    if (function.n)
        report_other(im, n, lrn, cure, "a message with function code", function);
    else
        report_other(im, n, lrn, "give FunctionCode 9 for an original declaration", "it has no function code",
                     STR_EMPTY);
}
static void read_message(Import *im, Node *n) {
    Str function = wire_xml_child_text(n, "FunctionCode");
    if (wire_xml_is(n, "Declaration")) {
        if (str_eq_c(function, "9"))
            read_declaration(im, n);
        else
            report_function(im, n, function);
    } else if (wire_xml_is(n, "Response"))
        report_other(im, n, wire_xml_child_text(n, "FunctionalReferenceID"), "import the declaration itself",
                     "a response of the customs, function code", function);
}
static void describe_root(Import *im, Node *root) {
    Str name = str_c((const char *)root->name);
    static const char cure[] = "send the MetaData document with the Declaration in it";
    if (strcasestr(name.p, "InventoryLinking"))
        report_other(im, root, STR_EMPTY, cure, "a movement message of a warehouse or port:", name);
    else if (strstr(name.p, "Response"))
        report_other(im, root, STR_EMPTY, cure, "an answer to an enquiry:", name);
    else if (strstr(name.p, "MetaData"))
        report_other(im, root, STR_EMPTY, "restore the namespace prefixes",
                     "the colons of the element names were lost:", name);
    else
        report_other(im, root, STR_EMPTY, cure, "the document is a", name);
}
// Senders wrap the document in envelopes of their own. The tree's depth is bounded, so is this recursion.
static uint32_t read_documents(Import *im, Node *n) {
    uint32_t found = 0;
    for (; n && !import_over(im); n = n->next) {
        if (n->type != XML_ELEMENT_NODE) continue;
        if (!wire_xml_is(n, "MetaData")) {
            found += read_documents(im, n->children);
            continue;
        }
        uint32_t messages = 0;
        for (Node *m = n->children; m && !import_over(im); m = m->next)
            if (wire_xml_is(m, "Declaration") || wire_xml_is(m, "Response")) read_message(im, m), messages++;
        if (messages == 0)
            report_other(im, n, STR_EMPTY, "send a document of type DEC", "no declaration in a document of type",
                         wire_xml_child_text(n, "WCOTypeName"));
        found++;
    }
    return found;
}

Err import_wco(Import *im, Str text) {
    im->sum.format = IMPORT_WCO_XML;
    if (text.n > IMPORT_XML_BYTES_MAX) {
        import_problem(im, STR_EMPTY, "split the file", "the XML document has more than 4 MiB");
        import_report(im, IMPORT_BAD, 1, STR_EMPTY);
        return ERR_LIMIT;
    }
    xmlDocPtr doc = parse_xml(im, text);
    if (!doc) return ERR_PARSE;
    Node *root = xmlDocGetRootElement(doc);
    if (wire_xml_is(root, "Declaration"))
        read_message(im, root);
    else if (read_documents(im, root) == 0)
        describe_root(im, root);
    xmlFreeDoc(doc);
    return OK;
}
