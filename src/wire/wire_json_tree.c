// The tree that wire_json.c reads: looking things up, small edits, writing it.
#include "wire_json.h"

Json *jn_new(Arena *a, JsonType type) {
    Json *v = arena_alloc(a, sizeof *v);
    if (v) v->type = (uint8_t)type;
    return v;
}
Json *jn_get(const Json *obj, const char *key) {
    size_t n = strlen(key);
    for (Json *m = obj && obj->type == JN_OBJECT ? obj->first : NULL; m; m = m->next)
        if (m->key_n == n && memcmp(m->key, key, n) == 0) return m;
    return NULL;
}
Json *jn_entry(const Json *array, uint32_t i) {
    if (!array || array->type != JN_ARRAY || i >= array->n) return NULL;
    Json *e = array->first;
    while (i--) e = e->next;
    return e;
}
Str jn_text(const Json *v) {
    return v && v->type == JN_TEXT ? (Str){v->p, v->n} : STR_EMPTY;
}
void jn_take_out(Json *obj, const char *key) {
    CK_ASSERT(obj->type == JN_OBJECT);
    for (Json **at = &obj->first; *at; at = &(*at)->next)
        if (str_eq_c(jn_key(*at), key)) {
            *at = (*at)->next;
            obj->n--;
            return;
        }
}
static Json **end_of(Json *list) {
    CK_ASSERT(list->type == JN_OBJECT || list->type == JN_ARRAY);
    Json **at = &list->first;
    while (*at) at = &(*at)->next;
    return at;
}
void jn_append(Json *list, Json *v) {
    *end_of(list) = v;
    v->next = NULL;
    list->n++;
}
void jn_extend(Json *array, Json *with) {
    CK_ASSERT(array->type == JN_ARRAY && with->type == JN_ARRAY && array != with);
    *end_of(array) = with->first;
    array->n += with->n;
    with->first = NULL;
    with->n = 0;
}
bool jn_put(Arena *a, Json *obj, Str key, const Json *value) {
    Json *m = obj->first;
    while (m && !str_eq(jn_key(m), key)) m = m->next;
    if (!m) {
        if (!(m = jn_new(a, JN_NULL))) return false;
        jn_append(obj, m);
    }
    *m = (Json){
        .key = key.p, .key_n = (uint32_t)key.n, .next = m->next, .n = value->n, .type = value->type, .first = NULL};
    memcpy(&m->i, &value->i, sizeof m->i);
    return true;
}
void jn_write(Buf *b, const Json *v) {
    switch ((JsonType)v->type) {
    case JN_NULL: json_raw(b, STR("null")); break;
    case JN_BOOL: json_bool(b, v->b); break;
    case JN_INT: json_int(b, v->i); break;
    case JN_REAL: json_raw(b, (Str){v->p, v->n}); break;
    case JN_TEXT: json_str(b, (Str){v->p, v->n}); break;
    case JN_ARRAY:
        json_open(b, '[');
        for (const Json *e = v->first; e; e = e->next) jn_write(b, e);
        json_close(b, ']');
        break;
    case JN_OBJECT:
        json_open(b, '{');
        for (const Json *m = v->first; m; m = m->next) {
            json_str(b, jn_key(m));
            buf_char(b, ':');
            jn_write(b, m);
        }
        json_close(b, '}');
        break;
    }
}
