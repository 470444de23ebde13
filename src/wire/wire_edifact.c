#include "wire_edifact.h"

// ISO 9735-1:1998 clause 8.1: the service string advice, six characters behind "UNA".
typedef struct {
    char component, element, decimal, release, repetition, terminator;
} Service;
typedef struct {
    Arena *a;
    Str text, *what;
    Service sv;
    size_t at;
    uint32_t no; // of the segment at hand
    char tag[4];
    EdiSegment *all;
    uint32_t n;
} Read;

static Err fail(Read *r, Err e, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
static Err fail(Read *r, Err e, const char *fmt, ...) {
    char text[320];
    int n = r->no ? snprintf(text, sizeof text, "segment %u (%s): ", r->no, *r->tag ? r->tag : "?") : 0;
    va_list ap;
    va_start(ap, fmt);
    (void)vsnprintf(text + n, sizeof text - (size_t)n, fmt, ap);
    va_end(ap);
    Str s = arena_str(r->a, str_c(text));
    *r->what = s.p ? s : STR("there is no room to read it -> send less at once");
    return e;
}
static Err no_room(Read *r) {
    return fail(r, ERR_LIMIT, "there is no room to read it -> send less at once");
}
static bool is_upper(char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

// ---- the service string and the character set, which the first segments say
static Err read_una(Read *r) {
    r->sv = (Service){':', '+', '.', '?', ' ', '\''};
    if (!str_starts(r->text, STR("UNA"))) return OK;
    if (r->text.n < 9) return fail(r, ERR_PARSE, "UNA: it is cut off -> give the six service characters behind it");
    memcpy(&r->sv, r->text.p + 3, 6);
    const char *c = r->text.p + 3;
    for (int i = 0; i < 6; i++) {
        bool may_be_blank = i == 3 || i == 4; // no release character; no repetition
        if ((unsigned char)c[i] < ' ' || (unsigned char)c[i] > '~' || is_upper(c[i]) || (c[i] >= 'a' && c[i] <= 'z') ||
            (c[i] == ' ' && !may_be_blank))
            return fail(r, ERR_PARSE, "UNA: service character %d cannot be one -> use UNA:+.? '", i + 1);
        for (int k = 0; k < i; k++)
            if (c[k] == c[i] && c[i] != ' ' && i != 2 && k != 2)
                return fail(r, ERR_PARSE, "UNA: one character has two meanings -> use UNA:+.? '");
    }
    if (r->sv.decimal != '.' && r->sv.decimal != ',')
        return fail(r, ERR_PARSE, "UNA: the decimal mark is neither point nor comma -> use UNA:+.? '");
    r->at = 9;
    return OK;
}
static Err widen(Read *r) { // ISO 8859-1 to UTF-8
    size_t more = 0;
    for (size_t i = 0; i < r->text.n; i++) more += (unsigned char)r->text.p[i] >= 0x80;
    if (more == 0) return OK;
    char *p = arena_alloc(r->a, r->text.n + more);
    if (!p) return no_room(r);
    size_t n = 0;
    for (size_t i = 0; i < r->text.n; i++) {
        unsigned char c = (unsigned char)r->text.p[i];
        if (c >= 0x80) p[n++] = (char)(0xc0 | c >> 6);
        p[n++] = c >= 0x80 ? (char)(0x80 | (c & 0x3f)) : (char)c;
    }
    r->text = (Str){p, n};
    return OK;
}
static Err read_character_set(Read *r) {
    Str s = {r->text.p + r->at, r->text.n - r->at};
    while (s.n && (s.p[0] == '\r' || s.p[0] == '\n')) s.p++, s.n--, r->at++;
    if (!str_starts(s, STR("UNB")) || s.n < 8 || s.p[3] != r->sv.element)
        return fail(r, ERR_PARSE, "UNB: an interchange begins with it -> send the whole interchange, from UNB to UNZ");
    Str set = {s.p + 4, 4};
    if (r->at == 0 && s.n > 9 && s.p[9] == '4') r->sv.repetition = '*'; // without UNA, version 4 has it
    if (str_eq_c(set, "UNOC")) return widen(r);
    bool ascii = str_eq_c(set, "UNOA") || str_eq_c(set, "UNOB");
    if (!ascii && !str_eq_c(set, "UNOW"))
        return fail(r, ERR_PARSE, "UNB: its character set is not read -> use UNOA, UNOB, UNOC or UNOW (UTF-8)");
    for (size_t i = 0; ascii && i < r->text.n; i++)
        if ((unsigned char)r->text.p[i] >= 0x80)
            return fail(r, ERR_PARSE, "UNB: the characters are not those of UNOA or UNOB -> say UNOC or UNOW there");
    if (!utf8_valid(r->text)) return fail(r, ERR_PARSE, "UNB: UNOW is not valid UTF-8 -> write it as UTF-8");
    return OK;
}

// ---- segments
static Err take_component(Read *r, Str raw, bool released, Str *ret) {
    if (!released) {
        *ret = raw;
    } else {
        char *p = arena_alloc(r->a, raw.n);
        if (!p) return no_room(r);
        size_t n = 0;
        for (size_t i = 0; i < raw.n; i++) {
            if (raw.p[i] == r->sv.release) i++;
            p[n++] = raw.p[i];
        }
        *ret = (Str){p, n};
    }
    if (ret->n > EDI_DATA_MAX)
        return fail(r, ERR_LIMIT, "a data element has more than %d bytes -> shorten it", EDI_DATA_MAX);
    return OK;
}
// One component from r->at; *ret_end is the service character behind it.
static Err read_component(Read *r, Str *ret, char *ret_end) {
    size_t from = r->at;
    bool released = false;
    for (; r->at < r->text.n; r->at++) {
        char c = r->text.p[r->at];
        if ((unsigned char)c < ' ' || c == 0x7f)
            return fail(r, ERR_PARSE, "a control character in the data -> take it out");
        if (c == r->sv.release && c != ' ') {
            released = true;
            char next = r->at + 1 < r->text.n ? r->text.p[r->at + 1] : 0;
            if ((unsigned char)next >= ' ' && next != 0x7f) r->at++;
            continue;
        }
        if (c == r->sv.repetition && c != ' ')
            return fail(r, ERR_PARSE, "a repeated data element is not read -> repeat the segment");
        if (c != r->sv.component && c != r->sv.element && c != r->sv.terminator) continue;
        *ret_end = c;
        return take_component(r, (Str){r->text.p + from, r->at++ - from}, released, ret);
    }
    return fail(r, ERR_PARSE, "it has no terminator: the interchange was cut off -> ask for it again");
}
static Err keep_element(Read *r, const Str *c, uint32_t n, EdiElement *ret) {
    Str *own = arena_alloc(r->a, n * sizeof *own);
    if (!own) return no_room(r);
    memcpy(own, c, n * sizeof *own);
    *ret = (EdiElement){own, n};
    return OK;
}
static Err read_segment(Read *r) {
    Str c[EDI_COMPONENTS_MAX];
    EdiElement element[EDI_ELEMENTS_MAX + 1]; // the tag comes first
    uint32_t n = 0, parts = 0;
    char end = 0;
    r->no++, r->tag[0] = 0;
    if (r->n == EDI_SEGMENTS_MAX) return fail(r, ERR_LIMIT, "more than %d segments -> split it", EDI_SEGMENTS_MAX);
    do {
        if (n > EDI_ELEMENTS_MAX || parts == EDI_COMPONENTS_MAX)
            return fail(r, ERR_LIMIT, "it has more elements than any segment -> write it as its directory says");
        Err e = read_component(r, &c[parts++], &end);
        if (e) return e;
        if (n == 0 && (c[0].n != 3 || !is_upper(c[0].p[0]) || !is_upper(c[0].p[1]) || !is_upper(c[0].p[2])))
            return fail(r, ERR_PARSE,
                        "a segment begins with a tag of three capitals -> check terminators and releases");
        if (n == 0) memcpy(r->tag, c[0].p, 3);
        if (end == r->sv.component) continue;
        if ((e = keep_element(r, c, parts, &element[n++]))) return e;
        parts = 0;
    } while (end != r->sv.terminator);
    EdiElement *own = arena_alloc(r->a, n * sizeof *own);
    if (!own) return no_room(r);
    memcpy(own, element, n * sizeof *own);
    EdiSegment *s = &r->all[r->n++];
    *s = (EdiSegment){.no = r->no, .element = own + 1, .n = n - 1};
    memcpy(s->tag, r->tag, sizeof s->tag);
    return OK;
}
static Err read_segments(Read *r) {
    uint32_t most = 0; // a released terminator is counted too: only room is lost
    for (size_t i = r->at; i < r->text.n && most < EDI_SEGMENTS_MAX; i++) most += r->text.p[i] == r->sv.terminator;
    r->all = arena_alloc(r->a, (most + 1) * sizeof *r->all);
    if (!r->all) return no_room(r);
    for (;;) {
        while (r->at < r->text.n && (r->text.p[r->at] == '\r' || r->text.p[r->at] == '\n')) r->at++;
        if (r->at == r->text.n) return OK;
        Err e = read_segment(r);
        if (e) return e;
    }
}

// ---- envelope
static void at_segment(Read *r, const EdiSegment *s) {
    r->no = s->no;
    memcpy(r->tag, s->tag, sizeof r->tag);
}
static bool is(const EdiSegment *s, const char *tag) {
    return strcmp(s->tag, tag) == 0;
}
Str edi_data(const EdiSegment *s, uint32_t element, uint32_t component) {
    if (element >= s->n || component >= s->element[element].n) return STR_EMPTY;
    return s->element[element].component[component];
}
static bool number(Str s, uint32_t *ret) {
    uint32_t v = 0;
    if (s.n == 0 || s.n > 6) return false;
    for (size_t i = 0; i < s.n; i++) {
        if (s.p[i] < '0' || s.p[i] > '9') return false;
        v = v * 10 + (uint32_t)(s.p[i] - '0');
    }
    *ret = v;
    return true;
}
static Err read_unb(Read *r, const EdiSegment *s, Edifact *ret) {
    at_segment(r, s);
    ret->syntax = edi_data(s, 0, 0);
    if (!number(edi_data(s, 0, 1), &ret->version) || ret->version < 1 || ret->version > 4)
        return fail(r, ERR_PARSE, "the syntax version is none of 1 to 4 -> write for instance UNOC:3");
    ret->sender = edi_data(s, 1, 0), ret->recipient = edi_data(s, 2, 0);
    if (!ret->sender.n || ret->sender.n > EDI_PARTY_MAX * 4 || !ret->recipient.n ||
        ret->recipient.n > EDI_PARTY_MAX * 4)
        return fail(r, ERR_PARSE,
                    "sender or recipient (0004, 0010) is missing or too long -> give both, at most %d "
                    "characters each",
                    EDI_PARTY_MAX);
    uint32_t n;
    Str date = edi_data(s, 3, 0), time = edi_data(s, 3, 1);
    if (date.n == 8) date.p += 2, date.n -= 2; // version 4 has the century
    if (date.n != 6 || !number(date, &n) || time.n != 4 || !number(time, &n))
        return fail(r, ERR_PARSE, "no date and time of preparation (S004) -> write YYMMDD:HHMM");
    ret->control = edi_data(s, 4, 0);
    if (!ret->control.n || ret->control.n > EDI_CONTROL_MAX)
        return fail(r, ERR_PARSE, "the control reference (0020) is missing or too long -> give 1 to %d characters",
                    EDI_CONTROL_MAX);
    ret->test = str_eq_c(edi_data(s, 10, 0), "1");
    return OK;
}
static Err read_trailer(Read *r, const EdiSegment *s, uint32_t count, Str reference, const char *of) {
    uint32_t said;
    at_segment(r, s);
    if (!number(edi_data(s, 0, 0), &said) || said != count)
        return fail(r, ERR_PARSE, "it does not count the %u that are there -> something was lost, ask for it again",
                    count);
    if (!str_eq(edi_data(s, 1, 0), reference))
        return fail(r, ERR_PARSE, "its reference is not that of %s -> write the same in both", of);
    return OK;
}
static Err read_unh(Read *r, const EdiSegment *s, EdiMessage *ret) {
    at_segment(r, s);
    *ret = (EdiMessage){.reference = edi_data(s, 0, 0),
                        .type = edi_data(s, 1, 0),
                        .version = edi_data(s, 1, 1),
                        .release = edi_data(s, 1, 2),
                        .agency = edi_data(s, 1, 3),
                        .association = edi_data(s, 1, 4),
                        .segment = s + 1};
    if (!ret->reference.n || ret->reference.n > EDI_CONTROL_MAX)
        return fail(r, ERR_PARSE, "the message reference (0062) is missing or too long -> give 1 to %d characters",
                    EDI_CONTROL_MAX);
    if (!ret->type.n || !ret->version.n || !ret->release.n || !ret->agency.n)
        return fail(r, ERR_PARSE, "it does not say its type -> write for instance CODECO:D:00B:UN");
    return OK;
}
static Err read_messages(Read *r, Edifact *ret) {
    EdiMessage *m = arena_alloc(r->a, EDI_MESSAGES_MAX * sizeof *m);
    if (!m) return no_room(r);
    ret->message = m;
    for (uint32_t i = 1, last = r->n - 1; i < last; i++) {
        const EdiSegment *head = &r->all[i];
        at_segment(r, head);
        if (!is(head, "UNH"))
            return fail(r, ERR_PARSE, "%s",
                        is(head, "UNG") ? "functional groups are not read -> leave UNG and UNE out"
                                        : "it stands outside of a message -> begin it with UNH");
        if (ret->n == EDI_MESSAGES_MAX)
            return fail(r, ERR_LIMIT, "more than %d messages -> split the interchange", EDI_MESSAGES_MAX);
        Err e = read_unh(r, head, &m[ret->n]);
        while (!e && ++i < last && !is(&r->all[i], "UNT")) {
            const EdiSegment *s = &r->all[i];
            at_segment(r, s);
            if (is(s, "UNH") || is(s, "UNB") || is(s, "UNZ") || is(s, "UNG") || is(s, "UNE"))
                e = fail(r, ERR_PARSE, "the message before it has no UNT -> close each message");
        }
        if (e) return e;
        if (i == last) return fail(r, ERR_PARSE, "the last message has no UNT -> close each message");
        m[ret->n].n = (uint32_t)(&r->all[i] - head) - 1;
        if ((e = read_trailer(r, &r->all[i], m[ret->n].n + 2, m[ret->n].reference, "UNH"))) return e;
        ret->n++;
    }
    return OK;
}
Err edi_read(Str text, Arena *a, Edifact *ret, Str *ret_what) {
    Read r = {.a = a, .text = text, .what = ret_what};
    *ret = (Edifact){.n = 0};
    if (text.n > EDI_BYTES_MAX)
        return fail(&r, ERR_LIMIT, "the interchange has more than %d bytes -> split it", EDI_BYTES_MAX);
    Err e = read_una(&r);
    if (!e) e = read_character_set(&r);
    if (!e) e = read_segments(&r);
    if (e) return e;
    ret->decimal = r.sv.decimal;
    if ((e = read_unb(&r, &r.all[0], ret))) return e;
    at_segment(&r, &r.all[r.n - 1]);
    if (r.n < 2 || !is(&r.all[r.n - 1], "UNZ"))
        return fail(&r, ERR_PARSE, "the interchange does not end with UNZ -> send all of it");
    if ((e = read_messages(&r, ret))) return e;
    e = read_trailer(&r, &r.all[r.n - 1], ret->n, ret->control, "UNB");
    if (!e && ret->n == 0) e = fail(&r, ERR_PARSE, "there is no message in the interchange -> put one in");
    return e;
}
