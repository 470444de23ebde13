// Shared by the adapters; not for other folders.
#pragma once
#include "partner.h"
#include "wire/wire_edifact.h"

#define B(field)   CUSTODY_BIT(CF_##field)
#define ITEM(kind) CUSTODY_BIT(ITEM_##kind)

// "field: reason -> cure" into *ret_what; gives e.
Err partner_say(Arena *a, Str *ret_what, Err e, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
const char *partner_shown(Arena *a, Str s); // a short quotation of foreign text, safe to print
// Whole kilograms, more than nothing; zeros behind the decimal mark say the same.
bool partner_kg(Str s, char decimal, uint32_t *ret);
const PartnerRow *partner_row(const PartnerAdapter *p, CustodyMsg kind);

// Reasons and differences in codes of three capitals: they fit everywhere (9321 an..8, 4441 an..3 of the older
// directories, WCO Error/ValidationCode an..8).
const char *partner_reason_code(CustodyReason r);
bool partner_reason_find(Str code, uint8_t *ret);
const char *partner_difference_code(CustodyDifference d);
bool partner_difference_find(Str code, CustodyDifference *ret);

// ---- what the two EDIFACT adapters have in common
typedef struct {
    const char *type;     // "CODECO"
    const char *document; // BGM 1001
    const PartnerMessage *m;
} PartnerEdiHead;
void partner_edi_begin(EdiWriter *w, Buf *b, const PartnerEdiHead *h);                  // UNA, UNB, UNH, BGM, DTM+137
void partner_edi_pair(EdiWriter *w, const char *tag, const char *qualifier, Str value); // RFF+ABO:value
void partner_edi_time(EdiWriter *w, const char *qualifier, int64_t t_ms);
void partner_edi_code(EdiWriter *w, const char *subject, const char *code, Str text); // FTX+ZZZ++CON::ZZZ+text
void partner_edi_texts(EdiWriter *w, const CustodyBody *body); // consent, evidence, ocr, refused, note as FTX

typedef struct {
    Arena *a;
    Str *what;
    PartnerMessage *m;
    Edifact edi;
    const EdiMessage *msg;
    Str document; // BGM 1001
} PartnerEdi;
// One message of this type, an original, no test; fills from, to, reference, document.
Err partner_edi_open(PartnerEdi *r, Str text, const char *type);
Err partner_edi_fail(PartnerEdi *r, Err e, const EdiSegment *s, const char *why);
// Each takes one segment, where it is one that both messages have; *ret_taken says whether.
Err partner_edi_common(PartnerEdi *r, const EdiSegment *s, bool *ret_taken);
Err partner_edi_once(PartnerEdi *r, const EdiSegment *s, Str *field, Str value); // a second value is an error
Err partner_edi_dtm(PartnerEdi *r, const EdiSegment *s, int64_t *ret);
Err partner_edi_reason(PartnerEdi *r, const EdiSegment *s, Str code);
bool partner_edi_known(const EdiSegment *s, const char *tags); // tags: "BGM DTM ..."
