#!/usr/bin/python3
"""Every site, its files merged as the server merges them, against schema/site.schema.json; and the schema against planted errors."""
import copy
import json
import pathlib
import sys

import jsonschema

ROOT = pathlib.Path(__file__).resolve().parent.parent
schema = json.loads((ROOT / "schema/site.schema.json").read_text(encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
validator = jsonschema.Draft202012Validator(schema)
problems = 0


def merged(folder, extra=()):
    site = json.loads((folder / "site.json").read_text(encoding="utf-8"))
    for name in [folder / n for n in site.pop("uses", [])] + list(extra):
        for key, value in json.loads(pathlib.Path(name).read_text(encoding="utf-8")).items():
            if key in site:
                site[key] = site[key] + value
            else:
                site[key] = value
    return site


def check(name, site):
    global problems
    for e in validator.iter_errors(site):
        problems += 1
        print(f"{name}: /{'/'.join(map(str, e.absolute_path))}: {e.message[:160]}")


sites = sorted(p.parent for p in (ROOT / "sites").glob("*/site.json"))
for folder in sites:
    check(folder.name, merged(folder))
    check(folder.name + " with the demo tariff", merged(folder, [ROOT / "sites/demo/tariff.json"]))

good = merged(sites[0])
for spoil in (lambda s: s["params"].pop("validity_h"), lambda s: s["tasks"][0].update(agency="nobody"), lambda s: s["lanes"][0].update(speed=3),
              lambda s: s["procedures"][0]["tasks"][0].pop("basis"), lambda s: s["tariffs"][0].pop("basis")):
    bad = copy.deepcopy(good)
    spoil(bad)
    if validator.is_valid(bad):
        problems += 1
        print("a planted error passes the schema")
print(f"{len(sites)} sites, {problems} problems")
sys.exit(1 if problems else 0)
