// How messages and private notes look, and a list of them that stays light with thousands and never loses its place.

import { busy, button, count, el, hidden, icon, moment, paragraphs } from "./base.js";

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

const initials = (name) =>
  name
    .split(/\s+/)
    .map((word) => Array.from(word)[0] || "")
    .slice(0, 2)
    .join("")
    .toUpperCase();
const hue = (id) => Array.from(id).reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 6, 0);

/** One message with what only its author sees under it; `asRoot` is the copy on top of a thread. */
export class MessageView {
  constructor(chat, message, asRoot = false) {
    this.chat = chat;
    this.message = message;
    this.asRoot = asRoot;
    this.notes = new Map(); // whisper's id → its view
    const kind = asRoot ? "thread-root" : message.echo ? "asked" : "message";
    this.head = el("div", { class: "who" });
    this.text = el("div", { class: "text" });
    this.rest = el("div", { class: "rest" });
    this.actions = el("div", { class: "actions" });
    const author = message.author ? chat.nameOf(message.author) : "";
    const face = author ? initials(author) : "–";
    this.body = el(
      "article",
      {
        class: `message${message.echo ? " asked" : ""}`,
        "data-testid": kind,
        "data-id": message.id,
        "data-author": message.author,
        tabindex: "-1",
      },
      message.author === "bot"
        ? el("div", { class: "face bot", "aria-hidden": "true" }, icon("helper"))
        : el("div", { class: `face hue-${hue(message.author || "")}`, "aria-hidden": "true" }, face),
      el("div", { class: "content" }, this.head, this.text, this.rest),
      this.actions,
    );
    this.under = el("div", { class: "under" });
    this.element = el("div", { class: "with-notes" }, this.body, this.under);
    this.update();
  }

  update() {
    const { chat, message } = this;
    const mine = message.author === chat.me.id;
    this.body.classList.toggle("gone", Boolean(message.deleted));
    this.body.dataset.state = message.pending || "there";
    if (this.changed("head", [message.at, message.author, chat.nameOf(message.author)]))
      this.head.replaceChildren(...this.above());
    const shown = message.deleted ? "This message was deleted." : message.text;
    if (this.changed("text", shown)) this.text.replaceChildren(...(message.author === "bot" ? paragraphs(shown) : [shown]));
    const inThread = this.asRoot ? { replies: 0, notes: 0 } : chat.inThread(message.id);
    if (this.changed("rest", [message.files, message.edited, message.pending, message.fault, message.deleted, inThread])) {
      const held = this.rest.contains(document.activeElement);
      this.rest.replaceChildren(...this.below(inThread));
      if (held) (this.rest.querySelector("button") || this.body).focus({ preventScroll: true });
    }
    if (!this.actions.childElementCount && !message.deleted && !message.echo && !this.asRoot)
      this.actions.append(...this.possible(mine));
    this.actions.hidden = Boolean(message.deleted || message.pending);
    if (!this.asRoot) this.attach();
  }

  /** Whether a part has to be drawn anew; what is drawn for nothing would be read out again. */
  changed(part, state) {
    const now = JSON.stringify(state);
    if (this[`${part}Was`] === now) return false;
    this[`${part}Was`] = now;
    return true;
  }

  above() {
    const { chat, message } = this;
    const role = chat.roleOf(message.author);
    return [
      message.author && el("strong", {}, message.echo ? "You asked privately" : chat.nameOf(message.author)),
      role && role !== "student" && !message.echo && el("span", { class: "tag" }, role),
      el("time", { datetime: message.at, title: moment(message.at, "full") }, moment(message.at, "clock")),
    ].filter(Boolean);
  }

  below({ replies, notes }) {
    const { chat, message } = this;
    const parts = [];
    if (message.files?.length && !message.deleted) {
      const names = message.files.map((file) => el("li", {}, icon("file"), file.name, el("small", {}, " name only")));
      parts.push(el("ul", { class: "files", "aria-label": "Attached, by name only" }, names));
    }
    if (message.edited && !message.deleted) parts.push(el("small", { class: "faint" }, "edited"));
    if (message.pending === "sending") parts.push(el("small", { class: "faint", "data-testid": "pending" }, "sending…"));
    if (message.pending === "failed") {
      parts.push(
        el(
          "div",
          { class: "failed" },
          el("span", {}, icon("warn"), `Not sent. ${message.fault}`),
          button("Try again", () => chat.again(message.id)),
          button("Discard", () => chat.discard(message.id)),
        ),
      );
    }
    if (message.echo && !message.pending)
      parts.push(el("small", { class: "faint" }, "Only you can see this question and its answer."));
    if (replies || notes) {
      const said = [replies ? count(replies, "reply", "replies") : null, notes ? count(notes, "private note") : null];
      parts.push(
        el(
          "button",
          { type: "button", class: "replies", "data-testid": "replies", onclick: () => chat.openThread(message.id) },
          said.filter(Boolean).join(" · "),
          hidden(", open the thread"),
        ),
      );
    }
    return parts;
  }

  possible(mine) {
    const { chat, message } = this;
    const made = [];
    const act = (label, says, hook, action) =>
      made.push(el("button", { type: "button", "aria-label": says, "data-testid": hook, onclick: action }, label));
    if (!message.thread) act("Reply", "Reply in a thread", "reply", () => chat.openThread(message.id));
    if (mine) act("Edit", "Edit this message of yours", "edit-message", () => this.edit());
    if (mine) act("Delete", "Delete this message of yours", "delete-message", () => chat.remove(message.id));
    return made;
  }

  /** Draw the private notes that belong to the message. */
  attach() {
    const notes = this.chat.notesOf(this.message.id);
    for (const note of notes) {
      const known = this.notes.get(note.id);
      if (known) known.update(note);
      else {
        const view = new NoteView(this.chat, note);
        this.notes.set(note.id, view);
        this.under.append(view.element);
      }
    }
    for (const [id, view] of this.notes) {
      if (notes.some((note) => note.id === id)) continue;
      view.element.remove();
      this.notes.delete(id);
    }
  }

  /** Change the words in place. */
  edit() {
    if (this.form) return this.form.querySelector("textarea").focus();
    const field = el("textarea", { rows: "3", "aria-label": "Your message", "data-testid": "edit-text" });
    field.value = this.message.text;
    const fault = el("p", { class: "fault", role: "alert" });
    const close = () => {
      this.form.remove();
      this.form = null;
      this.text.hidden = false;
      this.body.focus({ preventScroll: true });
    };
    const save = el("button", { type: "submit", class: "main", "data-testid": "edit-save" }, "Save");
    const submit = () =>
      busy(save, async () => {
        if (!field.value.trim()) {
          fault.textContent = "Write something, or delete the message instead.";
          return;
        }
        save.textContent = "sending…";
        try {
          await this.chat.change(this.message.id, field.value.trim());
          close();
        } catch (error) {
          fault.textContent = `Not saved. ${error.message}`;
          field.focus();
        } finally {
          save.textContent = "Save";
        }
      });
    const cancel = el("button", { type: "button", "data-testid": "edit-cancel", onclick: close }, "Cancel");
    this.form = el("form", { class: "edit-form" }, field, fault, el("div", { class: "buttons" }, cancel, save));
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      submit();
    });
    field.addEventListener("keydown", (event) => {
      if (event.isComposing) return;
      if (event.key === "Escape") {
        event.stopPropagation();
        close();
      } else if (event.key === "Enter" && !event.shiftKey) {
        event.preventDefault();
        submit();
      }
    });
    this.text.hidden = true;
    this.text.after(this.form);
    field.focus();
    field.setSelectionRange(field.value.length, field.value.length);
    this.form.scrollIntoView({ block: "nearest" });
    return undefined;
  }
}

const REASONS = {
  not_practicum: "It's about nobody from a placement",
  not_identifying: "Nobody could be recognized",
  public: "It's public anyway",
  other: "Something else",
};
const TIERS = { hard: "Important", soft: "Gentle" };
const LABELS = { nudge: "Private nudge", reply: "Private answer", line: "Private note" };

/** A nudge, an answer or a line that one person alone sees. */
export class NoteView {
  constructor(chat, note) {
    this.chat = chat;
    const hook = note.kind === "nudge" ? "nudge" : "whisper";
    this.element = el("div", {
      class: `whisper ${note.kind}`,
      role: "group",
      tabindex: "-1",
      "data-testid": hook,
      "data-id": note.id,
      "data-kind": note.kind,
      "aria-label": `${LABELS[note.kind] || LABELS.line} from the practicum helper. Only you can see this.`,
    });
    this.update(note);
  }

  update(note = this.note) {
    const now = JSON.stringify(note);
    if (now === this.was) return;
    this.was = now;
    this.note = note;
    const within = this.element.contains(document.activeElement);
    this.element.classList.toggle("closed", note.closed);
    this.element.dataset.closed = note.closed;
    const only = el("p", { class: "only" }, icon("lock"), "Only you can see this");
    if (note.closed) {
      this.element.replaceChildren(el("p", { class: "done" }, icon("done"), "Done, thank you."), only);
    } else {
      if (note.kind === "nudge" && TIERS[note.tier]) only.append(el("span", { class: "tag" }, TIERS[note.tier]));
      this.more = el("div", { class: "more" });
      this.element.replaceChildren(
        only,
        el("div", { class: "text" }, paragraphs(note.text)),
        el("div", { class: "buttons" }, this.actions()),
        this.more,
      );
    }
    if (within) this.element.focus({ preventScroll: true });
  }

  actions() {
    const { chat, note } = this;
    const can = (name) => (note.actions || []).includes(name);
    const made = (note.choices || []).map((choice) =>
      button(choice, () => chat.choose(note, choice), { class: "choice", "data-testid": "choice" }),
    );
    if (can("why")) made.push(button("Why?", (pressed) => this.why(pressed), { "data-testid": "why", "aria-expanded": "false" }));
    if (can("edit") && chat.isMine(note.message))
      made.push(button("Edit my message", () => chat.edit(note.message), { "data-testid": "edit" }));
    if (can("judge")) {
      made.push(
        button("This isn't about practicum", (pressed) => this.judge(pressed), {
          "data-testid": "judge",
          "aria-expanded": "false",
        }),
      );
    }
    if (can("ask")) made.push(button("Ask about this", () => chat.askAbout(note), { "data-testid": "ask" }));
    if (can("pause") && note.tier === "soft") {
      made.push(button("Pause gentle nudges for a day", (pressed) => this.pause(pressed), { "data-testid": "pause" }));
    }
    const direct = chat.channels.get(note.channel)?.kind === "direct";
    if (note.share)
      made.push(
        button(direct ? "Share with the cohort" : "Share with the channel", (pressed) => this.share(pressed), {
          "data-testid": "share",
        }),
      );
    return made;
  }

  /** Show something under the buttons, or put it away when it is what is shown. */
  toggle(pressed, name, content) {
    const open = this.opened === name && this.more.childElementCount;
    for (const other of this.element.querySelectorAll("[aria-expanded]")) other.setAttribute("aria-expanded", "false");
    this.more.replaceChildren(...(open ? [] : [content]));
    this.opened = open ? null : name;
    pressed.setAttribute("aria-expanded", String(!open));
  }

  async why(pressed) {
    this.reasons ??= (await this.chat.nudge(this.note, "why")).text;
    this.toggle(pressed, "why", el("div", { class: "why", role: "status", "data-testid": "why-text" }, paragraphs(this.reasons)));
  }

  judge(pressed) {
    const reasons = Object.entries(REASONS).map(([reason, says]) =>
      button(says, () => this.chat.nudge(this.note, "judge", { reason }).then(() => this.chat.closed(this.note.message)), {
        "data-testid": `judge-${reason}`,
      }),
    );
    const group = el(
      "div",
      { class: "judge", role: "group", "aria-label": "What makes it wrong?" },
      el("p", {}, "What makes it wrong? The count alone is kept, never your words."),
      el("div", { class: "buttons" }, reasons),
    );
    this.toggle(pressed, "judge", group);
    if (this.opened) reasons[0].focus();
  }

  async pause(pressed) {
    const { until } = await this.chat.nudge(this.note, "pause");
    const said = el(
      "p",
      { class: "faint", role: "status", tabindex: "-1" },
      `Gentle nudges are quiet until ${moment(until, "full")}.`,
    );
    pressed.replaceWith(said);
    said.focus({ preventScroll: true });
  }

  async share(pressed) {
    await this.chat.share(this.note);
    const said = el("p", { class: "faint", role: "status", tabindex: "-1" }, "Shared, for everybody to see.");
    pressed.replaceWith(said);
    said.focus({ preventScroll: true });
  }
}
