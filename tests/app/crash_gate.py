"""A real gate for the crash tests: `cuakhau serve` as a process of its own that is killed and started again on the same file, and a client that asks
until it is answered. Standard library only."""
import http.client
import json
import os
import random
import shutil
import signal
import subprocess
import threading
import time

ROLES = ["trader", "driver", "board", "yard", "health", "plant_quarantine", "animal_quarantine", "customs", "border_guard", "centre", "peer", "device", "auditor"]
ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))


class Wrong(Exception):
    pass


def expect(good, *what):
    if not good:
        raise Wrong(" ".join(str(w) for w in what))


class Gate:
    """The server's process and files."""

    def __init__(self, program, folder):
        self.program, self.folder = os.path.abspath(program), folder
        self.file, self.log = os.path.join(folder, "gate.db"), os.path.join(folder, "log")
        self.tokens, self.port_file = os.path.join(folder, "tokens"), os.path.join(folder, "port")
        self.process, self.port, self.stopping = None, 0, False
        self.up = threading.Event()
        for role in ROLES:
            subprocess.run([self.program, "token", "--file", self.tokens, "--role", role, "--id", "a-" + role, "--secret", "t-" + role],
                           check=True, stdout=subprocess.DEVNULL)

    def command(self, port_file):
        return [self.program, "serve", "--site", os.path.join(ROOT, "sites/huu-nghi"), "--tariff", os.path.join(ROOT, "sites/demo/tariff.json"), "--store",
                "sqlite:" + self.file, "--listen", "127.0.0.1:0", "--tokens", self.tokens, "--port-file", port_file]

    def spawn(self):
        if os.path.exists(self.port_file):
            os.unlink(self.port_file)
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(self.command(self.port_file), stderr=log, stdout=log)

    def wait(self, seconds=60):
        """Until it answers; returns the seconds since the call."""
        start = time.monotonic()
        while time.monotonic() - start < seconds:
            expect(self.process.poll() is None, "the server ended by itself with", self.process.returncode, self.tail())
            try:
                with open(self.port_file, encoding="ascii") as f:
                    text = f.read()
            except FileNotFoundError:
                text = ""
            if text.endswith("\n"):
                self.port = int(text)
                self.up.set()
                return time.monotonic() - start
            time.sleep(0.002)
        raise Wrong("the server does not start", self.tail())

    def kill(self):
        self.up.clear()
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        expect(self.process.returncode == -signal.SIGKILL, "the server had ended by itself with", self.process.returncode, self.tail())

    def stop(self):
        self.up.clear()
        self.process.send_signal(signal.SIGTERM)
        expect(self.process.wait(30) == 0, "the server did not end well:", self.process.returncode, self.tail())

    def tail(self):
        with open(self.log, encoding="utf-8", errors="replace") as f:
            return "\n" + "".join(f.readlines()[-8:])

    def journal(self, what, *options, file=None, status=0):
        r = subprocess.run([self.program, "journal", what, file or self.file, "--passages-max", "20000", *options], capture_output=True, check=False)
        expect(r.returncode == status, "journal", what, "ended with", r.returncode, r.stdout[-300:], r.stderr[-300:])
        return r.stdout.decode()

    def copy(self):
        """The files as the killed process left them, beside."""
        beside = os.path.join(self.folder, "copy.db")
        for end in ("", "-wal", "-shm", ".lock"):
            if os.path.exists(beside + end):
                os.unlink(beside + end)
            if end in ("", "-wal") and os.path.exists(self.file + end):
                shutil.copyfile(self.file + end, beside + end)
        return beside


class Connection:
    """One client. ask() gives one answer or None (nobody knows whether it was carried out); insist() asks until there is one."""

    def __init__(self, gate, seed):
        self.gate, self.http, self.port, self.random, self.broken = gate, None, 0, random.Random(seed), 0

    def ask(self, method, path, role, key=None, body=None):
        try:
            if self.http is None or self.port != self.gate.port:
                self.http, self.port = http.client.HTTPConnection("127.0.0.1", self.gate.port, timeout=20), self.gate.port
            head = {"Authorization": "Bearer t-" + role, "Content-Type": "application/json"}
            if key:
                head["Idempotency-Key"] = key
            self.http.request(method, path, None if body is None else json.dumps(body), head)
            r = self.http.getresponse()
            text = r.read()
            return r.status, json.loads(text), r.getheader("Idempotent-Replay") == "true"
        except (OSError, http.client.HTTPException, ValueError):
            if self.http:
                self.http.close()
            self.http = None
            return None

    def insist(self, method, path, role, key=None, body=None):
        while not self.gate.stopping or self.gate.up.is_set():
            if not self.gate.up.wait(0.2):
                continue
            answer = self.ask(method, path, role, key, body)
            if answer and answer[0] not in (500, 502, 503, 504, 507):
                return answer
            self.broken += 1
            time.sleep(0.002)
        return None
