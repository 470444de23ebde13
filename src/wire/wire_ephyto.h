// Phytosanitary certificates in electronic form (ISPM 12, appendix 1): a UN/CEFACT SPSCertificate:17 alone, or in an
// envelope of the IPPC ePhyto hub (HUB.Entities: Envelope with the certificate as Content text or base64, or
// ePhytoEnvelope with it as an element), also inside of a SOAP answer. Nothing is proved by reading: the hub and the
// issuing organisation (NPPO) vouch for it.
#pragma once
#include "base/field.h"

#define EPHYTO_BYTES_MAX     (4u << 20) // attachments are in it
#define EPHYTO_ITEMS_MAX     200u
#define EPHYTO_EQUIPMENT_MAX 16u
#define EPHYTO_SEALS_MAX     32u
#define EPHYTO_NUMBER_MAX    60 // of a certificate in a declaration
#define EPHYTO_PROBLEMS_MAX  32u

// Type: UN/EDIFACT 1001. Status: 1373, of which 70 alone is good at a gate.
#define EPHYTO_TYPE_TABLE(X) X(EPHYTO_TYPE_NONE, "") X(EPHYTO_PHYTO, "phyto") X(EPHYTO_REEXPORT, "re_export")
#define EPHYTO_STATUS_TABLE(X)                                                                                         \
    X(EPHYTO_STATUS_NONE, "") X(EPHYTO_ISSUED, "issued") X(EPHYTO_WITHDRAWN, "withdrawn") X(EPHYTO_OTHER, "other")
typedef enum {
#define X(sym, word) sym,
    EPHYTO_TYPE_TABLE(X)
} EphytoType;
typedef enum {
    EPHYTO_STATUS_TABLE(X)
#undef X
} EphytoStatus;

typedef struct {
    int64_t no; // SequenceNumeric
    Str hs;     // 6 to 10 digits; empty when no classification of the Harmonized System is given
    Str botanical, common, description; // scientific name, common name
    Str origin;                         // ISO 3166-1
    int64_t net_kg, gross_kg;           // rounded; what is more than nothing stays at least 1
    int64_t packages;
    Str package_type; // UNECE Recommendation 21
} EphytoItem;
typedef struct {
    uint8_t type, status; // EphytoType, EphytoStatus
    Str status_code, number, issuer, name;
    Str exporting, importing; // countries, ISO 3166-1
    int64_t issued;
    StrList containers; // ISO 6346, bare
    StrList equipment;  // other means that are named: trailers, trucks
    StrList seals;
    List items;     // EphytoItem
    int64_t net_kg; // of the consignment, where line 0 says it
    bool envelope;
    Str hub_number; // hubDeliveryNumber
} Ephyto;
extern const FieldTable ephyto_table;
extern const Names EphytoType_names, EphytoStatus_names;

typedef struct {
    Str field, reason, cure;
} EphytoProblem;
typedef struct {
    EphytoProblem p[EPHYTO_PROBLEMS_MAX];
    uint32_t n; // may exceed the maximum: then the rest was dropped
} EphytoProblems;

// Texts and lists live in `a`. ERR_PARSE: no certificate in it; ERR_LIMIT; ERR_INVALID: one, with faults. All of them
// with problems; *ret is written in every case, as far as it could be read.
Err ephyto_read(Str text, Arena *a, Ephyto *ret, EphytoProblems *problems) MUST_USE;
