"""Lay-outs: made, checked, drawn; the shipped ones are what `roads make` says; what is wrong is named with its place."""
import json
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

PROGRAM = sys.argv[1]
ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
SHIPPED = [
    ("huu-nghi/roads-hn.json", "lanes=2,cranes=6,parks=20,chargers=8", "huu-nghi-hn", "hn"),
    ("huu-nghi/roads-tt.json", "lanes=2,cranes=5,parks=16,chargers=6", "huu-nghi-tt", "tt"),
    ("mong-cai/roads-bl2.json", "lanes=1,cranes=2,parks=6,chargers=3,corridor=1200,line=150", "mong-cai-bl2", "bl2"),
]


def run(*args):
    r = subprocess.run([PROGRAM, "roads", *args], capture_output=True, text=True, timeout=60)
    return r.returncode, r.stdout, r.stderr


def make(numbers, name="x", road="hn"):
    status, out, err = run("make", "--with", numbers, "--id", name, "--road", road)
    assert status == 0, err
    return out


def refused(doc, where, what):
    with tempfile.NamedTemporaryFile("w", suffix=".json") as f:
        f.write(doc if isinstance(doc, str) else json.dumps(doc))
        f.flush()
        status, out, err = run("check", f.name)
    assert status == 2 and out == "", (status, out, err)
    assert where in err and what in err, err


def main():
    for file, numbers, name, road in SHIPPED:
        path = ROOT / "sites" / file
        assert path.read_text(encoding="utf-8") == make(numbers, name, road), f"{file} is not what roads make says"
        status, out, err = run("check", str(path))
        assert status == 0 and "sound" in out, err
        status, out, _ = run("svg", str(path))
        assert status == 0
        picture = ET.fromstring(out)
        shapes = [e.tag.rsplit("}", 1)[-1] for e in picture]
        doc = json.loads(path.read_text(encoding="utf-8"))
        assert shapes.count("path") == len(doc["edges"])
        assert shapes.count("rect") == 1 + sum("spot" in n for n in doc["nodes"])
    doc = json.loads(make("lanes=2,cranes=2,parks=4,chargers=1"))
    crane = next(n for n in doc["nodes"] if n.get("spot") == "crane")
    keep = dict(crane)
    crane["zone"] = "moon"
    refused(doc, crane["id"], "no such zone: moon")
    crane.update(keep)
    crane["spot"] = "harbour"
    refused(doc, "/nodes/", "")
    crane.update(keep)
    crane["x_mm"] = "wide"
    refused(doc, "/x_mm", "whole number")
    crane.update(keep)
    for e in doc["edges"]:
        if e["to"] == crane["id"]:
            e["to"] = doc["nodes"][0]["id"]
    refused(doc, crane["id"], "no way leads here")
    refused("{", "", "")
    refused("[]", "", "")
    refused({"id": "x"}, "/zones", "zones")
    for numbers, why in [("lanes=3", "1, 2 or 4 lanes"), ("cranes=0", "cranes"), ("vehicle=50000", "vehicles of 6 to 18 m"),
                         ("chargers=9,parks=4", "chargers"), ("wings=2", "--with"),
                         ("lanes=2,aisles=2", "an aisle for each pair of lanes"), ("lanes=4,cranes=1,aisles=2", "a crane"), ("lanes=", "--with")]:
        status, out, err = run("make", "--with", numbers)
        assert status == 2 and out == "" and why in err, (numbers, status, err)
    site = str(ROOT / "sites/mong-cai/roads-bl2.json")
    for more in [[], ["--faults"]]:  # five vehicles of the first phase, two hours
        status, out, err = run("run", site, "--vehicles", "5", "--crossings-h", "8", "--hours", "2", "--json", *more)
        r = json.loads(out)
        assert status == 0 and err == "" and not r["stuck"] and r["collisions"] == 0, (status, out, err)
        assert r["done"] > 3 and r["looks"] == 7200 and 0.2 < r["laden_share"] < 1, r
        assert (r["faults"] > 0) == bool(more)
        assert abs(sum(r["stood_s"].values()) - sum(r["wait_cause_s"].values())) < 10, r
        assert max(r["stood_most_s"].values()) <= sum(r["stood_s"].values()) + 1, r
        assert 5 * 7200 - 60 < sum(r["vehicle_s"].values()) <= 5 * 7200, r
        box = r["box"]
        assert 1 < box["laden_km"] < 4 and 0 <= box["empty_km"] < 3 and 2 < box["kwh"] < 12 and box["min"] > 8, r
    again = json.loads(run("run", site, "--vehicles", "5", "--crossings-h", "8", "--hours", "2", "--json", "--faults")[1])
    for key in r:  # the same but for the time that it took
        assert key.startswith("control_ms") or again[key] == r[key], key
    for args, why in [(["--vehicles", "99", "--crossings-h", "8"], "16 places"), (["--vehicles", "5"], "usage"),
                      (["--vehicles", "0", "--crossings-h", "8"], "usage")]:
        status, out, err = run("run", site, *args)
        assert status == 2 and why in err, (args, err)
    assert run("check", "/nonexistent")[0] in (2, 3)
    assert run("fly")[0] == 2
    print("lay-outs: 3 shipped, 16 refused, one run")


main()
