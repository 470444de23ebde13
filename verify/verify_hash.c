#include "verify.h"
#include <openssl/evp.h>
#include <pthread.h>
#include <sodium.h>
#include <stdatomic.h>
#include <unistd.h>

struct Sha {
    EVP_MD *md;
    EVP_MD_CTX *ctx;
};
static void broken(const char *library) {
    fprintf(stderr, "cuakhau-verify: %s failed\n", library);
    exit(STATUS_ENVIRONMENT);
}
Sha *sha_new(void) {
    Sha *s = take_memory(1, sizeof *s);
    s->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    s->ctx = EVP_MD_CTX_new();
    if (!s->md || !s->ctx) broken("libcrypto");
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
        broken("libcrypto");
}
bool hash_is(const Hash *a, const Hash *b) {
    return memcmp(a->b, b->b, sizeof a->b) == 0;
}
static const signed char digits[256] = { // value + 1
    ['0'] = 1, ['1'] = 2,  ['2'] = 3,  ['3'] = 4,  ['4'] = 5,  ['5'] = 6,  ['6'] = 7,  ['7'] = 8,
    ['8'] = 9, ['9'] = 10, ['a'] = 11, ['b'] = 12, ['c'] = 13, ['d'] = 14, ['e'] = 15, ['f'] = 16};
bool bytes_read(Text hex, uint8_t *ret, size_t n) {
    if (hex.n != 2 * n) return false;
    for (size_t i = 0; i < n; i++) {
        int high = digits[(uint8_t)hex.p[2 * i]], low = digits[(uint8_t)hex.p[2 * i + 1]];
        if (!high || !low) return false;
        ret[i] = (uint8_t)((high - 1) << 4 | (low - 1));
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

// ---- signatures: Ed25519 (RFC 8032), the slow part of a day, so on all cores. By libsodium: the server's are made and
// checked by libcrypto, so that neither library is trusted alone; and it takes half the time.
typedef struct {
    SignatureJob *jobs;
    size_t n;
    atomic_size_t next;
} Work;
static void *worker(void *arg) {
    Work *w = arg;
    for (size_t i; (i = atomic_fetch_add(&w->next, 1)) < w->n;) {
        SignatureJob *j = &w->jobs[i];
        j->good =
            crypto_sign_verify_detached(j->signature, (const uint8_t *)j->bytes.p, j->bytes.n, j->public_key) == 0;
    }
    return NULL;
}
void signatures_check(SignatureJob *jobs, size_t n, bool all_cores) {
    enum { THREADS_MAX = 16, JOBS_A_THREAD = 32 };
    pthread_t thread[THREADS_MAX];
    Work w = {.jobs = jobs, .n = n};
    long cores = sysconf(_SC_NPROCESSORS_ONLN);
    size_t want = cores < 1 || !all_cores ? 1 : (size_t)cores, started = 0;
    if (sodium_init() < 0) broken("libsodium");
    if (want > THREADS_MAX) want = THREADS_MAX;
    if (want > n / JOBS_A_THREAD) want = n / JOBS_A_THREAD;
    while (started + 1 < want && pthread_create(&thread[started], NULL, worker, &w) == 0) started++;
    worker(&w);
    for (size_t i = 0; i < started; i++) pthread_join(thread[i], NULL);
}
