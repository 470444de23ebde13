// One message of every kind that an adapter can say, and as many by seed: for test_partner_schema.py.
// Usage: partner_say ADAPTER SEEDS DIR
#include "partner_random.h"

int main(int argc, char **argv) {
    const PartnerAdapter *p = argc == 4 ? partner_find(str_c(argv[1])) : NULL;
    if (!p) return 2;
    for (uint64_t seed = 1, last = strtoull(argv[2], NULL, 10); seed <= last; seed++) {
        Prng r = {seed};
        Arena a;
        Buf b;
        Str what;
        char path[4096];
        arena_init(&a, 1u << 20), buf_init(&b, PARTNER_TEXT_MAX);
        PartnerMessage m = random_message(&r, &a, p);
        CK_ASSERT(partner_encode(p, &m, &a, &b, &what) == OK);
        (void)snprintf(path, sizeof path, "%s/%llu.xml", argv[3], (unsigned long long)seed);
        FILE *f = fopen(path, "wb");
        CK_ASSERT(f && fwrite(b.p, 1, b.n, f) == b.n && fclose(f) == 0);
        buf_deinit(&b), arena_deinit(&a);
    }
    return 0;
}
