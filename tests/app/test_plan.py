#!/usr/bin/python3
"""cuakhau plan: a target that is met with its proof, one that nobody meets, the phases side by side, and a forecast from a
journal that is then compared with what really came. Usage: test_plan.py CUAKHAU SOURCE"""
import json
import os
import pathlib
import sqlite3
import subprocess
import sys
import tempfile
import time
import xml.dom.minidom

program, root = sys.argv[1], pathlib.Path(sys.argv[2])
site, tariff = root / "sites/huu-nghi", root / "sites/demo/tariff.json"


def run(*args, status=0):
    r = subprocess.run([program, *map(str, args)], capture_output=True, text=True, timeout=280)
    assert r.returncode == status, (args, r.returncode, r.stdout, r.stderr)
    return r


def page(path):
    text = pathlib.Path(path).read_text()
    xml.dom.minidom.parseString(text.replace("<!DOCTYPE html>", "", 1).encode())
    assert "<svg" in text and "<script" not in text and "NaN" not in text and "nan" not in text.split("</style>")[1].replace("finance", ""), path


def targets(folder):
    small = ["plan", "--phase", "2027", "--road", "tt", "--days", 1, "--replications", 16, "--json"]
    p = json.loads(run(*small, "--target", 400, "--p95-wait-max", "1h", "--report", folder / "p.html").stdout)
    assert p["met"] and p["p95_wait_bound_min"] <= 60 and p["vehicles_day"]["mean"] > 0.9 * 400, p
    assert "--seed 1" in p["command"] and p["bottleneck"]
    by = {r["name"]: r for r in p["resources"]}
    assert by["booth"]["n"] >= 1 and by["lanes out"]["n"] >= 1 and any(n.startswith("bays ") for n in by) and "plant 22-06" in by, by.keys()
    as_built = {"gang": 22, "documents": 7}
    assert all(by[k]["n"] < n for k, n in as_built.items()), "400 vehicles a day need less than 1,200 do"
    page(folder / "p.html")
    text = run("plan", "--phase", "2027", "--road", "tt", "--days", 1, "--replications", 8, "--target", 400, "--p95-wait-max", "10s", status=1).stdout
    assert "no lay-out within the ranges of the site's data meets it" in text and "best found lay-out" in text and "bottleneck: " in text, text
    for words, args in ((["--road", "xx"], ["--target", 100, "--road", "xx"]), (["--p95-wait-max"], ["--target", 100, "--p95-wait-max", "soon"]),
                        (["usage"], ["--target", 0]), (["usage"], []), (["phase", "1999"], ["--target", 100, "--phase", "1999"])):
        r = run("plan", *args, status=2)
        assert all(w in r.stderr for w in words), (args, r.stderr)


def phases(folder):
    args = ["plan", "--compare", "--phases", "2024,2030", "--days", 1, "--replications", 2]
    d = json.loads(run(*args, "--json", "--report", folder / "c.html").stdout)
    rows = {r["what"]: r["phases"] for r in d["rows"]}
    assert d["phases"] == ["2024", "2030"] and rows["hn: lanes"] == ["6", "8"], rows
    v = [float(x.split(" ")[0]) for x in rows["vehicles a day, all roads"]]
    assert 1000 < v[0] < 2000 and 5000 < v[1] < 7000, v
    page(folder / "c.html")
    assert run(*args, "--threads", 1).stdout == run(*args, "--threads", 2).stdout, "the same on any number of threads"
    assert "--phases" in run("plan", "--compare", "--phases", ",", status=2).stderr
    run("plan", "--compare", "--phases", "1999", status=2)


def passed(journal, frm, until):  # by road, between two times, of those that passed for the first time
    c = sqlite3.connect(journal)
    direction = dict(c.execute("select no, direction from passage"))
    road, first = {}, {}
    for kind, t, no, body in c.execute("select kind, t_ms, passage, body from journal where kind in ('DECLARED', 'MOVED') order by seq"):
        d = json.loads(body)["data"]
        if kind == "DECLARED":
            road[no] = d["declaration"]["road"] if "declaration" in d else d["doc"]["road"]
        elif d["to"] in (("abroad",) if direction[no] == "export" else ("left", "returned", "closed")):
            first.setdefault(no, t)
    n = {"hn": 0, "tt": 0}
    for no, t in first.items():
        n[road[no]] += frm < t <= until
    return n


def last_ms(journal):
    return sqlite3.connect(journal).execute("select max(t_ms) from journal").fetchone()[0]


def forecast(folder):
    speed, hours = 1800, 2
    run("token", "--file", folder / "tokens", "--role", "centre", "--id", "c1")
    p = subprocess.Popen([program, "serve", "--site", site, "--phase", "2030", "--tariff", tariff, "--store", f"sqlite:{folder}/gate.db", "--tokens", folder / "tokens",
                          "--listen", "127.0.0.1:0", "--port-file", folder / "port", "--twin", str(speed)], stderr=open(folder / "log", "wb"))
    try:
        for _ in range(300):
            if (folder / "port").exists() and (folder / "port").read_text().strip():
                break
            time.sleep(0.1)
        time.sleep(6)
        ask = ["plan", "--from", folder / "gate.db", "--site", site, "--phase", "2030", "--hours", hours, "--replications", 20]
        d = json.loads(run(*ask, "--with", "booth:hn=1,documents=1", "--json", "--report", folder / "f.html").stdout)
        t0 = int(time.mktime(time.strptime(d["from"][:19], "%Y-%m-%dT%H:%M:%S")) - time.timezone) * 1000
        until, give_up = t0 + hours * 3600000, time.time() + 120
        while last_ms(folder / "gate.db") < until and time.time() < give_up:
            time.sleep(0.2)
    finally:
        p.terminate()
        p.wait(20)
    page(folder / "f.html")
    really = passed(folder / "gate.db", t0, until)
    for r in d["roads"]:
        low, high = sum(h["passed"]["p5"] for h in r["hours"]), sum(h["passed"]["p95"] for h in r["hours"])
        mean = sum(h["passed"]["mean"] for h in r["hours"])
        print(f"road {r['road']}: forecast {mean:.0f} [{low:.0f} .. {high:.0f}], came {really[r['road']]}")
        assert low - 0.15 * mean <= really[r["road"]] <= high + 0.15 * mean and mean > 100
    hn = next(r for r in d["roads"] if r["road"] == "hn")["change"]
    assert hn["p95_wait_min"]["mean"] > 1 and hn["passed"]["mean"] < -5, "one booth and one officer for documents cannot do it"
    for words, args in ((["--with", "nothing=1"], ["--with", "nothing=1"]), (["--from"], ["--hours", 73]), (["mong-cai", "huu-nghi"], ["--site", root / "sites/mong-cai", "--phase", "2030"])):
        r = subprocess.run([program, *map(str, ask[:3]), *map(str, args)], capture_output=True, text=True, timeout=60)
        assert r.returncode != 0 and any(w in r.stderr for w in words), (args, r.stderr)
    assert "not found" in run("plan", "--from", folder / "nothing.db", status=1).stderr
    assert "no journal" in run("plan", "--from", folder / "tokens", status=1).stderr


os.environ["TZ"] = "UTC"
time.tzset()
with tempfile.TemporaryDirectory() as t:
    for part in (phases, forecast, targets):
        began = time.time()
        part(pathlib.Path(t))
        print(f"{part.__name__}: {time.time() - began:.1f} s")
