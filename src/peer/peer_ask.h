// What people ask of the link: the acts of a hand-over, and an offer by hand. One question of the API becomes one act
// of custody in the batch that is open; what custody refuses is journalled as the gate's refusals are, and answered so
// again when the same Idempotency-Key comes.
#pragma once
#include "peer.h"
#include "wire/wire_json.h"

extern const FieldTable peer_ask_table; // what the API may ask with

// `operation`: of schema/openapi.yaml; `body`: its members with those of the path; role, actor, time and key of `rq`.
// `a` holds the reply. After an error the batch is lost.
Err peer_ask(Peer *p, const char *operation, const Json *body, const LedgerRequest *rq, Arena *a,
             LedgerReply *ret) MUST_USE;
