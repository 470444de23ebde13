// Declarations from JSON, CSV and WCO XML files to a gate: good rows are declared, each bad row and each refusal is
// told with its cure.
#include "app.h"
#include "app_client.h"
#include "io/io_clock.h"
#include "io/io_file.h"
#include "wire/wire_declaration.h"
#include "wire/wire_plate.h"
#include <unistd.h>

#define IN_FLIGHT 32
#define BAR_WIDTH 28
#define SHOW_MS   100

static const char usage[] = "import [--server URL] [--token T | --token-file F] [--defaults FILE.json] [--trader ID] "
                            "[--dry-run] [--json] FILE|FOLDER...";

typedef struct {
    const char *server, *token, *token_file, *defaults, *trader, *dry_run, *json;
} ImportOpts;
typedef struct {
    ImportOpts opts;
    Client *client; // NULL: dry run
    const HsSet *hs;
    json_t *members, *late; // defaults; those that are put in after the conversion
    json_t *items;          // of --json
    const char *file;
    uint32_t total, declared, accepted, refused, bad, other, replayed, files_unusable;
    bool down, unknown_token, counting, bar;
    int64_t shown_us;
} Run;

// ---- telling
static void show_bar(Run *r, bool last) {
    if (!r->bar || (!last && io_mono_us() - r->shown_us < SHOW_MS * 1000)) return;
    r->shown_us = io_mono_us();
    uint32_t done = r->accepted + r->refused + r->bad + r->other, all = MAX(r->total, 1u),
             full = MIN(done, all) * BAR_WIDTH / all;
    char bar[BAR_WIDTH + 1];
    for (uint32_t i = 0; i < BAR_WIDTH; i++) bar[i] = i < full ? '#' : '.';
    bar[BAR_WIDTH] = 0;
    fprintf(stderr, "\r[%s] %u of %u: %u accepted, %u refused, %u bad\033[K%s", bar, done, r->total, r->accepted,
            r->refused, r->bad, last ? "\n" : "");
}
static void clear_bar(const Run *r) {
    if (r->bar) fputs("\r\033[K", stderr);
}
static json_t *new_item(Run *r, const char *file, uint32_t line, const char *lrn, const char *verdict) {
    json_t *o = json_pack("{s:s, s:i, s:s, s:s}", "file", file, "line", (int)line, "lrn", lrn, "verdict", verdict);
    CK_ASSERT(o != NULL);
    json_array_append_new(r->items, o);
    return o;
}
static void put_problem(json_t *item, const char *field, const char *reason, const char *cure) {
    json_t *list = json_object_get(item, "problems");
    if (!list) json_object_set_new(item, "problems", list = json_array());
    json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "field", field, "reason", reason, "cure", cure));
}
static void say_row(Run *r, const ImportItem *it, const char *verdict) {
    json_t *item = r->opts.json ? new_item(r, r->file, it->line, it->lrn.n ? it->lrn.p : "", verdict) : NULL;
    clear_bar(r);
    for (uint32_t i = 0; i < it->problem_count; i++) {
        const ImportProblem *p = &it->problems[i];
        if (item)
            put_problem(item, p->field.n ? p->field.p : "", p->reason.p, p->cure.n ? p->cure.p : "");
        else
            printf("%s:%u: " STR_F "%s" STR_F "%s" STR_F "\n", r->file, it->line, STR_A(p->field),
                   p->field.n ? ": " : "", STR_A(p->reason), p->cure.n ? " -> " : "", STR_A(p->cure));
    }
    if (it->problems_cut && !item)
        printf("%s:%u: there is more wrong with it; only the first %u are listed\n", r->file, it->line,
               IMPORT_PROBLEMS_MAX);
}
static void say_errors(const ClientAnswer *a, const char *file, uint32_t line, const char *lrn, json_t *item) {
    const json_t *errors = json_object_get(a->body, "errors");
    size_t n = json_array_size(errors);
    for (size_t i = 0; i < MAX(n, (size_t)1); i++) {
        const json_t *e = n ? json_array_get(errors, i) : a->body;
        Buf text, field;
        buf_init(&text, 4096);
        buf_init(&field, 256);
        client_error_text(&text, e);
        client_field(&field, client_text(e, "pointer"));
        buf_char(&text, 0);
        buf_char(&field, 0);
        const char *code = client_text(e, "code"), *cure = client_text(e, "cure");
        if (item) {
            put_problem(item, field.p, client_text(e, "detail"), cure);
            json_object_set_new(item, "code", json_string(client_code(a)));
        } else
            printf("%s:%u: %s refused by the gate, %s: %s%s%s\n", file, line, lrn, *code ? code : client_code(a),
                   text.p, *cure ? " -> " : "", cure);
        buf_deinit(&text);
        buf_deinit(&field);
    }
}

// ---- sending
typedef struct {
    Run *run;
    uint32_t line;
    char lrn[48];
    char file[1];
} Sent;
static void on_answer(void *ctx, uint64_t tag, const ClientAnswer *a) {
    (void)tag;
    Sent *s = ctx;
    Run *r = s->run;
    bool unreached = a->err != OK || a->status >= 500;
    if (client_good(a)) {
        r->accepted++;
        r->replayed += a->replayed;
        if (r->opts.json)
            json_object_set_new(new_item(r, s->file, s->line, s->lrn, "accepted"), "passage",
                                json_string(client_text(a->body, "passage")));
    } else if (unreached) {
        r->down = true;
    } else {
        r->refused++;
        r->unknown_token |= a->status == 401;
        clear_bar(r);
        json_t *item = r->opts.json ? new_item(r, s->file, s->line, s->lrn, "refused") : NULL;
        if (a->status != 401 || item) say_errors(a, s->file, s->line, s->lrn, item);
    }
    show_bar(r, false);
    free(s);
}
static void add_country(json_t *d) { // whose vehicle it is stands on its plate
    Plate p;
    if (json_object_get(d, "vehicle_country") || plate_parse(str_c(client_text(d, "plate")), &p) != PLATE_OK) return;
    json_object_set_new(d, "vehicle_country", json_string(plate_country_code(p.country)));
}
static void add_gross(json_t *d) { // tables that know one mass only: packing counts as nothing, as the gate reckons it
    json_t *list = json_object_get(d, "goods");
    for (size_t i = 0; i < json_array_size(list); i++) {
        json_t *g = json_array_get(list, i), *net = json_object_get(g, "net_kg");
        if (net && !json_object_get(g, "gross_kg")) json_object_set(g, "gross_kg", net);
    }
}
static void declare(Run *r, const ImportItem *it) {
    if (r->late) json_object_update_missing(it->declaration, r->late);
    add_country(it->declaration);
    add_gross(it->declaration);
    size_t n = strlen(r->file) + 1;
    Sent *s = calloc(1, sizeof *s + n);
    CK_ASSERT(s != NULL);
    s->run = r, s->line = it->line;
    (void)snprintf(s->lrn, sizeof s->lrn, STR_F, STR_A(it->lrn));
    memcpy(s->file, r->file, n);
    ClientCall call = {.method = "POST",
                       .path = "/v1/declarations",
                       .token = r->opts.token,
                       .body = json_incref(it->declaration),
                       .acting_for = r->opts.trader};
    client_send(r->client, &call, on_answer, s, 0);
    while (client_pending(r->client) >= IN_FLIGHT) client_step(r->client, 100);
}
static bool on_item(void *ctx, const ImportItem *it) {
    Run *r = ctx;
    if (r->counting) {
        r->total += it->verdict != IMPORT_WARNING;
        return true;
    }
    bool notes = it->verdict == IMPORT_GOOD && it->problem_count;
    if (it->verdict == IMPORT_BAD) r->bad++, say_row(r, it, "bad");
    if (it->verdict == IMPORT_OTHER) r->other++, say_row(r, it, "other");
    if (it->verdict == IMPORT_WARNING || notes) say_row(r, it, "note");
    if (it->verdict == IMPORT_GOOD) {
        r->declared++;
        if (r->client) declare(r, it);
    }
    show_bar(r, false);
    return !r->down && !r->unknown_token;
}

// ---- files
static Err read_file(Run *r, const char *path) {
    Arena a;
    Str text;
    arena_init(&a, IMPORT_BYTES_MAX + (1u << 20));
    Err e = io_file_read(path, IMPORT_BYTES_MAX, &a, &text);
    if (e) {
        fprintf(stderr, "cuakhau: %s: %s\n", path, e == ERR_LIMIT ? "it has more than 64 MiB: split it" : err_text(e));
    } else {
        const ImportDefaults defaults = {.members = r->members, .hs = r->hs};
        ImportSummary sum;
        r->file = path;
        e = declaration_import(text, str_c(path), &defaults, on_item, r, &sum);
    }
    if (!r->counting) r->files_unusable += e != OK;
    arena_deinit(&a);
    return e;
}
static bool load_defaults(Run *r) {
    static const char *const late[] = {"vehicle_country",
                                       "container_type"}; // the converter has no members of these names
    json_error_t why;
    r->members = json_object();
    if (r->opts.defaults) {
        json_decref(r->members);
        r->members = json_load_file(r->opts.defaults, JSON_REJECT_DUPLICATES, &why);
        if (!json_is_object(r->members)) {
            fprintf(stderr, "cuakhau: --defaults %s: %s\n", r->opts.defaults,
                    r->members ? "it must hold one object" : why.text);
            return false;
        }
    }
    r->late = json_object();
    for (size_t i = 0; i < ARRAY_LEN(late); i++) {
        json_t *v = json_object_get(r->members, late[i]);
        if (v) json_object_set(r->late, late[i], v);
        json_object_del(r->members, late[i]);
    }
    if (r->opts.trader) json_object_set_new(r->members, "trader", json_string(r->opts.trader));
    return true;
}
static void on_health(void *ctx, uint64_t tag, const ClientAnswer *a) {
    (void)tag;
    *(bool *)ctx = client_good(a);
}
static bool reach(Run *r) {
    ClientOpts opts = {.server = r->opts.server, .in_flight_max = IN_FLIGHT, .tries_max = 5};
    bool good = false;
    if (client_new(&opts, &r->client) != OK) {
        fprintf(stderr, "cuakhau: --server wants an address such as http://127.0.0.1:8080\n");
        return false;
    }
    client_send(r->client, &(ClientCall){.method = "GET", .path = "/healthz"}, on_health, &good, 0);
    while (client_pending(r->client)) client_step(r->client, 100);
    r->down = !good;
    if (!good)
        fprintf(stderr, "cuakhau: no gate answers at %s: is it running, is the address right? Nothing was sent.\n",
                r->opts.server);
    return good;
}

// ---- the end
static int finish(Run *r, const FileList *files) {
    uint32_t lost = r->client ? r->declared - r->accepted - r->refused : 0;
    int status = r->down ? 3 : r->refused || r->bad || r->other || lost ? 1 : 0;
    if (r->files_unusable && r->declared == 0 && r->files_unusable == files->n) status = 2;
    if (r->unknown_token) status = 2;
    show_bar(r, true);
    if (r->opts.json) {
        json_t *o = json_pack("{s:i, s:i, s:i, s:i, s:i, s:i, s:i, s:b, s:O}", "files", (int)files->n, "declarations",
                              (int)(r->declared + r->bad), "accepted", (int)r->accepted, "refused", (int)r->refused,
                              "bad", (int)r->bad, "not_declarations", (int)r->other, "not_sent", (int)lost, "dry_run",
                              r->client == NULL, "items", r->items);
        CK_ASSERT(o != NULL);
        json_dumpf(o, stdout, JSON_COMPACT);
        putchar('\n');
        json_decref(o);
    } else if (!r->client) {
        printf("%u declarations are good, %u bad, %u messages are no declarations; nothing was sent (--dry-run)\n",
               r->declared, r->bad, r->other);
    } else {
        printf(
            "%u declarations accepted, %u refused by the gate, %u bad in the file, %u messages are no declarations\n",
            r->accepted, r->refused, r->bad, r->other);
    }
    if (r->unknown_token)
        fprintf(stderr,
                "cuakhau: the gate does not know this token: ask the operator for a new one, or check --token-file\n");
    if (r->down)
        fprintf(stderr,
                "cuakhau: the gate stopped answering; %u declarations have no answer. Import the files again when it "
                "is back: what it has "
                "accepted already is refused as a duplicate, nothing is declared twice.\n",
                lost);
    return status;
}
static int import_files(Run *r, const FileList *files) {
    if (r->bar) {
        r->counting = true;
        for (uint32_t i = 0; i < files->n; i++) (void)read_file(r, files->path[i]);
        r->counting = false;
    }
    for (uint32_t i = 0; i < files->n && !r->down && !r->unknown_token; i++) (void)read_file(r, files->path[i]);
    while (r->client && client_pending(r->client)) client_step(r->client, 100);
    return finish(r, files);
}
// Files may be many more than the option parser's limit: they are taken out before it sees the rest.
static bool split_files(int argc, char **argv, FileList *files, char **rest, int *ret_n) {
    bool good = true;
    rest[(*ret_n)++] = argv[0];
    for (int i = 1; i < argc; i++) {
        bool option = strncmp(argv[i], "--", 2) == 0,
             flag = option && (strcmp(argv[i], "--json") == 0 || strcmp(argv[i], "--dry-run") == 0);
        if (!option) {
            good &= file_list_add(files, argv[i]);
            continue;
        }
        rest[(*ret_n)++] = argv[i];
        if (!flag && i + 1 < argc) rest[(*ret_n)++] = argv[++i];
    }
    return good;
}
int app_import(int argc, char **argv) {
    Run r = {.opts = {.server = "http://127.0.0.1:8080"}, .bar = isatty(STDERR_FILENO) != 0, .items = json_array()};
    ImportOpts *o = &r.opts;
    const AppOption options[] = {
        {"server", &o->server, false},     {"token", &o->token, false},   {"token-file", &o->token_file, false},
        {"defaults", &o->defaults, false}, {"trader", &o->trader, false}, {"dry-run", &o->dry_run, true},
        {"json", &o->json, true}};
    FileList files = {0};
    AppArgs none;
    char **rest = calloc((size_t)argc + 1, sizeof *rest), secret[512];
    HsSet *hs = NULL;
    int n = 0, status = 2;
    CK_ASSERT(rest != NULL);
    bool readable = split_files(argc, argv, &files, rest, &n),
         good = app_options(n, rest, options, ARRAY_LEN(options), usage, &none) && readable;
    if (good && files.n == 0) {
        fprintf(stderr, "cuakhau: no file to import\nusage: cuakhau %s\n", usage);
        good = false;
    }
    if (good && o->token_file) good = client_read_token(o->token_file, secret, sizeof secret), o->token = secret;
    if (good && !o->token && !o->dry_run) {
        fprintf(stderr, "cuakhau: a trader's token is needed: --token-file FILE\n");
        good = false;
    }
    if (good) good = load_defaults(&r);
    Err e = good ? app_load_hs(&hs) : OK;
    r.hs = hs;
    if (e)
        status = app_fail(e, "schema/hs2022.txt");
    else if (good && !o->dry_run && !reach(&r))
        status = r.down ? 3 : 2;
    else if (good)
        status = import_files(&r, &files);
    client_free(r.client);
    hs_free(hs);
    json_decref(r.members), json_decref(r.late), json_decref(r.items);
    file_list_free(&files);
    free(rest);
    return status;
}
