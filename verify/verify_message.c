// A message of the link (docs/protocol.md): two lines of JSON, the second is the core, whose bytes its hash is over.
#include "verify_link.h"
#include <jansson.h>

static const char *const kinds[] = {[KIND_OTHER] = "",
                                    [KIND_OFFER] = "OFFER",
                                    [KIND_ACCEPT] = "ACCEPT",
                                    [KIND_REJECT] = "REJECT",
                                    [KIND_WITHDRAW] = "WITHDRAW",
                                    [KIND_WITHDRAWN] = "WITHDRAWN",
                                    [KIND_REVOKE] = "REVOKE",
                                    [KIND_CROSSED] = "CROSSED",
                                    [KIND_RECEIVED] = "RECEIVED",
                                    [KIND_RETURN] = "RETURN",
                                    [KIND_CLOSED] = "CLOSED",
                                    [KIND_DISPUTE] = "DISPUTE",
                                    [KIND_SETTLE] = "SETTLE",
                                    [KIND_REFUSED] = "REFUSED",
                                    [KIND_RECEIPT] = "RECEIPT",
                                    [KIND_TREE_HEAD] = "TREE_HEAD"};

static bool name(const json_t *j, const char *key, char *ret, size_t max) { // false: too long, or with a NUL in it
    Text t;
    if (!json_text(j, key, &t)) return true;
    if (t.n > max || memchr(t.p, 0, t.n)) return false;
    memcpy(ret, t.p, t.n);
    ret[t.n] = 0;
    return true;
}
static const char *header(Text line, Message *m) {
    json_t *j = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    bool good = json_is_object(j) && name(j, "key", m->key, KEY_ID_LEN) && m->key[0] &&
                json_moment(j, "issued", &m->issued) && json_moment(j, "expires", &m->expires);
    json_decref(j);
    return good ? NULL : "its first line wants key, issued and expires";
}
static const char *body(const json_t *b, Message *m) {
    Text proof;
    if (!json_is_object(b)) return "its body is no object";
    if (!name(b, "handover", m->handover, NAME_LEN) || !name(b, "item", m->item, NAME_LEN) ||
        !name(b, "item_kind", m->item_kind, NAME_LEN) || !name(b, "reason", m->reason, NAME_LEN))
        return "a name in its body is too long";
    m->has_consent = json_hash(b, "consent", &m->consent);
    (void)json_hash(b, "hash", &m->head);
    m->differs = json_array_size(json_object_get(b, "differences")) > 0;
    if (!json_moment(b, "at", &m->at)) m->at = 0;
    if (!json_moment(b, "cross_by", &m->cross_by)) m->cross_by = 0;
    if (!json_number(b, "upto", &m->upto)) m->upto = 0;
    if (m->kind == KIND_TREE_HEAD && json_text(b, "proof", &proof)) m->proof = keep_text(proof);
    return NULL;
}
static const char *core(Text line, Message *m) {
    json_t *j = json_loadb(line.p, line.n, JSON_REJECT_DUPLICATES, NULL);
    const char *wrong = NULL;
    Text word;
    if (!json_is_object(j) || !name(j, "from", m->from, SIDE_LEN) || !name(j, "to", m->to, SIDE_LEN) || !m->from[0] ||
        !m->to[0] || !json_text(j, "kind", &word) || !name(j, "kind", m->word, NAME_LEN))
        wrong = "its second line wants from, to and kind";
    for (size_t k = 1; !wrong && k < COUNT_OF(kinds); k++)
        if (text_is(word, kinds[k])) m->kind = (Kind)k;
    bool receipt = m->kind == KIND_RECEIPT;
    if (!wrong && !receipt && (!json_number(j, "seq", &m->number) || m->number < 1 || !json_hash(j, "prev", &m->prev)))
        wrong = "its second line wants seq from 1 and prev";
    if (!wrong) wrong = body(json_object_get(j, "body"), m);
    json_decref(j);
    return wrong;
}
const char *message_read(Sha *s, Text bytes, bool heard, Message *ret) {
    const char *wrong = NULL;
    Text second = bytes;
    memset(ret, 0, sizeof *ret);
    if (bytes.n == 0 || bytes.n > MESSAGE_MAX) return "it is empty or over 4,096 bytes";
    if (heard) {
        const char *end = memchr(bytes.p, '\n', bytes.n);
        if (!end) return "it does not have two lines";
        Text first = {bytes.p, (size_t)(end - bytes.p)};
        second = (Text){end + 1, bytes.n - first.n - 1};
        wrong = header(first, ret);
        ret->bytes = keep_text(bytes), ret->bytes_n = bytes.n;
    }
    sha_of(s, second.p, second.n, &ret->hash);
    if (!wrong && memchr(second.p, '\n', second.n)) wrong = "it has more than two lines";
    return wrong ? wrong : core(second, ret);
}
void message_free(Message *m) {
    if (!m) return;
    free(m->bytes);
    free(m->proof);
    free(m);
}
