#!/usr/bin/python3
"""cuakhau plan --calibrate: a journal of the living twin gives the twin's own service times back; counts and means are
those of the journal's events; the fragment goes into twin.json; bad journals are refused.
Usage: test_calibrate.py CUAKHAU SOURCE"""
import datetime
import json
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import xml.dom.minidom

program, root = sys.argv[1], pathlib.Path(sys.argv[2])
site = root / "sites/huu-nghi"


def run(*args):
    return subprocess.run([program, *map(str, args)], capture_output=True, text=True, timeout=200)


def calibrate(journal, *args):
    return run("plan", "--calibrate", journal, *args)


def gate(folder, name, seconds, *more):
    """Runs a gate for so long; returns its journal."""
    journal = folder / f"{name}.db"
    token = folder / "tokens"
    if not token.exists():
        run("token", "--file", token, "--role", "centre", "--id", "centre-9")
    with open(folder / "log", "ab") as log:
        p = subprocess.Popen([program, "serve", "--site", site, "--phase", "2027", "--tariff", root / "sites/demo/tariff.json", "--store", f"sqlite:{journal}",
                              "--tokens", token, "--listen", "127.0.0.1:0", *more], stderr=log)
        time.sleep(seconds)
        p.send_signal(signal.SIGTERM)
        assert p.wait(30) == 0, (folder / "log").read_text()[-2000:]
    return journal


def days(folder, name, n):
    """A journal of so many days of the twin, in virtual time."""
    r = run("sim", "--site", site, "--phase", "2027", "--days", n, "--seed", 7, "--journal", folder / name)
    assert r.returncode == 0, r.stderr
    return folder / name


def head(journal):
    return run("journal", "verify", journal).stdout


def ms(text):
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


def from_dump(journal):
    """Seconds from taken to decided by task, and arrivals of exports by road, from the events themselves."""
    service, arrived, last = {}, {}, 0
    for line in run("journal", "dump", journal).stdout.splitlines():
        e = json.loads(line)
        d = e["data"]
        last = ms(e["at"])
        if e["kind"] == "TASK_DECIDED" and d.get("taken"):
            service.setdefault(d["task"], []).append(last - ms(d["taken"]))
        if e["kind"] == "MOVED" and d["move"] == "arrive_inland":
            arrived.setdefault("all", []).append(last)
    return service, arrived["all"], last


def close(a, b):
    return abs(a - b) <= 1e-3 * abs(b)


def check_times(d, service):
    by_name = {}
    for t in d["times"]:
        by_name.setdefault((t.get("task"), t["measure"]), []).append(t)
        assert t["measure"] in ("service", "delay", "demand") and t["verdict"]
        if "mean_s" in t:
            assert 0 < t["ks"]["p"] <= 1 and 0 < t["ad"]["p"] <= 1 and 0 <= t["ks"]["d"] <= 1
            assert len(t["candidates"]) == 1 or t["candidates"][0]["aic"] <= t["candidates"][1]["aic"] + 2
        if 0 < t["n"] < 30:
            assert "too few" in t["verdict"] and not t["for_the_twin"], t
        if t["measure"] == "demand":
            assert not t["for_the_twin"], t
    for task in ("health", "document_check", "release"):  # one kind of work each
        (t,) = by_name[task, "service"]
        assert t["n"] + t["zero"] + t["left_out"] == len(service[task]), (task, t["n"], len(service[task]))
        assert t["left_out"] or t["zero"] or close(t["mean_s"]["mean"], sum(service[task]) / len(service[task])), (task, t)
    known = [t for t in d["times"] if t["for_the_twin"]]
    assert len(known) >= 15, [t["name"] for t in known]
    inside = 0
    for t in known:  # all within 4.6 standard errors, nearly all within the interval
        off = abs(t["mean_s"]["mean"] - t["data_mean_s"])
        assert off <= 2.35 * t["mean_s"]["half"] + 0.1, (t["name"], t["mean_s"], t["data_mean_s"])
        inside += off <= t["mean_s"]["half"] + 0.1
    assert inside >= 0.7 * len(known), (inside, len(known))
    assert sum(t["fits"] for t in known) >= 0.7 * len(known), [(t["name"], t["verdict"]) for t in known]
    documents = next(t for t in known if t["name"] == "document_check")
    assert documents["best"]["is"] == "lognormal" and abs(documents["best"]["cv_permille"] - 600) < 90, documents
    line_up = next(t for t in known if t["name"] == "line_up (truck_export)")
    assert line_up["best"]["is"] == "uniform" and abs(line_up["best"]["min_s"] - 120) < 5, line_up
    return len(known)


def check_arrivals(d, arrived):
    flows = [a for a in d["arrivals"] if a["what"] == "arrived"]
    assert sum(a["n"] for a in flows if a["flow"] in ("hn-export", "tt-export")) == len(arrived)
    assert sum(a["n"] for a in d["arrivals"] if a["what"] == "declared") == d["declarations"]
    for a in flows:
        for rate, low, high, hours in zip(a["rate_hour"], a["rate_low"], a["rate_high"], a["hours"]):
            assert (rate is None) == (hours == 0) and (rate is None or low <= rate <= high), a
        seen = sum(r * h for r, h in zip(a["rate_hour"], a["hours"]) if r is not None)
        assert abs(seen - a["n"]) < 1e-3 * max(1, a["n"]), (seen, a["n"])


def check_fragment(folder, d):
    """Entries of the fragment in the place of those of the same name: the twin runs with them."""
    sites = folder / "sites"
    shutil.copytree(root / "sites", sites)
    common, own = sites / "common/twin.json", sites / "huu-nghi/twin.json"
    c, o = json.loads(common.read_text()), json.loads(own.read_text())
    key = lambda w: json.dumps([w.get(k) for k in ("task", "move", "kinds", "modes", "phases")])
    old = {key(w): i for i, w in enumerate(c["works"])}
    for w in d["twin"]["works"]:
        at = old[key(w)]
        assert w["source"].startswith("[S] journal") and c["works"][at] != w
        c["works"][at] = w
    c["params"] = d["twin"]["params"]
    c["profiles"] += d["twin"]["profiles"]
    flows = {f["id"]: f for f in d["twin"]["flows"]}
    o["flows"] = [flows.get(f["id"], f) for f in o["flows"]]
    common.write_text(json.dumps(c)), own.write_text(json.dumps(o))
    r = run("sim", "--site", own.parent, "--phase", "2027", "--days", 1, "--replications", 2, "--json")
    assert r.returncode == 0, r.stderr
    assert json.loads(r.stdout)["total"]["vehicles_day"]["mean"] > 100
    return len(flows)


def check_refusals(folder, journal):
    def refused(r, status, *words):
        assert r.returncode == status and all(w in r.stderr for w in words), (words, r.returncode, r.stderr)
        said = [line for line in r.stderr.splitlines() if not line.startswith("{")]
        assert len(said) == 1 and not r.stdout, (said, r.stdout[:100])

    text = folder / "text"
    text.write_text("no journal\n" * 100)
    (folder / "nothing").write_bytes(b"")
    refused(calibrate(folder / "missing.db"), 1, "--calibrate", "missing.db", "not found")
    refused(calibrate(text), 1, "--calibrate", "text", "no journal", "--store")
    refused(calibrate(folder / "nothing"), 1, "nothing", "no journal")
    refused(calibrate(gate(folder, "quiet", 1.5)), 2, "quiet.db", "no declaration")
    refused(calibrate(journal, "--seed", "x"), 2, "--seed")
    refused(calibrate(journal, "--hours", "0"), 2, "--hours")
    refused(calibrate(journal, "--site", "/nowhere"), 2, "/nowhere")
    other = folder / "other"
    shutil.copytree(root / "sites", other)
    s = json.loads((other / "huu-nghi/site.json").read_text())
    s["id"] = "elsewhere"
    (other / "huu-nghi/site.json").write_text(json.dumps(s))
    refused(calibrate(journal, "--site", other / "huu-nghi"), 2, "--site", "huu-nghi", "elsewhere")


def main():
    with tempfile.TemporaryDirectory() as t:
        folder = pathlib.Path(t)
        journal = days(folder, "days.db", 2)
        assert head(days(folder, "again.db", 2)) == head(journal), "the same seed, the same journal"
        r = run("sim", "--journal", journal)
        assert r.returncode == 2 and "never overwritten" in r.stderr
        page = folder / "r.html"
        r = calibrate(f"sqlite:{journal}", "--json", "--report", page)
        assert r.returncode == 0, r.stderr
        assert calibrate(journal, "--json").stdout == r.stdout.replace("sqlite:", ""), "the same seed, the same bytes"
        d = json.loads(r.stdout)
        service, arrived, last = from_dump(journal)
        known = check_times(d, service)
        check_arrivals(d, arrived)
        late = json.loads(calibrate(journal, "--json", "--hours", 5).stdout)
        n = sum(a["n"] for a in late["arrivals"] if a["what"] == "arrived" and a["flow"] in ("hn-export", "tt-export"))
        assert n == sum(at >= last - 5 * 3600 for at in arrived) and 0 < n < len(arrived)
        flows = check_fragment(folder, d)
        text = calibrate(journal)
        assert text.returncode == 0 and "release" in text.stdout and "waiting and service together" in text.stdout and "too few" in text.stdout
        html = page.read_text()
        xml.dom.minidom.parseString(html.replace("<!DOCTYPE html>", "", 1).encode())
        assert html.count("<svg") > 20 and "NaN" not in html and "nan" not in html
        check_refusals(folder, journal)
        print(f"{d['events']} events, {known} works given back, {flows} flows with profiles, 8 refusals")


main()
