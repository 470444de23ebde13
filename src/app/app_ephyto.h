// Between a phytosanitary certificate and a declaration as POST /v1/declarations takes it.
#pragma once
#include "app.h"
#include "wire/wire_ephyto.h"

typedef struct {
    EphytoProblems problems; // the certificate is not for these goods
    EphytoProblems notes;    // worth knowing, no more
} EphytoFit;
// Compares status, goods (HS number by its six digits, net mass, origin), container or vehicle, seals. `declaration` is
// an object; texts live in `a`.
void app_ephyto_compare(const Ephyto *e, const Json *declaration, Arena *a, EphytoFit *ret);
// Puts {"kind":"phytosanitary","number":...}, in `a`, into its certificates; nothing when it is there. ERR_LIMIT: no
// room for more, ERR_INVALID: "certificates" is no list.
Err app_ephyto_put(const Ephyto *e, Json *declaration, Arena *a) MUST_USE;
