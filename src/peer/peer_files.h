// The folder with what a side needs for the link: its name, signing keys, the other side's public keys, certificates
// for TLS. peer.json names them; private keys are files of their own, readable by the owner only.
#pragma once
#include "custody/custody_openssl.h"
#include "io/io_http.h"

#define PEER_KEYS_MAX    CUSTODY_KEYS_MAX
#define PEER_REVOKED_MAX 64
typedef struct {
    char id[CUSTODY_ID_MAX + 1];
    int64_t from_ms, until_ms;
    bool revoked;
    uint8_t seed[32];
} PeerOwnKey;
typedef struct {
    char side[CUSTODY_SIDE_MAX + 1];
    uint32_t me; // index of `side` in the agreement
    Agreement agreement;
    PeerOwnKey own[PEER_KEYS_MAX];
    uint32_t own_n;
    CustodyKey peer[PEER_KEYS_MAX];
    uint32_t peer_n;
    uint8_t revoked[PEER_REVOKED_MAX][IO_DIGEST_LEN]; // certificates
    uint32_t revoked_n;
    IoTls tls; // texts live in the arena
} PeerFiles;
// ERR_INVALID, ERR_NOT_FOUND and the like with what is wrong and the cure in `a`. `agreement`: file.
Err peer_files_read(const char *dir, const char *agreement, Arena *a, PeerFiles *ret, Str *ret_what) MUST_USE;
// The newest own key in force, NULL: none.
const PeerOwnKey *peer_own_key(const PeerFiles *f, int64_t now_ms);
bool peer_certificate_revoked(const PeerFiles *f, const uint8_t digest[IO_DIGEST_LEN]);

// ---- changes by command: read, changed, written whole; a server takes them over at SIGHUP
typedef struct {
    Str id, public_key; // 64 hexadecimal digits
    int64_t from, until;
    bool revoked;
} PeerKeyDoc;
typedef struct {
    Str side, certificate, private_key, authority;
    List own, peer; // PeerKeyDoc
    StrList revoked_certificates;
} PeerDoc;
Err peer_doc_read(const char *dir, Arena *a, PeerDoc *ret, Str *ret_what) MUST_USE;
Err peer_doc_write(const char *dir, const PeerDoc *doc) MUST_USE;
