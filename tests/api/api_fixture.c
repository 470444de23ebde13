#include "api_fixture.h"
#include "io/io_clock.h"
#include <openssl/evp.h>
#include <sys/stat.h>
#include <unistd.h>

static char *path_of(const char *folder, const char *file) {
    Buf b;
    buf_init(&b, 4096);
    buf_printf(&b, "%s/%s", folder, file);
    buf_char(&b, 0);
    return b.p;
}
char *fixture_bundle(const char *site) {
    char *folder = path_of(getenv("CUAKHAU_SITES"), site), *main = path_of(folder, "site.json");
    json_error_t why;
    json_t *all = json_load_file(main, 0, &why), *name;
    CK_ASSERT(all != NULL);
    size_t i;
    json_array_foreach(json_object_get(all, "uses"), i, name) {
        char *path = path_of(folder, json_string_value(name));
        json_t *part = json_load_file(path, 0, &why);
        CK_ASSERT(part != NULL && json_object_update_missing(all, part) == 0);
        json_decref(part);
        free(path);
    }
    json_object_del(all, "uses");
    char *text = json_dumps(all, JSON_COMPACT);
    json_decref(all);
    free(folder);
    free(main);
    return text;
}
const char *fixture_token(Role r) {
    static char token[ROLE_COUNT][40];
    (void)snprintf(token[r], sizeof token[r], "t-%s", Role_names.names[r]);
    return token[r];
}
static void write_tokens(const char *path) {
    FILE *out = fopen(path, "w");
    CK_ASSERT(out != NULL);
    fputs("# tokens of the tests\n\n", out);
    for (int r = ROLE_TRADER; r < ROLE_COUNT; r++) {
        uint8_t d[32];
        size_t n = sizeof d;
        const char *token = fixture_token((Role)r);
        CK_ASSERT(EVP_Q_digest(NULL, "SHA256", NULL, token, strlen(token), d, &n) == 1);
        for (size_t i = 0; i < 32; i++) fprintf(out, "%02x", d[i]);
        fprintf(out, " %s a-%s\n", Role_names.names[r], Role_names.names[r]);
    }
    fclose(out);
}
static HsSet *load_hs(void) {
    FILE *in = fopen(getenv("CUAKHAU_HS"), "r");
    if (!in) return NULL;
    char *text = malloc(4u << 20);
    CK_ASSERT(text != NULL);
    size_t n = fread(text, 1, 4u << 20, in);
    HsSet *set = NULL;
    CK_ASSERT(hs_parse((Str){text, n}, &set, NULL) == OK);
    fclose(in);
    free(text);
    return set;
}
void fixture_start(Fixture *f) {
    *f = (Fixture){0};
    (void)snprintf(f->dir, sizeof f->dir, "/tmp/cuakhau-api-XXXXXX");
    CK_ASSERT(mkdtemp(f->dir) != NULL);
    (void)snprintf(f->store, sizeof f->store, "%s/gate.db", f->dir);
    (void)snprintf(f->tokens, sizeof f->tokens, "%s/tokens", f->dir);
    write_tokens(f->tokens);
    LedgerOpts lo = {.store = {.path = f->store}, .limits = {.passages_max = 20000}};
    CK_ASSERT(ledger_open(&lo, &f->ledger) == OK);
    char *bundle = fixture_bundle("huu-nghi");
    Arena a;
    arena_init(&a, 64u << 20);
    SiteReply *reply = calloc(1, sizeof *reply);
    Err e = ledger_adopt_site(f->ledger, str_c(bundle), io_now_ms(), &a, reply);
    for (uint32_t i = 0; i < reply->problems; i++)
        fprintf(stderr, STR_F ": " STR_F "\n", STR_A(reply->problem[i].where), STR_A(reply->problem[i].what));
    CK_ASSERT(e == OK);
    free(reply);
    free(bundle);
    arena_deinit(&a);
    f->hs = load_hs();
    ApiOpts ao = {.ledger = f->ledger,
                  .host = "127.0.0.1",
                  .tokens = f->tokens,
                  .store = f->store,
                  .hs = f->hs,
                  .request_ms = 1500,
                  .idle_ms = 3000,
                  .heartbeat_ms = 400};
    CK_ASSERT(api_start(&ao, &f->api) == OK);
    f->port = api_port(f->api);
}
void fixture_stop(Fixture *f) {
    api_stop(f->api);
    ledger_close(f->ledger);
    if (f->hs) hs_free(f->hs);
    static const char *const tails[] = {"gate.db", "gate.db-wal", "gate.db-shm", "gate.db.lock", "tokens"};
    for (size_t i = 0; i < ARRAY_LEN(tails); i++) {
        char *p = path_of(f->dir, tails[i]);
        (void)unlink(p);
        free(p);
    }
    CK_ASSERT(rmdir(f->dir) == 0);
}
char *fixture_declaration(uint32_t n) {
    Buf b;
    char slot[ISO8601_LEN + 1];
    iso8601_format(io_now_ms() + HOUR_MS, slot);
    buf_init(&b, 4096);
    buf_printf(&b,
               "{\"lrn\":\"L%u\",\"direction\":\"export\",\"mode\":\"through\",\"regime\":\"ordinary\",\"road\":\"hn\","
               "\"plate\":\"12C%05u\",\"vehicle_country\":\"VN\",\"driver_id\":\"a-driver\",\"driver_name\":\"Nguyễn "
               "Văn A\",\"driver_country\":\"VN\","
               "\"tare_kg\":12000,\"empty\":true,\"slot\":\"%s\"}",
               n, 10000 + n, slot);
    buf_char(&b, 0);
    return b.p;
}
char *fixture_declare(Fixture *f) {
    char *body = fixture_declaration(++f->declared);
    HttpReply r = http_call(f->port, "POST", "/v1/declarations", "t-trader", NULL, body);
    if (r.status != 201) fprintf(stderr, "%s\n%s\n", r.head, r.body);
    CK_ASSERT(r.status == 201);
    json_t *j = reply_json(&r);
    char *ref = strdup(json_text(j, "passage"));
    json_decref(j);
    http_free(&r);
    free(body);
    return ref;
}
json_t *reply_json(const HttpReply *r) {
    json_error_t why;
    json_t *j = json_loadb(r->body, r->body_n, 0, &why);
    if (!j) fprintf(stderr, "not JSON: %s\n%s\n", why.text, r->body);
    CK_ASSERT(j != NULL);
    return j;
}
const char *json_text(const json_t *o, const char *key) {
    const char *z = json_string_value(json_object_get(o, key));
    return z ? z : "";
}
