// A bearer token: printed once, only its SHA-256 goes to the file.
#include "app.h"
#include "gate/gate_words.h"
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <fcntl.h>
#include <unistd.h>

static void hex(const uint8_t *p, size_t n, char *ret) {
    static const char digits[] = "0123456789abcdef";
    for (size_t i = 0; i < n; i++) ret[2 * i] = digits[p[i] >> 4], ret[2 * i + 1] = digits[p[i] & 15];
    ret[2 * n] = 0;
}
static bool word_ok(const char *z) { // no space, no control character: it is one word of the file
    if (!*z || strlen(z) > 64) return false;
    for (; *z; z++)
        if ((unsigned char)*z <= ' ') return false;
    return true;
}
int app_token(int argc, char **argv) {
    const char *file = NULL, *role = NULL, *id = NULL, *secret = NULL;
    static const char usage[] = "token --file FILE --role ROLE --id ID [--secret TEXT] [TRADER ...]";
    const AppOption options[] = {
        {"file", &file, false}, {"role", &role, false}, {"id", &id, false}, {"secret", &secret, false}};
    AppArgs rest;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    bool known = false;
    for (uint32_t i = 1; role && i < Role_names.n; i++) known |= strcmp(role, Role_names.names[i]) == 0; // not "system"
    bool good = file && known && id && word_ok(id) && (!secret || word_ok(secret));
    for (int i = 0; i < rest.n; i++) good &= word_ok(rest.arg[i]);
    if (!good) {
        fprintf(stderr, "usage: cuakhau %s\nroles:", usage);
        for (uint32_t i = 1; i < Role_names.n; i++) fprintf(stderr, " %s", Role_names.names[i]);
        fputc('\n', stderr);
        return 2;
    }
    uint8_t raw[32], sum[32];
    char token[65], sha[65];
    unsigned n = sizeof sum;
    if (RAND_bytes(raw, sizeof raw) != 1) return app_fail(ERR_IO, "no randomness");
    hex(raw, sizeof raw, token);
    const char *say = secret ? secret : token;
    CK_ASSERT(EVP_Digest(say, strlen(say), sum, &n, EVP_sha256(), NULL) == 1);
    hex(sum, sizeof sum, sha);
    int fd = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    FILE *f = fd < 0 ? NULL : fdopen(fd, "a");
    if (!f) return app_fail(ERR_IO, "%s", file);
    fprintf(f, "%s %s %s", sha, role, id);
    for (int i = 0; i < rest.n; i++) fprintf(f, " %s", rest.arg[i]);
    fputc('\n', f);
    if (fclose(f) != 0) return app_fail(ERR_IO, "%s", file);
    printf("%s\n", say);
    return 0;
}
