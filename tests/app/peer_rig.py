"""What the tests of the cross-border link share: two gates as processes with their keys and certificates, a hostile network between them, a client that
speaks for one side by hand, and the question whether both ledgers agree. Written from docs/protocol.md and docs/custody.md, by none of the server's code."""
import collections
import contextlib
import hashlib
import http.client
import json
import os
import random
import re
import signal
import socket
import sqlite3
import ssl
import struct
import subprocess
import threading
import time

from crash_gate import ROOT, Gate, expect

SIDES = {"vn-hn": "huu-nghi", "cn-yyg": "youyiguan"}
DAY_MS = 86400000
PATH, TYPE = "/peer/v1/messages", "text/vnd.cuakhau.messages"
RST = struct.pack("ii", 1, 0)  # SO_LINGER of zero seconds: the end is a reset

SKEW_MS = 120_000  # sites/huu-nghi/agreement.json


def now_ms():
    return time.time_ns() // 1000000


def iso(ms):
    return time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(ms // 1000)) + f".{ms % 1000:03d}Z"


def wait_for(what, seconds, why):
    end = time.monotonic() + seconds
    while True:
        value = what()
        if value:
            return value
        expect(time.monotonic() < end, "waited in vain:", why() if callable(why) else why)
        time.sleep(0.05)


def epoch_of(virtual_ms, speed):
    """The epoch of a clock that shows virtual_ms now and runs so many times as fast: one for all programs of a test."""
    now = now_ms()
    return now - (virtual_ms - now) // (speed - 1)


def virtual_now(epoch, speed):
    return epoch + (now_ms() - epoch) * speed


def agreement(folder, change=None):
    """That of the site, in force whenever the test is run; its path."""
    with open(os.path.join(ROOT, "sites/huu-nghi/agreement.json"), encoding="utf-8") as f:
        a = json.load(f)
    a.pop("$schema")
    a["versions"][0].update({"from": "2025-01-01T00:00:00Z", "until": "2045-01-01T00:00:00Z"})
    if change:
        change(a)
    path = os.path.join(folder, "agreement.json")
    with open(path + ".new", "w", encoding="utf-8") as f:
        json.dump(a, f)
    os.rename(path + ".new", path)
    return path


def terms_hash(path, version=0):
    """What an OFFER names: docs/protocol.md, the agreement file."""
    with open(os.path.join(ROOT, "docs/custody.md"), encoding="utf-8") as f:
        table = f.read()
    kinds = [k for k in re.findall(r"^\| ([A-Z_]+) \|", table, re.M) if k != "RECEIPT"]
    fields = re.findall(r"^\| (\w+) \|", table.split("## Fields")[1].split("## Reasons")[0], re.M)
    with open(path, encoding="utf-8") as f:
        a = json.load(f)
    v = a["versions"][version]
    lines = [f"agreement {a['agreement']}", f"version {v['version']}", "from " + v["from"].replace("Z", ".000Z"), "until " + v["until"].replace("Z", ".000Z")]
    lines += [f"{n} {v[n]}" for n in ("skew_s", "ttl_s", "answer_within_s", "cross_within_s", "close_within_s", "retention_days", "weight_permille")]
    for side in a["sides"]:
        for kind in kinds:
            allowed = next((m["fields"] for m in v["messages"] if m["kind"] == kind and m["direction"] in ("both", side)), None)
            if allowed is not None:
                lines.append(" ".join([side, kind] + [f for f in fields if f in allowed]))
    for r in v.get("recognised", []):
        lines += [f"{side} recognised {r['task']} as {r['as']} by {r['clause']}" for side in a["sides"] if r["direction"] in ("both", side)]
    return hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()


def certify(authority, side, folder, days="365"):
    """A certificate by an authority that is made when there is none; one of no days is over at once."""
    subprocess.run([os.path.join(ROOT, "tools/peer-certificates.sh"), authority, f"{side}={folder}"], check=True, env={**os.environ, "DAYS": days},
                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return folder


def fingerprint(folder):
    with open(os.path.join(folder, "tls.crt"), encoding="ascii") as f:
        return hashlib.sha256(ssl.PEM_cert_to_DER_cert(f.read())).hexdigest()


class Side(Gate):
    """One command centre: a gate with the link."""
    all = []

    def __init__(self, program, root, name):
        self.name, self.files = name, os.path.join(root, name + ".link")
        os.makedirs(os.path.join(root, name))
        super().__init__(program, os.path.join(root, name))
        self.agreement, self.peer_url, self.more, self.peer_port_file = None, "https://127.0.0.1:9", [], os.path.join(self.folder, "peer.port")
        Side.all.append(self)

    def command(self, port_file):
        site = ["--site", os.path.join(ROOT, "sites", SIDES[self.name])]
        if self.name == "vn-hn":
            site += ["--tariff", os.path.join(ROOT, "sites/demo/tariff.json")]
        return [self.program, "serve", *site, "--store", "sqlite:" + self.file, "--listen", "127.0.0.1:0", "--tokens", self.tokens, "--port-file", port_file,
                "--peer", self.peer_url, "--peer-files", self.files, "--peer-listen", "127.0.0.1:0", "--peer-port-file", self.peer_port_file,
                "--agreement", self.agreement, *self.more]

    def spawn(self):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.peer_port_file)
        super().spawn()

    @staticmethod
    def running():
        return [s.process for s in Side.all if s.process and s.process.poll() is None]

    def peer_port(self):
        """Where it hears the other side; 0: it is down."""
        try:
            with open(self.peer_port_file, encoding="ascii") as f:
                return int(f.read() or 0)
        except FileNotFoundError:
            return 0

    def peer(self, *args, status=0):
        r = subprocess.run([self.program, "peer", *args], capture_output=True, text=True, check=False)
        expect(r.returncode == status, "peer", *args, "ended with", r.returncode, r.stderr)
        return r.stdout + r.stderr

    def hang_up(self):
        """SIGHUP, and until the link's files are read."""
        said = self.count_log("are read again") + self.count_log("not taken over") + self.count_log("--peer-files")
        self.process.send_signal(signal.SIGHUP)
        wait_for(lambda: self.count_log("are read again") + self.count_log("not taken over") + self.count_log("--peer-files") > said, 20, self.tail)

    def count_log(self, text):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return f.read().count(text)

    def rows(self, sql, *args):
        with contextlib.closing(sqlite3.connect(f"file:{self.file}?mode=ro", uri=True, timeout=10)) as db:
            return db.execute(sql, args).fetchall()

    def link(self, after=0):
        """The journal's steps of the link: [(seq, t_ms, what was done)]."""
        return [(seq, t, json.loads(body)["data"]) for seq, t, body in self.rows("SELECT seq,t_ms,body FROM journal WHERE kind='LINK' AND seq>? ORDER BY seq", after)]

    def last(self):
        return self.rows("SELECT COALESCE(MAX(seq),0) FROM journal")[0][0]

    def resources(self, kind):
        return {i: json.loads(body) for i, body in self.rows("SELECT id,body FROM resource WHERE kind=?", kind)} if kind != "peer_out" else \
            dict(self.rows("SELECT id,body FROM resource WHERE kind=?", kind))

    def position(self):
        return collections.defaultdict(int, self.resources("peer").get("link", {}))


def introduce(a, b):
    """Each side makes its key and tells it to the other; the authority gives both a certificate. Where the authority is."""
    root = os.path.dirname(a.files)
    for one, other in ((a, b), (b, a)):
        said = one.peer("init", one.files, "--side", one.name)
        one.trust = re.search(r"--id (\S+) --public (\S+) --from (\S+) --until (\S+)", said).groups()
    for one, other in ((a, b), (b, a)):
        key, public, begin, end = other.trust
        one.peer("trust", one.files, "--id", key, "--public", public, "--from", begin, "--until", end)
        certify(os.path.join(root, "authority"), one.name, one.files)
    return os.path.join(root, "authority")


# ---- a side by hand
class Ed25519:
    """RFC 8032 with whole numbers: a signature takes some milliseconds and no other program."""
    p, order, d = 2**255 - 19, 2**252 + 27742317777372353535851937790883648493, -121665 * pow(121666, -1, 2**255 - 19) % (2**255 - 19)
    table = []

    @classmethod
    def add(cls, a, b):
        x1, y1, z1, t1 = a
        x2, y2, z2, t2 = b
        e, f = (y1 - x1) * (y2 - x2) % cls.p, (y1 + x1) * (y2 + x2) % cls.p
        c, g = 2 * t1 * t2 * cls.d % cls.p, 2 * z1 * z2 % cls.p
        h, k, m, n = f - e, g - c, g + c, f + e
        return h * k % cls.p, m * n % cls.p, k * m % cls.p, h * n % cls.p

    @classmethod
    def times_base(cls, n):
        if not cls.table:  # 1 to 15 times 16 ** i times the base
            y = 4 * pow(5, -1, cls.p) % cls.p
            square = (y * y - 1) * pow(cls.d * y * y + 1, -1, cls.p) % cls.p
            x = pow(square, (cls.p + 3) // 8, cls.p)
            if (x * x - square) % cls.p:
                x = x * pow(2, (cls.p - 1) // 4, cls.p) % cls.p
            x = x if x % 2 == 0 else cls.p - x
            base = (x, y, 1, x * y % cls.p)
            for _ in range(64):
                row = [(0, 1, 1, 0)]
                for _ in range(16):
                    row.append(cls.add(row[-1], base))
                cls.table.append(row[:16])
                base = row[16]
        at = (0, 1, 1, 0)
        for i in range(64):
            at = cls.add(at, cls.table[i][n >> (4 * i) & 15])
        z = pow(at[2], -1, cls.p)
        x, y = at[0] * z % cls.p, at[1] * z % cls.p
        return (y | (x & 1) << 255).to_bytes(32, "little")

    def __init__(self, seed):
        h = hashlib.sha512(seed).digest()
        self.a, self.prefix = (int.from_bytes(h[:32], "little") & ((1 << 254) - 8)) | 1 << 254, h[32:]
        self.public = self.times_base(self.a)

    def sign(self, message):
        r = int.from_bytes(hashlib.sha512(self.prefix + message).digest(), "little") % self.order
        point = self.times_base(r)
        k = int.from_bytes(hashlib.sha512(point + self.public + message).digest(), "little")
        return point + ((r + k * self.a) % self.order).to_bytes(32, "little")


class Signer(Ed25519):
    """A key of a side's folder."""

    def __init__(self, folder, key):
        self.id, self.folder = key, folder
        with open(os.path.join(folder, key + ".key"), encoding="ascii") as f:
            super().__init__(bytes.fromhex(f.read().strip()))


def frame(message, signature):
    return signature.hex().encode() + b"\n" + message + b"\n"


def context(folder):
    """TLS 1.3 as the side whose folder this is; without a folder: a stranger with no certificate."""
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.minimum_version = ssl.TLSVersion.TLSv1_3
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    if folder:
        c.load_cert_chain(os.path.join(folder, "tls.crt"), os.path.join(folder, "tls.key"))
    return c


def post(port, body, folder, method="POST", path=PATH):
    """Status and text of the answer; TLS that is refused raises ssl.SSLError or OSError."""
    with socket.create_connection(("127.0.0.1", port), 10) as raw, context(folder).wrap_socket(raw) as s:
        h = http.client.HTTPConnection("127.0.0.1", port)
        h.sock = s
        h.request(method, path, body, {"Content-Type": TYPE})
        r = h.getresponse()
        return r.status, r.read()


class Voice:
    """Speaks for a side with its keys: numbers its messages, chains them, signs them."""

    def __init__(self, side, to, key=None):
        self.side, self.to, self.signer = side, to, Signer(side.files, key or side.trust[0])
        self.seq, self.prev, self.agreement, self.version = 0, "0" * 64, "huu-nghi-youyiguan", "1.0"

    def core(self, kind, body, **change):
        c = {"from": self.side.name, "to": self.to.name, "agreement": self.agreement, "version": self.version, "seq": self.seq + 1, "prev": self.prev,
             "kind": kind, "body": body}
        c.update(change)
        return json.dumps(c, separators=(",", ":"), ensure_ascii=False).encode()

    def message(self, core, issued=None, ttl=600000, key=None):
        issued = issued or now_ms()
        head = {"key": key or self.signer.id, "issued": iso(issued), "expires": iso(issued + ttl)}
        return json.dumps(head, separators=(",", ":")).encode() + b"\n" + core

    def post(self, *frames, folder=None):
        """HTTP status and body of the receipt."""
        status, text = post(self.to.peer_port(), b"".join(frames), folder or self.side.files)
        return status, json.loads(text.split(b"\n")[2])["body"] if status == 200 else text.decode()

    def send(self, core, **how):
        message = self.message(core, **how)
        return self.post(frame(message, self.signer.sign(message)))

    def took(self, core):
        """The other side has used up its number."""
        self.seq, self.prev = json.loads(core)["seq"], hashlib.sha256(core).hexdigest()

    def say(self, kind, body, **change):
        """A message that is taken."""
        core = self.core(kind, body, **change)
        status, receipt = self.send(core)
        self.took(core)
        expect(status == 200 and receipt == {"hash": self.prev, "upto": self.seq}, kind, "was answered by", status, receipt)
        return self.prev


class Ear:
    """Hears what a server sends to the other side, over TLS with that side's certificate; `answer(frames)` gives status and body."""

    def __init__(self, folder, authority):
        self.answer, self.asked = lambda frames: (500, b""), 0
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.minimum_version, self.context.verify_mode = ssl.TLSVersion.TLSv1_3, ssl.CERT_REQUIRED
        self.context.load_cert_chain(os.path.join(folder, "tls.crt"), os.path.join(folder, "tls.key"))
        self.context.load_verify_locations(os.path.join(authority, "ca.crt"))
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            a, _ = self.server.accept()
            threading.Thread(target=self.serve, args=(a,), daemon=True).start()

    def serve(self, a):
        with contextlib.suppress(OSError, ValueError), self.context.wrap_socket(a, server_side=True) as s, s.makefile("rb") as f:
            while f.readline():
                size = 0
                while (line := f.readline()) not in (b"\r\n", b""):
                    if line.lower().startswith(b"content-length:"):
                        size = int(line.split(b":")[1])
                lines = f.read(size).split(b"\n")
                self.asked += 1
                status, body = self.answer([b"\n".join(lines[i + 1 : i + 3]) for i in range(0, len(lines) - 2, 3)])
                s.sendall(f"HTTP/1.1 {status} x\r\nContent-Type: {TYPE}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)


# ---- the network between
class Proxy:
    """Carries one direction's connections, badly. `target` tells the port of the other side, 0: it is down."""

    def __init__(self, target, seed):
        self.target, self.random, self.lock = target, random.Random(seed), threading.Lock()
        self.delay, self.stall, self.closed, self.budget, self.impostor = 0.0, [threading.Event(), threading.Event()], False, [None, None], None
        for e in self.stall:
            e.set()
        self.pairs, self.count, self.recorded, self.keep = set(), collections.Counter(), [], False
        self.server = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port, self.url = self.server.getsockname()[1], f"https://127.0.0.1:{self.server.getsockname()[1]}"
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            a, _ = self.server.accept()
            threading.Thread(target=self.serve, args=(a,), daemon=True).start()

    def serve(self, a):
        self.count["connections"] += 1
        impostor = self.impostor
        if impostor:
            self.count["impostor"] += 1
            self.pretend(a, impostor)
            return
        b = None
        try:
            expect_up = 0 if self.closed else self.target()
            b = socket.create_connection(("127.0.0.1", expect_up), 2) if expect_up else None
        except OSError:
            pass
        if b is None:
            self.count["refused"] += 1
            self.end(a, reset=self.random.random() < 0.5)
            return
        for s in (a, b):
            s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            s.settimeout(None)
        pair, record = (a, b), [] if self.keep else None
        with self.lock:
            self.pairs.add(pair)
        threads = [threading.Thread(target=self.carry, args=(pair, way, record), daemon=True) for way in (0, 1)]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        with self.lock:
            self.pairs.discard(pair)
        for s in pair:
            s.close()
        if record:
            self.recorded.append(b"".join(record))

    def carry(self, pair, way, record):
        """way 0: from who connected to who listens; 1: back."""
        source, sink = pair[way], pair[1 - way]
        try:
            while data := source.recv(65536):
                if self.delay:
                    time.sleep(self.delay * self.random.random() * 2)
                self.stall[way].wait()
                if self.budget[way] is not None:  # so many bytes still go through, then it is cut: in mid-message
                    data, whole = data[: self.budget[way]], len(data)
                    self.budget[way] -= len(data)
                    if len(data) < whole or self.budget[way] == 0:
                        sink.sendall(data)
                        self.budget[way] = None
                        self.count["cut mid-" + ("request", "answer")[way]] += 1
                        break
                if record is not None and way == 0:
                    record.append(data)
                sink.sendall(data)
                self.count[("bytes out", "bytes back")[way]] += len(data)
        except OSError:
            pass
        for s in pair:
            with contextlib.suppress(OSError):
                s.shutdown(socket.SHUT_RDWR)

    def pretend(self, a, folder):
        """Is the other side, with the certificate of that folder."""
        c = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        c.minimum_version = ssl.TLSVersion.TLSv1_3
        c.load_cert_chain(os.path.join(folder, "tls.crt"), os.path.join(folder, "tls.key"))
        a.settimeout(5)
        try:
            with c.wrap_socket(a, server_side=True) as s:
                if s.recv(1):
                    self.count["told to an impostor"] += 1
        except (OSError, ValueError):
            self.count["impostor unmasked"] += 1
        finally:
            a.close()

    @staticmethod
    def end(s, reset=False):
        with contextlib.suppress(OSError):
            if reset:
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
            s.close()

    def cut(self, reset=False):
        """Ends all connections, by a reset or an orderly end."""
        with self.lock:
            pairs = list(self.pairs)
        self.count["reset" if reset else "cut"] += len(pairs)
        for pair in pairs:
            for s in pair:
                with contextlib.suppress(OSError):
                    if reset:
                        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RST)
                    s.shutdown(socket.SHUT_RDWR)

    def clean(self):
        self.delay, self.closed, self.budget, self.impostor = 0.0, False, [None, None], None
        for e in self.stall:
            e.set()

    def fault(self, impostors, kind=None):
        """One by chance, until clean(); how it is called."""
        kind = kind or self.random.choice(["delay", "stall out", "stall back", "cut mid-request", "cut mid-request", "cut mid-answer", "cut mid-answer", "reset", "cut",
                                           "down", "impostor"])
        if kind == "delay":
            self.delay = self.random.choice([0.01, 0.1, 0.5])
        elif kind.startswith("stall"):
            self.stall[kind == "stall back"].clear()
        elif kind.startswith("cut mid"):
            self.budget[kind == "cut mid-answer"] = self.random.choice([self.random.randrange(1, 2500), self.random.randrange(2500, 20000)])
        elif kind in ("reset", "cut"):
            self.cut(kind == "reset")
        elif kind == "down":
            self.closed = True
            self.cut()
        else:
            self.impostor = self.random.choice(impostors)
            self.cut(True)
        self.count[kind] += kind not in ("reset", "cut") and not kind.startswith("cut mid")
        return kind


def replay_bytes(port, data):
    """The bytes of an old connection, once more: what comes back, until the other end has enough."""
    got = b""
    with socket.create_connection(("127.0.0.1", port), 5) as s:
        s.settimeout(5)
        with contextlib.suppress(OSError):
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            while more := s.recv(65536):
                got += more
    return got


# ---- the ledgers
def claims():
    """State -> (giver claims to hold, taker claims to hold), from the document."""
    with open(os.path.join(ROOT, "docs/custody.md"), encoding="utf-8") as f:
        rows = re.findall(r"^\| (\w+) \| (yes|no|) \| (yes|no|) \| (?:yes)? *\|$", f.read(), re.M)
    return {state: {"giver": giver == "yes", "taker": taker == "yes"} for state, giver, taker in rows}


class Ledger:
    """What one side's journal says of the link."""

    def __init__(self, side):
        self.side, self.name, self.steps = side, side.name, side.link()
        self.out, self.heard, self.states, self.history, self.left, self.refusals = {}, [], {}, collections.defaultdict(list), set(), collections.Counter()
        holds = claims()
        for _, t, k in self.steps:
            if "out" in k:
                expect(k["out_seq"] not in self.out, self.name, "made message", k.get("out_seq"), "twice")
                self.out[k["out_seq"]] = k["out"].encode()
            if "heard" in k and k["message"] != "RECEIPT":
                self.heard.append((k["heard"].split("\n", 1)[1].encode(), k["heard"].encode(), bytes.fromhex(k["signature"])))
            if "reason" in k:
                self.refusals[(k.get("act", "content"), k["reason"])] += 1
            if "item" in k:
                item = k["item_kind"] + " " + k["item"]
                self.left.discard(item)
                if k.get("left"):
                    self.left.add(item)
                if k.get("act") == "in":
                    self.history[item].append((t, True))
                elif "state" in k:  # what leaves inland is on this side still
                    self.history[item].append((t, holds[k["state"]][k["role"]]))
            if "handover" in k and "state" in k:
                self.states[k["handover"]] = (k["role"], k["state"], k["item_kind"] + " " + k["item"])
        self.items, self.position = side.resources("custody"), side.position()

    def chain(self):
        prev = "0" * 64
        expect(sorted(self.out) == list(range(1, len(self.out) + 1)), self.name, "has holes in its messages")
        for seq in sorted(self.out):
            c = json.loads(self.out[seq])
            expect(c["seq"] == seq and c["prev"] == prev, self.name, "message", seq, "does not follow from the one before")
            prev = hashlib.sha256(self.out[seq]).hexdigest()


def holding(history):
    """Of (time, claim) steps: the times in which it claimed to hold."""
    ret, since = [], None
    for t, claim in history:
        if claim and since is None:
            since = t
        elif not claim and since is not None:
            ret.append((since, t))
            since = None
    return ret + ([(since, float("inf"))] if since is not None else [])


def verify_some(ledger, signer, n):
    """The last messages heard, by the openssl command and the sender's public key."""
    public = os.path.join(signer.folder, "public.der")
    with open(public, "wb") as f:
        f.write(bytes.fromhex("302a300506032b6570032100") + signer.public)  # RFC 8410
    for _, message, signature in ledger.heard[-n:]:
        for name, data in (("m", message), ("s", signature)):
            with open(os.path.join(signer.folder, name), "wb") as f:
                f.write(data)
        r = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-inkey", public, "-keyform", "DER", "-rawin", "-in", os.path.join(signer.folder, "m"), "-sigfile",
                            os.path.join(signer.folder, "s")], check=False, capture_output=True)
        expect(r.returncode == 0, ledger.name, "keeps a signature that is none", message)


def quiet(a, b):
    """All that was made is taken and receipted, both ways."""
    p, q = a.position(), b.position()
    return all(x["out_seq"] == x["out_acked"] == y["in_seq"] for x, y in ((p, q), (q, p))) and not a.resources("peer_out") and not b.resources("peer_out")


def agree(a, b):
    """Both ledgers agree, while both are quiet. Counts for people."""
    x, y = Ledger(a), Ledger(b)
    holds, done = claims(), collections.Counter()
    for one, other in ((x, y), (y, x)):
        one.chain()
        expect(len(other.heard) == len(one.out), other.name, "heard", len(other.heard), "of", len(one.out))
        for seq, (core, _, _) in enumerate(other.heard, 1):
            expect(core == one.out[seq], other.name, "keeps as message", seq, core, "but it is", one.out[seq])
        verify_some(other, Signer(one.side.files, one.side.trust[0]), 5)
    for key in x.states.keys() | y.states.keys():
        p, q = x.states.get(key), y.states.get(key)
        expect(p and q, "hand-over", key, "is known to one side only:", p, q)
        expect(p[0] != q[0] and p[2] == q[2], "hand-over", key, "is", p, q)
        expect(holds[p[1]][p[0]] != holds[q[1]][q[0]], "hand-over", key, "has not one holder:", p, q)
        done[p[1]] += 1
        done["over"] += p[1] in ("closed", "returned", "rejected", "withdrawn")
    for item in x.items.keys() | y.items.keys():
        p, q = (s.items.get(item) for s in (x, y))
        claim = [bool(r and r.get("holds")) for r in (p, q)]
        inland = [r is None and item in s.left for r, s in ((p, x), (q, y))]
        expect(sum(claim) + sum(inland) == 1 or (p is None or q is None) and sum(claim) == 1, item, "is held by", claim, inland, p, q)
    for item in x.history.keys() & y.history.keys():
        spans = sorted(holding(x.history[item]) + holding(y.history[item]))
        for (begin, end), (begin2, end2) in zip(spans, spans[1:]):
            # each side's times are by its own clock, and clocks may differ by the agreed skew; who held it is certain by the messages above
            expect(end - begin2 <= SKEW_MS, item, "had two holders:", (begin, end), (begin2, end2), x.history[item], y.history[item])
    done.update({"items": len(x.items.keys() | y.items.keys()), "messages": len(x.out) + len(y.out)})
    return done, x, y
