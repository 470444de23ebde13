// The link to the other side inside the daemon: it runs in the writer's batches.
#pragma once
#include "api/api.h"
#include "peer/peer_link.h"

typedef struct {
    const char *url, *files, *listen, *agreement, *port_file, *shift;
} PeerArgs;
#define PEER_ARGS(a)                                                                                                   \
    {"peer", &(a).url, false}, {"peer-files", &(a).files, false}, {"peer-listen", &(a).listen, false},                 \
        {"agreement", &(a).agreement, false}, {"peer-shift", &(a).shift, false}, {                                     \
        "peer-port-file", &(a).port_file, false                                                                        \
    }
#define PEER_USAGE                                                                                                     \
    "[--peer https://HOST:PORT --peer-files DIR [--peer-listen HOST:PORT] [--agreement FILE] [--peer-port-file FILE] " \
    "[--peer-shift SECONDS]]"
typedef struct ServePeer ServePeer;
// The agreement: SITE/agreement.json unless named. An exit status; what is wrong has been said.
int serve_peer_open(const PeerArgs *args, const char *site_dir, ServePeer **ret);
int serve_peer_start(ServePeer *s, Ledger *l, const char *store); // the site is adopted
void serve_peer_api(ServePeer *s, Api *api);                      // NULL: it is about to stop
void serve_peer_event(ServePeer *s, const Event *e);
int64_t serve_peer_next(const ServePeer *s);
Err serve_peer_run(ServePeer *s, int64_t now_ms); // as ApiActor.run, .last, .durable, .lost
Err serve_peer_last(ServePeer *s, int64_t now_ms);
void serve_peer_durable(ServePeer *s);
void serve_peer_lost(ServePeer *s);
// Passages whose truck the other side has signed back and that this side has not received yet.
void serve_peer_each_back(const ServePeer *s, void (*fn)(void *ctx, uint32_t passage), void *ctx);
void serve_peer_reload(ServePeer *s); // SIGHUP: keys, revoked certificates, the agreement; from any thread
// Acts of people, and what they see of the link; of the API.
Err serve_peer_command(void *peer, const char *operation, const Json *body, const LedgerRequest *rq, Arena *a,
                       LedgerReply *ret);
void serve_peer_show(void *peer, Buf *b);
void serve_peer_metrics(void *peer, Buf *b);
void serve_peer_close(ServePeer **peer);
