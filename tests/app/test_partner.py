"""cuakhau partner: both ways, through files and pipes; exit statuses; docs/partner.md holds the tables that the program prints.
Usage: test_partner.py CUAKHAU SOURCE-ROOT"""
import json
import pathlib
import subprocess
import sys
import tempfile

cuakhau, root = sys.argv[1], pathlib.Path(sys.argv[2])
golden = root / "tests/partner/golden"


def run(*args, text=None):
    p = subprocess.run([cuakhau, "partner", *map(str, args)], input=text, capture_output=True, timeout=60)
    return p.returncode, p.stdout, p.stderr.decode()


def want(got, status, err=""):
    assert got[0] == status and got[2] == err, got


done = 0
for foreign in sorted(golden.glob("*.*")):
    if foreign.suffix == ".json":
        continue
    source = foreign.with_suffix(".json")
    as_ = foreign.suffix[1:]
    assert run("encode", "--as", as_, source) == (0, foreign.read_bytes(), ""), foreign
    assert run("decode", foreign, "--as", as_) == (0, source.read_bytes(), ""), foreign
    status, out, err = run("encode", "--as", as_, "-", text=source.read_bytes())
    assert (status, err) == (0, "") and run("decode", "--as", as_, "-", text=out)[1] == source.read_bytes()
    done += 1
assert done == 25, done

# the answer no
offer = (golden / "offer.json").read_text()
got = run("encode", "--as", "codeco", "-", text=offer.encode())
want(got, 1, "cuakhau: -: kind: OFFER cannot be said in UN/EDIFACT CODECO -> say it over the link\n")
assert got[1] == b""
crossed = json.loads((golden / "crossed.json").read_text())
crossed["body"]["item_kind"] = "igv"
got = run("encode", "--as", "wco", "-", text=json.dumps(crossed).encode())
want(got, 1, "cuakhau: -: body.item_kind: WCO Response has no word for igv -> hand it over by the link, or by the container on it\n")
crossed["body"].update(item_kind="container", at="2027-01-01T00:04:30.5Z")
want(run("encode", "--as", "wco", "-", text=json.dumps(crossed).encode()), 2,
     "cuakhau: -: body.at: the foreign format has whole seconds only -> give it without a fraction\n")

# bad input, bad usage
want(run("encode", "--as", "wco", "-", text=b"{"), 2, run("encode", "--as", "wco", "-", text=b"{")[2])
assert "line 1" in run("encode", "--as", "wco", "-", text=b"{")[2]
want(run("decode", "--as", "codeco", "-", text=b"hello"), 2,
     "cuakhau: -: UNB: an interchange begins with it -> send the whole interchange, from UNB to UNZ\n")
want(run("decode", "--as", "codeco", "-", text=b"x" * 70000), 2, "cuakhau: -: it has more than 65536 bytes -> give one message\n")
want(run("decode", "--as", "wco", golden / "none.wco"), 2, f"cuakhau: {golden / 'none.wco'}: there is no such file -> check its name\n")
want(run("decode", "--as", "cuscar", "-", text=b""), 2, "cuakhau: --as cuscar: there is no such adapter: use wco, codeco or cusres\n")
for args in [[], ["encode", "-"], ["encode", "--as", "wco"], ["sing", "--as", "wco", "-"], ["table", "x"]]:
    status, out, err = run(*args)
    assert status == 2 and out == b"" and err.startswith("usage: cuakhau partner"), (args, err)
status, out, err = run("encode", "--as", "wco", str(root))
assert status == 3, (status, err)

# docs
docs = (root / "docs/partner.md").read_text()
status, out, err = run("table")
assert status == 0 and out.decode() in docs, "docs/partner.md: put in what `cuakhau partner table` prints"
status, out, err = run("table", "--as", "cusres")
assert status == 0 and out.decode() in docs and "CODECO" not in out.decode()
with tempfile.TemporaryDirectory() as folder:
    full = subprocess.run(f"'{cuakhau}' partner encode --as wco '{golden / 'offer.json'}' > /dev/full", shell=True, capture_output=True)
    assert full.returncode == 3, full
print(f"{done} messages both ways, statuses, docs")
