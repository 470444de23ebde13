// Partners that do not speak our protocol: what of a hand-over can be said in a foreign message, and what it says. One
// file an adapter; what each can say is its table (docs/partner.md is made from it).
//
// An adapter only translates. It signs nothing, and what it reads is a report, not a signed message of the link: no
// custody moves by it (docs/protocol.md, rule 3). The agreement's allow-list is the caller's duty: what is given to
// partner_encode() must be allowed to leave already. What the foreign message has no place for is an error that names
// the field, never left out in silence.
#pragma once
#include "custody/custody_words.h"

#define PARTNER_NAME_MAX      35 // bytes of a side's name
#define PARTNER_REFERENCE_MAX 35
#define PARTNER_TEXT_MAX      65536 // of a foreign message

typedef struct {
    CustodyMsg kind;
    CustodyBody body; // also the hand-over's item, where the foreign message must name it
    Str from, to;     // sides
    Str reference;    // of this message, given by its sender
    int64_t at;       // when it was made; whole seconds
} PartnerMessage;
typedef struct { // one kind that the adapter can say
    CustodyMsg kind;
    uint32_t needs, may; // bits of CustodyField, as custody_needs(): here of the foreign message
    const char *code;    // what it is there
} PartnerRow;
typedef struct PartnerAdapter PartnerAdapter;
struct PartnerAdapter {
    const char *name, *title, *media_type;
    const PartnerRow *rows;
    uint32_t row_count;
    uint32_t reference_max; // bytes
    uint32_t item_kinds;    // bits of CustodyItemKind that it has a word for
    uint32_t item_max;      // bytes
    // Called by the functions below, which check before and after.
    Err (*encode)(const PartnerMessage *m, Arena *a, Buf *b, Str *ret_what);
    Err (*decode)(Str text, Arena *a, PartnerMessage *ret, Str *ret_what);
};
extern const PartnerAdapter partner_wco, partner_codeco, partner_cusres;

const PartnerAdapter *partner_find(Str name);        // NULL when there is none
const PartnerAdapter *partner_at(uint32_t i);        // NULL behind the last
void partner_codes(Buf *b);                          // codes of reasons and differences, likewise
void partner_table(Buf *b, const PartnerAdapter *p); // what it can say, as a Markdown table

// ERR_NOT_FOUND: the message is good, but has no counterpart on the other side of the adapter. ERR_INVALID, ERR_PARSE,
// ERR_LIMIT: it is not good. *ret_what is "field: reason -> cure", in `a`. Texts of a decoded message live in `a`.
Err partner_encode(const PartnerAdapter *p, const PartnerMessage *m, Arena *a, Buf *b, Str *ret_what) MUST_USE;
Err partner_decode(const PartnerAdapter *p, Str text, Arena *a, PartnerMessage *ret, Str *ret_what) MUST_USE;

// {"kind","from","to","reference","at","body":{...}}, the body as in docs/custody.md.
Err partner_json_read(Str text, Arena *a, PartnerMessage *ret, Str *ret_what) MUST_USE;
void partner_json_write(Buf *b, const PartnerMessage *m);
