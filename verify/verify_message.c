// A message of the link (docs/protocol.md): two lines of JSON, the second is the core, whose bytes its hash is over.
#include "verify_link.h"

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

static bool name(Text value, char *ret, size_t max) { // false: no string, too long, or with a NUL in it
    char room[6 * (KEY_ID_LEN + 1)];
    Text t;
    if (!value.p) return true;
    if (value.n > sizeof room || !scan_text(value, room, &t) || t.n > max || memchr(t.p, 0, t.n)) return false;
    memcpy(ret, t.p, t.n);
    ret[t.n] = 0;
    return true;
}
static const char *header(Text line, Message *m) {
    enum { KEY, ISSUED, EXPIRES, MEMBERS };
    static const char *const names[] = {"key", "issued", "expires"};
    Text v[MEMBERS];
    bool good = scan_members(line, names, MEMBERS, v) && name(v[KEY], m->key, KEY_ID_LEN) && m->key[0] &&
                scan_moment(v[ISSUED], &m->issued) && scan_moment(v[EXPIRES], &m->expires);
    return good ? NULL : "its first line wants key, issued and expires";
}
static const char *body(Text object, Message *m) {
    enum { HANDOVER, ITEM, ITEM_KIND, REASON, CONSENT, HASH, DIFFERENCES, AT, CROSS_BY, UPTO, PROOF, MEMBERS };
    static const char *const names[] = {"handover",    "item", "item_kind", "reason", "consent", "hash",
                                        "differences", "at",   "cross_by",  "upto",   "proof"};
    Text v[MEMBERS], proof;
    if (!object.p || !scan_members(object, names, MEMBERS, v)) return "its body is no object";
    if (!name(v[HANDOVER], m->handover, NAME_LEN) || !name(v[ITEM], m->item, NAME_LEN) ||
        !name(v[ITEM_KIND], m->item_kind, NAME_LEN) || !name(v[REASON], m->reason, NAME_LEN))
        return "a name in its body is too long";
    m->has_consent = scan_hash(v[CONSENT], &m->consent);
    (void)scan_hash(v[HASH], &m->head);
    m->differs = v[DIFFERENCES].n > 2 && v[DIFFERENCES].p[0] == '[';
    (void)scan_moment(v[AT], &m->at), (void)scan_moment(v[CROSS_BY], &m->cross_by);
    (void)scan_number(v[UPTO], &m->upto);
    if (m->kind != KIND_TREE_HEAD || !v[PROOF].p) return NULL;
    m->proof = take_memory(v[PROOF].n + 1, 1);
    return scan_text(v[PROOF], m->proof, &proof) ? NULL : "its proof is no text";
}
static const char *core(Text line, Message *m) {
    enum { FROM, TO, KIND, SEQ, PREV, BODY, MEMBERS };
    static const char *const names[] = {"from", "to", "kind", "seq", "prev", "body"};
    Text v[MEMBERS];
    if (!scan_members(line, names, MEMBERS, v) || !name(v[FROM], m->from, SIDE_LEN) || !name(v[TO], m->to, SIDE_LEN) ||
        !m->from[0] || !m->to[0] || !name(v[KIND], m->word, NAME_LEN) || !m->word[0])
        return "its second line wants from, to and kind";
    for (size_t k = 1; k < COUNT_OF(kinds); k++)
        if (strcmp(m->word, kinds[k]) == 0) m->kind = (Kind)k;
    bool receipt = m->kind == KIND_RECEIPT;
    if (!receipt && (!scan_number(v[SEQ], &m->number) || m->number < 1 || !scan_hash(v[PREV], &m->prev)))
        return "its second line wants seq from 1 and prev";
    return body(v[BODY], m);
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
