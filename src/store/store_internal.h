// Inside of the store: the connection, its prepared statements and the chain hash. Not for other folders; tests may
// look.
#pragma once
#include "store.h"
#include <openssl/evp.h>
#include <sqlite3.h>

#define STORE_SCHEMA_VERSION 1
#define STORE_APPLICATION_ID 0x434b4855 // "CKHU", in the header of the file

typedef enum {
    SQL_BEGIN,
    SQL_COMMIT,
    SQL_GET_META,
    SQL_SET_META,
    SQL_LAST_INPUT,
    SQL_LAST_EVENT,
    SQL_PUT_INPUT,
    SQL_PUT_EVENT,
    SQL_FIND_IDEM,
    SQL_EACH_INPUT,
    SQL_EACH_EVENT,
    SQL_EACH_HASH,
    SQL_EACH_PASSAGE_EVENT,
    SQL_EACH_TRADER_EVENT_SCAN,
    SQL_EACH_TRADER_EVENT_SORT,
    SQL_PUT_SNAPSHOT,
    SQL_TRIM_SNAPSHOTS,
    SQL_GET_SNAPSHOTS,
    SQL_PUT_EFFECT,
    SQL_DROP_EFFECT,
    SQL_EACH_EFFECT,
    SQL_EACH_EFFECT_TARGET,
    SQL_PUT_PASSAGE,
    SQL_PUT_DOC,
    SQL_UPDATE_PASSAGE,
    SQL_GET_PASSAGE,
    SQL_PUT_TASK,
    SQL_DROP_TASK,
    SQL_EACH_TASK,
    SQL_EACH_TASK_AGENCY,
    SQL_PUT_QUEUE,
    SQL_DROP_QUEUE,
    SQL_GET_QUEUE,
    SQL_EACH_QUEUE,
    SQL_PUT_ALARM,
    SQL_DROP_ALARM,
    SQL_EACH_ALARM,
    SQL_PUT_STAGE,
    SQL_PUT_RESOURCE,
    SQL_DROP_RESOURCE,
    SQL_DROP_RESOURCES,
    SQL_EACH_RESOURCE,
    SQL_EACH_RESOURCE_KIND,
    SQL_EACH_RESOURCE_AFTER,
    SQL_COUNTS,
    SQL_TEXTS
} SqlId;
extern const char *const store_sql[SQL_TEXTS];
extern const char store_schema[];
// The columns read by row_passage(); `p` is the table passage.
#define STORE_PASSAGE_COLUMNS                                                                                          \
    "p.no,p.trader,p.plate,p.trailer,p.container,p.customs_no,p.direction,p.kind,p.mode,p.goods,p.declared_ms,"        \
    "p.place,p.status,p.open,p.changed_seq"
#define STORE_PASSAGE_FULL STORE_PASSAGE_COLUMNS ",p.state,d.doc"
enum { STORE_PASSAGE_COLUMN_COUNT = 15 };

// ---- hash of length-prefixed columns
typedef struct {
    EVP_MD_CTX *ctx;
    EVP_MD *md;
    size_t n;
    uint8_t buf[4096];
} Hasher;
void hash_init(Hasher *h);
void hash_deinit(Hasher *h);
void hash_start(Hasher *h);
void hash_raw(Hasher *h, const void *p, size_t n);
void hash_int(Hasher *h, int64_t v);
void hash_str(Hasher *h, Str s);
void hash_end(Hasher *h, uint8_t ret[STORE_HASH_LEN]);

struct Store {
    sqlite3 *db;
    int lock_fd; // -1: none
    bool writer, in_tx, fatal;
    Err tx_err;             // the first failure inside the transaction: it can only be rolled back
    StoreHead head, before; // before: as it was at store_begin()
    uint32_t events_due;    // events the last input announced and that are not written yet
    int wal_frames;         // length of the write-ahead log at the last commit
    int checkpoint_frames;  // copy it into the file from this length on
    Hasher hash;
    sqlite3_stmt *stmts[SQL_TEXTS];
};
Err store_map(Store *s, int rc); // SQLite's answer as ours; remembers a failed fsync

// ---- a statement in use: binds in order, keeps the first error, gives it at stmt_close()
typedef struct {
    Store *s;
    sqlite3_stmt *p;
    int rc, at;
    bool own; // not from the cache: finalised at the end
} Stmt;
Stmt stmt_open(Store *s, SqlId id);
Stmt stmt_text(Store *s, Str sql); // not cached
void stmt_int(Stmt *q, int64_t v);
void stmt_uint(Stmt *q, uint64_t v);
void stmt_str(Stmt *q, Str s);  // TEXT
void stmt_blob(Stmt *q, Str s); // BLOB
void stmt_null(Stmt *q);
bool stmt_next(Stmt *q); // true: a row
Err stmt_close(Stmt *q) MUST_USE;
Err stmt_run(Stmt *q) MUST_USE; // a write: to its end, then closed
// A write needs an open transaction that has not failed; otherwise the answer is the failure.
#define STORE_WRITE_GUARD(s)                                                                                           \
    do {                                                                                                               \
        CK_ASSERT((s)->in_tx);                                                                                         \
        if ((s)->tx_err) return (s)->tx_err;                                                                           \
    } while (0)

Str col_str(const Stmt *q, int i); // borrowed until the next step
int64_t col_int(const Stmt *q, int i);
uint64_t col_uint(const Stmt *q, int i);
uint32_t col_u32(const Stmt *q, int i);
void row_passage(const Stmt *q, int first, StorePassage *ret); // without doc and state
bool copy_str(Arena *a, Str *s);                               // false over the arena's ceiling

Err store_load_head(Store *s) MUST_USE;  // from meta
Err store_check_tail(Store *s) MUST_USE; // the last rows are those the head names
