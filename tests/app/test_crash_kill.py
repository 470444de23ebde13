"""The real server under load, killed at random moments and started again on the same file. Clients declare, move, decide and pay; a device polls the
effects and carries them out; a listener follows the events. After each restart and at the end: nothing acknowledged is lost, nothing is done twice.
CUAKHAU_KILLS sets how often (25), CUAKHAU_SEED the moments."""
import json
import os
import random
import shutil
import socket
import sqlite3
import sys
import tempfile
import threading
import time

from crash_gate import Connection, Gate, Wrong, expect

CLIENTS = 6
WHO_MOVES = {"depart": "board", "arrive_inland": "yard", "gate_in": "yard", "line_up": "yard", "cross_out": "border_guard", "peer_receive": "peer",
             "deliver": "peer", "return": "border_guard", "peer_exit": "peer", "enter": "border_guard", "yard_in": "yard", "yard_out": "customs"}


class Sent:
    def __init__(self, actor, key, path, role, body):
        self.actor, self.key, self.path, self.role, self.body = actor, key, path, role, body
        self.answer = None  # (status, body): acknowledged
        self.tries = 0


class Load:
    """What all clients share: the commands sent, by key."""

    def __init__(self, gate):
        self.gate, self.lock, self.sent, self.errors = gate, threading.Lock(), [], []
        self.ended, self.finished = threading.Event(), threading.Event()  # no new commands; no more events
        self.calm = threading.Event()  # the device keeps up
        self.calm.set()
        self.replays, self.unsure_done, self.unsure_new = 0, 0, 0

    def command(self, link, path, role, body, key):
        s = Sent("a-" + role, key, path, role, body)
        with self.lock:
            self.sent.append(s)
        return self.deliver(link, s)

    def deliver(self, link, s):
        before = link.broken
        answer = link.insist("POST", s.path, s.role, s.key, s.body)
        if answer is None:
            return None
        status, text, replay = answer
        expect(status in (200, 201, 409, 422, 404, 403), s.path, "was answered", status, text)
        with self.lock:
            if s.answer:  # asked again after the answer: the same again
                expect(replay and s.answer[0] == status, s.key, "was answered", s.answer[0], "and then", status)
                if status < 300:
                    expect(all(s.answer[1][k] == text[k] for k in ("passage", "seq", "events")), s.key, "was answered", s.answer[1], "and then", text)
                else:
                    expect(s.answer[1] == text, s.key, "was refused", s.answer[1], "and then", text)
                self.replays += 1
            else:
                expect(not replay or link.broken > before, s.key, "was taken for a repeated one")
                if link.broken > before:
                    self.unsure_done, self.unsure_new = self.unsure_done + replay, self.unsure_new + (not replay)
                s.answer = (status, text)
        return status, text


class Thread(threading.Thread):
    def __init__(self, load, number):
        super().__init__(daemon=True)
        self.load, self.number, self.link, self.count, self.until = load, number, Connection(load.gate, number), 0, load.ended

    def run(self):
        try:
            while not self.until.is_set():
                self.work()
        except Exception as e:  # told by the main thread
            self.load.errors.append(f"{type(self).__name__}: {type(e).__name__}: {e}")
            self.load.ended.set()


class Client(Thread):
    """One truck after the other, each through everything that the pass asks for next."""

    def do(self, path, role, body):
        self.count += 1
        return self.load.command(self.link, path, role, body, f"c{self.number}-{self.count}")

    def declaration(self):
        n, imports = self.number * 10000 + self.count, self.link.random.random() < 0.4
        d = {"lrn": f"L-{self.number}-{self.count}", "direction": "import" if imports else "export", "mode": "through", "regime": "ordinary", "tare_kg": 15500,
             "plate": (f"桂F{n % 100000:05d}" if imports else f"12C{n % 100000:05d}"), "vehicle_country": "CN" if imports else "VN", "driver_id": f"B{n:07d}",
             "customs_no": f"{307000000000 + n}", "channel": "green"}
        if not imports and self.link.random.random() < 0.5:
            d["empty"] = True
            return d
        d["seals"] = [f"SL{n:09d}"]
        d["certificates"] = [{"kind": "phytosanitary", "number": f"PQ-{n}"}, {"kind": "origin", "number": f"CO-{n}"}]
        d["goods"] = [{"hs": "84713020" if imports else "08106000", "description": "goods", "origin": "CN" if imports else "VN", "net_kg": 16000, "gross_kg": 17100,
                       "growing_area": "VN-LSOR-0001", "packing_house": "VN-LSPH-001"}]
        return d

    def work(self):
        r = self.do("/v1/declarations", "trader", self.declaration())
        if r is None or r[0] != 201:
            return
        ref = r[1]["passage"]
        for _ in range(60):
            view = self.link.insist("GET", f"/v1/passages/{ref}", "centre")
            if view is None or self.load.ended.is_set():
                return
            expect(view[0] == 200, "LOST: the passage", ref, "was acknowledged and is not there:", view)
            if not view[1]["open"]:
                return
            self.load.calm.wait(1)
            if not self.next_step(ref, view[1]):
                break
            if self.link.random.random() < 0.04:  # an old command again
                with self.load.lock:
                    old = self.link.random.choice(self.load.sent)
                if old.answer:
                    self.load.deliver(self.link, old)
        self.do(f"/v1/passages/{ref}/moves", "board", {"move": "turn_back", "reason": "does not come on"})

    def next_step(self, ref, view):
        path = f"/v1/passages/{ref}"
        if view.get("fee_vnd") and not view.get("fee_paid"):
            self.do(path + "/payments", "board", {"vnd": view["fee_vnd"], "receipt": f"R-{ref}", "method": "bank"})
        tasks = [t for t in view["tasks"] if t["state"] == "open" and t["task"] != "fee"]
        for t in tasks[:2]:
            body = {"outcome": "grant"}
            if t["task"] == "weight":
                body["weight_kg"] = view["gross_kg"] + 15500 if view.get("gross_kg") else 15500
            if t["task"] == "channel":
                body["channel"] = "green"
            if self.link.random.random() < 0.1:
                self.do(f"{path}/tasks/{t['task']}/take", t["agency"], {})
            r = self.do(f"{path}/tasks/{t['task']}/decision", t["agency"], body)
            if r is None:
                return False
        move = (view.get("next") or {}).get("move")
        if move in WHO_MOVES and (not tasks or self.link.random.random() < 0.1):  # sometimes too early: a refusal is an answer, too
            return self.do(path + "/moves", WHO_MOVES[move], {"move": move}) is not None
        if not tasks:
            time.sleep(0.01)  # called when its turn comes
        return True


class Device(Thread):
    """Carries each effect out once: it keeps the numbers of those done. Sometimes it forgets to say so and is asked again."""

    def __init__(self, load, number):
        super().__init__(load, number)
        self.done, self.asked_again = {}, 0

    def work(self):
        page = self.link.insist("GET", "/v1/effects?max=200", "device")
        if page is None:
            return False
        (self.load.calm.set if len(page[1]["items"]) < 200 else self.load.calm.clear)()
        for e in page[1]["items"]:
            number = e["effect"]
            if number in self.done:
                self.asked_again += 1
                expect(self.done[number] == e, "effect", number, "came again as another one")
            else:
                self.done[number] = e  # here the barrier opens
            if self.link.random.random() < 0.2:
                continue
            r = self.load.command(self.link, f"/v1/effects/{number}/done", "device", {"note": "done"}, f"d-{number}-{self.count}")
            self.count += 1
            if r is None:
                return False
            expect(r[0] == 200, "effect", number, "was not confirmed:", r)
        time.sleep(0.01)
        return bool(page[1]["items"])


class Listener(Thread):
    """Follows the events over all restarts by Last-Event-ID."""

    def __init__(self, load, number):
        super().__init__(load, number)
        self.last, self.events, self.connections, self.until = 0, {}, 0, load.finished

    def take(self, block):
        if block.startswith(b":"):
            return
        fields = dict(line.split(b": ", 1) for line in block.split(b"\n"))
        seq = int(fields[b"id"])
        expect(seq == self.last + 1, "event", seq, "came after event", self.last)
        self.last = seq
        self.events[seq] = fields[b"data"]

    def work(self):
        if not self.load.gate.up.wait(0.2):
            return
        try:
            with socket.create_connection(("127.0.0.1", self.load.gate.port), timeout=1) as s:
                self.follow(s)
        except OSError:
            time.sleep(0.005)

    def follow(self, s):
        start = f"Last-Event-ID: {self.last}\r\n" if self.last else ""
        s.sendall(f"GET /v1/events?after=0 HTTP/1.0\r\nHost: t\r\nAuthorization: Bearer t-auditor\r\n{start}\r\n".encode())
        self.connections += 1
        rest, head, quiet = b"", True, 0
        while not (self.until.is_set() and quiet):
            try:
                chunk = s.recv(65536)
            except TimeoutError:
                quiet += 1
                continue
            if not chunk:
                return  # half an event at the end is not taken: it comes again
            rest, quiet = rest + chunk, 0
            if head:
                if b"\r\n\r\n" not in rest:
                    continue
                top, rest = rest.split(b"\r\n\r\n", 1)
                expect(b" 200 " in top.split(b"\r\n")[0], "the stream was answered", top)
                head = False
            *blocks, rest = rest.split(b"\n\n")
            for b in blocks:
                self.take(b)


def commands_of(gate):
    """(actor, key) -> input number, straight from the file beside the running server."""
    db = sqlite3.connect(f"file:{gate.file}?mode=ro", uri=True)
    try:
        found = {}
        for no, actor, key in db.execute("SELECT no, actor, idem FROM input WHERE idem IS NOT NULL"):
            expect((actor, key) not in found, "the command", actor, key, "is in the journal twice")
            found[actor, key] = no
        return found
    finally:
        db.close()


def check_commands(gate, load, acknowledged):
    found = commands_of(gate)
    for s in acknowledged:
        expect((s.actor, s.key) in found, "LOST: the command", s.key, "was acknowledged with", s.answer)
    return len(found)


def check_offline(gate, kills):
    """On a copy of what the killed process left."""
    beside = gate.copy()
    out = gate.journal("verify", file=beside) if os.path.exists(beside) else "intact"
    expect(out.startswith("intact"), out)
    if kills % 5 == 0:
        once, twice = gate.journal("replay", "--json", file=beside), gate.journal("replay", "--json", file=beside)
        expect(once == twice, "two replays differ:", once, twice)
        expect("as they were" in gate.journal("rebuild", file=beside), "rebuilt read models differ")
        expect(gate.journal("replay", "--json", file=beside) == once, "rebuilding changed the journal")


def check_effects(rows, device):
    """Each movement that opens a barrier or tells the other side was carried out once, and nothing else was."""
    wanted, confirmed = {}, set()
    for e in rows:
        if e["kind"] == "EFFECT_DONE":
            confirmed.add(e["data"]["effect"])
        if e["kind"] != "MOVED":
            continue
        d, n = e["data"], 0
        if "lane" in d or d.get("point") in ("gate_in", "yard_in", "yard_out"):
            wanted[e["seq"] * 16] = ("open_barrier", e["passage"])
            n = 1
        if d["to"] in ("abroad", "returned", "goods_in_yard"):
            wanted[e["seq"] * 16 + n] = ("peer_notice", e["passage"])
    done = {n: (e["kind"], e["passage"]) for n, e in device.done.items()}
    expect(done == wanted, "effects carried out and asked for differ:", set(done.items()) ^ set(wanted.items()))
    expect(confirmed <= set(wanted), "confirmed but never asked for:", confirmed - set(wanted))
    return len(wanted)


def check_end(gate, load, device, listener):
    rows = [json.loads(line) for line in gate.journal("dump").splitlines()]
    expect([r["seq"] for r in rows] == list(range(1, len(rows) + 1)), "the journal has gaps")
    expect(listener.last == len(rows), "the listener ends at", listener.last, "of", len(rows))
    for r in rows:  # what was sent live is what the journal holds: nothing was told before it was durable
        live = json.loads(listener.events[r["seq"]])
        expect(live["kind"] == r["kind"] and live["at"] == r["at"] and live.get("passage") == r.get("passage"), "event", r["seq"], "was sent as", live)
    keys = {}
    for s in load.sent:
        expect(s.answer is not None, "the command", s.key, "was never answered")
        for e in s.answer[1].get("events", []):
            expect(rows[e["seq"] - 1]["kind"] == e["kind"] and e["seq"] not in keys, "event", e["seq"], "was answered to", s.key, "and", keys.get(e["seq"]))
            keys[e["seq"]] = s.key
    lrns = [r["data"]["declaration"]["lrn"] for r in rows if r["kind"] == "DECLARED"]
    expect(len(lrns) == len(set(lrns)), "a declaration was carried out twice")
    return len(rows), check_effects(rows, device), sum(r["kind"] == "MOVED" and r["data"]["to"] == "closed" for r in rows)


def kill_and_restart(gate, load, rng, kills):
    with load.lock:
        acknowledged = [s for s in load.sent if s.answer]
    gate.kill()
    if kills <= 30 or kills % 10 == 0:  # the copies grow
        check_offline(gate, kills)
    if rng.random() < 0.15:  # once more while it is just starting
        gate.spawn()
        time.sleep(rng.random() * 0.15)
        gate.kill()
    gate.spawn()
    seconds = gate.wait()
    check_commands(gate, load, acknowledged)
    return seconds


def run(program, folder, kills, seed):
    rng, gate, restarts = random.Random(seed), Gate(program, folder), []
    load = Load(gate)
    threads = [Client(load, n) for n in range(CLIENTS)] + [Device(load, 100), Listener(load, 200)]
    device, listener = threads[-2:]
    gate.spawn()
    gate.wait()
    for t in threads:
        t.start()
    for n in range(1, kills + 1):
        time.sleep(0.03 + rng.random() * rng.random() * 1.2)
        if load.errors:
            break
        restarts.append(kill_and_restart(gate, load, rng, n))
    time.sleep(0.3)
    load.ended.set()
    for t in threads[:-1]:
        t.join(60)
    expect(not load.errors, *load.errors)
    for s in load.sent:  # whoever still waits for an answer asks again
        if not s.answer:
            load.deliver(threads[0].link, s)
    rounds = 0
    while device.work():  # to the last one; confirmed ones are not asked for any more
        rounds += 1
        expect(rounds < 500, "confirmed effects are still asked for")
    load.finished.set()
    listener.join(60)
    expect(not load.errors, *load.errors)
    in_journal = check_commands(gate, load, load.sent)
    expect(in_journal == len(load.sent), in_journal, "commands are in the journal,", len(load.sent), "were sent")
    gate.stop()
    check_offline(gate, 0)
    events, effects, closed = check_end(gate, load, device, listener)
    refused = sum(s.answer[0] >= 300 for s in load.sent)
    print(f"{kills} kills: {len(load.sent)} commands acknowledged ({refused} refusals), lost 0, doubled 0; of those under way at a kill {load.unsure_done} had been "
          f"carried out and {load.unsure_new} had not; {load.replays} old commands repeated")
    print(f"{events} events on {listener.connections} streams without gap or repeat; {effects} effects carried out once each ({device.asked_again} asked for again); "
          f"{closed} passages closed")
    restarts.sort()
    if restarts:
        print(f"restart: median {restarts[len(restarts) // 2] * 1000:.0f} ms, longest {restarts[-1] * 1000:.0f} ms")
    expect(kills < 20 or (len(load.sent) > kills * 10 and load.unsure_done + load.unsure_new > kills // 4 and effects > kills), "there was too little load")


def main():
    kills, seed = int(os.environ.get("CUAKHAU_KILLS", "25")), int(os.environ.get("CUAKHAU_SEED", "1"))
    folder = tempfile.mkdtemp(prefix="cuakhau-kill-")
    try:
        run(sys.argv[1], folder, kills, seed)
    except Wrong as e:
        print("FAILED:", str(e)[:2000])
        return 1
    finally:
        if not os.environ.get("CUAKHAU_KEEP"):
            shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
