// Phytosanitary certificates from the ePhyto hub: shown, or put into the declaration of the goods that they are for.
#include "app_ephyto.h"
#include "io/io_file.h"

#define ROOM (24u << 20) // of one certificate: it may be 4 MiB, and again inside of its envelope

static const char usage[] = "ephyto FILE... [--json] [--into DECLARATION.json]";

typedef struct {
    Arena a;
    Json *declaration; // NULL: show only
    bool json;
    int status;
} Run;

static void worse(Run *r, int status) {
    r->status = MAX(r->status, status);
}
static void say(const char *file, const EphytoProblems *l, const char *word) {
    for (uint32_t i = 0; i < MIN(l->n, EPHYTO_PROBLEMS_MAX); i++) {
        const EphytoProblem *p = &l->p[i];
        fprintf(stderr, "%s: %s" STR_F "%s" STR_F "%s" STR_F "\n", file, word, STR_A(p->field), p->field.n ? ": " : "",
                STR_A(p->reason), p->cure.n ? " -> " : "", STR_A(p->cure));
    }
    if (l->n > EPHYTO_PROBLEMS_MAX)
        fprintf(stderr, "%s: there is more; only the first %u are listed\n", file, EPHYTO_PROBLEMS_MAX);
}

// ---- one JSON line a file
static void put_problems(Buf *b, const EphytoProblems *l) {
    json_key(b, "problems"), json_open(b, '[');
    for (uint32_t i = 0; i < MIN(l->n, EPHYTO_PROBLEMS_MAX); i++) {
        json_open(b, '{');
        json_key(b, "field"), json_str(b, l->p[i].field);
        json_key(b, "reason"), json_str(b, l->p[i].reason);
        json_key(b, "cure"), json_str(b, l->p[i].cure);
        json_close(b, '}');
    }
    json_close(b, ']');
}
static void show_json(const char *file, const Ephyto *e, const EphytoProblems *problems) {
    Buf b;
    buf_init(&b, 8u << 20);
    json_open(&b, '{');
    json_key(&b, "file"), json_str(&b, utf8_valid(str_c(file)) ? str_c(file) : STR("?"));
    if (problems->n) {
        put_problems(&b, problems);
    } else {
        json_key(&b, "certificate"), json_open(&b, '{');
        field_write(&b, &ephyto_table, e, NULL);
        json_close(&b, '}');
        json_key(&b, "certificates"), json_open(&b, '['); // as a declaration has them: what is not in force is none
        if (e->status == EPHYTO_ISSUED) {
            json_open(&b, '{');
            json_key(&b, "kind"), json_c(&b, "phytosanitary");
            json_key(&b, "number"), json_str(&b, e->number);
            json_close(&b, '}');
        }
        json_close(&b, ']');
    }
    json_close(&b, '}');
    printf(STR_F "\n", STR_A(buf_view(&b)));
    buf_deinit(&b);
}

// ---- for people
static void show_list(const char *word, const StrList *l) {
    for (uint32_t i = 0; i < l->n; i++) printf("%s" STR_F, i ? ", " : word, STR_A(l->items[i]));
    if (l->n) putchar('\n');
}
static void show_text(const char *file, const Ephyto *e) {
    char issued[ISO8601_LEN + 1];
    const EphytoItem *it = e->items.items;
    iso8601_format(e->issued, issued);
    printf("%s: %s certificate " STR_F ", %s (" STR_F "), " STR_F " to " STR_F ", of %.10s\n", file,
           e->type == EPHYTO_REEXPORT ? "re-export" : "phytosanitary", STR_A(e->number),
           EphytoStatus_names.names[e->status], STR_A(e->status_code), STR_A(e->exporting), STR_A(e->importing),
           issued);
    for (uint32_t i = 0; i < e->items.n; i++, it++)
        printf("  HS " STR_F "  " STR_F "  %lld kg net, %lld packages, origin " STR_F "\n",
               STR_A(it->hs.n ? it->hs : STR("?")), STR_A(it->botanical.n ? it->botanical : it->description),
               (long long)it->net_kg, (long long)it->packages, STR_A(it->origin.n ? it->origin : STR("?")));
    show_list("  containers ", &e->containers);
    show_list("  vehicles ", &e->equipment);
    show_list("  seals ", &e->seals);
}

// ---- one file
static void put_into(Run *r, const char *file, const Ephyto *e, Arena *a) {
    EphytoFit *fit = arena_alloc(a, sizeof *fit);
    if (!fit) {
        worse(r, app_fail(ERR_LIMIT, "%s", file));
        return;
    }
    app_ephyto_compare(e, r->declaration, a, fit);
    say(file, &fit->problems, "");
    say(file, &fit->notes, "note: ");
    Err err = fit->problems.n ? OK : app_ephyto_put(e, r->declaration, &r->a);
    if (err == ERR_INVALID)
        fprintf(stderr, "%s: certificates: the declaration's is no list -> correct it\n", file);
    else if (err)
        fprintf(stderr, "%s: certificates: the declaration has 32 already -> take out what is not needed\n", file);
    worse(r, err == ERR_INVALID ? 2 : err || fit->problems.n ? 1 : 0);
}
static void read_one(Run *r, const char *file, Arena *a) {
    Ephyto e;
    EphytoProblems problems;
    Str text;
    Err err = io_file_read(file, EPHYTO_BYTES_MAX + 1, a, &text);
    if (err) {
        fprintf(stderr, "cuakhau: %s: %s\n", file,
                err == ERR_LIMIT       ? "it has more than 4 MiB -> give one certificate"
                : err == ERR_NOT_FOUND ? "there is no such file -> check its name"
                                       : err_text(err));
        worse(r, err == ERR_IO ? 3 : 2);
        return;
    }
    err = ephyto_read(text, a, &e, &problems);
    if (err) say(file, &problems, "");
    worse(r, err ? 2 : !r->declaration && e.status != EPHYTO_ISSUED ? 1 : 0);
    if (r->declaration) {
        if (!err) put_into(r, file, &e, a);
    } else if (r->json)
        show_json(file, &e, &problems);
    else if (!err)
        show_text(file, &e);
}
static void one_file(Run *r, const char *file) {
    Arena a;
    arena_init(&a, ROOM);
    read_one(r, file, &a);
    arena_deinit(&a);
}
static bool load_declaration(Run *r, const char *path) {
    Str text, what;
    Err e = io_file_read(path, 1u << 20, &r->a, &text);
    if (e) {
        r->status = e == ERR_IO ? 3 : 2;
        fprintf(stderr, "cuakhau: --into %s: %s\n", path,
                e == ERR_NOT_FOUND ? "there is no such file -> check its name" : err_text(e));
        return false;
    }
    e = wire_parse_json(text, 8, &r->a, &r->declaration, &what);
    if (!e && r->declaration->type == JN_OBJECT) return true;
    r->status = 2;
    if (e)
        fprintf(stderr, "cuakhau: --into %s: " STR_F "\n", path, STR_A(what));
    else
        fprintf(stderr, "cuakhau: --into %s: it must hold one declaration, an object\n", path);
    return false;
}
int app_ephyto(int argc, char **argv) {
    const char *json = NULL, *into = NULL;
    const AppOption options[] = {{"json", &json, true}, {"into", &into, false}};
    AppArgs rest;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    if (rest.n == 0) {
        fprintf(stderr, "cuakhau: no certificate is named\nusage: cuakhau %s\n", usage);
        return 2;
    }
    Run r = {.json = json != NULL};
    arena_init(&r.a, ROOM);
    if (!into || load_declaration(&r, into)) {
        for (int i = 0; i < rest.n && r.status < 3; i++) one_file(&r, rest.arg[i]);
        if (r.declaration && r.status == 0) {
            Buf b;
            buf_init(&b, 4u << 20);
            jn_write(&b, r.declaration);
            printf(STR_F "\n", STR_A(buf_view(&b)));
            buf_deinit(&b);
        }
    }
    arena_deinit(&r.a);
    return r.status;
}
