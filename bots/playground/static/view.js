// How messages look, with what only their author sees under them.

import { busy, button, count, el, hidden, icon, moment, paragraphs } from "./base.js";
import { lines } from "./cards.js";
import { NoteView } from "./note.js";

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
    const author = message.name || (message.author ? chat.nameOf(message.author) : "");
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
    if (this.changed("head", [message.at, message.author, message.name, chat.nameOf(message.author)]))
      this.head.replaceChildren(...this.above());
    const shown = message.deleted ? "This message was deleted." : message.text;
    if (this.changed("text", shown)) this.text.replaceChildren(...(message.card ? lines(message.card) : message.author === "bot" ? paragraphs(shown) : [shown]));
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
      (message.name || message.author) &&
        el("strong", {}, message.echo ? "You asked privately" : message.name || chat.nameOf(message.author)),
      role && role !== "student" && !message.echo && el("span", { class: "tag" }, role),
      message.name && el("span", { class: "tag" }, "left the cohort"),
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
