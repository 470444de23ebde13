// Two whole gates in one process and one virtual time, joined by src/peer over a network that lies: shared by the files
// of test_peer_sim. Each gate has its journal on a disk of faults, its world (a twin) and its link; what joins them are
// frames.
#pragma once
#include "app/app_twin.h"
#include "io/io_file.h"
#include "peer/peer_internal.h"
#include "prop.h"
#include "store/store_fault.h"

#define SIM_START_MS   1798761600000 // 2027-01-01
#define SIM_PACKETS    64
#define SIM_BODIES     512
#define SIM_ITEMS      1024
#define SIM_CORES      16384
#define SIM_PASSAGES   2048
#define SIM_INBOX      32
#define SIM_OPEN_MAX   400
#define SIM_ON_LINE    2
#define SIM_NO_ITEM    UINT32_MAX
#define SIM_HANDOVERS  2048
#define SIM_BOOK_ITEMS 1024

// Bugs put in on purpose; --plant NAME.
#define PLANT_TABLE(X)                                                                                                 \
    X(PLANT_NONE, "none")                                                                                              \
    X(PLANT_EARLY_SEND, "early-send")         /* messages leave before the commit */                                   \
    X(PLANT_EARLY_RECEIPT, "early-receipt")   /* so do receipts */                                                     \
    X(PLANT_NOT_RELOADED, "not-reloaded")     /* after a lost batch the link goes on with what is not durable */       \
    X(PLANT_OUTBOX_DROPPED, "outbox-dropped") /* a row goes before its receipt */                                      \
    X(PLANT_CLAIMED, "claimed")               /* whoever accepts holds it at once */                                   \
    X(PLANT_CROSS_EARLY, "cross-early")       /* CROSSED is signed with the truck still at the line */                 \
    X(PLANT_RECEIVE_EARLY, "receive-early")   /* what was accepted is let in before it is signed away */               \
    X(PLANT_TWICE, "twice")                   /* a message that comes again is taken again */                          \
    X(PLANT_GAP, "gap")                       /* a hole in the numbers is not seen */                                  \
    X(PLANT_ANY_SIGNATURE, "any-signature")   /* signatures are not looked at */                                       \
    X(PLANT_NO_EXPIRY, "no-expiry")           /* nor is the time */                                                    \
    X(PLANT_COMMIT_LIES, "commit-lies")       /* the store says durable and is not */                                  \
    X(PLANT_HANDOVER_LOST, "handover-lost")   /* a hand-over's record is not written */
typedef enum {
#define X(sym, word) sym,
    PLANT_TABLE(X)
#undef X
        PLANTS
} Plant;
extern const char *const plant_names[PLANTS];
extern Plant plant;

typedef struct { // requests and answers under way
    bool used, answer, hostile, stale;
    uint8_t to;
    int64_t at_ms;
    Buf bytes;
    CustodyReason why; // what came of it
} Packet;
typedef struct { // a truck: where it really is
    char plate[CUSTODY_KEY_MAX + 1];
    uint8_t where, durable; // a side, or SIM_ON_LINE
} Body;
typedef struct { // ever seen in a book. Inside: somebody must hold it
    char id[CUSTODY_KEY_MAX + 1];
    uint8_t kind;
    bool inside, durable;
    uint32_t body; // of a truck; SIM_BODIES: not known
} Item;
typedef struct { // a message that was made
    uint8_t kind, hash[CUSTODY_HASH_LEN];
    uint32_t item;
} Core;
typedef struct Sim Sim;
typedef struct {
    Sim *sim;
    uint32_t me;
    char vfs[16];
    FaultDisk *disk;
    Ledger *l;
    Twin *w;
    Peer *peer;
    PeerFiles files;
    Arena arena;
    Prng draws;
    // what the batch in work has done, to be taken back when it is lost
    bool in_batch, failed, down, attach;
    uint32_t body_touched[SIM_BODIES], body_n, item_touched[SIM_ITEMS], item_n;
    uint64_t acked_seq;             // of the journal
    uint32_t body_of[SIM_PASSAGES]; // + 1
    // time
    int64_t skew_ms, next_ms, people_ms, cut_until;
    // the link's sender
    Packet inbox[SIM_INBOX];
    uint32_t inbox_n;
    int64_t sent, send_ms, retry_ms, pause_ms;
    CustodyOpenssl *keys;
    CustodySide issuer;
    Buf core;
    int64_t core_seq;
    Core *made; // by number, from 1
    int64_t made_n;
} Centre;
typedef struct {
    uint64_t steps, commits, lost, crashes, packets, refused, hostile, crossed, returned, trucks, events, cuts, early,
        disputes;
    uint64_t reasons; // bits of CustodyReason
    double virtual_ms;
} SimStats;
struct Sim {
    uint64_t seed;
    Prng p;
    Centre side[2];
    int64_t now_ms;
    bool calm, lying;
    uint32_t heads_refused;
    uint32_t loss, doubles, delay_ms, harm, crash_one_in; // of this seed
    Packet packet[SIM_PACKETS];
    Body body[SIM_BODIES];
    Item item[SIM_ITEMS];
    uint32_t bodies, items;
    SimStats stats;
    char wrong[400];
};
extern AppTwin sim_data[2];
extern TwinDoc sim_doc[2];
extern Agreement sim_agreement;
extern Sim *sim_running;

void sim_broke(Sim *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
static inline int64_t side_clock(const Centre *d) {
    return d->sim->now_ms + d->skew_ms;
}
// peer_sim_side.c: one centre
bool side_open(Centre *d, Sim *s, uint32_t me);
void side_close(Centre *d);
int64_t side_due(Centre *d);
void side_batch(Centre *d);
void side_event(Centre *d, const Gate *g, const Event *e);
// peer_sim_world.c: trucks and what is seen of them
void world_event(Centre *d, const Gate *g, const Event *e);
bool world_stops(Centre *d, const Input *in); // it cannot happen yet: the truck is not there
void world_keep(Centre *d);
void world_take_back(Centre *d);
// peer_sim_net.c: the network and who is in it
void net_take_keys(Centre *d, uint32_t which);
void net_sender(Centre *d);
void net_answer(Centre *d, const Packet *p);
void net_heard(Centre *d, const Packet *p);
void net_deliver(Sim *s);
int64_t net_due(const Sim *s);
void net_hostile(Sim *s);
void net_read_outbox(Centre *d);
void net_clear(Sim *s);
CustodyCrypto __real_custody_openssl_port(CustodyOpenssl *o); // the linker puts ours before it
void net_liar(Sim *s);                                        // peer_sim_liar.c
// peer_sim_check.c
void check_all(Sim *s, Centre *d);
void check_reload(Centre *d);
void check_end(Sim *s);
