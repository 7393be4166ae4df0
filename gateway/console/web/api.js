// Talks to the node: same origin, the session's cookie, and with each change
// the header that no foreign page can send.

export class problem extends Error {
  constructor(status, body) {
    super(body?.detail || `The node answered ${status}.`);
    this.status = status;
    this.code = body?.code ?? "";
  }
}

export const session = {
  role: "",
  subject: "",
  csrf: "",
  tiles: "",
  tiles_credit: "",
};
export const may_order = () =>
  session.role === "operator" || session.role === "admin";

let on_logged_out = () => {};
export const when_logged_out = (x) => {
  on_logged_out = x;
};

async function call(method, path, { body, signal } = {}) {
  const headers = {};
  if (body !== undefined) headers["Content-Type"] = "application/json";
  if (method !== "GET") headers["X-Hansom-Csrf"] = session.csrf;
  const answer = await fetch(path, {
    method,
    headers,
    signal,
    credentials: "same-origin",
    cache: "no-store",
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  const text = await answer.text();
  const type = answer.headers.get("Content-Type") ?? "";
  const value = type.includes("json") && text ? JSON.parse(text) : text;
  if (!answer.ok && !(path.startsWith("/health/") && answer.status === 503)) {
    if (answer.status === 401 && path !== "/v1/console/session")
      on_logged_out();
    throw new problem(answer.status, value);
  }
  return value;
}

export const get = (path, signal) => call("GET", path, { signal });
export const post = (path, body = {}) => call("POST", path, { body });

/// What is not there on every node: null instead of a refusal.
export async function get_if(path, signal) {
  try {
    return await get(path, signal);
  } catch (e) {
    if (
      e instanceof problem &&
      (e.status === 404 || e.status === 405 || e.code === "cluster.none")
    )
      return null;
    throw e;
  }
}

export async function who_am_i() {
  Object.assign(session, await get("/v1/console/session"));
}
export async function log_in(by) {
  Object.assign(session, await post("/v1/console/session", by));
}
export async function log_out() {
  await call("DELETE", "/v1/console/session");
  session.role = session.csrf = "";
}

export const query = (values) => {
  const kept = Object.entries(values).filter(
    ([, x]) => x !== "" && x !== undefined && x !== null,
  );
  return kept.length ? `?${new URLSearchParams(kept)}` : "";
};
