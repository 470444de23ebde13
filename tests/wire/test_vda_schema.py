#!/usr/bin/python3
"""The decoder's verdict against the official VDA 5050 schemas (2.1.0 and 3.x), on golden, random and mutated messages.
Skips (77) without python3-jsonschema or the schemas. Usage: test_vda_schema.py JUDGE GOLDEN_DIR SCHEMA_DIR"""
import copy
import json
import os
import pathlib
import random
import re
import subprocess
import sys

judge, golden_dir, schema_dir = sys.argv[1], pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])
FOLDERS = {"2.1.0": "2.1.0", "3.0.0": "main"}
try:
    import jsonschema
except ImportError:
    print("skipped: python3-jsonschema is not installed")
    sys.exit(77)
if not all((schema_dir / f).is_dir() for f in FOLDERS.values()):
    print(f"skipped: no official schemas in {schema_dir.name}")
    sys.exit(77)

UINT32 = {"headerId", "orderUpdateId", "sequenceId", "lastNodeSequenceId", "referenceStateHeaderId"}
COORDINATES = {"x", "y", "z"}
TEXT_ONLY = {"/agvPosition/mapDescription"}  # of 2.1's visualization: in the text of the standard, not in its schema
checker = jsonschema.FormatChecker(formats=())
checker.checks("date-time")(lambda s: not isinstance(s, str) or bool(re.fullmatch(
    r"\d{4}-(0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01])[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d+)?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)", s)))


def amend(schema, version):
    """Where our reader differs on purpose (wire_vda.h): numbers of 32 bits, coordinates, mistakes of the schema of 2.1."""
    if isinstance(schema, list):
        for s in schema:
            amend(s, version)
    if not isinstance(schema, dict):
        return
    for name, s in list(schema.get("properties", {}).items()):
        if name in UINT32:
            s.update(minimum=0, maximum=2**32 - 1)
        if name in COORDINATES:
            s.update(minimum=-1e9, maximum=1e9)
        if version == "2.1.0" and name == "actionStatus":
            s["enum"] = s["enum"] + ["PAUSED"]
        if version == "2.1.0" and name == "blockingTypes":
            s["items"] = {"type": "string", "enum": s.pop("enum")}
        if version == "2.1.0" and name == "envelopes3d":
            s["items"]["properties"].pop("description")
    for s in schema.values():
        amend(s, version)


def load(version, topic):
    schema = json.loads((schema_dir / FOLDERS[version] / f"{topic}.schema").read_text(encoding="utf-8"))
    amend(schema, version)
    return jsonschema.Draft202012Validator(schema, format_checker=checker), schema


def unknown(schema, root, value, path=""):
    """Members that the schema does not name: the writer must have none."""
    while "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rsplit("/", 1)[1]]
    if isinstance(value, list) and "items" in schema:
        return [u for i, v in enumerate(value) for u in unknown(schema["items"], root, v, f"{path}/{i}")]
    if not isinstance(value, dict) or "properties" not in schema:
        return []
    known = dict(schema["properties"])
    for branch in schema.get("allOf", []):
        known.update(branch["then"]["properties"])
    return [u for k, v in value.items() for u in ([f"{path}/{k}"] if k not in known else unknown(known[k], root, v, f"{path}/{k}"))]


def places(value, path=()):
    out = [path] if path else []
    for k, v in value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ():
        out += places(v, path + (k,))
    return out


ODD = [None, True, False, "", "NOPE", "none", 0, 1, -1, 0.5, 2.0, 3.1416, -3.2, 101, 1e6, 4294967296, [], {}, [1], [{}], ["x"], {"x": 1}, "2026-11-22", "1.5",
       "2026-11-22T01:30:00Z", "NONE", "HARD", "SINGLE", "AUTOMATIC", "TEACHIN", "TEACH_IN", "RETRIABLE", "CONNECTION_BROKEN", "STOP", "RETURN", "RELEASE", "ACTION"]


def systematic(message):
    """Each place once without, and once with each of a few values."""
    for *way, last in places(message):
        for value in ("drop", None, -1, "NOPE", []):
            m = copy.deepcopy(message)
            at = m
            for step in way:
                at = at[step]
            if value == "drop":
                del at[last]
            else:
                at[last] = value
            yield m


def members(schema, root, path=""):
    """All members that a schema names, as paths without indices."""
    while "$ref" in schema:
        schema = root["definitions"][schema["$ref"].rsplit("/", 1)[1]]
    for part in [schema] + [branch["then"] for branch in schema.get("allOf", [])]:
        for name, s in part.get("properties", {}).items():
            yield f"{path}/{name}"
            yield from members(s, root, f"{path}/{name}")
    if "items" in schema:
        yield from members(schema["items"], root, path)


def mutate(message, rng):
    m = copy.deepcopy(message)
    for _ in range(rng.choice((1, 1, 1, 2))):
        all_places = places(m)
        if not all_places:
            return m
        *way, last = rng.choice(all_places)
        at = m
        for step in way:
            at = at[step]
        what = rng.randrange(5)
        if what == 0:
            del at[last]
        elif what == 1 and isinstance(at, dict):
            at["vendorMember"] = rng.choice(ODD)
        elif what == 2 and isinstance(at[last], (int, float)) and not isinstance(at[last], bool):
            at[last] = rng.choice((-at[last], at[last] * 10, at[last] + 0.25, -0.001, float(at[last])))
        elif what == 3 and isinstance(at, list):
            at.append(copy.deepcopy(at[last]))
        else:
            at[last] = copy.deepcopy(rng.choice(ODD))
    return m


def main():
    per = int(os.environ.get("CUAKHAU_MUTANTS", "150"))
    cases = []  # version, topic, message, must be good, from the writer
    for version in FOLDERS:
        for path in sorted(golden_dir.glob(f"{version[0]}_{version[2]}_*.json")):
            topic, message = path.stem.split("_")[2], json.loads(path.read_text(encoding="utf-8"))
            rng = random.Random(f"{version} {topic}")
            cases.append((version, topic, message, True, False))
            cases += [(version, topic, m, False, False) for m in systematic(message)]
            cases += [(version, topic, mutate(message, rng), False, False) for _ in range(per)]
    made = subprocess.run([judge, "make", "1", "60"], capture_output=True, text=True, check=True).stdout.splitlines()
    for line in made:
        version, topic, text = line.split(" ", 2)
        if version in FOLDERS:
            cases.append((version, topic, json.loads(text), True, True))
    lines = "".join(f"{v} {t} {json.dumps(m, ensure_ascii=False)}\n" for v, t, m, _, _ in cases)
    answers = subprocess.run([judge], input=lines, capture_output=True, text=True, check=True).stdout.splitlines()
    assert len(answers) == len(cases), f"{len(answers)} answers to {len(cases)} messages"
    schemas, seen, wrong, refused = {}, {}, 0, 0
    for (version, topic, message, must, written), answer in zip(cases, answers):
        if (version, topic) not in schemas:
            schemas[version, topic] = load(version, topic)
        validator, schema = schemas[version, topic]
        error = next(iter(validator.iter_errors(message)), None)
        if must:
            seen.setdefault((version, topic), set()).update("/" + "/".join(s for s in p if isinstance(s, str)) for p in places(message))
        strange = set(unknown(schema, schema, message)) - TEXT_ONLY if written else set()
        refused += error is not None
        if answer.startswith("ok") == (error is None) and not (must and error) and not strange:
            continue
        wrong += 1
        if wrong <= 10:
            print(f"{version} {topic}: we say {answer!r}, the schema {error.message[:150] + ' at ' + error.json_path if error else 'ok'} {strange}")
    for key, (_, schema) in schemas.items():  # no member that the tables lack
        for path in sorted(set(members(schema, schema)) - seen[key]):
            wrong += 1
            print(f"{key[0]} {key[1]}: no message had {path}")
    print(f"{len(cases)} messages, {refused} refused by the schemas, {wrong} verdicts differ")
    return 1 if wrong else 0


sys.exit(main())
