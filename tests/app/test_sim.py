#!/usr/bin/python3
"""cuakhau sim: the same seed gives the same bytes on any number of threads, vehicles come and pass, bad data is refused
with its place and cure, the report is a page of its own. Usage: test_sim.py CUAKHAU SOURCE"""
import json
import pathlib
import shutil
import subprocess
import sys
import tempfile
import xml.dom.minidom

program, root = sys.argv[1], pathlib.Path(sys.argv[2])


def sim(*args):
    return subprocess.run([program, "sim", *map(str, args)], capture_output=True, text=True, timeout=250)


def small(*args):
    return sim("--phase", "2030", "--days", 1, "--replications", 3, "--json", *args)


one, two, other = small("--threads", 1), small("--threads", 2), small("--seed", 2)
assert one.returncode == 0, one.stderr
assert one.stdout == two.stdout and one.stdout != other.stdout
d = json.loads(one.stdout)
hn = next(r for r in d["roads"] if r["id"] == "hn")
assert 2800 < hn["vehicles_day"]["mean"] < 4200 and hn["wait_p95_min"]["mean"] < 60, hn
assert abs(hn["vehicles_day"]["mean"] - hn["arrived_day"]["mean"]) < 0.05 * hn["arrived_day"]["mean"], "what comes must pass"
assert len(hn["queue_by_hour"]) == 24 and d["fees_vnd_day"]["mean"] > 0 and d["emissions_day"]["co2_waiting_kg"]["mean"] > 0
assert all(0 <= s["utilisation"]["mean"] <= 1.0001 for s in d["stations"])
for site, phase in (("huu-nghi", "2024"), ("huu-nghi", "2027"), ("mong-cai", None)):
    if not (root / "sites" / site / "twin.json").exists():
        continue
    r = sim("--site", root / "sites" / site, *(["--phase", phase] if phase else []), "--days", 1, "--replications", 2, "--json")
    assert r.returncode == 0 and json.loads(r.stdout)["total"]["vehicles_day"]["mean"] > 100, (site, phase, r.stderr)
# boxes under the real fleet control: the same bytes on any number of threads; their share; no bodies meet
carried = [sim("--site", root / "sites/mong-cai", "--days", 1, "--warmup", 0, "--replications", 2, "--json", "--unmanned", 20, "--fleet", "site", "--threads", n) for n in (1, 2)]
assert carried[0].returncode == 0 and carried[0].stdout == carried[1].stdout, carried[0].stderr
d = json.loads(carried[0].stdout)
boxes = sum(f["vehicles_day"]["mean"] for f in d["flows"] if f["unmanned"])
assert 0.1 < boxes / d["total"]["vehicles_day"]["mean"] < 0.3, boxes
assert d["fleets"] and all(f["bodies_met"]["mean"] == 0 and f["boxes_day"]["mean"] > 20 and 0.4 < f["laden_share"]["mean"] <= 1 for f in d["fleets"]), d["fleets"]
assert d["emissions_day"]["igv_kwh"]["mean"] > 50
for args, words in ((("--fleet", "xx=3"), ("xx=3", "road=vehicles")), (("--fleet", "hn=0"), ("hn=0", "must stay free")), (("--fleet", "hn=500"), ("hn=500", "must stay free")),
                    (("--unmanned", "101"), ("101", "0 to 100")), (("--phase", "2027", "--fleet", "hn"), ("road=vehicles",))):
    r = sim("--days", 1, *args)
    assert r.returncode == 2 and all(w in r.stderr for w in words), (args, r.stderr)
with tempfile.TemporaryDirectory() as t:
    page = pathlib.Path(t) / "r.html"
    assert sim("--phase", "2027", "--days", 1, "--replications", 2, "--report", page).returncode == 0
    text = page.read_text()
    xml.dom.minidom.parseString(text.replace("<!DOCTYPE html>", "", 1).encode())
    assert "<svg" in text and "<script" not in text and "http://" not in text.replace("http://www.w3.org/2000/svg", "") and "NaN" not in text
    shutil.copytree(root / "sites", pathlib.Path(t) / "sites")
    twin = pathlib.Path(t) / "sites/huu-nghi/twin.json"
    good = json.loads(twin.read_text())

    def refused(change, *words):
        doc = json.loads(json.dumps(good))
        change(doc)
        twin.write_text(json.dumps(doc))
        r = sim("--site", twin.parent, "--phase", "2030", "--days", 1)
        assert r.returncode == 2 and all(w in r.stderr for w in words), (words, r.returncode, r.stderr)

    refused(lambda x: x["flows"][0].update(road="xx"), "hn-export", "road")
    refused(lambda x: x["flows"][0]["modes"][0].update(permille=1), "hn-export", "1000")
    refused(lambda x: x["stations"].pop(0), "booth", "no station")
    refused(lambda x: x["tides"][0].update(lane="H99"), "H99", "not a lane")
    refused(lambda x: x["flows"][0].update(colour="red"), "colour")
    refused(lambda x: x["flows"][0].update(lead={"is": "normal"}), "lead")
    twin.write_text(json.dumps(good))
    site = twin.parent / "site.json"
    lanes = json.loads(site.read_text())
    lanes["lanes"] = [x for x in lanes["lanes"] if not (x["road"] == "hn" and x["kind"] == "unmanned" and x["way"] == "out")]
    site.write_text(json.dumps(lanes))
    r = sim("--site", twin.parent, "--phase", "2030", "--days", 1)
    assert r.returncode == 2 and "no lane out" in r.stderr, r.stderr
for bad in (["--days", "0"], ["--days", "x"], ["--phase", "1999"], ["--site", "/nowhere"], ["--per-day", "nobody=3"]):
    r = sim(*bad)
    assert r.returncode in (2, 1) and r.stderr, bad
print("sim: same bytes on 1 and 2 threads; 7 refusals of data")
