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
    return (DesStream){.key = {(uint32_t)seed, stream}, .ctr = {0, entity, replication, (uint32_t)(seed >> 32)}};
}
void des_refill(DesStream *s) {
    uint32_t o[4];
    philox(s->ctr, s->key, o);
    s->ctr[0]++;
    s->out[0] = (uint64_t)o[1] << 32 | o[0], s->out[1] = (uint64_t)o[3] << 32 | o[2];
    s->left = 2;
}
double des_normal(DesStream *s) {
    return des_normal_quantile(des_uniform(s));
}
