// The link on the wire: HTTPS with mutual TLS 1.3 both ways. POST /peer/v1/messages with any number of frames
// (custody_frame_write); the answer is one frame, the receipt of what is taken so far. An empty body only asks for it.
//
// Threads: the server's takes requests in; the owner of the ledger works them off in its batches and answers when they
// are durable; one sends what the journal's outbox holds and no receipt covers. Sending begins with an empty request,
// so that nothing is sent twice unless the network makes it so.
#pragma once
#include "peer.h"

#define PEER_LINK_PATH "/peer/v1/messages"
#define PEER_LINK_TYPE "text/vnd.cuakhau.messages"
#define PEER_BATCH_MAX 256   // messages in one request
#define PEER_POSTS_MAX 64    // requests waiting; more are told to come again
#define PEER_DOWN_MS   60000 // no answer for so long is an alarm
typedef struct PeerLink PeerLink;
typedef struct {
    const char *url; // of the other side: https://host:port; NULL: sends nothing
    const char *listen_host;
    uint16_t listen_port;    // 0: a free one
    const char *store;       // path of the journal, for the sender's own connection
    void (*wake)(void *ctx); // the owner of the ledger has something to do; from any thread
    void *ctx;
} PeerLinkOpts;
// ERR_INVALID: certificates or URL. `p` is borrowed and used only within the calls below that say so.
Err peer_link_start(const PeerLinkOpts *opts, Peer *p, const PeerFiles *files, PeerLink **ret) MUST_USE;
uint16_t peer_link_port(const PeerLink *l);
void peer_link_stop(PeerLink *l); // before the ledger closes; answers what waits with 503
// By the owner of the ledger, in its batches.
bool peer_link_waiting(PeerLink *l);                      // there is something to hear
Err peer_link_hear(PeerLink *l, int64_t now_ms) MUST_USE; // within a batch
void peer_link_durable(PeerLink *l, int64_t now_ms);
void peer_link_lost(PeerLink *l);
void peer_link_reload(
    PeerLink *l, const PeerFiles *files); // after peer_reload: keys and revoked certificates; TLS at the next start

typedef struct {
    int64_t out_seq, acked;      // made, and covered by a receipt
    int64_t heard_ms, failed_ms; // last answer of the other side; since when there is none, 0: there is
    uint64_t posts, failures;
    char why[200]; // the last failure
} PeerLinkStats;
void peer_link_stats(PeerLink *l, PeerLinkStats *ret); // from any thread
