// A window of its own, for forms and for cards that stand nowhere else.

import { byId, el, icon, toast } from "./base.js";
import { buttons, edited, lines, press, save } from "./cards.js";
import { drawn } from "./forms.js";

const HELPER = "Practicum helper";

export class Sheet {
  /** `changed` is told after each press that may have changed a page, `ask` gets a question with where it was asked. */
  constructor(chat, { changed, ask }) {
    this.chat = chat;
    this.changed = changed;
    this.ask = ask;
    this.dialog = byId("sheet");
    byId("sheet-close").addEventListener("click", () => this.dialog.close());
    this.dialog.addEventListener("close", () => this.back());
  }

  /** Press a button. `from` says where it stands: in a `note`, on a `page`, or in this window itself. */
  async press(given, from = {}) {
    const own = edited(given.url);
    if (own !== null) return this.chat.edit(own);
    if (!this.dialog.open) this.pressed = { given, from };
    return this.led(await press(this.chat.me.id, given, { card: from.note?.id }), given, from);
  }

  async led(led, given, from) {
    if (led.shown === "form") return this.form(led.form, from);
    if (given.do.endsWith(".export")) save(led.card, given.do);
    if (led.whisper) {
      this.dialog.close();
      this.chat.reveal(led.whisper);
    } else if (led.shown === "instead" && from.page && !this.dialog.open) {
      if (!led.card.buttons.length) toast(led.card.lines.map(({ text }) => text).join(" "));
    } else this.card(led.card, given.do.endsWith(".export"));
    return this.changed();
  }

  form(form, from) {
    const made = drawn(form, async (inputs) => {
      if (form.do === "ask.send") {
        this.dialog.close();
        return this.ask(inputs.question, from);
      }
      const led = await press(this.chat.me.id, form, { inputs, card: from.note?.id });
      if (led.shown === "wrong") return led.faults;
      return this.led(led, form, from);
    });
    this.open(form.title, el("div", { class: "text" }, lines({ lines: form.lines })), made.element);
    made.focus();
  }

  card(card, data = false) {
    const shown = data ? { lines: card.lines.slice(0, -1) } : card;
    const body = el("div", { class: "text", "data-testid": "sheet-card" }, lines(shown));
    if (data) {
      body.append(el("p", {}, icon("done"), " Saved as a file."));
      body.append(el("pre", { class: "data", tabindex: "0", "aria-label": "What was saved" }, card.lines.at(-1).text));
    }
    this.open(HELPER, body, el("div", { class: "buttons" }, buttons(card.buttons, (given) => this.press(given, this.pressed?.from))));
    byId("sheet-title").focus();
  }

  open(title, ...content) {
    byId("sheet-title").textContent = title;
    byId("sheet-body").replaceChildren(...content);
    if (!this.dialog.open) this.dialog.showModal();
    byId("sheet-body").scrollTop = 0;
  }

  /** A card as a part of a page, which is drawn anew after each press. */
  section(card) {
    const made = buttons(card.buttons, (given) => this.press(given, { page: true }));
    return el("section", { class: "card" }, el("div", { class: "text" }, lines(card)), el("div", { class: "buttons" }, made));
  }

  /** The focus goes back to the button that was pressed first, or to what stands in its place. */
  back() {
    byId("sheet-body").replaceChildren();
    const { given } = this.pressed || {};
    const at = document.activeElement;
    if (!given || (at && at !== document.body && !this.dialog.contains(at))) return;
    const same = `[data-do="${CSS.escape(given.do)}"]`;
    const page = document.querySelector("main > section:not([hidden])");
    const found = [...page.querySelectorAll(same)].find(({ dataset }) => dataset.value === (given.value || ""));
    (found || page.querySelector(same) || page.querySelector("h2[tabindex]") || byId("main")).focus({ preventScroll: true });
  }
}

