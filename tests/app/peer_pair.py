"""Two real centres, each with its own site, journal and tokens, joined by HTTPS with mutual TLS on loopback, without a twin."""
import json
import re
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request

ROLES = ["centre", "border_guard", "board", "customs", "auditor", "device", "trader"]


def wait_for(what, seconds=15, why="it"):
    end = time.time() + seconds
    while time.time() < end:
        value = what()
        if value:
            return value
        time.sleep(0.05)
    raise SystemExit(f"waited {seconds} s in vain for {why}")


def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Centre:
    def __init__(self, program, root, folder, side, site):
        self.program, self.side, self.folder = program, side, folder / side
        self.site, self.agreement = root / "sites" / site, root / "sites/huu-nghi/agreement.json"
        self.folder.mkdir()
        self.keys, self.port, self.other, self.p, self.n = self.folder / "keys", free_port(), None, None, 0
        self.options = []
        said = self.run("peer", "init", str(self.keys), "--side", side)
        self.public = re.search(r"--public ([0-9a-f]{64})", said).group(1)
        self.token = {r: self.run("token", "--file", f"{self.folder}/tokens", "--role", r, "--id", f"{r}-{side}").strip() for r in ROLES}

    def run(self, *args):
        r = subprocess.run([self.program, *args], capture_output=True, text=True, timeout=60)
        assert r.returncode == 0, (args, r.stdout, r.stderr)
        return r.stdout

    def start(self):
        port = self.folder / "port"
        port.unlink(missing_ok=True)
        link = ["--peer", f"https://127.0.0.1:{self.other.port}", "--peer-files", str(self.keys), "--peer-listen", f"127.0.0.1:{self.port}",
                "--agreement", str(self.agreement)] if self.other else []
        with open(self.folder / "log", "ab") as log:
            self.p = subprocess.Popen([self.program, "serve", "--site", str(self.site), "--store", f"sqlite:{self.folder}/gate.db", "--tokens", f"{self.folder}/tokens",
                                       "--listen", "127.0.0.1:0", "--port-file", str(port), *link, *self.options], stderr=log)
        wait_for(lambda: port.exists() and port.read_text().strip() or self.p.poll() is not None, 20, "the server's port")
        assert self.p.poll() is None, self.log()
        self.url = f"http://127.0.0.1:{port.read_text().strip()}"

    def log(self):
        return (self.folder / "log").read_text()[-3000:]

    def stop(self):
        self.p.send_signal(signal.SIGTERM)
        assert self.p.wait(20) == 0, self.log()

    def call(self, method, path, body=None, role="centre", key=None, lang="en"):
        head = {"Authorization": "Bearer " + self.token[role], "Accept-Language": lang}
        if body is not None:
            self.n += 1
            head |= {"Content-Type": "application/json", "Idempotency-Key": key or f"{self.side}-{self.n}"}
        rq = urllib.request.Request(self.url + path, data=json.dumps(body).encode() if body is not None else None, method=method, headers=head)
        try:
            with urllib.request.urlopen(rq, timeout=10) as r:
                return r.status, json.loads(r.read() or b"null"), r.headers
        except urllib.error.HTTPError as e:
            return e.code, json.loads(e.read() or b"null"), e.headers

    def get(self, path, role="centre"):
        status, body, _ = self.call("GET", path, role=role)
        assert status == 200, (path, status, body)
        return body

    def post(self, path, body, want=200, **more):
        status, answer, _ = self.call("POST", path, body, **more)
        assert status == want, (path, body, status, answer)
        return answer

    def act(self, handover, act, want=200, role="centre", **more):
        return self.post(f"/v1/handovers/{handover}/acts", {"act": act, **more}, want, role=role)

    def offer(self, item, kind="igv", **more):
        return self.post("/v1/handovers", {"item_kind": kind, "item": item, **more}, 201)["handover"]

    def state(self, handover):
        status, body, _ = self.call("GET", f"/v1/handovers/{handover}")
        return body["state"] if status == 200 else ""

    def reach(self, handover, state):
        wait_for(lambda: self.state(handover) == state, 15, f"{handover} at {self.side} to be {state}, it is {self.state(handover)}")


def pair(program, root, folder):
    a, b = (Centre(program, root, folder, side, site) for side, site in (("vn-hn", "huu-nghi"), ("cn-yyg", "youyiguan")))
    subprocess.run([str(root / "tools/peer-certificates.sh"), str(folder / "authority"), f"{a.side}={a.keys}", f"{b.side}={b.keys}"], check=True, capture_output=True)
    for me, other in ((a, b), (b, a)):
        me.other = other
        me.run("peer", "trust", str(me.keys), "--id", f"{other.side}-1", "--public", other.public)
    return a, b
