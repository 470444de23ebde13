// The scripted morning: who plays, what they bring, and what came of it.
#include "app_drive.h"
#include "io/io_clock.h"
#include "io/io_file.h"
#include <sys/stat.h>
#include <unistd.h>

static const char usage[] = "drive --server URL --tokens FILE [--import FILE|FOLDER]... [--rows N] [--trucks N] "
                            "[--seed S] [--speed max|FACTOR] [--window N] "
                            "[--in-flight N] [--mistakes PERCENT] [--json]";
typedef struct {
    const char *server, *tokens, *rows, *trucks, *seed, *speed, *window, *in_flight, *mistakes, *json;
} DriveOpts;

// ---- who plays: "role id secret" a line
static bool add_person(World *w, char *line) {
    char *save = NULL, *role = strtok_r(line, " \t\r\n", &save), *id = strtok_r(NULL, " \t\r\n", &save),
         *secret = strtok_r(NULL, " \t\r\n", &save);
    if (!role || *role == '#') return true;
    uint32_t r = 1;
    while (r < Role_names.n && strcmp(Role_names.names[r], role) != 0) r++;
    Person *p = &w->person[w->persons];
    if (r == Role_names.n || !id || !secret || w->persons == PERSONS_MAX || strlen(id) >= sizeof p->id ||
        strlen(secret) >= sizeof p->secret)
        return false;
    p->role = (uint8_t)r;
    (void)snprintf(p->id, sizeof p->id, "%s", id);
    (void)snprintf(p->secret, sizeof p->secret, "%s", secret);
    w->by_role[r][w->role_n[r]++] = p;
    w->persons++;
    return true;
}
static bool load_persons(World *w, const char *path) {
    static const Role needed[] = {ROLE_TRADER,  ROLE_BOARD, ROLE_YARD,   ROLE_HEALTH, ROLE_PLANT, ROLE_ANIMAL,
                                  ROLE_CUSTOMS, ROLE_GUARD, ROLE_CENTRE, ROLE_PEER,   ROLE_DEVICE};
    FILE *f = fopen(path, "re");
    struct stat st;
    char line[400];
    if (!f || fstat(fileno(f), &st) != 0) {
        if (f) (void)fclose(f);
        return app_fail(ERR_NOT_FOUND, "--tokens %s", path), false;
    }
    if (st.st_mode & 077)
        fprintf(stderr, "cuakhau: note: others than its owner can read %s, which holds secrets; chmod 600 it\n", path);
    uint32_t no = 0, bad = 0;
    while (fgets(line, sizeof line, f) && !bad) {
        no++;
        if (!add_person(w, line)) bad = no;
    }
    (void)fclose(f);
    if (bad) fprintf(stderr, "cuakhau: %s line %u: write ROLE ID SECRET, at most %d lines\n", path, bad, PERSONS_MAX);
    for (size_t i = 0; i < ARRAY_LEN(needed) && !bad; i++) {
        if (w->role_n[needed[i]]) continue;
        fprintf(stderr, "cuakhau: %s: nobody there has the role %s; a morning needs at least one\n", path,
                Role_names.names[needed[i]]);
        bad = 1;
    }
    return !bad;
}

// ---- what the files bring
typedef struct {
    World *w;
    const char *file;
    uint32_t rows, rows_max;
} Source;
static void keep_bad(World *w, const Source *s, const ImportItem *it) {
    const ImportProblem *p = NULL;
    for (uint32_t i = 0; i < it->problem_count && !p; i++)
        if (!it->problems[i].note) p = &it->problems[i];
    if (!p || w->bad_examples_n == ARRAY_LEN(w->bad_example)) return;
    const char *name = strrchr(s->file, '/');
    CK_ASSERT(asprintf(&w->bad_example[w->bad_examples_n++], "%s:%u: " STR_F "%s" STR_F " -> " STR_F,
                       name ? name + 1 : s->file, it->line, STR_A(p->field), p->field.n ? ": " : "", STR_A(p->reason),
                       STR_A(p->cure)) > 0);
}
static bool on_item(void *ctx, const ImportItem *it) {
    Source *s = ctx;
    World *w = s->w;
    if (it->verdict == IMPORT_OTHER) w->rows_other++;
    if (it->verdict == IMPORT_BAD) w->rows_bad++, s->rows++, keep_bad(w, s, it);
    if (it->verdict == IMPORT_GOOD) {
        w->rows_good++, s->rows++;
        drive_complete(w, it->declaration, w->n);
        Truck *t = drive_add(w, json_incref(it->declaration));
        t->file = s->file, t->line = it->line;
    }
    return s->rows < s->rows_max;
}
static int read_files(World *w, const FileList *files, uint32_t rows_max) {
    HsSet *hs = NULL;
    Err e = app_load_hs(&hs);
    if (e) return app_fail(e, "schema/hs2022.txt");
    const ImportDefaults defaults = {.fill = drive_fill, .ctx = w, .hs = hs};
    for (uint32_t i = 0; i < files->n; i++) {
        Arena a;
        Str text;
        arena_init(&a, IMPORT_BYTES_MAX + (1u << 20));
        Source s = {.w = w, .file = files->path[i], .rows_max = rows_max};
        ImportSummary sum;
        e = io_file_read(files->path[i], IMPORT_BYTES_MAX, &a, &text);
        if (e)
            (void)app_fail(e, "%s", files->path[i]);
        else
            e = declaration_import(text, str_c(files->path[i]), &defaults, on_item, &s,
                                   &sum); // what cannot be read is reported as bad
        w->files++;
        arena_deinit(&a);
    }
    hs_free(hs);
    return 0;
}

// ---- the gate
static void on_json(void *ctx, uint64_t tag, const ClientAnswer *a) {
    (void)tag;
    if (client_good(a)) *(json_t **)ctx = json_incref((json_t *)(uintptr_t)a->body);
}
static json_t *get(World *w, const char *path, const char *token) {
    json_t *ret = NULL;
    client_send(w->client, &(ClientCall){.method = "GET", .path = path, .token = token}, on_json, &ret, 0);
    while (client_pending(w->client)) client_step(w->client, 100);
    return ret;
}
static bool meet_gate(World *w, const char *server) {
    json_t *site = get(w, "/v1/site", NULL),
           *lanes = site ? get(w, "/v1/lanes", w->by_role[ROLE_CENTRE][0]->secret) : NULL;
    if (!site)
        fprintf(stderr, "cuakhau: no gate answers at %s: is it running, is the address right?\n", server);
    else if (!lanes)
        fprintf(stderr, "cuakhau: the gate does not know the tokens: were they made for another one?\n");
    if (site) drive_site(w, site);
    const json_t *items = json_object_get(lanes, "items");
    for (size_t i = 0; i < json_array_size(items); i++) {
        const json_t *l = json_array_get(items, i);
        w->unmanned |= strcmp(client_text(l, "kind"), "unmanned") == 0 && json_is_true(json_object_get(l, "open"));
    }
    json_decref(lanes);
    return site && items;
}
static void world_free(World *w) {
    client_free(w->client);
    for (uint32_t i = 0; i < w->n; i++) drive_truck_free(w->truck[i]);
    for (uint32_t i = 0; i < w->refusals; i++) free(w->refusal[i].example);
    for (uint32_t i = 0; i < w->bad_examples_n; i++) free(w->bad_example[i]);
    json_decref(w->site), json_decref(w->refs), json_decref(w->lrns);
    free(w->truck);
    free(w);
}
static int conclude(World *w, bool as_json) {
    if (as_json) {
        json_t *o = drive_report_json(w);
        json_dumpf(o, stdout, JSON_INDENT(1));
        putchar('\n');
        json_decref(o);
    } else
        drive_report(w);
    if (w->down) {
        fprintf(stderr, "cuakhau: the gate stopped answering in the middle of the morning\n");
        return 3;
    }
    return w->ended[END_STUCK] || w->doubled || w->slips_passed ? 1 : 0;
}
static bool parse_speed(const char *text, double *ret) {
    char *end;
    if (strcmp(text, "max") == 0) return *ret = 0, true;
    *ret = strtod(text, &end);
    return *text && !*end && *ret > 0 && *ret <= 1e6;
}
static int drive(const DriveOpts *o, const FileList *files) {
    uint64_t rows, trucks, seed, window, in_flight, mistakes;
    double speed;
    bool numbers = app_number(o->rows, IMPORT_ROWS_MAX, &rows) && app_number(o->trucks, 20000, &trucks) &&
                   app_number(o->seed, UINT32_MAX, &seed) && app_number(o->window, 20000, &window) &&
                   app_number(o->in_flight, 512, &in_flight) && app_number(o->mistakes, 100, &mistakes);
    if (!numbers || !window || !in_flight || !o->server || !o->tokens || !parse_speed(o->speed, &speed)) {
        fprintf(stderr, "usage: cuakhau %s\n", usage);
        return 2;
    }
    World *w = calloc(1, sizeof *w);
    CK_ASSERT(w != NULL);
    w->seed = seed, w->speed = speed, w->window = (uint32_t)window, w->mistakes_percent = (uint32_t)mistakes;
    w->refs = json_object(), w->lrns = json_object();
    w->terminal = isatty(STDERR_FILENO) != 0, w->quiet = o->json && !w->terminal;
    ClientOpts opts = {.server = o->server, .in_flight_max = (uint32_t)in_flight, .tries_max = 7};
    int status = 2;
    if (!load_persons(w, o->tokens))
        status = 2;
    else if (client_new(&opts, &w->client) != OK)
        fprintf(stderr, "cuakhau: --server wants an address such as http://127.0.0.1:8080\n");
    else if (!meet_gate(w, o->server))
        status = 3;
    else {
        drive_make_morning(w, (uint32_t)trucks);
        status = files->n ? read_files(w, files, (uint32_t)rows) : 0;
    }
    if (status == 0) {
        if (w->n == 0)
            fprintf(stderr, "cuakhau: nothing to drive: the files hold no declaration that can be used\n"), status = 2;
        else
            drive_play(w), status = conclude(w, o->json != NULL);
    }
    world_free(w);
    return status;
}
// --import may be given many times: its values are taken out before the option parser sees the rest.
int app_drive(int argc, char **argv) {
    DriveOpts o = {.rows = "100000", .seed = "1", .speed = "max", .window = "320", .in_flight = "64", .mistakes = "12"};
    const AppOption options[] = {{"server", &o.server, false},     {"tokens", &o.tokens, false},
                                 {"rows", &o.rows, false},         {"trucks", &o.trucks, false},
                                 {"seed", &o.seed, false},         {"speed", &o.speed, false},
                                 {"window", &o.window, false},     {"in-flight", &o.in_flight, false},
                                 {"mistakes", &o.mistakes, false}, {"json", &o.json, true}};
    FileList files = {0};
    AppArgs none;
    char **rest = calloc((size_t)argc + 1, sizeof *rest);
    CK_ASSERT(rest != NULL);
    int n = 0;
    bool good = true;
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--import") == 0 && i + 1 < argc)
            good &= file_list_add(&files, argv[++i]);
        else
            rest[n++] = argv[i];
    }
    int status = 2;
    if (app_options(n, rest, options, ARRAY_LEN(options), usage, &none) && good) {
        if (!o.trucks) o.trucks = files.n ? "0" : "60";
        if (none.n)
            fprintf(stderr, "usage: cuakhau %s\n", usage);
        else
            status = drive(&o, &files);
    }
    file_list_free(&files);
    free(rest);
    return status;
}
