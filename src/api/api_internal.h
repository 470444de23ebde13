// What the files of the API share.
#pragma once
#include "api.h"
#include "api_auth.h"
#include "api_route.h"
#include "io/io_clock.h"
#include "io/io_http.h"
#include <pthread.h>
#include <stdatomic.h>

// A copy of the site for the threads that may not touch the kernel: compiled anew from the bundle in force. Earlier
// ones are kept until the end (a site changes a few times a year), so that a pointer once taken stays good.
typedef struct ApiSite {
    struct ApiSite *earlier;
    Arena arena;
    Str bundle;
    const Json *json; // borrows from the bundle; the doc's strings do, too
    Site *site;
} ApiSite;

// One request on its way. Lives in the request's arena.
typedef struct ApiCall {
    struct ApiCall *next;
    struct Api *api;
    IoRequest *rq;
    const ApiRoute *route;
    const ApiIdentity *who; // NULL: public
    const ApiSite *site;    // may be NULL
    Lang lang;
    int64_t begun_us;
    Json *params; // validated parameters by name
    Json *body;
    uint32_t passage; // of {ref}, 0 = none
    // command
    LedgerRequest request;
    LedgerReply reply;
    Err err;
    Str status;   // of the passage, or of the hand-over, after the command
    Str handover; // that a command of the link was about
    // query, made by the reader
    int http;
    const char *content_type;
    Buf out;
} ApiCall;

// A bounded queue of calls: the HTTP thread puts, one worker takes all there is.
typedef struct {
    pthread_mutex_t lock;
    pthread_cond_t cond;
    ApiCall *first, *last;
    uint32_t n, max;
    uint32_t wake_at; // the worker is woken when so many wait: each wake-up costs more than the putting
    bool stopping, woken;
} ApiQueue;
void api_queue_init(ApiQueue *q, uint32_t max);
void api_queue_deinit(ApiQueue *q);
bool api_queue_put(ApiQueue *q, ApiCall *c); // false when full or stopping
void api_queue_stop(ApiQueue *q);

#define API_LATENCY_BUCKETS 12
typedef struct {
    _Atomic uint64_t requests[OP_COUNT][6]; // by status / 100
    _Atomic uint64_t unrouted;
    _Atomic uint64_t latency[API_LATENCY_BUCKETS + 1], latency_us; // of commands, received to answered
    _Atomic uint64_t commits, committed_inputs, failed_commits, overloaded, refused;
    _Atomic uint64_t events_sent, streams;
    _Atomic uint64_t seq; // last committed event
} ApiCounters;

typedef struct ApiWriter ApiWriter;
typedef struct ApiReader ApiReader;
typedef struct ApiEvents ApiEvents;
struct Api {
    ApiOpts opts;
    ApiAuth *auth;
    IoHttp *http;
    _Atomic(ApiSite *) site;
    ApiWriter *writer;
    ApiReader *reader;
    ApiEvents *events;
    ApiCounters counters;
};

// ---- api.c
void api_answer(ApiCall *c, int status, const char *content_type, Buf *body);
void api_answer_with(ApiCall *c, IoReply *reply, Buf *body);
void api_fail(ApiCall *c, ApiCode code, Str arg, const ApiIssues *issues);
ApiCode api_code_of(Err e);
Err api_site_take(Api *api, const Site *in_force) MUST_USE; // copies it; NULL = no site yet
SchemaSet api_schema_set(const ApiCall *c);
Str api_param(const ApiCall *c, const char *name);             // empty when absent
const Json *api_param_get(const ApiCall *c, const char *name); // NULL when absent
int64_t api_param_int(const ApiCall *c, const char *name, int64_t otherwise);

// ---- api_command.c: a command's body becomes the kernel's input
void api_command(ApiCall *c);
void api_command_answer(void *call, IoRequest *rq); // after the commit, in the HTTP thread

// ---- api_writer.c
Err api_writer_start(Api *api, Ledger *ledger, ApiWriter **ret) MUST_USE;
void api_writer_stop(ApiWriter *w); // what is queued is still done; later puts are refused
void api_writer_free(ApiWriter *w);
void api_writer_wake(ApiWriter *w);
bool api_writer_put(ApiWriter *w, ApiCall *c);
Err api_writer_site(ApiWriter *w, Str bundle, Arena *a, SiteReply *ret) MUST_USE;
uint32_t api_writer_depth(ApiWriter *w);

// ---- api_reader.c: queries, in a thread with its own read connection
Err api_reader_start(Api *api, ApiReader **ret) MUST_USE;
void api_reader_stop(ApiReader *r);
void api_reader_free(ApiReader *r);
bool api_reader_put(ApiReader *r, ApiCall *c);
void api_query(ApiCall *c, Store *s); // api_lists.c: fills .out or fails the call by .http and .out
void api_query_fail(ApiCall *c, ApiCode code, Str arg);
typedef struct {
    ApiCall *c;
    uint32_t max, n;
    char next[160]; // cursor behind the last item
} ApiPage;
ApiPage api_page_open(ApiCall *c);
void api_page_close(ApiPage *p, Err e);
void api_page_next(ApiPage *p, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
bool api_bad_cursor(ApiCall *c); // false

// ---- api_custody.c: the link to the other side, its hand-overs and who holds what
void api_handovers(ApiCall *c, Store *s);
void api_handover(ApiCall *c, Store *s);
void api_custody(ApiCall *c, Store *s);
void api_peer(ApiCall *c, Store *s);
void api_shifts(ApiCall *c, Store *s);
void api_peer_metrics(const Api *api, Buf *b, Store *s);

// ---- api_views.c: what each role sees
typedef enum {
    VIEW_VEHICLE = 1,
    VIEW_DRIVER = 2,
    VIEW_GOODS = 4,
    VIEW_VALUE = 8,
    VIEW_TRADER = 16,
    VIEW_CUSTOMS = 32,
    VIEW_CERTS = 64,
    VIEW_ROUTE = 128,
    VIEW_ALL = 255
} ViewBits;
uint32_t api_view_of(Role role);
void api_view_doc(json_t *declaration, uint32_t view);              // takes out what the role does not see
bool api_view_may_see(const ApiCall *c, const StorePassage *p);     // a trader its own, a driver the one it drives
void api_view_row(Buf *b, const ApiCall *c, const StorePassage *p); // members of a list entry
void api_view_passage(ApiCall *c, const StorePassage *p);
void api_view_pass(ApiCall *c, const StorePassage *p);
void api_view_svg(ApiCall *c);
void api_view_event(Buf *b, uint32_t view, const StoreEvent *e);
void api_ref_json(Buf *b, const ApiCall *c, uint32_t passage); // the pass reference, null for 0

// ---- api_report.c
void api_report(ApiCall *c, Store *s);
void api_metrics(ApiCall *c, Store *s);
void api_count(Api *api, const ApiCall *c, int status);

// ---- api_events.c: server-sent events
Err api_events_start(Api *api, ApiEvents **ret) MUST_USE;
void api_events_stop(ApiEvents *e);                                  // ends the streams, opens no more
void api_events_free(ApiEvents *e);                                  // when the HTTP thread is gone
void api_events_open(ApiCall *c);                                    // takes the request over
void api_events_push(void *events, const StoreEvent *e, Str trader); // LedgerListener
