// For test_vda_schema.py. On stdin lines "VERSION TOPIC JSON": answers "ok", or "no POINTER WHAT" each.
// vda_judge make SEED N: N random messages of each version and topic as such lines.
#include "vda_random.h"

static bool topic_of(const char *text, VdaTopic *ret) {
    for (int t = 0; t < VDA_TOPIC_COUNT; t++)
        if (strcmp(text, vda_topic_text((VdaTopic)t)) == 0) {
            *ret = (VdaTopic)t;
            return true;
        }
    return false;
}
static int make(uint64_t seed, uint64_t n) {
    Prng r = {seed};
    Arena a;
    Buf b;
    arena_init(&a, 64u << 20);
    buf_init(&b, 4u << 20);
    for (int v = 0; v < VDA_VERSION_COUNT; v++)
        for (int t = 0; t < VDA_TOPIC_COUNT; t++)
            for (uint64_t i = 0; i < n && vda_has_topic((VdaVersion)v, (VdaTopic)t); i++) {
                arena_reset(&a);
                buf_clear(&b);
                vda_encode(&b, (VdaVersion)v, (VdaTopic)t, random_message((VdaVersion)v, (VdaTopic)t, &r, &a));
                printf("%s %s " STR_F "\n", vda_version_text((VdaVersion)v), vda_topic_text((VdaTopic)t),
                       STR_A(buf_view(&b)));
            }
    buf_deinit(&b);
    arena_deinit(&a);
    return 0;
}
int main(int argc, char **argv) {
    if (argc == 4 && strcmp(argv[1], "make") == 0)
        return make(strtoull(argv[2], NULL, 10), strtoull(argv[3], NULL, 10));
    char *line = NULL;
    size_t cap = 0;
    ssize_t n;
    Arena a;
    arena_init(&a, 64u << 20);
    union {
        VdaState state;
        VdaFactsheet factsheet;
        char room[2048];
    } msg;
    while ((n = getline(&line, &cap, stdin)) > 0) {
        char version[16], topic[32];
        int at = 0;
        VdaVersion v;
        VdaTopic t;
        VdaProblems problems;
        if (line[n - 1] == '\n') n--;
        if (sscanf(line, "%15s %31s %n", version, topic, &at) != 2 || !vda_version_of(str_c(version), &v) ||
            !topic_of(topic, &t))
            return 2;
        arena_reset(&a);
        CK_ASSERT(vda_size(t) <= sizeof msg);
        if (vda_decode(v, t, (Str){line + at, (size_t)n - (size_t)at}, &a, &msg, &problems) == OK)
            printf("ok %u\n", problems.unknown);
        else
            printf("no " STR_F " " STR_F "\n", STR_A(problems.p[0].pointer), STR_A(problems.p[0].what));
    }
    free(line);
    arena_deinit(&a);
    return 0;
}
