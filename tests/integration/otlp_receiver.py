"""A small OpenTelemetry collector for tests: OTLP over HTTP, in JSON.

    otlp_receiver.py PORT_FILE SPANS_FILE

Holds each request against the shape that OTLP's JSON has and writes one span a
line. The first two requests are put off with 503: an exporter has to come again.
What is wrong with a request goes to stderr.
"""

import http.server
import json
import os
import re
import sys

port_file, spans_file = sys.argv[1:]
put_off = 2


def want(condition, what):
    if not condition:
        raise ValueError(what)


def attribute(x):
    want(set(x) == {"key", "value"} and isinstance(x["key"], str), f"attribute {x}")
    (kind, value), = x["value"].items()
    want(kind in ("stringValue", "intValue"), f"value {x}")
    want(isinstance(value, str), f"64-bit numbers are texts: {x}")
    if kind == "intValue":
        int(value)
    return x["key"], value


def ids(x, where):
    want(re.fullmatch("[0-9a-f]{32}", x["traceId"]), f"traceId in {where}")
    want(re.fullmatch("[0-9a-f]{16}", x["spanId"]), f"spanId in {where}")
    want(int(x["traceId"], 16) and int(x["spanId"], 16), f"zero id in {where}")


def span(x):
    known = {"traceId", "spanId", "parentSpanId", "name", "kind", "attributes",
             "startTimeUnixNano", "endTimeUnixNano", "links", "status"}
    want(set(x) <= known, f"unknown fields {set(x) - known}")
    ids(x, "span")
    if "parentSpanId" in x:
        want(re.fullmatch("[0-9a-f]{16}", x["parentSpanId"]), "parentSpanId")
    want(isinstance(x["name"], str) and x["name"], "name")
    want(x["kind"] in range(1, 6), "kind")
    begin, end = int(x["startTimeUnixNano"]), int(x["endTimeUnixNano"])
    want(1_700_000_000e9 < begin <= end, f"times {begin} {end}")
    for link in x["links"]:
        ids(link, "link")
    want(x["status"].get("code", 0) in (0, 1, 2), "status")
    return dict(x, attributes=dict(attribute(y) for y in x["attributes"]))


def read(body):
    message = json.loads(body)
    want(set(message) == {"resourceSpans"}, "top level")
    for resource in message["resourceSpans"]:
        facts = dict(attribute(x) for x in resource["resource"]["attributes"])
        want(facts["service.name"] == "hansom", "service.name")
        for scope in resource["scopeSpans"]:
            want(scope["scope"]["name"], "scope")
            for x in scope["spans"]:
                yield dict(span(x), node=facts["service.instance.id"])


class receiver(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        global put_off
        body = self.rfile.read(int(self.headers["Content-Length"]))
        status, answer = 200, b'{"partialSuccess":{}}'
        if put_off > 0:
            put_off -= 1
            status = 503
        else:
            try:
                want(self.path == "/v1/traces", f"path {self.path}")
                want(self.headers["Content-Type"] == "application/json", "type")
                want(self.headers["X-Key"] == "sesame", "header of the file")
                spans = list(read(body))
                with open(spans_file, "a", encoding="utf-8") as out:
                    for x in spans:
                        out.write(json.dumps(x) + "\n")
            except Exception as e:  # Whatever it is, the exporter is wrong.
                print("refused:", repr(e), body[:400], file=sys.stderr, flush=True)
                status = 400
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), receiver)
with open(port_file + ".new", "w", encoding="utf-8") as out:
    out.write(str(server.server_port))

os.rename(port_file + ".new", port_file)
server.serve_forever()
