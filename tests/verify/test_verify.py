#!/usr/bin/python3
"""cuakhau journal head, prove and export with cuakhau-verify behind them: honest journals agree, and who held what is what really
happened; each kind of tampering is found and named, also by one who writes the whole chain of his own journal again; lies told with
a true key; bad input. The chain is computed here a third time, by hashlib."""
import hashlib
import json
import os
import pathlib
import random
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile

CUAKHAU, VERIFY, MAKE = (os.path.abspath(p) for p in sys.argv[1:4])
SEEDS = int(os.environ.get("CUAKHAU_SEEDS", "3"))
checks = 0


def check(good, text):
    global checks
    checks += 1
    if not good:
        sys.exit(f"FAILED: {text}")


def run(*args, status=0):
    p = subprocess.run([str(a) for a in args], capture_output=True, timeout=300)
    out = p.stdout.decode("utf-8", "replace") + p.stderr.decode("utf-8", "replace")
    wanted = status if isinstance(status, tuple) else (status,)
    check(p.returncode in wanted, f"{' '.join(str(a) for a in args)}: status {p.returncode}, wanted {status}\n{out[-3000:]}")
    return out


def make(folder, seed, steps, *lie):
    folder.mkdir()
    run(MAKE, folder, seed, steps, *lie)
    for side in ("vn", "cn"):
        export(folder, side)
    return folder


def export(folder, side, *more):
    with open(folder / f"{side}.jsonl", "wb") as f:
        p = subprocess.run([CUAKHAU, "journal", "export", folder / f"{side}.db", *more], stdout=f, stderr=subprocess.PIPE)
    check(p.returncode == 0, p.stderr.decode())


def ledger(folder, *more, status=0):
    return json.loads(run(VERIFY, "ledger", "--keys", folder / "keys.json", folder / "vn.jsonl", folder / "cn.jsonl", "--json", *more, status=status))


def codes(answer):
    return {d["code"] for d in answer["differences"]}


# ---- the chain and the tree, once more
def number(v):
    return struct.pack("<Qq", 8, v)


def text(s):
    b = s.encode() if isinstance(s, str) else s
    return struct.pack("<Q", len(b)) + b


class Export:
    def __init__(self, path):
        lines = path.read_bytes().decode().split("\n")
        self.header = json.loads(lines[0])
        self.rows = [(json.loads(x), x.split(',"body":', 1)[1][:-1]) for x in lines[1:] if x]

    def again(self):
        """Numbers, hashes and header as somebody would write them who owns the journal."""
        prev, event, number_of, owner, leaves = bytes(32), 0, 0, None, []
        for r, body in self.rows:
            if "event" in r:
                event += 1
                r["event"], r["input"] = event, number_of
                owner["events"] += 1
            else:
                number_of += 1
                owner = r
                r["input"], r["first_event"], r["events"] = number_of, event + 1, 0
        for r, body in self.rows:
            if "event" in r:
                data = b"E" + number(r["event"]) + number(r["input"]) + number(r["t"]) + text(r["kind"]) + number(r["passage"])
            else:
                data = b"I" + number(r["input"]) + number(r["t"]) + text(r["role"]) + text(r["actor"]) + text(r["kind"]) + text(r["idem"])
                data += text(bytes.fromhex(r["body_hash"])) + number(r["first_event"]) + number(r["events"]) + number(r["passage"])
            prev = hashlib.sha256(prev + data + text(body)).digest()
            r["hash"] = prev.hex()
            if "event" in r:
                leaves.append(hashlib.sha256(b"\0" + prev).digest())
        self.header.update(last_input=number_of, last_event=event, size=event, chain=prev.hex(), root=root(leaves).hex())
        return self

    def write(self, path):
        dump = lambda v: json.dumps(v, separators=(",", ":"), ensure_ascii=False)
        rows = [dump({k: v for k, v in r.items() if k != "body"})[:-1] + ',"body":' + body + "}" for r, body in self.rows]
        path.write_bytes(("\n".join([dump(self.header), *rows]) + "\n").encode())

    def links(self, what):
        """Places of the rows whose event says so."""
        return [i for i, (r, b) in enumerate(self.rows) if r.get("kind") == "LINK" and what(json.loads(b)["data"])]

    def data(self, i):
        return json.loads(self.rows[i][1])["data"]

    def set(self, i, data):
        body = json.loads(self.rows[i][1])
        body["data"] = data
        self.rows[i] = (self.rows[i][0], json.dumps(body, separators=(",", ":"), ensure_ascii=False))


def root(leaves):
    if len(leaves) == 1:
        return leaves[0]
    k = 1
    while k * 2 < len(leaves):
        k *= 2
    return hashlib.sha256(b"\1" + root(leaves[:k]) + root(leaves[k:])).digest()


# ---- honest journals
def truth(folder):
    """For each item its changes in order: time, holder, how, when the new holder heard of the release."""
    items, waiting = {}, {}
    for line in (folder / "truth.jsonl").read_text().splitlines():
        t = json.loads(line)
        if "item" in t:
            changes = items.setdefault(t["item"], [])
            changes.append([max(t["at"], changes[-1][0]) if changes else t["at"], t["holder"], t["by"], None])
            waiting[t["handover"], t["by"]] = changes[-1]
        else:
            waiting[t["handover"], t["heard"]][3] = t["at"]
    return items


def moment(ms):
    import datetime
    d = datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone.utc)
    return d.strftime("%Y-%m-%dT%H:%M:%S.") + f"{ms % 1000:03d}Z"


def back(s):
    import datetime
    d = datetime.datetime.strptime(s, "%Y-%m-%dT%H:%M:%S.%fZ").replace(tzinfo=datetime.timezone.utc)
    return round(d.timestamp() * 1000)


def test_honest(place):
    asked = 0
    for seed in range(1, SEEDS + 1):
        f = make(place / f"honest-{seed}", seed, 1500)
        answer = ledger(f)
        check(answer["agree"] and answer["messages"] > 150 and answer["handovers"] > 20, f"seed {seed}: {str(answer)[:500]}")
        check(all(s["heads_witnessed"] > 0 for s in answer["sides"]), f"seed {seed}: no head was witnessed")
        said = run(VERIFY, "ledger", "--keys", f / "keys.json", f / "cn.jsonl", f / "vn.jsonl", "--quiet")  # the other order
        check("both ledgers agree: " in said, said)
        items, shown = truth(f), {x["item"]: x["intervals"] for x in answer["ledger"]}
        check(set(items) == set(shown), f"seed {seed}: items {set(items) ^ set(shown)}")
        ways = {c[2] for changes in items.values() for c in changes}
        check(ways == {"offer", "CROSSED", "RETURN"}, f"seed {seed}: only {ways} was played")
        rng = random.Random(seed)
        for item, changes in items.items():
            spans = [(back(v["from"]), v["holder"]) for v in shown[item]]
            check(spans == [(c[0], c[1]) for c in changes], f"seed {seed}, {item}: {spans} against {changes}")
            times = [c[0] + d for c in changes for d in (-1, 0, 1)] + [c[3] + d for c in changes if c[3] for d in (-1, 0)] + [rng.randrange(changes[0][0], changes[-1][0] + 10**6) for _ in range(4)]
            for at in rng.sample(times, 6):
                asked += 1
                now = [c for c in changes if c[0] <= at]
                a = ledger(f, "--who", item, "--at", moment(at), status=0 if now else 1)
                who = a["who"][0]
                check(who["known"] == bool(now), f"{item} at {at}: {who}")
                if not now:
                    continue
                v = who["interval"]
                check(v["holder"] == now[-1][1], f"seed {seed}, {item} at {at}: {v}, really {now[-1]}")
                heard = now[-1][3]
                check(who["on_the_way"] == (now[-1][2] != "offer" and (heard is None or at < heard)), f"{item} at {at}: {who}, really {now[-1]}")
                check((back(v["heard"]) if "heard" in v else None) == heard, f"{item} at {at}: {who}, really {now[-1]}")
    check("in no hand-over" in run(VERIFY, "ledger", "--keys", f / "keys.json", f / "vn.jsonl", f / "cn.jsonl", "--who", "NOBODY", status=1), "unknown item")
    return asked


# ---- one journal
def test_log(place):
    f = make(place / "log", 77, 60)
    good = f / "vn.jsonl"
    head = f / "head.json"
    head.write_text(run(CUAKHAU, "journal", "head", f / "vn.db", "--json"))
    run(VERIFY, "log", good, "--head", head)
    whole = good.read_bytes()
    lines = whole.split(b"\n")[:-1]
    rng = random.Random(5)
    bad = f / "bad.jsonl"
    for n, line in enumerate(lines):  # one byte of each row, at several places
        for at in sorted({rng.randrange(len(line)) for _ in range(8)}):
            changed = bytearray(line)
            changed[at] ^= rng.choice((1, 2, 4, 8, 16, 32, 64, 128))
            if changed[at] == 10:
                continue
            bad.write_bytes(b"\n".join(lines[:n] + [bytes(changed)] + lines[n + 1:]) + b"\n")
            out = run(VERIFY, "log", bad, status=(1, 2))
            row = re.match(rb'\{"(input|event)":(\d+)', line)
            name = f"{row.group(1).decode()} {row.group(2).decode()}" if row else "1"
            check(n == 0 or name in out or f"bad.jsonl:{n + 1}:" in out or f" {int(row.group(2)) + 1} " in out or "names" in out,
                  f"line {n + 1}, byte {at}: {out}")
    body = lines[1:]
    for what, rows in {"removed": body[:20] + body[21:], "doubled": body[:20] + [body[19]] + body[20:], "swapped": body[:20] + [body[21], body[20]] + body[22:],
                       "cut": body[:-1], "first removed": body[1:]}.items():
        bad.write_bytes(b"\n".join([lines[0], *rows]) + b"\n")
        out = run(VERIFY, "log", bad, status=1)
        check("row_missing" in out or "row_order" in out, f"{what}: {out}")
    # Who owns the journal writes it again from the change on: it is whole, and it is not the one whose head was told.
    e = Export(good)
    at = next(i for i, (r, b) in enumerate(e.rows) if "event" in r and i > 10)
    e.rows[at] = (e.rows[at][0], e.rows[at][1].replace("1", "2", 1))
    e.again().write(bad)
    run(VERIFY, "log", bad)
    check("head_differs" in run(VERIFY, "log", bad, "--head", head, status=1), "a journal written again")
    Export(good).again().write(bad)
    check(bad.read_bytes() == whole, "the third computation of the chain differs")
    # parts
    last = json.loads(head.read_text())["size"]
    for part in (("--from", "9"), ("--to", "20"), ("--from", str(last // 2), "--to", str(last - 3)), ("--from", str(last))):
        bad.write_text(run(CUAKHAU, "journal", "export", f / "vn.db", *part))
        run(VERIFY, "log", bad)
    bad.write_text(run(CUAKHAU, "journal", "export", f / "vn.db", "--from", "9"))
    run(VERIFY, "log", bad, "--head", head)
    bad.write_text(re.sub(r'("peaks":\[")(.)', lambda m: m.group(1) + ("0" if m.group(2) != "0" else "1"), bad.read_text(), count=1))
    check("head_differs" in run(VERIFY, "log", bad, "--head", head, status=1), "other peaks")
    # somebody with a plain SQLite shell
    for sql, word in (("UPDATE journal SET body=replace(body,'a','b') WHERE seq=7", "event 7"), ("UPDATE input SET actor='x' WHERE no=5", "input 5"),
                      ("UPDATE journal SET t_ms=t_ms+1 WHERE seq=8", "event 8"), ("UPDATE journal SET body='no json' WHERE seq=6", "event 6"),
                      ("UPDATE journal SET body=body||char(10) WHERE seq=6", "event 6")):
        shutil.copy(f / "vn.db", f / "sql.db")
        with sqlite3.connect(f / "sql.db") as db:
            db.execute(sql)
        export(f, "sql")
        out = run(VERIFY, "log", f / "sql.jsonl", status=1)
        check(word in out, f"{sql}: {out}")
    with sqlite3.connect(f / "sql.db") as db:
        db.execute("DELETE FROM journal WHERE seq=9")
    check("row is missing" in run(CUAKHAU, "journal", "export", f / "sql.db", status=1), "a row taken out by SQL")


def test_proofs(place):
    f = place / "log"
    proof = f / "proof.json"
    head = json.loads((f / "head.json").read_text())
    size = head["size"]
    rng = random.Random(9)
    for args in [("--seq", rng.randrange(1, size + 1)) for _ in range(6)] + [("--from", a, "--to", rng.randrange(a, size + 1)) for a in rng.sample(range(1, size), 6)] + \
            [("--seq", 1, "--size", 1), ("--from", size, "--to", size), ("--seq", 3, "--size", 5)]:
        proof.write_text(run(CUAKHAU, "journal", "prove", f / "vn.db", *args))
        run(VERIFY, "proof", proof)
        j = json.loads(run(CUAKHAU, "journal", "prove", f / "vn.db", *args, "--json"))
        check(j == json.loads(proof.read_text()), "the readable form says something else")
        check(("seq" in j and j["size"] == size) == (json.loads(run(VERIFY, "proof", proof, "--head", f / "head.json", "--json", status=(0, 1)))["good"]) or j.get("to") == size, "head")
        places = [("path", i) for i in range(len(j["path"]))] + [(k, None) for k in ("root", "leaf", "prev", "root_from", "root_to") if k in j]
        for key, i in places:
            bad = json.loads(json.dumps(j))
            was = bad[key][i] if i is not None else bad[key]
            at = rng.randrange(64)
            new = was[:at] + ("0" if was[at] != "0" else "1") + was[at + 1:]
            if i is not None:
                bad[key][i] = new
            else:
                bad[key] = new
            proof.write_text(json.dumps(bad))
            run(VERIFY, "proof", proof, status=1)
        for change in ({"path": j["path"] + ["00" * 32]}, {"path": j["path"][:-1]} if j["path"] else {"path": ["00" * 32]}):
            proof.write_text(json.dumps({**j, **change}))
            run(VERIFY, "proof", proof, status=1)
        if "event" in j:
            for k, v in (("body", j["event"]["body"] + " "), ("t", j["event"]["t"] + 1), ("kind", "OTHER"), ("input", 99), ("passage", 7)):
                proof.write_text(json.dumps({**j, "event": {**j["event"], k: v}}))
                run(VERIFY, "proof", proof, status=1)
            proof.write_text(json.dumps({**j, "seq": j["seq"] + 1}))
            run(VERIFY, "proof", proof, status=(1, 2))
    for args in (("--seq", 0), ("--seq", size + 1), ("--seq", 3, "--size", size + 1), ("--seq", 9, "--size", 5), ("--from", 0, "--to", 4), ("--from", 9, "--to", 4), ("--seq", "x"), ()):
        out = run(CUAKHAU, "journal", "prove", f / "vn.db", *args, status=2)
        check(not args or args[0] in out or args[2] in out, out)
    check("--size" in run(CUAKHAU, "journal", "head", f / "vn.db", "--size", size + 1, status=2), "head beyond")


# ---- both journals, and somebody who writes his own again
def test_tampering(place):
    f = make(place / "both", 5, 900, "none")
    check(ledger(f)["agree"], "honest")
    original = {s: (f / f"{s}.jsonl").read_bytes() for s in ("vn", "cn")}

    def attempt(side, change, *wanted, again=True):
        e = Export(f / f"{side}.jsonl")
        said = change(e)
        (e.again() if again else e).write(f / f"{side}.jsonl")
        a = ledger(f, status=1)
        for code in wanted:
            check(code in codes(a), f"{change.__name__}: {code} is not among {codes(a)}: {a['differences'][:4]}")
        if said is not None:
            check(any(d.get("seq") == said for d in a["differences"]), f"{change.__name__}: message {said} is not named: {a['differences'][:4]}")
        (f / f"{side}.jsonl").write_bytes(original[side])
        return a

    def seq_of(data, key):
        return json.loads(data[key].split("\n")[-1])["seq"]

    sequenced = lambda d: "heard" in d and '"seq"' in d["heard"]
    release = lambda d: sequenced(d) and '"kind":"CROSSED"' in d["heard"]

    def forged_signature(e):
        i = e.links(release)[2]
        d = e.data(i)
        s = d["signature"]
        d["signature"] = s[:9] + ("0" if s[9] != "0" else "1") + s[10:]
        e.set(i, d)
        return seq_of(d, "heard")

    def heard_changed(e):
        i = e.links(release)[3]
        d = e.data(i)
        d["heard"] = d["heard"].replace('"at":"2027-01-01T0', '"at":"2027-01-01T1')
        e.set(i, d)
        return seq_of(d, "heard")

    def heard_taken_out(e):
        i = e.links(sequenced)[20]
        seq = seq_of(e.data(i), "heard") + 1  # named before the next
        del e.rows[i - 1:i + 1]
        return seq

    def made_taken_out(e):
        i = e.links(lambda d: "out" in d and "heard" not in d)[12]
        seq = seq_of(e.data(i), "out")
        del e.rows[i - 1:i + 1]
        return seq

    def made_changed(e):
        i = e.links(lambda d: "out" in d and '"kind":"CROSSED"' in d["out"])[1]
        d = e.data(i)
        d["out"] = d["out"].replace('"at":"2027-01-01T0', '"at":"2027-01-01T1')
        e.set(i, d)
        return seq_of(d, "out")

    def second_made(e):
        i = e.links(lambda d: "out" in d and '"kind":"OFFER"' in d["out"])[1]
        d = e.data(i)
        extra = json.loads(json.dumps(d))
        extra["out"] = d["out"].replace("S1", "S2")
        e.rows[i + 1:i + 1] = [({**e.rows[i - 1][0]}, e.rows[i - 1][1]), ({**e.rows[i][0]}, e.rows[i][1])]
        e.set(i + 2, extra)
        return seq_of(d, "out")

    def state_changed(e):
        i = e.links(lambda d: d.get("state") == "away")[0]
        d = e.data(i)
        d["state"] = "agreed"
        e.set(i, d)

    def tail_cut(e):
        cut = e.links(sequenced)[-40]
        del e.rows[cut - 1:]

    def event_changed(e):
        i = next(k for k, (r, b) in enumerate(e.rows) if "event" in r and r["kind"] != "LINK")
        e.rows[i] = (e.rows[i][0], e.rows[i][1].replace("0", "1", 1))

    for side in ("vn", "cn"):
        attempt(side, forged_signature, "bad_signature", "head_differs")
        attempt(side, heard_changed, "bad_signature", "second_story", "head_differs")
        attempt(side, heard_taken_out, "missing_message")
        attempt(side, made_taken_out, "not_made")
        attempt(side, made_changed, "second_story")
        attempt(side, second_made, "seq_reused")
        attempt(side, state_changed, "state_differs", "head_differs")
        attempt(side, tail_cut, "missing_message", "journal_cut")
        attempt(side, event_changed, "row_changed", again=False)
        a = attempt(side, event_changed, "head_differs")  # only what the other side witnessed shows it
        name = "vn-hn" if side == "vn" else "cn-yyg"
        check(all(d["side"] == name for d in a["differences"]), f"somebody else is named: {a['differences'][:3]}")

    keys = json.loads((f / "keys.json").read_text())
    late = moment(1798761600000 + 40 * 60000)
    for change, code in (({"revoked": late}, "key_not_valid"), ({"revoked": True}, "key_not_valid"), ({"until": late}, "key_not_valid"), ({"from": late}, "key_not_valid"),
                         ({"id": "other"}, "unknown_key"), ({"public": keys["keys"][1]["public"]}, "bad_signature")):
        (f / "keys.json").write_text(json.dumps({**keys, "keys": [{**keys["keys"][0], **change}, keys["keys"][1]]}))
        a = ledger(f, status=1)
        check(codes(a) == {code} and all(d["side"] == "vn-hn" for d in a["differences"]), f"{change}: {a['differences'][:3]}")
        total = len(a["differences"])
        check(total <= 200, f"{total} of a kind")
        check(change.get("revoked") is True or "id" in change or "public" in change or total < 250, f"{change}: {total}")
    (f / "keys.json").write_text(json.dumps({**keys, "keys": [{**keys["keys"][0], "revoked": False}, keys["keys"][1]]}))
    check(ledger(f)["agree"], "a key that was not revoked")
    (f / "keys.json").write_text(json.dumps(keys))
    check("give one of each side" in run(VERIFY, "ledger", "--keys", f / "keys.json", f / "vn.jsonl", f / "vn.jsonl", status=2), "the same journal twice")
    return f


def test_lies(place):
    for lie, wanted in (("head", {"head_equivocates", "head_differs"}), ("story", {"second_story"}), ("liar", {"not_made"})):
        f = make(place / lie, 11, 500, lie)
        a = ledger(f, status=1)
        check(wanted <= codes(a), f"{lie}: {a['differences']}")
        check(all(d["side"] == "vn-hn" for d in a["differences"] if d["code"] in wanted), f"{lie}: {a['differences']}")
        check(all(d.get("message") for d in a["differences"] if d["code"] in wanted), f"{lie}: no message is named")


def test_bad_input(place):
    f = place / "both"
    bad = place / "bad"
    rng = random.Random(3)
    keys = json.dumps(json.loads((f / "keys.json").read_text()), separators=(",", ":"))
    for what in (b"", b"\n", b"{}\n", b"\0" * 100, bytes(rng.randrange(256) for _ in range(5000)), b"[" * 5000, b'{"format":"cuakhau-journal-2"}\n',
                 (f / "vn.jsonl").read_bytes()[:777], (f / "vn.jsonl").read_bytes().split(b"\n")[0] + b"\n" + b"x" * (17 << 20) + b"\n"):
        bad.write_bytes(what)
        check("bad" in run(VERIFY, "log", bad, status=(1, 2)), "the file is not named")
        run(VERIFY, "ledger", "--keys", f / "keys.json", bad, f / "cn.jsonl", status=(1, 2))
        if len(what) < 10000:
            run(VERIFY, "proof", bad, status=2)
            run(VERIFY, "ledger", "--keys", bad, f / "vn.jsonl", f / "cn.jsonl", status=2)
            run(VERIFY, "log", f / "vn.jsonl", "--head", bad, status=2)
    for was, new in (('"public":"', '"public":"0'), ('"from":"2026-10-01T00:00:00Z"', '"from":"yesterday"'), ('"keys":[', '"keys":[{},'), ("cn-yyg", "vn-hn"), ('"skew_s":120', '"skew_s":-1')):
        bad.write_text(keys.replace(was, new, 1))
        check("keys" in run(VERIFY, "ledger", "--keys", bad, f / "vn.jsonl", f / "cn.jsonl", status=2) or "skew_s" in new, f"{new}")
    # a side's own folder gives the file
    run(CUAKHAU, "peer", "init", place / "peer", "--side", "vn-hn")
    run(CUAKHAU, "peer", "trust", place / "peer", "--id", "cn-1", "--public", "ab" * 32)
    for revoked in (False, True):
        if revoked:
            run(CUAKHAU, "peer", "revoke", place / "peer", "--id", "cn-1")
        bad.write_text(run(CUAKHAU, "peer", "keys", place / "peer", "--other", "cn-yyg"))
        check([(k["side"], k["id"], "revoked" in k) for k in json.loads(bad.read_text())["keys"]] == [("vn-hn", "vn-hn-1", False), ("cn-yyg", "cn-1", revoked)], bad.read_text())
        check(codes(json.loads(run(VERIFY, "ledger", "--keys", bad, f / "vn.jsonl", f / "cn.jsonl", "--json", status=1))) == {"unknown_key"}, "other keys")
    check("--other" in run(CUAKHAU, "peer", "keys", place / "peer", status=2) and "--other" in run(CUAKHAU, "peer", "keys", place / "peer", "--other", "vn-hn", status=2), "no other side")
    for args in ((), ("ledger",), ("log",), ("log", "--head"), ("proof", "a", "b"), ("what",), ("ledger", "--keys", f / "keys.json", f / "vn.jsonl"),
                 ("ledger", "--keys", f / "keys.json", f / "vn.jsonl", f / "cn.jsonl", "--who", "X", "--at", "noon"), ("log", place / "not-there")):
        run(VERIFY, *args, status=2)


with tempfile.TemporaryDirectory() as t:
    where = pathlib.Path(t)
    asked = test_honest(where)
    test_log(where)
    test_proofs(where)
    test_tampering(where)
    test_lies(where)
    test_bad_input(where)
print(f"verify: {checks} checks, {asked} times asked who held an item")
