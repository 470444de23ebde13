// Keys of the link: made, trusted, revoked, shown. A running server takes them over at SIGHUP.
#include "app.h"
#include "io/io_clock.h"
#include "io/io_file.h"
#include "peer/peer_files.h"
#include <openssl/rand.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] =
    "peer init DIR --side NAME            a folder with a first signing key; says what the other side has to trust\n"
    "  peer key DIR --id ID [--from T] [--until T]        a new signing key (rotation: it is used from T on)\n"
    "  peer trust DIR --id ID --public HEX [--from T] [--until T]   a key of the other side\n"
    "  peer revoke DIR --id ID | --certificate SHA256     a key, own or the other side's, or a certificate\n"
    "  peer show DIR\n"
    "  peer keys DIR --other NAME           public keys of both sides as cuakhau-verify wants them; NAME: the other "
    "side\n"
    "times as 2027-01-01T00:00:00Z; from now and for two years unless given";
typedef struct {
    const char *side, *id, *public_key, *from, *until, *certificate, *other;
} Args;
#define YEARS_MS (2 * 365 * DAY_MS)

static int say_no(const char *fmt, const char *text) {
    fputs("cuakhau: ", stderr);
    fprintf(stderr, fmt, text);
    fputc('\n', stderr);
    return 2;
}
static bool times(const Args *a, int64_t *ret_from, int64_t *ret_until) {
    *ret_from = io_now_ms() / SECOND_MS * SECOND_MS;
    if (a->from && !iso8601_parse(str_c(a->from), ret_from)) return false;
    *ret_until = *ret_from + YEARS_MS;
    if (a->until && !iso8601_parse(str_c(a->until), ret_until)) return false;
    return *ret_from > 0 && *ret_until > *ret_from;
}
static bool is_id(const char *id) {
    size_t n = id ? strlen(id) : 0;
    if (!n || n > CUSTODY_ID_MAX || *id == '.') return false;
    for (size_t i = 0; i < n; i++) {
        char c = id[i];
        if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '.')) return false;
    }
    return true;
}
static PeerKeyDoc *find(List *l, const char *id) {
    PeerKeyDoc *k = l->items;
    for (uint32_t i = 0; i < l->n; i++)
        if (str_eq_c(k[i].id, id)) return &k[i];
    return NULL;
}
static int add(Arena *a, List *l, PeerKeyDoc key, const char *whose) {
    if (l->n == PEER_KEYS_MAX)
        return say_no("%s has as many keys as there may be: take one that is over out of peer.json", whose);
    PeerKeyDoc *all = arena_alloc(a, (l->n + 1) * sizeof *all);
    CK_ASSERT(all != NULL);
    if (l->n) memcpy(all, l->items, l->n * sizeof *all);
    all[l->n] = key;
    *l = (List){all, l->n + 1};
    return 0;
}
static int write_secret(const char *dir, const char *id, const uint8_t seed[32]) {
    char path[4200], text[66];
    (void)snprintf(path, sizeof path, "%s/%s.key", dir, id);
    custody_hex_n(seed, 32, text);
    text[64] = '\n';
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    if (fd < 0) return app_fail(ERR_EXISTS, "%s", path);
    bool good = write(fd, text, 65) == 65 && fsync(fd) == 0;
    return close(fd) == 0 && good ? 0 : app_fail(ERR_IO, "%s", path);
}
static int make_key(const char *dir, PeerDoc *d, Arena *a, const Args *args) {
    uint8_t seed[32], pub[CUSTODY_PUB_LEN];
    char text[2 * CUSTODY_PUB_LEN + 1];
    PeerKeyDoc k = {.id = str_c(args->id)};
    if (!is_id(args->id))
        return say_no("--id %s: lower-case letters, digits, hyphens and dots, at most 32", args->id ? args->id : "");
    if (find(&d->own, args->id)) return say_no("--id %s: there is such a key already", args->id);
    if (!times(args, &k.from, &k.until))
        return say_no("%s", "--from and --until: times as 2027-01-01T00:00:00Z, from before until");
    if (RAND_bytes(seed, sizeof seed) != 1) return app_fail(ERR_IO, "no randomness");
    CustodyOpenssl *o = custody_openssl_new(seed);
    CK_ASSERT(o != NULL);
    custody_openssl_public(o, pub);
    custody_openssl_free(o);
    custody_hex_n(pub, sizeof pub, text);
    k.public_key = arena_str(a, str_c(text));
    int status = add(a, &d->own, k, "this side");
    if (!status) status = write_secret(dir, args->id, seed);
    if (status) return status;
    char from[ISO8601_LEN + 1], until[ISO8601_LEN + 1];
    iso8601_format(k.from, from), iso8601_format(k.until, until);
    printf("The other side must know this key before it is used:\n  cuakhau peer trust DIR --id %s --public %s --from "
           "%s --until %s\n",
           args->id, text, from, until);
    return 0;
}
static int init(const char *dir, PeerDoc *d, Arena *a, const Args *args) {
    struct stat st;
    char path[4200], id[64];
    Args first = *args;
    (void)snprintf(path, sizeof path, "%s/peer.json", dir);
    if (!args->side || !is_id(args->side) || strlen(args->side) > CUSTODY_SIDE_MAX)
        return say_no("--side %s: as the agreement names it", args->side ? args->side : "");
    if (stat(path, &st) == 0) return say_no("%s is there already", path);
    if (mkdir(dir, 0700) != 0 && stat(dir, &st) != 0) return app_fail(ERR_IO, "%s", dir);
    *d = (PeerDoc){.side = str_c(args->side),
                   .certificate = STR("tls.crt"),
                   .private_key = STR("tls.key"),
                   .authority = STR("ca.crt")};
    (void)snprintf(id, sizeof id, "%s-1", args->side);
    if (!first.id) first.id = arena_str(a, str_c(id)).p;
    return make_key(dir, d, a, &first);
}
static int trust(PeerDoc *d, Arena *a, const Args *args) {
    uint8_t pub[CUSTODY_PUB_LEN];
    PeerKeyDoc k = {.id = str_c(args->id), .public_key = str_c(args->public_key)};
    if (!is_id(args->id))
        return say_no("--id %s: lower-case letters, digits, hyphens and dots, at most 32", args->id ? args->id : "");
    if (!custody_unhex(k.public_key, pub, sizeof pub))
        return say_no("--public %s: 64 hexadecimal digits", args->public_key ? args->public_key : "");
    if (!times(args, &k.from, &k.until))
        return say_no("%s", "--from and --until: times as 2027-01-01T00:00:00Z, from before until");
    if (find(&d->peer, args->id)) return say_no("--id %s: there is such a key of the other side already", args->id);
    return add(a, &d->peer, k, "the other side");
}
static int revoke_it(PeerDoc *d, Arena *a, const Args *args) {
    uint8_t digest[IO_DIGEST_LEN];
    PeerKeyDoc *own = args->id ? find(&d->own, args->id) : NULL, *peer = args->id ? find(&d->peer, args->id) : NULL;
    if (args->id && !own && !peer) return say_no("--id %s: there is no such key", args->id);
    if (own) own->revoked = true;
    if (peer) peer->revoked = true;
    if (args->id) return 0;
    if (!args->certificate || !custody_unhex(str_c(args->certificate), digest, sizeof digest))
        return say_no("--certificate %s: its SHA-256 in 64 hexadecimal digits (openssl x509 -fingerprint -sha256, in "
                      "lower case without colons)",
                      args->certificate ? args->certificate : "");
    if (d->revoked_certificates.n == PEER_REVOKED_MAX)
        return say_no("%s", "as many certificates are revoked as there may be: make a new authority");
    Str *all = arena_alloc(a, (d->revoked_certificates.n + 1) * sizeof *all);
    CK_ASSERT(all != NULL);
    if (d->revoked_certificates.n) memcpy(all, d->revoked_certificates.items, d->revoked_certificates.n * sizeof *all);
    all[d->revoked_certificates.n] = str_c(args->certificate);
    d->revoked_certificates = (StrList){all, d->revoked_certificates.n + 1};
    return 0;
}
static void show_keys(const char *whose, const List *l) {
    const PeerKeyDoc *k = l->items;
    int64_t now = io_now_ms();
    for (uint32_t i = 0; i < l->n; i++) {
        char from[ISO8601_LEN + 1], until[ISO8601_LEN + 1];
        iso8601_format(k[i].from, from), iso8601_format(k[i].until, until);
        const char *state = k[i].revoked        ? "revoked"
                            : now < k[i].from   ? "not yet"
                            : now >= k[i].until ? "over"
                                                : "in force";
        printf("%s  " STR_F "  %s  %s to %s  " STR_F "\n", whose, STR_A(k[i].id), state, from, until,
               STR_A(k[i].public_key));
    }
}
static int show(const PeerDoc *d) {
    printf("side   " STR_F "\n", STR_A(d->side));
    show_keys("own ", &d->own);
    show_keys("peer", &d->peer);
    for (uint32_t i = 0; i < d->revoked_certificates.n; i++)
        printf("revoked certificate  " STR_F "\n", STR_A(d->revoked_certificates.items[i]));
    return 0;
}
static void keys_json(Buf *b, const char *side, const List *l) {
    const PeerKeyDoc *k = l->items;
    for (uint32_t i = 0; i < l->n; i++) {
        json_open(b, '{');
        json_key(b, "side"), json_c(b, side), json_key(b, "id"), json_str(b, k[i].id);
        json_key(b, "public"), json_str(b, k[i].public_key);
        json_key(b, "from"), json_time(b, k[i].from), json_key(b, "until"), json_time(b, k[i].until);
        // peer.json does not know since when: who has it in writing puts the time there (docs/verify.md).
        if (k[i].revoked) json_key(b, "revoked"), json_bool(b, true);
        json_close(b, '}');
    }
}
static int keys(const PeerDoc *d, const Args *args) {
    char own[CUSTODY_SIDE_MAX + 1];
    Buf b;
    if (!args->other || !is_id(args->other) || strlen(args->other) > CUSTODY_SIDE_MAX || str_eq_c(d->side, args->other))
        return say_no("--other %s: the other side, as the agreement names it", args->other ? args->other : "");
    (void)snprintf(own, sizeof own, STR_F, STR_A(d->side));
    buf_init(&b, 65536);
    json_open(&b, '{'), json_key(&b, "keys"), json_open(&b, '[');
    keys_json(&b, own, &d->own), keys_json(&b, args->other, &d->peer);
    json_close(&b, ']'), json_close(&b, '}');
    CK_ASSERT(!b.overflow);
    printf("%.*s\n", (int)b.n, b.p);
    buf_deinit(&b);
    return 0;
}
static int run(const char *what, const char *dir, const Args *args, Arena *a) {
    PeerDoc d;
    Str why = STR_EMPTY;
    memset(&d, 0, sizeof d);
    bool fresh = strcmp(what, "init") == 0;
    Err e = fresh ? OK : peer_doc_read(dir, a, &d, &why);
    if (e) {
        fprintf(stderr, "cuakhau: " STR_F "\n", STR_A(why));
        return err_exit(e);
    }
    if (strcmp(what, "show") == 0) return show(&d);
    if (strcmp(what, "keys") == 0) return keys(&d, args);
    int status = 2;
    if (fresh)
        status = init(dir, &d, a, args);
    else if (strcmp(what, "key") == 0)
        status = make_key(dir, &d, a, args);
    else if (strcmp(what, "trust") == 0)
        status = trust(&d, a, args);
    else if (strcmp(what, "revoke") == 0)
        status = revoke_it(&d, a, args);
    else
        fprintf(stderr, "usage: cuakhau %s\n", usage);
    if (!status && (e = peer_doc_write(dir, &d)) != OK) status = app_fail(e, "%s/peer.json", dir);
    return status;
}
int app_peer(int argc, char **argv) {
    Args args = {0};
    const AppOption options[] = {{"side", &args.side, false},         {"id", &args.id, false},
                                 {"public", &args.public_key, false}, {"from", &args.from, false},
                                 {"until", &args.until, false},       {"certificate", &args.certificate, false},
                                 {"other", &args.other, false}};
    AppArgs rest;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    if (rest.n != 2) {
        fprintf(stderr, "usage: cuakhau %s\n", usage);
        return 2;
    }
    Arena a;
    arena_init(&a, 8u << 20);
    int status = run(rest.arg[0], rest.arg[1], &args, &a);
    arena_deinit(&a);
    return status;
}
