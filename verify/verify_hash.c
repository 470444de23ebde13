#include "verify.h"
#include <openssl/evp.h>
#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

struct Sha {
    EVP_MD *md;
    EVP_MD_CTX *ctx;
};
static void broken(void) {
    fputs("cuakhau-verify: libcrypto failed\n", stderr);
    exit(STATUS_ENVIRONMENT);
}
Sha *sha_new(void) {
    Sha *s = take_memory(1, sizeof *s);
    s->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    s->ctx = EVP_MD_CTX_new();
    if (!s->md || !s->ctx) broken();
    return s;
}
void sha_free(Sha *s) {
    EVP_MD_CTX_free(s->ctx);
    EVP_MD_free(s->md);
    free(s);
}
void sha_of(Sha *s, const void *p, size_t n, Hash *ret) {
    if (EVP_DigestInit_ex(s->ctx, s->md, NULL) != 1 || EVP_DigestUpdate(s->ctx, p, n) != 1 ||
        EVP_DigestFinal_ex(s->ctx, ret->b, NULL) != 1)
        broken();
}
bool hash_is(const Hash *a, const Hash *b) {
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}
static int digit(char c) {
    if (c >= '0' && c <= '9') return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
bool bytes_read(Text hex, uint8_t *ret, size_t n) {
    if (hex.n != 2 * n) return false;
    for (size_t i = 0; i < n; i++) {
        int high = digit(hex.p[2 * i]), low = digit(hex.p[2 * i + 1]);
        if (high < 0 || low < 0) return false;
        ret[i] = (uint8_t)(high << 4 | low);
    }
    return true;
}
bool hash_read(Text hex, Hash *ret) {
    return bytes_read(hex, ret->b, sizeof ret->b);
}
const char *hash_text(const Hash *h, char room[HEX_LEN + 1]) {
    for (size_t i = 0; i < sizeof h->b; i++) {
        room[2 * i] = "0123456789abcdef"[h->b[i] >> 4];
        room[2 * i + 1] = "0123456789abcdef"[h->b[i] & 15];
    }
    room[HEX_LEN] = 0;
    return room;
}

// ---- signatures: Ed25519 (RFC 8032), the slow part of a day, so on all cores
typedef struct {
    SignatureJob *jobs;
    size_t n;
    atomic_size_t next;
    atomic_bool failed;
} Work;
static void check(SignatureJob *j, EVP_MD_CTX *ctx, EVP_PKEY *key) {
    EVP_MD_CTX_reset(ctx);
    j->good = EVP_DigestVerifyInit(ctx, NULL, NULL, NULL, key) == 1 &&
              EVP_DigestVerify(ctx, j->signature, 64, (const uint8_t *)j->bytes.p, j->bytes.n) == 1;
}
static void *worker(void *arg) {
    Work *w = arg;
    EVP_MD_CTX *ctx = EVP_MD_CTX_new();
    EVP_PKEY *key = NULL;
    const uint8_t *of = NULL; // whose key that is: mostly the same again
    if (!ctx) atomic_store(&w->failed, true);
    for (size_t i = 0; ctx && (i = atomic_fetch_add(&w->next, 1)) < w->n;) {
        SignatureJob *j = &w->jobs[i];
        if (j->public_key != of) {
            EVP_PKEY_free(key);
            of = j->public_key;
            key = EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, of, 32);
        }
        if (key) check(j, ctx, key);
    }
    EVP_PKEY_free(key);
    EVP_MD_CTX_free(ctx);
    return NULL;
}
bool signatures_check(SignatureJob *jobs, size_t n) {
    enum { THREADS_MAX = 16, JOBS_A_THREAD = 32 };
    pthread_t thread[THREADS_MAX];
    Work w = {.jobs = jobs, .n = n};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t want = cores < 1 ? 1 : (size_t)cores, started = 0;
    if (want > THREADS_MAX) want = THREADS_MAX;
    if (want > n / JOBS_A_THREAD) want = n / JOBS_A_THREAD;
    while (started + 1 < want && pthread_create(&thread[started], NULL, worker, &w) == 0) started++;
    worker(&w);
    for (size_t i = 0; i < started; i++) pthread_join(thread[i], NULL);
    return !atomic_load(&w.failed);
}
