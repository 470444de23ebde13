"""Twenty vehicles that are not ours (npm vda-5050-lib, VDA 5050 2.0.0) carry boxes under our fleet control. carry: drive, pick, drop, orders stitched on the
way, charge. told: pause, resume, stop, a job withdrawn on the way. killed: vehicles, broker and controller by -9. lossy: messages lost and repeated, with
some of the others. Each job ends once, each box is picked once, no ground is given to two. Skipped, with a word, where node, its packages (npm ci in
tests/fleet-third-party) or mosquitto are missing."""
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

from fleet_rig import BROKER, Air, Broker, Process, Witness, file_steps, is_step, steps, tell

PROGRAM = os.path.abspath(sys.argv[1])
HERE = pathlib.Path(__file__).resolve().parent.parent / "fleet-third-party"
VEHICLES, TOGETHER = 20, 4  # in one process
ORDER = ["assigned", "picking", "carrying", "setting", "done"]
NAMES = [f"agv-{i + 1}" for i in range(VEHICLES)]


class Ground:
    def __init__(self, folder, loss=0, twice=0):
        self.folder, self.running = folder, []
        self.broker = Broker(folder)
        self.roads = os.path.join(folder, "roads.json")
        with open(self.roads, "w", encoding="utf-8") as f:
            subprocess.run([PROGRAM, "roads", "make", "--with", "lanes=2,cranes=4,parks=12,chargers=4,corridor=700,line=100"], stdout=f, check=True)
        with open(self.roads, encoding="utf-8") as f:
            self.witness = Witness(json.load(f))
        self.air = Air(self.broker.port, loss, twice, self.witness.hear)
        self.groups = [self.group(i) for i in range(0, VEHICLES, TOGETHER)]
        for g in self.groups:
            assert g.until(lambda e: e["event"] == "ready", 20)

    def group(self, first):
        p = Process(["node", str(HERE / "vehicles.js"), f"mqtt://127.0.0.1:{self.air.port}", self.roads, str(first), str(TOGETHER), self.folder])
        self.running.append(p)
        return p

    def kill_vehicle(self, name):
        """Its process, and those beside it; they come back where they stood."""
        i = NAMES.index(name) // TOGETHER
        self.groups[i].kill()
        time.sleep(0.3)
        self.groups[i] = self.group(i * TOGETHER)
        assert self.groups[i].until(lambda e: e["event"] == "ready", 20)

    def fleet(self, jobs, open_end=False, state=None):
        args = [PROGRAM, "fleet", "--roads", self.roads, "--broker", f"127.0.0.1:{self.broker.port}", "--vehicles", ",".join(f"other/{n}@2.0" for n in NAMES),
                "--json", "--crane-ms", "500", "--cycle-ms", "100", "--until-done", "--seconds", "80", *(["--state", state] if state else [])]
        p = Process(args, "".join(json.dumps({"id": i, "from": "own" if i % 2 else "peer"}) + "\n" for i in jobs), open_end)
        self.running.append(p)
        return p

    def charged(self):
        return sum(e["event"] == "charged" for g in self.groups for e in g.lines)

    def well(self, picks):
        """Each box picked once and set down once, and nobody where another may be."""
        w = self.witness
        assert not w.met, w.met[:4]
        assert w.looks > 1000 and sum(w.took.values()) == sum(w.down.values()) == picks, (w.looks, w.took, w.down, picks)

    def close(self):
        for p in self.running:
            if p.p.poll() is None:
                p.kill()
        self.broker.kill()


def end(f, seconds=70):
    status, last = f.end(seconds)
    assert status == 0, (status, last, f.lines[-12:], f.errors[-5:])
    return last


def driving(s):
    return s["driving"] and any(n["released"] for n in s["nodeStates"])


def next_step(f, step, job=None):
    e = f.until(lambda e: is_step(step)(e) and job in (None, e["job"]), 180)
    assert e is not None, (step, f.lines[-8:], f.errors[-5:])
    return e


def refused(f, command, field):
    f.tell(command)
    e = f.until(lambda e: e["event"] == "told", 5)
    assert e["taken"] is False and e["field"] == field and len(e["reason"]) > 10, e


def taken(f, command):
    f.tell(command)
    e = f.until(lambda e: e["event"] == "told", 5)
    assert e["taken"] is True, e


def pause_and_resume(g, f, name):
    w = g.witness
    taken(f, {"pause": name})
    w.until(name, lambda s: s.get("paused") is True and not s["driving"])
    before = w.where(w.state[name])
    time.sleep(1)
    assert w.where(w.state[name]) == before, (before, w.state[name])
    taken(f, {"resume": name, "by": "officer-3"})
    w.until(name, lambda s: not s.get("paused") and w.where(s) != before, 20)


def stop_and_resume(g, f):
    w = g.witness
    taken(f, {"stop": "fleet"})
    for n in NAMES:
        w.until(n, lambda s: s.get("paused") is True)
    before = [w.where(w.state[n]) for n in NAMES]
    time.sleep(1)
    assert [w.where(w.state[n]) for n in NAMES] == before
    refused(f, {"resume": NAMES[0], "by": "officer-3"}, "resume")
    refused(f, {"resume": "fleet"}, "by")
    taken(f, {"resume": "fleet", "by": "officer-3"})
    for n in NAMES:
        w.until(n, lambda s: not s.get("paused"))


def withdraw(g, f, job, least):
    """Jobs from this id on whose vehicles drive to the box, until so many have stopped between two nodes. How many jobs it took."""
    between, first = 0, job
    while between < least:
        assert job < first + 6, "they always stop on a node"
        f.tell({"id": job, "from": "own" if job % 2 else "peer"})
        name = next_step(f, "assigned", job)["vehicle"]
        g.witness.until(name, lambda s: driving(s) and g.witness.apart(s["lastNodeId"], s["nodeStates"][0]["nodeId"]) > 14)
        time.sleep(0.06)  # it leaps every 40 ms
        taken(f, {"withdraw": job, "reason": "the trader asked for it"})
        assert next_step(f, "withdrawn", job)["vehicle"] == name
        between += g.witness.off(name) > 2
        job += 1
    return job - first


def carry(g):
    f = g.fleet(range(1, 13))
    last = end(f)
    assert last["done"] == 12 and last["nonsense"] == 0, last
    for job, s in steps(f.lines).items():
        assert s == ORDER, (job, s)
    alarms = [e for e in f.lines if e["event"] == "alarm"]
    assert last["updates"] > 5 * 12 and last["moves"] == 24 and not alarms, (last, alarms[:3])
    assert g.charged() == VEHICLES // 5, g.charged()
    g.well(12)
    return f"12 boxes, {last['orders']} orders, {last['updates']} updates, {g.charged()} charged, {last['km']:.0f} km"


def told(g):
    f = g.fleet(range(1, 5), open_end=True)
    refused(f, {"pause": "agv-99"}, "pause")
    refused(f, {"stop": "nowhere"}, "stop")
    refused(f, {"withdraw": 99}, "withdraw")
    refused(f, {"localise": "agv-1"}, "node")
    refused(f, {"box_on": 1}, "box_on")
    refused(f, {"pause": 7}, "pause")
    refused(f, {"resume": "agv-1"}, "by")
    carrying = next_step(f, "carrying")
    g.witness.until(carrying["vehicle"], driving)
    pause_and_resume(g, f, carrying["vehicle"])
    stop_and_resume(g, f)
    back = withdraw(g, f, 5, 2)
    for i in range(20, 26):
        f.tell({"id": i, "from": "own" if i % 2 else "peer"})
    f.p.stdin.close()
    last = end(f)
    assert last["done"] == 10 and last["withdrawn"] == back and last["cancels"] >= back and last["refused"] == 9, (last, back)
    for job, s in steps(f.lines).items():
        assert s in (ORDER, ["assigned", "withdrawn"]), (job, s)
    g.well(10)
    return f"paused, stopped, resumed, {back} withdrawn on the way"


def killed(g):
    path = os.path.join(g.folder, "state.jsonl")
    f = g.fleet(range(1, 7), state=path)
    plan = [("assigned", "vehicle"), ("picking", "controller"), ("assigned", "controller"), ("picking", "vehicle"), ("carrying", "vehicle"),
            ("carrying", "broker"), ("setting", "controller"), ("carrying", "controller"), ("setting", "vehicle")]
    jobs = 6
    for step, what in plan:
        e = next_step(f, step)
        if step in ("assigned", "carrying"):
            time.sleep(0.3)  # it drives
        if what == "vehicle":
            g.kill_vehicle(e["vehicle"])
        elif what == "broker":
            g.broker.kill()
            time.sleep(0.5)
            g.broker.start()
        else:
            f.kill()
            f = g.fleet([jobs + 1, jobs + 2], state=path)
            jobs += 2
    end(f)
    found = file_steps(path)
    assert sorted(found) == list(range(1, jobs + 1)), sorted(found)
    for job, s in found.items():
        assert s.count("done") == 1 and s[-1] == "done" and "picking" not in s[s.index("carrying"):], (job, s)
    g.well(jobs)
    return f"{len(plan)} kills, {jobs} boxes"


def lossy(g):
    f = g.fleet(range(1, 9), open_end=True)
    e = next_step(f, "carrying")
    g.witness.until(e["vehicle"], driving)
    pause_and_resume(g, f, e["vehicle"])
    back = withdraw(g, f, 9, 1)
    f.p.stdin.close()
    last = end(f)
    assert last["done"] == 8 and last["withdrawn"] == back and last["resends"] > 0, last
    for job, s in steps(f.lines).items():
        assert s in (ORDER, ["assigned", "withdrawn"]), (job, s)
    assert g.air.lost > 10 and g.air.doubled > 10, (g.air.lost, g.air.doubled)
    g.well(8)
    return f"{g.air.lost} lost, {g.air.doubled} doubled, {last['resends']} sent again, {back} withdrawn"


def skip(what):
    print(f"skipped: {what}")
    sys.exit(77)


def main():
    if not BROKER:
        skip("there is no mosquitto on this machine (tools/install.sh check)")
    if not shutil.which("node"):
        skip("there is no node on this machine")
    if not (HERE / "node_modules" / "vda-5050-lib").is_dir():
        skip("vda-5050-lib is not there: npm ci in tests/fleet-third-party")
    said = []
    for part in sys.argv[2:] or ["carry", "told", "killed", "lossy"]:
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            air = (0.02, 0.02) if part == "lossy" else (0, 0)
            g = Ground(folder, *air)
            try:
                said.append(f"{part}: {globals()[part](g)}, {time.monotonic() - start:.0f} s")
            except BaseException:
                tell(g.running, folder)
                raise
            finally:
                g.close()
    print(f"{VEHICLES} vehicles of others; " + "; ".join(said))


main()
