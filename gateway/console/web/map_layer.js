// Cars and requests, drawn by the graphics card: ten thousand points are one
// call, and they glide without the script touching any of them.

const vertex = `#version 300 es
uniform mat4 matrix;
uniform float now;
uniform float size;
in vec4 place;   // From and to, relative to the anchor.
in vec3 motion;  // Begin, duration in seconds; heading.
in float kind;   // 1 busy, 2 free, 3 soon free; 9 a request.
out float shade;
flat out float turn;
flat out float what;
void main() {
  float done = clamp((now - motion.x) / motion.y, 0.0, 1.0);
  gl_Position = matrix * vec4(mix(place.xy, place.zw, done), 0.0, 1.0);
  what = kind;
  turn = motion.z;
  shade = fract(now * 0.7 + motion.z);
  gl_PointSize = kind > 8.0 ? 34.0 : size;
}`;

const fragment = `#version 300 es
precision mediump float;
uniform vec3 busy_colour;
uniform vec3 free_colour;
uniform vec3 soon_colour;
uniform vec3 ask_colour;
uniform float arrows;
in float shade;
flat in float turn;
flat in float what;
out vec4 colour;
void main() {
  vec2 p = gl_PointCoord * 2.0 - 1.0;
  float r = length(p);
  if (what > 8.0) {
    float ring = 1.0 - smoothstep(0.03, 0.12, abs(r - shade));
    float core = 1.0 - smoothstep(0.18, 0.26, r);
    float a = max(ring * (1.0 - shade), core);
    if (a < 0.02) discard;
    colour = vec4(ask_colour * a, a);
    return;
  }
  vec3 c = what < 1.5 ? busy_colour : what < 2.5 ? free_colour : soon_colour;
  float a = 1.0 - smoothstep(0.75, 0.98, r);
  if (arrows > 0.5) {
    float s = sin(turn), k = cos(turn);
    vec2 q = vec2(k * p.x + s * p.y, -s * p.x + k * p.y);
    float side = abs(q.x) - (q.y + 0.85) * 0.42;
    float tail = q.y - 0.75 + 0.6 * (1.0 - abs(q.x));
    a = 1.0 - smoothstep(-0.06, 0.08, max(side, tail));
  }
  if (a < 0.02) discard;
  colour = vec4(c * a, a);
}`;

const floats = 8;
const max_points = 55_000;

/// Web Mercator, 0 to 1.
export const mercator = (lat, lon) => [
  (180 + lon) / 360,
  (180 -
    (180 / Math.PI) * Math.log(Math.tan(Math.PI / 4 + (lat * Math.PI) / 360))) /
    360,
];

function compile(gl, type, text) {
  const shader = gl.createShader(type);
  gl.shaderSource(shader, text);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS))
    throw new Error(gl.getShaderInfoLog(shader));
  return shader;
}

/// A custom layer of MapLibre.
export class points_layer {
  constructor(colours) {
    this.id = "points";
    this.type = "custom";
    this.renderingMode = "2d";
    this.colours = colours; // () -> {busy, free, soon, ask}, each [r, g, b].
    this.data = new Float32Array(max_points * floats);
    this.count = 0;
    this.anchor = [0, 0];
    this.changed = false;
    this.matrix = null;
    this.frames = 0;
  }

  /// The first point becomes the anchor: floats are exact only near it.
  set(cars, asks, shown) {
    let n = 0;
    let anchored = false;
    const put = (x0, y0, x1, y1, began, took, heading, kind) => {
      if (n === max_points) return;
      if (!anchored) {
        this.anchor = [x1, y1];
        anchored = true;
      }
      const i = n++ * floats;
      const d = this.data;
      d[i] = x0 - this.anchor[0];
      d[i + 1] = y0 - this.anchor[1];
      d[i + 2] = x1 - this.anchor[0];
      d[i + 3] = y1 - this.anchor[1];
      d[i + 4] = began;
      d[i + 5] = took;
      d[i + 6] = heading;
      d[i + 7] = kind;
    };
    for (const car of cars.values()) {
      if (!shown.has(car.state)) continue;
      const [x1, y1] = mercator(car.lat, car.lon);
      const [x0, y0] =
        car.from_lat === car.lat && car.from_lon === car.lon
          ? [x1, y1]
          : mercator(car.from_lat, car.from_lon);
      put(
        x0,
        y0,
        x1,
        y1,
        (car.began - this.born) / 1000,
        car.took / 1000,
        car.heading,
        car.state,
      );
    }
    if (shown.has(9))
      for (const ask of asks) {
        const [x, y] = mercator(ask.lat, ask.lon);
        put(x, y, x, y, 0, 1, (ask.since % 1000) / 1000, 9);
      }
    this.count = n;
    this.changed = true;
  }

  onAdd(map, gl) {
    this.born = performance.now();
    const program = gl.createProgram();
    gl.attachShader(program, compile(gl, gl.VERTEX_SHADER, vertex));
    gl.attachShader(program, compile(gl, gl.FRAGMENT_SHADER, fragment));
    gl.linkProgram(program);
    this.program = program;
    this.at = Object.fromEntries(
      [
        "matrix",
        "now",
        "size",
        "arrows",
        "busy_colour",
        "free_colour",
        "soon_colour",
        "ask_colour",
      ].map((x) => [x, gl.getUniformLocation(program, x)]),
    );
    this.buffer = gl.createBuffer();
    this.array = gl.createVertexArray();
    gl.bindVertexArray(this.array);
    gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
    gl.bufferData(gl.ARRAY_BUFFER, this.data.byteLength, gl.DYNAMIC_DRAW);
    for (const [name, size, from] of [
      ["place", 4, 0],
      ["motion", 3, 4],
      ["kind", 1, 7],
    ]) {
      const where = gl.getAttribLocation(program, name);
      gl.enableVertexAttribArray(where);
      gl.vertexAttribPointer(
        where,
        size,
        gl.FLOAT,
        false,
        floats * 4,
        from * 4,
      );
    }
    gl.bindVertexArray(null);
    this.map = map;
  }

  render(gl, options) {
    ++this.frames;
    const m = Float64Array.from(options.defaultProjectionData.mainMatrix);
    const [x, y] = this.anchor;
    for (let i = 0; i < 4; ++i) m[12 + i] += m[i] * x + m[4 + i] * y;
    this.matrix = m;
    if (this.changed) {
      gl.bindBuffer(gl.ARRAY_BUFFER, this.buffer);
      gl.bufferSubData(gl.ARRAY_BUFFER, 0, this.data, 0, this.count * floats);
      this.changed = false;
    }
    const zoom = this.map.getZoom();
    const colours = this.colours();
    gl.useProgram(this.program);
    gl.uniformMatrix4fv(this.at.matrix, false, Float32Array.from(m));
    gl.uniform1f(this.at.now, (performance.now() - this.born) / 1000);
    gl.uniform1f(
      this.at.size,
      Math.min(22, Math.max(4, (zoom - 9) * 2.4)) * devicePixelRatio,
    );
    gl.uniform1f(this.at.arrows, zoom >= 12.5 ? 1 : 0);
    for (const name of ["busy", "free", "soon", "ask"])
      gl.uniform3fv(this.at[`${name}_colour`], colours[name]);
    gl.disable(gl.DEPTH_TEST);
    gl.disable(gl.STENCIL_TEST);
    gl.enable(gl.BLEND);
    gl.blendFunc(gl.ONE, gl.ONE_MINUS_SRC_ALPHA);
    gl.bindVertexArray(this.array);
    gl.drawArrays(gl.POINTS, 0, this.count);
    gl.bindVertexArray(null);
  }

  /// The thing under the pointer, within a few pixels.
  pick(cars, asks, at, shown) {
    if (!this.matrix) return null;
    const { clientWidth: wide, clientHeight: high } = this.map.getCanvas();
    const m = this.matrix;
    const now = performance.now();
    let best = 14 * 14;
    let found = null;
    const look = (lat, lon, what) => {
      const [px, py] = mercator(lat, lon);
      const x = px - this.anchor[0];
      const y = py - this.anchor[1];
      const w = m[3] * x + m[7] * y + m[15];
      const sx = (((m[0] * x + m[4] * y + m[12]) / w + 1) / 2) * wide;
      const sy = ((1 - (m[1] * x + m[5] * y + m[13]) / w) / 2) * high;
      const d = (sx - at.x) ** 2 + (sy - at.y) ** 2;
      if (d < best) {
        best = d;
        found = what;
      }
    };
    if (shown.has(9)) for (const ask of asks) look(ask.lat, ask.lon, { ask });
    if (!found)
      for (const car of cars.values()) {
        if (!shown.has(car.state)) continue;
        const done = Math.min(1, (now - car.began) / car.took);
        look(
          car.from_lat + (car.lat - car.from_lat) * done,
          car.from_lon + (car.lon - car.from_lon) * done,
          { car },
        );
      }
    return found;
  }
}
