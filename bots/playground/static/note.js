// A nudge, an answer or a note: a card that one person alone sees.

import { el, icon } from "./base.js";
import { buttons, lines } from "./cards.js";

const TIERS = { hard: "Important", soft: "Gentle" };
const ONLY = "Only you can see this";
const LABELS = { nudge: "Private nudge", reply: "Private answer", line: "Private note" };

export class NoteView {
  constructor(chat, note) {
    this.chat = chat;
    this.element = el("div", {
      class: `whisper ${note.kind}`,
      role: "group",
      tabindex: "-1",
      "data-testid": note.kind === "nudge" ? "nudge" : "whisper",
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
    const told = !note.closed && note.card.lines[0]?.text.startsWith(ONLY); // then it is said already, and not who says it
    const only = el("p", { class: "only" }, icon("lock"), told ? "Practicum helper" : ONLY);
    if (note.tier && !note.closed) only.append(el("span", { class: "tag" }, TIERS[note.tier]));
    const shown = el("div", { class: "text" }, lines(note.card, "h4"));
    if (note.closed) this.element.replaceChildren(el("div", { class: "done" }, icon("done"), shown), only);
    else {
      const possible = note.card.buttons.filter(({ url }) => !url || !this.chat.edits(url) || this.chat.isMine(note.message));
      const made = buttons(possible, (given) => this.chat.pressed(given, note));
      this.element.replaceChildren(only, shown, el("div", { class: "buttons" }, made));
    }
    if (within) this.element.focus({ preventScroll: true });
  }
}
