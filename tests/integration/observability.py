"""Judges what `observability.sh` has gathered. First argument: what to judge.

    metrics FILE DEPLOY      every metric that dashboards and rules name is there
    expressions DEPLOY OUT   writes all expressions of the dashboards as rules
    prometheus URL           targets are up, recording rules give values
    traces FILE TRACE_ID     the spans of a fleet, and those of one client
    recorded URL DEPLOY OUT  makes a test of the alerts from what was scraped
    logs FILE                JSON lines by RFC 3339, nothing personal
"""

import glob
import json
import re
import sys
import time
import urllib.parse
import urllib.request

failures = []


def check(condition, what):
    if not condition:
        failures.append(what)


def expressions(folder):
    """Of all dashboards: (file, title, expression)."""
    for path in sorted(glob.glob(f"{folder}/grafana/*.json")):
        with open(path, encoding="utf-8") as file:
            board = json.load(file)
        check(board["schemaVersion"] >= 36 and board["uid"], path)
        titles = [x["title"] for x in board["panels"] if x["type"] == "row"]
        check(titles == ["Traffic", "Errors", "Latency", "Saturation"],
              f"{path}: rows {titles}")
        numbers = [x["id"] for x in board["panels"]]
        check(len(set(numbers)) == len(numbers), f"{path}: ids of panels")
        for x in board["annotations"]["list"]:
            yield path, x["name"], x["expr"]
        for x in board["templating"]["list"]:
            if x["type"] == "query":
                yield path, x["name"], re.sub(r"label_values\((.*), \w+\)", r"\1",
                                              x["query"])
        for panel in board["panels"]:
            for target in panel.get("targets", []):
                yield path, panel["title"], target["expr"]


def plain(expression):
    """Without Grafana's variables."""
    for name, value in (("$__rate_interval", "1m"), ("$node", ".*"),
                        ("$cell", ".*")):
        expression = expression.replace(name, value)
    check("$" not in expression, f"unknown variable: {expression}")
    return expression


def judge_metrics(page, folder):
    with open(page, encoding="utf-8") as file:
        text = file.read()
    there = set(re.findall(r"^([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\{| )", text, re.M))
    there |= {"up", "ALERTS"}
    rules = ""
    for name in ("rules", "alerts"):
        with open(f"{folder}/prometheus/{name}.yml", encoding="utf-8") as file:
            rules += file.read()
    there |= set(re.findall(r"record: (\S+)", rules))
    used = [("rules", "", x) for x in re.findall(r"expr: ((?:.|\n)*?)(?=\n *-|\n *\w+:|\Z)", rules)]
    used += list(expressions(folder))
    check(len(used) > 100, f"only {len(used)} expressions found")
    for path, title, expression in used:
        bare = re.sub(r"\{[^}]*\}", "", expression)
        for name in re.findall(r"\b((?:hansom|process)_[a-z0-9_]+|hansom:[a-z0-9_:]+)", bare):
            check(name in there, f"{path}: {title}: no node shows {name}")


def write_expressions(folder, out):
    rules = [{"record": f"hansom:dashboard:panel{i}", "expr": plain(x)}
             for i, (_, _, x) in enumerate(expressions(folder))]
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"groups": [{"name": "dashboards", "rules": rules}]}, file)


def ask(url, path, **values):
    with urllib.request.urlopen(f"{url}{path}?{urllib.parse.urlencode(values)}",
                                timeout=60) as answer:
        return json.load(answer)["data"]


def judge_prometheus(url):
    for _ in range(60):  # One late scrape among many is no fault.
        targets = ask(url, "/api/v1/targets")["activeTargets"]
        if targets and all(x["health"] == "up" for x in targets):
            break
        time.sleep(0.5)
    check(targets and all(x["health"] == "up" for x in targets),
          f"targets: {[(x['scrapeUrl'], x['health'], x['lastError']) for x in targets]}")
    wanted = ["hansom:commands:rate5m", "hansom:command_seconds:p95_5m",
              "hansom:command_seconds:p99_5m", "hansom:command_errors:ratio_rate5m",
              "hansom:rides_requested:rate5m", "hansom:rides_served:ratio_rate1h",
              "hansom:ride_match_seconds:p95_5m",
              "hansom:ride_first_offer_seconds:p95_5m",
              "hansom:payments_per_ride:ratio_rate1h",
              "hansom:journal_commit_seconds:p95_5m"]
    values = {}
    for _ in range(120):
        for name in wanted:
            result = ask(url, "/api/v1/query", query=name)["result"]
            if result and result[0]["value"][1] != "NaN":
                values[name] = float(result[0]["value"][1])
        if len(values) == len(wanted):
            break
        time.sleep(0.5)
    for name in wanted:
        check(name in values, f"{name} has no value")
    print("  ", {k.split(":", 1)[1]: round(v, 4) for k, v in values.items()})
    check(values.get("hansom:commands:rate5m", 0) > 0.5, "hardly any commands")
    check(0 < values.get("hansom:command_seconds:p95_5m", 0) < 10, "p95 of commands")
    check(values.get("hansom:payments_per_ride:ratio_rate1h", 0) > 100, "fare of a ride")
    rules = ask(url, "/api/v1/rules")["groups"]
    for group in rules:
        for rule in group["rules"]:
            check(rule["health"] == "ok", f"{rule['name']}: {rule.get('lastError')}")


def judge_traces(file, trace):
    with open(file, encoding="utf-8") as lines:
        spans = [json.loads(x) for x in lines]
    by_id = {(x["traceId"], x["spanId"]): x for x in spans}
    # A span may come twice, when the answer to its batch came too late.
    twice = [x["name"] for x in spans if x != by_id[x["traceId"], x["spanId"]]]
    check(not twice, f"two spans of one id: {twice[:5]}")
    spans = list(by_id.values())
    names = {}
    for x in spans:
        names.setdefault(x["name"].split(" ")[0] if x["name"].startswith("command")
                         else x["name"], []).append(x)
    print("  ", {k: len(v) for k, v in sorted(names.items())})
    for name in ("command", "handle", "commit", "store batch", "search",
                 "match round", "offer"):
        check(names.get(name), f"no span \"{name}\"")
    lost = [x["name"] for x in spans if "parentSpanId" in x
            and x["traceId"] != trace
            and (x["traceId"], x["parentSpanId"]) not in by_id]
    # Searches that go on when the node stops are parents that never end.
    check(len(lost) <= len(spans) // 10, f"{len(lost)} without their parent: {lost[:5]}")

    def path(x):
        out = [x["name"]]
        while (x["traceId"], x.get("parentSpanId")) in by_id:
            x = by_id[x["traceId"], x["parentSpanId"]]
            out.append(x["name"])
        return " < ".join(out)

    paths = {path(x) for x in spans}
    for wanted in ("handle < command trip.request", "commit < command trip.request",
                   "store batch < commit < command trip.request",
                   "search < command trip.request",
                   "match round < search < command trip.request",
                   "offer < search < command trip.request",
                   "handle < command offer.accept"):
        check(wanted in paths, f"no path \"{wanted}\"")
    mine = [x for x in spans if x["traceId"] == trace]
    check([x["name"] for x in mine] == ["command quote"], f"the client's own: {mine}")
    check(mine and mine[0]["parentSpanId"] == "00f067aa0ba902b7", "its parent")
    for x in spans:
        judge_words(json.dumps(x["attributes"]), "span")


def judge_words(text, where):
    """Nothing that tells of a person."""
    for what, pattern in (("coordinates", r"-?\b\d{1,3}\.\d{4,}"),
                          ("a position", r"lat_e7|lon_e7|\"lat\"|\"lon\""),
                          ("a token", r"eyJ[A-Za-z0-9_-]{8,}|q1\.[A-Za-z0-9_-]{16,}"),
                          ("a bearer", r"(?i)bearer|authorization"),
                          ("a phone", r"\+\d{8,}"),
                          ("a vehicle", r"(?i)vehicle|plate")):
        found = re.search(pattern, text)
        check(not found, f"{where}: {what}: {found and found[0]}")


def judge_logs(file):
    levels = {}
    with open(file, encoding="utf-8") as lines:
        for line in lines:
            judge_words(line, "log")
            if not line.startswith("{"):
                continue
            x = json.loads(line)
            levels[x["level"]] = levels.get(x["level"], 0) + 1
            check(re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", x["time"]),
                  f"time {x['time']}")
            check(x["text"] and "thread" in x, line)
            if "trace_id" in x:
                check(re.fullmatch("[0-9a-f]{32}", x["trace_id"]), line)
    print("  ", levels)
    check(levels.get("info", 0) >= 2, "hardly anything in the log")


STEP = 15  # Seconds that a recorded one stands for, so that alerts have time.


def recorded(url, folder):
    """All series that the rules read, a value for each second of the last 90."""
    text = ""
    for name in ("rules", "alerts"):
        with open(f"{folder}/prometheus/{name}.yml", encoding="utf-8") as file:
            text += file.read()
    names = set(re.findall(r"\b((?:hansom|process)_[a-z0-9_]+)\b", text)) | {"up"}
    end = int(time.time())
    start = end - 90
    out = {}
    for name in sorted(names):
        for x in ask(url, "/api/v1/query_range", query=name, start=start, end=end,
                     step=1)["result"]:
            labels = ",".join(f"{k}={json.dumps(v)}" for k, v in sorted(
                x["metric"].items()) if k != "__name__")
            there = {int(float(at)): v for at, v in x["values"]}
            out[f"{name}{{{labels}}}"] = [there.get(at, "_")
                                          for at in range(start, end + 1)]
    check(len(out) > 100, f"only {len(out)} series were recorded")
    return out


def spoilt(series, name, change):
    """The same, with the values of some series made worse; they must be there."""
    found = [x for x in series if re.match(name, x)]
    check(found, f"no series {name} was recorded")
    return {x: [v if v == "_" else change(v) for v in values] if x in found
            else values for x, values in series.items()}


def alert_test(name, series, firing, silent=""):
    n = max(len(x) for x in series.values())
    tests = [{"expr": f'count(ALERTS{{alertname="{x}",alertstate="firing"}}) > bool 0',
              "eval_time": f"{(n - 1) * STEP}s", "exp_samples": [{"value": 1}]}
             for x in firing]
    if silent:
        tests.append({"expr": f'ALERTS{{alertname=~"{silent}",alertstate="firing"}}',
                      "eval_time": f"{(n - 1) * STEP}s", "exp_samples": []})
    return {"name": name, "interval": f"{STEP}s", "promql_expr_test": tests,
            "input_series": [{"series": k, "values": " ".join(v)}
                             for k, v in series.items()]}


def write_recorded(url, folder, out):
    """The node was stopped some seconds ago, which is the one true trouble."""
    series = recorded(url, folder)
    fast = r'hansom_(gateway_command|journal_commit)_seconds_bucket\{.*le="(0\..*|1|1\.5)"'
    tests = [
        alert_test("as it was: a fleet, then the node was stopped", series,
                   ["HansomNodeDown"],
                   "HansomNoNode|HansomNodeFenced|HansomStoreOutage|HansomErrors|"
                   "HansomUpkeepFails|HansomDescriptors"),
        alert_test("the same with all commands and commits slow",
                   spoilt(series, fast, lambda _: "0"),
                   ["HansomSlowCommands", "HansomVerySlowCommands", "HansomSlowStore"]),
        alert_test("the same with a store that is gone",
                   spoilt(series, "hansom_store_up", lambda _: "0"),
                   ["HansomStoreOutage"]),
        alert_test("the same with mailboxes that overflow",
                   spoilt(series, "hansom_mailbox_messages", lambda _: "30000"),
                   ["HansomMailboxes"]),
    ]
    with open(out, "w", encoding="utf-8") as file:
        json.dump({"rule_files": [f"{folder}/prometheus/{x}.yml"
                                  for x in ("rules", "alerts")],
                   "evaluation_interval": f"{STEP}s", "tests": tests}, file)


{"metrics": judge_metrics, "expressions": write_expressions,
 "prometheus": judge_prometheus, "traces": judge_traces,
 "recorded": write_recorded,
 "logs": judge_logs}[sys.argv[1]](*sys.argv[2:])
for x in failures[:20]:
    print("  |", x)
sys.exit(1 if failures else 0)
