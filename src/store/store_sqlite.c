// The connection: lock, open, migrate, transactions. Write-ahead log with synchronous=FULL: COMMIT returns after the
// fsync.
#include "store_internal.h"
#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

enum { CACHE_KIB_DEFAULT = 16384, CHECKPOINT_FRAMES = 4000, BUSY_WRITER_MS = 250, BUSY_READER_MS = 2000 };

static Err lock_take(const char *path, int *ret_fd) {
    char name[4096];
    int n = snprintf(name, sizeof name, "%s.lock", path);
    if (n < 0 || (size_t)n >= sizeof name) return ERR_LIMIT;
    int fd = open(name, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    if (fd < 0) return errno == ENOSPC ? ERR_FULL : ERR_IO;
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
        Err e = errno == EWOULDBLOCK ? ERR_LOCKED : ERR_IO;
        close(fd);
        return e;
    }
    *ret_fd = fd;
    return OK;
}

static int exec(Store *s, const char *sql) {
    return sqlite3_exec(s->db, sql, NULL, NULL, NULL);
}
static int64_t pragma_int(Store *s, const char *sql, int *rc) {
    Stmt q = stmt_text(s, str_c(sql));
    int64_t v = stmt_next(&q) ? col_int(&q, 0) : 0;
    if (*rc == SQLITE_OK) *rc = q.rc;
    sqlite3_finalize(q.p);
    return v;
}

static int on_wal_grown(void *ctx, sqlite3 *db, const char *name, int frames) {
    (void)db, (void)name;
    ((Store *)ctx)->wal_frames = frames;
    return SQLITE_OK;
}
// SQLite's own automatic checkpoint drops its errors; here a failed fsync must be seen.
static void checkpoint(Store *s) {
    int rc = sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    if (rc == SQLITE_OK) return;
    log_line(LOG_WARN, "store", "checkpoint: sqlite %d: %s", rc, sqlite3_errmsg(s->db));
    (void)store_map(s, rc);
}

// After a failed fsync the kernel may hold pages of the log as clean that never reached the disk: a new process would
// build on them and lose everything behind them at the next power cut. Writing the same bytes again makes them dirty,
// so that the fsync that follows means something. Under the write lock nobody else writes the log.
static int wal_write_again(Store *s) {
    sqlite3_file *f = NULL;
    sqlite3_int64 size = 0;
    int rc = sqlite3_file_control(s->db, "main", SQLITE_FCNTL_JOURNAL_POINTER, &f);
    if (rc != SQLITE_OK || !f || !f->pMethods) return rc;
    rc = f->pMethods->xFileSize(f, &size);
    enum { CHUNK = 1 << 16 };
    char *buf = malloc(CHUNK);
    CK_ASSERT(buf);
    for (sqlite3_int64 at = 0; rc == SQLITE_OK && at < size; at += CHUNK) {
        int n = (int)MIN((sqlite3_int64)CHUNK, size - at);
        rc = f->pMethods->xRead(f, buf, n, at);
        if (rc == SQLITE_OK) rc = f->pMethods->xWrite(f, buf, n, at);
    }
    free(buf);
    if (rc == SQLITE_OK && size > 0) rc = f->pMethods->xSync(f, SQLITE_SYNC_NORMAL);
    return rc;
}
static int wal_settle(Store *s) {
    int rc = exec(s, "BEGIN IMMEDIATE");
    if (rc == SQLITE_OK) {
        rc = wal_write_again(s);
        int back = exec(s, "ROLLBACK");
        if (rc == SQLITE_OK) rc = back;
    }
    return rc;
}

// Everything the log holds goes into the file, for the same reason. A reader may hold the log: then it simply stays.
static int wal_empty(Store *s) {
    int rc = sqlite3_wal_checkpoint_v2(s->db, "main", SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    return (rc & 0xff) == SQLITE_BUSY ? SQLITE_OK : rc;
}

static int configure(Store *s, const StoreOpts *o) {
    int kib = o->cache_kib > 0 ? o->cache_kib : CACHE_KIB_DEFAULT;
    char sql[512];
    // the locking mode first: the other pragmas read the file already
    snprintf(sql, sizeof sql,
             "%sPRAGMA cache_size=-%d;PRAGMA temp_store=MEMORY;PRAGMA trusted_schema=OFF;PRAGMA cell_size_check=ON;",
             s->writer && o->exclusive ? "PRAGMA locking_mode=EXCLUSIVE;" : "", kib);
    int rc = exec(s, sql);
    if (rc == SQLITE_OK && s->writer)
        rc = exec(s, "PRAGMA synchronous=FULL;PRAGMA journal_mode=WAL;PRAGMA wal_autocheckpoint=0;"
                     "PRAGMA journal_size_limit=67108864;");
    if (rc == SQLITE_OK && s->writer) sqlite3_wal_hook(s->db, on_wal_grown, s);
    return rc;
}

// Ours, of a version we know; an empty file gets the schema.
static Err migrate(Store *s) {
    int rc = SQLITE_OK;
    int64_t version = pragma_int(s, "PRAGMA user_version", &rc);
    int64_t app = pragma_int(s, "PRAGMA application_id", &rc);
    int64_t tables = pragma_int(s, "SELECT count(*) FROM sqlite_schema", &rc);
    if (rc != SQLITE_OK) return store_map(s, rc);
    if (app == STORE_APPLICATION_ID && version == STORE_SCHEMA_VERSION) return OK;
    if (app == STORE_APPLICATION_ID && version > STORE_SCHEMA_VERSION) return ERR_INVALID; // of a later program
    if (!s->writer || tables > 0 || version != 0) return ERR_CORRUPT;
    rc = exec(s, "BEGIN IMMEDIATE");
    if (rc == SQLITE_OK) rc = exec(s, store_schema);
    if (rc == SQLITE_OK) rc = exec(s, "COMMIT");
    if (rc != SQLITE_OK && !sqlite3_get_autocommit(s->db)) (void)exec(s, "ROLLBACK");
    return store_map(s, rc);
}

static Err connect(Store *s, const StoreOpts *o) {
    int flags = s->writer ? SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE : SQLITE_OPEN_READONLY;
    int rc = sqlite3_open_v2(o->path, &s->db, flags | SQLITE_OPEN_NOMUTEX, o->vfs);
    if (rc != SQLITE_OK) return store_map(s, s->db ? sqlite3_extended_errcode(s->db) : rc);
    sqlite3_extended_result_codes(s->db, 1);
    sqlite3_busy_timeout(s->db, s->writer ? BUSY_WRITER_MS : BUSY_READER_MS);
    rc = configure(s, o);
    if (rc == SQLITE_OK && s->writer) rc = wal_settle(s);
    if (rc != SQLITE_OK) return store_map(s, rc);
    Err e = migrate(s);
    if (!e && s->writer) e = store_map(s, wal_empty(s));
    if (!e) e = store_load_head(s);
    if (!e && s->writer) e = store_check_tail(s);
    return e;
}

static Err open_any(const StoreOpts *o, bool writer, Store **ret) {
    Store *s = calloc(1, sizeof *s);
    CK_ASSERT(s);
    s->lock_fd = -1;
    s->writer = writer;
    s->checkpoint_frames = CHECKPOINT_FRAMES;
    hash_init(&s->hash);
    // Another file system than the system's has no place for a lock file.
    Err e = writer && !o->vfs ? lock_take(o->path, &s->lock_fd) : OK;
    if (!e) e = connect(s, o);
    if (e == ERR_BUSY) e = ERR_LOCKED;
    if (e) {
        if (s->db && e != ERR_LOCKED) log_line(LOG_WARN, "store", "open: %s", sqlite3_errmsg(s->db));
        store_close(s);
        return e;
    }
    *ret = s;
    return OK;
}
Err store_open(const StoreOpts *opts, Store **ret) {
    return open_any(opts, true, ret);
}
Err store_open_reader(const StoreOpts *opts, Store **ret) {
    if (!opts->vfs && access(opts->path, F_OK) != 0 && errno == ENOENT) return ERR_NOT_FOUND;
    return open_any(opts, false, ret);
}

void store_close(Store *s) {
    if (!s) return;
    if (s->in_tx) store_rollback(s);
    for (size_t i = 0; i < SQL_TEXTS; i++) sqlite3_finalize(s->stmts[i]);
    int rc = sqlite3_close(s->db);
    CK_ASSERT(rc == SQLITE_OK);
    hash_deinit(&s->hash);
    if (s->lock_fd >= 0) close(s->lock_fd); // after the connection: the next writer finds everything at rest
    free(s);
}

StoreHead store_head(const Store *s) {
    return s->head;
}
Err store_refresh(Store *s) {
    CK_ASSERT(!s->in_tx);
    return store_load_head(s);
}
bool store_fatal(const Store *s) {
    return s->fatal;
}

Err store_begin(Store *s) {
    CK_ASSERT(s->writer && !s->in_tx);
    if (s->fatal) return ERR_IO;
    Stmt q = stmt_open(s, SQL_BEGIN);
    Err e = stmt_run(&q);
    if (e) return e;
    s->in_tx = true;
    s->tx_err = OK;
    s->before = s->head;
    s->events_due = 0;
    return OK;
}
void store_rollback(Store *s) {
    CK_ASSERT(s->in_tx);
    // SQLite rolls back by itself after some errors. When this fails the file is as the log says, at the next opening.
    if (!sqlite3_get_autocommit(s->db) && exec(s, "ROLLBACK") != SQLITE_OK) s->fatal = true;
    s->in_tx = false;
    s->tx_err = OK;
    s->events_due = 0;
    s->head = s->before;
}
static Err put_meta(Store *s) {
    Stmt q = stmt_open(s, SQL_SET_META);
    stmt_uint(&q, s->head.seq);
    stmt_uint(&q, s->head.input_no);
    stmt_int(&q, s->head.t_ms);
    stmt_blob(&q, (Str){(const char *)s->head.hash, STORE_HASH_LEN});
    return stmt_run(&q);
}
Err store_commit(Store *s) {
    CK_ASSERT(s->in_tx);
    CK_ASSERT(s->tx_err || s->events_due == 0); // an input without all its events is a hole in the chain
    Err e = s->tx_err;
    if (!e && s->head.input_no != s->before.input_no) e = put_meta(s);
    if (!e) {
        Stmt q = stmt_open(s, SQL_COMMIT);
        e = stmt_run(&q);
    }
    if (e) {
        store_rollback(s);
        return e;
    }
    s->in_tx = false;
    if (s->wal_frames >= s->checkpoint_frames) checkpoint(s);
    return OK;
}
