// Keys and certificates for the benchmark of the link, made anew each time and never on disk.
#include "app_bench_peer.h"
#include "io/io_clock.h"
#include "io/io_file.h"
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

typedef struct {
    EVP_PKEY *key;
    X509 *crt;
} Certificate509;
static void extend(X509 *crt, X509 *issuer, int nid, const char *value) {
    X509V3_CTX c;
    X509V3_set_ctx_nodb(&c);
    X509V3_set_ctx(&c, issuer, crt, NULL, NULL, 0);
    X509_EXTENSION *e = X509V3_EXT_conf_nid(NULL, &c, nid, value);
    CK_ASSERT(e && X509_add_ext(crt, e, -1) == 1);
    X509_EXTENSION_free(e);
}
static Certificate509 make(const char *name, const Certificate509 *authority) {
    Certificate509 c = {EVP_EC_gen("P-256"), X509_new()};
    char dns[64];
    CK_ASSERT(c.key && c.crt);
    X509_set_version(c.crt, 2);
    ASN1_INTEGER_set(X509_get_serialNumber(c.crt), authority ? 2 + name[0] : 1);
    X509_gmtime_adj(X509_getm_notBefore(c.crt), -3600);
    X509_gmtime_adj(X509_getm_notAfter(c.crt), 24L * 3600);
    X509_set_pubkey(c.crt, c.key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(c.crt), "CN", MBSTRING_ASC, (const unsigned char *)name, -1, -1,
                               0);
    const Certificate509 *by = authority ? authority : &c;
    X509_set_issuer_name(c.crt, X509_get_subject_name(by->crt));
    if (authority) {
        (void)snprintf(dns, sizeof dns, "DNS:%s", name);
        extend(c.crt, by->crt, NID_subject_alt_name, dns);
    } else {
        extend(c.crt, c.crt, NID_basic_constraints, "critical,CA:TRUE");
    }
    CK_ASSERT(X509_sign(c.crt, by->key, EVP_sha256()) > 0);
    return c;
}
static Str pem(Arena *a, const Certificate509 *c, bool key) {
    char *p;
    BIO *b = BIO_new(BIO_s_mem());
    CK_ASSERT(b && (key ? PEM_write_bio_PrivateKey(b, c->key, NULL, NULL, 0, NULL, NULL)
                        : PEM_write_bio_X509(b, c->crt)) == 1);
    long n = BIO_get_mem_data(b, &p);
    Str s = arena_str(a, (Str){p, (size_t)n});
    BIO_free(b);
    return s;
}
static void own_key(PeerFiles *f, const char *id) {
    PeerOwnKey *k = &f->own[f->own_n++];
    k->until_ms = TIME_NEVER;
    memcpy(k->id, id, MIN(strlen(id), sizeof k->id - 1));
    CK_ASSERT(RAND_bytes(k->seed, sizeof k->seed) == 1);
}
static void trust(PeerFiles *f, const PeerFiles *other) {
    CustodyKey *k = &f->peer[f->peer_n++];
    CustodyOpenssl *o = custody_openssl_new(other->own[0].seed);
    CK_ASSERT(o != NULL);
    custody_openssl_public(o, k->pub);
    custody_openssl_free(o);
    k->until_ms = TIME_NEVER;
    memcpy(k->id, other->own[0].id, sizeof k->id);
}
int bench_link_files(const BenchOpts *o, Arena *a, PeerFiles **ret_vn, PeerFiles **ret_cn) {
    PeerFiles *f[2];
    Str text, what = STR_EMPTY;
    char path[4200];
    if (o->site)
        (void)snprintf(path, sizeof path, "%s/agreement.json", o->site);
    else if (!app_data_path("sites/huu-nghi/agreement.json", path, sizeof path))
        return app_fail(ERR_NOT_FOUND, "sites/huu-nghi/agreement.json");
    Err e = io_file_read(path, 1u << 20, a, &text);
    if (e) return app_fail(e, "%s", path);
    Certificate509 authority = make("authority", NULL);
    for (uint32_t i = 0; i < 2; i++) {
        f[i] = arena_alloc(a, sizeof *f[i]);
        CK_ASSERT(f[i] != NULL);
        if (custody_agreement_parse(text, a, &f[i]->agreement, &what))
            return app_fail(ERR_INVALID, "%s: " STR_F, path, STR_A(what));
        f[i]->me = i;
        memcpy(f[i]->side, f[i]->agreement.side[i], sizeof f[i]->side);
        Certificate509 c = make(f[i]->side, &authority);
        f[i]->tls = (IoTls){pem(a, &c, false), pem(a, &c, true), pem(a, &authority, false)};
        X509_free(c.crt), EVP_PKEY_free(c.key);
        own_key(f[i], f[i]->side);
    }
    X509_free(authority.crt), EVP_PKEY_free(authority.key);
    trust(f[0], f[1]), trust(f[1], f[0]);
    *ret_vn = f[0], *ret_cn = f[1];
    return 0;
}
