// Whatever is a LIF file writes and reads back the same; what becomes sound roads comes back from LIF as it was; what
// is refused says where and why.
#include "app/app_lif.h"

static void told(const VdaProblems *ps) {
    CK_ASSERT(ps->n > 0);
    for (uint32_t i = 0; i < MIN(ps->n, (uint32_t)VDA_PROBLEMS_MAX); i++)
        CK_ASSERT(utf8_valid(ps->p[i].pointer) && utf8_valid(ps->p[i].what) && ps->p[i].what.n && ps->p[i].cure.n);
}
static void write_roads(Buf *b, const MapDoc *d) {
    json_open(b, '{');
    field_write(b, &map_doc_fields, d, NULL);
    json_close(b, '}');
}
static void there_and_back(const MapDoc *d, const RouteMap *m, Arena *a) {
    Lif lif, again;
    MapDoc back;
    LifImported im;
    VdaProblems ps;
    Buf text, was, is;
    buf_init(&text, 4u << 20), buf_init(&was, 4u << 20), buf_init(&is, 4u << 20);
    CK_ASSERT(app_lif_export(d, m, &(LifExport){STR("t"), 1}, a, &lif) == OK);
    lif_encode(&text, &lif);
    Err e = text.overflow ? ERR_LIMIT : lif_decode(buf_view(&text), a, &again, &ps);
    if (!e) e = app_lif_import(&again, &(LifImport){0}, a, &back, &im, &ps);
    CK_ASSERT(e == OK || e == ERR_LIMIT);
    if (!e) {
        write_roads(&was, d), write_roads(&is, &back);
        CK_ASSERT(was.overflow || str_eq(buf_view(&was), buf_view(&is)));
    }
    buf_deinit(&text), buf_deinit(&was), buf_deinit(&is);
}
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    Arena a;
    Lif lif, again;
    MapDoc d;
    RouteMap *m;
    LifImported im;
    VdaProblems ps;
    MapProblems mp;
    Buf one, two;
    arena_init(&a, 32u << 20), buf_init(&one, 4u << 20), buf_init(&two, 4u << 20);
    Err e = lif_decode((Str){(const char *)p, n}, &a, &lif, &ps);
    if (e) {
        told(&ps);
    } else {
        lif_encode(&one, &lif);
        CK_ASSERT(!one.overflow && lif_decode(buf_view(&one), &a, &again, &ps) == OK && ps.unknown == 0);
        lif_encode(&two, &again);
        CK_ASSERT(str_eq(buf_view(&one), buf_view(&two)));
        e = app_lif_import(&lif, &(LifImport){.length_mm = n % 3 ? 0 : 1000, .width_mm = n % 3 ? 0 : 500}, &a, &d, &im,
                           &ps);
        if (e == ERR_INVALID) told(&ps);
        if (!e && !route_map_new(&d, &m, &mp)) {
            there_and_back(&d, m, &a);
            route_map_free(m);
        }
    }
    buf_deinit(&one), buf_deinit(&two), arena_deinit(&a);
    return 0;
}
