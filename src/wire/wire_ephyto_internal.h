// Shared by the two files of the reader; not for other folders.
#pragma once
#include "wire_ephyto.h"
#include "wire_xml.h"

typedef struct {
    Arena *a;
    Ephyto *e;
    EphytoProblems *problems;
    bool full; // the arena
} EphytoRead;

void ephyto_problem(EphytoRead *r, const char *field, const char *cure, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));
const char *ephyto_shown(EphytoRead *r, Str s); // a short quotation, safe to print
Str ephyto_keep(EphytoRead *r, Str s);          // a copy on one line, beyond the document
void ephyto_certificate(EphytoRead *r, XmlNode *certificate);
// The text of an envelope's Content: XML as it is, or what base64 (RFC 4648) holds. Empty when it is neither.
Str ephyto_content(EphytoRead *r, XmlNode *content);
