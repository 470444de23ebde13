"""Twenty vehicles that are not ours (npm vda-5050-lib, VDA 5050 2.0.0) carry boxes under our fleet control: drive, pick, drop, orders stitched on the way,
charge. Skipped, with a word, where node, its packages (npm ci in tests/fleet-third-party) or mosquitto are missing."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import sys
import tempfile
import time

PROGRAM = os.path.abspath(sys.argv[1])
HERE = pathlib.Path(__file__).resolve().parent.parent / "fleet-third-party"
BROKER = shutil.which("mosquitto") or ("/usr/sbin/mosquitto" if os.path.exists("/usr/sbin/mosquitto") else None)
VEHICLES, JOBS = 20, 12


def skip(what):
    print(f"skipped: {what}")
    sys.exit(77)


def listening(port):
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise AssertionError("the broker does not listen")


def play(folder, port, processes):
    conf, roads = os.path.join(folder, "broker.conf"), os.path.join(folder, "roads.json")
    with open(conf, "w", encoding="ascii") as f:
        f.write(f"listener {port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
    processes.append(subprocess.Popen([BROKER, "-c", conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL))
    listening(port)
    with open(roads, "w", encoding="utf-8") as f:
        subprocess.run([PROGRAM, "roads", "make", "--with", "lanes=2,cranes=4,parks=12,chargers=4,corridor=700,line=100"], stdout=f, check=True)
    others = subprocess.Popen(["node", str(HERE / "vehicles.js"), f"mqtt://127.0.0.1:{port}", roads, str(VEHICLES)], stdout=subprocess.PIPE, text=True)
    processes.append(others)
    assert others.stdout.readline() == "ready\n"
    names = ",".join(f"other/agv-{i + 1}@2.0" for i in range(VEHICLES))
    jobs = "".join(json.dumps({"id": i, "from": "own" if i % 2 else "peer"}) + "\n" for i in range(1, JOBS + 1))
    r = subprocess.run([PROGRAM, "fleet", "--roads", roads, "--broker", f"127.0.0.1:{port}", "--vehicles", names, "--json", "--crane-ms", "500", "--cycle-ms",
                        "100", "--until-done", "--seconds", "80", "--attended"], input=jobs, capture_output=True, text=True, timeout=100, check=False)
    others.terminate()
    charged = [int(line.split()[1]) for line in others.stdout.read().splitlines() if line.startswith("charged")]
    return r.returncode, [json.loads(line) for line in r.stdout.splitlines()], r.stderr, max(charged, default=0)


def main():
    if not BROKER:
        skip("there is no mosquitto on this machine (tools/install.sh check)")
    if not shutil.which("node"):
        skip("there is no node on this machine")
    if not (HERE / "node_modules" / "vda-5050-lib").is_dir():
        skip("vda-5050-lib is not there: npm ci in tests/fleet-third-party")
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        port = s.getsockname()[1]
    processes = []
    with tempfile.TemporaryDirectory() as folder:
        try:
            status, lines, errors, charged = play(folder, port, processes)
        finally:
            for p in reversed(processes):
                p.kill()
                p.wait()
    last = lines[-1]
    assert status == 0 and last["done"] == JOBS and last["nonsense"] == 0, (status, last, lines[-8:], errors[-500:])
    for job in range(1, JOBS + 1):
        s = [e["step"] for e in lines if e["event"] == "step" and e["job"] == job]
        assert s == ["assigned", "picking", "carrying", "setting", "done"], (job, s)
    assert last["updates"] > 5 * JOBS and last["moves"] == 2 * JOBS, last
    alarms = [e for e in lines if e["event"] == "alarm"]
    assert charged == VEHICLES // 5 and not alarms, (charged, alarms[:3])
    print(f"{VEHICLES} vehicles of others: {JOBS} boxes carried, {last['orders']} orders, {last['updates']} updates, {charged} charged, {last['km']:.0f} km")


main()
