#!/usr/bin/python3
"""Style is a test: lengths, banned calls, the folder table as an include check, no trace of a machine, generated texts fresh.
Prints each finding with file and line; exit status 1 when there is one."""
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
MAY_USE = {  # the folder table of ARCHITECTURE.md
    "base": set(),
    "des": {"base"},
    "report": {"base"},
    "route": {"base"},
    "gate": {"base"},
    "wire": {"base"},
    "store": {"base"},
    "fleet": {"base", "gate", "wire", "route"},
    "custody": {"base", "wire"},
    "partner": {"base", "wire", "custody"},
    "io": {"base"},
    "ledger": {"base", "gate", "wire", "store"},
    "peer": {"base", "gate", "wire", "custody", "store", "ledger", "io"},
    "twin": {"base", "des", "gate", "wire", "route", "fleet"},
    "plan": {"base", "des", "gate", "twin"},
    "api": {"base", "gate", "wire", "store", "io", "ledger"},
    "app": {"base", "des", "report", "route", "fleet", "custody", "partner", "peer", "twin", "plan", "gate", "wire", "store", "io", "ledger", "api"},
}
INTERNAL_OK = set()
# An auditor's program beside the server: it shares no header with src/, so that it cannot share a mistake (docs/verify.md).
APART = "verify"
BANNED = re.compile(r"\b(strcpy|strcat|sprintf|vsprintf|gets|atoi|atol|atof|strtok|alloca|rand|srand|random)\s*\(")
CLOCKS = re.compile(r"\b(time|gettimeofday|clock_gettime|localtime|gmtime)\s*\(")
CLOCKS_OK = {"src/io/io_clock.c", "src/io/io_http_server.c", "src/app/app_bench.c"}
MACHINE = re.compile(r"/(work|root|home)/|/tmp/bash")
FUNCTION_MAX, FILE_MAX = 70, 1000
findings = []


def say(path, line, text):
    findings.append(f"{path.relative_to(ROOT)}:{line}: {text}")


def strip(text):
    """Comments and strings become blanks, lines stay."""
    pattern = r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\''
    return re.sub(pattern, lambda m: re.sub(r"[^\n]", " ", m.group(0)), text, flags=re.S)


def check_lengths(path, lines):
    if len(lines) > FILE_MAX:
        say(path, len(lines), f"file over {FILE_MAX} lines")
    start = None
    for n, line in enumerate(lines, 1):
        if start is None and line.rstrip().endswith("{") and line[:1] not in " \t#}/" and "(" in line:
            start = n
        elif start is None and line.rstrip() == "{":
            start = n
        elif line.startswith("}") and start is not None:
            if n - start + 1 > FUNCTION_MAX:
                say(path, start, f"function of {n - start + 1} lines, at most {FUNCTION_MAX}")
            start = None


def check_includes(path, folder, raw):
    for n, line in enumerate(raw, 1):
        m = re.match(r'#include "([a-z0-9]+)/([a-z0-9_]+)\.h"', line)
        if not m or m.group(1) not in MAY_USE:
            continue
        other = m.group(1)
        if other != folder and other not in MAY_USE[folder]:
            say(path, n, f"src/{folder} may not use src/{other}")
        if m.group(2).endswith("_internal") and other != folder and (folder, other) not in INTERNAL_OK:
            say(path, n, f"{m.group(2)}.h is internal to src/{other}")


def check_apart(path, raw):
    """verify/ includes its own headers and the system's, nothing of src/; src/ includes nothing of verify/."""
    inside = path.parent == ROOT / APART
    for n, line in enumerate(raw, 1):
        m = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not m:
            continue
        own = re.fullmatch(rf"(.*/)?{APART}(_[a-z0-9]+)?\.h", m.group(2)) is not None
        if inside and (m.group(1) == '"' and not own or "/" in m.group(2) and m.group(2).split("/")[0] in MAY_USE):
            say(path, n, f"{APART}/ may include nothing of src/: {m.group(2)}")
        if not inside and own:
            say(path, n, f"src/ may include nothing of {APART}/: {m.group(2)}")


def check_source(path):
    text = path.read_text(encoding="utf-8")
    raw, lines = text.split("\n"), strip(text).split("\n")
    rel = str(path.relative_to(ROOT))
    check_lengths(path, lines)
    if rel.startswith("src/"):
        check_includes(path, path.parent.name, raw)
    if rel.startswith(("src/", APART + "/")):
        check_apart(path, raw)
    for n, line in enumerate(lines, 1):
        m = BANNED.search(line)
        if m:
            say(path, n, f"{m.group(1)}() is banned")
        if rel.startswith(("src/", APART + "/")) and rel not in CLOCKS_OK and CLOCKS.search(line):
            say(path, n, "clocks are asked in io only")


def main():
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    files = [ROOT / n for n in names if n and (ROOT / n).is_file()]
    for path in files:
        if path.suffix in (".c", ".h"):
            check_source(path)
        if path.suffix in (".c", ".h", ".py", ".md", ".sh", ".json", ".yaml", ".build", "") and path.name != "style.py":
            try:
                for n, line in enumerate(path.read_text(encoding="utf-8").split("\n"), 1):
                    if MACHINE.search(line):
                        say(path, n, "path of a machine")
            except UnicodeDecodeError:
                pass
    for f in findings:
        print(f)
    print(f"style: {len(files)} files, {len(findings)} findings")
    return 1 if findings else 0


sys.exit(main())
