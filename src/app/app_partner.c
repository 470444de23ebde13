// Messages of a hand-over for partners that do not speak our protocol, and theirs for us. It only translates: nothing
// is signed, checked against an agreement or acted on here.
#include "app.h"
#include "io/io_file.h"
#include "partner/partner.h"

static const char usage[] = "partner encode|decode --as wco|codeco|cusres FILE|-\n"
                            "       cuakhau partner table [--as wco|codeco|cusres]";

static int show_tables(const PartnerAdapter *only) {
    for (uint32_t i = 0; partner_at(i); i++) {
        const PartnerAdapter *p = partner_at(i);
        Buf b;
        if (only && p != only) continue;
        buf_init(&b, 65536);
        partner_table(&b, p);
        printf("### %s (`--as %s`, %s)\n\n" STR_F "%s", p->title, p->name, p->media_type, STR_A(buf_view(&b)),
               only ? "" : "\n");
        buf_deinit(&b);
    }
    if (only) return 0;
    Buf b;
    buf_init(&b, 65536);
    partner_codes(&b);
    printf("### Codes of reasons and differences\n\n" STR_F, STR_A(buf_view(&b)));
    buf_deinit(&b);
    return 0;
}
// A message that is good but cannot be said is the answer no; one that is not good is bad input.
static int complain(const char *file, Err e, Str what) {
    fprintf(stderr, "cuakhau: %s: " STR_F "\n", file, STR_A(what));
    return e == ERR_NOT_FOUND ? 1 : 2;
}
static int translate(const PartnerAdapter *p, bool encode, const char *file, Arena *a, Buf *b) {
    PartnerMessage m;
    Str text, what = STR_EMPTY;
    Err e = io_file_read(strcmp(file, "-") == 0 ? "/dev/stdin" : file, PARTNER_TEXT_MAX, a, &text);
    if (e == ERR_LIMIT) return complain(file, e, STR("it has more than 65536 bytes -> give one message"));
    if (e == ERR_NOT_FOUND) return complain(file, ERR_INVALID, STR("there is no such file -> check its name"));
    if (e) return app_fail(e, "%s", file);
    if (encode) {
        e = partner_json_read(text, a, &m, &what);
        if (!e) e = partner_encode(p, &m, a, b, &what);
    } else {
        e = partner_decode(p, text, a, &m, &what);
        if (!e) partner_json_write(b, &m), buf_char(b, '\n');
    }
    if (e) return complain(file, e, what);
    if (fwrite(b->p, 1, b->n, stdout) != b->n || fflush(stdout) != 0) return app_fail(ERR_IO, "standard output");
    return 0;
}
int app_partner(int argc, char **argv) {
    const char *as = NULL;
    const AppOption options[] = {{"as", &as, false}};
    AppArgs rest;
    if (!app_options(argc, argv, options, ARRAY_LEN(options), usage, &rest)) return 2;
    const char *verb = rest.n ? rest.arg[0] : "";
    const PartnerAdapter *p = as ? partner_find(str_c(as)) : NULL;
    bool table = strcmp(verb, "table") == 0, encode = strcmp(verb, "encode") == 0, decode = strcmp(verb, "decode") == 0;
    if (as && !p) {
        fprintf(stderr, "cuakhau: --as %s: there is no such adapter: use wco, codeco or cusres\n", as);
        return 2;
    }
    if ((table && rest.n != 1) || (!table && (!(encode || decode) || rest.n != 2 || !p))) {
        fprintf(stderr, "usage: cuakhau %s\n", usage);
        return 2;
    }
    if (table) return show_tables(p);
    Arena a;
    Buf b;
    arena_init(&a, 4u << 20), buf_init(&b, PARTNER_TEXT_MAX * 4);
    int status = translate(p, encode, rest.arg[1], &a, &b);
    buf_deinit(&b), arena_deinit(&a);
    return status;
}
