// Any bytes: refused with a reason, or taken with all counts right; and what was taken, written again, reads the same.
#include "wire/wire_edifact.h"

static void again(const EdiMessage *m, const Edifact *e, Arena *a) {
    Buf b;
    EdiWriter w;
    Edifact back;
    Str what;
    buf_init(&b, EDI_BYTES_MAX);
    edi_begin(&w, &b, &(EdiHeader){true, e->sender, e->recipient, e->control, 0, "CODECO", "00B"});
    for (uint32_t i = 0; i < m->n; i++) {
        const EdiSegment *s = &m->segment[i];
        edi_open(&w, s->tag);
        for (uint32_t k = 0; k < s->n; k++) {
            edi_put(&w, edi_data(s, k, 0));
            for (uint32_t c = 1; c < s->element[k].n; c++) edi_more(&w, edi_data(s, k, c));
        }
        edi_close(&w);
    }
    edi_end(&w);
    if (!b.overflow && m->n < EDI_SEGMENTS_MAX - 4) { // longer than it was: all that can be released is
        CK_ASSERT(edi_read(buf_view(&b), a, &back, &what) == OK && back.n == 1 && back.message[0].n == m->n);
        for (uint32_t i = 0; i < m->n; i++)
            for (uint32_t k = 0; k < m->segment[i].n; k++)
                for (uint32_t c = 0; c < m->segment[i].element[k].n; c++)
                    CK_ASSERT(str_eq(edi_data(&back.message[0].segment[i], k, c), edi_data(&m->segment[i], k, c)));
    }
    buf_deinit(&b);
}
int LLVMFuzzerTestOneInput(const uint8_t *p, size_t n) {
    Edifact e;
    Arena a;
    Str what = STR_EMPTY;
    arena_init(&a, 4u << 20);
    Err err = edi_read((Str){(const char *)p, n}, &a, &e, &what);
    CK_ASSERT(err == OK || (what.n > 0 && utf8_valid(what)));
    for (uint32_t i = 0; err == OK && i < e.n; i++) {
        const EdiMessage *m = &e.message[i];
        CK_ASSERT(m->type.n > 0 && m->n + 4 <= EDI_SEGMENTS_MAX);
        for (uint32_t k = 0; k < m->n; k++)
            CK_ASSERT(strlen(m->segment[k].tag) == 3 && m->segment[k].n <= EDI_ELEMENTS_MAX);
        again(m, &e, &a);
    }
    int64_t t;
    if (edi_time_parse((Str){(const char *)p, n}, &t) && t >= 0) {
        char text[EDI_TIME_MAX];
        int64_t back;
        edi_time_format(t, text);
        CK_ASSERT(edi_time_parse(str_c(text), &back) && back == t);
    }
    arena_deinit(&a);
    return 0;
}
