#include "partner_internal.h"

static const struct {
    char code[4];
} reasons[REASON_COUNT] = {
    [REASON_NONE] = {""},
    [REASON_CERTIFICATE] = {"CRT"},
    [REASON_TREE_HEAD] = {"TRH"},
    [REASON_OVERSIZED] = {"OVS"},
    [REASON_MALFORMED] = {"MAL"},
    [REASON_UNKNOWN_KEY] = {"UKY"},
    [REASON_KEY_NOT_VALID] = {"KNV"},
    [REASON_BAD_SIGNATURE] = {"SIG"},
    [REASON_WRONG_PARTY] = {"WPA"},
    [REASON_AHEAD] = {"AHD"},
    [REASON_EXPIRED] = {"EXP"},
    [REASON_DUPLICATE] = {"DUP"},
    [REASON_SEQ_REUSED] = {"SEQ"},
    [REASON_GAP] = {"GAP"},
    [REASON_PREVIOUS] = {"PRV"},
    [REASON_RECEIPT_WRONG] = {"RCW"},
    [REASON_BUSY] = {"BSY"},
    [REASON_AGREEMENT] = {"AGR"},
    [REASON_KIND] = {"KND"},
    [REASON_FIELD] = {"FNA"},
    [REASON_FIELD_MISSING] = {"FMI"},
    [REASON_FIELD_VALUE] = {"FVA"},
    [REASON_HANDOVER_UNKNOWN] = {"HUN"},
    [REASON_HANDOVER_REUSED] = {"HRU"},
    [REASON_OUT_OF_ORDER] = {"ORD"},
    [REASON_CONSENT] = {"CNS"},
    [REASON_NOT_HELD] = {"NHD"},
    [REASON_TOO_LATE] = {"LAT"},
    [REASON_NOT_DUE] = {"NDU"},
    [REASON_FULL] = {"FUL"},
    [REASON_HELD_HERE] = {"HLD"},
    [REASON_TIMEOUT] = {"TMO"},
    [REASON_REVOKED] = {"RVK"},
    [REASON_CORRIDOR] = {"COR"},
    [REASON_DOCUMENTS] = {"DOC"},
    [REASON_CAPACITY] = {"CAP"},
    [REASON_INCIDENT] = {"INC"},
    [REASON_DIFFERENCE] = {"DIF"},
    [REASON_OTHER] = {"OTH"},
};
static const char *const differences[DIFFERENCE_COUNT] = {
    [DIFFERS_WEIGHT] = "WGT", [DIFFERS_SEAL] = "SEA", [DIFFERS_OCR] = "OCR", [DIFFERS_NOT_SEEN] = "NOT"};

const char *partner_reason_code(CustodyReason r) {
    CK_ASSERT(r < REASON_COUNT && (r == REASON_NONE || reasons[r].code[0]));
    return reasons[r].code;
}
bool partner_reason_find(Str code, uint8_t *ret) {
    for (uint32_t i = 1; i < REASON_COUNT; i++)
        if (str_eq_c(code, reasons[i].code)) {
            *ret = (uint8_t)i;
            return true;
        }
    return false;
}
const char *partner_difference_code(CustodyDifference d) {
    CK_ASSERT(d < DIFFERENCE_COUNT);
    return differences[d];
}
bool partner_difference_find(Str code, CustodyDifference *ret) {
    for (uint32_t i = 0; i < DIFFERENCE_COUNT; i++)
        if (str_eq_c(code, differences[i])) {
            *ret = (CustodyDifference)i;
            return true;
        }
    return false;
}
