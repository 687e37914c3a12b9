// Cards as core makes them: lines and buttons. What a button does is the server's business; here it is only pressed.

import { button, el, paragraphs, request, uuid } from "./base.js";

const EDIT = "#edit="; // the address of a message of one's own, which is changed where it stands
const STYLES = { primary: "main", danger: "danger" };

/** The message that an address leads to, if it is one of this page's. */
export const edited = (url) => (url?.startsWith(EDIT) ? url.slice(EDIT.length) : null);

/** A card's lines; its headings are as deep as the page needs them. */
export function lines(card, heading = "h3") {
  return card.lines.flatMap(({ text, kind }) => {
    if (kind === "heading") return el(heading, {}, text);
    const shown = paragraphs(text);
    if (kind === "small") for (const one of shown) one.classList.add("small");
    return shown;
  });
}

/** Buttons of a card; `press` is called with the one pressed. */
export function buttons(given, press) {
  return given.map((one) => {
    const own = edited(one.url) !== null;
    const attributes = { class: STYLES[one.style], "data-do": own ? "edit" : one.do, "data-value": one.value };
    if (one.url && !own) return el("a", { ...attributes, href: one.url, rel: "noopener", target: "_blank" }, one.label);
    return button(own ? "Edit my message" : one.label, () => press(one), attributes);
  });
}

/** Press a button or send a form, once however often the request has to be made; `card` is the note that it stands in. */
export function press(as, given, { inputs = {}, card = "" } = {}) {
  return request("POST", "/api/press", { as, id: uuid(), do: given.do, value: given.value || "", inputs, card });
}

/** Save what a card exports, its last line, as a file. */
export function save(card, action) {
  const text = card.lines.at(-1).text;
  const data = action.startsWith("mine.");
  const url = URL.createObjectURL(new Blob([text], { type: data ? "application/json" : "text/csv" }));
  el("a", { href: url, download: data ? "practicum-my-data.json" : "practicum-acknowledgements.csv" }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
}
