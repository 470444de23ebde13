#!/usr/bin/python3
"""The living gate: cuakhau serve --twin runs the world behind the real API; people may act beside it; a restart goes on
with the same passages; the journal verifies. Usage: test_serve_twin.py CUAKHAU SITE TARIFF"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request

program, site, tariff = sys.argv[1:4]


def wait_for(what, seconds):
    end = time.time() + seconds
    while time.time() < end:
        value = what()
        if value:
            return value
        time.sleep(0.1)
    raise SystemExit("waited in vain")


class Gate:
    def __init__(self, folder, token):
        self.folder, self.token = folder, token
        port = folder / "port"
        port.unlink(missing_ok=True)
        self.log = open(folder / "log", "ab")
        self.p = subprocess.Popen([program, "serve", "--site", site, "--phase", "2027", "--tariff", tariff, "--store", f"sqlite:{folder}/gate.db", "--tokens", f"{folder}/tokens",
                                   "--listen", "127.0.0.1:0", "--port-file", str(port), "--twin", "1200"], stderr=self.log)
        wait_for(lambda: port.exists() and port.read_text().strip(), 20)
        self.url = f"http://127.0.0.1:{port.read_text().strip()}"

    def get(self, path):
        rq = urllib.request.Request(self.url + path, headers={"Authorization": "Bearer " + self.token})
        with urllib.request.urlopen(rq, timeout=10) as r:
            return r.read().decode()

    def metric(self, name):
        for line in self.get("/metrics").splitlines():
            if line.startswith(name + " ") or line.startswith(name + "{"):
                return float(line.split()[-1])
        return 0.0

    def stop(self):
        self.p.send_signal(signal.SIGTERM)
        status = self.p.wait(20)
        self.log.close()
        return status


def run(*args):
    return subprocess.run([program, *args], capture_output=True, text=True, timeout=120)


def counts(journal):
    kinds, closed = {}, 0
    for line in run("journal", "dump", journal).stdout.splitlines():
        try:
            row = json.loads(line)
        except ValueError:
            continue
        kind = row.get("kind", "")
        kinds[kind] = kinds.get(kind, 0) + 1
        closed += '"to":"closed"' in line.replace(" ", "")
    return kinds, closed


def main():
    for bad in ("0", "-1", "fast", "3601"):
        r = run("serve", "--site", site, "--twin", bad)
        assert r.returncode == 2 and "--twin" in r.stderr, (bad, r.returncode, r.stderr)
    with tempfile.TemporaryDirectory() as d:
        folder = pathlib.Path(d)
        token = run("token", "--file", f"{folder}/tokens", "--role", "centre", "--id", "centre-9").stdout.strip()
        journal = str(folder / "gate.db")
        gate = Gate(folder, token)
        time.sleep(12)
        assert gate.p.poll() is None, (folder / "log").read_text()[-2000:]
        page = json.loads(gate.get("/v1/passages"))
        assert page, "no passages"
        body = json.dumps({"road": "tt", "open": False, "cause": "storm", "reason": "a test"}).encode()
        rq = urllib.request.Request(gate.url + "/v1/roads/tt", data=body, method="POST", headers={"Authorization": "Bearer " + token, "Content-Type": "application/json", "Idempotency-Key": "k1"})
        try:
            urllib.request.urlopen(rq, timeout=10).read()
        except urllib.error.HTTPError as e:
            assert e.code in (403, 404, 405, 422), e.code  # a person may be refused, the gate lives on
        assert gate.stop() == 0, (folder / "log").read_text()[-2000:]
        first, closed = counts(journal)
        assert first.get("DECLARED", 0) > 100 and first.get("TASK_DECIDED", 0) > 300, first
        assert first.get("EFFECT_DONE", 0) > 10, first
        assert run("journal", "verify", journal).returncode == 0
        gate = Gate(folder, token)
        time.sleep(10)
        assert gate.stop() == 0, (folder / "log").read_text()[-2000:]
        second, closed_after = counts(journal)
        assert second["DECLARED"] > first["DECLARED"] and closed_after > closed, (first, second)
        assert "clock" not in str(second.get("ALARM", "")), second
        assert run("journal", "verify", journal).returncode == 0
        log = (folder / "log").read_text()
        assert "assert" not in log and '"error"' not in log, log[-2000:]
        print(f"{second['DECLARED']} declared, {closed_after} closed, {sum(second.values())} events, refused {second.get('REFUSED', 0)}")


main()
