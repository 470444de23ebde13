// Read models of the work at hand: tasks of the agencies, queues of the roads, alarms.
#include "store_internal.h"

// ---- tasks
Err store_put_task(Store *s, const StoreTask *t) {
    STORE_WRITE_GUARD(s);
    Stmt q = stmt_open(s, SQL_PUT_TASK);
    stmt_int(&q, t->passage);
    stmt_int(&q, t->task);
    stmt_str(&q, t->name);
    stmt_str(&q, t->agency);
    stmt_int(&q, t->since_ms);
    stmt_int(&q, t->due_ms);
    stmt_str(&q, t->taken_by);
    return stmt_run(&q);
}
Err store_drop_task(Store *s, uint32_t passage, uint8_t task) {
    STORE_WRITE_GUARD(s);
    Stmt q = stmt_open(s, SQL_DROP_TASK);
    stmt_int(&q, passage);
    stmt_int(&q, task);
    return stmt_run(&q);
}
Err store_each_task(Store *s, Str agency, const StoreTask *after, uint32_t max, StoreTaskFn *fn, void *ctx) {
    enum { T_COLUMN_COUNT = 7 };
    Stmt q = stmt_open(s, agency.n ? SQL_EACH_TASK_AGENCY : SQL_EACH_TASK);
    if (agency.n) stmt_str(&q, agency);
    stmt_int(&q, after ? after->due_ms : INT64_MIN);
    stmt_int(&q, after ? (int64_t)after->passage : -1);
    stmt_int(&q, after ? (int64_t)after->task : -1);
    stmt_int(&q, max ? (int64_t)max : -1);
    while (stmt_next(&q)) {
        StoreTask t = {.passage = col_u32(&q, 0),
                       .task = (uint8_t)col_u32(&q, 1),
                       .name = col_str(&q, 2),
                       .agency = col_str(&q, 3),
                       .since_ms = col_int(&q, 4),
                       .due_ms = col_int(&q, 5),
                       .taken_by = col_str(&q, 6)};
        StorePassage p;
        row_passage(&q, T_COLUMN_COUNT, &p);
        p.no = t.passage; // also when the passage has no row
        if (!fn(ctx, &t, &p)) break;
    }
    return stmt_close(&q);
}

// ---- queues
Err store_put_queue(Store *s, const StoreQueue *r) {
    STORE_WRITE_GUARD(s);
    Stmt q = stmt_open(s, SQL_PUT_QUEUE);
    stmt_int(&q, r->passage);
    stmt_str(&q, r->road);
    stmt_int(&q, r->key_ms);
    stmt_str(&q, r->why);
    return stmt_run(&q);
}
Err store_drop_queue(Store *s, uint32_t passage) {
    STORE_WRITE_GUARD(s);
    Stmt q = stmt_open(s, SQL_DROP_QUEUE);
    stmt_int(&q, passage);
    return stmt_run(&q);
}
static StoreQueue read_queue(const Stmt *q) {
    return (StoreQueue){.passage = col_u32(q, 0), .road = col_str(q, 1), .key_ms = col_int(q, 2), .why = col_str(q, 3)};
}
Err store_get_queue(Store *s, uint32_t passage, Arena *a, StoreQueue *ret, uint32_t *ret_position,
                    uint32_t *ret_length) {
    Stmt q = stmt_open(s, SQL_GET_QUEUE);
    stmt_int(&q, passage);
    Err e = ERR_NOT_FOUND;
    StoreQueue row;
    uint32_t position = 0, length = 0;
    if (stmt_next(&q)) {
        row = read_queue(&q);
        position = col_u32(&q, 4);
        length = col_u32(&q, 5);
        e = copy_str(a, &row.road) && copy_str(a, &row.why) ? OK : ERR_LIMIT;
    }
    Err closed = stmt_close(&q);
    if (closed || e) return closed ? closed : e;
    *ret = row;
    *ret_position = position;
    *ret_length = length;
    return OK;
}
Err store_each_queue(Store *s, Str road, uint32_t offset, uint32_t max, StoreQueueFn *fn, void *ctx) {
    enum { Q_COLUMN_COUNT = 4 };
    Stmt q = stmt_open(s, SQL_EACH_QUEUE);
    stmt_str(&q, road);
    stmt_int(&q, max ? (int64_t)max : -1);
    stmt_int(&q, offset);
    while (stmt_next(&q)) {
        StoreQueue row = read_queue(&q);
        StorePassage p;
        row_passage(&q, Q_COLUMN_COUNT, &p);
        p.no = row.passage;
        if (!fn(ctx, &row, &p)) break;
    }
    return stmt_close(&q);
}

// ---- alarms
Err store_put_alarm(Store *s, const StoreAlarm *a) {
    STORE_WRITE_GUARD(s);
    Stmt q = stmt_open(s, SQL_PUT_ALARM);
    stmt_int(&q, a->passage);
    stmt_str(&q, a->kind);
    stmt_int(&q, a->since_ms);
    stmt_str(&q, a->acked_by);
    stmt_str(&q, a->body);
    return stmt_run(&q);
}
Err store_drop_alarm(Store *s, uint32_t passage, Str kind) {
    STORE_WRITE_GUARD(s);
    Stmt q = stmt_open(s, SQL_DROP_ALARM);
    stmt_int(&q, passage);
    stmt_str(&q, kind);
    return stmt_run(&q);
}
Err store_each_alarm(Store *s, const StoreAlarm *after, uint32_t max, StoreAlarmFn *fn, void *ctx) {
    Stmt q = stmt_open(s, SQL_EACH_ALARM);
    stmt_int(&q, after ? after->since_ms : INT64_MIN);
    stmt_int(&q, after ? (int64_t)after->passage : -1);
    stmt_str(&q, after ? after->kind : STR_EMPTY);
    stmt_int(&q, max ? (int64_t)max : -1);
    while (stmt_next(&q)) {
        StoreAlarm row = {.passage = col_u32(&q, 0),
                          .kind = col_str(&q, 1),
                          .since_ms = col_int(&q, 2),
                          .acked_by = col_str(&q, 3),
                          .body = col_str(&q, 4)};
        if (!fn(ctx, &row)) break;
    }
    return stmt_close(&q);
}
