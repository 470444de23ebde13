"""cuakhau drive against a real gate: a morning of 60 trucks ends, everything is explained, nothing is doubled, the journal replays alike."""
import collections
import json
import sys

from test_drive_gate import Gate, expect


def journal(g):
    r = g.run("journal", "dump", g.db)
    expect(r.returncode == 0, "journal dump", r.stderr)
    return [json.loads(line) for line in r.stdout.splitlines() if line]


def check_effects(events):
    done = collections.Counter(e["data"]["effect"] for e in events if e["kind"] == "EFFECT_DONE")
    expect(done and all(n == 1 for n in done.values()), "every effect is confirmed once", done.most_common(3))


def check_events(events, report):
    declared, closed, paid = collections.Counter(), collections.Counter(), collections.Counter()
    lrns = collections.Counter()
    for e in events:
        data = e.get("data", {})
        if e["kind"] == "DECLARED":
            declared[e["passage"]] += 1
            lrns[data["declaration"]["trader"], data["declaration"]["lrn"]] += 1
        if e["kind"] == "MOVED" and data["to"] in ("closed", "turned_back"):
            closed[e["passage"]] += 1
        if e["kind"] == "FEE_PAID":
            paid[e["passage"]] += 1
    for name, count in (("declaration", lrns), ("passage", declared), ("end", closed), ("payment", paid)):
        expect(all(n == 1 for n in count.values()), f"every {name} is there once", [k for k, n in count.items() if n != 1])
    final = report["final"]
    expect(len(closed) == final["CLOSED"] + final["TURNED_BACK"], "the journal has the ends that the report tells", final, len(closed))
    expect(len(declared) == len(closed) + final["standing"], "and nobody is lost", final, len(declared))
    expect(paid, "fees were paid")


def main(program):
    with Gate(program) as g:
        r = g.run("drive", "--server", g.url, "--tokens", g.dir / "people", "--trucks", 60, "--seed", 3, "--mistakes", 40, "--json")
        expect(r.returncode == 0 and r.stderr == "", "the morning ends well and --json is silent", r.stdout[-2000:], r.stderr)
        report = json.loads(r.stdout)
        final = report["final"]
        expect(report["trucks"] == 60 and sum(v for k, v in final.items() if k != "open") == 60 and final["stuck"] == 0, "all 60 ended or are explained", final)
        expect(final["CLOSED"] >= 40, "most of them passed", final)
        expect(report["doubled"] == 0 and report["mistakes_let_pass"] == 0, "no mistake got through", report)
        expect(all(s["explained"] == "yes" and s["why"] for s in report["standing"]), "who stands knows why", report["standing"])
        codes = {x["code"] for x in report["refusals"]}
        expect(len(codes) >= 6 and all(x["example"] for x in report["refusals"]), "refusals come with an example", sorted(codes))
        r = g.run("drive", "--server", g.url, "--tokens", g.dir / "people", "--trucks", 12, "--seed", 4, "--speed", 20000)
        expect(r.returncode == 0 and "How they ended" in r.stdout, "a second morning on the same journal, with pauses", r.stdout, r.stderr)
        r = g.run("drive", "--server", g.url, "--tokens", g.dir / "people", "--trucks", 4, "--seed", 3, "--json")
        again = json.loads(r.stdout)
        expect(again["final"]["refused"] >= 1 and again["doubled"] == 0, "the same references again are refused, not doubled", again["final"])
        expect(g.run("drive", "--server", "http://127.0.0.1:9", "--tokens", g.dir / "people").returncode == 3, "an unreachable gate")
        expect(g.run("drive", "--server", g.url, "--tokens", g.dir / "trader.token").returncode == 2, "a token file of another form")
        g.stop()
        expect(g.run("journal", "verify", g.db).returncode == 0, "the journal verifies")
        first, second = (g.run("journal", "replay", g.db) for _ in range(2))
        expect(first.returncode == 0 and first.stdout and first.stdout == second.stdout, "two replays give the same digest", first.stdout, second.stdout)
        events = journal(g)
        check_effects(events)
        mine = [e for e in events if e.get("passage")]
        lasts = {e["passage"] for e in mine if e["kind"] == "DECLARED" and e["data"]["declaration"]["lrn"].startswith("S3-")}
        check_events([e for e in mine if e.get("passage") in lasts], report)


main(sys.argv[1])
