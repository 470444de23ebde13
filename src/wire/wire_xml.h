// XML that comes from outside, read safely: no network, no entity but the five of XML 1.0, no DOCTYPE at all, bounded
// depth. Elements are known by their local names: senders differ in prefixes, and some leave the namespace out.
#pragma once
#include "base/base.h"
#include <libxml/tree.h>

#define WIRE_XML_DEPTH_MAX 64 // the documents read here are less than 20 deep
typedef const xmlNode XmlNode;
typedef enum { WIRE_XML_OK, WIRE_XML_DOCTYPE, WIRE_XML_DEEP, WIRE_XML_MALFORMED } WireXmlProblem;
typedef struct {
    WireXmlProblem problem;
    uint32_t line; // of the first fatal error, from 1
    char why[160]; // the parser's words, for WIRE_XML_MALFORMED
} WireXmlFault;

// A document with a root element, to be given back to xmlFreeDoc(); NULL with *ret_fault. The caller bounds text.n.
xmlDocPtr wire_xml_parse(Str text, WireXmlFault *ret_fault) MUST_USE;

bool wire_xml_is(XmlNode *n, const char *name);
XmlNode *wire_xml_next(XmlNode *n, const char *name);  // n itself, or the first sibling behind it; NULL
XmlNode *wire_xml_child(XmlNode *n, const char *name); // NULL when absent, or n is
// Texts are borrowed from the tree, without blanks around them; empty when absent.
Str wire_xml_text(XmlNode *n);
Str wire_xml_child_text(XmlNode *n, const char *name);
Str wire_xml_attribute(XmlNode *n, const char *name);
uint32_t wire_xml_line(XmlNode *n);

void wire_xml_put(Buf *b, Str text); // character data, escaped: also good inside an attribute
