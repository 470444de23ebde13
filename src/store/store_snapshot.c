// Snapshots of the kernel's state, each with its own hash: a spoilt one only makes the start slower.
#include "store_internal.h"

static void hash_snapshot(Hasher *h, const StoreSnapshot *snap, uint8_t ret[STORE_HASH_LEN]) {
    hash_start(h);
    hash_raw(h, "S", 1);
    hash_int(h, (int64_t)snap->seq);
    hash_int(h, (int64_t)snap->input_no);
    hash_str(h, snap->state);
    hash_end(h, ret);
}
Err store_put_snapshot(Store *s, const StoreSnapshot *snap) {
    STORE_WRITE_GUARD(s);
    CK_ASSERT(snap->seq <= s->head.seq && snap->input_no <= s->head.input_no);
    uint8_t hash[STORE_HASH_LEN];
    hash_snapshot(&s->hash, snap, hash);
    Stmt q = stmt_open(s, SQL_PUT_SNAPSHOT);
    stmt_uint(&q, snap->seq);
    stmt_uint(&q, snap->input_no);
    stmt_blob(&q, (Str){(const char *)hash, sizeof hash});
    stmt_blob(&q, snap->state);
    Err e = stmt_run(&q);
    if (e) return e;
    q = stmt_open(s, SQL_TRIM_SNAPSHOTS);
    return stmt_run(&q);
}
Err store_get_snapshot(Store *s, Arena *a, StoreSnapshot *ret) {
    Stmt q = stmt_open(s, SQL_GET_SNAPSHOTS);
    stmt_uint(&q, s->head.seq);
    Err e = ERR_NOT_FOUND;
    StoreSnapshot snap;
    while (e == ERR_NOT_FOUND && stmt_next(&q)) {
        snap = (StoreSnapshot){.seq = col_uint(&q, 0), .input_no = col_uint(&q, 1), .state = col_str(&q, 3)};
        uint8_t hash[STORE_HASH_LEN];
        hash_snapshot(&s->hash, &snap, hash);
        if (!str_eq((Str){(const char *)hash, sizeof hash}, col_str(&q, 2))) {
            log_line(LOG_WARN, "store", "snapshot %llu is damaged", (unsigned long long)snap.seq);
            continue;
        }
        e = copy_str(a, &snap.state) ? OK : ERR_LIMIT;
    }
    Err closed = stmt_close(&q);
    if (closed) return closed;
    if (!e) *ret = snap;
    return e;
}
