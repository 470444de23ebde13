#include "custody_words.h"
#include "base/field_def.h"

static const char *const state_list[] = {
#define STATE(sym, word, giver, taker, end) word,
#include "custody.def"
};
static const char *const message_list[] = {
    "",
#define MESSAGE(sym, word, needs, may) word,
#define NOTICE(sym, word, needs, may)  word,
#include "custody.def"
};
static const char *const act_list[] = {
    "",
#define ACT(sym, word) word,
#include "custody.def"
};
static const char *const reason_list[] = {
#define REASON(sym, word, class, text) word,
#include "custody_reason.def"
#undef REASON
};
#define WORD(sym, word) word,
static const char *const item_list[] = {ITEM_KIND_TABLE(WORD)}, *const difference_list[] = {DIFFERENCE_TABLE(WORD)};
static const char *const guard_list[] = {
#define X(g) #g,
    GUARD_TABLE(X)
#undef X
};
const Names CustodyState_names = {state_list, ARRAY_LEN(state_list)};
const Names CustodyMsg_names = {message_list, ARRAY_LEN(message_list)};
const Names CustodyAct_names = {act_list, ARRAY_LEN(act_list)};
const Names CustodyReason_names = {reason_list, ARRAY_LEN(reason_list)};
const Names CustodyGuard_names = {guard_list, ARRAY_LEN(guard_list)};
const Names CustodyItem_names = {item_list, ARRAY_LEN(item_list)};
const Names CustodyDifference_names = {difference_list, ARRAY_LEN(difference_list)};

static const struct {
    CustodyClass class;
    const char *text;
} reasons[] = {
#define REASON(sym, word, class, text) {CUSTODY_CLASS_##class, text},
#include "custody_reason.def"
#undef REASON
};
const char *custody_reason_text(CustodyReason r) {
    CK_ASSERT(r < REASON_COUNT);
    return reasons[r].text;
}
CustodyClass custody_reason_class(CustodyReason r) {
    CK_ASSERT(r < REASON_COUNT);
    return reasons[r].class;
}

enum { NOT = 0, HOLDS = 1 };
static const struct {
    uint8_t holds[CUSTODY_ROLES], over;
} states[] = {
#define STATE(sym, word, giver, taker, end) {{giver, taker}, end},
#include "custody.def"
};
bool custody_holds(CustodyRole role, CustodyState s) {
    CK_ASSERT(role < CUSTODY_ROLES && s < HS_COUNT);
    return states[s].holds[role];
}
bool custody_over(CustodyState s) {
    CK_ASSERT(s < HS_COUNT);
    return states[s].over;
}

#define X(name, type, T, most, more) {#name, type, 0, offsetof(CustodyBody, name), more},
static const Field body_rows[] = {CUSTODY_FIELDS(X)};
#undef X
const FieldTable custody_body_table = TABLE(CustodyBody, "custody_body", body_rows);

#define B(name) | CUSTODY_BIT(CF_##name)
static const struct {
    uint32_t needs, may;
} messages[] = {
    {0, 0},
#define MESSAGE(sym, word, needs, may) {0 needs, 0 may},
#define NOTICE(sym, word, needs, may)  {0 needs, 0 may},
#include "custody.def"
};
#undef B
uint32_t custody_needs(CustodyMsg m) {
    CK_ASSERT(m < MSG_COUNT);
    return messages[m].needs;
}
uint32_t custody_may(CustodyMsg m) {
    CK_ASSERT(m < MSG_COUNT);
    return messages[m].may;
}

bool custody_is_notice(CustodyMsg m) {
    return m > MSG_RECEIPT && m < MSG_COUNT;
}

static bool is_there(const Field *f, const void *p) {
    switch ((int)f->type) {
    case FIELD_STR: return ((const Str *)p)->n > 0;
    case FIELD_ENUM: return *(const uint8_t *)p != 0;
    case FIELD_U32:
    case FIELD_SET: return *(const uint32_t *)p != 0;
    default: return *(const int64_t *)p != 0;
    }
}
uint32_t custody_fields_of(const CustodyBody *body) {
    uint32_t bits = 0;
    for (uint32_t i = 0; i < CF_COUNT; i++)
        if (is_there(&body_rows[i], (const char *)body + body_rows[i].offset)) bits |= CUSTODY_BIT(i);
    return bits;
}
static bool is_hash(Str s) {
    if (s.n == 0) return true;
    if (s.n != CUSTODY_HEX_MAX) return false;
    for (size_t i = 0; i < s.n; i++)
        if (!((s.p[i] >= '0' && s.p[i] <= '9') || (s.p[i] >= 'a' && s.p[i] <= 'f'))) return false;
    return true;
}
bool custody_body_good(const CustodyBody *body) {
#define X(name, type, T, most, more) most,
    static const uint32_t longest[] = {CUSTODY_FIELDS(X)};
#undef X
    for (uint32_t i = 0; i < CF_COUNT; i++)
        if (body_rows[i].type == FIELD_STR) {
            const Str *s = (const Str *)(const void *)((const char *)body + body_rows[i].offset);
            if (s->n > longest[i] || (longest[i] == CUSTODY_HEX_MAX && !is_hash(*s))) return false;
        }
    return body->upto >= 0 && body->at >= 0 && body->answer_by >= 0 && body->cross_by >= body->answer_by &&
           body->from >= 0 && body->until >= 0;
}
void custody_keep_fields(CustodyBody *body, uint32_t keep) {
#define X(name, type, T, most, more)                                                                                   \
    if (!(keep & CUSTODY_BIT(CF_##name))) memset(&body->name, 0, sizeof body->name);
    CUSTODY_FIELDS(X)
#undef X
}
