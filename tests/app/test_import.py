"""cuakhau import against a real gate: good, half good and bad files; exit status; messages that name the field and the cure."""
import json
import sys

from test_drive_gate import ROOT, Gate, expect

GOODS = [{"hs": "850440", "description": "Adapters", "origin": "VN", "net_kg": 10000, "gross_kg": 10400}]


def declaration(n, **more):
    d = {"lrn": f"IMP-{n}", "direction": "export", "mode": "driver_change", "regime": "ordinary", "plate": f"12C-{10000 + n}", "driver_id": f"D{n}",
         "driver_name": "Driver", "driver_country": "VN", "tare_kg": 14000, "customs_no": f"3055{n:08d}", "goods": GOODS}
    d.update(more)
    return d


def write(gate, name, text):
    path = gate.dir / name
    path.write_text(text if isinstance(text, str) else json.dumps(text, ensure_ascii=False), encoding="utf-8")
    return path


def json_files(g, imp):
    r = imp(write(g, "one.json", declaration(1)))
    expect(r.returncode == 0 and "1 declarations accepted" in r.stdout and r.stderr == "", "a good file", r.stdout, r.stderr)
    r = imp(write(g, "half.json", [declaration(2), declaration(3, plate="12I-99"), declaration(4, container="CSQU3054384", seals=["S1"])]))
    expect(r.returncode == 1 and "1 declarations accepted, 0 refused by the gate, 2 bad" in r.stdout, "a half good file", r.stdout)
    expect("plate: " in r.stdout and "-> write it as on the vehicle" in r.stdout, "a bad plate names the field and the cure", r.stdout)
    expect("container: " in r.stdout and "ask for 3" in r.stdout, "a bad check digit names the right one", r.stdout)
    r = imp(write(g, "again.json", declaration(1)))
    expect(r.returncode == 1 and "DUPLICATE_LRN" in r.stdout and "IMP-1" in r.stdout, "a duplicate is refused by the gate", r.stdout)
    fruit = [{"hs": "081060", "description": "Durian", "origin": "VN", "net_kg": 9000, "gross_kg": 9400}]
    r = imp(write(g, "fruit.json", declaration(5, goods=fruit)))
    for word in ("MISSING_CERTIFICATE", "MISSING_GROWING_AREA", "goods[0].growing_area", "Decree 248", "->"):
        expect(word in r.stdout, f"the refusal of fruit without papers says {word}", r.stdout)
    r = imp(write(g, "foreign.jsonl", json.dumps(declaration(6, plate="桂F12345", direction="import")) + "\n{broken\n"))
    expect(r.returncode == 1 and "1 declarations accepted" in r.stdout and "foreign.jsonl:2" in r.stdout, "JSON lines with a broken one", r.stdout)


def csv_files(g, imp):
    head = "lrn,direction,mode,regime,plate,tare_kg,driver_id,driver_name,driver_country,hs,description,origin,net_kg,gross_kg\n"
    good = "CSV-1,export,driver_change,ordinary,12C-20001,14000,D1,Driver,VN,850440,Adapters,VN,9000,9300\n"
    bad = "CSV-2,export,driver_change,ordinary,12C-20002,14000,D2,Driver,VN,081099,Fruit,VN,9000,9300\n"
    r = imp(write(g, "half.csv", head + good + bad))
    expect(r.returncode == 1 and "1 declarations accepted" in r.stdout and "half.csv:3: goods[0].hs" in r.stdout, "half good CSV", r.stdout)
    rows = ("Declaration ID,HS6 Code,Country of Origin,Net Mass,Item Price\n97000001,850440,CN,1200.5,100\n97000002,999999,CN,5,1\n")
    defaults = write(g, "defaults.json", {"mode": "transhipment", "regime": "ordinary", "plate": "桂F55555", "tare_kg": 12000, "vehicle_country": "CN"})
    r = imp(write(g, "customs.csv", rows), "--defaults", defaults)
    expect(r.returncode == 1 and "1 declarations accepted" in r.stdout and "1 bad in the file" in r.stdout, "customs research rows with defaults", r.stdout)


def xml_files(g, imp):
    xml = """<?xml version="1.0"?><MetaData xmlns="urn:wco:datamodel:WCO:DocumentMetaData-DMS:2"><Declaration xmlns="urn:wco:datamodel:WCO:DEC-DMS:2"><FunctionCode>9</FunctionCode>
<FunctionalReferenceID>XML-1</FunctionalReferenceID><TypeCode>EXD</TypeCode><BorderTransportMeans><ID>12C-30001</ID><IdentificationTypeCode>30</IdentificationTypeCode></BorderTransportMeans>
<GoodsShipment><GovernmentAgencyGoodsItem><Commodity><Description>Adapters</Description><Classification><ID>85044090</ID><IdentificationTypeCode>TSP</IdentificationTypeCode></Classification>
<GoodsMeasure><GrossMassMeasure>1000</GrossMassMeasure><NetNetWeightMeasure>900</NetNetWeightMeasure></GoodsMeasure></Commodity><Origin><CountryCode>VN</CountryCode></Origin></GovernmentAgencyGoodsItem></GoodsShipment></Declaration></MetaData>"""
    defaults = write(g, "xml-defaults.json", {"mode": "driver_change", "regime": "ordinary", "tare_kg": 14000})
    r = imp(write(g, "one.xml", xml), "--defaults", defaults)
    expect(r.returncode == 0 and "1 declarations accepted" in r.stdout, "WCO XML", r.stdout, r.stderr)
    bomb = '<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><Declaration>&b;</Declaration>'
    r = imp(write(g, "bomb.xml", bomb))
    expect(r.returncode == 2 and "DOCTYPE" in r.stdout, "entities are refused", r.stdout)


def other_ends(g, imp, program):
    r = imp(write(g, "x.json", declaration(50)), server="http://127.0.0.1:9")
    expect(r.returncode == 3 and "no gate answers" in r.stderr, "an unreachable gate", r.stderr)
    r = imp(g.dir / "not-there.json")
    expect(r.returncode == 2 and "not-there.json" in r.stderr, "a file that is not there", r.stderr)
    expect(imp(write(g, "empty.csv", "")).returncode == 2, "an empty file")
    expect(g.run("import", "--server", g.url).returncode == 2, "no file at all")
    r = g.run("import", "--server", g.url, "--token", "not-a-token", g.dir / "x.json")
    expect(r.returncode == 2 and "does not know this token" in r.stderr, "an unknown token", r.stderr)
    r = imp(write(g, "y.json", [declaration(51), declaration(52, direction="up")]), "--json")
    o = json.loads(r.stdout)
    expect(r.returncode == 1 and o["accepted"] == 1 and o["bad"] == 1 and r.stderr == "", "--json prints one object", r.stdout, r.stderr)
    problem = [i for i in o["items"] if i["verdict"] == "bad"][0]["problems"][0]
    expect(problem["field"] == "direction" and problem["cure"], "with field and cure", r.stdout)
    r = imp(write(g, "z.json", declaration(53)), "--dry-run")
    expect(r.returncode == 0 and "nothing was sent" in r.stdout, "--dry-run sends nothing", r.stdout)
    expect(imp(g.dir / "z.json").returncode == 0, "so that it can be sent later")


def main(program):
    with Gate(program) as g:
        def imp(path, *more, server=None):
            return g.run("import", "--server", server or g.url, "--token-file", g.dir / "trader.token", *more, path)
        json_files(g, imp)
        csv_files(g, imp)
        xml_files(g, imp)
        other_ends(g, imp, program)
        samples = ROOT.parent / "shared/data/wco/samples"
        if samples.is_dir():
            r = imp(samples, "--dry-run", "--json")
            o = json.loads(r.stdout)
            expect(o["files"] == 355 and o["declarations"] + o["not_declarations"] >= 355, "every WCO sample gets a verdict", r.stdout[:300])
        else:
            print("skipped: ../shared/data/wco is not there")
        g.stop()
        expect(g.run("journal", "verify", g.db).returncode == 0, "the journal verifies")


main(sys.argv[1])
