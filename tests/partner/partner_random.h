// A message that an adapter can say, by seed: of each of its kinds, with any of the fields it may have and texts full
// of the characters that foreign syntaxes mean something by.
#pragma once
#include "partner/partner.h"
#include "prop.h"

static inline Str random_text(Prng *r, Arena *a, size_t most) {
    static const char *const pieces[] = {"'", "+",  ":", "?",     "*",   " ", "&",   "<",  ">",        "\"", "]]>",
                                         "a", "Z9", "-", "&amp;", "?+'", "ạ", "桂F", "\\", "\xc2\xa0", "é"};
    char text[256];
    size_t n = 0, want = 1 + prng_below(r, most);
    while (n < want) {
        const char *piece = prng_chance(r, 60) ? "Q" : pieces[prng_below(r, ARRAY_LEN(pieces))];
        if (n + strlen(piece) > most) break;
        if (*piece == ' ' && (n == 0 || n + 1 >= want || text[n - 1] == ' ')) piece = "x"; // none at the ends
        memcpy(text + n, piece, strlen(piece)), n += strlen(piece);
    }
    if (n == 0 || text[n - 1] == ' ') text[n ? n - 1 : 0] = 'x', n += n == 0;
    return arena_str(a, (Str){text, n});
}
static inline Str random_hash(Prng *r, Arena *a) {
    char text[CUSTODY_HEX_MAX];
    for (size_t i = 0; i < sizeof text; i++) text[i] = "0123456789abcdef"[prng_below(r, 16)];
    return arena_str(a, (Str){text, sizeof text});
}
static inline int64_t random_time(Prng *r) { // of this century
    return (int64_t)(946684800 + prng_below(r, 3155760000)) * 1000;
}
static inline CustodyItemKind random_item_kind(Prng *r, uint32_t kinds) {
    for (;;) {
        uint32_t k = 1 + (uint32_t)prng_below(r, ITEM_KIND_COUNT - 1);
        if (kinds & CUSTODY_BIT(k)) return (CustodyItemKind)k;
    }
}
static inline void random_body(Prng *r, Arena *a, const PartnerAdapter *p, uint32_t fields, CustodyBody *y) {
#define HAS(f) (fields & CUSTODY_BIT(CF_##f))
    if (HAS(handover)) y->handover = random_text(r, a, CUSTODY_KEY_MAX);
    if (HAS(item)) y->item = random_text(r, a, p->item_max), y->item_kind = (uint8_t)random_item_kind(r, p->item_kinds);
    if (HAS(weight_kg)) y->weight_kg = 1 + (uint32_t)prng_below(r, UINT32_MAX);
    if (HAS(seal)) y->seal = random_text(r, a, CUSTODY_KEY_MAX);
    if (HAS(ocr)) y->ocr = random_text(r, a, CUSTODY_KEY_MAX);
    if (HAS(answer_by)) y->answer_by = random_time(r);
    if (HAS(cross_by)) y->cross_by = random_time(r);
    if (HAS(cross_by) && y->cross_by < y->answer_by) y->cross_by = y->answer_by;
    if (HAS(at)) y->at = random_time(r);
    if (HAS(reason)) y->reason = (uint8_t)(1 + prng_below(r, REASON_COUNT - 1));
    if (HAS(differences)) y->differences = 1 + (uint32_t)prng_below(r, (1u << DIFFERENCE_COUNT) - 1);
    if (HAS(consent)) y->consent = random_hash(r, a);
    if (HAS(evidence)) y->evidence = random_hash(r, a);
    if (HAS(note)) y->note = random_text(r, a, CUSTODY_NOTE_MAX);
    if (HAS(refused)) y->refused = random_hash(r, a);
    if (HAS(terms)) y->terms = random_hash(r, a);
#undef HAS
}
static inline PartnerMessage random_message(Prng *r, Arena *a, const PartnerAdapter *p) {
    const PartnerRow *row = &p->rows[prng_below(r, p->row_count)];
    uint32_t fields = row->needs | (row->may & (uint32_t)prng_next(r)),
             item = CUSTODY_BIT(CF_item) | CUSTODY_BIT(CF_item_kind);
    if (fields & item) fields |= item;
    PartnerMessage m = {.kind = row->kind,
                        .from = random_text(r, a, PARTNER_NAME_MAX),
                        .to = random_text(r, a, PARTNER_NAME_MAX),
                        .reference = random_text(r, a, p->reference_max),
                        .at = random_time(r)};
    random_body(r, a, p, fields, &m.body);
    return m;
}
