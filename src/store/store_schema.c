// Tables and statements. STRICT tables: a value of another type is refused, so that verification and reading agree.
#include "store_internal.h"

const char store_schema[] =
    "CREATE TABLE meta(id INTEGER PRIMARY KEY CHECK(id=1), seq INTEGER NOT NULL, input_no INTEGER NOT NULL,"
    " t_ms INTEGER NOT NULL, hash BLOB NOT NULL) STRICT;"
    "CREATE TABLE input(no INTEGER PRIMARY KEY, t_ms INTEGER NOT NULL, role TEXT NOT NULL, actor TEXT NOT NULL,"
    " kind TEXT NOT NULL, idem TEXT, body_hash BLOB NOT NULL, first_seq INTEGER NOT NULL, events INTEGER NOT NULL,"
    " passage INTEGER NOT NULL, body TEXT NOT NULL, hash BLOB NOT NULL) STRICT;"
    "CREATE UNIQUE INDEX input_idem ON input(actor, idem) WHERE idem IS NOT NULL;"
    "CREATE TABLE journal(seq INTEGER PRIMARY KEY, input_no INTEGER NOT NULL, t_ms INTEGER NOT NULL,"
    " kind TEXT NOT NULL, passage INTEGER NOT NULL, body TEXT NOT NULL, hash BLOB NOT NULL) STRICT;"
    // seq is the row id, which stands behind every index key
    "CREATE INDEX journal_passage ON journal(passage) WHERE passage>0;"
    "CREATE TABLE snapshot(seq INTEGER PRIMARY KEY, input_no INTEGER NOT NULL, hash BLOB NOT NULL, state BLOB NOT NULL)"
    " STRICT;"
    "CREATE TABLE effect(id INTEGER PRIMARY KEY, t_ms INTEGER NOT NULL, kind TEXT NOT NULL, target TEXT NOT NULL,"
    " passage INTEGER NOT NULL, body TEXT NOT NULL) STRICT;"
    "CREATE INDEX effect_target ON effect(target);"
    "CREATE TABLE passage(no INTEGER PRIMARY KEY, trader TEXT NOT NULL, plate TEXT NOT NULL, trailer TEXT NOT NULL,"
    " container TEXT NOT NULL, customs_no TEXT NOT NULL, direction TEXT NOT NULL, kind TEXT NOT NULL,"
    " mode TEXT NOT NULL, goods TEXT NOT NULL, declared_ms INTEGER NOT NULL, place TEXT NOT NULL,"
    " status TEXT NOT NULL, open INTEGER NOT NULL, changed_seq INTEGER NOT NULL, state BLOB NOT NULL) STRICT;"
    // apart from passage: the declaration never changes, the rest with nearly every event
    "CREATE TABLE passage_doc(no INTEGER PRIMARY KEY, doc TEXT NOT NULL) STRICT;"
    "CREATE INDEX passage_open ON passage(no) WHERE open=1;"
    "CREATE INDEX passage_trader ON passage(trader);"
    "CREATE INDEX passage_plate ON passage(plate) WHERE plate<>'';"
    "CREATE INDEX passage_trailer ON passage(trailer) WHERE trailer<>'';"
    "CREATE INDEX passage_container ON passage(container) WHERE container<>'';"
    "CREATE INDEX passage_customs ON passage(customs_no) WHERE customs_no<>'';"
    "CREATE TABLE task(passage INTEGER NOT NULL, task INTEGER NOT NULL, name TEXT NOT NULL, agency TEXT NOT NULL,"
    " since_ms INTEGER NOT NULL, due_ms INTEGER NOT NULL, taken_by TEXT NOT NULL, PRIMARY KEY(passage, task))"
    " STRICT, WITHOUT ROWID;"
    "CREATE INDEX task_due ON task(due_ms, passage, task);"
    "CREATE INDEX task_agency ON task(agency, due_ms, passage, task);"
    "CREATE TABLE queue(passage INTEGER PRIMARY KEY, road TEXT NOT NULL, key_ms INTEGER NOT NULL, why TEXT NOT NULL)"
    " STRICT;"
    "CREATE INDEX queue_order ON queue(road, key_ms);"
    "CREATE TABLE alarm(passage INTEGER NOT NULL, kind TEXT NOT NULL, since_ms INTEGER NOT NULL,"
    " acked_by TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY(passage, kind)) STRICT, WITHOUT ROWID;"
    "CREATE INDEX alarm_since ON alarm(since_ms, passage, kind);"
    "CREATE TABLE stage(id INTEGER PRIMARY KEY, passage INTEGER NOT NULL, stage TEXT NOT NULL, agency TEXT NOT NULL,"
    " direction TEXT NOT NULL, goods TEXT NOT NULL, mode TEXT NOT NULL, waiting_ms INTEGER NOT NULL,"
    " working_ms INTEGER NOT NULL, ended_ms INTEGER NOT NULL) STRICT;"
    "CREATE INDEX stage_ended ON stage(ended_ms);"
    "CREATE TABLE resource(kind TEXT NOT NULL, id TEXT NOT NULL, body TEXT NOT NULL, PRIMARY KEY(kind, id))"
    " STRICT, WITHOUT ROWID;"
    "INSERT INTO meta VALUES(1, 0, 0, 0, zeroblob(32));"
    "PRAGMA application_id=0x434b4855;"
    "PRAGMA user_version=1;";

#define INPUT_COLUMNS "no,t_ms,role,actor,kind,idem,body_hash,first_seq,events,passage,body,hash"
#define EVENT_COLUMNS "seq,input_no,t_ms,kind,passage,body,hash"
#define J_COLUMNS     "j.seq,j.input_no,j.t_ms,j.kind,j.passage,j.body,j.hash"
#define T_COLUMNS     "t.passage,t.task,t.name,t.agency,t.since_ms,t.due_ms,t.taken_by,"
#define T_AFTER       "(t.due_ms,t.passage,t.task)>(?,?,?) ORDER BY t.due_ms,t.passage,t.task LIMIT ?"
#define T_JOIN        " FROM task t LEFT JOIN passage p ON p.no=t.passage WHERE "

const char *const store_sql[SQL_TEXTS] = {
    [SQL_BEGIN] = "BEGIN IMMEDIATE",
    [SQL_COMMIT] = "COMMIT",
    [SQL_GET_META] = "SELECT seq,input_no,t_ms,hash FROM meta WHERE id=1",
    [SQL_SET_META] = "UPDATE meta SET seq=?,input_no=?,t_ms=?,hash=? WHERE id=1",
    [SQL_LAST_INPUT] = "SELECT no,first_seq,events,hash,t_ms FROM input ORDER BY no DESC LIMIT 1",
    [SQL_LAST_EVENT] = "SELECT seq,input_no,hash FROM journal ORDER BY seq DESC LIMIT 1",
    [SQL_PUT_INPUT] = "INSERT INTO input VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
    [SQL_PUT_EVENT] = "INSERT INTO journal VALUES(?,?,?,?,?,?,?)",
    [SQL_FIND_IDEM] = "SELECT " INPUT_COLUMNS " FROM input WHERE actor=? AND idem=?",
    [SQL_EACH_INPUT] = "SELECT " INPUT_COLUMNS " FROM input WHERE no>=? ORDER BY no LIMIT ?",
    [SQL_EACH_EVENT] = "SELECT " EVENT_COLUMNS " FROM journal WHERE seq>=? ORDER BY seq LIMIT ?",
    [SQL_EACH_HASH] = "SELECT seq,hash FROM journal WHERE seq>=? ORDER BY seq LIMIT ?",
    [SQL_EACH_PASSAGE_EVENT] =
        "SELECT " EVENT_COLUMNS " FROM journal WHERE passage=? AND passage>0 AND seq>=? ORDER BY seq LIMIT ?",
    // CROSS JOIN fixes the order of the loops: the journal's tail outside, or the trader's passages outside
    [SQL_EACH_TRADER_EVENT_SCAN] = "SELECT " J_COLUMNS " FROM journal j CROSS JOIN passage p ON p.no=j.passage"
                                   " WHERE p.trader=? AND j.seq>=? ORDER BY j.seq LIMIT ?",
    [SQL_EACH_TRADER_EVENT_SORT] =
        "SELECT " J_COLUMNS " FROM (SELECT i.seq AS seq FROM passage p CROSS JOIN journal i ON i.passage=p.no"
        " AND i.passage>0 WHERE p.trader=? AND i.seq>=? ORDER BY i.seq LIMIT ?) k CROSS JOIN journal j ON j.seq=k.seq"
        " ORDER BY k.seq",
    [SQL_PUT_SNAPSHOT] = "INSERT OR REPLACE INTO snapshot VALUES(?,?,?,?)",
    [SQL_TRIM_SNAPSHOTS] = "DELETE FROM snapshot WHERE seq NOT IN (SELECT seq FROM snapshot ORDER BY seq DESC LIMIT 2)",
    [SQL_GET_SNAPSHOTS] = "SELECT seq,input_no,hash,state FROM snapshot WHERE seq<=? ORDER BY seq DESC",
    [SQL_PUT_EFFECT] = "INSERT INTO effect VALUES(?,?,?,?,?,?)",
    [SQL_DROP_EFFECT] = "DELETE FROM effect WHERE id=?",
    [SQL_EACH_EFFECT] = "SELECT id,t_ms,kind,target,passage,body FROM effect WHERE id>=? ORDER BY id LIMIT ?",
    [SQL_EACH_EFFECT_TARGET] =
        "SELECT id,t_ms,kind,target,passage,body FROM effect WHERE target=? AND id>=? ORDER BY id LIMIT ?",
    [SQL_PUT_PASSAGE] =
        "INSERT INTO passage VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?) ON CONFLICT(no) DO UPDATE SET"
        " trader=excluded.trader,plate=excluded.plate,trailer=excluded.trailer,container=excluded.container,"
        "customs_no=excluded.customs_no,direction=excluded.direction,kind=excluded.kind,mode=excluded.mode,"
        "goods=excluded.goods,declared_ms=excluded.declared_ms,place=excluded.place,status=excluded.status,"
        "open=excluded.open,changed_seq=excluded.changed_seq,state=excluded.state",
    [SQL_PUT_DOC] = "INSERT INTO passage_doc VALUES(?,?) ON CONFLICT(no) DO UPDATE SET doc=excluded.doc",
    [SQL_UPDATE_PASSAGE] = "UPDATE passage SET place=?,status=?,open=?,changed_seq=?,state=? WHERE no=?",
    [SQL_GET_PASSAGE] =
        "SELECT " STORE_PASSAGE_FULL " FROM passage p LEFT JOIN passage_doc d ON d.no=p.no WHERE p.no=?",
    [SQL_PUT_TASK] = "INSERT OR REPLACE INTO task VALUES(?,?,?,?,?,?,?)",
    [SQL_DROP_TASK] = "DELETE FROM task WHERE passage=? AND task=?",
    [SQL_EACH_TASK] = "SELECT " T_COLUMNS STORE_PASSAGE_COLUMNS T_JOIN T_AFTER,
    [SQL_EACH_TASK_AGENCY] = "SELECT " T_COLUMNS STORE_PASSAGE_COLUMNS T_JOIN "t.agency=? AND " T_AFTER,
    [SQL_PUT_QUEUE] = "INSERT OR REPLACE INTO queue VALUES(?,?,?,?)",
    [SQL_DROP_QUEUE] = "DELETE FROM queue WHERE passage=?",
    [SQL_GET_QUEUE] = "SELECT q.passage,q.road,q.key_ms,q.why,(SELECT count(*) FROM queue o WHERE o.road=q.road AND"
                      " (o.key_ms,o.passage)<=(q.key_ms,q.passage)),(SELECT count(*) FROM queue o WHERE"
                      " o.road=q.road) FROM queue q WHERE q.passage=?",
    [SQL_EACH_QUEUE] = "SELECT q.passage,q.road,q.key_ms,q.why," STORE_PASSAGE_COLUMNS
                       " FROM queue q LEFT JOIN passage p ON p.no=q.passage"
                       " WHERE q.road=? ORDER BY q.key_ms,q.passage LIMIT ? OFFSET ?",
    [SQL_PUT_ALARM] = "INSERT OR REPLACE INTO alarm VALUES(?,?,?,?,?)",
    [SQL_DROP_ALARM] = "DELETE FROM alarm WHERE passage=? AND kind=?",
    [SQL_EACH_ALARM] = "SELECT passage,kind,since_ms,acked_by,body FROM alarm WHERE (since_ms,passage,kind)>(?,?,?)"
                       " ORDER BY since_ms,passage,kind LIMIT ?",
    [SQL_PUT_STAGE] = "INSERT INTO stage VALUES(NULL,?,?,?,?,?,?,?,?,?)",
    [SQL_PUT_RESOURCE] = "INSERT OR REPLACE INTO resource VALUES(?,?,?)",
    [SQL_DROP_RESOURCE] = "DELETE FROM resource WHERE kind=? AND id=?",
    [SQL_DROP_RESOURCES] = "DELETE FROM resource WHERE kind=? AND id<=?",
    [SQL_EACH_RESOURCE] = "SELECT kind,id,body FROM resource ORDER BY kind,id",
    [SQL_EACH_RESOURCE_KIND] = "SELECT kind,id,body FROM resource WHERE kind=? ORDER BY id",
    [SQL_EACH_RESOURCE_AFTER] = "SELECT kind,id,body FROM resource WHERE kind=? AND id>? ORDER BY id LIMIT ?",
    [SQL_COUNTS] = "SELECT (SELECT count(*) FROM passage),(SELECT count(*) FROM passage WHERE open=1),"
                   "(SELECT count(*) FROM task),(SELECT count(*) FROM queue),(SELECT count(*) FROM alarm),"
                   "(SELECT count(*) FROM effect)",
};
