// The HTTP API: routes and validation from schema/openapi.yaml, roles, commands to the ledger, views, live events.
//
// Threads: one for HTTP (parses, validates, answers), one writer that owns the ledger, one reader and one for live
// events, each with its own read connection to the store. Queues between them are bounded; a full one answers 503.
#pragma once
#include "ledger/ledger.h"
#include "wire/wire_hs.h"
#include "wire/wire_json.h"

typedef struct Api Api;
// Someone who acts on the gate from within the process (the live twin): the writer lets it run in its batches, between
// ledger_begin and ledger_commit, whenever it has something to do.
typedef struct {
    void *ctx;
    int64_t (*next_ms)(void *ctx);          // journal time; TIME_NEVER = nothing
    Err (*run)(void *ctx, int64_t now_ms);  // a bounded number of ledger_steps; after an error the batch is lost
    Err (*last)(void *ctx, int64_t now_ms); // NULL: none. In every batch, after all else and before the commit
    void (*durable)(void *ctx);             // NULL: none. What was done in the batch is durable now
    void (*lost)(void *ctx);                // the gate went back to what the journal holds
} ApiActor;
// Who keeps the link to the other side (src/peer), for the routes whose input is "link".
typedef struct {
    void *ctx;
    // In the writer's batch, with the operation's id and its checked body; `a` holds the reply. It journals with the
    // key of `rq`; a repeated key does not come so far. After an error the batch is lost.
    Err (*command)(void *ctx, const char *operation, const Json *body, const LedgerRequest *rq, Arena *a,
                   LedgerReply *ret);
    void (*show)(void *ctx, Buf *b);    // members of a JSON object for people; from any thread
    void (*metrics)(void *ctx, Buf *b); // lines for Prometheus; from any thread
} ApiLink;
typedef struct {
    const ApiActor *actor; // NULL: none
    const ApiLink *link;   // NULL: none is configured
    Ledger *ledger;        // borrowed; only the writer thread touches it between api_start and api_stop
    const char *host;      // numeric address
    uint16_t port;         // 0: a free one
    const char *tokens;    // file, see api_auth.h
    const char *store;     // path of the store, for the readers
    const HsSet *hs;       // borrowed; NULL: HS codes are checked in form only
    uint32_t request_ms, idle_ms, connections_max; // 0 = defaults of io_http.h
    uint32_t heartbeat_ms;                         // of live events; 0 = 15 s
} ApiOpts;
Err api_start(const ApiOpts *opts, Api **ret) MUST_USE;
uint16_t api_port(const Api *api);
void api_wake(Api *api); // the actor has something to do now; from any thread
void api_stop(Api *api); // takes no more connections, answers what it has, ends the streams
// Runs ledger_adopt_site in the writer thread and waits for it. `a` holds the problems.
Err api_reload_site(Api *api, Str bundle, Arena *a, SiteReply *ret) MUST_USE;
