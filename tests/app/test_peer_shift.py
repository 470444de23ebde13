#!/usr/bin/python3
"""Reconciliation by shifts between two real centres: equal ledgers are told so; a book changed by hand is found on both
sides, with the messages, and settled only when both have decided about the same differences; an outage over the end.
Usage: test_peer_shift.py CUAKHAU ROOT"""
import calendar
import json
import pathlib
import sqlite3
import sys
import tempfile
import time

import peer_pair
from peer_pair import wait_for

program, root = sys.argv[1], pathlib.Path(sys.argv[2])
SHIFT_S = 6


def over(a, b, item):
    h = a.offer(item)
    b.reach(h, "considering")
    b.act(h, "accept")
    a.reach(h, "agreed")
    a.act(h, "cross", role="device")
    b.reach(h, "arrived")
    b.act(h, "receive")
    a.reach(h, "closed"), b.reach(h, "closed")
    return h


def early():
    """Waits for the first seconds of a shift; its name."""
    while time.time() % SHIFT_S > 1.5:
        time.sleep(0.05)
    begin = int(time.time()) // SHIFT_S * SHIFT_S
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(begin))


def begin_of(name):
    return calendar.timegm(time.strptime(name, "%Y-%m-%dT%H:%M:%SZ"))


def shift(centre, name):
    return next((s for s in centre.get("/v1/peer/shifts?max=1000")["items"] if s["shift"] == name), None)


def in_state(centre, name, state):
    return wait_for(lambda: (lambda s: s if s and s["state"] == state else None)(shift(centre, name)), 2 * SHIFT_S + 4,
                    f"shift {name} at {centre.side} to be {state}: {shift(centre, name)}")


def change_book(centre, handover):
    """Somebody writes into the file: the item went to the other side."""
    db = sqlite3.connect(centre.folder / "gate.db")
    (body,) = db.execute("SELECT body FROM resource WHERE kind='handover' AND id=?", (handover,)).fetchone()
    row = json.loads(body) | {"state": "returned"}
    db.execute("UPDATE resource SET body=? WHERE kind='handover' AND id=?", (json.dumps(row), handover))
    db.commit()
    db.close()


def acts(centre):
    text = centre.run("journal", "dump", f"{centre.folder}/gate.db")
    return [json.loads(line)["data"].get("act") for line in text.splitlines() if '"kind":"LINK"' in line and line.startswith("{")]


def differ(a, b, good):
    name = early()
    h = over(a, b, "IGV-2")
    b.stop()  # an outage over the end of the shift, too
    change_book(b, h)
    wait_for(lambda: (lambda s: s and s["state"] == "reconciled")(shift(a, good)), 2, "the shift before")
    wait_for(lambda: time.time() > begin_of(name) + SHIFT_S + 1, SHIFT_S + 2)
    b.start()
    for me, own, other in ((a, "igv IGV-2 cn-yyg", "igv IGV-2 vn-hn"), (b, "igv IGV-2 vn-hn", "igv IGV-2 cn-yyg")):
        s = wait_for(lambda: (lambda s: s if s and s["differences"] else None)(shift(me, name)), 15, f"differences at {me.side}: {shift(me, name)}")
        assert s["state"] == "differs" and s["differences_n"] == 1, s
        d = s["differences"][0]
        assert d["handover"] == h and d["own"] == own and d["other_side"] == other, d
        assert [m["kind"] for m in d["messages"]] == ["OFFER", "ACCEPT", "CROSSED", "RECEIVED", "CLOSED"] and d["messages"][0]["number"] >= 1, d
        assert any(x["alarm"] == "peer" for x in me.get("/v1/alarms")["items"])
    wait_for(lambda: "differences_hash" in shift(a, name) and "differences_hash" in shift(b, name), 5)
    hash_a, hash_b = shift(a, name)["differences_hash"], shift(b, name)["differences_hash"]
    assert hash_a == hash_b
    path = f"/v1/peer/shifts/{name}/decision"
    assert a.post(path, {"hash": "0" * 64, "note": "x"}, 409)["errors"][0]["rule"] == "other_differences"
    assert a.post(f"/v1/peer/shifts/{good}/decision", {"hash": hash_a, "note": "x"}, 409)["errors"][0]["rule"] == "nothing_to_decide"
    assert a.post("/v1/peer/shifts/2020-01-01T00:00:00Z/decision", {"hash": hash_a, "note": "x"}, 409)["errors"][0]["rule"] == "shift_unknown"
    assert a.call("POST", path, {"hash": hash_a, "note": "x"}, role="border_guard")[0] == 403
    a.post(path, {"hash": hash_a, "note": "their book was changed: the item is with them"}, role="board", key="d1")
    assert a.call("POST", path, {"hash": hash_a, "note": "their book was changed: the item is with them"}, role="board", key="d1")[2]["Idempotent-Replay"] == "true"
    seen = wait_for(lambda: (lambda s: s if s.get("other_decision") else None)(shift(b, name)), 10, "the decision to arrive")
    assert seen["state"] == "differs" and seen["other_note"].startswith("their book"), seen
    b.post(path, {"hash": hash_b, "note": "agreed: a mistake of ours"})
    mine, theirs = in_state(a, name, "settled"), in_state(b, name, "settled")
    assert mine["decision"] == mine["other_decision"] == theirs["decision"] and theirs["note"].startswith("agreed"), (mine, theirs)
    return name


def main():
    with tempfile.TemporaryDirectory() as d:
        a, b = peer_pair.pair(program, root, pathlib.Path(d))
        for c in (a, b):
            c.options = ["--peer-shift", str(SHIFT_S)]
            c.start()
        good = early()
        over(a, b, "IGV-1")
        first = in_state(a, good, "reconciled"), in_state(b, good, "reconciled")
        assert first[0]["lines"] == first[1]["lines"] == 1 and first[0]["hash"] == first[1]["hash"] == first[1]["other_hash"], first
        name = differ(a, b, good)
        a.stop(), b.stop()
        for c in (a, b):
            said = acts(c)
            for act in ("shift told", "reconciled", "differs", "lines told", "difference", "differences listed", "decided", "settled"):
                assert act in said, (c.side, act, set(said))
            c.run("journal", "verify", f"{c.folder}/gate.db")
            c.start()
            assert shift(c, name)["state"] == "settled" and len(shift(c, name)["differences"]) == 1
            c.stop()
        print(f"shift {good} reconciled, shift {name} differed and was settled by both")


main()
