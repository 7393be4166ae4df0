// The city as the node tells it: one picture, then what changes, as long polls.
// Every change is kept for a quarter of an hour, coarsely, to look back at.

import { get } from "./api.js";

const keep_every_ms = 5000;
const keep_for_ms = 15 * 60 * 1000;

export class city {
  constructor() {
    this.frame = 0;
    this.at = 0;
    this.cut = 0;
    this.cars = new Map(); // id -> {id, lat, lon, state, from..., began, took}
    this.cells = new Map(); // token -> row
    this.asks = []; // {trip, lat, lon, since, driver}
    this.past = []; // {at, ids, places, cells, asks}
  }

  /// Waits for what is new and takes it in.
  async follow(signal) {
    const answer = await get(`/v1/admin/map?after=${this.frame}`, signal);
    const now = performance.now();
    if (answer.full) {
      const gone = new Set(this.cars.keys());
      this.take(answer.full, now, gone);
      for (const id of gone) this.cars.delete(id);
      const cells = new Set(answer.full.cells.map((x) => x.cell));
      for (const id of this.cells.keys())
        if (!cells.has(id)) this.cells.delete(id);
    }
    for (const x of answer.frames ?? []) this.take(x, now);
    this.remember();
  }

  take(frame, now, seen) {
    this.frame = frame.frame;
    this.at = frame.at;
    this.cut = frame.cut;
    for (let i = 0; i < frame.cars.length; i += 4) {
      const [id, lat, lon, state] = [
        frame.cars[i],
        frame.cars[i + 1] / 1e5,
        frame.cars[i + 2] / 1e5,
        frame.cars[i + 3],
      ];
      const car = this.cars.get(id);
      seen?.delete(id);
      if (car) move(car, lat, lon, state, now);
      else
        this.cars.set(id, {
          id,
          lat,
          lon,
          state,
          from_lat: lat,
          from_lon: lon,
          began: now,
          took: 1,
          heading: 0,
        });
    }
    for (const id of frame.gone ?? []) this.cars.delete(id);
    for (const x of frame.cells) this.cells.set(x.cell, x);
    for (const x of frame.cells_gone ?? []) this.cells.delete(x);
    this.asks = [];
    for (let i = 0; i < frame.asks.length; i += 5)
      this.asks.push({
        trip: frame.asks[i],
        lat: frame.asks[i + 1] / 1e5,
        lon: frame.asks[i + 2] / 1e5,
        since: frame.asks[i + 3],
        driver: frame.asks[i + 4],
      });
  }

  remember() {
    const last = this.past.at(-1);
    if (last && this.at - last.at < keep_every_ms) return;
    const ids = [...this.cars.keys()];
    const places = new Float32Array(ids.length * 3);
    let i = 0;
    for (const car of this.cars.values()) {
      places[i++] = car.lat;
      places[i++] = car.lon;
      places[i++] = car.state;
    }
    this.past.push({
      at: this.at,
      ids,
      places,
      cells: new Map(this.cells),
      asks: this.asks,
    });
    while (this.past[0].at < this.at - keep_for_ms) this.past.shift();
  }

  /// The moment that is nearest to `at`, in the shape of the present.
  back_at(at) {
    let best = this.past[0];
    for (const x of this.past)
      if (Math.abs(x.at - at) < Math.abs(best.at - at)) best = x;
    const cars = new Map();
    best?.ids.forEach((id, i) => {
      const [lat, lon, state] = best.places.subarray(3 * i, 3 * i + 3);
      cars.set(id, {
        id,
        lat,
        lon,
        state,
        from_lat: lat,
        from_lon: lon,
        began: 0,
        took: 1,
        heading: 0,
      });
    });
    return {
      at: best?.at ?? 0,
      cars,
      cells: best?.cells ?? new Map(),
      asks: best?.asks ?? [],
    };
  }
}

/// A car glides to where it was last seen, in the time that it took to say so.
function move(car, lat, lon, state, now) {
  if (lat !== car.lat || lon !== car.lon) {
    const done = Math.min(1, (now - car.began) / car.took);
    car.from_lat += (car.lat - car.from_lat) * done;
    car.from_lon += (car.lon - car.from_lon) * done;
    car.heading = Math.atan2(
      (lon - car.from_lon) * Math.cos((lat * Math.PI) / 180),
      lat - car.from_lat,
    );
    car.took = Math.min(4000, Math.max(1000, now - car.began)) * 1.1;
    car.began = now;
    // Nobody drives a kilometre between two looks: he was away.
    if (Math.abs(lat - car.from_lat) + Math.abs(lon - car.from_lon) > 0.02)
      car.took = 1;
  }
  car.lat = lat;
  car.lon = lon;
  car.state = state;
}
