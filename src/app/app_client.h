// HTTP client of the commands that talk to a gate: JSON both ways, many requests in flight, one thread.
//
// A command carries an Idempotency-Key made once and kept through every retry, so that nothing is done twice. No
// connection, a time-out and "503 try again" are tried again with growing pauses; everything else is an answer.
#pragma once
#include "base/base.h"
#include <jansson.h>

#define CLIENT_KEY_MAX 64

typedef struct Client Client;
typedef struct {
    const char *server;     // http://HOST:PORT, without a path
    uint32_t in_flight_max; // 0 = 1
    uint32_t tries_max;     // 0 = 8
    uint32_t timeout_ms;    // of one try; 0 = 30 s
} ClientOpts;
Err client_new(const ClientOpts *opts, Client **ret); // ERR_INVALID: the address
void client_free(Client *c);                          // waiting requests are dropped without their callback

typedef struct {
    const char *method;     // "GET", "POST", "PUT"; must live on
    const char *path;       // copied
    const char *token;      // must live on; NULL: none
    json_t *body;           // its reference is taken; NULL: none
    const char *acting_for; // copied; NULL: none
    const char *key;        // copied; NULL: one is made for commands
    int64_t delay_ms;       // sent no earlier than this from now
} ClientCall;
typedef struct {
    Err err;            // OK: there is an answer; ERR_NET, ERR_BUSY: there was none after all tries
    int status;         // HTTP
    const json_t *body; // borrowed; NULL when it was no JSON
    bool replayed;      // answered from memory: the same key came before
    uint32_t tries;
} ClientAnswer;
typedef void ClientFn(void *ctx, uint64_t tag, const ClientAnswer *a);

void client_send(Client *c, const ClientCall *call, ClientFn *fn, void *ctx, uint64_t tag); // fn may send again
void client_make_key(Client *c, char ret[CLIENT_KEY_MAX]);
void client_step(Client *c, int wait_ms); // works for at most about wait_ms, calls back
uint32_t client_pending(const Client *c); // sent or waiting to be sent
typedef struct {
    uint64_t answers, retries, failures;
} ClientCounts;
ClientCounts client_counts(const Client *c);

// ---- what an answer says, for people
bool client_good(const ClientAnswer *a);        // 2xx
const char *client_code(const ClientAnswer *a); // "MISSING_CERTIFICATE"; for a bad form that of the first field
// "goods[0].hs: heading 0810 exists, subheading 081099 does not" from one of the problem's errors, without the cure.
void client_error_text(Buf *b, const json_t *error);
void client_sentence(Buf *b, const ClientAnswer *a);         // the whole problem in one sentence with its cure
void client_field(Buf *b, const char *pointer);              // "/goods/0/hs" as "goods[0].hs"
const char *client_text(const json_t *obj, const char *key); // "" when absent

// ---- secrets and files
// The one word of a file that only its owner may read. False after saying why.
bool client_read_token(const char *path, char *ret, size_t max);
typedef struct {
    char **path; // owned
    uint32_t n, cap;
} FileList;
bool file_list_add(FileList *l,
                   const char *path); // a folder gives its files in order of their names; false: cannot be read (said)
void file_list_free(FileList *l);
