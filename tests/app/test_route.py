#!/usr/bin/python3
"""cuakhau route: plans checked here from the paths file alone; refusals with line, field and cure; exit statuses.
Usage: test_route.py CUAKHAU"""
import json
import pathlib
import random
import re
import signal
import subprocess
import sys
import tempfile
import time

program = sys.argv[1]
folder = tempfile.TemporaryDirectory()
top = pathlib.Path(folder.name)


def make(seed, side, percent, agents):
    r = random.Random(seed)
    rows = [[("@" if r.randrange(100) < percent else ".") for _ in range(side)] for _ in range(side)]
    parts, seen = [], set()
    for y in range(side):
        for x in range(side):
            if rows[y][x] == "." and (x, y) not in seen:
                part, at = [], [(x, y)]
                seen.add((x, y))
                while at:
                    u, v = at.pop()
                    part.append((u, v))
                    for n in ((u + 1, v), (u - 1, v), (u, v + 1), (u, v - 1)):
                        if 0 <= n[0] < side and 0 <= n[1] < side and n not in seen and rows[n[1]][n[0]] == ".":
                            seen.add(n)
                            at.append(n)
                parts.append(part)
    part = max(parts, key=len)
    starts, goals = r.sample(part, agents), r.sample(part, agents)
    write(["".join(row) for row in rows], starts, goals)
    return rows, starts, goals


def write(rows, starts, goals):
    (top / "m.map").write_text(f"type octile\nheight {len(rows)}\nwidth {len(rows[0])}\nmap\n" + "\n".join(rows) + "\n")
    lines = [f"0\tm.map\t{len(rows[0])}\t{len(rows)}\t{s[0]}\t{s[1]}\t{g[0]}\t{g[1]}\t0" for s, g in zip(starts, goals)]
    (top / "s.scen").write_text("version 1\n" + "\n".join(lines) + "\n")


def route(*args, scenario="s.scen"):
    return subprocess.run([program, "route", str(top / "m.map"), str(top / scenario), *map(str, args)], capture_output=True, text=True,
                          timeout=120)


def check(rows, starts, goals, out):
    steps = [[tuple(map(int, p)) for p in re.findall(r"\((\d+),(\d+)\),", line)] for line in (top / "p.txt").read_text().splitlines()]
    assert steps[0] == starts and steps[-1] == goals and len(steps) == out["makespan"] + 1
    loss = 0
    for was, now in zip(steps, steps[1:]):
        assert len(set(now)) == len(now) == out["agents"]
        moved = set(zip(was, now))
        for a, b, g in zip(was, now, goals):
            assert rows[b[1]][b[0]] in ".GS" and abs(a[0] - b[0]) + abs(a[1] - b[1]) <= 1
            assert a == b or (b, a) not in moved, "swap"
            loss += not (a == g and b == g)
    assert loss == out["sum_of_loss"] <= out["first_sum_of_loss"] and loss >= out["lower_bound"]


def solved(rows, starts, goals, *args):
    r = route("--agents", len(starts), "--paths", top / "p.txt", "--json", *args)
    assert r.returncode == 0 and not r.stderr, r.stderr
    out = json.loads(r.stdout)
    assert out["solved"] is True
    check(rows, starts, goals, out)
    return out


for seed, side, agents in ((1, 12, 30), (2, 20, 60), (3, 32, 300)):
    case = make(seed, side, 20, agents)
    out = solved(*case, "--seconds", "0.5")
    assert out["sum_of_loss"] < out["first_sum_of_loss"]
    one, two = (solved(*case, "--iterations", "300", "--seed", "7") for _ in range(2))
    for out in (one, two):
        del out["first_ms"]
    assert one == two, "not a function of the seed"
text = route("--agents", 300, "--iterations", 10)
assert text.returncode == 0 and text.stdout.startswith("solved: 300 agents") and not text.stderr

# Ctrl-C gives the best so far
p = subprocess.Popen([program, "route", str(top / "m.map"), str(top / "s.scen"), "--agents", "300", "--seconds", "60", "--json"],
                     stdout=subprocess.PIPE, text=True)
time.sleep(1)
p.send_signal(signal.SIGINT)
out = json.loads(p.communicate(timeout=20)[0])
assert p.returncode == 0 and out["solved"]

# no plan
write(["...."], [(0, 0), (3, 0)], [(3, 0), (0, 0)])
r = route("--agents", 2, "--seconds", 5, "--json")
assert r.returncode == 1 and json.loads(r.stdout)["solved"] is False and json.loads(r.stdout)["outcome"] == "no plan exists", r.stdout


def refused(*words, args=("--agents", "2", "--seconds", "1"), scenario="s.scen", status=2):
    r = route(*args, scenario=scenario)
    assert r.returncode == status and not r.stdout, (r.returncode, r.stderr)
    for word in words:
        assert word in r.stderr, (word, r.stderr)


write(["..@.", "...."], [(0, 0), (2, 0)], [(3, 0), (0, 0)])
refused("s.scen", "line 3", "start", "obstacle")
write(["....", "...."], [(0, 0), (0, 0)], [(3, 0), (0, 0)])
refused("line 3", "start", "line 2")
write(["....", "...."], [(0, 0), (1, 0)], [(3, 0), (0, 0)])
refused("ends after 2 agents", args=("--agents", "3", "--seconds", "1"))
refused("room for 8", args=("--agents", "9", "--seconds", "1"))
refused("missing.scen", scenario="missing.scen")
for args in ((), ("--agents", "2"), ("--agents", "0", "--seconds", "1"), ("--agents", "2", "--seconds", "x"),
             ("--agents", "2", "--seconds", "1", "--iterations", "1"), ("--agents", "2", "--seconds", "nan"), ("--what",)):
    refused("usage", args=args)
refused("no/such", args=("--agents", "2", "--seconds", "0.1", "--paths", top / "no/such"), status=3)
(top / "m.map").write_text("type octile\nheight 2\nwidth 4\nmap\n....\n")
refused("m.map", "line")
print("route: plans hold, refusals explain themselves")
