#include "verify.h"
#include <errno.h>
#include <jansson.h>

json_t *json_file(const char *file, int *ret_status) {
    enum { FILE_MAX = 64 << 20 };
    FILE *f = fopen(file, "rb");
    if (!f) {
        fprintf(stderr, "cuakhau-verify: %s: %s\n", file, strerror(errno));
        *ret_status = errno == ENOENT ? STATUS_INPUT : STATUS_ENVIRONMENT;
        return NULL;
    }
    char *p = take_memory(1, FILE_MAX);
    size_t n = fread(p, 1, FILE_MAX, f);
    json_error_t e;
    json_t *j = n < FILE_MAX ? json_loadb(p, n, JSON_REJECT_DUPLICATES, &e) : NULL;
    fclose(f);
    free(p);
    if (!j && n == FILE_MAX) *ret_status = bad_input(file, 0, "larger than 64 MiB");
    if (!j && n < FILE_MAX) *ret_status = bad_input(file, e.line > 0 ? (uint64_t)e.line : 0, "no JSON: %s", e.text);
    return j;
}
bool json_text(const json_t *j, const char *key, Text *ret) {
    const json_t *v = json_object_get(j, key);
    if (!json_is_string(v)) return false;
    *ret = (Text){json_string_value(v), json_string_length(v)};
    return true;
}
bool json_number(const json_t *j, const char *key, int64_t *ret) {
    const json_t *v = json_object_get(j, key);
    if (!json_is_integer(v) || json_integer_value(v) < 0) return false;
    *ret = json_integer_value(v);
    return true;
}
bool json_hash(const json_t *j, const char *key, Hash *ret) {
    Text t;
    return json_text(j, key, &t) && hash_read(t, ret);
}
bool json_moment(const json_t *j, const char *key, int64_t *ret) {
    Text t;
    return json_text(j, key, &t) && time_read(t, ret);
}
void json_say(FILE *f, const char *z) {
    fputc('"', f);
    for (; *z; z++) {
        unsigned char c = (unsigned char)*z;
        if (c == '"' || c == '\\')
            fprintf(f, "\\%c", c);
        else if (c < 0x20)
            fprintf(f, "\\u%04x", c);
        else
            fputc(c, f);
    }
    fputc('"', f);
}
