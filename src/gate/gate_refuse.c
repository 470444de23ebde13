// Refusals: all findings of one input together, in one REFUSED event.
#include "gate_internal.h"

Str text_int(Arena *a, int64_t v) {
    return text_fmt(a, "%lld", (long long)v);
}
Str text_time(Arena *a, int64_t t_ms) {
    char t[ISO8601_LEN + 1];
    iso8601_format(t_ms, t);
    return arena_str(a, (Str){t, ISO8601_LEN});
}
Str text_fmt(Arena *a, const char *fmt, ...) {
    char t[512];
    va_list ap;
    va_start(ap, fmt);
    int n = vsnprintf(t, sizeof t, fmt, ap);
    va_end(ap);
    Str s = arena_str(a, (Str){t, n < 0 ? 0 : MIN((size_t)n, sizeof t - 1)});
    return s.p ? s : STR_EMPTY;
}
void find_add(Findings *f, Refuse code, const char *field, Str rule, Str basis, ...) {
    if (f->n == FINDINGS_MAX) return;
    Finding *x = &f->f[f->n++];
    *x = (Finding){.code = (uint8_t)code, .field = str_c(field), .rule = rule, .basis = basis};
    Str args[6];
    uint32_t n = 0;
    va_list ap;
    va_start(ap, basis);
    for (Str s = va_arg(ap, Str); s.p && n < ARRAY_LEN(args); s = va_arg(ap, Str)) args[n++] = s;
    va_end(ap);
    x->args.items = n ? arena_alloc(f->a, n * sizeof(Str)) : NULL;
    if (!x->args.items) return;
    memcpy(x->args.items, args, n * sizeof(Str));
    x->args.n = n;
}
bool refuse_all(const Findings *f, const Input *in, EventList *out) {
    if (!f->n) return false;
    Event *e = event_add(out, in, EV_REFUSED, in->passage);
    e->u.refused = (EvRefused){.input = in->kind, .task = DYN_NONE};
    if (in->kind == IN_MOVE) e->u.refused.move = in->u.move.move;
    if (in->kind == IN_DECIDE) e->u.refused.task = in->u.decide.task;
    if (in->kind == IN_TAKE) e->u.refused.task = in->u.take.task;
    Finding *copy = arena_alloc(f->a, f->n * sizeof *copy);
    CK_ASSERT(copy != NULL);
    memcpy(copy, f->f, f->n * sizeof *copy);
    e->u.refused.findings = (List){copy, f->n};
    return true;
}
void refuse_one(const Input *in, Arena *a, EventList *out, Refuse code, Str rule) {
    Findings f = {.a = a};
    find_add(&f, code, "", rule, STR_EMPTY, END);
    refuse_all(&f, in, out);
}
Event *event_add(EventList *out, const Input *in, EventKind kind, uint32_t passage) {
    CK_ASSERT(out->n < EVENTS_PER_STEP_MAX);
    Event *e = &out->ev[out->n++];
    memset(e, 0, sizeof *e);
    e->kind = (uint16_t)kind, e->t_ms = in->t_ms, e->passage = passage, e->role = in->role, e->actor = in->actor;
    return e;
}
Event *event_system(EventList *out, int64_t t_ms, EventKind kind, uint32_t passage) {
    Input in = {.t_ms = t_ms, .role = ROLE_SYSTEM, .actor = STR("gate")};
    return event_add(out, &in, kind, passage);
}
