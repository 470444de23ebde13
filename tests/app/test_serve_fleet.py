#!/usr/bin/python3
"""The gate alive with its boxes on unmanned vehicles behind a real broker: serve --twin --fleet --broker. The missions are in the journal and on the
passages; the server is killed -9 with boxes on vehicles, then the broker; each box is lifted once and set down once, and no bodies meet.
Usage: test_serve_fleet.py CUAKHAU SITE TARIFF"""
import collections
import json
import os
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

program, site, tariff = sys.argv[1:4]
BROKER = shutil.which("mosquitto") or ("/usr/sbin/mosquitto" if os.path.exists("/usr/sbin/mosquitto") else None)
SPEED = 60
VEHICLES = ",".join(f"cuakhau/igv-{i + 1}@{('2.1', '2.0', '3.0')[i % 3]}" for i in range(10))
ORDER = ["assigned", "picking", "carrying", "setting", "done"]
EPOCH = int(time.time() - 3600) * 1000


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for(what, seconds, say):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = what()
        if value:
            return value
        time.sleep(0.1)
    raise AssertionError(f"waited {seconds} s in vain: {say()}")


class Vehicles:
    def __init__(self, port):
        self.p = subprocess.Popen([program, "vehicles", "--roads", f"{site}/roads-hn.json", "--broker", f"127.0.0.1:{port}", "--vehicles", VEHICLES,
                                   "--speed-up", str(SPEED), "--epoch", str(EPOCH), "--json"], stdout=subprocess.PIPE, text=True)
        self.lines = []
        self.thread = threading.Thread(target=lambda: self.lines.extend(json.loads(x) for x in self.p.stdout), daemon=True)
        self.thread.start()

    def loads(self, n):
        return sum(x["event"] == "load" and x["loads"] == n for x in list(self.lines))


class Gate:
    def __init__(self, folder, broker, token):
        self.token = token
        port = folder / "port"
        port.unlink(missing_ok=True)
        self.log = open(folder / "log", "ab")
        self.p = subprocess.Popen([program, "serve", "--site", site, "--phase", "2030", "--tariff", tariff, "--store", f"sqlite:{folder}/gate.db",
                                   "--tokens", f"{folder}/tokens", "--listen", "127.0.0.1:0", "--port-file", str(port), "--twin", str(SPEED),
                                   "--fleet", "hn", "--broker", f"127.0.0.1:{broker}", "--vehicles", VEHICLES, "--epoch", str(EPOCH)], stderr=self.log)
        wait_for(lambda: port.exists() and port.read_text().strip(), 30, lambda: (folder / "log").read_text()[-800:])
        self.url = f"http://127.0.0.1:{port.read_text().strip()}"

    def get(self, path):
        rq = urllib.request.Request(self.url + path, headers={"Authorization": "Bearer " + self.token})
        with urllib.request.urlopen(rq, timeout=10) as r:
            return json.loads(r.read())

    def end(self, sig):
        self.p.send_signal(sig)
        status = self.p.wait(20)
        self.log.close()
        return status


def start_broker(folder, port):
    conf = folder / "mosquitto.conf"
    conf.write_text(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
    return subprocess.Popen([BROKER, "-c", str(conf)], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def check_journal(db):
    """Each passage's mission in order, its box lifted once for each carrying; returns how many passages came to each step."""
    dump = subprocess.run([program, "journal", "dump", str(db)], capture_output=True, text=True, timeout=120).stdout
    steps, lifted, closed, hand = collections.defaultdict(list), collections.Counter(), 0, {}
    for line in dump.splitlines():
        e = json.loads(line)
        kind, ref, data = e.get("kind"), e.get("passage"), e.get("data", {})
        if kind == "MISSION":
            vehicle, step = data["vehicle"], data["step"]
            before = steps[ref][-1] if steps[ref] else None
            assert step == "withdrawn" or before in (None, "withdrawn") or abs(ORDER.index(step) - ORDER.index(before)) == 1, (ref, steps[ref], step)
            steps[ref].append(step)
            if step in ("done", "withdrawn"):
                hand.pop(vehicle, None)
            else:
                assert hand.setdefault(vehicle, ref) == ref, f"{vehicle} has {hand[vehicle]} in hand and goes for {ref}"
        if kind == "MOVED" and data["move"] == "lift_on" and e["by"] == "fleet":
            lifted[ref] += 1
        if kind == "MOVED" and data["move"] in ("cross_out", "enter") and e["by"] == "fleet":
            assert steps[ref][-1] == "carrying", (ref, steps[ref])
        closed += kind == "MOVED" and data["to"] == "closed" and ref in steps
    assert all(n == 1 for n in lifted.values()), [r for r, n in lifted.items() if n > 1]
    assert all(s.count("done") <= 1 for s in steps.values())
    return collections.Counter(step for s in steps.values() for step in set(s)), closed


def main():
    if not BROKER:
        print("no mosquitto: skipped")
        return 77
    folder = pathlib.Path(tempfile.mkdtemp(prefix="cuakhau-serve-fleet-"))
    token = subprocess.run([program, "token", "--file", f"{folder}/tokens", "--role", "centre", "--id", "centre-1"], capture_output=True, text=True).stdout.strip()
    port = free_port()
    broker = start_broker(folder, port)
    vehicles, gate = None, None
    say = lambda: (vehicles.lines[-6:], (folder / "log").read_text()[-1500:])
    try:
        vehicles = Vehicles(port)
        gate = Gate(folder, port, token)
        wait_for(lambda: vehicles.loads(0) >= 2 and vehicles.loads(1) - vehicles.loads(0) >= 2, 240, say)
        refs = [p["passage"] for place in ("dispatched", "peer_gate", "entered") for p in gate.get(f"/v1/passages?mode=unmanned&place={place}&max=100")["items"]]
        shown = [p for p in map(lambda ref: gate.get(f"/v1/passages/{ref}"), refs) if p.get("mission") in ORDER]
        assert shown and all(p["vehicle"].startswith("igv-") for p in shown), f"no mission is shown on a passage: {refs}"
        gate.end(signal.SIGKILL)
        before = vehicles.loads(0)
        time.sleep(1)  # a minute of the gate without its fleet control
        gate = Gate(folder, port, token)
        wait_for(lambda: vehicles.loads(0) >= before + 4, 240, say)
        broker.kill()
        broker.wait()
        before = vehicles.loads(0)
        time.sleep(0.5)
        broker = start_broker(folder, port)
        wait_for(lambda: vehicles.loads(0) >= before + 4, 240, say)
        assert gate.end(signal.SIGTERM) == 0
        vehicles.p.send_signal(signal.SIGTERM)
        vehicles.p.wait(20)
        vehicles.thread.join(5)
        summary = vehicles.lines[-1]
        assert summary["event"] == "summary" and summary["met"] == 0 and summary["looks"] > 50, summary
        verdict = subprocess.run([program, "journal", "verify", f"{folder}/gate.db"], capture_output=True, text=True, timeout=60)
        assert verdict.returncode == 0, verdict.stdout + verdict.stderr
        steps, closed = check_journal(folder / "gate.db")
        picked, down = summary["picked"], summary["set_down"]
        assert picked - 1 <= steps["carrying"] <= picked and down - 2 <= steps["done"] <= down, (steps, summary)
        print(f"{steps['assigned']} given, {picked} lifted, {down} set down, {closed} closed; server and broker killed -9; {summary['looks']} looks, 0 met")
    finally:
        for p in (gate and gate.p, vehicles and vehicles.p, broker):
            if p and p.poll() is None:
                p.kill()
    shutil.rmtree(folder)
    return 0


sys.exit(main())
