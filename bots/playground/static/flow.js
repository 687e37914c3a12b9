// A list of messages that stays light with thousands and never loses its place.

import { button, el, moment } from "./base.js";

const PAGE = 200; // entries drawn at first, and more with each “Show earlier”
const MOST = 600; // entries drawn before the oldest are put away again
const NEAR = 48; // pixels from the end that count as being there
const SETTLE = 400; // milliseconds during which a list drawn anew isn't read out
const CONTINUED = 5 * 60 * 1000; // milliseconds in which a message by the same author needs no new name

/** A window on a list of items `{key, at, author}`; `draw(item)` gives a view with an `element` and an `update()`. */
export class Flow {
  constructor(box, draw, moved = () => {}) {
    this.box = box;
    this.draw = draw;
    this.moved = moved; // called with whether the end is in sight
    this.items = [];
    this.first = 0; // index of the first one drawn
    this.drawn = new Map(); // key → {entry, view}
    this.bottom = true;
    this.earlier = button("", () => this.more(), { class: "earlier", "data-testid": "show-earlier" });
    box.addEventListener("scroll", () => this.look(), { passive: true });
    new ResizeObserver(() => this.bottom && this.end()).observe(box);
  }

  /** Draw the end of a list; `head` stands above it. */
  show(items, head = null) {
    this.items = items;
    this.first = Math.max(0, items.length - PAGE);
    this.drawn.clear();
    this.hushed(() =>
      this.box.replaceChildren(...(head ? [head] : []), this.earlier, ...items.slice(this.first).map((item) => this.made(item))),
    );
    this.arranged(this.first, items.length);
    this.end();
  }

  /** An item was put at the end of the list. */
  added(item) {
    this.keep(() => {
      this.box.append(this.made(item));
      this.arranged(this.items.length - 1, this.items.length);
      if (this.bottom && this.drawn.size > MOST) this.trim(MOST / 2);
    });
  }

  /** The item that was at `index` is gone. */
  dropped(key, index) {
    this.keep(() => {
      this.drawn.get(key)?.entry.remove();
      this.drawn.delete(key);
      if (index < this.first) this.first -= 1;
      this.arranged(index, index + 1);
    });
  }

  /** Something about an item changed. */
  refresh(key) {
    const known = this.drawn.get(key);
    if (!known) return;
    this.keep(() => {
      known.view.update();
      const index = this.items.findLastIndex((item) => item.key === key);
      this.arranged(index, index + 2);
    });
  }

  more() {
    const from = Math.max(0, this.first - PAGE);
    const older = this.items.slice(from, this.first).map((item) => this.made(item));
    const next = this.first;
    this.hushed(() =>
      this.keep(() => {
        this.first = from;
        this.earlier.after(...older);
        this.arranged(from, next + 1);
      }, false),
    );
    if (!from) this.box.focus({ preventScroll: true });
  }

  /** Change the list and stay at the end of it, or at what was in sight. */
  keep(change, follow = true) {
    if (this.keeping) return change();
    this.keeping = true;
    this.look();
    const stay = follow && this.bottom;
    const top = this.box.getBoundingClientRect().top;
    const anchor = stay
      ? null
      : [...this.box.querySelectorAll(":scope > .entry")].find((one) => one.getBoundingClientRect().bottom > top);
    const before = anchor?.getBoundingClientRect().top;
    try {
      change();
    } finally {
      this.keeping = false;
    }
    if (stay) this.end();
    else if (anchor?.isConnected) this.box.scrollTop += anchor.getBoundingClientRect().top - before;
    this.look();
    return undefined;
  }

  end() {
    this.box.scrollTop = this.box.scrollHeight;
    this.bottom = true;
    this.moved(true);
  }

  look() {
    const { clientHeight, scrollHeight, scrollTop } = this.box;
    if (!clientHeight) return; // not shown just now
    this.bottom = scrollHeight - scrollTop - clientHeight < NEAR;
    this.moved(this.bottom);
  }

  /** The drawn element of an item. */
  element(key) {
    return this.drawn.get(key)?.view.element;
  }

  trim(number) {
    for (const item of this.items.slice(this.first, this.first + number)) {
      this.drawn.get(item.key)?.entry.remove();
      this.drawn.delete(item.key);
    }
    this.first += number;
    this.arranged(this.first, this.first + 1);
  }

  made(item) {
    const view = this.draw(item);
    const entry = el("div", { class: "entry" }, view.element);
    this.drawn.set(item.key, { entry, view });
    return entry;
  }

  arranged(from, to) {
    this.earlier.hidden = !this.first;
    this.earlier.firstChild.data = `Show earlier messages (${this.first.toLocaleString("en-CA")} more)`;
    for (let index = Math.max(from, this.first); index < Math.min(to, this.items.length); index += 1) this.arrange(index);
  }

  arrange(index) {
    const item = this.items[index];
    const known = this.drawn.get(item.key);
    if (!known) return;
    const before = index > this.first ? this.items[index - 1] : null;
    const newDay = !before || new Date(before.at).toDateString() !== new Date(item.at).toDateString();
    const line = known.entry.querySelector(":scope > .day");
    if (newDay && !line) known.entry.prepend(el("p", { class: "day" }, el("span", {}, moment(item.at, "day"))));
    else if (!newDay && line) line.remove();
    const spokenFor = before && this.drawn.get(before.key)?.entry.querySelector(".whisper");
    const goesOn = !newDay && item.author && item.author === before.author && new Date(item.at) - new Date(before.at) < CONTINUED;
    known.view.element.classList.toggle("continued", Boolean(goesOn && !spokenFor));
  }

  hushed(change) {
    this.box.setAttribute("aria-live", "off");
    change();
    clearTimeout(this.hush);
    this.hush = setTimeout(() => this.box.setAttribute("aria-live", "polite"), SETTLE);
  }
}
