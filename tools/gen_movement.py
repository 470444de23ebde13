#!/usr/bin/python3
"""docs/movement.md from src/gate/gate_movement.def: the movement of each kind of passage as a diagram and a table. --check: is the file fresh?"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
words = (ROOT / "src/gate/gate_words.h").read_text(encoding="utf-8")
rows = (ROOT / "src/gate/gate_movement.def").read_text(encoding="utf-8")
name = dict(re.findall(r'X\((\w+), "([^"]*)"\)', words))
roles = {"R_" + k: v for k, v in re.findall(r"#define R_(\w+)\s+\((.*)\)", rows)}


def who(text):
    for macro, value in roles.items():
        text = text.replace(macro, value)
    while any(m in text for m in roles):
        for macro, value in roles.items():
            text = text.replace(macro, value)
    return ", ".join(dict.fromkeys(name[r] for r in re.findall(r"ROLE_\w+", text)))


kinds = {}
for m in re.finditer(r"^MOVEMENT\((\w+), (\w+), (\w+), (\w+), (\w+), (\w+), (.*)\)$", rows, re.M):
    kind, start, move, to, point, condition, by = m.groups()
    kinds.setdefault(kind, []).append((name[start], name[move], name[to], name[point], condition, who(by)))
out = ["# Movement", "", "Made from `src/gate/gate_movement.def` by `tools/gen_movement.py`: the kernel knows no other movement. A gate point asks for the clearances that the",
       "procedure names for it (`sites/common/procedures.json`).", ""]
for kind, list_ in kinds.items():
    out += [f"## {name[kind]}", "", "```mermaid", "stateDiagram-v2", "    [*] --> declared"]
    out += [f"    {start} --> {to}: {move}" + (f" / {point}" if point else "") for start, move, to, point, _, _ in list_]
    out += ["```", "", "| from | move | to | gate point | vehicle | who |", "|---|---|---|---|---|---|"]
    out += [f"| {start} | {move} | {to} | {point} | {'' if condition == 'ANY' else condition.lower()} | {by} |" for start, move, to, point, condition, by in list_]
    out.append("")
text = "\n".join(out)
path = ROOT / "docs/movement.md"
if sys.argv[1:] == ["--check"]:
    fresh = path.is_file() and path.read_text(encoding="utf-8") == text
    print("docs/movement.md is fresh" if fresh else "docs/movement.md is stale: run tools/gen_movement.py")
    sys.exit(0 if fresh else 1)
path.write_text(text, encoding="utf-8")
print(f"{sum(map(len, kinds.values()))} rows of {len(kinds)} kinds")
