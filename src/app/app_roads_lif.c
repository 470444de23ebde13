// cuakhau roads export, import: lay-outs to and from VDMA LIF.
#include "app_lif.h"
#include "app_roads.h"
#include "io/io_clock.h"
#include "io/io_file.h"

#define LIF_ROOM (512u << 20) // of memory for one file

static int put_out(const char *out, Str text) { // out NULL: on stdout
    if (!out) return fwrite(text.p, 1, text.n, stdout) == text.n ? 0 : app_fail(ERR_IO, "stdout");
    Err e = io_file_write(out, text);
    return e ? app_fail(e, "%s", out) : 0;
}
static int export(const char *file, const char *out, const LifExport *o) {
    Arena a;
    MapDoc *d;
    RouteMap *m;
    Lif lif;
    arena_init(&a, LIF_ROOM);
    int status = app_roads_open(file, &a, &d, &m);
    if (!status) {
        Buf flat, b;
        buf_init(&flat, LIF_TEXT_MAX), buf_init(&b, LIF_TEXT_MAX + (1u << 20));
        Err e = app_lif_export(d, m, o, &a, &lif);
        if (!e) lif_encode(&flat, &lif);
        if (!e) app_roads_lines(buf_view(&flat), 1u << 1 | 1u << 3 | 1u << 4, 4, &b); // nodes, edges and stations
        if (!e && (flat.overflow || b.overflow)) e = ERR_LIMIT;
        status = e ? app_fail(e, "%s", file) : put_out(out, buf_view(&b));
        buf_deinit(&flat), buf_deinit(&b);
        route_map_free(m);
    }
    arena_deinit(&a);
    return status;
}
int app_roads_export(int argc, char **argv) {
    static const char usage[] =
        "roads export FILE [--out LIF] [--time 2026-11-22T08:30:00Z] [--vehicle-type MANUFACTURER.SERIES]";
    const char *out = NULL, *when = NULL, *type = "cuakhau.vehicle";
    const AppOption options[] = {{"out", &out, false}, {"time", &when, false}, {"vehicle-type", &type, false}};
    AppArgs rest;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    LifExport o = {str_c(type), 0};
    if (!when)
        o.exported_ms = io_now_ms();
    else if (!iso8601_parse(str_c(when), &o.exported_ms))
        rest.n = 0;
    if (rest.n != 1 || !utf8_valid(o.vehicle_type)) {
        fprintf(stderr, "usage: cuakhau %s\n", usage);
        return 2;
    }
    return export(rest.arg[0], out, &o);
}

// ---- import
static int lif_problems(const char *file, const VdaProblems *ps) {
    for (uint32_t i = 0; i < MIN(ps->n, (uint32_t)VDA_PROBLEMS_MAX); i++)
        fprintf(stderr, "cuakhau: %s: " STR_F "%s" STR_F " (" STR_F ")\n", file, STR_A(ps->p[i].pointer),
                ps->p[i].pointer.n ? ": " : "", STR_A(ps->p[i].what), STR_A(ps->p[i].cure));
    if (ps->n > VDA_PROBLEMS_MAX) fprintf(stderr, "cuakhau: %s: and %u more\n", file, ps->n - VDA_PROBLEMS_MAX);
    return 2;
}
static void say_notes(const char *file, const LifImported *im, uint32_t unknown) {
    if (im->layouts > 1)
        fprintf(stderr, "cuakhau: %s: %u lay-outs, taken: " STR_F " (--layout ID for another)\n", file, im->layouts,
                STR_A(im->layout));
    if (unknown) fprintf(stderr, "cuakhau: %s: %u members that LIF does not have, ignored\n", file, unknown);
    for (uint32_t i = 0; i < LIF_NOTE_COUNT; i++)
        if (im->notes[i]) fprintf(stderr, "cuakhau: %s: %u %s\n", file, im->notes[i], lif_note_text[i]);
}
static int import(const char *file, const char *out, const LifImport *o) {
    Arena a;
    Str text;
    Lif lif;
    MapDoc d;
    RouteMap *m = NULL;
    LifImported im;
    MapProblems mp;
    VdaProblems ps = {0};
    arena_init(&a, LIF_ROOM);
    Err e = io_file_read(file, LIF_TEXT_MAX, &a, &text);
    int status = e ? MAX(app_fail(e, "%s", file), 2) : 0;
    if (!status && lif_decode(text, &a, &lif, &ps)) status = lif_problems(file, &ps);
    uint32_t unknown = ps.unknown;
    if (!status && (e = app_lif_import(&lif, o, &a, &d, &im, &ps)))
        status = ps.n ? lif_problems(file, &ps) : app_fail(e, "%s", file);
    if (!status && route_map_new(&d, &m, &mp)) status = app_roads_problems(file, &mp);
    if (!status) {
        Buf b;
        buf_init(&b, ROADS_TEXT_MAX + (1u << 20));
        app_roads_write(&d, &b);
        say_notes(file, &im, unknown);
        status = b.overflow ? app_fail(ERR_LIMIT, "%s", file) : put_out(out, buf_view(&b));
        buf_deinit(&b);
    }
    route_map_free(m);
    arena_deinit(&a);
    return status;
}
static bool set(void *ctx, Str name, uint32_t n) {
    LifImport *o = ctx;
    uint32_t *to = str_eq_c(name, "length")   ? &o->length_mm
                   : str_eq_c(name, "width")  ? &o->width_mm
                   : str_eq_c(name, "margin") ? &o->margin_mm
                                              : NULL;
    if (to) *to = n;
    return to != NULL;
}
int app_roads_import(int argc, char **argv) {
    static const char usage[] = "roads import LIF [--out FILE] [--layout ID] [--vehicle-type ID] "
                                "[--with length=MM,width=MM,margin=MM] [--id ID] [--road ROAD]";
    const char *out = NULL, *layout = NULL, *type = NULL, *with = NULL, *id = NULL, *road = NULL;
    const AppOption options[] = {{"out", &out, false},   {"layout", &layout, false}, {"vehicle-type", &type, false},
                                 {"with", &with, false}, {"id", &id, false},         {"road", &road, false}};
    AppArgs rest;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    LifImport o = {.layout = str_c(layout), .vehicle_type = str_c(type), .id = str_c(id), .road = str_c(road)};
    if (rest.n != 1 || (with && !app_pairs(with, 100000, set, &o)) || !utf8_valid(o.id) || !utf8_valid(o.road)) {
        fprintf(stderr, "usage: cuakhau %s\n", usage);
        return 2;
    }
    return import(rest.arg[0], out, &o);
}
