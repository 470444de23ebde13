#include "des_random.h"
#include "des_stat.h"

static inline void philox(const uint32_t in[4], const uint32_t key[2], uint32_t out[4]) {
    uint32_t c0 = in[0], c1 = in[1], c2 = in[2], c3 = in[3], k0 = key[0], k1 = key[1];
    for (int i = 0; i < 10; i++) {
        uint64_t a = (uint64_t)0xD2511F53u * c0, b = (uint64_t)0xCD9E8D57u * c2;
        uint32_t n0 = (uint32_t)(b >> 32) ^ c1 ^ k0, n2 = (uint32_t)(a >> 32) ^ c3 ^ k1;
        c1 = (uint32_t)b, c3 = (uint32_t)a, c0 = n0, c2 = n2;
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    out[0] = c0, out[1] = c1, out[2] = c2, out[3] = c3;
}
void des_philox(const uint32_t ctr[4], const uint32_t key[2], uint32_t ret[4]) {
    philox(ctr, key, ret);
}
DesStream des_stream(uint64_t seed, uint32_t stream, uint32_t replication, uint32_t entity) {
    DesStream s;
    s.key[0] = (uint32_t)seed, s.key[1] = stream, s.left = 0;
    s.ctr[0] = 0, s.ctr[1] = entity, s.ctr[2] = replication, s.ctr[3] = (uint32_t)(seed >> 32);
    return s;
}
// Blocks ctr .. ctr + DES_AHEAD - 1, put behind each other from the end of `out`, whence they are taken.
#ifdef __SSE2__
#include <emmintrin.h>
#define PAIRS                                                                                                          \
    (DES_AHEAD / 2) // two blocks a vector, a word in each 64-bit lane; what is above the word is not looked at
static inline __m128i mixed(__m128i product, __m128i c, uint32_t key) {
    return _mm_xor_si128(_mm_xor_si128(_mm_srli_epi64(product, 32), c), _mm_set1_epi64x(key));
}
static void philox_ahead(const uint32_t in[4], const uint32_t key[2], uint64_t *out) {
    __m128i c0[PAIRS], c1[PAIRS], c2[PAIRS], c3[PAIRS], m0 = _mm_set1_epi64x(0xD2511F53u),
                                                        m2 = _mm_set1_epi64x(0xCD9E8D57u);
    uint32_t k0 = key[0], k1 = key[1];
    for (uint32_t j = 0; j < PAIRS; j++) {
        c0[j] = _mm_set_epi64x(in[0] + 2 * j + 1, in[0] + 2 * j);
        c1[j] = _mm_set1_epi64x(in[1]), c2[j] = _mm_set1_epi64x(in[2]), c3[j] = _mm_set1_epi64x(in[3]);
    }
    for (int i = 0; i < 10; i++) {
        for (int j = 0; j < PAIRS; j++) {
            __m128i a = _mm_mul_epu32(c0[j], m0), b = _mm_mul_epu32(c2[j], m2);
            c0[j] = mixed(b, c1[j], k0), c2[j] = mixed(a, c3[j], k1);
            c1[j] = b, c3[j] = a;
        }
        k0 += 0x9E3779B9u, k1 += 0xBB67AE85u;
    }
    for (int j = 0; j < PAIRS; j++) {
        __m128i low = _mm_set1_epi64x(0xffffffff),
                x = _mm_or_si128(_mm_slli_epi64(c1[j], 32), _mm_and_si128(c0[j], low)),
                y = _mm_or_si128(_mm_slli_epi64(c3[j], 32), _mm_and_si128(c2[j], low));
        _mm_storeu_si128((__m128i *)&out[4 * (PAIRS - 1 - j)], _mm_unpackhi_epi64(x, y)); // the second block
        _mm_storeu_si128((__m128i *)&out[4 * (PAIRS - 1 - j) + 2], _mm_unpacklo_epi64(x, y));
    }
}
#else
static void philox_ahead(const uint32_t in[4], const uint32_t key[2], uint64_t *out) {
    for (uint32_t j = 0; j < DES_AHEAD; j++) {
        uint32_t c[4] = {in[0] + j, in[1], in[2], in[3]}, o[4];
        philox(c, key, o);
        out[2 * (DES_AHEAD - 1 - j)] = (uint64_t)o[1] << 32 | o[0];
        out[2 * (DES_AHEAD - 1 - j) + 1] = (uint64_t)o[3] << 32 | o[2];
    }
}
#endif
void des_refill(DesStream *s) {
    uint32_t o[4];
    if (s->ctr[0]) { // one that draws much
        philox_ahead(s->ctr, s->key, s->out);
        s->ctr[0] += DES_AHEAD, s->left = 2 * DES_AHEAD;
        return;
    }
    philox(s->ctr, s->key, o);
    s->ctr[0]++;
    s->out[0] = (uint64_t)o[1] << 32 | o[0], s->out[1] = (uint64_t)o[3] << 32 | o[2];
    s->left = 2;
}
#define MIDDLE(i) (1 + ((i) + 0.5) / 128)
#define ROW(i)                                                                                                         \
    { 1 / MIDDLE(i), __builtin_log(MIDDLE(i)) }
#define ROWS_4(i)  ROW(i), ROW((i) + 1), ROW((i) + 2), ROW((i) + 3)
#define ROWS_16(i) ROWS_4(i), ROWS_4((i) + 4), ROWS_4((i) + 8), ROWS_4((i) + 12)
#define ROWS_64(i) ROWS_16(i), ROWS_16((i) + 16), ROWS_16((i) + 32), ROWS_16((i) + 48)
const DesLogRow des_log_table[128] = {ROWS_64(0), ROWS_64(64)};
double des_normal(DesStream *s) {
    return des_normal_quantile(des_uniform(s));
}
