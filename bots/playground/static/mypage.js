// My page: the policy in brief and its acknowledgement, gentle nudges, and everything that is kept of somebody.

import { button, byId, el, request } from "./base.js";
import { press } from "./cards.js";

export class MyPage {
  constructor(chat, sheet) {
    this.chat = chat;
    this.sheet = sheet;
    this.cards = el("div", { class: "cards" });
    const again = button("Refresh", () => this.load(), { "data-testid": "mine-reload" });
    byId("mine").append(el("header", {}, el("h2", { id: "mine-name", tabindex: "-1" }, "My page"), again), this.cards);
  }

  async load() {
    const me = this.chat.me.id;
    const [{ cards }, kept] = await Promise.all([
      request("GET", `/api/home?as=${encodeURIComponent(me)}`),
      press(me, { do: "mine.show" }),
    ]);
    if (me !== this.chat.me.id) return;
    refilled(this.cards, [...cards, kept.card].map((card) => this.sheet.section(card)), byId("mine-name"));
  }
}

const CONTROLS = "button, a[href], input, textarea, select";

/** Put other sections into a box; the focus stays on the control that has it, or on what came in its place. */
export function refilled(box, sections, title) {
  const at = document.activeElement;
  const section = [...box.children].findIndex((one) => one.contains(at));
  const control = section < 0 ? -1 : [...box.children[section].querySelectorAll(CONTROLS)].indexOf(at);
  box.replaceChildren(...sections);
  if (section >= 0) (sections[section]?.querySelectorAll(CONTROLS)[control] || title).focus({ preventScroll: true });
}
