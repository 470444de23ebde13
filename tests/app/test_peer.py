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
        """Faults of the network, one after the other on each side's way, both by chance. The first one lasts longer than anybody waits for an answer; the last ones
        are all certificates that are not the other side's."""
        if not QUICK:
            self.proxy[self.vn].fault([], "stall back")
            time.sleep(16)
            self.proxy[self.vn].clean()
        while time.monotonic() < end:
            side = self.random.choice(list(self.other))
            proxy = self.proxy[side]
            kind = proxy.fault(self.impostors[side])
            if kind.startswith("cut mid"):
                self.while_true(lambda p=proxy: any(b is not None for b in p.budget), 2)
            else:
                time.sleep(self.random.uniform(0.1, 3 if kind.startswith("stall") else 1.5))
            proxy.clean()
            if self.random.random() < 0.5:
                time.sleep(self.random.uniform(0.1, 1.5))
        for side, proxy in self.proxy.items():
            for folder in self.impostors[side]:
                met, proxy.impostor = proxy.count["impostor unmasked"], folder
                proxy.cut(True)
                self.while_true(lambda p=proxy, met=met: p.count["impostor unmasked"] == met, 4)
                proxy.clean()

    @staticmethod
    def while_true(what, seconds):
        end = time.monotonic() + seconds
        while what() and time.monotonic() < end:
            time.sleep(0.02)

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
    h.run(15 if QUICK else 36)
    done, vn, cn = rig.agree(h.vn, h.cn)
    for side in (h.vn, h.cn):
        expect(side.journal("verify").startswith("intact"), "the journal of", side.name)
    counts = [p.count for p in h.proxy.values()]
    expect(not any(c["told to an impostor"] for c in counts), "an impostor was told something")
    expect(done["closed"] > 20, "only", done["closed"], "hand-overs closed", done)
    expect(h.kills >= 4 and h.replays > 3 and h.tls_replays > 3, h.kills, "kills", h.replays, h.tls_replays, "replays")
    total = sum(counts, rig.collections.Counter())
    expect(total["impostor unmasked"] >= 4, "few impostors were met", total)
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
        self.ear = rig.Ear(self.path, self.authority)
        self.vn.peer_url = f"https://127.0.0.1:{self.ear.port}"

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

    # -- answers to what this side sends
    def answers(self):
        """Lies and rubbish in answer: nothing is lost, nothing is believed that is not signed, and nobody is asked as fast as he answers."""
        v, heard = self.voice, []

        def receipt(upto, core, **more):
            message = v.message(self.receipt(hash=rig.hashlib.sha256(core).hexdigest() if core else "0" * 64, upto=upto, **more))
            return rig.frame(message, v.signer.sign(message))

        def honest(frames):
            for f in frames:
                core = f.split(b"\n")[1]
                if rig.json.loads(core)["seq"] == len(heard) + 1:
                    heard.append(core)
            return 200, receipt(len(heard), heard[-1] if heard else b"")

        def waiting():
            at = self.vn.position()
            return at["out_seq"] - at["out_acked"]

        def calm(why):
            self.ear.answer = honest
            rig.wait_for(lambda: waiting() == 0, 30, lambda: f"after {why} the outbox does not empty: {self.vn.position()} {self.vn.tail()}")
        calm("silence")
        out = self.vn.position()["out_seq"]
        expect([rig.json.loads(c)["seq"] for c in heard] == list(range(1, out + 1)), "not all was told in its order")
        rubbish = {"status 500": (500, b"x"), "no frame": (200, b"<html>" * 99), "much": (200, b"x" * (3 << 20))}
        for why, given in rubbish.items():
            self.ear.answer, before = lambda frames, given=given: given, self.vn.last()
            self.content("field_missing", "PRE_ARRIVAL", {"reference": "YG-1"})  # something to tell: REFUSED
            asked = self.ear.asked
            rig.wait_for(lambda: self.ear.asked > asked, 20, f"not asked again after {why}")
            expect(waiting() > 0 and not [k for _, _, k in self.vn.link(before) if k.get("acked")], "believed:", why)
            calm(why)
        forged = bytes(64)
        for reason, lie in (("receipt_wrong", lambda: receipt(999999, b"x")), ("receipt_wrong", lambda: receipt(len(heard) + 1, b"x")),
                            ("bad_signature", lambda: rig.frame(v.message(self.receipt(hash="0" * 64, upto=len(heard) + 1)), forged))):
            def lying(frames, lie=lie):
                return (200, lie()) if frames else honest(frames)
            self.ear.answer = lying
            self.refused(reason, lambda: v.say("PRE_ARRIVAL", {"reference": "YG-2", "mode": "through"}) and self.command(
                "centre", "/v1/embargoes", {"embargo": {"id": f"x{self.keys}", "basis": "an order", "reason": "pests", "hs": "0810", "direction": "import"}}))
            calm(reason)
        self.ear.answer = lambda frames: (200, receipt(0, b""))  # an old one again and again
        self.content("field_missing", "PRE_ARRIVAL", {"reference": "YG-1"})
        asked = self.ear.asked
        time.sleep(2)
        expect(1 <= self.ear.asked - asked < 100, "who takes nothing was asked", self.ear.asked - asked, "times in 2 s")
        calm("an old receipt")

    # -- connections
    def strangers(self):
        """Many that say nothing, and many without a certificate: the other side still gets through, and the journal does not grow with each."""
        silent = [rig.socket.create_connection(("127.0.0.1", self.vn.peer_port())) for _ in range(150)]
        self.good()
        for s in silent:
            s.close()
        before = self.vn.last()
        for _ in range(60):
            expect(self.closed(None) in (0, 403), "a stranger was let in")
        self.good()
        told = sum(k.get("reason") == "certificate" for _, _, k in self.vn.link(before))
        expect(told <= 20, told, "of 60 refusals are in the journal")

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
            there = {e["id"]: e["rule"]["embargo"]["hs"] for e in self.http.insist("GET", "/v1/embargoes", "centre")[1]["items"]}
            expect(there.get("fruit") == "0810" and there.get("peer.fruit", "lifted") == ("0709" if until > now else "lifted"), "embargoes after theirs:", there)

    def run(self):
        self.start()
        self.first = self.voice.core("CAPACITY", {}, seq=1)
        self.envelopes()
        self.contents()
        self.handover()
        self.answers()
        self.connections()
        self.strangers()
        self.replays()
        self.batches()
        self.embargoes()
        self.vn.stop()
        expect(self.vn.journal("verify").startswith("intact"), "the journal")


def bad(program, folder, _):
    b = Bad(program, folder)
    b.run()
    print(f"refused by name, journalled, with an alarm, and the link stays up: {dict(b.count)}")


# ---- keys: they change and are taken back by command, while messages flow
class Pair:
    """Two servers without the world: a message is an embargo that one of them sets."""

    def __init__(self, program, folder):
        self.vn, self.cn = rig.Side(program, folder, "vn-hn"), rig.Side(program, folder, "cn-yyg")
        self.authority, path = rig.introduce(self.vn, self.cn), rig.agreement(folder)
        self.other, self.count = {self.vn: self.cn, self.cn: self.vn}, 0
        self.proxy = {self.vn: rig.Proxy(self.cn.peer_port, 1), self.cn: rig.Proxy(self.vn.peer_port, 2)}
        for side in self.other:
            side.agreement, side.peer_url = path, self.proxy[side].url
            side.spawn()
        for side in self.other:
            side.wait()
            side.http = Connection(side, 1)

    def tell(self, side):
        """Something is to be told; how it is called."""
        self.count += 1
        name = f"e{self.count}"
        status, answer, _ = side.http.insist("POST", "/v1/embargoes", "centre", name, {
            "embargo": {"id": name, "basis": "an order", "reason": "pests", "hs": "0810", "direction": "import"}})
        expect(status in (200, 201), "embargo:", status, answer)
        return name

    def heard(self, side, name):
        """By which key the other side signed it; None: not heard."""
        for _, _, k in side.link():
            if k.get("message") == "EMBARGO" and f'"reference":"{name}"' in k.get("heard", ""):
                return rig.json.loads(k["heard"].split("\n")[0])["key"]
        return None

    def arrives(self, side, name, key):
        """At the other side, signed by that key, and the receipt comes back."""
        to = self.other[side]
        expect((got := rig.wait_for(lambda: self.heard(to, name), 25, lambda: f"{name} does not arrive: {side.tail()} {to.tail()}")) == key,
               name, "is signed by", got, "instead of", key)
        rig.wait_for(lambda: rig.quiet(self.vn, self.cn), 25, lambda: f"no receipt: {self.vn.position()} {self.cn.position()}")

    def flows(self, side, key):
        self.arrives(side, self.tell(side), key)

    def refused(self, side, reason, after, act="refused"):
        rig.wait_for(lambda: [k for _, _, k in side.link(after) if k.get("reason") == reason and k.get("act") == act and k.get("alarm")], 20,
                     lambda: f"{reason} is not in the journal of {side.name}: {side.link(after)}")
        rig.wait_for(lambda: any(a["alarm"] == "peer" for a in side.http.insist("GET", "/v1/alarms?max=100", "centre")[1]["items"]), 10, "no alarm")

    def new_key(self, side, key, *when):
        """Made; how the other side is told to trust it."""
        said = side.peer("key", side.files, "--id", key, *when)
        return said.strip().split("\n")[-1].split()[4:]

    def trust(self, side, words):
        side.peer("trust", side.files, *words)
        side.hang_up()

    # -- signing keys
    def rotate(self):
        self.flows(self.vn, "vn-hn-1")
        self.flows(self.cn, "cn-yyg-1")
        # too early: the other side does not know the key yet; nothing is lost
        words, before = self.new_key(self.vn, "vn-hn-2"), self.cn.last()
        self.vn.hang_up()
        name = self.tell(self.vn)
        self.refused(self.cn, "unknown_key", before)
        expect(not self.heard(self.cn, name), "a message by an unknown key is taken")
        self.trust(self.cn, words)
        self.arrives(self.vn, name, "vn-hn-2")
        # as it should be: known first, used from its time on
        begin = rig.now_ms() + 3000
        words = self.new_key(self.cn, "cn-yyg-2", "--from", rig.iso(begin))
        self.trust(self.vn, words)
        self.cn.hang_up()
        self.flows(self.cn, "cn-yyg-1")
        time.sleep(max(begin - rig.now_ms() + 500, 0) / 1000)
        self.flows(self.cn, "cn-yyg-2")

    def revoke(self):
        """What waits in the outbox while a key is revoked is signed anew by the next one; what the old one signs is refused."""
        self.proxy[self.cn].closed = True
        self.proxy[self.cn].cut()
        name = self.tell(self.cn)
        self.cn.peer("revoke", self.cn.files, "--id", "cn-yyg-1")
        self.vn.peer("revoke", self.vn.files, "--id", "cn-yyg-1")
        for side in self.other:
            side.hang_up()
        expect("cn-yyg-1  revoked" in self.vn.peer("show", self.vn.files), "peer show")
        self.proxy[self.cn].clean()
        self.arrives(self.cn, name, "cn-yyg-2")
        before, old = self.vn.last(), rig.Voice(self.cn, self.vn, "cn-yyg-1")
        at = self.vn.position()
        old.seq, old.prev = at["in_seq"], at["in_hash"]
        status, receipt = old.send(old.core("CAPACITY", {"road": "hn", "from": rig.iso(rig.now_ms()), "until": rig.iso(rig.now_ms() + 1000)}))
        expect(status == 200 and receipt["reason"] == "key_not_valid", "a message by a revoked key was answered by", status, receipt)
        self.refused(self.vn, "key_not_valid", before)
        self.flows(self.cn, "cn-yyg-2")

    def none_left(self):
        """The only keys are revoked: nothing is said, also after a restart; a new key, and what waits goes out."""
        before, before_cn = self.vn.last(), self.cn.last()
        self.cn.peer("revoke", self.cn.files, "--id", "cn-yyg-2")
        self.vn.peer("revoke", self.vn.files, "--id", "cn-yyg-2")
        for side in self.other:
            side.hang_up()
        name = self.tell(self.cn)
        self.refused(self.vn, "key_not_valid", before)
        self.refused(self.cn, "key_not_valid", before_cn, "no key")
        self.cn.kill()
        self.cn.spawn()
        self.cn.wait()
        other = self.tell(self.cn)
        time.sleep(1)
        expect(self.cn.process.poll() is None, "without a key in force the server ends", self.cn.tail())
        expect(not self.heard(self.vn, name) and not self.heard(self.vn, other), "said without a key")
        words = self.new_key(self.cn, "cn-yyg-3")
        self.trust(self.vn, words)
        self.cn.hang_up()
        self.arrives(self.cn, name, "cn-yyg-3")
        self.arrives(self.cn, other, "cn-yyg-3")

    # -- certificates
    def certificates(self):
        self.flows(self.vn, "vn-hn-2")  # connections both ways are open, and stay so
        self.flows(self.cn, "cn-yyg-3")
        before, before_cn = self.vn.last(), self.cn.last()
        self.vn.peer("revoke", self.vn.files, "--certificate", rig.fingerprint(self.cn.files))
        self.vn.hang_up()
        ours, theirs = self.tell(self.vn), self.tell(self.cn)  # neither way: not from it, and not to it
        self.refused(self.vn, "certificate", before)
        time.sleep(1)
        expect(not self.heard(self.vn, theirs) and not self.heard(self.cn, ours), "the link of a revoked certificate is up:", self.vn.link(before), self.cn.link(before_cn))
        rig.certify(self.authority, self.cn.name, self.cn.files)
        self.cn.stop()
        self.cn.spawn()
        self.cn.wait()
        self.arrives(self.vn, ours, "vn-hn-2")
        self.arrives(self.cn, theirs, "cn-yyg-3")


# ---- two versions of the agreement side by side
class Versions(Bad):
    def __init__(self, program, folder):
        super().__init__(program, folder)
        self.times = {}

    def change(self, a):
        """1.0 ends, 2.0 has begun some seconds before, and compares weights less strictly."""
        first = a["versions"][0]
        first.update(until=self.times["until"], skew_s=1)
        if "begin" in self.times:
            second = {**first, "version": "2.0", "from": self.times["begin"], "until": "2045-01-01T00:00:00Z", "weight_permille": 50}
            a["versions"] = [second] if self.times.get("only") else [first, second]

    def say_offer(self, key, plate, version, wanted):
        self.voice.version = version
        self.voice.say("OFFER", {**self.offer(0, item=plate), "handover": key, "terms": rig.terms_hash(self.vn.agreement, self.versions.index(version))})
        rig.wait_for(lambda: self.state(key) == wanted, 10, lambda: f"{key} is not {wanted}: {self.vn.resources('handover')}")

    def consent(self, key):
        out = [k["out"] for _, _, k in self.vn.link() if '"ACCEPT"' in k.get("out", "") and f'"{key}"' in k["out"]]
        expect(len(out) == 1, "accepted", out)
        return rig.hashlib.sha256(out[0].encode()).hexdigest(), rig.json.loads(out[0])["version"]

    def take_over(self, good=True):
        done, not_done = self.vn.count_log("are read again"), self.vn.count_log("not taken over")
        rig.agreement(self.folder, self.change)
        self.vn.hang_up()
        expect((self.vn.count_log("are read again") > done, self.vn.count_log("not taken over") > not_done) == (good, not good), "reload", good, self.vn.tail())

    def run(self):
        self.versions, second = ["1.0"], lambda ms: rig.iso(ms // 1000 * 1000)[:19] + "Z"
        end = rig.now_ms() // 1000 * 1000 + 8000
        self.times["until"] = second(end)
        self.vn.agreement = rig.agreement(self.folder, self.change)
        self.start()
        v = self.voice
        for n in (1, 2, 3):
            v.say("PRE_ARRIVAL", {"reference": f"YG-00000{n}-1", "mode": "through", "plate": f"桂FB000{n}", "road": "hn", "weight_kg": 30000, "hs": "84713020"})
        for n in (1, 2):
            self.say_offer(f"cn-yyg-{n}", f"桂FB000{n}", "1.0", "bound")
        self.times["begin"] = second(rig.now_ms())
        self.take_over()
        self.versions.append("2.0")
        time.sleep(1)
        self.say_offer("cn-yyg-3", "桂FB0003", "2.0", "bound")
        expect(self.consent("cn-yyg-1")[1] == "1.0" and self.consent("cn-yyg-3")[1] == "2.0", "accepted under another version than it was offered")
        time.sleep(max(end + 2500 - rig.now_ms(), 0) / 1000)
        v.version = "1.0"
        self.content("agreement_version", "OFFER", self.offer(4, item="桂FB0004"))  # its time is over for what begins
        v.version = "2.0"
        crossed = {"handover": "cn-yyg-1", "at": rig.iso(rig.now_ms()), "consent": self.consent("cn-yyg-1")[0]}
        self.content("agreement_version", "CROSSED", crossed)  # not that of the hand-over
        v.say("CROSSED", crossed, version="1.0")
        expect(self.state("cn-yyg-1") == "arrived", "a hand-over does not go on under its version", self.vn.resources("handover"))
        v.say("WITHDRAW", {"handover": "cn-yyg-2", "reason": "other"}, version="1.0")
        expect(self.state("cn-yyg-2") == "withdrawn", "a hand-over does not end under its version", self.vn.resources("handover"))
        said = [rig.json.loads(k["out"]) for _, _, k in self.vn.link() if '"WITHDRAWN"' in k.get("out", "")]
        expect(said[-1]["version"] == "1.0", "the answer is of another version", said)
        self.times["only"] = True
        self.take_over(good=False)  # 1.0 has an open hand-over
        self.good()
        self.vn.stop()


class Over(Versions):
    """A version that is over, with all that began under it, may be dropped: now and at the next start. What is open under the other goes on."""

    def run(self):
        self.versions = ["1.0"]
        self.times["until"] = "2045-01-01T00:00:00Z"
        self.vn.agreement = rig.agreement(self.folder, self.change)
        self.start()
        self.say_offer("cn-yyg-1", "桂FB0001", "1.0", "considering")
        self.voice.say("WITHDRAW", {"handover": "cn-yyg-1", "reason": "other"})
        self.times["begin"] = "2025-01-02T00:00:00Z"
        self.take_over()
        self.versions.append("2.0")
        for n in (2, 3):
            self.say_offer(f"cn-yyg-{n}", f"桂FB000{n}", "2.0", "considering")
        self.times["only"] = True
        self.take_over()
        self.voice.say("WITHDRAW", {"handover": "cn-yyg-2", "reason": "other"})
        self.vn.kill()
        self.vn.spawn()
        self.vn.wait()
        self.voice.say("WITHDRAW", {"handover": "cn-yyg-3", "reason": "other"})
        expect([self.state(f"cn-yyg-{n}") for n in (1, 2, 3)] == ["withdrawn"] * 3, self.vn.resources("handover"))
        self.vn.stop()


# ---- wrong folders and wrong commands
def folders(program, folder):
    """Each is told in a sentence with its cure; exit status 2. How many."""
    side, count = rig.Side(program, folder, "vn-hn"), 0
    side.agreement, at = rig.agreement(folder), os.path.join(folder, "vn-hn.link")
    hexa = "ab" * 32

    def no(text, *args):
        nonlocal count
        said = side.peer(*args, status=2)
        expect(text in said, args, "says", said)
        count += 1
    no("make it with: cuakhau peer init", "show", at)
    no("--side", "init", at)
    no("as the agreement names it", "init", at, "--side", "Viet Nam")
    no("as the agreement names it", "init", at, "--side", "a-side-much-too-long")
    side.peer("init", at, "--side", "vn-hn")
    no("is there already", "init", at, "--side", "vn-hn")
    no("there is such a key already", "key", at, "--id", "vn-hn-1")
    no("lower-case letters, digits", "key", at, "--id", "../key")
    no("lower-case letters, digits", "trust", at, "--public", hexa)
    no("times as", "key", at, "--id", "k2", "--from", "tomorrow")
    no("from before until", "key", at, "--id", "k2", "--from", "2028-01-01T00:00:00Z", "--until", "2027-01-01T00:00:00Z")
    no("64 hexadecimal digits", "trust", at, "--id", "k2", "--public", hexa[:-1])
    no("64 hexadecimal digits", "trust", at, "--id", "k2", "--public", hexa.upper())
    side.peer("trust", at, "--id", "k2", "--public", hexa)
    no("such a key of the other side already", "trust", at, "--id", "k2", "--public", hexa)
    no("there is no such key", "revoke", at, "--id", "k3")
    no("SHA-256", "revoke", at, "--certificate", "AB:CD")
    no("usage", "fly", at)
    for n in range(7):
        side.peer("key", at, "--id", f"more-{n}")
    no("as many keys as there may be", "key", at, "--id", "more-8")
    rig.certify(os.path.join(folder, "authority"), "vn-hn", at)
    with open(os.path.join(at, "peer.json"), encoding="utf-8") as f:
        whole = f.read()

    def start(text, *names):
        """serve with that folder."""
        nonlocal count
        r = rig.subprocess.run(side.command(side.port_file), capture_output=True, text=True, timeout=30, check=False)
        expect(r.returncode == 2 and text in r.stderr, "a server with a wrong folder ended with", r.returncode, r.stderr, "and not", text)
        count += 1
        with open(os.path.join(at, "peer.json"), "w", encoding="utf-8") as f:
            f.write(whole)
        for name in names:
            os.rename(os.path.join(at, name + ".away"), os.path.join(at, name))

    def change(old, new):
        expect(old in whole, old)
        with open(os.path.join(at, "peer.json"), "w", encoding="utf-8") as f:
            f.write(whole.replace(old, new, 1))
    for name, text in (("vn-hn-1.key", "cuakhau peer key"), ("tls.crt", "tools/peer-certificates.sh"), ("tls.key", "tools/peer-certificates.sh"),
                       ("ca.crt", "tools/peer-certificates.sh"), ("peer.json", "cuakhau peer init")):
        os.rename(os.path.join(at, name), os.path.join(at, name + ".away"))
        start(text, name)
    for old, new, text in (('"side":"vn-hn"', '"side":"xx-none"', "is not of the agreement (vn-hn, cn-yyg)"), ('"side"', '"sides"', "is not known here"),
                           (hexa, hexa[1:], "64 hexadecimal digits"), (hexa, "xy" * 32, "64 hexadecimal digits"), ("{", "", "peer.json"),
                           ('"authority":"ca.crt"', '"authority":""', "must name PEM files"), ('"id":"k2"', '"id":""', "needs id")):
        change(old, new)
        start(text)
    for name, bad_text in (("vn-hn-1.key", "xy" * 32), ("vn-hn-1.key", "")):
        path = os.path.join(at, name)
        os.rename(path, path + ".away")
        with open(path, "w", encoding="ascii") as f:
            f.write(bad_text)
        start("64 hexadecimal digits", name)
    with open(side.agreement, "w", encoding="utf-8") as f:
        f.write("{}")
    start("agreement.json")
    side.agreement = os.path.join(folder, "none.json")
    start("none.json")
    return count


def keys(program, folder, _):
    p = Pair(program, folder)
    p.rotate()
    p.revoke()
    p.none_left()
    p.certificates()
    for side in p.other:
        side.stop()
        expect(side.journal("verify").startswith("intact"), "the journal of", side.name)
    for n, what in enumerate((Versions, Over)):
        os.makedirs(os.path.join(folder, str(n)))
        what(program, os.path.join(folder, str(n))).run()
    os.makedirs(os.path.join(folder, "wrong"))
    count = folders(program, os.path.join(folder, "wrong"))
    print(f"{p.count} messages over changing keys and certificates; two versions side by side; {count} wrong folders and commands told with their cure")


PARTS = {"hostile": hostile, "bad": bad, "keys": keys}


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
