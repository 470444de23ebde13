// The messages of both journals against their keys, their chains and each other (docs/protocol.md, "Taking a message").
#include "verify_link.h"

static const char *const where[] = {"made", "heard"};

// ---- each heard message by itself
static const PublicKey *signer_of(const Link *l, const Message *m) {
    for (size_t i = 0; i < l->keys; i++)
        if (strcmp(l->name[l->key[i].side], m->from) == 0 && strcmp(l->key[i].id, m->key) == 0) return &l->key[i];
    return NULL;
}
void link_signatures(const Link *l, const Step *step, size_t n, bool all_cores) {
    SignatureJob *job = take_memory(n, sizeof *job);
    Message **of = take_memory(n, sizeof *of);
    size_t jobs = 0;
    for (size_t i = 0; i < n; i++) {
        Message *m = step[i].heard;
        if (!m || m->checked) continue;
        m->checked = true;
        m->signer = signer_of(l, m);
        if (!m->signer) continue;
        of[jobs] = m;
        job[jobs++] = (SignatureJob){m->signer->bytes, {m->bytes, m->bytes_n}, m->signature, false};
    }
    signatures_check(job, jobs, all_cores);
    for (size_t i = 0; i < jobs; i++) of[i]->genuine = job[i].good;
    free(job), free(of);
}
static void check_key(Link *l, const Message *m, const PublicKey *k) {
    char at[TIME_LEN + 1];
    if (m->heard_ms >= k->revoked)
        link_find(l, "key_not_valid", m, "%s %lld of %s was taken at %s, signed with the key %s, which is revoked",
                  m->word, (long long)m->number, m->from, time_text(m->heard_ms, at), k->id);
    else if (m->heard_ms < k->from || m->heard_ms >= k->until)
        link_find(l, "key_not_valid", m, "%s %lld of %s was taken at %s, outside of the validity of its key %s",
                  m->word, (long long)m->number, m->from, time_text(m->heard_ms, at), k->id);
    if (m->issued - l->skew_ms > m->heard_ms)
        link_find(l, "clock_ahead", m, "%s %lld of %s was issued later than it was taken", m->word,
                  (long long)m->number, m->from);
    if (m->heard_ms > m->expires + l->skew_ms)
        link_find(l, "expired", m, "%s %lld of %s was taken at %s, after its time", m->word, (long long)m->number,
                  m->from, time_text(m->heard_ms, at));
}
static void check_signature(Link *l, const Message *m, int journal) {
    if (!m->signer) {
        link_find(l, "unknown_key", m, "%s %lld that %s heard is signed with the key %s, which %s has not", m->word,
                  (long long)m->number, l->name[journal], m->key, m->from);
        return;
    }
    check_key(l, m, m->signer);
    if (!m->genuine)
        link_find(l, "bad_signature", m, "the signature of %s %lld does not fit what was heard: %s never signed it",
                  m->word, (long long)m->number, m->from);
}
static void check_party(Link *l, const Message *m, int maker, int journal) {
    if (strcmp(m->from, l->name[maker]) != 0 || strcmp(m->to, l->name[1 - maker]) != 0)
        link_find(l, "wrong_party", m, "%s %lld in the journal of %s is from %s to %s", m->word, (long long)m->number,
                  l->name[journal], m->from, m->to);
}

// ---- numbers and the chain of the cores, in one journal
static void append(Numbered *list, Message *m) {
    list->at = grow(list->at, list->n, &list->cap, sizeof *list->at);
    list->at[list->n++] = m;
}
static void follow(Link *l, Message *m, int journal, int heard, Numbered *list) {
    static const Hash none = {{0}};
    int64_t want = (int64_t)list->n + 1;
    if (m->number < want) {
        const Message *first = list->at[m->number - 1];
        bool same = first && hash_is(&first->hash, &m->hash);
        link_find(l, same ? "duplicate" : "seq_reused", m, "the journal of %s has %s two messages with number %lld, %s",
                  l->name[journal], where[heard], (long long)m->number, same ? "the same" : "with different content");
        return;
    }
    if (m->number > want) {
        link_find(l, "missing_message", m,
                  "before %s %lld, messages %lld to %lld are missing among those %s in the "
                  "journal of %s",
                  m->word, (long long)m->number, (long long)want, (long long)m->number - 1, where[heard],
                  l->name[journal]);
        if (m->number - want > (int64_t)l->messages) return; // a number out of the air
        while ((int64_t)list->n + 1 < m->number) append(list, NULL);
    }
    const Message *before = list->n ? list->at[list->n - 1] : NULL;
    if ((before || list->n == 0) && !hash_is(&m->prev, before ? &before->hash : &none))
        link_find(l, "wrong_previous", m, "%s %lld %s in the journal of %s does not name the message before it",
                  m->word, (long long)m->number, where[heard], l->name[journal]);
    append(list, m);
}
static void walk(Link *l, int journal) {
    for (size_t i = 0; i < l->steps[journal]; i++) {
        Step *s = &l->step[journal][i];
        if (s->heard) check_signature(l, s->heard, journal), check_party(l, s->heard, 1 - journal, journal);
        if (s->made) check_party(l, s->made, journal, journal);
        if (s->heard && s->heard->number) follow(l, s->heard, journal, 1, &l->heard[1 - journal]);
        if (s->made && s->made->number) follow(l, s->made, journal, 0, &l->made[journal]);
    }
}

// ---- what one says it made against what the other heard
static void compare(Link *l, int maker) {
    const Numbered *made = &l->made[maker], *heard = &l->heard[maker];
    const char *from = l->name[maker], *to = l->name[1 - maker];
    char a[HEX_LEN + 1], b[HEX_LEN + 1];
    for (size_t i = 0; i < heard->n; i++) {
        Message *h = heard->at[i], *m = i < made->n ? made->at[i] : NULL;
        if (!h) continue; // told as missing
        if (!m)
            link_find(l, "not_made", h, "%s heard %s %lld, signed by %s, whose journal does not have it", to, h->word,
                      (long long)h->number, from);
        else if (!hash_is(&h->hash, &m->hash))
            link_find(l, "second_story", h, "number %lld of %s: its journal says %s %s, %s heard %s %s",
                      (long long)h->number, from, m->word, hash_text(&m->hash, a), to, h->word, hash_text(&h->hash, b));
        else
            h->made_event = m->made_event, h->made_ms = m->made_ms;
    }
    for (size_t i = 0; i < l->steps[maker]; i++) { // from here on both journals speak of the same message
        Message **m = &l->step[maker][i].made;
        if (!*m || (*m)->number < 1 || (size_t)(*m)->number > heard->n) continue;
        Message *h = heard->at[(*m)->number - 1];
        if (h && hash_is(&h->hash, &(*m)->hash)) *m = h;
    }
}
static void check_receipts(Link *l, int journal) { // receipts of 1 - journal for messages of `journal`
    const Numbered *made = &l->made[journal], *heard = &l->heard[journal];
    const Message *furthest = NULL;
    for (size_t i = 0; i < l->steps[journal]; i++) {
        const Message *m = l->step[journal][i].heard;
        if (!m || m->kind != KIND_RECEIPT) continue;
        l->receipts++;
        if (!furthest || m->upto > furthest->upto) furthest = m;
        if (m->upto == 0) continue;
        const Message *last = m->upto <= (int64_t)made->n ? made->at[m->upto - 1] : NULL;
        if (!last || !hash_is(&last->hash, &m->head))
            link_find(l, "receipt_wrong", m, "%s signed a receipt up to message %lld, which %s never made so", m->from,
                      (long long)m->upto, l->name[journal]);
    }
    if (furthest && furthest->upto > (int64_t)heard->n)
        link_find(l, "missing_message", furthest,
                  "%s signed a receipt up to message %lld of %s, its journal has heard %zu", furthest->from,
                  (long long)furthest->upto, l->name[journal], heard->n);
}
void link_check(Link *l) {
    for (int s = 0; s < 2; s++) link_signatures(l, l->step[s], l->steps[s], true);
    walk(l, 0), walk(l, 1);
    compare(l, 0), compare(l, 1);
    check_receipts(l, 0), check_receipts(l, 1);
}

// ---- tree heads: each side's as the other heard them, which it cannot take back
typedef struct {
    Sha *sha;
    Link *l;
    int side;
    Tree tree; // of the journal of `side`, as far as it was needed
    const Message *last;
} Heads;
static bool follows(Heads *h, const Message *m) {
    Hash path[64];
    size_t n = m->proof ? strlen(m->proof) : 0;
    if (n % HEX_LEN || n / HEX_LEN > COUNT_OF(path)) return false;
    for (size_t i = 0; i < n / HEX_LEN; i++)
        if (!hash_read((Text){m->proof + i * HEX_LEN, HEX_LEN}, &path[i])) return false;
    return tree_consistent(h->sha, (uint64_t)h->last->upto, &h->last->head, (uint64_t)m->upto, &m->head, path,
                           n / HEX_LEN);
}
static void check_head(Heads *h, const Message *m) {
    const Log *log = &h->l->log[h->side];
    const char *name = h->l->name[h->side];
    char a[HEX_LEN + 1], b[HEX_LEN + 1];
    h->l->witnessed[h->side]++;
    if (h->last && m->upto <= h->last->upto && !(m->upto == h->last->upto && hash_is(&m->head, &h->last->head)))
        link_find(
            h->l, "head_equivocates", m,
            "%s told two heads that cannot both be: %lld events with root %s (message %lld), then %lld events with "
            "root %s",
            name, (long long)h->last->upto, hash_text(&h->last->head, a), (long long)h->last->number,
            (long long)m->upto, hash_text(&m->head, b));
    else if (h->last && !follows(h, m))
        link_find(h->l, "head_equivocates", m,
                  "the head of %lld events that %s told is not shown to go on from the one of %lld events that it told "
                  "before (message %lld)",
                  (long long)m->upto, name, (long long)h->last->upto, (long long)h->last->number);
    if (m->upto > log->last_event || m->upto - (log->first_event - 1) > (int64_t)log->leaves) {
        link_find(h->l, "journal_cut", m, "%s told the head of %lld events, its journal has %lld", name,
                  (long long)m->upto, (long long)log->last_event);
    } else if (m->upto >= (int64_t)h->tree.size) {
        Hash root;
        while ((int64_t)h->tree.size < m->upto)
            tree_add(h->sha, &h->tree, &log->leaf[h->tree.size - (uint64_t)(log->first_event - 1)]);
        tree_root(h->sha, &h->tree, &root);
        if (!hash_is(&root, &m->head))
            link_find(h->l, "head_differs", m,
                      "%s told the root %s for %lld events, its journal has %s: it shows another journal than it told",
                      name, hash_text(&m->head, a), (long long)m->upto, hash_text(&root, b));
    }
    h->last = m;
}
void heads_check(Link *l) {
    Sha *sha = sha_new();
    for (int side = 0; side < 2; side++) {
        Heads h = {.sha = sha, .l = l, .side = side, .tree = l->log[side].before};
        for (size_t i = 0; i < l->heard[side].n; i++) {
            const Message *m = l->heard[side].at[i];
            if (m && m->kind == KIND_TREE_HEAD) check_head(&h, m);
        }
    }
    sha_free(sha);
}
