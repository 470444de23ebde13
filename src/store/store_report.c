// Time release study (WCO, Guide to Measure the Time Required for the Release of Goods): waiting and working times of
// each stage, quantiles by nearest rank: the value at place ceil(p * n) of the sorted values.
#include "store_internal.h"

Err store_put_stage(Store *s, const StoreStage *st) {
    STORE_WRITE_GUARD(s);
    Stmt q = stmt_open(s, SQL_PUT_STAGE);
    stmt_int(&q, st->passage);
    stmt_str(&q, st->stage);
    stmt_str(&q, st->agency);
    stmt_str(&q, st->direction);
    stmt_str(&q, st->goods);
    stmt_str(&q, st->mode);
    stmt_int(&q, st->waiting_ms);
    stmt_int(&q, st->working_ms);
    stmt_int(&q, st->ended_ms);
    return stmt_run(&q);
}

#define GROUP           "stage,agency,direction,goods,mode"
#define RANK(rank, pct) "max(CASE WHEN " rank "=(n*" pct "+99)/100 THEN "
static void report_sql(const StoreReportQuery *r, Buf *b) {
    buf_c(b, "WITH picked AS (SELECT stage,agency,");
    buf_c(b, r->by_direction ? "direction," : "'' AS direction,");
    buf_c(b, r->by_goods ? "goods," : "'' AS goods,");
    buf_c(b, r->by_mode ? "mode," : "'' AS mode,");
    buf_c(b, "waiting_ms,working_ms,waiting_ms+working_ms AS total_ms FROM stage WHERE ended_ms>=? AND ended_ms<?),"
             "ranked AS (SELECT *,count(*) OVER (PARTITION BY " GROUP ") AS n,"
             "row_number() OVER (PARTITION BY " GROUP " ORDER BY total_ms) AS rt,"
             "row_number() OVER (PARTITION BY " GROUP " ORDER BY waiting_ms) AS rw FROM picked) "
             "SELECT " GROUP ",count(*)," RANK("rt", "50") "total_ms END)," RANK("rt", "90") "total_ms END)," //
          RANK("rt", "95") "total_ms END),sum(total_ms)/count(*),sum(waiting_ms)/count(*),"
                           "sum(working_ms)/count(*)," RANK("rw", "50") "waiting_ms END)," RANK(
                               "rw", "90") "waiting_ms END)," //
          RANK("rw", "95") "waiting_ms END) FROM ranked GROUP BY " GROUP " ORDER BY " GROUP);
}
Err store_each_report(Store *s, const StoreReportQuery *r, StoreReportFn *fn, void *ctx) {
    Buf b;
    buf_init(&b, 4096);
    report_sql(r, &b);
    CK_ASSERT(!b.overflow);
    Stmt q = stmt_text(s, buf_view(&b));
    buf_deinit(&b);
    stmt_int(&q, r->from_ms);
    stmt_int(&q, r->to_ms);
    while (stmt_next(&q)) {
        StoreReportLine l = {.stage = col_str(&q, 0),
                             .agency = col_str(&q, 1),
                             .direction = col_str(&q, 2),
                             .goods = col_str(&q, 3),
                             .mode = col_str(&q, 4),
                             .count = col_uint(&q, 5),
                             .p50_ms = col_int(&q, 6),
                             .p90_ms = col_int(&q, 7),
                             .p95_ms = col_int(&q, 8),
                             .mean_ms = col_int(&q, 9),
                             .waiting_mean_ms = col_int(&q, 10),
                             .working_mean_ms = col_int(&q, 11),
                             .waiting_p50_ms = col_int(&q, 12),
                             .waiting_p90_ms = col_int(&q, 13),
                             .waiting_p95_ms = col_int(&q, 14)};
        if (!fn(ctx, &l)) break;
    }
    return stmt_close(&q);
}
