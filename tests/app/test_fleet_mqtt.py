"""The fleet control over a real broker: six virtual vehicles of mixed versions carry boxes; then the broker, the controller and a vehicle are killed -9
on the way; then the air loses and repeats messages. Each box is picked once and set down once, and no two bodies meet."""
import json
import os
import random
import sys
import tempfile
import time

from fleet_rig import BROKER, Air, Broker, Process, file_steps, is_step, steps, tell

PROGRAM = os.path.abspath(sys.argv[1])
ROADS = ["--make", "lanes=2,cranes=3,parks=6,chargers=2,corridor=800,line=100"]
SPEED = 40
FIVE = [("igv-1", "2.0"), ("igv-2", "2.1"), ("igv-3", "3.0"), ("igv-4", "2.0"), ("igv-5", "2.1")]
SIXTH = [("igv-6", "3.0")]
ORDER = ["assigned", "picking", "carrying", "setting", "done"]


class Ground:
    def __init__(self, folder):
        self.folder, self.epoch, self.broker, self.running = folder, int(time.time() * 1000), Broker(folder), []
        self.port = self.broker.port

    def common(self, vehicles, port=None):
        names = ",".join(f"cuakhau/{n}@{v}" for n, v in vehicles)
        return [*ROADS, "--broker", f"127.0.0.1:{port or self.port}", "--vehicles", names, "--speed-up", str(SPEED), "--epoch", str(self.epoch), "--json",
                "--seconds", "80"]

    def vehicles(self, vehicles, place, memory, port=None):
        p = Process([PROGRAM, "vehicles", *self.common(vehicles, port), "--place", str(place), "--handle-ms", "31000", "--state", os.path.join(self.folder, memory)])
        self.running.append(p)
        return p

    def fleet(self, state, jobs=None):
        text = "".join(json.dumps(j) + "\n" for j in jobs) if jobs else None
        p = Process([PROGRAM, "fleet", *self.common(FIVE + SIXTH), "--state", os.path.join(self.folder, state), "--crane-ms", "30000", "--until-done", "--attended"],
                    text if jobs else "")
        self.running.append(p)
        return p

    def close(self):
        for p in self.running:
            if p.p.poll() is None:
                p.kill()
        self.broker.kill()


def boxes(first, n):
    return [{"id": i, "from": "own" if i % 2 else "peer", "box": f"CKHU{i:07d}"} for i in range(first, first + n)]


def once(path, ids):
    """Whatever happened on the way: each job carried off once and done once, in that order, and nothing behind done."""
    found = file_steps(path)
    assert set(found) == set(ids), (sorted(found), sorted(ids))
    for job, s in found.items():
        assert s.count("done") == 1 and s[-1] == "done" and s.count("carrying") >= 1, (job, s)
        assert s.index("carrying") > s.index("assigned") and "picking" not in s[s.index("carrying"):], (job, s)


def vehicles_end(moved, *processes):
    took = down = 0
    for p in processes:
        status, last = p.end(10, stop=True)
        assert status == 0, (status, p.errors[-5:])
        assert last["met"] == 0 and last["looks"] > 10, last
    for p in moved:
        took += sum(e["event"] == "load" and e["loads"] == 1 for e in p.lines)
        down += sum(e["event"] == "load" and e["loads"] == 0 for e in p.lines)
    return took, down


def clean(g):
    v = g.vehicles(FIVE + SIXTH, 0, "clean.vehicles")
    f = g.fleet("clean.jsonl", boxes(1, 6) + [{"id": 3, "from": "own"}, {"id": 9, "from": "line"}, {"id": "x"}])
    status, last = f.end(60)
    assert status == 0 and last["done"] == 6 and last["refused"] == 3 and last["nonsense"] == 0, (status, last, f.errors[-5:])
    for job, s in steps(f.lines).items():
        assert s == ORDER, (job, s)
    assert not any(e["event"] == "alarm" for e in f.lines), [e for e in f.lines if e["event"] == "alarm"]
    once(os.path.join(g.folder, "clean.jsonl"), range(1, 7))
    assert vehicles_end([v], v) == (6, 6)
    again = g.fleet("clean.jsonl")  # nothing to do: it ends at once
    assert again.end(10)[0] == 0
    return last["updates"]


def killed(g):
    five, sixth = g.vehicles(FIVE, 0, "five"), g.vehicles(SIXTH, 5, "sixth")
    f = g.fleet("killed.jsonl", boxes(1, 8))
    kills = 0
    for wanted in ["assigned", "picking", "carrying", "setting", "done"]:  # the controller, at each kind of step
        if f.until(is_step(wanted), 60) is None:
            break
        if wanted in ("picking", "setting"):
            time.sleep(random.Random(kills).random() * 0.5)
        f.kill()
        kills += 1
        f = g.fleet("killed.jsonl")
        if wanted == "carrying":
            time.sleep(0.7)
            g.broker.kill()
            time.sleep(0.5)
            g.broker.start()
    time.sleep(0.5)
    before = sixth
    sixth.kill()
    time.sleep(0.3)
    sixth = g.vehicles(SIXTH, 5, "sixth")
    status, last = f.end(45)
    assert status == 0 and kills == 5, (status, kills, last, f.lines[-20:], f.errors[-5:])
    once(os.path.join(g.folder, "killed.jsonl"), range(1, 9))
    took, down = vehicles_end([five, before, sixth], five, sixth)
    assert took == down == 8, (took, down)
    return kills


def lossy(g):
    air = Air(g.port, 0.03, 0.03)
    v = g.vehicles(FIVE + SIXTH, 0, "lossy.vehicles", air.port)
    f = g.fleet("lossy.jsonl", boxes(1, 5))
    status, last = f.end(60)
    assert status == 0 and last["done"] == 5, (status, last, f.lines[-20:], f.errors[-5:])
    for job, s in steps(f.lines).items():
        assert s == ORDER, (job, s)
    assert vehicles_end([v], v) == (5, 5)
    assert air.lost > 10 and air.doubled > 10 and last["resends"] > 0, (air.lost, air.doubled, last)
    return air.lost, air.doubled, last["resends"]


def main():
    if not BROKER:
        print("skipped: there is no mosquitto on this machine (tools/install.sh check)")
        sys.exit(77)
    parts = sys.argv[2:] or ["clean", "killed", "lossy"]
    said = []
    for part in parts:
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            g = Ground(folder)
            try:
                said.append(f"{part} {globals()[part](g)} {time.monotonic() - start:.0f} s")
            except BaseException:
                tell(g.running, folder)
                raise
            finally:
                g.close()
    print("over a broker: " + "; ".join(said))


main()
