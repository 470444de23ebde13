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
from crash_gate import Connection, Wrong, expect

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


# ---- bad: one server, and a client that speaks for the other side by hand
class Bad:
    """Each bad thing is refused by name, journalled, an alarm; and the next good message is taken."""

    def __init__(self, program, folder):
        self.folder, self.count, self.keys = folder, rig.collections.Counter(), 0
        self.vn, self.cn = rig.Side(program, folder, "vn-hn"), rig.Side(program, folder, "cn-yyg")
        self.authority = rig.introduce(self.vn, self.cn)
        self.vn.agreement = rig.agreement(folder, lambda a: next(m for m in a["versions"][0]["messages"] if m["kind"] == "INSPECTION").update(direction="vn-hn"))
        self.path = os.path.join(folder, "cn-yyg.link")

    def start(self):
        self.vn.spawn()
        self.vn.wait()
        self.voice, self.http = rig.Voice(self.cn, self.vn), Connection(self.vn, 1)
        self.good()

    def command(self, role, path, body):
        self.keys += 1
        status, answer, _ = self.http.insist("POST", path, role, f"k{self.keys}", body)
        expect(status in (200, 201), path, body, "was answered by", status, answer)
        return answer

    def alarm(self):
        return any(a["alarm"] == "peer" and not a.get("acked_by") for a in self.http.insist("GET", "/v1/alarms?max=100", "centre")[1]["items"])

    def good(self):
        begin = rig.now_ms()
        self.voice.say("CAPACITY", {"road": "hn", "from": rig.iso(begin), "until": rig.iso(begin + 3600000), "per_hour": 60})

    def refused(self, reason, do, act="refused"):
        """do() is refused so: said in the journal, and an alarm is up that was not before; then the link goes on. What do() gives."""
        if self.alarm():
            self.command("centre", "/v1/alarms/peer/ack", {})
        expect(not self.alarm(), "the alarm stays after it was acknowledged")
        before = self.vn.last()
        given = do()

        def told():
            return [k for _, _, k in self.vn.link(before) if k.get("reason") == reason and k.get("act", "content") == act and k.get("alarm")]
        rig.wait_for(told, 10, lambda: f"{reason} is not in the journal: {self.vn.link(before)} {given}")
        rig.wait_for(self.alarm, 10, f"no alarm for {reason}")
        self.good()
        self.count[reason] += 1
        return given

    def link(self, reason, do):
        """Refused by the link: its number stays free."""
        seq = self.voice.seq
        status, receipt = self.refused(reason, do)
        expect(status == 200 and receipt.get("reason") == reason and receipt.get("upto", 0) == seq, reason, "was answered by", status, receipt)

    def content(self, reason, kind, body, **change):
        """Authentic and in order, so its number is used up; a REFUSED names it."""
        core = self.voice.core(kind, body, **change)
        seq = self.voice.seq

        def do():
            given = self.voice.send(core)
            self.voice.took(core)
            return given
        status, receipt = self.refused(reason, do, "content")
        expect(status == 200 and receipt == {"hash": rig.hashlib.sha256(core).hexdigest(), "upto": seq + 1}, reason, "was answered by", status, receipt)
        said = [rig.json.loads(t)["body"] for t in self.vn.resources("peer_out").values() if '"REFUSED"' in t]
        expect(any(b["refused"] == receipt["hash"] and b["reason"] == reason for b in said), reason, "is not said in a REFUSED:", said)

    def closed(self, folder, method="POST", path=rig.PATH):
        """Status of a post with another certificate; 0: TLS ended it."""
        try:
            return rig.post(self.vn.peer_port(), b"", folder, method, path)[0]
        except OSError:
            return 0

    # -- what is refused by the link
    def envelopes(self):
        v, now = self.voice, rig.now_ms()
        body = {"road": "hn", "from": rig.iso(now), "until": rig.iso(now + 1000)}

        def core(**change):
            return v.core("CAPACITY", body, **change)
        self.link("unknown_key", lambda: v.send(core(), key="cn-none-1"))
        self.link("bad_signature", lambda: v.post(rig.frame(v.message(core()), bytes(64))))
        self.link("bad_signature", lambda: v.post(rig.frame(v.message(core()) + b" ", v.signer.sign(v.message(core())))))
        self.link("wrong_party", lambda: v.send(core(**{"from": "vn-hn"})))
        self.link("wrong_party", lambda: v.send(core(to="xx-none")))
        self.link("clock_ahead", lambda: v.send(core(), issued=rig.now_ms() + 600000))
        self.link("expired", lambda: v.send(core(), issued=rig.now_ms() - 600000, ttl=400000))  # its clock is 10 minutes late, or the message
        self.link("duplicate", lambda: v.send(self.first))
        self.link("seq_reused", lambda: v.send(core(seq=v.seq)))
        self.link("gap", lambda: v.send(core(seq=v.seq + 2)))
        self.link("wrong_previous", lambda: v.send(core(prev="ab" * 32)))
        self.link("receipt_wrong", lambda: v.send(self.receipt(upto=999999, hash="ab" * 32)))
        self.link("malformed", lambda: v.post(b"no frame"))
        self.link("malformed", lambda: v.send(core()[:-1] + b',"kind":"OFFER"}'))
        self.link("malformed", lambda: v.send(core()[:-1] + b',"more":1}'))
        self.link("malformed", lambda: v.send(core(seq=0)))
        self.link("oversized", lambda: v.send(v.core("CAPACITY", body, more="x" * 5000)))

    def receipt(self, **body):
        v = self.voice
        return rig.json.dumps({"from": v.side.name, "to": v.to.name, "agreement": v.agreement, "kind": "RECEIPT", "body": body}, separators=(",", ":")).encode()

    # -- what is refused for what it says
    def contents(self):
        now = rig.now_ms()
        capacity = {"road": "hn", "from": rig.iso(now), "until": rig.iso(now + 1000)}
        self.content("agreement_version", "CAPACITY", capacity, version="9.9")
        self.content("agreement_version", "CAPACITY", capacity, agreement="another")
        self.content("agreement_version", "OFFER", self.offer(1, terms="ab" * 32))
        self.content("kind_not_allowed", "INSPECTION", {"item": "12C00001", "task": "plant", "outcome": "grant", "at": rig.iso(now)})
        self.content("kind_not_allowed", "GOSSIP", {"note": "x"})
        self.content("field_not_allowed", "PRE_ARRIVAL", {"reference": "YG-1", "mode": "through", "note": "the driver's telephone number"})
        self.content("field_not_allowed", "PRE_ARRIVAL", {"reference": "YG-1", "mode": "through", "driver_name": "x"})
        self.content("field_missing", "PRE_ARRIVAL", {"reference": "YG-1"})
        self.content("field_value", "CAPACITY", {**capacity, "per_hour": "many"})
        self.content("field_value", "PRE_ARRIVAL", {"reference": "Y" * 25, "mode": "through"})
        self.content("field_value", "OFFER", self.offer(2, cross_by=rig.iso(now + 10**8)))
        self.content("handover_unknown", "RECEIVED", {"handover": "vn-hn-999", "at": rig.iso(now)})
        self.content("handover_unknown", "CROSSED", {"handover": "cn-yyg-999", "at": rig.iso(now), "consent": "ab" * 32})
        self.content("handover_reused", "OFFER", self.offer("x"))
        self.content("handover_reused", "OFFER", {**self.offer(1), "handover": "vn-hn-7"})

    def offer(self, number, **change):
        now = rig.now_ms()
        return {"handover": f"cn-yyg-{number}", "item_kind": "truck", "item": "桂FB0001", "answer_by": rig.iso(now + 600000), "cross_by": rig.iso(now + 3600000),
                "terms": rig.terms_hash(self.vn.agreement), **change}

    # -- a whole hand-over by hand, and what must not move it
    def handover(self):
        v = self.voice
        v.say("PRE_ARRIVAL", {"reference": "YG-000001-1", "mode": "through", "plate": "桂FB0001", "road": "hn", "weight_kg": 30000, "hs": "84713020"})
        passages = self.http.insist("GET", "/v1/passages?max=100", "centre")[1]["items"]
        expect(len(passages) == 1, "the pre-arrival is not declared", passages)
        self.command("centre", "/v1/roads/hn", {"open": False, "cause": "storm", "reason": "a storm"})
        self.content("out_of_order", "RECEIVED", {"handover": self.offered("cn-yyg-10"), "at": rig.iso(rig.now_ms())})
        expect(self.state("cn-yyg-10") == "considering", "accepted while the road is closed")
        self.content("out_of_order", "CROSSED", {"handover": "cn-yyg-10", "at": rig.iso(rig.now_ms()), "consent": "ab" * 32})
        self.content("handover_reused", "OFFER", self.offer(9))
        self.command("centre", "/v1/roads/hn", {"open": True, "reason": "the storm is over"})
        rig.wait_for(lambda: self.state("cn-yyg-10") == "bound", 10, lambda: f"not accepted: {self.vn.resources('handover')}")
        accept = next(t for t in self.vn.resources("peer_out").values() if '"ACCEPT"' in t)
        consent = rig.hashlib.sha256(accept.encode()).hexdigest()
        self.content("consent_wrong", "CROSSED", {"handover": "cn-yyg-10", "at": rig.iso(rig.now_ms()), "consent": "ab" * 32})
        self.content("consent_wrong", "CROSSED", {"handover": "cn-yyg-10", "at": rig.iso(rig.now_ms() + 4000000), "consent": consent})
        expect(self.state("cn-yyg-10") == "bound" and not self.vn.resources("custody")["truck 桂FB0001"].get("holds"), "a release without consent was taken")
        v.say("CROSSED", {"handover": "cn-yyg-10", "at": rig.iso(rig.now_ms()), "consent": consent})
        expect(self.state("cn-yyg-10") == "arrived" and self.vn.resources("custody")["truck 桂FB0001"]["holds"], "it has not arrived")
        self.content("out_of_order", "CROSSED", {"handover": "cn-yyg-10", "at": rig.iso(rig.now_ms()), "consent": consent})
        self.vn.kill()
        self.vn.spawn()
        self.vn.wait()
        expect(self.state("cn-yyg-10") == "arrived", "forgotten by kill -9")
        self.good()

    def offered(self, key):
        self.voice.say("OFFER", {**self.offer(0), "handover": key})
        return key

    def state(self, key):
        return self.vn.resources("handover").get(key, {}).get("state")

    # -- connections
    def connections(self):
        other = {"stale": rig.certify(self.authority, "cn-yyg", os.path.join(self.folder, "stale"), "-1"),
                 "foreign": rig.certify(self.authority + "-foreign", "cn-yyg", os.path.join(self.folder, "foreign")),
                 "named": rig.certify(self.authority, "xx-none", os.path.join(self.folder, "named")),
                 "own": self.vn.files, "none": None}
        for name, folder in other.items():
            status = self.refused("certificate", lambda f=folder: self.closed(f))
            expect(status in (0, 403), name, "certificate was answered by", status)
        revoked = rig.certify(self.authority, "cn-yyg", os.path.join(self.folder, "revoked"))
        expect(self.closed(revoked) == 200, "a good certificate is refused")
        self.vn.peer("revoke", self.vn.files, "--certificate", rig.fingerprint(revoked))
        self.vn.hang_up()
        expect(self.refused("certificate", lambda: self.closed(revoked)) == 403, "a revoked certificate")
        v = self.voice
        status, _ = self.refused("oversized", lambda: rig.post(v.to.peer_port(), b"x" * (2 << 20), v.side.files))
        expect(status == 413, "a body too large was answered by", status)
        expect(self.closed(self.path, path="/v1/passages") == 404 and self.closed(self.path, method="GET") == 405, "the link serves more than it should")
        self.good()

    def replays(self):
        """The bytes of a connection once more: TLS itself does not take them."""
        proxy = rig.Proxy(self.vn.peer_port, 1)
        proxy.keep = True
        core = self.voice.core("CAPACITY", {"road": "hn", "from": rig.iso(rig.now_ms()), "until": rig.iso(rig.now_ms() + 1000)})
        message = self.voice.message(core)
        status, _ = rig.post(proxy.port, rig.frame(message, self.voice.signer.sign(message)), self.path)
        expect(status == 200, "through the proxy:", status)
        self.voice.took(core)
        rig.wait_for(lambda: proxy.recorded, 10, "nothing was recorded")
        before = self.vn.last()
        for _ in range(5):
            rig.replay_bytes(self.vn.peer_port(), proxy.recorded[0])
        expect(not [k for _, _, k in self.vn.link(before) if "heard" in k], "replayed bytes were taken for a message")
        self.good()

    def batches(self):
        """What stands behind a refused message is not looked at; thousands of frames in one request are all taken."""
        v, frames = self.voice, []
        now = rig.now_ms()
        for n in range(1100):
            core = v.core("CAPACITY", {"road": "hn", "from": rig.iso(now), "until": rig.iso(now + 1000), "per_hour": n + 1})
            message = v.message(core)
            frames.append(rig.frame(message, v.signer.sign(message)))
            v.took(core)
        core = v.core("PRE_ARRIVAL", {"reference": "YG-000002-2", "mode": "through", "plate": "桂FB0002", "road": "hn", "weight_kg": 30000, "hs": "84713020"})
        message = v.message(core)
        v.took(core)
        status, receipt = v.post(*frames, rig.frame(message, v.signer.sign(message)))
        expect(status == 200 and receipt == {"hash": v.prev, "upto": v.seq}, "many frames were answered by", status, receipt)
        passages = self.http.insist("GET", "/v1/passages?max=100", "centre")[1]["items"]
        expect(any(p.get("plate") == "桂FB0002" for p in passages), "the last of many notices is lost", passages)

    def embargoes(self):
        """The other side's orders are its own: they lift and change none of ours."""
        now = rig.now_ms()
        self.command("centre", "/v1/embargoes", {"embargo": {"id": "fruit", "basis": "an order of ours", "reason": "pests", "hs": "0810", "direction": "export"}})
        for until in (now + 3600000, now - 1000):
            self.voice.say("EMBARGO", {"reference": "fruit", "hs": "0709", "from": rig.iso(now - 7200000), "until": rig.iso(until), "note": "theirs"})
            ours = [e for e in self.http.insist("GET", "/v1/embargoes", "centre")[1]["items"] if e["id"] == "fruit"]
            expect(len(ours) == 1 and ours[0]["hs"] == "0810", "the other side changed an embargo of ours:", ours)

    def run(self):
        self.start()
        self.first = self.voice.core("CAPACITY", {}, seq=1)
        self.envelopes()
        self.contents()
        self.handover()
        self.connections()
        self.replays()
        self.batches()
        self.embargoes()
        self.vn.stop()
        expect(self.vn.journal("verify").startswith("intact"), "the journal")


def bad(program, folder, _):
    b = Bad(program, folder)
    b.run()
    print(f"refused by name, journalled, with an alarm, and the link stays up: {dict(b.count)}")


PARTS = {"hostile": hostile, "bad": bad}


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
