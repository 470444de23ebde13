#include "api_auth.h"
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <sys/stat.h>

#define FILE_MAX (4u << 20)
typedef struct {
    uint8_t digest[32];
    bool used;
    ApiIdentity id;
} Entry;
struct ApiAuth {
    Arena arena;
    EVP_MD *sha256; // fetched once: looking it up costs more than the digest
    EVP_MD_CTX *ctx;
    Entry *entries; // open addressing by the digest's first bytes, at most half full
    uint32_t mask;
};

static uint64_t head_of(const uint8_t digest[32]) {
    uint64_t h;
    memcpy(&h, digest, sizeof h);
    return h;
}
// Where the digest is or would go. The compare takes the same time whatever differs; the place tells nothing that a
// digest does not.
static Entry *place_of(const ApiAuth *a, const uint8_t digest[32]) {
    for (uint64_t i = head_of(digest);; i++) {
        Entry *e = &a->entries[i & a->mask];
        if (!e->used || CRYPTO_memcmp(e->digest, digest, 32) == 0) return e;
    }
}
static int hex_of(char c) {
    return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}
static bool parse_digest(Str s, uint8_t ret[32]) {
    if (s.n != 64) return false;
    for (size_t i = 0; i < 32; i++) {
        int h = hex_of(s.p[2 * i]), l = hex_of(s.p[2 * i + 1]);
        if (h < 0 || l < 0) return false;
        ret[i] = (uint8_t)(h << 4 | l);
    }
    return true;
}
static Str next_word(Str *line) {
    size_t i = 0;
    while (i < line->n && (line->p[i] == ' ' || line->p[i] == '\t' || line->p[i] == '\r')) i++;
    size_t from = i;
    while (i < line->n && line->p[i] != ' ' && line->p[i] != '\t' && line->p[i] != '\r') i++;
    Str word = {line->p + from, i - from};
    *line = (Str){line->p + i, line->n - i};
    return word;
}
static bool plain(Str id) {
    if (id.n == 0 || id.n > 40 || !utf8_valid(id)) return false;
    for (size_t i = 0; i < id.n; i++)
        if ((unsigned char)id.p[i] <= ' ') return false;
    return true;
}
static const char *add_line(ApiAuth *a, Str line) {
    Str digest_text = next_word(&line), role = next_word(&line), actor = next_word(&line);
    if (digest_text.n == 0 || digest_text.p[0] == '#') return NULL;
    uint8_t digest[32];
    if (!parse_digest(digest_text, digest)) return "the first word must be 64 lower-case hexadecimal digits";
    ApiIdentity id = {.role = ROLE_COUNT};
    for (uint32_t r = 0; r < Role_names.n; r++)
        if (str_eq_c(role, Role_names.names[r])) id.role = (uint8_t)r;
    if (id.role == ROLE_COUNT || id.role == ROLE_SYSTEM) return "the second word must be a role (not system)";
    if (!plain(actor)) return "the third word must be an actor of at most 40 bytes";
    id.actor = arena_str(&a->arena, actor);
    for (Str t = next_word(&line); t.n; t = next_word(&line)) {
        if (id.role != ROLE_TRADER || id.traders_n == API_TRADERS_MAX || !plain(t))
            return "at most 16 traders, for the role trader only";
        id.traders[id.traders_n++] = arena_str(&a->arena, t);
    }
    Entry *e = place_of(a, digest);
    if (e->used) return "the token is there twice";
    *e = (Entry){.used = true, .id = id};
    memcpy(e->digest, digest, 32);
    return NULL;
}
static Err read_file(const char *path, char **ret, size_t *ret_n) {
    FILE *f = fopen(path, "re");
    if (!f) return ERR_IO;
    char *text = malloc(FILE_MAX);
    CK_ASSERT(text != NULL);
    size_t n = fread(text, 1, FILE_MAX, f);
    bool bad = ferror(f) != 0 || n == FILE_MAX;
    (void)fclose(f);
    if (bad) {
        free(text);
        return n == FILE_MAX ? ERR_LIMIT : ERR_IO;
    }
    *ret = text;
    *ret_n = n;
    return OK;
}
static Err parse_file(ApiAuth *a, const char *path, Str text) {
    uint32_t line_no = 0;
    while (text.n) {
        const char *nl = memchr(text.p, '\n', text.n);
        Str line = {text.p, nl ? (size_t)(nl - text.p) : text.n};
        size_t skip = MIN(line.n + 1, text.n);
        text = (Str){text.p + skip, text.n - skip};
        line_no++;
        const char *wrong = add_line(a, line);
        if (!wrong) continue;
        log_line(LOG_ERROR, "api", "%s:%u: %s", path, line_no, wrong);
        return ERR_INVALID;
    }
    return OK;
}
Err api_auth_load(const char *path, ApiAuth **ret) {
    char *text;
    size_t n, lines = 1;
    Err e = read_file(path, &text, &n);
    if (e != OK) return e;
    for (size_t i = 0; i < n; i++) lines += text[i] == '\n';
    ApiAuth *a = calloc(1, sizeof *a);
    CK_ASSERT(a != NULL);
    arena_init(&a->arena, FILE_MAX * 2);
    a->sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
    a->ctx = EVP_MD_CTX_new();
    CK_ASSERT(a->sha256 != NULL && a->ctx != NULL);
    uint32_t size = 16;
    while (size < lines * 2) size *= 2;
    a->mask = size - 1;
    a->entries = calloc(size, sizeof(Entry));
    CK_ASSERT(a->entries != NULL);
    e = parse_file(a, path, (Str){text, n});
    free(text);
    if (e == OK)
        *ret = a;
    else
        api_auth_free(a);
    return e;
}
void api_auth_free(ApiAuth *a) {
    arena_deinit(&a->arena);
    EVP_MD_CTX_free(a->ctx);
    EVP_MD_free(a->sha256);
    free(a->entries);
    free(a);
}
void api_auth_digest(const ApiAuth *a, const Str *parts, uint32_t n, uint8_t ret[32]) {
    bool good = EVP_DigestInit_ex(a->ctx, a->sha256, NULL) == 1;
    for (uint32_t i = 0; i < n; i++) good = good && EVP_DigestUpdate(a->ctx, parts[i].p, parts[i].n) == 1;
    CK_ASSERT(good && EVP_DigestFinal_ex(a->ctx, ret, NULL) == 1);
}
const ApiIdentity *api_auth_find(const ApiAuth *a, Str auth) {
    uint8_t digest[32];
    if (auth.n < 8 || strncasecmp(auth.p, "Bearer ", 7) != 0) return NULL;
    Str token = {auth.p + 7, auth.n - 7};
    if (token.n > API_TOKEN_MAX) return NULL;
    api_auth_digest(a, &token, 1, digest);
    const Entry *e = place_of(a, digest);
    return e->used ? &e->id : NULL;
}
bool api_auth_trader(const ApiIdentity *id, Str trader) {
    if (str_eq(id->actor, trader)) return true;
    for (uint32_t i = 0; i < id->traders_n; i++)
        if (str_eq(id->traders[i], trader)) return true;
    return false;
}
