#include "verify.h"
#include <stdarg.h>

static bool room(const Findings *f, const char *code) {
    size_t same = 0;
    for (size_t i = 0; i < f->n; i++) same += strcmp(f->at[i].code, code) == 0;
    return f->n < FINDINGS_MAX && same < FINDINGS_KIND;
}
Finding *finding_add(Findings *f, const char *code, const char *fmt, ...) {
    static Finding beyond; // of those that are only counted
    va_list ap;
    f->all++;
    Finding *x = &beyond;
    if (room(f, code)) {
        f->at = grow(f->at, f->n, &f->cap, sizeof *f->at);
        x = &f->at[f->n++];
    }
    memset(x, 0, sizeof *x);
    x->code = code;
    va_start(ap, fmt);
    vsnprintf(x->text, sizeof x->text, fmt, ap);
    va_end(ap);
    return x;
}
void findings_free(Findings *f) {
    free(f->at);
    memset(f, 0, sizeof *f);
}
