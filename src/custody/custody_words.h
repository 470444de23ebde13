// The words of the hand-over and the fields of its messages, expanded from custody.def and custody_reason.def.
#pragma once
#include "base/field.h"

#define CUSTODY_BIT(n) (1u << (n))

typedef enum { CUSTODY_GIVER, CUSTODY_TAKER, CUSTODY_ROLES } CustodyRole;
typedef enum {
#define STATE(sym, word, giver, taker, end) sym,
#include "custody.def"
    HS_COUNT
} CustodyState;
typedef enum {
    MSG_NONE,
#define MESSAGE(sym, word, needs, may) sym,
#define NOTICE(sym, word, needs, may)  sym,
#include "custody.def"
    MSG_COUNT
} CustodyMsg;
typedef enum {
    ACT_NONE,
#define ACT(sym, word) sym,
#include "custody.def"
    ACT_COUNT
} CustodyActKind;
typedef enum {
#define REASON(sym, word, class, text) sym,
#include "custody_reason.def"
#undef REASON
    REASON_COUNT
} CustodyReason;
typedef enum {
    CUSTODY_CLASS_INFO,
    CUSTODY_CLASS_LINK,
    CUSTODY_CLASS_CONTENT,
    CUSTODY_CLASS_HERE,
    CUSTODY_CLASS_WORD
} CustodyClass;
#define GUARD_TABLE(X) X(ANY) X(FREE) X(ROOM) X(NO_ROOM) X(IN_TIME) X(LATE) X(CLEAN) X(DIFFERS) X(CONSENT)
typedef enum {
#define X(g) GUARD_##g,
    GUARD_TABLE(X)
#undef X
        GUARD_COUNT
} CustodyGuard;
#define ITEM_KIND_TABLE(X)                                                                                             \
    X(ITEM_NONE, "")                                                                                                   \
    X(ITEM_TRUCK, "truck")                                                                                             \
    X(ITEM_TRAILER, "trailer")                                                                                         \
    X(ITEM_CONTAINER, "container")                                                                                     \
    X(ITEM_IGV, "igv")
typedef enum {
#define X(sym, word) sym,
    ITEM_KIND_TABLE(X)
#undef X
        ITEM_KIND_COUNT
} CustodyItemKind;
#define DIFFERENCE_TABLE(X)                                                                                            \
    X(DIFFERS_WEIGHT, "weight") X(DIFFERS_SEAL, "seal") X(DIFFERS_OCR, "ocr") X(DIFFERS_NOT_SEEN, "not_seen")
typedef enum {
#define X(sym, word) sym,
    DIFFERENCE_TABLE(X)
#undef X
        DIFFERENCE_COUNT
} CustodyDifference;
extern const Names CustodyState_names, CustodyMsg_names, CustodyAct_names, CustodyReason_names, CustodyGuard_names,
    CustodyItem_names, CustodyDifference_names;
const char *custody_reason_text(CustodyReason r);
CustodyClass custody_reason_class(CustodyReason r);
bool custody_holds(CustodyRole role, CustodyState s); // the claim of who plays this role; certain when true
bool custody_over(CustodyState s);
bool custody_is_notice(CustodyMsg m);

// ---- fields of a message's body. X(name, type of the field, C type, most bytes of a text, words)
#define CUSTODY_KEY_MAX   24 // of a hand-over, an item, a seal
#define CUSTODY_NOTE_MAX  200
#define CUSTODY_HEX_MAX   64
#define CUSTODY_WORD_MAX  24
#define CUSTODY_HS_MAX    120
#define CUSTODY_CERTS_MAX 240
#define CUSTODY_PATH_MAX  2600 // hashes of a Merkle path, 64 digits each
#define CUSTODY_FIELDS(X)                                                                                              \
    X(handover, FIELD_STR, Str, CUSTODY_KEY_MAX, NULL)       /* "vn-17": side and number of the giver */               \
    X(item_kind, FIELD_ENUM, uint8_t, 0, &CustodyItem_names) /* CustodyItemKind */                                     \
    X(item, FIELD_STR, Str, CUSTODY_KEY_MAX, NULL)           /* plate, ISO 6346 number, vehicle's serial */            \
    X(weight_kg, FIELD_U32, uint32_t, 0, NULL)                                                                         \
    X(seal, FIELD_STR, Str, CUSTODY_KEY_MAX, NULL) /* ISO 17712 */                                                     \
    X(ocr, FIELD_STR, Str, CUSTODY_KEY_MAX, NULL)  /* what the camera read */                                          \
    X(answer_by, FIELD_TIME, int64_t, 0, NULL)                                                                         \
    X(cross_by, FIELD_TIME, int64_t, 0, NULL)                                                                          \
    X(at, FIELD_TIME, int64_t, 0, NULL)                              /* of the crossing, the reception */              \
    X(reason, FIELD_ENUM, uint8_t, 0, &CustodyReason_names)          /* CustodyReason */                               \
    X(differences, FIELD_SET, uint32_t, 0, &CustodyDifference_names) /* bits of CustodyDifference */                   \
    X(consent, FIELD_STR, Str, CUSTODY_HEX_MAX, NULL)                /* hash of the message that agreed to this */     \
    X(evidence, FIELD_STR, Str, CUSTODY_HEX_MAX, NULL) /* SHA-256 of images and readings, kept by the sender */        \
    X(note, FIELD_STR, Str, CUSTODY_NOTE_MAX, NULL)                                                                    \
    X(refused, FIELD_STR, Str, CUSTODY_HEX_MAX, NULL)    /* hash of the message refused */                             \
    X(terms, FIELD_STR, Str, CUSTODY_HEX_MAX, NULL)      /* hash of the terms that hold */                             \
    X(hash, FIELD_STR, Str, CUSTODY_HEX_MAX, NULL)       /* receipt: of the last message taken */                      \
    X(upto, FIELD_I64, int64_t, 0, NULL)                 /* receipt: its number; tree head: its size */                \
    X(reference, FIELD_STR, Str, CUSTODY_WORD_MAX, NULL) /* of a passage, an order of the sender */                    \
    X(mode, FIELD_STR, Str, CUSTODY_WORD_MAX, NULL)      /* "through", "transhipment", "unmanned" */                   \
    X(plate, FIELD_STR, Str, CUSTODY_KEY_MAX, NULL)                                                                    \
    X(trailer, FIELD_STR, Str, CUSTODY_KEY_MAX, NULL)                                                                  \
    X(container, FIELD_STR, Str, CUSTODY_KEY_MAX, NULL)                                                                \
    X(hs, FIELD_STR, Str, CUSTODY_HS_MAX, NULL) /* HS numbers, parted by commas */                                     \
    X(road, FIELD_STR, Str, CUSTODY_WORD_MAX, NULL)                                                                    \
    X(from, FIELD_TIME, int64_t, 0, NULL)                                                                              \
    X(until, FIELD_TIME, int64_t, 0, NULL)                                                                             \
    X(per_hour, FIELD_U32, uint32_t, 0, NULL) /* vehicles */                                                           \
    X(task, FIELD_STR, Str, CUSTODY_WORD_MAX, NULL)                                                                    \
    X(outcome, FIELD_STR, Str, CUSTODY_WORD_MAX, NULL)                                                                 \
    X(proof, FIELD_STR, Str, CUSTODY_PATH_MAX, NULL)                                                                   \
    X(certificates, FIELD_STR, Str, CUSTODY_CERTS_MAX, NULL) /* "phytosanitary VN-1,health H-2" */
typedef struct {
#define X(name, type, T, most, more) T name;
    CUSTODY_FIELDS(X)
#undef X
} CustodyBody;
typedef enum {
#define X(name, type, T, most, more) CF_##name,
    CUSTODY_FIELDS(X)
#undef X
        CF_COUNT
} CustodyField;
extern const FieldTable custody_body_table;
uint32_t custody_needs(CustodyMsg m);                       // bits of CustodyField that the protocol asks for
uint32_t custody_may(CustodyMsg m);                         // and those it knows beside them
uint32_t custody_fields_of(const CustodyBody *body);        // those that are there
void custody_keep_fields(CustodyBody *body, uint32_t keep); // all others become empty
bool custody_body_good(const CustodyBody *body);            // lengths, hexadecimal, ranges
