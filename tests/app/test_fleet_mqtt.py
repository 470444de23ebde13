"""The fleet control over a real broker: six virtual vehicles of mixed versions carry boxes; then the broker, the controller and a vehicle are killed -9
on the way; then the air loses and repeats messages. Each box is picked once and set down once, and no two bodies meet."""
import collections
import json
import os
import queue
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import threading
import time

PROGRAM = os.path.abspath(sys.argv[1])
BROKER = shutil.which("mosquitto") or ("/usr/sbin/mosquitto" if os.path.exists("/usr/sbin/mosquitto") else None)
ROADS = ["--make", "lanes=2,cranes=3,parks=6,chargers=2,corridor=800,line=100"]
SPEED = 40
FIVE = [("igv-1", "2.0"), ("igv-2", "2.1"), ("igv-3", "3.0"), ("igv-4", "2.0"), ("igv-5", "2.1")]
SIXTH = [("igv-6", "3.0")]
ORDER = ["assigned", "picking", "carrying", "setting", "done"]


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """One program of ours; its lines of JSON come into a list."""

    def __init__(self, args, text=None):
        self.args, self.lines, self.news = args, [], queue.Queue()
        self.p = subprocess.Popen([PROGRAM, *args], stdin=subprocess.PIPE if text is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        self.errors = []
        self.threads = [threading.Thread(target=self.read, daemon=True), threading.Thread(target=self.read_errors, daemon=True)]
        for t in self.threads:
            t.start()
        if text is not None:
            self.p.stdin.write(text)
            self.p.stdin.close()

    def read(self):
        for line in self.p.stdout:
            try:
                e = json.loads(line)
            except ValueError:
                continue  # killed within it
            self.lines.append(e)
            self.news.put(e)
        self.news.put(None)

    def read_errors(self):
        for line in self.p.stderr:
            self.errors.append(line)

    def until(self, wanted, seconds):
        """The next line that is wanted; None when the program ended first."""
        end = time.monotonic() + seconds
        while True:
            try:
                e = self.news.get(timeout=max(end - time.monotonic(), 0.01))
            except queue.Empty:
                raise AssertionError(f"nothing for {seconds} s: {self.lines[-5:]} {self.errors[-5:]}") from None
            if e is None or wanted(e):
                return e

    def kill(self):
        self.p.send_signal(signal.SIGKILL)
        self.p.wait()
        for t in self.threads:
            t.join(5)

    def end(self, seconds, stop=False):
        """Its exit status and last line."""
        if stop:
            self.p.terminate()
        try:
            status = self.p.wait(seconds)
        except subprocess.TimeoutExpired:
            raise AssertionError(f"it does not end: {self.lines[-12:]} {self.errors[-5:]}") from None
        for t in self.threads:
            t.join(5)
        return status, self.lines[-1] if self.lines else None


class Air:
    """Between vehicles and broker: loses and repeats QoS 0 messages, by seed."""

    def __init__(self, port, loss, twice):
        self.to, self.random, self.loss, self.twice, self.lost, self.doubled = port, random.Random(7), loss, twice, 0, 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                a, _ = self.server.accept()
                b = socket.create_connection(("127.0.0.1", self.to))
            except OSError:
                return
            for x, y in ((a, b), (b, a)):
                threading.Thread(target=self.carry, args=(x, y), daemon=True).start()

    @staticmethod
    def exactly(s, n):
        data = b""
        while len(data) < n:
            more = s.recv(n - len(data))
            if not more:
                raise OSError
            data += more
        return data

    def packet(self, s):
        head = self.exactly(s, 1)
        n, shift, b = 0, 0, 0x80
        length = b""
        while b & 0x80:
            one = self.exactly(s, 1)
            b, length = one[0], length + one
            n |= (b & 0x7F) << shift
            shift += 7
        return head[0], head + length + self.exactly(s, n)

    def carry(self, a, b):
        try:
            while True:
                kind, data = self.packet(a)
                if kind >> 4 == 3 and kind & 6 == 0:  # PUBLISH with QoS 0
                    luck = self.random.random()
                    if luck < self.loss:
                        self.lost += 1
                        continue
                    if luck > 1 - self.twice:
                        self.doubled += 1
                        data += data
                b.sendall(data)
        except (OSError, struct.error):
            pass
        for s in (a, b):
            try:
                s.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass


class Ground:
    def __init__(self, folder):
        self.folder, self.port, self.epoch, self.broker = folder, free_port(), int(time.time() * 1000), None
        self.running = []
        with open(os.path.join(folder, "broker.conf"), "w", encoding="ascii") as f:
            f.write(f"listener {self.port} 127.0.0.1\nallow_anonymous true\npersistence false\n")
        self.start_broker()

    def start_broker(self):
        self.broker = subprocess.Popen([BROKER, "-c", os.path.join(self.folder, "broker.conf")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.broker.poll() is None, "the broker does not start"
                time.sleep(0.01)
        raise AssertionError("the broker does not listen")

    def kill_broker(self):
        self.broker.kill()
        self.broker.wait()

    def common(self, vehicles, port=None):
        names = ",".join(f"cuakhau/{n}@{v}" for n, v in vehicles)
        return [*ROADS, "--broker", f"127.0.0.1:{port or self.port}", "--vehicles", names, "--speed-up", str(SPEED), "--epoch", str(self.epoch), "--json",
                "--seconds", "80"]

    def vehicles(self, vehicles, place, memory, port=None):
        p = Process(["vehicles", *self.common(vehicles, port), "--place", str(place), "--handle-ms", "31000", "--state", os.path.join(self.folder, memory)])
        self.running.append(p)
        return p

    def fleet(self, state, jobs=None):
        text = "".join(json.dumps(j) + "\n" for j in jobs) if jobs else None
        p = Process(["fleet", *self.common(FIVE + SIXTH), "--state", os.path.join(self.folder, state), "--crane-ms", "30000", "--until-done", "--attended"],
                    text if jobs else "")
        self.running.append(p)
        return p

    def close(self):
        for p in self.running:
            if p.p.poll() is None:
                p.kill()
        if self.broker.poll() is None:
            self.kill_broker()


def boxes(first, n):
    return [{"id": i, "from": "own" if i % 2 else "peer", "box": f"CKHU{i:07d}"} for i in range(first, first + n)]


def steps(lines):
    ret = collections.defaultdict(list)
    for e in lines:
        if e.get("event") == "step":
            ret[e["job"]].append(e["step"])
    return ret


def file_steps(path):
    ret = collections.defaultdict(list)
    with open(path, encoding="utf-8") as f:
        for line in f:
            e = json.loads(line)
            if "asked" not in e:
                ret[e["job"]].append(e.get("step", "waiting"))
    return ret


def once(path, ids):
    """Whatever happened on the way: each job carried off once and done once, in that order, and nothing behind done."""
    found = file_steps(path)
    assert set(found) == set(ids), (sorted(found), sorted(ids))
    for job, s in found.items():
        assert s.count("done") == 1 and s[-1] == "done" and s.count("carrying") >= 1, (job, s)
        assert s.index("carrying") > s.index("assigned") and "picking" not in s[s.index("carrying"):], (job, s)


def vehicles_end(moved, *processes):
    took = down = 0
    for p in processes:
        status, last = p.end(10, stop=True)
        assert status == 0, (status, p.errors[-5:])
        assert last["met"] == 0 and last["looks"] > 10, last
    for p in moved:
        took += sum(e["event"] == "load" and e["loads"] == 1 for e in p.lines)
        down += sum(e["event"] == "load" and e["loads"] == 0 for e in p.lines)
    return took, down


def clean(g):
    v = g.vehicles(FIVE + SIXTH, 0, "clean.vehicles")
    f = g.fleet("clean.jsonl", boxes(1, 6) + [{"id": 3, "from": "own"}, {"id": 9, "from": "line"}, {"id": "x"}])
    status, last = f.end(60)
    assert status == 0 and last["done"] == 6 and last["refused"] == 3 and last["nonsense"] == 0, (status, last, f.errors[-5:])
    for job, s in steps(f.lines).items():
        assert s == ORDER, (job, s)
    assert not any(e["event"] == "alarm" for e in f.lines), [e for e in f.lines if e["event"] == "alarm"]
    once(os.path.join(g.folder, "clean.jsonl"), range(1, 7))
    assert vehicles_end([v], v) == (6, 6)
    again = g.fleet("clean.jsonl")  # nothing to do: it ends at once
    assert again.end(10)[0] == 0
    return last["updates"]


def is_step(step):
    return lambda e: e["event"] == "step" and e["step"] == step


def killed(g):
    five, sixth = g.vehicles(FIVE, 0, "five"), g.vehicles(SIXTH, 5, "sixth")
    f = g.fleet("killed.jsonl", boxes(1, 8))
    kills = 0
    for wanted in ["assigned", "picking", "carrying", "setting", "done"]:  # the controller, at each kind of step
        if f.until(is_step(wanted), 60) is None:
            break
        if wanted in ("picking", "setting"):
            time.sleep(random.Random(kills).random() * 0.5)
        f.kill()
        kills += 1
        f = g.fleet("killed.jsonl")
        if wanted == "carrying":
            time.sleep(0.7)
            g.kill_broker()
            time.sleep(0.5)
            g.start_broker()
    time.sleep(0.5)
    before = sixth
    sixth.kill()
    time.sleep(0.3)
    sixth = g.vehicles(SIXTH, 5, "sixth")
    status, last = f.end(45)
    assert status == 0 and kills == 5, (status, kills, last, f.lines[-20:], f.errors[-5:])
    once(os.path.join(g.folder, "killed.jsonl"), range(1, 9))
    took, down = vehicles_end([five, before, sixth], five, sixth)
    assert took == down == 8, (took, down)
    return kills


def lossy(g):
    air = Air(g.port, 0.03, 0.03)
    v = g.vehicles(FIVE + SIXTH, 0, "lossy.vehicles", air.port)
    f = g.fleet("lossy.jsonl", boxes(1, 5))
    status, last = f.end(60)
    assert status == 0 and last["done"] == 5, (status, last, f.lines[-20:], f.errors[-5:])
    for job, s in steps(f.lines).items():
        assert s == ORDER, (job, s)
    assert vehicles_end([v], v) == (5, 5)
    assert air.lost > 10 and air.doubled > 10 and last["resends"] > 0, (air.lost, air.doubled, last)
    return air.lost, air.doubled, last["resends"]


def main():
    if not BROKER:
        print("skipped: there is no mosquitto on this machine (tools/install.sh check)")
        sys.exit(77)
    parts = sys.argv[2:] or ["clean", "killed", "lossy"]
    said = []
    for part in parts:
        start = time.monotonic()
        with tempfile.TemporaryDirectory() as folder:
            g = Ground(folder)
            try:
                said.append(f"{part} {globals()[part](g)} {time.monotonic() - start:.0f} s")
            finally:
                g.close()
    print("over a broker: " + "; ".join(said))


main()
