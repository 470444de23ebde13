"""cuakhau ephyto: what is shown, what is put into a declaration, every difference by its words; exit statuses.
Usage: test_ephyto.py CUAKHAU SOURCE-ROOT"""
import copy
import json
import pathlib
import subprocess
import sys
import tempfile

cuakhau, root = sys.argv[1], pathlib.Path(sys.argv[2])
files = root / "tests/wire/ephyto"
durian, withdrawn = files / "durian.xml", files / "reexport.xml"
CERTIFICATE = {"kind": "phytosanitary", "number": "VN-TEST-2027-000117"}
GOOD = {
    "lrn": "T-1", "direction": "export", "mode": "through", "plate": "12C12345", "container": "MSKU6011672", "seals": ["VN0012345"],
    "goods": [
        {"hs": "0810.60.00", "description": "durian", "origin": "VN", "net_kg": 18000, "gross_kg": 19200},
        {"hs": "08109020", "description": "dragon fruit", "origin": "VN", "net_kg": 250, "gross_kg": 260},
    ],
}


def run(*args):
    p = subprocess.run([cuakhau, "ephyto", *map(str, args)], capture_output=True, text=True, timeout=60)
    return p.returncode, p.stdout, p.stderr


with tempfile.TemporaryDirectory() as folder:
    path = pathlib.Path(folder) / "declaration.json"

    def into(declaration, *certificates):
        path.write_text(json.dumps(declaration))
        return run(*certificates, "--into", path)

    # shown
    status, out, err = run(durian)
    assert (status, err) == (0, "") and "VN-TEST-2027-000117" in out and "Durio zibethinus" in out and "MSKU6011672" in out, out
    status, out, err = run("--json", *(files / n for n in ("durian.xml", "envelope.xml", "soap.xml", "ephyto_envelope.xml", "reexport.xml")))
    lines = [json.loads(line) for line in out.splitlines()]
    assert status == 1 and err == "" and len(lines) == 5, (status, err)  # one is withdrawn
    for line in lines[:4]:
        assert line["certificates"] == [CERTIFICATE] and line["certificate"]["items"][0]["net_kg"] == 18001, line
    assert lines[4]["certificates"] == [] and lines[4]["certificate"]["status"] == "withdrawn"
    bad = pathlib.Path(folder) / "bad.xml"
    bad.write_text(durian.read_text().replace("601167-2", "601167-3"))
    status, out, err = run(bad, "--json")
    assert status == 2 and json.loads(out)["problems"][0]["field"] == "UtilizedSPSTransportEquipment", out
    assert err.startswith(f"{bad}: UtilizedSPSTransportEquipment: \"MSKU 601167-3\": the check digit does not fit -> "), err

    # put in: all else stays, twice is once, and the result is a declaration
    status, out, err = into(GOOD | {"vehicle_country": "VN"}, durian)
    assert (status, err) == (0, "") and json.loads(out) == GOOD | {"vehicle_country": "VN", "certificates": [CERTIFICATE]}, (out, err)
    status, out, err = into(json.loads(out), durian, files / "envelope.xml")
    assert (status, err) == (0, "") and json.loads(out)["certificates"] == [CERTIFICATE], (out, err)
    other = {"kind": "origin", "number": "E-1"}
    status, out, err = into(GOOD | {"certificates": [other]}, files / "soap.xml")
    assert status == 0 and json.loads(out)["certificates"] == [other, CERTIFICATE]
    path.write_text(out)
    dry = subprocess.run([cuakhau, "import", "--dry-run", path], capture_output=True, text=True)
    assert dry.returncode == 0 and dry.stdout.startswith("1 declarations are good"), (dry.stdout, dry.stderr)

    # each difference
    def differs(change, *said, certificate=durian, status=1):
        d = copy.deepcopy(GOOD)
        change(d)
        got = into(d, certificate)
        assert got[0] == status and (got[1] == "") == (status != 0), got
        assert got[2] == "".join(f"{certificate}: {s}\n" for s in said), got[2]

    mass = "correct the mass, or ask for a certificate of what is carried"
    code = "correct the HS code of the line, or use the certificate of these goods"
    differs(lambda d: d["goods"][0].update(net_kg=17999),
            f"goods[0].net_kg: 17999 kg of HS 081060 are declared, the certificate covers 18001 kg -> {mass}")
    differs(lambda d: d["goods"][1].update(net_kg=9000),
            f"goods[1].net_kg: 9000 kg of HS 081090 are declared, the certificate covers 250 kg -> {mass}")
    differs(lambda d: d["goods"][1].update(hs="070960"), f"goods: no line declares HS 081090, which the certificate covers -> {code}",
            "note: goods[1]: HS 070960 is not covered by this certificate")
    differs(lambda d: d.pop("goods"), f"goods: no line declares HS 081060, which the certificate covers -> {code}",
            f"goods: no line declares HS 081090, which the certificate covers -> {code}")
    differs(lambda d: d["goods"][0].update(origin="LA"),
            "goods[0].origin: it is LA, the certificate says VN -> correct the origin, or use the certificate of these goods")
    box = "correct the container, or use the certificate of this one"
    differs(lambda d: d.update(container="TEXU3070079"), f'container: it is "TEXU3070079", the certificate is for MSKU6011672 -> {box}')
    differs(lambda d: d.pop("container"), f'container: it is "", the certificate is for MSKU6011672 -> {box}')
    differs(lambda d: d.update(seals=["VN0012345", "X"]),
            'seals[1]: "X" is not in the certificate, which names VN0012345 -> correct the seal, or ask for a certificate with it')
    differs(lambda d: d.update(seals=[]), "note: seals: the declaration has none, the certificate names VN0012345", status=0)
    differs(lambda d: d["goods"].append({"hs": "940360"}), "note: goods[2]: HS 940360 is not covered by this certificate", status=0)
    differs(lambda d: d.update(trailer="12R-01234"), "status: the certificate is withdrawn (40), not issued -> ask for a certificate that is in force",
            certificate=withdrawn)
    differs(lambda d: d.update(certificates=[other] * 32),
            "certificates: the declaration has 32 already -> take out what is not needed")
    differs(lambda d: d.update(certificates="none"), "certificates: the declaration's is no list -> correct it", status=2)
    bad.write_text(withdrawn.read_text().replace("<ram:StatusCode>40", "<ram:StatusCode>70"))
    differs(lambda d: None, 'trailer: neither plate nor trailer is "12R-01234", which the certificate names -> correct plate or trailer, or use the '
            "certificate of this vehicle", certificate=bad)
    differs(lambda d: d.update(trailer="12R01234"), certificate=bad, status=0)
    bad.write_text(durian.read_text().replace("<ram:SystemName>CN<", "<ram:SystemName>EPPO<"))
    differs(lambda d: d["goods"].pop(), "items[1].hs: the certificate has no HS code for Hylocereus undatus -> ask the issuing organisation for the "
            "code, or enter the certificate by hand", certificate=bad)

    # split over lines: each was rounded
    d = copy.deepcopy(GOOD)
    d["goods"][0]["net_kg"] = 9000
    d["goods"].append(d["goods"][0] | {"net_kg": 8999})
    assert into(d, durian)[0] == 0

    # bad usage and input
    for args, status in [([], 2), (["--into", path], 2), ([files / "none.xml"], 2), ([durian, "--into", files / "none.json"], 2), ([folder], 3)]:
        got = run(*args)
        assert got[0] == status and got[1] == "" and got[2].startswith("cuakhau: "), (args, got)
    path.write_text("[]")
    assert run(durian, "--into", path) == (2, "", f"cuakhau: --into {path}: it must hold one declaration, an object\n")
    path.write_text('{"goods":')
    assert run(durian, "--into", path)[0] == 2
print("certificates shown and put into declarations; differences named")
