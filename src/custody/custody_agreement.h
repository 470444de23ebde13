// The agreement of the two sides: who they are, and for each version from when till when which messages may go which
// way with which fields, for what purpose. What is not listed never leaves and is refused when it comes.
// schema/agreement.schema.json.
#pragma once
#include "custody_words.h"

#define CUSTODY_NAME_MAX       40
#define CUSTODY_SIDE_MAX       12 // bytes; a hand-over's key is side, hyphen, number
#define CUSTODY_VERSION_TEXT   12
#define CUSTODY_VERSIONS_MAX   4
#define CUSTODY_RECOGNISED_MAX 16
#define CUSTODY_CLAUSE_MAX     80
typedef struct { // an inspection whose result, told by `sender`, stands for one of the other side's
    bool sender[2];
    char task[CUSTODY_WORD_MAX + 1], as[CUSTODY_WORD_MAX + 1]; // the sender's task, the receiver's
    char clause[CUSTODY_CLAUSE_MAX + 1];
} CustodyRecognised;
typedef struct {
    char version[CUSTODY_VERSION_TEXT + 1];
    int64_t from_ms, until_ms; // new hand-overs begin in [from, until); one under way keeps its version to its end
    int64_t skew_ms;           // clocks may differ by so much
    int64_t ttl_ms;            // of an issued message; what was not taken by then is issued again
    int64_t answer_within_ms, cross_within_ms, close_within_ms;
    uint32_t retention_days;   // of messages and their personal data
    uint32_t weight_permille;  // greatest difference of weights that is none
    bool listed[2][MSG_COUNT]; // by the sender's index in `side`
    uint32_t fields[2][MSG_COUNT];
    CustodyRecognised recognised[CUSTODY_RECOGNISED_MAX];
    uint32_t recognised_n;
} CustodyTerms;
typedef struct {
    char name[CUSTODY_NAME_MAX + 1];
    char side[2][CUSTODY_SIDE_MAX + 1];
    CustodyTerms version[CUSTODY_VERSIONS_MAX];
    uint32_t versions;
} Agreement;

// Strict: what is unknown, missing, out of range, listed twice, or lacks a field that the protocol needs is ERR_INVALID
// with the reason in `a`. ERR_PARSE, ERR_LIMIT as they are. `ret` is written only for OK.
Err custody_agreement_parse(Str json, Arena *a, Agreement *ret, Str *ret_what) MUST_USE;
int32_t custody_version_find(const Agreement *ag, Str version); // index, -1: there is none
int32_t custody_version_at(const Agreement *ag, int64_t t_ms);  // the newest in force, -1: none
bool custody_in_force(const Agreement *ag, uint32_t i, int64_t t_ms);
// The terms of a version as lines of text, whose SHA-256 an OFFER names: who files other terms under the same name is
// found out before anything crosses (docs/protocol.md).
// What stands for `as` of the receiver by word of `sender`; NULL: nothing does. Either text empty: any.
const CustodyRecognised *custody_recognised(const CustodyTerms *t, uint32_t sender, Str task, Str as);
void custody_terms_text(Buf *b, const Agreement *ag, uint32_t version);
// REASON_NONE, REASON_KIND, REASON_FIELD or REASON_FIELD_MISSING. Receipts are of the link and always allowed.
CustodyReason custody_allowed(const Agreement *ag, uint32_t version, uint32_t sender, CustodyMsg kind, uint32_t fields);
