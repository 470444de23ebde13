#include "wire_ephyto_internal.h"
#include "base/field_def.h"

#define WORD(sym, word) word,
static const char *const types[] = {EPHYTO_TYPE_TABLE(WORD)}, *const statuses[] = {EPHYTO_STATUS_TABLE(WORD)};
const Names EphytoType_names = {types, ARRAY_LEN(types)}, EphytoStatus_names = {statuses, ARRAY_LEN(statuses)};
static const Field item_rows[] = {
    F(EphytoItem, no, FIELD_I64),           F(EphytoItem, hs, FIELD_STR),          F(EphytoItem, botanical, FIELD_STR),
    F(EphytoItem, common, FIELD_STR),       F(EphytoItem, description, FIELD_STR), F(EphytoItem, origin, FIELD_STR),
    F(EphytoItem, net_kg, FIELD_I64),       F(EphytoItem, gross_kg, FIELD_I64),    F(EphytoItem, packages, FIELD_I64),
    F(EphytoItem, package_type, FIELD_STR),
};
static const FieldTable item_table = TABLE(EphytoItem, "item", item_rows);
static const Field rows[] = {
    F(Ephyto, number, FIELD_STR),      FE(Ephyto, type, EphytoType_names), FE(Ephyto, status, EphytoStatus_names),
    F(Ephyto, status_code, FIELD_STR), F(Ephyto, issued, FIELD_TIME),      F(Ephyto, issuer, FIELD_STR),
    F(Ephyto, name, FIELD_STR),        F(Ephyto, exporting, FIELD_STR),    F(Ephyto, importing, FIELD_STR),
    FL(Ephyto, items, item_table),     F(Ephyto, net_kg, FIELD_I64),       F(Ephyto, containers, FIELD_STRS),
    F(Ephyto, equipment, FIELD_STRS),  F(Ephyto, seals, FIELD_STRS),       F(Ephyto, envelope, FIELD_BOOL),
    F(Ephyto, hub_number, FIELD_STR),
};
const FieldTable ephyto_table = TABLE(Ephyto, "ephyto", rows);

// ---- texts
Str ephyto_keep(EphytoRead *r, Str s) {
    char *p = arena_cstr(r->a, s);
    if (!p) {
        r->full = true;
        return STR_EMPTY;
    }
    size_t n = 0;
    for (size_t i = 0; i < s.n; i++) { // as xs:token: one blank for any blanks and line ends
        bool blank = (unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f;
        if (!blank || (n && p[n - 1] != ' ')) p[n++] = blank ? ' ' : s.p[i];
    }
    p[n] = 0;
    return (Str){p, n};
}
const char *ephyto_shown(EphytoRead *r, Str s) {
    size_t n = MIN(s.n, (size_t)40);
    while (n < s.n && n > 0 && (s.p[n] & 0xc0) == 0x80) n--;
    char *z = arena_alloc(r->a, n + 4);
    if (!z) return "...";
    for (size_t i = 0; i < n; i++) z[i] = (unsigned char)s.p[i] < 0x20 || s.p[i] == 0x7f ? '?' : s.p[i];
    if (n < s.n) memcpy(z + n, "...", 3);
    return z;
}
void ephyto_problem(EphytoRead *r, const char *field, const char *cure, const char *fmt, ...) {
    char text[300];
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    if (r->problems->n < EPHYTO_PROBLEMS_MAX) {
        Str where = arena_str(r->a, str_c(field)), why = arena_str(r->a, str_c(text));
        r->problems->p[r->problems->n] =
            (EphytoProblem){where.p ? where : STR_EMPTY, why.p ? why : STR("(no room to say)"), str_c(cure)};
    }
    r->problems->n++;
}

// ---- content of an envelope
static int digit64(char c) {
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    const char *at = c ? strchr(digits, c) : NULL;
    return at ? (int)(at - digits) : -1;
}
static Str decode64(EphytoRead *r, const char *z) {
    size_t n = 0, digits = 0, pads = 0;
    char *out = arena_alloc(r->a, strlen(z) / 4 * 3 + 3);
    if (!out) {
        r->full = true;
        return STR_EMPTY;
    }
    for (uint32_t word = 0; *z; z++) {
        if (*z == ' ' || *z == '\n' || *z == '\r' || *z == '\t') continue;
        int d = *z == '=' ? 0 : digit64(*z);
        if (d < 0 || (pads && *z != '=')) return STR_EMPTY;
        pads += *z == '=';
        word = word << 6 | (uint32_t)d;
        if (++digits % 4) continue;
        out[n++] = (char)(word >> 16), out[n++] = (char)(word >> 8), out[n++] = (char)word;
        word = 0;
    }
    return digits % 4 || pads > 2 || pads >= n ? STR_EMPTY : (Str){out, n - pads};
}
Str ephyto_content(EphytoRead *r, XmlNode *content) {
    xmlChar *text = xmlNodeGetContent(content); // all pieces: a certificate may be written in several
    const char *z = (const char *)text;
    if (!z) return STR_EMPTY;
    while (*z && (unsigned char)*z <= ' ') z++;
    Str s = STR_EMPTY;
    if (*z == '<' && !(s = arena_str(r->a, str_c(z))).p) r->full = true, s = STR_EMPTY;
    if (*z && *z != '<') s = decode64(r, z);
    xmlFree(text);
    return s;
}

// ---- documents
static void malformed(EphytoRead *r, const char *what, const WireXmlFault *f) {
    if (f->problem == WIRE_XML_DOCTYPE)
        ephyto_problem(r, "DOCTYPE", "leave the DOCTYPE out: certificates need no entities",
                       "document type definitions are refused, they can pull in files and exhaust memory");
    else if (f->problem == WIRE_XML_DEEP)
        ephyto_problem(r, what, "send an SPSCertificate", "elements are nested too deeply");
    else
        ephyto_problem(r, what, "ask for the certificate again", "line %u is not well-formed XML: %s", f->line,
                       ephyto_shown(r, str_c(f->why)));
}
typedef struct {
    XmlNode *envelope, *certificate;
    uint32_t envelopes, certificates;
} Found;
static void find(XmlNode *n, Found *f) { // the tree's depth is bounded, so is this
    for (; n; n = n->next) {
        if (n->type != XML_ELEMENT_NODE) continue;
        if (wire_xml_child(n, "NPPOCertificateNumber")) {
            if (!f->envelopes++) f->envelope = n;
        }
        if (wire_xml_is(n, "SPSCertificate")) {
            if (!f->certificates++) f->certificate = n;
        } else
            find(n->children, f);
    }
}
// What the envelope says must be what is in it: a hub does not open it, so a mix-up shows here only.
static void compare_header(EphytoRead *r, XmlNode *envelope) {
    static const struct {
        const char *name, *inside;
    } same[] = {{"NPPOCertificateNumber", "ID"},
                {"CertificateType", "TypeCode"},
                {"CertificateStatus", "StatusCode"},
                {"From", "ExportSPSCountry"},
                {"To", "ImportSPSCountry"}};
    const char *const type = r->e->type == EPHYTO_REEXPORT ? "657" : "851";
    const Str have[] = {r->e->number, str_c(type), r->e->status_code, r->e->exporting, r->e->importing};
    for (size_t i = 0; i < ARRAY_LEN(same); i++) {
        Str said = wire_xml_child_text(envelope, same[i].name);
        if (said.n && have[i].n && !(i == 1 && !r->e->type) && !str_eq(said, have[i]))
            ephyto_problem(r, same[i].name, "ask the issuing organisation for the right envelope",
                           "the envelope says \"%s\", the certificate in it \"%s\" (%s)", ephyto_shown(r, said),
                           ephyto_shown(r, have[i]), same[i].inside);
    }
}
static Err read_inner(EphytoRead *r, Str text) {
    WireXmlFault f;
    xmlDocPtr doc = wire_xml_parse(text, &f);
    if (!doc) {
        malformed(r, "Content", &f);
        return ERR_PARSE;
    }
    XmlNode *root = xmlDocGetRootElement(doc);
    Err e = wire_xml_is(root, "SPSCertificate") ? OK : ERR_PARSE;
    if (e)
        ephyto_problem(r, "Content", "send an SPSCertificate", "the envelope holds a document \"%s\"",
                       ephyto_shown(r, str_c((const char *)root->name)));
    else
        ephyto_certificate(r, root);
    xmlFreeDoc(doc);
    return e;
}
static Err read_envelope(EphytoRead *r, const Found *f) {
    r->e->envelope = true;
    r->e->hub_number = ephyto_keep(r, wire_xml_child_text(f->envelope, "hubDeliveryNumber"));
    XmlNode *inside = wire_xml_child(f->envelope, "SPSCertificate"), *content = wire_xml_child(f->envelope, "Content");
    Err e = OK;
    Str text;
    if (inside) {
        ephyto_certificate(r, inside);
    } else if (content && (text = ephyto_content(r, content)).n) {
        e = read_inner(r, text);
    } else {
        ephyto_problem(r, "Content", "fetch the envelope with its content from the hub",
                       content ? "it is neither XML nor base64" : "the envelope holds no certificate, only its header");
        return ERR_PARSE;
    }
    if (!e) compare_header(r, f->envelope);
    return e;
}
static Err read_document(EphytoRead *r, XmlNode *root) {
    Found f = {0};
    find(root, &f);
    if (f.envelopes > 1 || f.certificates > 1) {
        ephyto_problem(r, "", "give each certificate in a file of its own", "there is more than one certificate");
        return ERR_LIMIT;
    }
    if (f.envelope) return read_envelope(r, &f);
    if (f.certificate) {
        ephyto_certificate(r, f.certificate);
        return OK;
    }
    ephyto_problem(r, "", "give an ePhyto envelope or an SPSCertificate",
                   "there is no certificate in it: the document is a \"%s\"",
                   ephyto_shown(r, str_c((const char *)root->name)));
    return ERR_PARSE;
}
Err ephyto_read(Str text, Arena *a, Ephyto *ret, EphytoProblems *problems) {
    EphytoRead r = {.a = a, .e = ret, .problems = problems};
    *ret = (Ephyto){.type = 0};
    problems->n = 0;
    if (text.n > EPHYTO_BYTES_MAX) {
        ephyto_problem(&r, "", "give one certificate, without large attachments", "it has more than 4 MiB");
        return ERR_LIMIT;
    }
    WireXmlFault f;
    xmlDocPtr doc = wire_xml_parse(text, &f);
    Err e = ERR_PARSE;
    if (doc)
        e = read_document(&r, xmlDocGetRootElement(doc));
    else
        malformed(&r, "", &f);
    xmlFreeDoc(doc);
    if (!e && r.full) {
        ephyto_problem(&r, "", "give a smaller certificate", "there is no room to read it");
        e = ERR_LIMIT;
    }
    return e ? e : problems->n ? ERR_INVALID : OK;
}
