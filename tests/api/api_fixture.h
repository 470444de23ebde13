// A whole gate for tests: a site out of sites/, a journal in a fresh folder, the API on a free port, a token for every
// role ("t-ROLE").
#pragma once
#include "api/api.h"
#include "http_client.h"
#include <jansson.h>

typedef struct {
    char dir[64], store[96], tokens[96];
    Ledger *ledger;
    HsSet *hs;
    Api *api;
    uint16_t port;
    uint32_t declared; // numbers the trucks
} Fixture;

void fixture_start(Fixture *f);
void fixture_stop(Fixture *f);
char *fixture_bundle(const char *site); // owned by the caller
const char *fixture_token(Role r);      // static
// A sound declaration of the n-th truck; owned by the caller.
char *fixture_declaration(uint32_t n);
// Declares and returns the pass reference; owned by the caller.
char *fixture_declare(Fixture *f);
json_t *reply_json(const HttpReply *r);
const char *json_text(const json_t *o, const char *key); // "" when absent
