#!/usr/bin/python3
"""The cross-border link for real: two servers, a hostile network between them, kill -9 of either, bad messages, keys that change.
Usage: test_peer.py CUAKHAU hostile|bad|keys [SEED]"""
import os
import random
import shutil
import sys
import tempfile
import threading
import time

import peer_rig as rig
from crash_gate import Wrong, expect

QUICK = bool(os.environ.get("CUAKHAU_QUICK"))


# ---- hostile: trucks of both sides cross while the network and the machines fail
class Hostile:
    def __init__(self, program, folder, seed):
        self.random, self.folder, self.stopping, self.lock = random.Random(seed), folder, False, threading.Lock()
        self.vn, self.cn = rig.Side(program, folder, "vn-hn"), rig.Side(program, folder, "cn-yyg")
        authority = rig.introduce(self.vn, self.cn)
        self.proxy = {self.vn: rig.Proxy(self.cn.peer_port, seed), self.cn: rig.Proxy(self.vn.peer_port, seed + 1)}
        self.other, self.impostors = {self.vn: self.cn, self.cn: self.vn}, {}
        self.kills = self.replays = self.tls_replays = 0
        path = rig.agreement(folder)
        for side, other in self.other.items():
            side.agreement, side.peer_url = path, self.proxy[side].url
            self.impostors[side] = [rig.certify(authority, other.name, os.path.join(folder, f"stale-{other.name}"), "-1"),
                                    rig.certify(authority + "-foreign", other.name, os.path.join(folder, f"foreign-{other.name}")),
                                    rig.certify(authority, "xx-none", os.path.join(folder, f"named-{other.name}")),
                                    rig.certify(authority, other.name, os.path.join(folder, f"revoked-{other.name}"))]
            side.peer("revoke", side.files, "--certificate", rig.fingerprint(self.impostors[side][3]))
            self.proxy[side].keep = True

    def start(self, virtual_ms, speed):
        epoch = rig.epoch_of(virtual_ms, speed)
        for side in self.other:
            side.more = ["--twin", str(speed), "--epoch", str(epoch)]
            side.spawn()
        for side in self.other:
            side.wait()
        return epoch

    def stop(self):
        for side in self.other:
            side.stop()

    def kill(self):
        side = self.random.choice(list(self.other))
        side.kill()
        side.spawn()
        side.wait()
        self.kills += 1

    def shake(self, end):
        """Faults of the network, one after the other on each side's way, both by chance."""
        while time.monotonic() < end:
            side = self.random.choice(list(self.other))
            proxy = self.proxy[side]
            kind = proxy.fault(self.impostors[side])
            time.sleep(self.random.uniform(0.1, 3 if kind.startswith("stall") else 1.5))
            proxy.clean()
            if self.random.random() < 0.5:
                time.sleep(self.random.uniform(0.1, 1.5))

    def replay(self):
        """What was taken before is posted again: once as frames with the true certificate, once as the bytes of an old connection."""
        chance = random.Random(7)
        while not self.stopping:
            time.sleep(0.5)
            side = chance.choice(list(self.other))
            try:
                old = [k for _, _, k in side.link() if "heard" in k]
                port = side.peer_port()
                if not old or not port:
                    continue
                k = chance.choice(old)
                status, text = rig.post(port, rig.frame(k["heard"].encode(), bytes.fromhex(k["signature"])), self.other[side].files)
                reason = rig.json.loads(text.split(b"\n")[2])["body"].get("reason") if status == 200 else None
                good = ("duplicate", "expired", "seq_reused") if k["message"] != "RECEIPT" else ("expired", None)
                expect(status == 503 or status == 200 and reason in good[: 2 if k["message"] != "RECEIPT" else None], "a replay was answered by", status, reason, k)
                self.replays += 1
                if self.proxy[self.other[side]].recorded:
                    rig.replay_bytes(port, chance.choice(self.proxy[self.other[side]].recorded))
                    self.tls_replays += 1
            except Wrong as e:
                self.wrong = e
            except (OSError, rig.http.client.HTTPException, rig.sqlite3.Error, IndexError):
                pass  # it is down

    def settle(self, now):
        """The world nearly stands still: what is under way arrives, then nothing is."""
        for proxy in self.proxy.values():
            proxy.clean()
        for _ in range(5):
            self.start(now + 60000, 2)
            rig.wait_for(lambda: rig.quiet(self.vn, self.cn), 60, lambda: f"the link does not come to rest: {self.vn.position()} {self.cn.position()}")
            self.stop()
            if rig.quiet(self.vn, self.cn):
                return
            now += 120000
        raise Wrong("never quiet when stopped")

    def run(self, seconds):
        self.wrong = None
        begin = (rig.now_ms() // rig.DAY_MS + 1) * rig.DAY_MS  # 07:00 at Huu Nghi
        self.start(begin, 1200)
        rig.wait_for(lambda: len(self.vn.resources("handover")) >= 10, 60, "no trucks cross")
        now = rig.virtual_now(int(self.vn.more[3]), 1200)
        for side in self.other:
            side.kill()
        epoch, end = self.start(now, 240), time.monotonic() + seconds
        threads = [threading.Thread(target=self.shake, args=(end,)), threading.Thread(target=self.replay)]
        for t in threads:
            t.start()
        while time.monotonic() < end or self.kills < 4:
            time.sleep(self.random.uniform(0.5, seconds / 5))
            self.kill()
        self.stopping = True
        for t in threads:
            t.join()
        for side in self.other:
            side.kill()
        self.settle(rig.virtual_now(epoch, 240))
        if self.wrong:
            raise self.wrong


def hostile(program, folder, seed):
    h = Hostile(program, folder, seed)
    h.run(15 if QUICK else 40)
    done, vn, cn = rig.agree(h.vn, h.cn)
    for side in (h.vn, h.cn):
        expect(side.journal("verify").startswith("intact"), "the journal of", side.name)
    counts = [p.count for p in h.proxy.values()]
    expect(not any(c["told to an impostor"] for c in counts), "an impostor was told something")
    expect(done["closed"] > 20, "only", done["closed"], "hand-overs closed", done)
    expect(h.kills >= 4 and h.replays > 3 and h.tls_replays > 3, h.kills, "kills", h.replays, h.tls_replays, "replays")
    total = sum(counts, rig.collections.Counter())
    expect(total["impostor unmasked"] > 0 or QUICK, "no impostor was met", total)
    print(f"seed {seed}: {done['closed']} hand-overs closed of {sum(v for k, v in done.items() if k not in ('over', 'items', 'messages'))}, {done['items']} items, "
          f"{done['messages']} messages; {h.kills + 4} kills, {h.replays} frames and {h.tls_replays} connections replayed; network: "
          + ", ".join(f"{k} {v}" for k, v in sorted(total.items()) if not k.startswith("bytes"))
          + f"; refused: {dict((a + ' ' + b, n) for (a, b), n in sorted((vn.refusals + cn.refusals).items()))}")


PARTS = {"hostile": hostile}


def main():
    program, part, seed = sys.argv[1], sys.argv[2], int(sys.argv[3]) if len(sys.argv) > 3 else 1
    folder = tempfile.mkdtemp(prefix="cuakhau-peer-")
    try:
        PARTS[part](program, folder, seed)
    except Wrong as e:
        print("FAILED:", e, "seed", seed)
        if os.environ.get("CUAKHAU_KEEP"):
            print("kept:", folder)
        return 1
    finally:
        for pid in rig.Side.running():
            pid.kill()
        if not os.environ.get("CUAKHAU_KEEP"):
            shutil.rmtree(folder)
    return 0


if __name__ == "__main__":
    sys.exit(main())
