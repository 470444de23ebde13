"""What tests of the fleet control over a real broker share: programs, the air between vehicles and broker, the broker, a look at what vehicles say."""
import collections
import json
import math
import os
import queue
import random
import re
import shutil
import signal
import socket
import struct
import subprocess
import threading
import time

BROKER = shutil.which("mosquitto") or ("/usr/sbin/mosquitto" if os.path.exists("/usr/sbin/mosquitto") else None)


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Process:
    """One program; its lines of JSON come into a list. `text` is its input; open_end: more may be told later."""

    def __init__(self, args, text=None, open_end=False):
        self.args, self.lines, self.news = args, [], queue.Queue()
        self.p = subprocess.Popen(args, stdin=subprocess.PIPE if text is not None else subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True)
        self.errors = []
        self.threads = [threading.Thread(target=self.read, daemon=True), threading.Thread(target=self.read_errors, daemon=True)]
        for t in self.threads:
            t.start()
        if text is not None:
            self.p.stdin.write(text)
            self.p.stdin.flush()
            if not open_end:
                self.p.stdin.close()

    def tell(self, *commands):
        for c in commands:
            self.p.stdin.write(json.dumps(c) + "\n")
        self.p.stdin.flush()

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
            raise AssertionError(f"it does not end within {seconds} s: {self.lines[-12:]} {self.errors[-5:]}") from None
        for t in self.threads:
            t.join(5)
        return status, self.lines[-1] if self.lines else None


class Air:
    """Between vehicles and broker: loses and repeats QoS 0 messages, by seed. What vehicles say is seen before it is lost: heard(topic, payload)."""

    def __init__(self, port, loss=0, twice=0, heard=None):
        self.heard = heard
        self.to, self.random, self.loss, self.twice, self.lost, self.doubled = port, random.Random(7), loss, twice, 0, 0
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                a, _ = self.server.accept()
            except OSError:
                return
            try:
                b = socket.create_connection(("127.0.0.1", self.to))
            except OSError:  # the broker is down
                a.close()
                continue
            for x, y, heard in ((a, b, self.heard), (b, a, None)):
                threading.Thread(target=self.carry, args=(x, y, heard), daemon=True).start()

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

    @staticmethod
    def opened(data):
        """Topic and payload of a PUBLISH."""
        i = 2
        while data[i - 1] & 0x80:
            i += 1
        n = struct.unpack(">H", data[i : i + 2])[0]
        behind = i + 2 + n + (2 if data[0] & 6 else 0)
        return data[i + 2 : i + 2 + n].decode(), data[behind:]

    def carry(self, a, b, heard):
        try:
            while True:
                kind, data = self.packet(a)
                if heard and kind >> 4 == 3:
                    heard(*self.opened(data))
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


class Broker:
    """mosquitto on a port of its own; `conf`: more lines of its configuration."""

    def __init__(self, folder, conf="allow_anonymous true\n"):
        self.port, self.p, self.conf = free_port(), None, os.path.join(folder, "broker.conf")
        with open(self.conf, "w", encoding="ascii") as f:
            f.write(f"listener {self.port} 127.0.0.1\npersistence false\n{conf}")
        self.start()

    def start(self):
        self.p = subprocess.Popen([BROKER, "-c", self.conf], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            try:
                socket.create_connection(("127.0.0.1", self.port), 1).close()
                return
            except OSError:
                assert self.p.poll() is None, "the broker does not start"
                time.sleep(0.01)
        raise AssertionError("the broker does not listen")

    def kill(self):
        if self.p.poll() is None:
            self.p.kill()
        self.p.wait()


class Witness:
    """Hears what vehicles say, in its order, and knows no more than that. A vehicle may stand anywhere from its last node to the last released one: no other
    may have one of these nodes, and no two bodies meet."""

    def __init__(self, roads):
        self.lock, self.state, self.met, self.took, self.down = threading.Lock(), {}, [], collections.Counter(), collections.Counter()
        self.length, self.width = roads["vehicle"]["length_mm"] / 1e3, roads["vehicle"]["width_mm"] / 1e3
        self.node = {n["id"]: (n.get("x_mm", 0) / 1e3, n.get("y_mm", 0) / 1e3) for n in roads["nodes"]}
        self.looks = 0

    def hear(self, topic, payload):
        if not topic.endswith("/state"):
            return
        s, name = json.loads(payload), topic.split("/")[-2]
        with self.lock:
            before = self.state.get(name)
            self.state[name] = s
            if before is not None:
                more = len(s.get("loads", [])) - len(before.get("loads", []))
                self.took[name] += more > 0
                self.down[name] += more < 0
            self.look(name, s)

    def look(self, name, s):
        mine, ground = self.corners(s), self.ground(s)
        for other, o in self.state.items():
            if other == name:
                continue
            self.looks += 1
            if ground & self.ground(o) or self.overlap(mine, self.corners(o)):
                self.met.append((name, other, self.where(s), self.where(o), sorted(ground & self.ground(o))))

    @staticmethod
    def where(s):
        p = s["agvPosition"]
        return round(p["x"], 1), round(p["y"], 1), round(p["theta"], 2), s["lastNodeId"]

    @staticmethod
    def ground(s):
        return {n["nodeId"] for n in s["nodeStates"] if n["released"]} | {s["lastNodeId"]}

    def corners(self, s):
        p = s["agvPosition"]
        c, d = math.cos(p["theta"]), math.sin(p["theta"])
        return [(p["x"] + c * a - d * b, p["y"] + d * a + c * b)
                for a, b in ((self.length / 2, self.width / 2), (self.length / 2, -self.width / 2), (-self.length / 2, -self.width / 2), (-self.length / 2, self.width / 2))]

    @staticmethod
    def overlap(a, b):
        """Of two rectangles: no side of either parts them."""
        for r in (a, b):
            for i in (0, 1):
                nx, ny = r[i + 1][1] - r[i][1], r[i][0] - r[i + 1][0]
                pa, pb = [x * nx + y * ny for x, y in a], [x * nx + y * ny for x, y in b]
                if max(pa) < min(pb) or max(pb) < min(pa):
                    return False
        return True

    def apart(self, a, b):
        """Metres between two nodes."""
        return math.dist(self.node[a], self.node[b])

    def off(self, name):
        """Metres from its last node."""
        with self.lock:
            s = self.state[name]
        x, y = self.node[s["lastNodeId"]]
        return math.hypot(s["agvPosition"]["x"] - x, s["agvPosition"]["y"] - y)

    def until(self, name, wanted, seconds=10):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            with self.lock:
                s = self.state.get(name)
            if s is not None and wanted(s):
                return s
            time.sleep(0.005)
        raise AssertionError(f"{name}: {s}")


def tell(processes, folder):
    """What a test that failed leaves behind: what each program said last, its alarms that stand, the last step of each job, where vehicles were."""
    for i, p in enumerate(processes):
        status, last = ("runs", 12) if p.p.poll() is None else (p.p.returncode, 3)
        print(f"-- {i}: {' '.join(os.path.basename(a) for a in p.args[:2])}, {status}, {len(p.lines)} lines")
        stands = {}
        for e in [e for e in list(p.lines) if e.get("event") == "alarm"]:
            stands[e.get("vehicle"), e["alarm"]] = e
        for line in [json.dumps(e) for e in stands.values() if e["on"]] + ["..."] + [json.dumps(e) for e in list(p.lines)[-last:]] + p.errors[-3:]:
            print(line.rstrip()[:300])
    for path in sorted(os.listdir(folder)):
        with open(os.path.join(folder, path), encoding="utf-8", errors="replace") as f:
            text = f.read()
        jobs = {}
        for line in text.splitlines():
            job = re.match(r'\{"at":"[^"]*",(?:"asked":\{"id"|"job"):(\d+)', line)
            if job:
                jobs.setdefault(job[1], []).append(line)
        print(f"-- {path}")
        for line in [f"{len(k)} lines: {k[-1]}" for k in jobs.values()] or text.splitlines()[-12:]:
            print(line[:300])


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
            if "asked" not in e and "withdraw" not in e:
                ret[e["job"]].append(e.get("step", "waiting"))
    return ret


def is_step(step):
    return lambda e: e["event"] == "step" and e["step"] == step
