"""The file of `cuakhau fleet`: written anew when it is long, as short as can be, with the same jobs; killed -9 within that it is the old one or the new one,
whole. No broker is needed."""
import json
import os
import sys
import tempfile
import time

from fleet_rig import Process, free_port

PROGRAM = os.path.abspath(sys.argv[1])
DONE = 3000
OPEN = {3001: ["waiting"], 3002: ["assigned"], 3003: ["assigned", "picking", "carrying"], 3004: ["assigned", "waiting"]}


def write(path):
    at = {"at": "2026-03-01T08:00:00.000Z"}
    with open(path, "w", encoding="ascii") as f:
        def line(**members):
            f.write(json.dumps({**at, **members}) + "\n")

        for job in range(1, DONE + 1):
            line(asked={"id": job, "from": "peer", "box": "CSQU3054383"})
            for step in ("assigned", "picking", "carrying", "setting", "withdrawn" if job % 7 == 0 else "done"):
                line(job=job, step=step, vehicle="igv-1")
        for job, steps in OPEN.items():
            line(asked={"id": job, "from": "own", "fit": ["reefer"], "priority": 2, "box": "CSQU3054383"})
            for step in steps:
                if step != "waiting" or len(steps) > 1:
                    line(job=job, **({"step": step} if step != "waiting" else {}), vehicle=f"igv-{job - 3000}")
        line(job=3003, withdraw=True)
        f.write('{"at":"2026-03-01T08:00')  # what a crash left


def run(path, text="", vehicles=4):
    names = ",".join(f"cuakhau/igv-{i + 1}" for i in range(vehicles))
    return Process([PROGRAM, "fleet", "--make", "lanes=2,cranes=2,parks=4,chargers=1,corridor=700,line=100", "--broker", f"127.0.0.1:{free_port()}", "--vehicles",
                    names, "--state", path, "--json", "--seconds", "1"], text)


def present(path):
    """What the file says now, line by line: over, or everything of an open job."""
    jobs, torn = {}, 0
    with open(path, encoding="ascii") as f:
        for text in f:
            try:
                e = json.loads(text)
            except ValueError:
                torn += 1
                continue
            if "asked" in e:
                jobs[e["asked"]["id"]] = {"asked": {"from": "own", **e["asked"]}, "at": e["at"]}  # what is usual is left out
            elif "withdraw" in e:
                jobs[e["job"]]["withdraw"] = True
            else:
                jobs.setdefault(e["job"], {}).update(step=e.get("step", "waiting"), vehicle=e.get("vehicle"))
    return {k: {"step": v["step"]} if v.get("step") in ("done", "withdrawn") else {"step": "waiting", **v} for k, v in jobs.items()}, torn


def same(a, b):
    for job in a[0].keys() | b[0].keys():
        x, y = dict(a[0][job]), dict(b[0][job])
        if x["step"] == "waiting":
            x.pop("vehicle", None), y.pop("vehicle", None)  # of no importance
        assert x == y, (job, x, y)


def main():
    with tempfile.TemporaryDirectory() as folder:
        path, kills, both = os.path.join(folder, "state.jsonl"), 0, set()
        write(path)
        before, long = present(path), os.path.getsize(path)
        for delay in (0, 0, 0.001, 0.002, 0.004):
            write(path)
            if os.path.exists(path + ".new"):
                os.unlink(path + ".new")
            p = run(path)
            end = time.monotonic() + 10
            while not os.path.exists(path + ".new") and os.path.getsize(path) > long / 2 and time.monotonic() < end:
                pass
            time.sleep(delay)
            p.kill()
            kills += 1
            both.add(os.path.getsize(path) > long / 2)
            same(before, present(path))
        p = run(path, '{"id":7,"from":"own"}\n{"id":3002,"from":"own"}\n{"id":4000,"from":"own"}\n')
        assert p.end(20)[0] == 0, p.errors
        taken = {e["job"]: e["taken"] for e in p.lines if e["event"] == "asked"}
        assert taken == {7: False, 3002: False, 4000: True}, taken
        assert os.path.getsize(path) < long / 5, (long, os.path.getsize(path))
        now = present(path)
        assert now[0].pop(4000)["step"] == "waiting" and now[1] == 0
        same(before, now)
        inode = os.stat(path).st_ino
        p = run(path)
        assert p.end(20)[0] == 0 and os.stat(path).st_ino == inode, "nothing to win: it stays"
        p = run(path, vehicles=2)  # the box is on igv-3
        status, _ = p.end(20)
        assert status == 2 and any("job 3003" in e and "igv-3" in e and "--vehicles" in e for e in p.errors), (status, p.errors)
    print(f"{long} bytes made short, {kills} kills within: {'old and new' if len(both) == 2 else 'one of the two'} found, whole")


main()
