#!/usr/bin/python3
"""cuakhau queue: the shipped examples are valid and agree with theory; what is wrong is refused with its pointer and cure.
Usage: test_queue.py CUAKHAU SOURCE"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

program, root = sys.argv[1], pathlib.Path(sys.argv[2])
schema = json.loads((root / "schema/queue.schema.json").read_text())
try:
    import jsonschema
    validator = jsonschema.Draft202012Validator(schema)
except ImportError:
    validator = None
    print("python3-jsonschema is not there: examples are not checked against the schema")


def queue(doc, *args):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        json.dump(doc, f)
        f.flush()
        return subprocess.run([program, "queue", f.name, "--json", *args], capture_output=True, text=True, timeout=100)


def covered(block, name, slack=2.0):
    v = block[name]
    assert abs(v["mean"] - v["analytic"]) <= slack * v["half"], (name, v)


examples = {p.stem: json.loads(p.read_text()) for p in sorted((root / "docs/examples/queue").glob("*.json"))}
assert len(examples) >= 4
for name, doc in examples.items():
    if validator:
        errors = [e.message for e in validator.iter_errors(doc)]
        assert not errors, (name, errors)
    small = copy.deepcopy(doc)
    small["run"]["length"] = min(small["run"]["length"], 20000)
    small["run"]["replications"] = 10
    one, two = queue(small, "--threads", "1"), queue(small, "--threads", "2")
    assert one.returncode == 0, (name, one.stderr)
    assert one.stdout == two.stdout, "another number of threads gives another result"
    assert json.loads(one.stdout)["total"]["number_mean"]["mean"] > 0, name
mm1 = json.loads(queue(examples["mm1"]).stdout)
covered(mm1["stations"][0], "wait_mean"), covered(mm1["stations"][0], "wait_p95"), covered(mm1["total"], "number_mean")
loop = json.loads(queue(examples["igv-loop"]).stdout)
covered(loop["stations"][0], "throughput")


def refused(change, pointer, word):
    doc = copy.deepcopy(examples["mm1"])
    change(doc)
    r = queue(doc)
    assert r.returncode == 2 and pointer + ":" in r.stderr and word in r.stderr, (pointer, word, r.returncode, r.stderr)
    assert not r.stdout


s, c = "stations", "classes"
refused(lambda d: d[c][0]["arrivals"].update(rate=1.1), "/stations/0", "1.10 times its capacity")
refused(lambda d: d[c][0].update(routing=[{"from": "booth", "to": "booth", "probability": 0.7}, {"from": "booth", "to": "booth", "probability": 0.7}]), "/classes/0/routing", "add up to 1.4")
refused(lambda d: d[c][0].update(routing=[{"from": "booth", "to": "nowhere"}]), "/classes/0/routing/0/to", "unknown station")
refused(lambda d: d[c][0].update(routing=[{"from": "booth", "to": "booth"}]), "/classes", "never leaves")
refused(lambda d: d[s][0].update(service={"is": "exponential", "mean": -1}), "/stations/0/service/mean", "must be over 0")
refused(lambda d: d[s][0].update(service={"is": "normal", "mean": 1}), "/stations/0/service/is", "unknown distribution")
refused(lambda d: d[s][0].update(servers="two"), "/stations/0/servers", "must be a number")
refused(lambda d: d[s][0].update(server=2), "/stations/0/server", "unknown member")
refused(lambda d: d["run"].update(length=-5), "/run/length", "must not be negative")
refused(lambda d: d[c][0].pop("arrivals"), "/classes/0", "arrivals or circulating")
refused(lambda d: (d[c][0].pop("arrivals"), d[c][0].update(circulating=3)), "/classes/0/routing", "must add up to 1")
refused(lambda d: d[c][0].update(routing=[{"from": "booth", "to": "booth", "probability": 1.5}]), "/classes/0/routing/0/probability", "at most 1")
refused(lambda d: d[s].append(d[s][0]), "/stations/1/id", "a station before")
refused(lambda d: d[s][0].update(aging=[30, 2.5]), "/stations/0/aging/1", "whole number")
refused(lambda d: d[s][0].update(when_full=3), "/stations/0/when_full", "lost or block")
refused(lambda d: d[s][0].update(calendar=[{"from": 0, "to": 24, "servers": 1.5}]), "/stations/0/calendar/0/servers", "whole number")
refused(lambda d: d[s][0].update(calendar=[{"from": 0, "to": 24, "servers": 0}]), "/stations/0/calendar", "never a server")
refused(lambda d: d[s][0].update(calendar=[{"from": 0, "to": 9, "servers": 1}, {"from": 8, "to": 24, "servers": 2}]), "/stations/0/calendar/1", "overlaps piece 0")
refused(lambda d: d[c].append({"id": "loop", "circulating": 1, "routing": [{"from": "booth", "to": "booth"}]}) or d.update(run={"customers": 5}), "/run/length", "never leave")
part = copy.deepcopy(examples["mm1"])  # a calendar for some of the day: the rest has all its servers
part[s][0].update(servers=2, calendar=[{"from": 0, "to": 6, "servers": 1}])
assert queue(part).returncode == 0
many = copy.deepcopy(examples["mm1"])  # the interval is of all replications, not of the first ones
many["run"] = {"first_customers": 5, "replications": 4096}
few = json.loads(queue(many).stdout)["total"]["wait_mean"]["half"]
many["run"]["replications"] = 20000
assert json.loads(queue(many).stdout)["total"]["wait_mean"]["half"] < 0.6 * few
dead = {"stations": [{"id": i, "capacity": 0, "when_full": "block", "service": {"is": "exponential", "mean": 1}} for i in ("yard", "dock")],
        "classes": [{"id": "a", "circulating": 1, "start": "yard", "routing": [{"from": "yard", "to": "dock"}, {"from": "dock", "to": "yard"}]},
                    {"id": "b", "circulating": 1, "start": "dock", "routing": [{"from": "yard", "to": "dock"}, {"from": "dock", "to": "yard"}]}], "run": {"length": 1000}}
r = queue(dead)
assert r.returncode == 1 and "deadlock" in r.stderr and "yard, dock" in r.stderr, r.stderr
r = subprocess.run([program, "queue", "/nonexistent.json"], capture_output=True, text=True)
assert r.returncode != 0 and "nonexistent" in r.stderr
print(f"{len(examples)} examples, 20 refusals")
