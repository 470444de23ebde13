#!/usr/bin/python3
"""Agreements against schema/agreement.schema.json, and the schema against planted errors. Skips (77) without python3-jsonschema."""
import copy
import json
import pathlib
import sys

root = pathlib.Path(sys.argv[1])
try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)
schema = json.loads((root / "schema/agreement.schema.json").read_text(encoding="utf-8"))
jsonschema.Draft202012Validator.check_schema(schema)
by = jsonschema.Draft202012Validator(schema)
files = sorted((root / "sites").glob("*/agreement.json"))
problems = [f"{f.parent.name}: /{'/'.join(map(str, e.absolute_path))}: {e.message[:160]}" for f in files
            for e in by.iter_errors(json.loads(f.read_text(encoding="utf-8")))]
good = json.loads(files[0].read_text(encoding="utf-8"))
for i, spoil in enumerate((
        lambda a: a["sides"].append("third"), lambda a: a.pop("agreement"), lambda a: a["versions"][0].pop("retention_days"), lambda a: a["versions"][0].update(skew_s=0),
        lambda a: a["versions"][0]["messages"][0].update(kind="RECEIPT"), lambda a: a["versions"][0]["messages"][0]["fields"].append("driver"),
        lambda a: a["versions"][0]["messages"][0].pop("purpose"), lambda a: a["versions"][0]["messages"][0].update(direction="VN"), lambda a: a.update(source="nobody"))):
    bad = copy.deepcopy(good)
    spoil(bad)
    if by.is_valid(bad):
        problems.append(f"planted error {i} passes the schema")
print("\n".join(problems) if problems else f"{len(files)} agreements")
sys.exit(1 if problems else 0)
