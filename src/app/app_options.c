#include "app.h"
#include "io/io_file.h"
#include <limits.h>
#include <unistd.h>

bool app_options(int argc, char **argv, const AppOption *options, size_t n, const char *usage, AppArgs *ret_rest) {
    ret_rest->n = 0;
    for (int i = 1; i < argc; i++) {
        if (strncmp(argv[i], "--", 2) != 0) {
            if (ret_rest->n == APP_ARGS_MAX) {
                fprintf(stderr, "%s: too many arguments\n", argv[0]);
                return false;
            }
            ret_rest->arg[ret_rest->n++] = argv[i];
            continue;
        }
        const AppOption *o = NULL;
        for (size_t k = 0; k < n && !o; k++)
            if (strcmp(options[k].name, argv[i] + 2) == 0) o = &options[k];
        if (!o || (!o->flag && i + 1 == argc)) {
            if (strcmp(argv[i], "--help") == 0) {
                printf("usage: cuakhau %s\n", usage);
                exit(0);
            }
            fprintf(stderr, "%s: %s %s\nusage: cuakhau %s\n", argv[0], o ? "no value after" : "unknown option", argv[i],
                    usage);
            return false;
        }
        *o->value = o->flag ? "" : argv[++i];
    }
    return true;
}
bool app_number(const char *text, uint64_t max, uint64_t *ret) {
    uint64_t v = 0;
    if (!text || !*text) return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || v > (max - (uint64_t)(*text - '0')) / 10) return false;
        v = v * 10 + (uint64_t)(*text - '0');
    }
    *ret = v;
    return v <= max;
}
int app_fail(Err e, const char *fmt, ...) {
    va_list ap;
    fputs("cuakhau: ", stderr);
    va_start(ap, fmt);
    vfprintf(stderr, fmt, ap);
    va_end(ap);
    fprintf(stderr, ": %s\n", err_text(e));
    return err_exit(e);
}
static bool try_path(const char *dir, const char *between, const char *name, char *ret, size_t max) {
    int n = snprintf(ret, max, "%s%s%s", dir, between, name);
    return n > 0 && (size_t)n < max && access(ret, R_OK) == 0;
}
bool app_data_path(const char *name, char *ret, size_t max) {
    char exe[PATH_MAX];
    const char *env = getenv("CUAKHAU_DATA");
    if (env && try_path(env, "/", name, ret, max)) return true;
    ssize_t n = readlink("/proc/self/exe", exe, sizeof exe - 1);
    if (n > 0) {
        exe[n] = 0;
        char *slash = strrchr(exe, '/');
        if (slash) *slash = 0;
        if (try_path(exe, "/../", name, ret, max) || try_path(exe, "/../share/cuakhau/", name, ret, max)) return true;
    }
    return try_path(".", "/", name, ret, max);
}
Err app_load_hs(HsSet **ret) {
    Arena a;
    Str text;
    char path[4096];
    uint32_t line;
    arena_init(&a, 4u << 20);
    bool there = app_data_path("schema/hs2022.txt", path, sizeof path);
    Err e = there ? io_file_read(path, 1u << 20, &a, &text) : ERR_NOT_FOUND;
    if (!e) e = hs_parse(text, ret, &line);
    arena_deinit(&a);
    return e;
}
bool app_pairs(const char *text, uint64_t most, bool (*set)(void *ctx, Str name, uint32_t n), void *ctx) {
    for (const char *p = text; *p;) {
        const char *eq = strchr(p, '='), *end = strchr(p, ',');
        char digits[16] = "";
        uint64_t n;
        if (!end) end = p + strlen(p);
        if (!eq || eq > end || (size_t)(end - eq - 1) >= sizeof digits) return false;
        memcpy(digits, eq + 1, (size_t)(end - eq - 1));
        if (!app_number(digits, most, &n) || !set(ctx, (Str){p, (size_t)(eq - p)}, (uint32_t)n)) return false;
        p = *end ? end + 1 : end;
    }
    return true;
}
