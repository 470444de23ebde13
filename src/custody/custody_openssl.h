// The crypto port over OpenSSL: Ed25519 (RFC 8032) and SHA-256.
#pragma once
#include "custody_side.h"

typedef struct CustodyOpenssl CustodyOpenssl;
// `seed`: the private key's 32 bytes. NULL: the library failed.
CustodyOpenssl *custody_openssl_new(const uint8_t seed[32]);
void custody_openssl_free(CustodyOpenssl *o);
CustodyCrypto custody_openssl_port(CustodyOpenssl *o); // borrows o
void custody_openssl_public(const CustodyOpenssl *o, uint8_t ret[CUSTODY_PUB_LEN]);
