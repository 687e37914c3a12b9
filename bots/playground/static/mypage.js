// My page: the policy in brief and its acknowledgement, gentle nudges, and everything that is kept of somebody.

import { button, byId, el, request } from "./base.js";
import { press } from "./cards.js";

export class MyPage {
  constructor(chat, sheet) {
    this.chat = chat;
    this.sheet = sheet;
    this.cards = el("div", { class: "cards" });
    const again = button("Look again", () => this.load(), { "data-testid": "mine-reload" });
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

/** Put other content into a box; the focus stays on the button that has it, or on what came in its place. */
export function refilled(box, content, title) {
  const held = box.contains(document.activeElement) ? document.activeElement.dataset : null;
  box.replaceChildren(...content);
  if (!held) return;
  const found = held.do && box.querySelector(`[data-do="${CSS.escape(held.do)}"]`);
  const kept = held.keep && box.querySelector(`[data-keep="${CSS.escape(held.keep)}"]`);
  (found || kept || title).focus({ preventScroll: true });
}
