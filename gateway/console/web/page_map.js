// The city as it moves: cells by price or by supply and demand, cars by state,
// waiting requests as pulses.

import { get_if, session } from "./api.js";
import {
  ago,
  clock,
  duration,
  fill,
  h,
  json_view,
  number,
  table,
} from "./dom.js";
import { library } from "./library.js";
import { city } from "./map_feed.js";
import { points_layer } from "./map_layer.js";

export const title = "Live map";
export const key = "m";
export const wide = true;

const states = { 1: "busy", 2: "free", 3: "free soon, shown at the drop-off" };

let loading = null;
function load_library() {
  if (!library.script)
    return Promise.reject(
      new Error(
        "This node was built without the map's library: build it again where npm can be reached.",
      ),
    );
  loading ??= new Promise((resolve, reject) => {
    document.head.append(
      h("link", { rel: "stylesheet", href: library.style }),
      h("script", {
        src: library.script,
        onload: () => {
          maplibregl.setWorkerUrl(library.worker);
          resolve(maplibregl);
        },
        onerror: () => {
          loading = null;
          reject(new Error("the map's library cannot be loaded"));
        },
      }),
    );
  });
  return loading;
}

const colour = (name) =>
  getComputedStyle(document.documentElement)
    .getPropertyValue(`--${name}`)
    .trim();
const channels = (name) =>
  [1, 3, 5].map((i) => parseInt(colour(name).slice(i, i + 2), 16) / 255);

/// How dear, or how scarce: -1 to 1.
const scarcity = (x) =>
  (x.waiting + x.proposed - x.free) /
  Math.max(1, x.waiting + x.proposed + x.free);

function cells_of(cells, by) {
  return {
    type: "FeatureCollection",
    features: [...cells.values()].map((x) => {
      const ring = [];
      for (let i = 0; i < 8; i += 2)
        ring.push([x.shape[i + 1] / 1e5, x.shape[i] / 1e5]);
      return {
        type: "Feature",
        properties: {
          cell: x.cell,
          heat: by === "surge" ? (x.surge - 1000) / 1000 : scarcity(x),
        },
        geometry: { type: "Polygon", coordinates: [[...ring, ring[0]]] },
      };
    }),
  };
}

const ramp = {
  surge: [
    "interpolate",
    ["linear"],
    ["get", "heat"],
    0,
    "rgba(110,125,150,0.10)",
    0.2,
    "rgba(242,183,5,0.35)",
    1,
    "rgba(255,59,59,0.6)",
  ],
  ratio: [
    "interpolate",
    ["linear"],
    ["get", "heat"],
    -1,
    "rgba(53,194,255,0.35)",
    0,
    "rgba(130,140,160,0.10)",
    1,
    "rgba(255,59,59,0.55)",
  ],
};

function style_of() {
  const style = {
    version: 8,
    sources: { cells: { type: "geojson", data: cells_of(new Map(), "surge") } },
    layers: [
      {
        id: "ground",
        type: "background",
        paint: { "background-color": colour("ground") },
      },
    ],
  };
  if (session.tiles) {
    style.sources.tiles = {
      type: "raster",
      tiles: [session.tiles],
      tileSize: 256,
      attribution: session.tiles_credit,
    };
    style.layers.push({
      id: "tiles",
      type: "raster",
      source: "tiles",
      paint: { "raster-saturation": -0.7, "raster-opacity": 0.6 },
    });
  }
  style.layers.push(
    {
      id: "cells",
      type: "fill",
      source: "cells",
      paint: { "fill-color": ramp.surge },
    },
    {
      id: "edges",
      type: "line",
      source: "cells",
      paint: { "line-color": colour("line"), "line-width": 1 },
    },
  );
  return style;
}

export function mount(root, page) {
  const now = new city();
  const view = {
    by: page.query.by === "ratio" ? "ratio" : "surge",
    frozen: false,
    back: null,
    shown: new Set([1, 2, 3, 9]),
  };
  const parts = build(root, view, page);
  load_library().then(
    (gl) => {
      if (!page.ended()) begin(gl, parts, now, view, page);
    },
    (e) =>
      fill(parts.canvas, h("p", { class: "bad", role: "alert" }, e.message)),
  );
}

function build(root, view, page) {
  const p = {
    canvas: h("div", { class: "canvas" }),
    tip: h("div", { class: "tip", hidden: true }),
    status: h(
      "span",
      { role: "status", id: "map-status" },
      "Waiting for the first picture …",
    ),
    chosen: h("section", { "aria-live": "polite" }),
    cells: h("section"),
    ramp: h("div", { class: `ramp ${view.by}` }),
    ramp_text: h("div", { class: "hint" }),
  };
  p.by = h(
    "select",
    { "aria-label": "Colour of cells" },
    h("option", { value: "surge" }, "price"),
    h("option", { value: "ratio" }, "supply and demand"),
  );
  p.by.value = view.by;
  p.freeze = h(
    "button",
    { "data-freeze": true, "aria-pressed": "false", title: "Space" },
    "Freeze",
  );
  p.slider = h("input", {
    type: "range",
    min: "-900",
    max: "0",
    step: "5",
    value: "0",
    "aria-label": "Back in time, seconds",
  });
  p.slider_text = h("span", { class: "mono" }, "live");
  const layer = (state, name, dot) =>
    h(
      "li",
      {},
      h(
        "label",
        {},
        h("input", {
          type: "checkbox",
          checked: true,
          onchange: (e) => {
            if (e.target.checked) view.shown.add(state);
            else view.shown.delete(state);
            p.redraw?.();
          },
        }),
        h("span", { class: `dot ${dot}` }),
        name,
      ),
    );
  root.append(
    h(
      "div",
      { class: "city" },
      h(
        "div",
        { class: "stage" },
        p.canvas,
        h(
          "div",
          { class: "over" },
          h("h1", {}, "Live map"),
          h("label", {}, "Cells by", p.by),
          p.freeze,
          p.status,
        ),
        h(
          "div",
          { class: "under" },
          h("label", { class: "faint" }, "15 min ago"),
          p.slider,
          p.slider_text,
        ),
        p.tip,
      ),
      h(
        "aside",
        { "aria-label": "Legend and facts" },
        p.chosen,
        h(
          "section",
          {},
          h("h2", {}, "Legend"),
          h(
            "ul",
            { class: "legend" },
            layer(2, "free", "free"),
            layer(1, "busy", "busy"),
            layer(3, "free soon, at the drop-off", "soon"),
            layer(9, "waiting request", "ask"),
          ),
          p.ramp,
          p.ramp_text,
        ),
        p.cells,
      ),
    ),
  );
  describe_ramp(p, view);
  p.by.addEventListener("change", () => {
    view.by = p.by.value;
    page.set_query({ by: view.by === "surge" ? "" : view.by });
    describe_ramp(p, view);
    p.recolour?.();
  });
  p.freeze.addEventListener("click", () => {
    view.frozen = !view.frozen;
    p.freeze.setAttribute("aria-pressed", String(view.frozen));
    p.freeze.textContent = view.frozen ? "Frozen" : "Freeze";
    if (!view.frozen) p.redraw?.();
  });
  return p;
}

function describe_ramp(p, view) {
  p.ramp.className = `ramp ${view.by}`;
  p.ramp_text.textContent =
    view.by === "surge"
      ? "Price of a cell: normal, 1.2 times, double"
      : "More free cars than requests, even, more requests";
}

function begin(gl, p, now, view, page) {
  const map = new gl.Map({
    container: p.canvas,
    style: style_of(),
    center: [-73.98, 40.75],
    zoom: 10.5,
    attributionControl: Boolean(session.tiles) && { compact: true },
    dragRotate: false,
    fadeDuration: 0,
    canvasContextAttributes: { antialias: false },
  });
  page.signal.addEventListener("abort", () => map.remove());
  map.addControl(new gl.NavigationControl({ showCompass: false }), "top-right");
  map
    .getCanvas()
    .setAttribute(
      "aria-label",
      "Map of the city; arrows move it, plus and minus zoom",
    );
  const points = new points_layer(() => p.colours);
  const refresh_colours = () => {
    p.colours = {
      busy: channels("busy"),
      free: channels("free"),
      soon: channels("soon"),
      ask: channels("ask"),
    };
  };
  refresh_colours();
  const scene = () => view.back ?? now;
  p.redraw = () => {
    if (!points.map) return;
    const x = scene();
    points.set(x.cars, x.asks, view.shown);
    map.triggerRepaint();
  };
  p.recolour = () => {
    map.setPaintProperty("cells", "fill-color", ramp[view.by]);
    map.getSource("cells").setData(cells_of(scene().cells, view.by));
  };
  const show = () => {
    p.redraw();
    map.getSource("cells").setData(cells_of(scene().cells, view.by));
    show_cells(p, scene(), map);
  };
  page.on(window, "theme", () => {
    refresh_colours();
    map.setPaintProperty("ground", "background-color", colour("ground"));
    map.setPaintProperty("edges", "line-color", colour("line"));
    map.triggerRepaint();
  });
  map.on("load", () => {
    map.addLayer(points);
    let framed = false;
    page.poll(async () => {
      await now.follow(page.signal);
      if (page.ended()) return;
      if (!framed && now.cells.size) {
        framed = true;
        frame_all(map, now.cells);
      }
      if (!view.frozen && !view.back) show();
    }, 50);
    keep_moving(map, points, p, now, view, page);
  });
  p.slider.addEventListener("input", () => {
    const s = Number(p.slider.value);
    view.back =
      s === 0 || now.past.length === 0 ? null : now.back_at(now.at + s * 1000);
    p.slider_text.textContent = view.back
      ? `${clock(view.back.at).slice(0, 8)} UTC`
      : "live";
    show();
  });
  hover_and_click(map, points, p, scene, view, page);
  // For whoever measures, from outside.
  window.hansom_map = {
    map,
    city: now,
    points,
    pick: (x, y) =>
      points.pick(scene().cars, scene().asks, { x, y }, view.shown),
  };
}

function frame_all(map, cells) {
  let [w, s, e, n] = [180, 90, -180, -90];
  for (const x of cells.values())
    for (let i = 0; i < 8; i += 2) {
      [s, n] = [Math.min(s, x.shape[i] / 1e5), Math.max(n, x.shape[i] / 1e5)];
      [w, e] = [
        Math.min(w, x.shape[i + 1] / 1e5),
        Math.max(e, x.shape[i + 1] / 1e5),
      ];
    }
  map.fitBounds(
    [
      [w, s],
      [e, n],
    ],
    { padding: 40, animate: false },
  );
}

/// Draws while somebody can see it, and says how smoothly.
function keep_moving(map, points, p, now, view, page) {
  let drawn = 0;
  let since = performance.now();
  map.on("render", () => {
    const t = performance.now();
    if (t - since > 1000) {
      p.fps = ((points.frames - drawn) * 1000) / (t - since);
      [drawn, since] = [points.frames, t];
      const x = view.back ?? now;
      p.status.textContent =
        `${number(x.cars.size)} cars, ${number(x.asks.length)} waiting, ${number(x.cells.size)} cells` +
        (now.cut ? `, ${number(now.cut)} more not shown` : "") +
        ` · ${number(p.fps, 0)} fps` +
        (view.frozen ? " · frozen" : view.back ? " · looking back" : "");
      p.status.dataset.fps = p.fps.toFixed(1);
    }
  });
  const turn = () => {
    if (page.ended()) return;
    if (!document.hidden && !view.frozen) map.triggerRepaint();
    requestAnimationFrame(turn);
  };
  turn();
}

function hover_and_click(map, points, p, scene, view, page) {
  const under = (e) => {
    const found = points.pick(scene().cars, scene().asks, e.point, view.shown);
    if (found) return found;
    const feature = map.queryRenderedFeatures(e.point, {
      layers: ["cells"],
    })[0];
    return feature
      ? { cell: scene().cells.get(feature.properties.cell) }
      : null;
  };
  let last = 0;
  map.on("mousemove", (e) => {
    if (performance.now() - last < 40) return;
    last = performance.now();
    const found = under(e);
    map.getCanvas().style.cursor = found ? "pointer" : "";
    p.tip.hidden = !found;
    if (!found) return;
    p.tip.textContent = text_of(found);
    p.tip.style.left = `${Math.min(e.point.x + 14, p.canvas.clientWidth - 270)}px`;
    p.tip.style.top = `${e.point.y + 14}px`;
  });
  map.on("mouseout", () => {
    p.tip.hidden = true;
  });
  map.on("click", (e) => {
    const found = under(e);
    if (found?.cell) choose_cell(p, found.cell);
    else if (found?.car) choose_driver(p, found.car);
    else if (found?.ask) location.hash = `#/trips/${found.ask.trip}`;
  });
}

function text_of({ car, ask, cell }) {
  if (car) return `driver ${car.id}: ${states[car.state]}`;
  if (ask)
    return `request ${ask.trip}: waiting ${ago(ask.since).replace(" ago", "")}${ask.driver ? `, offered to driver ${ask.driver}` : ""}`;
  return `cell ${cell.cell}: price × ${(cell.surge / 1000).toFixed(2)}, ${cell.waiting + cell.proposed} waiting, ${cell.free} free, ${cell.busy} busy`;
}

function show_cells(p, x, map) {
  const rows = [...x.cells.values()]
    .sort(
      (a, b) =>
        b.waiting + b.proposed - a.waiting - a.proposed ||
        b.surge - a.surge ||
        b.free + b.busy - a.free - a.busy,
    )
    .slice(0, 8);
  const focused = document.activeElement?.dataset?.cell;
  fill(
    p.cells,
    h("h2", {}, "Busiest cells"),
    table(
      [
        {
          name: "cell",
          cell: (c) =>
            h(
              "button",
              {
                class: "plain mono",
                "data-cell": c.cell,
                onclick: () => {
                  frame_all(map, new Map([[c.cell, c]]));
                  choose_cell(p, c);
                },
              },
              c.cell,
            ),
        },
        {
          name: "wait",
          num: true,
          hint: "Requests without a driver",
          cell: (c) => c.waiting + c.proposed,
        },
        {
          name: "free",
          num: true,
          key: "free",
          hint: "Drivers that may be asked",
        },
        {
          name: "price",
          num: true,
          hint: "Times the normal fare",
          cell: (c) => (c.surge / 1000).toFixed(2),
        },
      ],
      rows,
      { empty: "No cell is awake.", label: "Busiest cells" },
    ),
  );
  if (focused) p.cells.querySelector(`[data-cell="${focused}"]`)?.focus();
}

async function choose_cell(p, cell) {
  const fact = (name, value) =>
    h("div", {}, h("span", { class: "faint" }, `${name}: `), value);
  const more = h("div", {}, "…");
  fill(
    p.chosen,
    h(
      "h2",
      {},
      "Cell ",
      h("a", { href: `#/actors/cell/${cell.cell}`, class: "mono" }, cell.cell),
    ),
    fact("price", `× ${(cell.surge / 1000).toFixed(2)}`),
    fact("waiting", `${cell.waiting} to be matched, ${cell.proposed} on offer`),
    fact(
      "drivers",
      `${cell.free} free, ${cell.busy} busy, ${cell.soon} free soon`,
    ),
    h("p", {}, h("a", { href: `#/trips?cell=${cell.cell}` }, "Its trips")),
    more,
  );
  const answer = await get_if(`/v1/admin/actors/cell/${cell.cell}`).catch(
    () => null,
  );
  const figures = answer?.state?.figures;
  fill(
    more,
    figures
      ? [
          fact(
            "last round",
            `${figures.last_round_requests} requests, ${figures.last_round_drivers} drivers, ${figures.last_round_pairs} pairs in ${duration(figures.last_round_ms / 1000)}`,
          ),
          fact("rounds", number(figures.rounds)),
          fact("proposals", number(figures.proposals)),
          fact("refused", number(figures.refusals)),
        ]
      : h("p", { class: "faint" }, "The cell says no more."),
  );
}

async function choose_driver(p, car) {
  const more = h("div", {}, "…");
  fill(
    p.chosen,
    h(
      "h2",
      {},
      "Driver ",
      h("a", { href: `#/actors/driver/${car.id}` }, car.id),
    ),
    h("p", {}, states[car.state]),
    more,
  );
  const answer = await get_if(`/v1/admin/actors/driver/${car.id}`).catch(
    () => null,
  );
  if (!answer)
    return fill(
      more,
      h("p", { class: "faint" }, "Not in this node's memory any more."),
    );
  const trip = /"(?:trip|held_by|on_trip)":"([0-9a-f]{16})"/.exec(
    JSON.stringify(answer.state),
  )?.[1];
  fill(
    more,
    trip && !/^0+$/.test(trip)
      ? h(
          "p",
          {},
          "On trip ",
          h("a", { href: `#/trips/${trip}`, class: "mono" }, trip),
        )
      : h("p", {}, h("a", { href: `#/trips?driver=${car.id}` }, "His trips")),
    json_view(answer.state),
  );
}
