#include "peer_files.h"
#include "base/field_def.h"
#include "io/io_file.h"
#include "wire/wire_bind.h"

#define FILE_BYTES_MAX (256u << 10)

static const Field key_rows[] = {F(PeerKeyDoc, id, FIELD_STR),
                                 {"public", FIELD_STR, 0, offsetof(PeerKeyDoc, public_key), NULL},
                                 F(PeerKeyDoc, from, FIELD_TIME),
                                 F(PeerKeyDoc, until, FIELD_TIME),
                                 F(PeerKeyDoc, revoked, FIELD_BOOL)};
static const FieldTable key_table = TABLE(PeerKeyDoc, "key", key_rows);
static const Field doc_rows[] = {F(PeerDoc, side, FIELD_STR),
                                 F(PeerDoc, certificate, FIELD_STR),
                                 F(PeerDoc, private_key, FIELD_STR),
                                 F(PeerDoc, authority, FIELD_STR),
                                 {"own", FIELD_LIST, 0, offsetof(PeerDoc, own), &key_table},
                                 {"peer", FIELD_LIST, 0, offsetof(PeerDoc, peer), &key_table},
                                 F(PeerDoc, revoked_certificates, FIELD_STRS)};
static const FieldTable doc_table = TABLE(PeerDoc, "peer", doc_rows);

static Err wrong(Arena *a, Str *ret_what, Err e, const char *fmt, ...) __attribute__((format(printf, 4, 5)));
static Err wrong(Arena *a, Str *ret_what, Err e, const char *fmt, ...) {
    char text[600];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    *ret_what = arena_str(a, (Str){text, MIN((size_t)MAX(n, 0), sizeof text - 1)});
    return e;
}
// What is not there is a mistake in the set-up: `cure` says how to make it.
static Err read_text(const char *dir, Str name, const char *cure, Arena *a, Str *ret, Str *ret_what) {
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/" STR_F, dir, STR_A(name));
    Err e = io_file_read(path, FILE_BYTES_MAX, a, ret);
    if (e == ERR_NOT_FOUND) return wrong(a, ret_what, ERR_INVALID, "%s is not there: %s", path, cure);
    return e ? wrong(a, ret_what, e, "%s: %s", path, err_text(e)) : OK;
}
Err peer_doc_read(const char *dir, Arena *a, PeerDoc *ret, Str *ret_what) {
    Str text, what = STR_EMPTY;
    Json *j;
    BindProblems *bp = arena_alloc(a, sizeof *bp);
    if (!bp) return ERR_LIMIT;
    Err e = read_text(dir, STR("peer.json"), "make it with: cuakhau peer init", a, &text, ret_what);
    if (e) return e;
    if ((e = wire_parse_json(text, 8, a, &j, &what)) != OK)
        return wrong(a, ret_what, e, "%s/peer.json: " STR_F, dir, STR_A(what));
    if ((e = wire_bind(j, &doc_table, NULL, a, ret, bp)) == ERR_INVALID)
        return wrong(a, ret_what, e, "%s/peer.json: " STR_F ": " STR_F, dir, STR_A(bp->p[0].pointer),
                     STR_A(bp->p[0].what));
    return e;
}
Err peer_doc_write(const char *dir, const PeerDoc *doc) {
    char path[4096], fresh[4100];
    Buf b;
    buf_init(&b, FILE_BYTES_MAX);
    json_open(&b, '{');
    field_write(&b, &doc_table, doc, NULL);
    json_close(&b, '}');
    buf_char(&b, '\n');
    (void)snprintf(path, sizeof path, "%s/peer.json", dir);
    (void)snprintf(fresh, sizeof fresh, "%s.new", path);
    Err e = b.overflow ? ERR_LIMIT : io_file_write(fresh, buf_view(&b));
    buf_deinit(&b);
    return e ? e : rename(fresh, path) == 0 ? OK : ERR_IO;
}

// ---- what a server needs of it
static bool put_id(char to[CUSTODY_ID_MAX + 1], Str s) {
    if (!s.n || s.n > CUSTODY_ID_MAX) return false;
    memcpy(to, s.p, s.n);
    to[s.n] = 0;
    return true;
}
static Err read_own(const char *dir, const PeerKeyDoc *d, Arena *a, PeerOwnKey *ret, Str *ret_what) {
    char name[CUSTODY_ID_MAX + 8];
    Str seed;
    if (!put_id(ret->id, d->id) || d->until <= d->from)
        return wrong(a, ret_what, ERR_INVALID,
                     "%s/peer.json: an own key needs an id of at most %d bytes, and from before until", dir,
                     CUSTODY_ID_MAX);
    int n = snprintf(name, sizeof name, "%s.key", ret->id);
    Err e = read_text(dir, (Str){name, (size_t)n},
                      "bring it back, or take the key out of peer.json and make another with: cuakhau peer key", a,
                      &seed, ret_what);
    if (e) return e;
    while (seed.n && seed.p[seed.n - 1] == '\n') seed.n--;
    if (!custody_unhex(seed, ret->seed, sizeof ret->seed))
        return wrong(a, ret_what, ERR_INVALID, "%s/%s: must hold 64 hexadecimal digits: make it with: cuakhau peer key",
                     dir, name);
    ret->from_ms = d->from, ret->until_ms = d->until, ret->revoked = d->revoked;
    return OK;
}
static Err read_keys(const char *dir, const PeerDoc *d, Arena *a, PeerFiles *f, Str *ret_what) {
    const PeerKeyDoc *own = d->own.items, *peer = d->peer.items;
    Err e = OK;
    if (d->own.n > PEER_KEYS_MAX || d->peer.n > PEER_KEYS_MAX || d->revoked_certificates.n > PEER_REVOKED_MAX)
        return wrong(a, ret_what, ERR_LIMIT, "%s/peer.json: at most %d keys a side and %d revoked certificates", dir,
                     PEER_KEYS_MAX, PEER_REVOKED_MAX);
    for (uint32_t i = 0; i < d->own.n && !e; i++) e = read_own(dir, &own[i], a, &f->own[f->own_n++], ret_what);
    for (uint32_t i = 0; i < d->peer.n && !e; i++) {
        CustodyKey *k = &f->peer[f->peer_n++];
        k->from_ms = peer[i].from, k->until_ms = peer[i].until, k->revoked = peer[i].revoked;
        if (!put_id(k->id, peer[i].id) || !custody_unhex(peer[i].public_key, k->pub, sizeof k->pub) ||
            k->until_ms <= k->from_ms)
            e = wrong(a, ret_what, ERR_INVALID,
                      "%s/peer.json: peer key %u: needs id, public (64 hexadecimal digits), and from before until", dir,
                      i);
    }
    for (uint32_t i = 0; i < d->revoked_certificates.n && !e; i++)
        if (!custody_unhex(d->revoked_certificates.items[i], f->revoked[f->revoked_n++], IO_DIGEST_LEN))
            e = wrong(a, ret_what, ERR_INVALID, "%s/peer.json: revoked_certificates: SHA-256 in hexadecimal digits",
                      dir);
    return e;
}
static Err read_pem(const char *dir, Str name, Arena *a, Str *ret, Str *ret_what) { // empty: none is named
    static const char cure[] = "the link's authority issues it (tools/peer-certificates.sh makes some for trials)";
    return name.n ? read_text(dir, name, cure, a, ret, ret_what) : OK;
}
Err peer_files_read(const char *dir, const char *agreement, Arena *a, PeerFiles *ret, Str *ret_what) {
    PeerDoc d;
    Str text, what = STR_EMPTY;
    PeerFiles *f = arena_alloc(a, sizeof *f);
    if (!f) return ERR_LIMIT;
    Err e = peer_doc_read(dir, a, &d, ret_what);
    if (e) return e;
    if ((e = io_file_read(agreement, FILE_BYTES_MAX, a, &text)) == ERR_NOT_FOUND)
        return wrong(a, ret_what, ERR_INVALID, "%s is not there: --agreement names the agreement of both sides",
                     agreement);
    if (e) return wrong(a, ret_what, e, "%s: %s", agreement, err_text(e));
    if ((e = custody_agreement_parse(text, a, &f->agreement, &what)) != OK)
        return wrong(a, ret_what, e, "%s: " STR_F, agreement, STR_A(what));
    while (f->me < 2 && !str_eq_c(d.side, f->agreement.side[f->me])) f->me++;
    if (f->me == 2)
        return wrong(a, ret_what, ERR_INVALID, "%s/peer.json: side " STR_F " is not of the agreement (%s, %s)", dir,
                     STR_A(d.side), f->agreement.side[0], f->agreement.side[1]);
    memcpy(f->side, f->agreement.side[f->me], sizeof f->side);
    if ((e = read_keys(dir, &d, a, f, ret_what)) != OK) return e;
    e = read_pem(dir, d.certificate, a, &f->tls.certificate, ret_what);
    if (!e) e = read_pem(dir, d.private_key, a, &f->tls.key, ret_what);
    if (!e) e = read_pem(dir, d.authority, a, &f->tls.authority, ret_what);
    if (!e) *ret = *f;
    return e;
}
const PeerOwnKey *peer_own_key(const PeerFiles *f, int64_t now_ms) {
    const PeerOwnKey *best = NULL;
    for (uint32_t i = 0; i < f->own_n; i++) {
        const PeerOwnKey *k = &f->own[i];
        if (k->revoked || now_ms < k->from_ms || now_ms >= k->until_ms) continue;
        if (!best || k->from_ms >= best->from_ms) best = k; // of two from the same second the one made later
    }
    return best;
}
bool peer_certificate_revoked(const PeerFiles *f, const uint8_t digest[IO_DIGEST_LEN]) {
    for (uint32_t i = 0; i < f->revoked_n; i++)
        if (memcmp(f->revoked[i], digest, IO_DIGEST_LEN) == 0) return true;
    return false;
}
