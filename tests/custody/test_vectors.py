#!/usr/bin/python3
"""The golden messages checked from docs/protocol.md alone, by none of our code: signatures by the openssl command, hashes, chain, consent, the hash of the terms. Skips (77)
without that command."""
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

root = pathlib.Path(sys.argv[1])
if not shutil.which("openssl"):
    print("skipped: no openssl command")
    sys.exit(77)
lines = (root / "tests/custody/golden.txt").read_text(encoding="utf-8").split("\n")
seeds = {"vn-2026-a": bytes([1]) * 32, "cn-2026-a": bytes([2]) * 32}
hashes, cores = [], []
with tempfile.TemporaryDirectory() as folder:
    at = pathlib.Path(folder)
    for header, core, signature in zip(lines[0::3], lines[1::3], lines[2::3]):
        (at / "key").write_bytes(bytes.fromhex("302e020100300506032b657004220420") + seeds[json.loads(header)["key"]])  # PKCS #8, RFC 8410
        (at / "message").write_bytes(f"{header}\n{core}".encode())
        (at / "signature").write_bytes(bytes.fromhex(signature))
        subprocess.run(["openssl", "pkey", "-inform", "DER", "-in", at / "key", "-pubout", "-out", at / "public"], check=True)
        subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", at / "public", "-rawin", "-in", at / "message", "-sigfile", at / "signature"], check=True,
                       stdout=subprocess.DEVNULL)
        hashes.append(hashlib.sha256(core.encode()).hexdigest())
        cores.append(json.loads(core))
offer, accept, crossed = cores
assert offer["prev"] == accept["prev"] == "0" * 64 and crossed["prev"] == hashes[0]
assert accept["body"]["consent"] == hashes[0] and crossed["body"]["consent"] == hashes[1]

table = (root / "docs/custody.md").read_text(encoding="utf-8")
kinds = [k for k in re.findall(r"^\| ([A-Z_]+) \|", table, re.M) if k != "RECEIPT"]
fields = re.findall(r"^\| (\w+) \|", table.split("## Fields")[1].split("## Reasons")[0], re.M)
agreement = json.loads((root / "sites/huu-nghi/agreement.json").read_text(encoding="utf-8"))
v = agreement["versions"][0]
terms = [f"agreement {agreement['agreement']}", f"version {v['version']}", "from " + v["from"].replace("Z", ".000Z"), "until " + v["until"].replace("Z", ".000Z")]
terms += [f"{n} {v[n]}" for n in ("skew_s", "ttl_s", "answer_within_s", "cross_within_s", "close_within_s", "retention_days", "weight_permille")]
for side in agreement["sides"]:
    for kind in kinds:
        allowed = next((m["fields"] for m in v["messages"] if m["kind"] == kind and m["direction"] in ("both", side)), None)
        if allowed is not None:
            terms.append(" ".join([side, kind] + [f for f in fields if f in allowed]))
for r in v.get("recognised", []):
    terms += [f"{side} recognised {r['task']} as {r['as']} by {r['clause']}" for side in agreement["sides"] if r["direction"] in ("both", side)]
assert hashlib.sha256("".join(t + "\n" for t in terms).encode()).hexdigest() == offer["body"]["terms"]
print(f"{len(cores)} golden messages and the terms, by the document alone")
