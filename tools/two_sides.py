#!/usr/bin/python3
"""Both command centres on this machine: two full servers, each with its own site, journal and twin, joined by signed messages over HTTPS. They run a day, the link is cut twice, then both
ledgers are printed and checked by the separate verifier. Usage: two_sides.py PROGRAM VERIFIER FOLDER [--speed N] [--hours N]"""
import argparse
import collections
import datetime
import json
import os
import select
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


class Relay:
    """The line between the two: carries bytes, or is cut."""

    def __init__(self, to):
        self.to, self.cut, self.pairs = to, False, set()
        self.server = socket.create_server(("127.0.0.1", 0))
        self.port = self.server.getsockname()[1]
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while True:
            a, _ = self.server.accept()
            try:
                if self.cut:
                    raise OSError
                b = socket.create_connection(("127.0.0.1", self.to()), 5)
            except OSError:
                a.close()
                continue
            self.pairs.add((a, b))
            threading.Thread(target=self.carry, args=(a, b), daemon=True).start()

    def carry(self, a, b):
        try:
            while True:
                for s in select.select([a, b], [], [])[0]:
                    data = s.recv(65536)
                    if not data:
                        raise OSError
                    (b if s is a else a).sendall(data)
        except (OSError, ValueError):
            pass
        self.pairs.discard((a, b))
        a.close()
        b.close()

    def set(self, cut):
        self.cut = cut
        for pair in list(self.pairs) if cut else []:
            for s in pair:
                try:
                    s.shutdown(socket.SHUT_RDWR)
                except OSError:
                    pass


class Centre:
    def __init__(self, name, side, site, zone, options):
        self.name, self.side, self.site, self.zone, self.options = name, side, site, zone, options
        self.process, self.relay = None, None

    def path(self, end):
        return os.path.join(folder, self.name + end)

    def port(self):
        with open(self.path(".peer-port"), encoding="ascii") as f:
            return int(f.read())

    def start(self, other, speed, epoch):
        log = open(self.path(".log"), "wb")
        self.process = subprocess.Popen(
            [program, "serve", "--site", os.path.join(ROOT, "sites", self.site), *self.options, "--store", "sqlite:" + self.path(".db"), "--tokens", self.path(".tokens"),
             "--listen", "127.0.0.1:0", "--port-file", self.path(".port"), "--twin", str(speed), "--epoch", str(epoch), "--peer", f"https://127.0.0.1:{other.relay.port}",
             "--peer-files", self.path(""), "--peer-listen", "127.0.0.1:0", "--peer-port-file", self.path(".peer-port"), "--agreement",
             os.path.join(ROOT, "sites/huu-nghi/agreement.json")], stdout=log, stderr=log)

    def ready(self):
        for _ in range(600):
            if self.process.poll() is not None:
                break
            if os.path.exists(self.path(".port")) and os.path.exists(self.path(".peer-port")):
                return
            time.sleep(0.05)
        sys.exit(f"{self.name} does not start:\n" + open(self.path(".log"), encoding="utf-8").read()[-2000:])

    def ask(self, sql):
        with sqlite3.connect(f"file:{self.path('.db')}?mode=ro", uri=True, timeout=10) as db:
            return db.execute(sql).fetchall()

    def figures(self):
        link = json.loads(self.ask("SELECT body FROM resource WHERE kind='peer' AND id='link'")[0][0])
        at = self.ask("SELECT t_ms FROM meta")[0][0]
        states = collections.Counter(s for (s,) in self.ask("SELECT json_extract(body,'$.state') FROM resource WHERE kind='handover'"))
        return at, states, link.get("out_seq", 0) - link.get("out_acked", 0)

    def stop(self):
        self.process.terminate()
        if self.process.wait(60) != 0:
            sys.exit(f"{self.name} did not end well: see {self.path('.log')}")

    def ledger(self):
        """Who holds what, by this side's book."""
        held = collections.Counter()
        for (text,) in self.ask("SELECT body FROM resource WHERE kind='custody'"):
            x = json.loads(text)
            held[x["kind"], "here" if x.get("holds") else "on the way" if x.get("open") else "there"] += 1
        over = collections.Counter()
        for (text,) in self.ask("SELECT body FROM resource WHERE kind='handover'"):
            x = json.loads(text)
            over[x.get("role", "giver"), x["state"]] += 1
        print(f"\n{self.name} ({self.side})")
        for kind in sorted({k for k, _ in held}):
            print("  %-10s %4d held here, %4d with the other side, %3d on the way" % (kind, held[kind, "here"], held[kind, "there"], held[kind, "on the way"]))
        for role, word in (("giver", "given"), ("taker", "taken")):
            print(f"  {word}: " + ", ".join(f"{n} {s}" for (r, s), n in sorted(over.items(), key=lambda x: -x[1]) if r == role))


def clock(ms, zone):
    return datetime.datetime.fromtimestamp(ms / 1000, datetime.timezone(datetime.timedelta(hours=zone))).strftime("%H:%M")


def line(centres, cut):
    text = []
    for c in centres:
        at, states, waiting = c.figures()
        under_way = sum(n for s, n in states.items() if s not in ("closed", "returned", "rejected", "withdrawn"))
        text.append(f"{c.name} {clock(at, c.zone)}  {states['closed']:5} closed, {under_way:4} under way, {states['disputed']:2} disputed, {waiting:5} messages wait")
    print("   |   ".join(text) + ("   LINK CUT" if cut else ""), flush=True)


def show_truck(verifier, keys, exports):
    """One truck that went over and came back, with the signatures that prove it."""
    text = subprocess.run([verifier, "ledger", "--keys", keys, *exports], capture_output=True, text=True, check=False).stdout
    for block in text.split("\ntruck ")[1:]:
        rows = [r for r in block.split("\n") if r.startswith("  from ")]
        if len(rows) == 3:
            print("One truck's custody, by the messages alone:\ntruck " + block.split("\n")[0] + "\n" + "\n".join(rows))
            return


def main():
    p = argparse.ArgumentParser(description=__doc__)
    p.add_argument("program")
    p.add_argument("verifier")
    p.add_argument("folder")
    p.add_argument("--speed", type=int, default=600)
    p.add_argument("--hours", type=float, default=24)
    a = p.parse_args()
    global program, folder
    program, folder = os.path.abspath(a.program), os.path.abspath(a.folder)
    if not 2 <= a.speed <= 1200 or not 0 < a.hours <= 72:
        sys.exit("two_sides.py: --speed from 2 to 1200, --hours up to 72")
    vn = Centre("huu-nghi", "vn-hn", "huu-nghi", 7, ["--tariff", os.path.join(ROOT, "sites/demo/tariff.json")])
    cn = Centre("youyiguan", "cn-yyg", "youyiguan", 8, [])
    centres = (vn, cn)
    shutil.rmtree(folder, ignore_errors=True)
    os.makedirs(folder)
    for c, other in ((vn, cn), (cn, vn)):
        said = subprocess.run([program, "peer", "init", c.path(""), "--side", c.side], check=True, capture_output=True, text=True).stdout
        c.trust = said.split("\n")[1].split()[4:]
        c.relay = Relay(c.port)
        for role in ("centre", "board", "customs", "border_guard", "auditor"):
            with open(c.path(".people"), "a", encoding="ascii") as f:
                f.write(role + " " + subprocess.run([program, "token", "--file", c.path(".tokens"), "--role", role, "--id", role + "-1"], check=True, capture_output=True, text=True).stdout)
    for c, other in ((vn, cn), (cn, vn)):
        subprocess.run([program, "peer", "trust", c.path(""), *other.trust], check=True)
    subprocess.run([os.path.join(ROOT, "tools/peer-certificates.sh"), os.path.join(folder, "authority"), *(f"{c.side}={c.path('')}" for c in centres)], check=True)
    now = time.time()
    morning = (int(now) // 86400 + 1) * 86400 - 3600  # 06:00 in Viet Nam, 07:00 in China
    epoch = int((now - (morning - now) / (a.speed - 1)) * 1000)
    for c, other in ((vn, cn), (cn, vn)):
        c.start(other, a.speed, epoch)
    for c in centres:
        c.ready()
        print(f"{c.name}: http://127.0.0.1:{open(c.path('.port'), encoding='ascii').read().strip()}  tokens in {c.path('.people')}")
    seconds = a.hours * 3600 / a.speed
    cuts = [(0.30, 0.38), (0.60, 0.72)]  # of the day
    start, told, cut = time.monotonic(), 0, False
    while (t := time.monotonic() - start) < seconds:
        want = any(f <= t / seconds < u for f, u in cuts)
        if want != cut:
            cut = want
            for c in centres:
                c.relay.set(cut)
            print("-- the link is cut" if cut else "-- the link is back", flush=True)
        if t >= told:
            line(centres, cut)
            told = t + max(seconds / 24, 2)
        time.sleep(0.2)
    for c in centres:
        c.stop()
    print("\n== Both ledgers, each by its own book")
    for c in centres:
        c.ledger()
        with open(c.path(".jsonl"), "wb") as f:
            subprocess.run([program, "journal", "export", c.path(".db")], check=True, stdout=f)
    keys = os.path.join(folder, "keys.json")
    with open(keys, "wb") as f:
        subprocess.run([program, "peer", "keys", vn.path(""), "--other", cn.side], check=True, stdout=f)
    exports = [c.path(".jsonl") for c in centres]
    print("\n== The verifier, which shares no code with the servers")
    show_truck(a.verifier, keys, exports)
    start = time.monotonic()
    for e in exports:
        if subprocess.run([a.verifier, "log", e], check=False).returncode:
            sys.exit(1)
    status = subprocess.run([a.verifier, "ledger", "--keys", keys, *exports, "--quiet"], check=False).returncode
    print(f"checked in {time.monotonic() - start:.1f} s; exports and keys: {folder}")
    sys.exit(status)


main()
