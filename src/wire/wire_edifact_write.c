#include "wire_edifact.h"

static void released(EdiWriter *w, Str s) {
    for (size_t i = 0; i < s.n; i++) {
        char c = s.p[i];
        if (c == ':' || c == '+' || c == '?' || c == '\'' || (c == '*' && w->wide)) buf_char(w->b, '?');
        buf_char(w->b, c);
    }
}
// Separators wait until there is data behind them: what trails is left out (ISO 9735-1:1998 clause 7.2).
static void data(EdiWriter *w, Str s) {
    if (s.n == 0) return;
    for (; w->elements; w->elements--) buf_char(w->b, '+');
    for (; w->components; w->components--) buf_char(w->b, ':');
    released(w, s);
}
void edi_open(EdiWriter *w, const char *tag) {
    CK_ASSERT(strlen(tag) == 3);
    buf_c(w->b, tag);
    w->segments++, w->elements = w->components = 0;
}
void edi_put(EdiWriter *w, Str s) {
    w->elements++, w->components = 0;
    data(w, s);
}
void edi_more(EdiWriter *w, Str s) {
    w->components++;
    data(w, s);
}
void edi_close(EdiWriter *w) {
    buf_c(w->b, "'\n");
}

void edi_begin(EdiWriter *w, Buf *b, const EdiHeader *h) {
    char t[EDI_TIME_MAX];
    edi_time_format(h->at_ms, t);
    *w = (EdiWriter){.b = b, .control = h->control, .wide = h->wide};
    buf_c(b, h->wide ? "UNA:+.?*'\n" : "UNA:+.? '\n");
    edi_open(w, "UNB");
    edi_put(w, h->wide ? STR("UNOW") : STR("UNOC"));
    edi_more(w, h->wide ? STR("4") : STR("3"));
    edi_put(w, h->sender);
    edi_put(w, h->recipient);
    edi_put(w, h->wide ? (Str){t, 8} : (Str){t + 2, 6}); // 0017 has the century since version 4
    edi_more(w, (Str){t + 8, 4});
    edi_put(w, h->control);
    edi_close(w);
    w->segments = 0;
    edi_open(w, "UNH");
    edi_put(w, STR("1"));
    edi_put(w, str_c(h->type));
    edi_more(w, STR("D"));
    edi_more(w, str_c(h->release));
    edi_more(w, STR("UN"));
    edi_close(w);
}
void edi_end(EdiWriter *w) {
    char n[12];
    (void)snprintf(n, sizeof n, "%u", w->segments + 1);
    edi_open(w, "UNT");
    edi_put(w, str_c(n));
    edi_put(w, STR("1"));
    edi_close(w);
    edi_open(w, "UNZ");
    edi_put(w, STR("1"));
    edi_put(w, w->control);
    edi_close(w);
}

// ---- times
void edi_time_format(int64_t t_ms, char ret[EDI_TIME_MAX]) {
    char iso[ISO8601_LEN + 1];
    size_t n = 0;
    CK_ASSERT(t_ms >= 0 && t_ms % SECOND_MS == 0);
    iso8601_format(t_ms, iso);
    for (size_t i = 0; i < 19; i++)
        if (iso[i] >= '0' && iso[i] <= '9') ret[n++] = iso[i];
    memcpy(ret + n, "UTC", 4);
}
bool edi_time_parse(Str s, int64_t *ret_ms) {
    char iso[32];
    if (s.n < 15 || s.n > 17) return false;
    for (size_t i = 0; i < 14; i++)
        if (s.p[i] < '0' || s.p[i] > '9') return false;
    Str zone = {s.p + 14, s.n - 14};
    bool offset = zone.n == 3 && (zone.p[0] == '+' || zone.p[0] == '-');
    if (!offset && !str_eq_c(zone, "UTC") && !str_eq_c(zone, "GMT") && !str_eq_c(zone, "Z")) return false;
    const char *p = s.p;
    int n = snprintf(iso, sizeof iso, "%.4s-%.2s-%.2sT%.2s:%.2s:%.2s%.*s%s", p, p + 4, p + 6, p + 8, p + 10, p + 12,
                     offset ? 3 : 1, offset ? zone.p : "Z", offset ? ":00" : "");
    CK_ASSERT(n > 0 && (size_t)n < sizeof iso);
    return iso8601_parse(str_c(iso), ret_ms);
}
