// Reads what Prometheus reads, of all nodes that are asked, and turns two
// readings into rates and quantiles. Names are taken as they come; HELP lines
// are the hints.

/// Adds a text of one node to a Map of family name to {name, help, type,
/// samples: [{node, name, labels, value}]}.
function parse(families, node, text) {
  const family = (name) => {
    if (!families.has(name))
      families.set(name, { name, help: "", type: "untyped", samples: [] });
    return families.get(name);
  };
  for (const line of text.split("\n")) {
    if (line.startsWith("# HELP ")) {
      const [, name, help] = /^# HELP (\S+) ?(.*)$/.exec(line);
      family(name).help = help;
    } else if (line.startsWith("# TYPE ")) {
      const [, name, type] = /^# TYPE (\S+) (\S+)$/.exec(line);
      family(name).type = type;
    } else if (line && line[0] !== "#") {
      const found = /^([a-zA-Z_:][\w:]*)(?:\{(.*)\})? (\S+)/.exec(line);
      if (!found) continue;
      const labels = {};
      for (const x of (found[2] ?? "").matchAll(/(\w+)="((?:[^"\\]|\\.)*)"/g))
        labels[x[1]] = x[2];
      const base = found[1].replace(/_(bucket|sum|count)$/, "");
      const owner = families.get(base)?.type === "histogram" ? base : found[1];
      family(owner).samples.push({
        node,
        name: found[1],
        labels,
        value: Number(found[3].replace("Inf", "Infinity")),
      });
    }
  }
}

const key_of = (x) => `${x.node} ${x.name}${JSON.stringify(x.labels)}`;

/// The difference of two readings, by sample.
class window_of {
  constructor(before, after, seconds) {
    this.after = after;
    this.seconds = seconds;
    this.old = new Map();
    for (const f of before?.values() ?? [])
      for (const x of f.samples) this.old.set(key_of(x), x.value);
  }
  gained(x) {
    const was = this.old.get(key_of(x));
    return was === undefined ? 0 : Math.max(0, x.value - was);
  }
  /// Per second, summed over samples that `keep` lets through.
  rate(name, keep = () => true) {
    const f = this.after.get(name);
    if (!f || !this.seconds) return NaN;
    return (
      f.samples
        .filter((x) => keep(x.labels) && !/_(bucket|sum)$/.test(x.name))
        .reduce((n, x) => n + this.gained(x), 0) / this.seconds
    );
  }
  value(name, keep = () => true) {
    const f = this.after.get(name);
    return f
      ? f.samples.filter((x) => keep(x.labels)).reduce((n, x) => n + x.value, 0)
      : NaN;
  }
  /// Series of a histogram, of all nodes together: [{labels, count,
  /// quantile(q)}] of the window; where nothing was counted in it, of all time.
  histogram(name) {
    const f = this.after.get(name);
    const series = new Map();
    for (const x of f?.samples ?? []) {
      if (!x.name.endsWith("_bucket")) continue;
      const { le, ...labels } = x.labels;
      const key = JSON.stringify(labels);
      if (!series.has(key)) series.set(key, { labels, ends: new Map() });
      const { ends } = series.get(key);
      const b = ends.get(le) ?? {
        le: Number(le.replace("Inf", "Infinity")),
        n: 0,
        all: 0,
      };
      b.n += this.gained(x);
      b.all += x.value;
      ends.set(le, b);
    }
    return [...series.values()].map(({ labels, ends }) => {
      const buckets = [...ends.values()].sort((a, b) => a.le - b.le);
      const recent = buckets.at(-1)?.n > 0;
      const at = (b) => (recent ? b.n : b.all);
      const count = at(buckets.at(-1));
      return {
        labels,
        recent,
        count,
        all: buckets.at(-1).all,
        quantile: (q) => quantile(buckets, at, count, q),
      };
    });
  }
}

/// The upper end of a bucket is a promise, the middle of one a guess: linear
/// within it, as Prometheus does.
function quantile(buckets, at, count, q) {
  if (!count) return NaN;
  const wanted = q * count;
  let low = 0;
  let below = 0;
  for (const b of buckets) {
    const n = at(b);
    if (n >= wanted) {
      if (!Number.isFinite(b.le)) return low;
      return (
        low + ((b.le - low) * (wanted - below)) / Math.max(1e-9, n - below)
      );
    }
    low = b.le;
    below = n;
  }
  return low;
}

/// Readings one after the other: each call takes what nodes say, [{node,
/// metrics}], and gives the window since the call before; the first has no
/// length.
export function readings() {
  let before;
  return (vitals) => {
    const now = { at: performance.now(), families: new Map() };
    for (const x of vitals) parse(now.families, x.node, x.metrics);
    const since = new window_of(
      before?.families,
      now.families,
      before ? (now.at - before.at) / 1000 : 0,
    );
    before = now;
    return since;
  };
}
