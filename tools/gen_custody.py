#!/usr/bin/python3
"""docs/custody.md from src/custody/custody.def, custody_reason.def and custody_words.h: states, diagrams, rows, messages, refusals. --check: is the file fresh?"""
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
table = (ROOT / "src/custody/custody.def").read_text(encoding="utf-8")
reasons = (ROOT / "src/custody/custody_reason.def").read_text(encoding="utf-8")
fields = (ROOT / "src/custody/custody_words.h").read_text(encoding="utf-8")
word = {"MSG_NONE": ""}
states, out = [], []
for m in re.finditer(r'^STATE\((\w+), "(\w+)", (\w+), (\w+), (\d)\)', table, re.M):
    word[m[1]] = m[2]
    states.append(m.groups())
messages = re.findall(r'^MESSAGE\((\w+), "(\w+)", (.*?), (.*?)\)$', table, re.M)
notices = re.findall(r'^NOTICE\((\w+), "(\w+)", (.*?), (.*?)\)$', table, re.M)
word.update({m[0]: m[1] for m in messages})
word.update(re.findall(r'^ACT\((\w+), "(\w+)"\)', table, re.M))
rows = [(m[1] == "HEARD", m[2].lower(), word[m[3]], word[m[4]], m[5], word[m[6]], word[m[7]])
        for m in re.finditer(r"^(HEARD|DONE)\((\w+), (\w+), (\w+), (\w+), (\w+), (\w+)\)", table, re.M)]
out += ["# The hand-over, row by row", "", "Made from `src/custody/custody.def` and its neighbours by `tools/gen_custody.py`; the C code, its exhaustive test and the Promela model are made from the",
        "same file. What it means is in `docs/protocol.md`.", "", "## States", "", "| state | giver claims to hold | taker claims to hold | over |", "|---|---|---|---|"]
played = {role: {r[2] for r in rows if r[1] == role} | {r[5] for r in rows if r[1] == role} for role in ("giver", "taker")}
for _, name, giver, taker, end in states:
    claim = [("yes" if c == "HOLDS" else "no") if name in played[role] else "" for role, c in (("giver", giver), ("taker", taker))]
    out.append(f"| {name} | {claim[0]} | {claim[1]} | {'yes' if end == '1' else ''} |")
for role in ("giver", "taker"):
    out += ["", f"## The {role}", "", "`?` heard, `!` done here, `/` message out.", "", "```mermaid", "stateDiagram-v2"]
    mine = [r for r in rows if r[1] == role]
    for heard, _, start, on, guard, to, send in mine:
        a, b = ("[*]" if s == "start" else s for s in (start, to))
        if a != b:
            out.append(f"    {a} --> {b}: {'?' if heard else '!'}{on}" + (f" [{guard.lower()}]" if guard != "ANY" else "") + (f" / {send}" if send else ""))
    out += ["```", "", "| state | heard or done | guard | next | message out |", "|---|---|---|---|---|"]
    out += [f"| {start} | {'?' if heard else '!'} {on} | {'' if guard == 'ANY' else guard.lower()} | {to} | {send} |" for heard, _, start, on, guard, to, send in mine]
names = lambda text: ", ".join(re.findall(r"B\((\w+)\)", text))
out += ["", "## Messages", "", "| kind | must have | may have, where the agreement allows it |", "|---|---|---|"]
out += [f"| {m[1]} | {names(m[2])} | {names(m[3])} |" for m in messages]
out += ["", "## Notices", "", "They change no hand-over. A version of an agreement may leave them out.", "", "| kind | must have | may have, where the agreement allows it |", "|---|---|---|"]
out += [f"| {m[1]} | {names(m[2])} | {names(m[3])} |" for m in notices]
kinds = {"FIELD_STR": "text", "FIELD_ENUM": "word", "FIELD_U32": "whole number", "FIELD_TIME": "RFC 3339 time", "FIELD_SET": "list of words", "FIELD_I64": "whole number"}
most = dict(re.findall(r"#define (CUSTODY_\w+_MAX)\s+(\d+)", fields))
out += ["", "## Fields of a body, in their order", "", "| field | type | most bytes |", "|---|---|---|"]
out += [f"| {n} | {'64 hexadecimal digits' if size == 'CUSTODY_HEX_MAX' else kinds[t]} | {most.get(size, '')} |" for n, t, size in re.findall(r"^    X\((\w+), (FIELD_\w+), \w+, (\w+),", fields, re.M)]
out += ["", "## Reasons", "", "link: not taken, the number stays free. content: taken, refused by a REFUSED. here: said to this side's own people. word: inside a message.", "",
        "| reason | class | meaning |", "|---|---|---|"]
out += [f"| {w} | {c.lower()} | {text} |" for _, w, c, text in re.findall(r'^REASON\((\w+), "(\w+)", (\w+), "(.*)"\)', reasons, re.M)]
text = "\n".join(out) + "\n"
path = ROOT / "docs/custody.md"
if sys.argv[1:] == ["--check"]:
    fresh = path.is_file() and path.read_text(encoding="utf-8") == text
    print("docs/custody.md is fresh" if fresh else "docs/custody.md is stale: run tools/gen_custody.py")
    sys.exit(0 if fresh else 1)
path.write_text(text, encoding="utf-8")
print(f"{len(states)} states, {len(rows)} rows, {len(messages)} messages")
