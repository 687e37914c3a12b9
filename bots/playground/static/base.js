// What every part of the page uses: requests and the stream of news; elements, dates, toasts and dialogs.
// Everything shown is put in as text: nothing here, or elsewhere on the page, reads a string as HTML.

// ── Requests ──────────────────────────────────────────────────────────────────────────────────────────────────────

const WAITS = [1, 2, 4, 8, 16, 32]; // seconds before each further try
const BACKOFF = [1, 2, 4, 8, 15, 30]; // seconds before the stream is opened again

/** What the server said no to, or couldn't do. */
export class ApiError extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

let waiting = 0;
const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

function wait(change) {
  waiting += change;
  const shown = waiting ? "sending…" : "";
  const pill = document.getElementById("sending");
  if (pill.textContent !== shown) pill.textContent = shown;
}

/** One request. While the server is busy or away, the very same request is made again, up to six times. */
export async function request(method, path, body) {
  const sent = { method };
  if (body !== undefined) {
    sent.headers = { "Content-Type": "application/json" };
    sent.body = JSON.stringify(body);
  }
  for (let tries = 0; ; tries += 1) {
    const response = await fetch(path, sent).catch(() => null);
    if (response && response.status !== 503) return said(response);
    if (tries === WAITS.length) return response ? said(response) : fail("The server on this machine doesn't answer.", 0);
    wait(1);
    await sleep(WAITS[tries]).finally(() => wait(-1));
  }
}

function fail(message, status) {
  throw new ApiError(message, status);
}

async function said(response) {
  const data = await response.json().catch(() => ({}));
  return response.ok ? data : fail(data.error || `The server said ${response.status}.`, response.status);
}

export const path = (...parts) => parts.map(encodeURIComponent).join("/");

/** An id for something new; also where the page isn't a secure context and randomUUID is missing. */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const NEWS = ["message", "edited", "deleted", "whisper", "seen", "reset"];

/** News for one person until `close()`. `opened` is called each time the stream is there, `lost` each time it breaks. */
export function stream(as, { news, opened, lost }) {
  let source,
    timer,
    failures = 0,
    closed = false;
  const open = () => {
    source = new EventSource(`/api/stream?as=${encodeURIComponent(as)}`);
    source.onopen = () => {
      failures = 0;
      opened();
    };
    source.onerror = () => {
      source.close();
      if (closed) return;
      lost();
      timer = setTimeout(open, BACKOFF[Math.min(failures++, BACKOFF.length - 1)] * 1000);
    };
    for (const kind of NEWS) source.addEventListener(kind, (event) => news(kind, JSON.parse(event.data)));
  };
  open();
  return {
    close() {
      closed = true;
      clearTimeout(timer);
      source.close();
    },
  };
}

// ── Elements ──────────────────────────────────────────────────────────────────────────────────────────────────────

export const byId = (id) => document.getElementById(id);

/** An element: attributes, `on…` listeners, and children that are nodes or plain text. */
export function el(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const SVG = "http://www.w3.org/2000/svg";

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export const icon = (name) => svg("svg", { class: "icon", "aria-hidden": "true" }, svg("use", { href: `#i-${name}` }));

export const hidden = (text) => el("span", { class: "unseen" }, text);

/** Several lines of the bot's as paragraphs: an opening verdict and a leading “Sources:” stand out. */
export function paragraphs(text) {
  return text
    .split("\n")
    .filter((line) => line.trim())
    .map((line) => {
      const [lead] = line.match(/^(?:No|Yes|It depends|No, you don't have to)\.(?= |$)|^[A-Z][A-Za-z' ]{1,28}:(?= )|^[A-Z][a-z]{2} \d{1,2} [A-Z][a-z]{2}, \d\d:\d\d:(?= )/) || [""];
      return el(
        "p",
        { class: /^(?:-|•|\d\.)\s/.test(line) ? "item" : null },
        lead && el("strong", {}, lead),
        line.slice(lead.length),
      );
    });
}

/** A text with its findings marked and numbered. Offsets count characters as Python does, not UTF-16 units. */
export function marked(text, findings) {
  const characters = Array.from(text);
  const limits = (finding) => [Math.max(0, finding.start), Math.min(characters.length, finding.end)];
  const edges = new Set([0, characters.length, ...findings.flatMap(limits)]);
  const ordered = [...edges].sort((a, b) => a - b);
  const parts = ordered.slice(1).map((end, index) => {
    const start = ordered[index];
    const piece = characters.slice(start, end).join("");
    const within = findings.some((finding) => limits(finding)[0] <= start && limits(finding)[1] >= end);
    const ending = findings.flatMap((finding, number) =>
      limits(finding)[1] === end && finding.end > finding.start ? [number + 1] : [],
    );
    return within ? el("mark", {}, piece, ending.length ? el("sup", {}, ending.join(",")) : null) : piece;
  });
  return el("p", { class: "marked" }, parts);
}

/** Do something once at a time for a button; a fault becomes a toast. The button keeps its focus. */
export async function busy(button, action) {
  if (button.getAttribute("aria-disabled") === "true") return;
  button.setAttribute("aria-disabled", "true");
  try {
    await action();
  } catch (error) {
    if (!(error instanceof ApiError)) console.error(error);
    toast(error instanceof ApiError ? error.message : "Something went wrong on this page. Please reload it.", "error");
  } finally {
    button.removeAttribute("aria-disabled");
  }
}

/** A button; `action` runs through `busy`. */
export function button(label, action, attributes = {}) {
  const made = el("button", { type: "button", ...attributes }, label);
  made.addEventListener("click", () => busy(made, () => action(made)));
  return made;
}

// ── Dates ─────────────────────────────────────────────────────────────────────────────────────────────────────────

const formats = Object.fromEntries(
  Object.entries({
    clock: { hour: "2-digit", minute: "2-digit" },
    day: { weekday: "long", month: "long", day: "numeric" },
    date: { year: "numeric", month: "short", day: "numeric" },
    full: { weekday: "short", year: "numeric", month: "short", day: "numeric", hour: "2-digit", minute: "2-digit" },
  }).map(([name, options]) => [name, new Intl.DateTimeFormat("en-CA", { ...options, hourCycle: "h23" })]),
);

/** A moment in words; `how` is clock, day, date or full. A date alone is that day wherever the reader is. */
export function moment(at, how) {
  const date = new Date(/^\d{4}-\d{2}-\d{2}$/.test(at) ? `${at}T12:00` : at);
  return Number.isNaN(date.getTime()) ? String(at) : formats[how].format(date);
}

export const count = (number, one, many = `${one}s`) => `${number.toLocaleString("en-CA")} ${number === 1 ? one : many}`;

// ── Toasts and dialogs ────────────────────────────────────────────────────────────────────────────────────────────

const TOASTS = 4;
const SHORT = 8000; // milliseconds; errors stay until they are dismissed

export function toast(text, kind = "info") {
  const box = byId("toasts");
  const shown = el(
    "div",
    { class: `toast ${kind}`, "data-kind": kind },
    el("p", {}, kind === "error" ? el("strong", {}, "That didn't work. ") : null, text),
  );
  shown.append(
    el("button", { type: "button", class: "plain", "aria-label": "Dismiss", onclick: () => shown.remove() }, icon("close")),
  );
  while (box.childElementCount >= TOASTS) box.firstElementChild.remove();
  box.append(shown);
  if (kind === "error") return;
  const leave = () => (shown.matches(":hover, :focus-within") ? setTimeout(leave, SHORT) : shown.remove());
  setTimeout(leave, SHORT);
}

/** Ask before something is gone; the focus goes back where it was. */
export function confirmed(title, text, yes, no = "Keep it") {
  const dialog = byId("confirm");
  byId("confirm-title").textContent = title;
  byId("confirm-text").textContent = text;
  byId("confirm-yes").textContent = yes;
  byId("confirm-no").textContent = no;
  dialog.returnValue = "";
  dialog.showModal();
  byId("confirm-no").focus();
  return new Promise((resolve) => {
    dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
  });
}

byId("confirm-yes").addEventListener("click", () => byId("confirm").close("yes"));
byId("confirm-no").addEventListener("click", () => byId("confirm").close("no"));
