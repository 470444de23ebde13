#include "wire_xml.h"
#include <libxml/parser.h>

// ---- what the parser's callbacks share
static void keep_first_error(void *parser, xmlErrorPtr e) { // what follows the first one is only its echo
    xmlParserCtxtPtr p = parser;
    WireXmlFault *f = p->_private;
    if (e->level != XML_ERR_FATAL || f->line) return;
    f->line = e->line > 0 ? (uint32_t)e->line : 1;
    snprintf(f->why, sizeof f->why, "%s", e->message ? e->message : "");
}
static void stop(xmlParserCtxtPtr p, WireXmlProblem why) {
    WireXmlFault *f = p->_private;
    if (!f->problem) f->problem = why;
    xmlStopParser(p);
}
static void refuse_doctype(void *parser, const xmlChar *name, const xmlChar *public_id, const xmlChar *system_id) {
    (void)name, (void)public_id, (void)system_id;
    stop(parser, WIRE_XML_DOCTYPE);
}
static void start_element(void *parser, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int nns,
                          const xmlChar **ns, int na, int nd, const xmlChar **attributes) {
    xmlParserCtxtPtr p = parser;
    if (p->nodeNr >= WIRE_XML_DEPTH_MAX)
        stop(p, WIRE_XML_DEEP);
    else
        xmlSAX2StartElementNs(parser, name, prefix, uri, nns, ns, na, nd, attributes);
}
xmlDocPtr wire_xml_parse(Str text, WireXmlFault *ret_fault) {
    *ret_fault = (WireXmlFault){.problem = WIRE_XML_OK};
    xmlParserCtxtPtr p = xmlNewParserCtxt();
    CK_ASSERT(p != NULL && text.n <= INT32_MAX);
    p->_private = ret_fault;
    p->sax->internalSubset = refuse_doctype;
    p->sax->externalSubset = refuse_doctype;
    p->sax->startElementNs = start_element;
    p->sax->serror = keep_first_error;
    xmlDocPtr doc = xmlCtxtReadMemory(p, text.p, (int)text.n, NULL, NULL,
                                      XML_PARSE_NONET | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_BIG_LINES);
    if (doc && (ret_fault->problem || !xmlDocGetRootElement(doc))) {
        xmlFreeDoc(doc);
        doc = NULL;
    }
    if (!doc && !ret_fault->problem) ret_fault->problem = WIRE_XML_MALFORMED;
    if (!doc && !ret_fault->line) ret_fault->line = 1;
    for (size_t n = strlen(ret_fault->why); n && ret_fault->why[n - 1] == '\n'; n--) ret_fault->why[n - 1] = 0;
    if (!*ret_fault->why) (void)snprintf(ret_fault->why, sizeof ret_fault->why, "there is no element");
    xmlFreeParserCtxt(p);
    return doc;
}

// ---- walking
bool wire_xml_is(XmlNode *n, const char *name) {
    return n->type == XML_ELEMENT_NODE && strcmp((const char *)n->name, name) == 0;
}
XmlNode *wire_xml_next(XmlNode *n, const char *name) {
    while (n && !wire_xml_is(n, name)) n = n->next;
    return n;
}
XmlNode *wire_xml_child(XmlNode *n, const char *name) {
    return n ? wire_xml_next(n->children, name) : NULL;
}
static Str trimmed(const xmlChar *text) {
    Str s = str_c((const char *)text);
    while (s.n && (unsigned char)s.p[0] <= ' ') s.p++, s.n--;
    while (s.n && (unsigned char)s.p[s.n - 1] <= ' ') s.n--;
    return s;
}
Str wire_xml_text(XmlNode *n) {
    for (XmlNode *t = n ? n->children : NULL; t; t = t->next) {
        if (t->type != XML_TEXT_NODE && t->type != XML_CDATA_SECTION_NODE) continue;
        Str s = trimmed(t->content);
        if (s.n) return s;
    }
    return STR_EMPTY;
}
Str wire_xml_child_text(XmlNode *n, const char *name) {
    return wire_xml_text(wire_xml_child(n, name));
}
Str wire_xml_attribute(XmlNode *n, const char *name) {
    for (const xmlAttr *a = n ? n->properties : NULL; a; a = a->next)
        if (strcmp((const char *)a->name, name) == 0 && a->children) return trimmed(a->children->content);
    return STR_EMPTY;
}
uint32_t wire_xml_line(XmlNode *n) {
    long line = xmlGetLineNo(n);
    return line > 0 ? (uint32_t)line : 1;
}

void wire_xml_put(Buf *b, Str text) {
    size_t from = 0;
    for (size_t i = 0; i < text.n; i++) {
        const char *as = text.p[i] == '&'   ? "&amp;"
                         : text.p[i] == '<' ? "&lt;"
                         : text.p[i] == '>' ? "&gt;"
                         : text.p[i] == '"' ? "&quot;"
                                            : NULL;
        if (!as) continue;
        buf_put(b, text.p + from, i - from);
        buf_c(b, as);
        from = i + 1;
    }
    buf_put(b, text.p + from, text.n - from);
}
