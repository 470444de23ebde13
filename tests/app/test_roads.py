"""Lay-outs: made, checked, drawn; the shipped ones are what `roads make` says; what is wrong is named with its place.
VDMA LIF: what goes out is by the schema and comes back byte for byte; files of others come in with defaults or are refused with place and cure."""
import copy
import json
import math
import pathlib
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET

import jsonschema

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


# ---- VDMA LIF
MADE = ["lanes=1,cranes=1,parks=1,chargers=0", "lanes=2,cranes=2,parks=3,chargers=3", "lanes=4,cranes=9,parks=30,chargers=7,corridor=3000,line=300",
        "lanes=1,cranes=3,parks=5,chargers=2,vehicle=6000", "lanes=4,cranes=40,parks=160,chargers=50,vehicle=18000"]


def lif_schema():
    schema = json.loads((ROOT / "schema/lif.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def imported(lif, *args):
    """Status, roads as text, what was said with the file called FILE."""
    with tempfile.NamedTemporaryFile("w", suffix=".json", encoding="utf-8") as f:
        f.write(lif if isinstance(lif, str) else json.dumps(lif, ensure_ascii=False))
        f.flush()
        status, out, err = run("import", f.name, *args)
        assert (status == 0) == bool(out) or "--out" in args, (status, out, err)
        return status, out, err.replace(f.name, "FILE")


def there_and_back(folder, text, schema):
    roads, lif, back = (folder / n for n in ("roads.json", "roads.lif.json", "back.json"))
    roads.write_text(text, encoding="utf-8")
    status, out, err = run("export", str(roads), "--time", "2026-11-22T08:30:00+07:00", "--vehicle-type", "maker.big")
    assert status == 0 and err == "", err
    doc, was = json.loads(out), json.loads(text)
    problems = [f"{e.json_path}: {e.message[:200]}" for e in schema.iter_errors(doc)]
    assert not problems, problems[:5]
    assert doc["metaInformation"]["exportTimestamp"] == "2026-11-22T01:30:00.000Z"
    layout = doc["layouts"][0]
    speed = {z["id"]: z["speed_mm_s"] for z in was["zones"]}
    assert [(n["nodeId"], round(n["nodePosition"]["x"] * 1000), round(n["nodePosition"]["y"] * 1000)) for n in layout["nodes"]] == \
        [(n["id"], n.get("x_mm", 0), n.get("y_mm", 0)) for n in was["nodes"]]
    zone = {n["id"]: n["zone"] for n in was["nodes"]}
    for e, o in zip(layout["edges"], was["edges"], strict=True):  # a reader who knows nothing of our texts drives right
        p = e["vehicleTypeEdgeProperties"][0]
        assert (e["startNodeId"], e["endNodeId"], p["vehicleTypeId"]) == (o["from"], o["to"], "maker.big")
        most = speed[zone[o["to"]]]
        assert round(p["maxSpeed"] * 1000) == min(o.get("speed_mm_s", most), most)
    actions = {n["nodeId"]: [a["actionType"] for a in n["vehicleTypeNodeProperties"][0].get("actions", [])] for n in layout["nodes"]}
    want = {"crane": ["pick", "drop"], "charger": ["startCharging", "stopCharging"], "park": [], None: []}
    assert all(actions[n["id"]] == want[n.get("spot")] for n in was["nodes"])
    assert {s["interactionNodeIds"][0] for s in layout["stations"]} == {n["id"] for n in was["nodes"] if "spot" in n}
    status, nothing, err = run("export", str(roads), "--time", "2026-11-22T01:30:00Z", "--vehicle-type", "maker.big", "--out", str(lif))
    assert status == 0 and nothing == err == "" and lif.read_text(encoding="utf-8") == out
    status, nothing, err = run("import", str(lif), "--out", str(back))
    assert status == 0 and nothing == err == "", err
    assert back.read_text(encoding="utf-8") == text
    return doc


def of_others(lif):
    """The same lay-out as another would write it: nothing of ours in its texts, other actions for the places."""
    lif = copy.deepcopy(lif)
    lif["metaInformation"]["creator"] = "another"
    layout = lif["layouts"][0]
    layout["layoutDescription"] = "the yard"
    for key, name in (("nodes", "node"), ("edges", "edge"), ("stations", "station")):
        for x in layout[key]:
            x.pop(name + "Description", None)
    return lif


def lif_of_others(lif):
    theirs = of_others(lif)
    layout = theirs["layouts"][0]
    status, out, err = imported(theirs, "--road", "bl2", "--id", "mine")
    assert status == 0 and err == "", err
    doc = json.loads(out)
    assert doc["id"] == "mine" and doc["road"] == "bl2" and doc["source"].startswith("LIF of another, project ")
    assert doc["zones"] == [{"id": "own", "speed_mm_s": 9000}] and "stretches" not in doc
    kinds = [n.get("spot") for n in json.loads((ROOT / "sites/mong-cai/roads-bl2.json").read_text(encoding="utf-8"))["nodes"]]
    assert [n.get("spot") for n in doc["nodes"]] == kinds  # guessed from what is done there
    assert {e.get("speed_mm_s", 9000) for e in doc["edges"]} == {3000, 5600, 7000, 9000}
    theirs["layouts"].append({"layoutId": "up", "layoutVersion": "1", "nodes": [], "edges": [], "stations": []})
    layout["mood"] = "fair"
    for s in layout["stations"]:
        s["stationHeight"] = "0.55"
    for n, more in enumerate(({"maxHeight": 4.5}, {"loadRestriction": {"unloaded": True, "loaded": False}}, {"vehicleOrientation": math.pi},
                              {"reentryAllowed": False}, {"rotationAllowed": True})):
        layout["edges"][n]["vehicleTypeEdgeProperties"][0].update(more)
    layout["nodes"][0]["vehicleTypeNodeProperties"].append({"vehicleTypeId": "maker.small"})
    layout["edges"].append({"edgeId": "small", "startNodeId": "vin", "endNodeId": "vi-1",
                            "vehicleTypeEdgeProperties": [{"vehicleTypeId": "maker.small", "rotationAllowed": False}]})
    status, out, err = imported(theirs)
    assert status == 0 and "FILE: 2 lay-outs, taken: mong-cai-bl2" in err and "FILE: 1 members that LIF does not have" in err
    for what in ("other types", "laden", "height", "backwards", "joined", "turn"):
        assert any(line.startswith("cuakhau: FILE: 1 ") and what in line for line in err.splitlines()), (what, err)
    assert len(err.splitlines()) == 8, err
    assert imported(theirs, "--layout", "up")[0] == 2 and imported(theirs, "--layout", "down")[0] == 2
    # the same checks as for our own files: a vehicle that is too long meets the next place's
    status, out, err = imported(theirs, "--with", "length=30000,width=6000,margin=800")
    assert status == 2 and "in the way of another place" in err, err


def lif_refused(lif):
    theirs = of_others(lif)
    layout = theirs["layouts"][0]
    first, edge = "/layouts/0/nodes/0", "/layouts/0/edges/0"

    def spoilt(change):
        doc = copy.deepcopy(theirs)
        change(doc, doc["layouts"][0])
        return doc
    table = [
        (lambda d, y: y["edges"][0].update(endNodeId="nowhere"), f"{edge}/endNodeId: there is no such node (add the node or take the edge out)"),
        (lambda d, y: y["edges"][0].update(startNodeId="nowhere"), f"{edge}/startNodeId: there is no such node in this lay-out"),
        (lambda d, y: y["nodes"][1].update(nodeId="vin"), "/layouts/0/nodes/1/nodeId: is there twice (ids must differ"),
        (lambda d, y: y["edges"][1].update(edgeId="e1"), "/layouts/0/edges/1/edgeId: is there twice"),
        (lambda d, y: y["nodes"][0].pop("nodePosition"), f"{first}/nodePosition: is required (add this member)"),
        (lambda d, y: y["nodes"][0]["nodePosition"].update(x=1e12), f"{first}/nodePosition/x: must be from -1e9 to 1e9"),
        (lambda d, y: y["nodes"][0]["nodePosition"].update(x=374000), f"{first}/nodePosition/x: more than 100 km from the origin (coordinates are metres"),
        (lambda d, y: y["nodes"][0]["nodePosition"].update(x=None), f"{first}/nodePosition/x: must be a number"),
        (lambda d, y: d["metaInformation"].update(lifVersion="2.0.0"), "/metaInformation/lifVersion: this version of LIF is not known (export it as LIF 1.0.0)"),
        (lambda d, y: d["metaInformation"].pop("lifVersion"), "/metaInformation/lifVersion: is required"),
        (lambda d, y: d.update(layouts=[]), "/layouts: has too few entries (it must not be empty)"),
        (lambda d, y: y.update(nodes=[dict(y["nodes"][0], nodeId=f"n{i}") for i in range(4097)], edges=[], stations=[]),
         "/layouts/0/nodes: 4097 nodes, at most 4096 (make lay-outs of its parts)"),
        (lambda d, y: y["stations"][0].update(interactionNodeIds=["nowhere"]), "/layouts/0/stations/0/interactionNodeIds/0: there is no such node"),
        (lambda d, y: y["edges"][0]["vehicleTypeEdgeProperties"][0].update(vehicleOrientation=90), f"{edge}/vehicleTypeEdgeProperties/0/vehicleOrientation: the vehicle would stand"),
        (lambda d, y: y["edges"][0]["vehicleTypeEdgeProperties"][0].update(maxSpeed=-1), f"{edge}/vehicleTypeEdgeProperties/0/maxSpeed: must be 0 or more"),
        (lambda d, y: y["edges"][0].update(edgeDescription="cuakhau: flies"), f"{edge}/edgeDescription: not understood: flies"),
        (lambda d, y: y.update(stations=[]), "two places at least"),  # the checks of our own files
        (lambda d, y: y["edges"].pop(0), "FILE: vp1: no way leads here from cp1"),
    ]
    for change, what in table:
        status, out, err = imported(spoilt(change))
        assert status == 2 and out == "" and what in err, (what, status, err)
    text = json.dumps(theirs)
    for bad, what in ((text[:5000], "at the end of the text (the file must be one JSON object, whole)"), (text.replace('"x": 250', '"x": NaN', 1), "a value is expected"),
                      ("", "{ or [ is expected"), ("[]", "must be an object")):
        status, out, err = imported(bad)
        assert status == 2 and out == "" and what in err, (what, status, err)
    assert imported(theirs, "--vehicle-type", "maker.tall")[2].startswith("cuakhau: FILE: /layouts/0/nodes: no node is for vehicles of type maker.tall")
    for args in (["--with", "height=3"], ["--with", "length="], ["--fly"]):
        assert imported(theirs, *args)[0] == 2
    assert run("import", "/nonexistent")[0] in (2, 3) and run("export", "/nonexistent")[0] in (2, 3) and run("import")[0] == 2
    shipped = str(ROOT / "sites/mong-cai/roads-bl2.json")
    assert run("export", shipped, "--time", "yesterday")[0] == 2
    assert run("export", shipped, "--out", "/nonexistent/x")[0] == 3
    return len(table) + 4


def lif():
    schema = lif_schema()
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for file, *_ in SHIPPED:
            last = there_and_back(folder, (ROOT / "sites" / file).read_text(encoding="utf-8"), schema)
        for numbers in MADE:
            there_and_back(folder, make(numbers), schema)
    assert schema.is_valid(json.loads((ROOT / "tests/wire/lif/full.json").read_text(encoding="utf-8")))
    for spoil in (lambda d: d["metaInformation"].pop("creator"), lambda d: d["layouts"][0].pop("stations"), lambda d: d["layouts"][0]["nodes"][0].pop("nodePosition"),
                  lambda d: d["layouts"][0]["edges"][0].update(vehicleTypeEdgeProperties=[]), lambda d: d["layouts"][0]["stations"][0].update(interactionNodeIds=[]),
                  lambda d: d["layouts"][0]["nodes"][0].update(speed=3)):
        bad = copy.deepcopy(last)
        spoil(bad)
        assert not schema.is_valid(bad)
    lif_of_others(last)
    refusals = lif_refused(last)
    print(f"VDMA LIF: {len(SHIPPED) + len(MADE)} lay-outs there and back, {refusals} refused")


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
    first = doc["edges"][0]
    first["width_mm"] = 4000
    refused(doc, first["id"], "4000 mm wide, its vehicles need 4600")
    del first["width_mm"]
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
    print("lay-outs: 3 shipped, 17 refused, one run")
    lif()


main()
