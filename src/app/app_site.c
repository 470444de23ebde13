// Site files to one bundle: the members of the files that site.json "uses" are added to it; lists of the same name are joined.
#include "app.h"
#include "io/io_file.h"
#include "wire/wire_bind.h"

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
static Err read_json(const char *path, Arena *a, json_t **ret, Str *ret_what) {
    Str text, why = STR_EMPTY;
    Err e = io_file_read(path, SITE_FILE_MAX, a, &text);
    if (e) return fail(a, ret_what, path, str_c(err_text(e)), e);
    e = wire_parse_json(text, 16, a, ret, &why);
    return e ? fail(a, ret_what, path, why, e) : OK;
}
static Err merge(json_t *site, const char *path, Arena *a, Str *ret_what) {
    json_t *part = NULL;
    Err e = read_json(path, a, &part, ret_what);
    if (e) return e;
    const char *key;
    json_t *v;
    json_object_foreach(part, key, v) {
        json_t *have = json_object_get(site, key);
        if (json_is_array(have) && json_is_array(v)) json_array_extend(have, v);
        else if (have) e = fail(a, ret_what, path, STR("a member that the site has already"), ERR_INVALID);
        else json_object_set(site, key, v);
    }
    if (!json_is_object(part)) e = fail(a, ret_what, path, STR("must hold an object"), ERR_INVALID);
    json_decref(part);
    return e;
}
static Err merge_all(json_t *site, const char *dir, const char *extra, Arena *a, Str *ret_what) {
    json_t *uses = json_incref(json_object_get(site, "uses"));
    Err e = json_array_size(uses) > USES_MAX ? fail(a, ret_what, dir, STR("uses too many files"), ERR_LIMIT) : OK;
    json_object_del(site, "uses");
    for (size_t i = 0; i < json_array_size(uses) && !e; i++) {
        char path[4096];
        const char *name = json_string_value(json_array_get(uses, i));
        snprintf(path, sizeof path, "%s/%s", dir, name ? name : "?");
        e = merge(site, path, a, ret_what);
    }
    json_decref(uses);
    if (!e && extra) e = merge(site, extra, a, ret_what);
    return e;
}
Err app_site_bundle(const char *dir, const char *phase, const char *extra, Arena *a, Str *ret, Str *ret_what) {
    char path[4096];
    json_t *site = NULL;
    snprintf(path, sizeof path, "%s/site.json", dir);
    Err e = read_json(path, a, &site, ret_what);
    if (!e && !json_is_object(site)) e = fail(a, ret_what, path, STR("must hold an object"), ERR_INVALID);
    if (!e) e = merge_all(site, dir, extra, a, ret_what);
    if (!e && phase) json_object_set_new(site, "phase", json_string(phase));
    char *text = e ? NULL : json_dumps(site, JSON_COMPACT);
    json_decref(site);
    if (e) return e;
    Str s = text ? arena_str(a, str_c(text)) : (Str){NULL, 0};
    free(text);
    if (!s.p) return ERR_LIMIT;
    *ret = s;
    return OK;
}
