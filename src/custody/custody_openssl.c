#include "custody_openssl.h"
#include <openssl/evp.h>

struct CustodyOpenssl {
    EVP_PKEY *key;
};
CustodyOpenssl *custody_openssl_new(const uint8_t seed[32]) {
    CustodyOpenssl *o = calloc(1, sizeof *o);
    if (!o) return NULL;
    o->key = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, 32);
    if (o->key) return o;
    free(o);
    return NULL;
}
void custody_openssl_free(CustodyOpenssl *o) {
    if (!o) return;
    EVP_PKEY_free(o->key);
    free(o);
}
void custody_openssl_public(const CustodyOpenssl *o, uint8_t ret[CUSTODY_PUB_LEN]) {
    size_t n = CUSTODY_PUB_LEN;
    CK_ASSERT(EVP_PKEY_get_raw_public_key(o->key, ret, &n) == 1 && n == CUSTODY_PUB_LEN);
}
static void hash(void *ctx, Str bytes, uint8_t ret[CUSTODY_HASH_LEN]) {
    unsigned n = 0;
    (void)ctx;
    CK_ASSERT(EVP_Digest(bytes.p, bytes.n, ret, &n, EVP_sha256(), NULL) == 1 && n == CUSTODY_HASH_LEN);
}
static void sign(void *ctx, Str bytes, uint8_t ret[CUSTODY_SIG_LEN]) {
    const CustodyOpenssl *o = ctx;
    size_t n = CUSTODY_SIG_LEN;
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    CK_ASSERT(c && EVP_DigestSignInit(c, NULL, NULL, NULL, o->key) == 1);
    CK_ASSERT(EVP_DigestSign(c, ret, &n, (const uint8_t *)bytes.p, bytes.n) == 1 && n == CUSTODY_SIG_LEN);
    EVP_MD_CTX_free(c);
}
static bool verify(void *ctx, const uint8_t pub[CUSTODY_PUB_LEN], Str bytes, const uint8_t sig[CUSTODY_SIG_LEN]) {
    (void)ctx;
    EVP_PKEY *key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, pub, CUSTODY_PUB_LEN);
    EVP_MD_CTX *c = EVP_MD_CTX_new();
    bool good = key && c && EVP_DigestVerifyInit(c, NULL, NULL, NULL, key) == 1 &&
                EVP_DigestVerify(c, sig, CUSTODY_SIG_LEN, (const uint8_t *)bytes.p, bytes.n) == 1;
    EVP_MD_CTX_free(c);
    EVP_PKEY_free(key);
    return good;
}
CustodyCrypto custody_openssl_port(CustodyOpenssl *o) {
    return (CustodyCrypto){o, hash, sign, verify};
}
