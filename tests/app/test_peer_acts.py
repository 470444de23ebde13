#!/usr/bin/python3
"""People work with the cross-border link over the HTTP API of two real centres: they offer, answer, cross, receive, contest
and settle; each refusal says why; a repeated command is answered again; both sides show the same messages.
Usage: test_peer_acts.py CUAKHAU ROOT"""
import pathlib
import sys
import tempfile

import peer_pair
from peer_pair import wait_for

program, root = sys.argv[1], pathlib.Path(sys.argv[2])


def chain(centre, handover):
    return [(m["from"], m["kind"], m["number"], m["hash"]) for m in centre.get(f"/v1/handovers/{handover}")["messages"]]


def holders(a, b, item):
    return a.get(f"/v1/custody/igv/{item}")["holder"], b.get(f"/v1/custody/igv/{item}")["holder"]


def to_agreed(a, b, item):
    h = a.offer(item)
    b.reach(h, "considering")
    b.act(h, "accept", role="border_guard")
    a.reach(h, "agreed")
    return h


def over_and_closed(a, b):
    body = {"item_kind": "igv", "item": "IGV-1", "weight_kg": 9000, "seal": "VN001"}
    first = a.call("POST", "/v1/handovers", body, key="same")
    again = a.call("POST", "/v1/handovers", body, key="same")
    assert first[0] == again[0] == 201 and again[2]["Idempotent-Replay"] == "true", (first, again)
    h = first[1]["handover"]
    assert h == again[1]["handover"] == "vn-hn-1" and first[1]["status"] == "offered" and first[2]["Location"] == f"/v1/handovers/{h}"
    assert a.call("POST", "/v1/handovers", body | {"seal": "VN002"}, key="same")[1]["code"] == "IDEMPOTENCY_KEY_REUSED"
    b.reach(h, "considering")
    assert holders(a, b, "IGV-1") == ("own", "other_side")
    assert a.act(h, "accept", 409)["errors"][0]["rule"] == "out_of_order"  # not the giver's to do
    refused = b.call("POST", f"/v1/handovers/{h}/acts", {"act": "close"}, key="no", lang="vi")
    assert refused[0] == 409 and refused[1]["code"] == "LINK_REFUSED" and "không nối tiếp" in refused[1]["detail"], refused
    assert b.call("POST", f"/v1/handovers/{h}/acts", {"act": "close"}, key="no", lang="zh")[1]["code"] == "LINK_REFUSED"
    assert b.act(h, "accept", role="border_guard")["status"] == "bound"
    assert b.act(h, "accept", 409)["errors"][0]["rule"] == "out_of_order"
    a.reach(h, "agreed")
    assert a.act(h, "cross", 403)["code"] == "WRONG_ROLE"  # a person's word is not the line's devices
    assert a.act(h, "cross", role="device")["status"] == "away"
    assert holders(a, b, "IGV-1")[0] in ("on_the_way", "other_side")
    b.reach(h, "arrived")
    assert b.act(h, "receive", weight_kg=9050, seal="VN001", ocr="IGV-1")["status"] == "received"
    b.reach(h, "closed"), a.reach(h, "closed")
    assert holders(a, b, "IGV-1") == ("other_side", "own")
    assert chain(a, h) == chain(b, h) and [m[1] for m in chain(a, h)] == ["OFFER", "ACCEPT", "CROSSED", "RECEIVED", "CLOSED"], (chain(a, h), chain(b, h))
    mine, theirs = a.get(f"/v1/handovers/{h}"), b.get(f"/v1/handovers/{h}", role="auditor")
    assert mine["crossed"] == theirs["crossed"] and mine["item"] == theirs["item"] == "IGV-1" and not mine["open"], (mine, theirs)
    back = b.offer("IGV-1")  # the other way
    assert back == "cn-yyg-1"
    a.reach(back, "considering")
    a.act(back, "reject", reason="capacity", note="no place today")
    b.reach(back, "rejected")


def contested(a, b):
    h = to_agreed(a, b, "IGV-2")
    a.act(h, "cross", role="device")
    b.reach(h, "arrived")
    assert b.act(h, "receive", not_seen=True)["status"] == "disputed"
    a.reach(h, "disputed")
    assert a.get(f"/v1/handovers/{h}")["differences"] == ["not_seen"]
    assert b.act(h, "settle", 409)["errors"][0]["rule"] == "field_missing"
    b.act(h, "settle", note="found behind the crane")
    a.reach(h, "asked")
    a.act(h, "dispute", reason="difference")
    b.reach(h, "disputed")
    b.act(h, "return", reason="incident", note="it goes back")
    a.reach(h, "returned"), b.reach(h, "returned")
    assert holders(a, b, "IGV-2") == ("own", "other_side")
    assert a.get(f"/v1/handovers/{h}")["back"] == b.get(f"/v1/handovers/{h}")["back"]
    w = to_agreed(a, b, "IGV-3")
    a.act(w, "withdraw", reason="documents", role="board")
    a.reach(w, "withdrawn"), b.reach(w, "withdrawn")
    r = to_agreed(a, b, "IGV-3")
    b.act(r, "revoke", reason="corridor_closed")
    a.reach(r, "withdrawn"), b.reach(r, "withdrawn")


def refusals(a, b):
    for body in ({"act": "fly"}, {"act": "accept", "reason": "because"}, {"act": "accept", "place": "H1"}, {}):
        a.post("/v1/handovers/vn-hn-1/acts", body, 422)
    assert a.act("vn-hn-99", "close", 404)["code"] == "HANDOVER_UNKNOWN"
    truck = a.post("/v1/handovers", {"item_kind": "truck", "item": "12C12345"}, 409)  # comes with its passage only
    assert truck["errors"][0]["rule"] == "not_held", truck
    assert a.call("POST", "/v1/handovers", {"item_kind": "igv", "item": "X"}, role="trader")[0] == 403
    assert a.call("GET", "/v1/peer", role="trader")[0] == 403
    assert a.call("GET", "/v1/handovers/vn-hn-99")[0] == 404 and a.call("GET", "/v1/custody/igv/nobody")[0] == 404
    long = a.post("/v1/handovers", {"item_kind": "igv", "item": "X", "note": "\u4e2d" * 200}, 409)  # 600 bytes
    assert long["errors"][0]["rule"] == "field_value" and a.call("GET", "/v1/custody/igv/X")[0] == 404, long


def shown(a, b):
    one = a.get("/v1/handovers?max=2")
    two = a.get(f"/v1/handovers?max=1000&cursor={one['next']}")
    keys = [h["handover"] for h in one["items"] + two["items"]]
    assert len(one["items"]) == 2 and len(keys) == 5 and keys == sorted(keys) and two["next"] is None, keys
    assert a.get("/v1/handovers?open=true")["items"] == []
    assert [h["handover"] for h in a.get("/v1/handovers?item=IGV-1&state=closed")["items"]] == ["vn-hn-1"]
    p = wait_for(lambda: (lambda x: x if x["messages"]["made"] == x["messages"]["acknowledged"] else None)(a.get("/v1/peer", role="customs")))
    q = wait_for(lambda: (lambda x: x if x["messages"]["made"] == x["messages"]["acknowledged"] else None)(b.get("/v1/peer")))
    assert p["configured"] and p["side"] == q["other_side"] == "vn-hn" and p["version"] == "1.0" and not p["down"], p
    assert p["keys"] == {"own": ["vn-hn-1"], "other_side": ["cn-yyg-1"]} and p["messages"]["heard"] == q["messages"]["made"] > 10, (p, q)
    metrics = __import__("urllib.request").request.urlopen(a.url + "/metrics").read().decode()
    for line in (f'cuakhau_peer_messages_total{{way="out"}} {p["messages"]["made"]}', "cuakhau_peer_unacknowledged 0", "cuakhau_peer_down 0"):
        assert line in metrics, (line, metrics[:2000])


def main():
    with tempfile.TemporaryDirectory() as d:
        a, b = peer_pair.pair(program, root, pathlib.Path(d))
        a.other = None
        a.start()
        assert a.post("/v1/handovers", {"item_kind": "igv", "item": "IGV-1"}, 409)["code"] == "NO_LINK"
        assert a.get("/v1/peer")["configured"] is False and a.get("/v1/handovers")["items"] == []
        a.stop()
        a.other = b
        a.start(), b.start()
        over_and_closed(a, b)
        contested(a, b)
        refusals(a, b)
        shown(a, b)
        a.stop(), b.stop()
        a.start(), b.start()  # what people see comes from the journal
        assert a.state("vn-hn-1") == "closed" and chain(a, "vn-hn-1") == chain(b, "vn-hn-1")
        a.stop(), b.stop()
        for c in (a, b):
            c.run("journal", "verify", f"{c.folder}/gate.db")
        print("5 hand-overs by people's acts, both sides alike")


main()
