"""A second server on the same file is turned away with a clear error and leaves the first one unharmed; when the first one is killed its place is free
at once. Work on the file that would write is turned away, too; looking on is not."""
import os
import shutil
import subprocess
import sys
import tempfile

from crash_gate import Connection, Gate, Wrong, expect


def declare(link, n):
    body = {"lrn": f"L{n}", "direction": "export", "mode": "through", "plate": f"12C{n:05d}", "vehicle_country": "VN", "driver_id": "B1", "tare_kg": 12000, "empty": True}
    return link.insist("POST", "/v1/declarations", "trader", f"k{n}", body)[0]


def second(gate):
    port_file = os.path.join(gate.folder, "port2")
    r = subprocess.run(gate.command(port_file), capture_output=True, timeout=30, check=False)
    text = r.stderr.decode()
    expect(r.returncode == 3, "a second server ended with", r.returncode, text)
    expect(gate.file in text and "another process holds the file" in text, "a second server said only:", text)
    expect(not os.path.exists(port_file), "a second server told a port")


def run(program, folder):
    gate = Gate(program, folder)
    link = Connection(gate, 1)
    gate.spawn()
    gate.wait()
    for n in range(1, 21):
        expect(declare(link, n) == 201, "declaration", n)
        if n % 5 == 0:
            second(gate)
    gate.journal("rebuild", status=3)
    before = gate.journal("verify")  # beside the running server
    expect(before.startswith("intact"), before)
    expect(declare(link, 20) == 201 and gate.journal("verify") == before, "a repeated declaration was carried out again")
    gate.kill()
    gate.spawn()
    gate.wait()
    second(gate)
    expect(gate.journal("verify") == before, "the journal changed")
    expect(declare(link, 21) == 201 and declare(link, 3) == 201, "the server does not go on")
    page = link.insist("GET", "/v1/passages?max=100", "board")[1]["items"]
    expect(len(page) == 21, len(page), "passages instead of 21")
    gate.stop()
    once, twice = gate.journal("replay"), gate.journal("replay")
    expect(once == twice and "21 passages open" in once, once, twice)
    expect("as they were" in gate.journal("rebuild"), "rebuilt read models differ")
    print("5 second servers turned away, the first one unharmed")


def main():
    folder = tempfile.mkdtemp(prefix="cuakhau-second-")
    try:
        run(sys.argv[1], folder)
    except Wrong as e:
        print("FAILED:", e)
        return 1
    finally:
        shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
