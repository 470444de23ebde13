// Prepared statements: cached for each connection, bound in order, the first error kept to the end. And the hasher.
#include "store_internal.h"

Err store_map(Store *s, int rc) {
    if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC) s->fatal = true;
    CK_ASSERT(rc != SQLITE_MISUSE && rc != SQLITE_RANGE);
    switch (rc & 0xff) {
    case SQLITE_OK:
    case SQLITE_ROW:
    case SQLITE_DONE: return OK;
    case SQLITE_CONSTRAINT: return ERR_EXISTS;
    case SQLITE_FULL: return ERR_FULL;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
    case SQLITE_MISMATCH:
    case SQLITE_ERROR: return ERR_CORRUPT; // our statements are fixed: an unknown table or column is a foreign schema
    case SQLITE_BUSY:
    case SQLITE_LOCKED: return ERR_BUSY;
    case SQLITE_TOOBIG:
    case SQLITE_NOMEM: return ERR_LIMIT;
    default: return ERR_IO;
    }
}

static Stmt prepare(Store *s, Str sql, unsigned flags) {
    Stmt q = {.s = s, .own = true};
    q.rc = sqlite3_prepare_v3(s->db, sql.p, (int)sql.n, flags, &q.p, NULL);
    return q;
}
Stmt stmt_text(Store *s, Str sql) {
    return prepare(s, sql, 0);
}
Stmt stmt_open(Store *s, SqlId id) {
    sqlite3_stmt *cached = s->stmts[id];
    if (cached && !sqlite3_stmt_busy(cached)) return (Stmt){.s = s, .p = cached};
    Stmt q = prepare(s, str_c(store_sql[id]), SQLITE_PREPARE_PERSISTENT);
    // A busy one belongs to a loop whose callback came here again: it gets a statement of its own.
    if (q.rc == SQLITE_OK && !cached) {
        s->stmts[id] = q.p;
        q.own = false;
    }
    return q;
}

void stmt_int(Stmt *q, int64_t v) {
    if (q->rc == SQLITE_OK) q->rc = sqlite3_bind_int64(q->p, ++q->at, v);
}
void stmt_uint(Stmt *q, uint64_t v) {
    CK_ASSERT(v <= INT64_MAX);
    stmt_int(q, (int64_t)v);
}
void stmt_str(Stmt *q, Str s) { // borrowed: the statement is stepped before the caller gets its string back
    const char *p = s.p ? s.p : "";
    if (q->rc == SQLITE_OK) q->rc = sqlite3_bind_text64(q->p, ++q->at, p, s.n, SQLITE_STATIC, SQLITE_UTF8);
}
void stmt_blob(Stmt *q, Str s) {
    const char *p = s.p ? s.p : ""; // a NULL pointer would bind NULL
    if (q->rc == SQLITE_OK) q->rc = sqlite3_bind_blob64(q->p, ++q->at, p, s.n, SQLITE_STATIC);
}
void stmt_null(Stmt *q) {
    if (q->rc == SQLITE_OK) q->rc = sqlite3_bind_null(q->p, ++q->at);
}

bool stmt_next(Stmt *q) {
    if (q->rc != SQLITE_OK) return false;
    int rc = sqlite3_step(q->p);
    if (rc == SQLITE_ROW) return true;
    if (rc != SQLITE_DONE) q->rc = rc;
    return false;
}
Err stmt_close(Stmt *q) {
    Store *s = q->s;
    if (q->rc != SQLITE_OK && (q->rc & 0xff) != SQLITE_CONSTRAINT)
        log_line(LOG_WARN, "store", "sqlite %d: %s", q->rc, sqlite3_errmsg(s->db));
    Err e = store_map(s, q->rc);
    if (q->own)
        sqlite3_finalize(q->p);
    else if (q->p)
        sqlite3_reset(q->p);
    q->p = NULL;
    // A refused key leaves the transaction whole; after anything else SQLite may have rolled it back already.
    if (e && e != ERR_EXISTS && s->in_tx && !s->tx_err) s->tx_err = e;
    return e;
}
Err stmt_run(Stmt *q) {
    bool row = stmt_next(q);
    CK_ASSERT(!row);
    return stmt_close(q);
}

Str col_str(const Stmt *q, int i) {
    const char *p = sqlite3_column_blob(q->p, i); // of TEXT: the bytes as they stand
    int n = sqlite3_column_bytes(q->p, i);
    return p && n > 0 ? (Str){p, (size_t)n} : STR_EMPTY;
}
int64_t col_int(const Stmt *q, int i) {
    return sqlite3_column_int64(q->p, i);
}
uint64_t col_uint(const Stmt *q, int i) {
    return (uint64_t)sqlite3_column_int64(q->p, i);
}
uint32_t col_u32(const Stmt *q, int i) {
    return (uint32_t)sqlite3_column_int64(q->p, i);
}
bool copy_str(Arena *a, Str *s) {
    Str copy = arena_str(a, *s);
    if (!copy.p) return false;
    *s = copy;
    return true;
}

void hash_init(Hasher *h) {
    h->md = EVP_MD_fetch(NULL, "SHA256", NULL);
    h->ctx = EVP_MD_CTX_new();
    h->n = 0;
    CK_ASSERT(h->md && h->ctx);
}
void hash_deinit(Hasher *h) {
    EVP_MD_CTX_free(h->ctx);
    EVP_MD_free(h->md);
    *h = (Hasher){.ctx = NULL};
}
void hash_start(Hasher *h) {
    int ok = EVP_DigestInit_ex(h->ctx, h->md, NULL);
    CK_ASSERT(ok == 1);
    h->n = 0;
}
static void hash_flush(Hasher *h, const void *p, size_t n) {
    int ok = EVP_DigestUpdate(h->ctx, p, n);
    CK_ASSERT(ok == 1);
}
// Small pieces are gathered first: a call into the library costs more than hashing eight bytes.
void hash_raw(Hasher *h, const void *p, size_t n) {
    if (n > sizeof h->buf - h->n) {
        hash_flush(h, h->buf, h->n);
        h->n = 0;
        if (n > sizeof h->buf) {
            hash_flush(h, p, n);
            return;
        }
    }
    if (n) memcpy(h->buf + h->n, p, n);
    h->n += n;
}
static void hash_u64(Hasher *h, uint64_t v) {
    uint8_t b[8];
    for (size_t i = 0; i < 8; i++) b[i] = (uint8_t)(v >> (8 * i)); // little endian on every machine
    hash_raw(h, b, 8);
}
void hash_int(Hasher *h, int64_t v) {
    hash_u64(h, 8);
    hash_u64(h, (uint64_t)v);
}
void hash_str(Hasher *h, Str s) {
    hash_u64(h, s.n);
    hash_raw(h, s.p, s.n);
}
void hash_end(Hasher *h, uint8_t ret[STORE_HASH_LEN]) {
    hash_flush(h, h->buf, h->n);
    unsigned n = 0;
    int ok = EVP_DigestFinal_ex(h->ctx, ret, &n);
    CK_ASSERT(ok == 1 && n == STORE_HASH_LEN);
}
