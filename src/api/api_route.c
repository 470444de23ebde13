#include "api_route.h"

const char *api_method_name(ApiMethod m) {
    static const char *const names[] = {"GET", "PUT", "POST", "DELETE"};
    return names[m];
}
static uint32_t split(Str path, Str ret[API_SEGMENTS_MAX + 1]) {
    uint32_t n = 0;
    size_t i = 0;
    while (i < path.n && n <= API_SEGMENTS_MAX) {
        if (path.p[i] != '/') return API_SEGMENTS_MAX + 1;
        size_t from = ++i;
        while (i < path.n && path.p[i] != '/') i++;
        if (i == from && i == path.n && n == 0) break; // "/"
        ret[n++] = (Str){path.p + from, i - from};
    }
    return n;
}
static bool fits(const ApiRoute *r, const Str *parts, uint32_t n) {
    if (r->segments_n != n) return false;
    for (uint32_t i = 0; i < n; i++) {
        const ApiSegment *s = &r->segments[i];
        if (!s->text ? parts[i].n == 0 : (s->n != parts[i].n || memcmp(s->text, parts[i].p, s->n) != 0)) return false;
    }
    return true;
}
static int method_of(Str m) {
    if (str_eq_c(m, "HEAD")) return API_GET;
    for (int i = 0; i < API_METHOD_COUNT; i++)
        if (str_eq_c(m, api_method_name((ApiMethod)i))) return i;
    return -1;
}
const ApiRoute *api_route_find(Str method, Str path, Str ret_params[API_PARAMS_MAX], uint32_t *ret_allowed) {
    Str parts[API_SEGMENTS_MAX + 1];
    uint32_t n = split(path, parts), allowed = 0;
    int m = method_of(method);
    for (uint32_t k = 0; k < OP_COUNT; k++) {
        const ApiRoute *r = &api_routes[k];
        if (!fits(r, parts, n)) continue;
        allowed |= BIT(r->method);
        if (r->method != m) continue;
        for (uint32_t i = 0; i < n; i++)
            if (!r->segments[i].text) ret_params[r->segments[i].param] = parts[i];
        return r;
    }
    *ret_allowed = allowed;
    return NULL;
}
