#!/usr/bin/python3
"""Every site and its twin, their files merged as the program merges them, against their schemas; and the schemas against planted errors."""
import copy
import json
import pathlib
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent
problems = 0


def validator(name):
    schema = json.loads((ROOT / "schema" / name).read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator.check_schema(schema)
    return jsonschema.Draft202012Validator(schema)


def merged(folder, extra=(), file="site.json"):
    site = json.loads((folder / file).read_text(encoding="utf-8"))
    for name in [folder / n for n in site.pop("uses", [])] + list(extra):
        for key, value in json.loads(pathlib.Path(name).read_text(encoding="utf-8")).items():
            if key in site:
                site[key] = site[key] + value
            else:
                site[key] = value
    return site


def check(by, name, site):
    global problems
    for e in by.iter_errors(site):
        problems += 1
        print(f"{name}: /{'/'.join(map(str, e.absolute_path))}: {e.message[:160]}")


def must_fail(by, good, spoils):
    global problems
    for i, spoil in enumerate(spoils):
        bad = copy.deepcopy(good)
        spoil(bad)
        if by.is_valid(bad):
            problems += 1
            print(f"planted error {i} passes the schema")


site_schema, twin_schema = validator("site.schema.json"), validator("twin.schema.json")
sites = sorted(p.parent for p in (ROOT / "sites").glob("*/site.json"))
twins = sorted(p.parent for p in (ROOT / "sites").glob("*/twin.json") if p.parent.name != "common")
for folder in sites:
    check(site_schema, folder.name, merged(folder))
    check(site_schema, folder.name + " with the demo tariff", merged(folder, [ROOT / "sites/demo/tariff.json"]))
for folder in twins:
    check(twin_schema, folder.name + " twin", merged(folder, file="twin.json"))

must_fail(site_schema, merged(sites[0]), (
    lambda s: s["params"].pop("validity_h"), lambda s: s["tasks"][0].update(agency="nobody"), lambda s: s["lanes"][0].update(speed=3),
    lambda s: s["procedures"][0]["tasks"][0].pop("basis"), lambda s: s["tariffs"][0].pop("basis")))
must_fail(twin_schema, merged(twins[0], file="twin.json"), (
    lambda s: s["flows"][0].pop("lead"), lambda s: s["flows"][0].update(late_permille=1001), lambda s: s["stations"][0].update(kind="robot"), lambda s: s["works"][0].pop("source"),
    lambda s: s["works"][0].update(move="fly"), lambda s: s["params"]["pay"].pop("mean_s"), lambda s: s["costs"].update(lane_day=-1), lambda s: s["closures"][0].update(every_h=0)))
print(f"{len(sites)} sites, {len(twins)} twins, {problems} problems")
sys.exit(1 if problems else 0)
