// Who calls: bearer tokens, kept as SHA-256 only. File: one line a token, "sha256hex role actor [trader ...]"; '#'
// starts a comment.
#pragma once
#include "gate/gate.h"

#define API_TOKEN_MAX   256
#define API_TRADERS_MAX 16
typedef struct {
    uint8_t role; // Role
    Str actor;
    Str traders[API_TRADERS_MAX]; // that a forwarder may act for, beside itself
    uint32_t traders_n;
} ApiIdentity;
typedef struct ApiAuth ApiAuth;

Err api_auth_load(const char *path, ApiAuth **ret) MUST_USE; // ERR_INVALID (logged with its line), ERR_IO
void api_auth_free(ApiAuth *a);
// The value of an Authorization header; NULL when it names nobody.
const ApiIdentity *api_auth_find(const ApiAuth *a, Str authorization);
// SHA-256 of the parts one behind the other, with the context of the token look-up: in the HTTP thread only, as that
// is.
void api_auth_digest(const ApiAuth *a, const Str *parts, uint32_t n, uint8_t ret[32]);
bool api_auth_trader(const ApiIdentity *id, Str trader); // may it see and act for this trader
