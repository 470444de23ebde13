#!/usr/bin/python3
"""Turns schema/openapi.yaml into C tables: routes, roles, schema nodes, patterns and the document itself as JSON.

usage: gen_api.py OPENAPI GATE_WORDS GATE_H OUT_C OUT_H

Refuses a document that is not sound: a $ref that leads nowhere, an unknown x-role, x-input, format or keyword, an enum that is not the
kernel's, a path parameter that no operation declares. The C types are in src/api/api_schema.h and src/api/api_route.h.
"""
import json
import re
import sys

import yaml

FORMATS = ["date-time", "hs", "iso6346", "plate", "sha256-hex", "country2", "currency3", "pass-ref", "customs-no"]
KEYWORDS = {
    "type", "format", "enum", "pattern", "minLength", "maxLength", "minimum", "maximum", "items", "minItems", "maxItems",
    "properties", "required", "additionalProperties", "description", "x-enum",
}
METHODS = ["get", "put", "post", "delete"]
PLACES = {"path": "API_IN_PATH", "query": "API_IN_QUERY", "header": "API_IN_HEADER"}
SEGMENTS_MAX = 8
PROPERTIES_MAX = 64


def fail(where, what):
    sys.exit(f"openapi: {where}: {what}")


def c_string(text):
    out = []
    for byte in text.encode():
        ch = chr(byte)
        if ch in '"\\':
            out.append("\\" + ch)
        elif 32 <= byte < 127 and ch != "?":
            out.append(ch)
        else:
            out.append(f"\\{byte:03o}")
    return '"' + "".join(out) + '"'


def words_of(text):
    """Name tables of gate_words.h: {"Role": [("ROLE_SYSTEM", "system"), ...]}."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    tables = {m[1]: re.findall(r'X\((\w+),\s*"([^"]*)"\)', m[2])
              for m in re.finditer(r"#define (\w+_TABLE)\(X\)((?:.*\\\n)*.*)\n", text)}
    return {m[1]: tables[m[2]] for m in re.finditer(r"ENUM_DECLARE\((\w+), (\w+), \w+\)", text) if m[2] in tables}


def inputs_of(text):
    block = re.search(r"#define INPUT_TABLE\(X\)((?:.*\\\n)*.*)\n", text)[1]
    return {name: symbol for symbol, name in re.findall(r'X\((\w+),\s*"([^"]*)"', block) if name}


class Pattern:
    """The subset of ERE that the matcher in api_pattern.c runs: ^ atoms $ with classes, literals and the quantifiers ? * + {m,n}."""

    def __init__(self, where, text):
        if not (text.startswith("^") and text.endswith("$")):
            fail(where, f"pattern {text!r} must be anchored")
        self.where, self.atoms, rest = where, [], text[1:-1]
        while rest:
            chars, rest = self.atom(rest)
            low, high, rest = self.quantifier(rest)
            self.atoms.append((chars, low, high))

    def atom(self, s):
        if s[0] == "[":
            end = s.index("]", 1)
            return self.char_class(s[1:end]), s[end + 1:]
        if s[0] == "\\":
            return {s[1]}, s[2:]
        if s[0] in "(|.)*+?{":
            fail(self.where, f"pattern uses {s[0]!r}, which the matcher does not know")
        return {s[0]}, s[1:]

    def char_class(self, s):
        if s.startswith("^") or not s.isascii():
            fail(self.where, "negated or non-ASCII class")
        chars, i = set(), 0
        while i < len(s):
            if i + 2 < len(s) and s[i + 1] == "-":
                chars |= {chr(c) for c in range(ord(s[i]), ord(s[i + 2]) + 1)}
                i += 3
            else:
                chars.add(s[i])
                i += 1
        return chars

    def quantifier(self, s):
        if s[:1] in ("?", "*", "+"):
            low, high = {"?": (0, 1), "*": (0, 65535), "+": (1, 65535)}[s[0]]
            return low, high, s[1:]
        m = re.match(r"\{(\d+)(?:(,)(\d*))?\}", s)
        if not m:
            return 1, 1, s
        high = int(m[1]) if not m[2] else int(m[3] or 65535)
        return int(m[1]), high, s[m.end():]


class Generator:
    def __init__(self, doc, words, inputs):
        self.doc, self.words, self.inputs = doc, words, inputs
        self.nodes, self.props, self.enums, self.patterns, self.memo = [], [], [], [], {}
        self.routes, self.params, self.operations = [], [], set()

    def resolve(self, where, node):
        seen = 0
        while isinstance(node, dict) and "$ref" in node:
            ref, seen = node["$ref"], seen + 1
            if not ref.startswith("#/") or seen > 16:
                fail(where, f"bad $ref {ref}")
            node = self.doc
            for part in ref[2:].split("/"):
                if part not in node:
                    fail(where, f"$ref {ref} leads nowhere")
                node = node[part]
        return node

    def check_refs(self, where, node):
        if isinstance(node, dict):
            if "$ref" in node:
                self.resolve(where, node)
            for key, value in node.items():
                self.check_refs(f"{where}/{key}", value)
        elif isinstance(node, list):
            for i, value in enumerate(node):
                self.check_refs(f"{where}/{i}", value)

    # ---- schemas
    def schema(self, where, schema):
        schema = self.resolve(where, schema)
        key = json.dumps(schema, sort_keys=True)
        if key in self.memo:
            return self.memo[key]
        unknown = set(schema) - KEYWORDS
        if unknown:
            fail(where, f"keywords {sorted(unknown)} are not known to the validator")
        kind = schema.get("type")
        if kind not in ("object", "array", "string", "integer", "boolean"):
            fail(where, f"type {kind!r}")
        number = self.memo[key] = len(self.nodes)
        self.nodes.append(None)
        node = {"type": f"SCHEMA_{kind.upper()}"}
        getattr(self, kind)(where, schema, node)
        self.nodes[number] = node
        return number

    def object(self, where, schema, node):
        if schema.get("additionalProperties", False) is not False:
            fail(where, "objects are closed: additionalProperties must be false")
        props, required = schema.get("properties", {}), set(schema.get("required", []))
        if required - set(props) or len(props) > PROPERTIES_MAX:
            fail(where, f"required but not described: {sorted(required - set(props))}, or too many members")
        made = [(name, self.schema(f"{where}/{name}", sub), name in required) for name, sub in sorted(props.items())]
        node |= {"from": len(self.props), "n": len(made)}
        self.props += made

    def array(self, where, schema, node):
        if "maxItems" not in schema:
            fail(where, "every array has a maxItems")
        node |= {"min": schema.get("minItems", 0), "max": schema["maxItems"], "items": self.schema(f"{where}/items", schema["items"])}

    def string(self, where, schema, node):
        node |= {"min": schema.get("minLength", 0), "max": schema.get("maxLength", 4096)}
        if "format" in schema:
            if schema["format"] not in FORMATS:
                fail(where, f"format {schema['format']} is not known to the validator")
            node["format"] = "FORMAT_" + schema["format"].replace("-", "_").upper()
        if "pattern" in schema:
            node["pattern"] = len(self.patterns)
            self.patterns.append((schema["pattern"], Pattern(where, schema["pattern"])))
        if "enum" in schema:
            if "x-enum" in schema:
                wanted = [name for _, name in self.words[schema["x-enum"]] if name]
                if schema["enum"] != wanted:
                    fail(where, f"enum is not {schema['x-enum']} of the kernel: {wanted}")
            node |= {"from": len(self.enums), "n": len(schema["enum"])}
            self.enums += schema["enum"]

    def integer(self, where, schema, node):
        if "minimum" not in schema or "maximum" not in schema:
            fail(where, "every integer has a minimum and a maximum")
        node |= {"min": schema["minimum"], "max": schema["maximum"]}

    def boolean(self, where, schema, node):
        pass

    # ---- routes
    def path(self, path, shared):
        for method, op in shared.items():
            if method in METHODS:
                self.operation(path, method, shared, op)
            elif method != "parameters":
                fail(path, f"{method!r} is not a known method")

    def operation(self, path, method, shared, op):
        where = f"{method} {path}"
        name = op.get("operationId") or fail(where, "no operationId")
        if name in self.operations:
            fail(where, f"operationId {name} is there twice")
        self.operations.add(name)
        roles = op.get("x-roles", [])
        known = dict((n, s) for s, n in self.words["Role"])
        bad = [r for r in roles if r != "public" and r not in known]
        if bad or ("public" in roles and len(roles) > 1):
            fail(where, f"x-roles {bad or roles}")
        if ("public" in roles) != (op.get("security") == []):
            fail(where, "public operations, and only these, have an empty security")
        params = [self.resolve(where, p) for p in shared.get("parameters", []) + op.get("parameters", [])]
        segments = self.segments(where, path, params)
        first = len(self.params)
        self.params += [(p["name"], PLACES[p["in"]], bool(p.get("required")), self.schema(f"{where}/{p['name']}", p["schema"])) for p in params]
        body, body_required = -1, False
        if "requestBody" in op:
            body = self.schema(where, op["requestBody"]["content"]["application/json"]["schema"])
            body_required = op["requestBody"].get("required", False)
        command = method != "get"
        if command != ("x-input" in op) or (command and op["x-input"] not in self.inputs):
            fail(where, f"x-input {op.get('x-input')!r}")
        self.routes.append({
            "id": name, "method": f"API_{method.upper()}", "path": path, "segments": segments, "public": "public" in roles,
            "roles": " | ".join(f"1u << {known[r]}" for r in roles if r != "public") or "0",
            "input": self.inputs[op["x-input"]] if command else "IN_NONE", "body": body, "body_required": body_required,
            "from": first, "n": len(params)})

    def segments(self, where, path, params):
        found = []
        for part in [p for p in path.split("/") if p]:
            if part.startswith("{"):
                names = [i for i, p in enumerate(params) if p["in"] == "path" and p["name"] == part[1:-1]]
                if len(names) != 1:
                    fail(where, f"path parameter {part} is not declared once")
                found.append((None, names[0]))
            else:
                found.append((part, 0))
        if len(found) > SEGMENTS_MAX or len([s for s in found if s[0] is None]) != len([p for p in params if p["in"] == "path"]):
            fail(where, "too many segments, or a path parameter that the path does not have")
        return found

    def run(self):
        self.check_refs("#", self.doc)
        for path, shared in self.doc["paths"].items():
            self.path(path, shared)
        for name in self.doc["components"]["schemas"]:
            if not any(f"#/components/schemas/{name}'" in line for line in [repr(self.doc)]):
                fail(name, "schema is never used")

    # ---- C
    def header(self):
        ops = "".join(f"    OP_{r['id'].upper()},\n" for r in self.routes)
        return f"// Made from schema/openapi.yaml. Do not edit.\n#pragma once\ntypedef enum {{\n{ops}    OP_COUNT\n}} ApiOp;\n"

    def code(self):
        out = ['// Made from schema/openapi.yaml. Do not edit.', '#include "api_route.h"', '#include "gate/gate.h"', '']
        out.append("const SchemaPattern schema_patterns[] = {")
        for text, pattern in self.patterns:
            atoms = ", ".join(self.c_atom(a) for a in pattern.atoms)
            out.append(f"    {{{c_string(text)}, {len(pattern.atoms)}, (const SchemaAtom[]){{{atoms}}}}},")
        out += ["};", "const SchemaWord schema_words[] = {"]
        out += [f"    {{{c_string(e)}, {len(e.encode())}}}," for e in self.enums]
        out += ["};", "const SchemaProp schema_props[] = {"]
        out += [f"    {{{c_string(n)}, {len(n)}, {node}, {str(req).lower()}}}," for n, node, req in self.props]
        out += ["};", "const SchemaNode schema_nodes[] = {"]
        for n in self.nodes:
            out.append(f"    {{{n['type']}, {n.get('format', 'FORMAT_NONE')}, {n.get('pattern', -1)}, {n.get('from', 0)}, {n.get('n', 0)}, "
                       f"{n.get('items', 0)}, {n.get('min', 0)}, {n.get('max', 0)}}},")
        out += ["};", "const ApiParam api_params[] = {"]
        out += [f"    {{{c_string(n)}, {len(n)}, {place}, {str(req).lower()}, {node}}}," for n, place, req, node in self.params]
        out += ["};", "const ApiRoute api_routes[OP_COUNT] = {"]
        for r in self.routes:
            segs = ", ".join(f"{{{c_string(s) if s else 'NULL'}, {len(s or '')}, {i}}}" for s, i in r["segments"])
            out.append(f"    [OP_{r['id'].upper()}] = {{\"{r['id']}\", {c_string(r['path'])}, {r['method']}, OP_{r['id'].upper()}, {r['roles']}, "
                       f"{str(r['public']).lower()}, {r['input']}, {r['body']}, {str(r['body_required']).lower()}, {r['from']}, {r['n']}, "
                       f"{len(r['segments'])}, {{{segs or '{NULL, 0, 0}'}}}}},")
        text = json.dumps(self.doc, ensure_ascii=False, separators=(",", ":"), default=str)
        out += ["};", "const char api_openapi_json[] ="]
        out += ["    " + c_string(text[i:i + 100]) for i in range(0, len(text), 100)]
        out += [";", f"const size_t api_openapi_json_n = {len(text.encode())};", ""]
        return "\n".join(out)

    @staticmethod
    def c_atom(atom):
        chars, low, high = atom
        bits = [0, 0]
        for ch in chars:
            bits[ord(ch) // 64] |= 1 << (ord(ch) % 64)
        return f"{{{{{bits[0]:#x}u, {bits[1]:#x}u}}, {low}, {high}}}"


def main():
    spec, words, gate, out_c, out_h = sys.argv[1:6]
    with open(spec, encoding="utf-8") as f:
        doc = yaml.safe_load(f)
    with open(words, encoding="utf-8") as f:
        tables = words_of(f.read())
    with open(gate, encoding="utf-8") as f:
        inputs = inputs_of(f.read())
    doc.pop("x-role-sets", None)  # only anchors
    g = Generator(doc, tables, inputs)
    g.run()
    with open(out_h, "w", encoding="utf-8") as f:
        f.write(g.header())
    with open(out_c, "w", encoding="utf-8") as f:
        f.write(g.code())


main()
