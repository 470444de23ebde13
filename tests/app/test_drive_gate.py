"""A real gate on a free port for the tests of the commands: started by `Gate(...)`, stopped at the end of the with block."""
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
ROLES = ["board", "yard", "health", "plant_quarantine", "animal_quarantine", "customs", "border_guard", "centre", "peer", "device"]


def expect(condition, what, *more):
    if not condition:
        print("FAILED:", what, *more, sep="\n  ", file=sys.stderr)
        sys.exit(1)


class Gate:
    def __init__(self, program, phase="2027"):
        self.program, self.phase = program, phase
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="cuakhau-test-"))
        self.db = self.dir / "gate.db"

    def token(self, role, who):
        out = subprocess.run([self.program, "token", "--file", self.dir / "tokens", "--role", role, "--id", who], check=True, capture_output=True, text=True)
        with open(self.dir / "people", "a", encoding="utf-8") as f:
            f.write(f"{role} {who} {out.stdout.strip()}\n")
        return out.stdout.strip()

    def __enter__(self):
        os.umask(0o077)
        for role in ROLES:
            self.token(role, f"{role}-1")
        self.trader = self.token("trader", "trader-1")
        self.token("driver", "driver-1")
        (self.dir / "trader.token").write_text(self.trader + "\n")
        self.log = open(self.dir / "log", "wb")
        self.server = subprocess.Popen(
            [self.program, "serve", "--site", ROOT / "sites/huu-nghi", "--phase", self.phase, "--tariff", ROOT / "sites/demo/tariff.json", "--store", f"sqlite:{self.db}",
             "--tokens", self.dir / "tokens", "--listen", "127.0.0.1:0", "--port-file", self.dir / "port"], stdout=self.log, stderr=self.log)
        port = self.dir / "port"
        for _ in range(200):
            if port.exists() and port.read_text().strip():
                break
            expect(self.server.poll() is None, "the server ended at its start", (self.dir / "log").read_text())
            time.sleep(0.05)
        self.url = "http://127.0.0.1:" + port.read_text().strip()
        return self

    def stop(self):
        if self.server.poll() is None:
            self.server.terminate()
            expect(self.server.wait(timeout=20) == 0, "the server's end was not clean", (self.dir / "log").read_text())

    def __exit__(self, *exc):
        if self.server.poll() is None:
            self.server.kill()
            self.server.wait()
        self.log.close()
        shutil.rmtree(self.dir, ignore_errors=True)

    def run(self, *args, timeout=120):
        return subprocess.run([self.program, *map(str, args)], capture_output=True, text=True, timeout=timeout)
