// SPSCertificate:17 with the entities of ReusableAggregateBusinessInformationEntity:21, as the hub's WSDL has them.
#include "wire_ephyto_internal.h"
#include "wire_hs.h"
#include "wire_iso6346.h"

#define GRAMS_MAX 1000000000000000 // only slips of the pen are above

// ---- values
// What decides comes once: of two numbers nobody can say which one is meant.
static XmlNode *single(EphytoRead *r, XmlNode *parent, const char *name) {
    XmlNode *n = wire_xml_child(parent, name);
    if (n && wire_xml_next(n->next, name))
        ephyto_problem(r, name, "ask the issuing organisation to correct it", "it is said twice");
    return n;
}
static void country(EphytoRead *r, XmlNode *n, const char *field, Str *ret) {
    Str id = wire_xml_child_text(n, "ID");
    if (id.n == 2 && id.p[0] >= 'A' && id.p[0] <= 'Z' && id.p[1] >= 'A' && id.p[1] <= 'Z')
        *ret = ephyto_keep(r, id);
    else
        ephyto_problem(r, field, "give two capitals of ISO 3166-1", "\"%s\" is not a country", ephyto_shown(r, id));
}
static bool decimal(Str s, int64_t scale, int64_t *ret) { // digits, perhaps a point and digits; times scale, cut
    int64_t v = 0, place = scale;
    size_t i = 0;
    for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) {
        if (v > GRAMS_MAX / 10 / scale) return false;
        v = v * 10 + (s.p[i] - '0');
    }
    if (i == 0) return false;
    v *= scale;
    if (i < s.n && s.p[i] == '.') {
        size_t from = ++i;
        for (; i < s.n && s.p[i] >= '0' && s.p[i] <= '9'; i++) place /= 10, v += (s.p[i] - '0') * place;
        if (i == from) return false;
    }
    *ret = v;
    return i == s.n;
}
// UNECE Recommendation 20: KGM kilogram, TNE tonne, GRM gram. 0 when there is none.
static void mass(EphytoRead *r, XmlNode *n, const char *field, int64_t *ret_kg) {
    Str text = wire_xml_text(n), unit = wire_xml_attribute(n, "unitCode");
    int64_t scale = str_eq_c(unit, "KGM")   ? 1000
                    : str_eq_c(unit, "TNE") ? 1000000
                    : str_eq_c(unit, "GRM") ? 1
                                            : 0,
            grams;
    if (!text.n) return;
    if (!scale)
        ephyto_problem(r, field, "give the mass in KGM", "the unit \"%s\" is not read", ephyto_shown(r, unit));
    else if (!decimal(text, scale, &grams))
        ephyto_problem(r, field, "write a decimal number", "\"%s\" is not a mass", ephyto_shown(r, text));
    else
        *ret_kg = grams == 0 ? 0 : MAX((grams + 500) / 1000, (int64_t)1);
}
static int64_t issue_time(EphytoRead *r, XmlNode *n) {
    XmlNode *string = wire_xml_child(n, "DateTimeString");
    if (!string) string = wire_xml_child(n, "DateTime");
    Str s = wire_xml_text(string ? string : n);
    int64_t t;
    char zoned[40];
    if (iso8601_parse(s, &t)) return t;
    // Many issuers leave the zone out; it is the day that counts.
    if (s.n < 32 && snprintf(zoned, sizeof zoned, STR_F "Z", STR_A(s)) > 0 && iso8601_parse(str_c(zoned), &t)) return t;
    ephyto_problem(r, "IssueDateTime", "write for instance 2027-01-31T08:00:00+07:00", "\"%s\" is not a time",
                   ephyto_shown(r, s));
    return 0;
}

// ---- lists
static void add_text(EphytoRead *r, StrList *l, uint32_t most, const char *field, Str s) {
    for (uint32_t i = 0; i < l->n; i++)
        if (str_eq(l->items[i], s)) return;
    if (l->n == most) {
        ephyto_problem(r, field, "ask for a certificate of fewer vehicles", "there are more than %u", most);
        return;
    }
    if (!l->items && !(l->items = arena_alloc(r->a, most * sizeof *l->items))) {
        r->full = true;
        return;
    }
    l->items[l->n++] = ephyto_keep(r, s);
}
static bool looks_like_container(Str id) { // four letters, seven digits: then it must also be right
    size_t letters = 0, digits = 0;
    for (size_t i = 0; i < id.n; i++) {
        char c = id.p[i];
        if (c >= '0' && c <= '9')
            digits++;
        else if (digits == 0 && ((c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z')))
            letters++;
        else if (c != ' ' && c != '-' && c != '/')
            return false;
    }
    return letters == 4 && digits == 7;
}
static void add_equipment(EphytoRead *r, XmlNode *holder, const char *name) {
    for (XmlNode *n = wire_xml_child(holder, name); n; n = wire_xml_next(n->next, name)) {
        char bare[ISO6346_LEN + 1];
        Str id = wire_xml_child_text(n, "ID");
        Iso6346Result box = iso6346_parse(id, bare);
        if (id.n && box.problem == ISO6346_OK)
            add_text(r, &r->e->containers, EPHYTO_EQUIPMENT_MAX, "containers", str_c(bare));
        else if (looks_like_container(id))
            ephyto_problem(r, name, "ask the issuing organisation to correct the container number", "\"%s\": %s",
                           ephyto_shown(r, id), iso6346_problem_text(box.problem));
        else if (id.n)
            add_text(r, &r->e->equipment, EPHYTO_EQUIPMENT_MAX, "equipment", id);
        for (XmlNode *s = wire_xml_child(n, "AffixedSPSSeal"); s; s = wire_xml_next(s->next, "AffixedSPSSeal")) {
            Str seal = wire_xml_child_text(s, "ID");
            if (seal.n) add_text(r, &r->e->seals, EPHYTO_SEALS_MAX, "seals", seal);
        }
    }
}

// ---- goods
static bool is_hs(Str system) { // "HS", "HS code", "CN", "Combined Nomenclature", as issuers have it
    static const char *const names[] = {
        "HS", "HSCODE", "CN", "CNCODE", "HARMONIZEDSYSTEM", "HARMONISEDSYSTEM", "COMBINEDNOMENCLATURE"};
    char up[32];
    size_t n = 0;
    for (size_t i = 0; i < system.n && n < sizeof up - 1; i++) {
        char c = system.p[i];
        if (c >= 'a' && c <= 'z') c = (char)(c - 'a' + 'A');
        if (c >= 'A' && c <= 'Z') up[n++] = c;
    }
    up[n] = 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (strcmp(up, names[i]) == 0) return true;
    return false;
}
static void read_class(EphytoRead *r, XmlNode *line, EphytoItem *it, const char *field) {
    static const char name[] = "ApplicableSPSClassification";
    for (XmlNode *c = wire_xml_child(line, name); c; c = wire_xml_next(c->next, name)) {
        char hs[HS_DIGITS_MAX + 1];
        Str code = wire_xml_child_text(c, "ClassCode");
        if (!is_hs(wire_xml_child_text(c, "SystemName"))) continue;
        if (!hs_normalise(code, hs))
            ephyto_problem(r, field, "ask for a code of 6 to 10 digits",
                           "\"%s\" is not a code of the Harmonized System", ephyto_shown(r, code));
        else if (it->hs.n && !str_eq_c(it->hs, hs))
            ephyto_problem(r, field, "ask for one code a line", "there are two codes, " STR_F " and %s", STR_A(it->hs),
                           hs);
        else
            it->hs = ephyto_keep(r, str_c(hs));
    }
}
// Packages are told level by level, the outermost with the highest LevelCode: only that one is counted.
static void read_packages(EphytoRead *r, XmlNode *line, EphytoItem *it, const char *field) {
    int64_t level = -1, l, n;
    static const char name[] = "PhysicalSPSPackage";
    for (XmlNode *p = wire_xml_child(line, name); p; p = wire_xml_next(p->next, name)) {
        Str quantity = wire_xml_child_text(p, "ItemQuantity"), code = wire_xml_child_text(p, "LevelCode");
        if (!decimal(code, 1, &l)) l = 0;
        if (!quantity.n) continue;
        if (!decimal(quantity, 1, &n) || n > 1000000000) {
            ephyto_problem(r, field, "write a whole number", "\"%s\" is not a number of packages",
                           ephyto_shown(r, quantity));
            continue;
        }
        if (l > level)
            level = l, it->packages = 0, it->package_type = ephyto_keep(r, wire_xml_child_text(p, "TypeCode"));
        if (l == level) it->packages += n;
    }
}
static void read_line(EphytoRead *r, XmlNode *line, EphytoItem *it, uint32_t place) {
    char field[64];
#define AT(name) (snprintf(field, sizeof field, "items[%u].%s", place, name), field)
    if (!decimal(wire_xml_child_text(line, "SequenceNumeric"), 1, &it->no)) it->no = place + 1;
    it->description = ephyto_keep(r, wire_xml_child_text(line, "Description"));
    it->common = ephyto_keep(r, wire_xml_child_text(line, "CommonName"));
    it->botanical = ephyto_keep(r, wire_xml_child_text(line, "ScientificName"));
    mass(r, wire_xml_child(line, "NetWeightMeasure"), AT("net_kg"), &it->net_kg);
    mass(r, wire_xml_child(line, "GrossWeightMeasure"), AT("gross_kg"), &it->gross_kg);
    read_class(r, line, it, AT("hs"));
    read_packages(r, line, it, AT("packages"));
    XmlNode *origin = wire_xml_child(line, "OriginSPSCountry");
    if (wire_xml_child_text(origin, "ID").n) country(r, origin, AT("origin"), &it->origin);
    add_equipment(r, line, "AssociatedSPSTransportEquipment");
#undef AT
}
static void read_items(EphytoRead *r, XmlNode *consignment) {
    static const char item[] = "IncludedSPSConsignmentItem", trade[] = "IncludedSPSTradeLineItem";
    EphytoItem *list = arena_alloc(r->a, EPHYTO_ITEMS_MAX * sizeof *list);
    r->full |= !list;
    r->e->items.items = list;
    for (XmlNode *i = wire_xml_child(consignment, item); i && list; i = wire_xml_next(i->next, item))
        for (XmlNode *n = wire_xml_child(i, trade); n; n = wire_xml_next(n->next, trade)) {
            EphytoItem it = {0};
            if (r->e->items.n == EPHYTO_ITEMS_MAX) {
                ephyto_problem(r, "items", "ask for several certificates", "there are more than %u lines",
                               EPHYTO_ITEMS_MAX);
                return;
            }
            read_line(r, n, &it, r->e->items.n);
            if (it.no == 0 && !it.hs.n && !it.botanical.n) // the consignment as a whole
                r->e->net_kg = it.net_kg;
            else
                list[r->e->items.n++] = it;
        }
    if (r->e->items.n == 0) ephyto_problem(r, trade, "ask for the whole certificate", "the certificate names no goods");
}

// ---- the certificate
static void read_exchanged(EphytoRead *r, XmlNode *n) {
    Ephyto *e = r->e;
    Str type = wire_xml_text(single(r, n, "TypeCode")), status = wire_xml_text(single(r, n, "StatusCode"));
    e->number = ephyto_keep(r, wire_xml_text(single(r, n, "ID")));
    e->name = ephyto_keep(r, wire_xml_child_text(n, "Name"));
    e->issuer = ephyto_keep(r, wire_xml_child_text(wire_xml_child(n, "IssuerSPSParty"), "Name"));
    e->status_code = ephyto_keep(r, status);
    e->type = str_eq_c(type, "851") ? EPHYTO_PHYTO : str_eq_c(type, "657") ? EPHYTO_REEXPORT : EPHYTO_TYPE_NONE;
    e->status = str_eq_c(status, "70") ? EPHYTO_ISSUED : str_eq_c(status, "40") ? EPHYTO_WITHDRAWN : EPHYTO_OTHER;
    if (!e->number.n || e->number.n > EPHYTO_NUMBER_MAX)
        ephyto_problem(r, "ID", "ask for the certificate with its number",
                       "the number is missing or longer than %d bytes", EPHYTO_NUMBER_MAX);
    if (!e->type)
        ephyto_problem(r, "TypeCode", "give a phytosanitary certificate, 851, or one for re-export, 657",
                       "\"%s\" is another kind of document", ephyto_shown(r, type));
    if (!status.n) ephyto_problem(r, "StatusCode", "ask for the certificate with its status", "it is missing");
    e->issued = issue_time(r, wire_xml_child(n, "IssueDateTime"));
}
void ephyto_certificate(EphytoRead *r, XmlNode *certificate) {
    XmlNode *document = single(r, certificate, "SPSExchangedDocument");
    XmlNode *consignment = single(r, certificate, "SPSConsignment");
    if (!document || !consignment) {
        ephyto_problem(r, document ? "SPSConsignment" : "SPSExchangedDocument", "ask for the whole certificate",
                       "the certificate has no such part");
        return;
    }
    read_exchanged(r, document);
    country(r, single(r, consignment, "ExportSPSCountry"), "ExportSPSCountry", &r->e->exporting);
    country(r, single(r, consignment, "ImportSPSCountry"), "ImportSPSCountry", &r->e->importing);
    add_equipment(r, consignment, "UtilizedSPSTransportEquipment");
    read_items(r, consignment);
}
