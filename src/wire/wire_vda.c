// Topics, versions, and what else does not depend on a message.
#include "wire_vda_internal.h"

static const struct {
    const char *text;
    const VdaTable *table;
} topics[VDA_TOPIC_COUNT] = {
    [VDA_ORDER] = {"order", &vda_order_table},
    [VDA_INSTANT_ACTIONS] = {"instantActions", &vda_instant_actions_table},
    [VDA_STATE] = {"state", &vda_state_table},
    [VDA_VISUALIZATION] = {"visualization", &vda_visualization_table},
    [VDA_CONNECTION] = {"connection", &vda_connection_table},
    [VDA_FACTSHEET] = {"factsheet", &vda_factsheet_table},
    [VDA_RESPONSES] = {"responses", &vda_responses_table},
    [VDA_ZONE_SET] = {"zoneSet", &vda_zone_set_table},
};
static const char *const versions[VDA_VERSION_COUNT] = {"2.0.0", "2.1.0", "3.0.0"};

const VdaTable *vda_table(VdaTopic t) {
    CK_ASSERT(t < VDA_TOPIC_COUNT);
    return topics[t].table;
}
size_t vda_size(VdaTopic t) {
    return vda_table(t)->size;
}
bool vda_has_topic(VdaVersion v, VdaTopic t) {
    CK_ASSERT(v < VDA_VERSION_COUNT && t < VDA_TOPIC_COUNT);
    return v >= VDA_3_0 || (t != VDA_RESPONSES && t != VDA_ZONE_SET);
}
const char *vda_version_text(VdaVersion v) {
    CK_ASSERT(v < VDA_VERSION_COUNT);
    return versions[v];
}
const char *vda_topic_text(VdaTopic t) {
    CK_ASSERT(t < VDA_TOPIC_COUNT);
    return topics[t].text;
}

// One or more digits without a leading zero; moves *at behind them.
static bool number_at(Str s, size_t *at, uint32_t *ret) {
    size_t i = *at;
    uint32_t v = 0;
    for (; i < s.n && i - *at < 4 && s.p[i] >= '0' && s.p[i] <= '9'; i++) v = v * 10 + (uint32_t)(s.p[i] - '0');
    if (i == *at || (i - *at > 1 && s.p[*at] == '0')) return false;
    *at = i;
    *ret = v;
    return true;
}
bool vda_version_of(Str text, VdaVersion *ret) {
    uint32_t part[3] = {0, 0, 0};
    size_t at = 0;
    for (int i = 0; i < 3; i++) {
        if (i && at == text.n) {
            if (i < 2) return false; // "2" alone
            break;
        }
        if (i && text.p[at++] != '.') return false;
        if (!number_at(text, &at, &part[i])) return false;
    }
    if (at != text.n) return false;
    if (part[0] == 2 && part[1] <= 1)
        *ret = part[1] ? VDA_2_1 : VDA_2_0;
    else if (part[0] == 3)
        *ret = VDA_3_0;
    else
        return false;
    return true;
}

bool vda_topic_part(Str s) {
    if (s.n == 0 || s.n > VDA_PART_MAX) return false;
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i], l = (char)(c | 0x20);
        if (!((l >= 'a' && l <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '.' || c == ':' || c == '-'))
            return false;
    }
    return true;
}
void vda_topic_name(Buf *b, Str interface_name, VdaVersion v, Str manufacturer, Str serial, VdaTopic t) {
    CK_ASSERT(vda_topic_part(interface_name) && vda_topic_part(manufacturer) && vda_topic_part(serial));
    CK_ASSERT(vda_has_topic(v, t));
    buf_printf(b, STR_F "/v%c/" STR_F "/" STR_F "/%s", STR_A(interface_name), versions[v][0], STR_A(manufacturer),
               STR_A(serial), topics[t].text);
}
bool vda_topic_parse(Str topic, VdaTopicAddress *ret) {
    Str level[5];
    uint32_t n = 0;
    if (topic.n == 0 || topic.n > VDA_TOPIC_MAX) return false;
    for (size_t from = 0, i = 0; i <= topic.n; i++) {
        if (i < topic.n && topic.p[i] != '/') continue;
        if (n == ARRAY_LEN(level)) return false;
        level[n++] = (Str){topic.p + from, i - from};
        from = i + 1;
    }
    if (n != ARRAY_LEN(level)) return false;
    if (!vda_topic_part(level[0]) || !vda_topic_part(level[2]) || !vda_topic_part(level[3])) return false;
    VdaTopicAddress a = {level[0], level[2], level[3], 0, VDA_TOPIC_COUNT};
    a.major = str_eq_c(level[1], "v2") ? 2 : str_eq_c(level[1], "v3") ? 3 : 0;
    for (uint32_t t = 0; t < VDA_TOPIC_COUNT; t++)
        if (str_eq_c(level[4], topics[t].text)) a.topic = (VdaTopic)t;
    if (!a.major || a.topic == VDA_TOPIC_COUNT) return false;
    if (!vda_has_topic(a.major == 3 ? VDA_3_0 : VDA_2_1, a.topic)) return false;
    *ret = a;
    return true;
}

const VdaValue *vda_parameter(const VdaAction *a, const char *key) {
    for (uint32_t i = 0; i < a->parameters.n; i++)
        if (str_eq_c(a->parameters.items[i].key, key)) return &a->parameters.items[i].value;
    return NULL;
}
