// Site files to one bundle: the members of the files that site.json "uses" are added to it; lists of the same name are
// joined.
#include "app.h"
#include "io/io_file.h"
#include "wire/wire_json.h"

#define SITE_FILE_MAX (4u << 20)
#define USES_MAX      32

static Err fail(Arena *a, Str *ret_what, const char *path, Str why, Err e) {
    Buf b;
    buf_init(&b, 1024);
    buf_printf(&b, "%s: " STR_F, path, STR_A(why));
    *ret_what = arena_str(a, buf_view(&b));
    buf_deinit(&b);
    return e;
}
static Err read_json(const char *path, Arena *a, Json **ret, Str *ret_what) {
    Str text, why = STR_EMPTY;
    Err e = io_file_read(path, SITE_FILE_MAX, a, &text);
    if (e) return fail(a, ret_what, path, str_c(err_text(e)), e);
    e = wire_parse_json(text, 16, a, ret, &why);
    return e ? fail(a, ret_what, path, why, e) : OK;
}
static Json *find(const Json *site, const Json *member) {
    Json *m = site->first;
    while (m && !str_eq(jn_key(m), jn_key(member))) m = m->next;
    return m;
}
static Err merge(Json *site, const char *path, Arena *a, Str *ret_what) {
    Json *part = NULL;
    Err e = read_json(path, a, &part, ret_what);
    if (e) return e;
    if (part->type != JN_OBJECT) return fail(a, ret_what, path, STR("must hold an object"), ERR_INVALID);
    for (Json *m = part->first, *next; m; m = next) {
        next = m->next;
        Json *have = find(site, m);
        if (!have)
            jn_append(site, m);
        else if (have->type == JN_ARRAY && m->type == JN_ARRAY)
            jn_extend(have, m);
        else
            e = fail(a, ret_what, path, STR("a member that the site has already"), ERR_INVALID);
    }
    return e;
}
static Err merge_all(Json *site, const char *dir, const char *extra, Arena *a, Str *ret_what) {
    const Json *uses = jn_get(site, "uses"), *name = uses && uses->type == JN_ARRAY ? uses->first : NULL;
    Err e = uses && uses->n > USES_MAX && name ? fail(a, ret_what, dir, STR("uses too many files"), ERR_LIMIT) : OK;
    jn_take_out(site, "uses");
    for (; name && !e; name = name->next) {
        char path[4096];
        Str file = name->type == JN_TEXT ? jn_text(name) : STR("?");
        snprintf(path, sizeof path, "%s/" STR_F, dir, STR_A(file));
        e = merge(site, path, a, ret_what);
    }
    if (!e && extra) e = merge(site, extra, a, ret_what);
    return e;
}
static Err write_bundle(const Json *site, Arena *a, Str *ret) {
    Buf b;
    buf_init(&b, a->ceiling);
    jn_write(&b, site);
    Str s = b.overflow ? (Str){NULL, 0} : arena_str(a, buf_view(&b));
    buf_deinit(&b);
    if (!s.p) return ERR_LIMIT;
    *ret = s;
    return OK;
}
Err app_json_files(const char *dir, const char *file, const char *extra, Arena *a, Json **ret, Str *ret_what) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", dir, file);
    Err e = read_json(path, a, ret, ret_what);
    if (!e && (*ret)->type != JN_OBJECT) e = fail(a, ret_what, path, STR("must hold an object"), ERR_INVALID);
    return e ? e : merge_all(*ret, dir, extra, a, ret_what);
}
Err app_site_bundle(const char *dir, const char *phase, const char *extra, Arena *a, Str *ret, Str *ret_what) {
    Json *site = NULL;
    Err e = app_json_files(dir, "site.json", extra, a, &site, ret_what);
    Json text = {.type = JN_TEXT, .p = phase, .n = phase ? (uint32_t)strlen(phase) : 0};
    if (!e && phase && !jn_put(a, site, STR("phase"), &text)) e = ERR_LIMIT;
    return e ? e : write_bundle(site, a, ret);
}
