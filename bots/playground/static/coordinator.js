// The coordinator's page: each cohort's card, its prompts and acknowledgements, and counts that name nobody.

import { busy, button, byId, confirmed, count, el, moment, request, svg, toast } from "./base.js";
import { press } from "./cards.js";
import { refilled } from "./mypage.js";

const BAR = 96; // units of a bar's full length
const TIERS = { hard: "Important", soft: "Gentle" };
const COUNTED = { nudged: "Nudged", mended: "Mended by the author", judged_wrong: "Judged wrong" };
const SHOWN = new Set(["prompts.show", "acknowledged.show"]); // cards that have a place of their own on the page

export class Coordinator {
  constructor(chat, sheet) {
    this.chat = chat;
    this.sheet = sheet;
    this.receipts = new Map(); // cohort's name → the last one, which stays when the page is drawn anew
    this.name = el("h2", { id: "coordinator-name", tabindex: "-1" }, "Coordinator");
    this.cohorts = el("div", { class: "cohorts" });
    const again = button("Refresh", () => this.load(), { "data-testid": "cohort-reload" });
    const says =
      "The file becomes this playground's cohort: one of another name begins with an empty page, the same one changed keeps " +
      "its messages. It needs a name, a profile and a timezone.";
    const file = this.section("Import a cohort file", says, "import", this.importForm());
    byId("coordinator").append(el("header", {}, this.name, again), this.cohorts, file);
  }

  section(title, says, id, ...content) {
    return el(
      "section",
      { class: "card", "aria-labelledby": `part-${id}` },
      el("h3", { id: `part-${id}` }, title),
      el("p", { class: "faint", id: `part-${id}-says` }, says),
      content,
    );
  }

  async load() {
    const me = this.chat.me.id;
    const page = await request("GET", `/api/cohort?as=${encodeURIComponent(me)}`);
    const parts = await Promise.all(page.cohorts.map((cohort) => this.embedded(me, cohort.card)));
    if (me !== this.chat.me.id) return;
    const shown = page.cohorts.flatMap((cohort, number) => this.cohort(cohort, parts[number], number, page.keep));
    refilled(this.cohorts, [...shown, ...page.cards.map((card) => this.another(card))], this.name);
  }

  another(card) {
    const section = this.sheet.section(card);
    section.prepend(el("h3", {}, "Another cohort"));
    return section;
  }

  /** The cards behind some buttons of a cohort's card, by what they do. */
  async embedded(me, card) {
    const wanted = card.buttons.filter((one) => SHOWN.has(one.do));
    return Object.fromEntries(await Promise.all(wanted.map(async (one) => [one.do, (await press(me, one)).card])));
  }

  cohort(cohort, parts, number, keep) {
    const own = { ...cohort.card, buttons: cohort.card.buttons.filter((one) => !SHOWN.has(one.do)) };
    const { done, of } = cohort.acknowledged;
    const acknowledged = this.sheet.section(parts["acknowledged.show"]);
    acknowledged.prepend(el("h3", {}, "Acknowledgements"), el("div", { class: "figure", "data-testid": "acknowledged" }, bar(done, of), `${done} of ${of}`));
    const counted = this.section(
      "What the helper did",
      "Counts alone, and only where enough people are behind them. Nobody can be told apart here, by you either.",
      `counts-${number}`,
      this.counts(cohort.counts),
    );
    const kept = this.section(
      "What is kept",
      `Of a nudge its kind and time, for ${count(keep.nudges, "day")}; that a message was looked at, for ${count(keep.events, "day")}. No words and no names. Older records are deleted each day.`,
      `kept-${number}`,
      this.purgeForm(cohort, number, keep),
    );
    const [card, prompts] = [own, parts["prompts.show"]].map((shown) => this.sheet.section(shown));
    for (const one of [card, prompts]) one.classList.add("whole");
    return [card, counted, acknowledged, prompts, kept];
  }

  counts({ since, enough, rows }) {
    const from = `From ${moment(since, "date")} until yesterday.`;
    if (!enough || !rows.length) {
      const why = enough
        ? "No nudges yet."
        : "Too few so far: counts appear once five people or more are behind them.";
      return [el("p", { class: "empty", "data-testid": "counts-empty" }, `${why} ${from}`)];
    }
    const most = Math.max(1, ...rows.flatMap((row) => Object.keys(COUNTED).map((name) => row[name] || 0)));
    const body = rows.map((row) =>
      el(
        "tr",
        {},
        el("th", { scope: "row" }, row.name, " ", el("span", { class: "tag" }, TIERS[row.tier] || row.tier)),
        Object.entries(COUNTED).map(([name, label]) =>
          el(
            "td",
            { "data-label": label },
            el("span", { class: `figure ${name}` }, bar(row[name] || 0, most), String(row[name] ?? "–")),
          ),
        ),
      ),
    );
    const head = el(
      "tr",
      {},
      el("th", { scope: "col" }, "Kind"),
      Object.values(COUNTED).map((label) => el("th", { scope: "col" }, label)),
    );
    return [
      el("p", { class: "faint" }, from),
      el("table", { class: "counts", "data-testid": "counts" }, el("thead", {}, head), el("tbody", {}, body)),
    ];
  }

  importForm() {
    const field = el("textarea", {
      id: "import-yaml",
      rows: "6",
      spellcheck: "false",
      "aria-describedby": "part-import-says import-fault",
      "data-testid": "import-yaml",
    });
    const file = el("input", { id: "import-file", type: "file", accept: ".yaml,.yml,text/yaml" });
    const fault = el("p", { class: "fault", id: "import-fault", role: "alert" });
    const send = el("button", { type: "submit", class: "main", "data-testid": "import-send" }, "Import");
    file.addEventListener("change", () =>
      busy(file, async () => {
        if (file.files[0]) field.value = await file.files[0].text();
        file.value = "";
      }),
    );
    const form = el(
      "form",
      { class: "form" },
      el("label", { for: "import-yaml" }, "The file's text (YAML)"),
      field,
      fault,
      el("label", { for: "import-file" }, "or fill it in from a .yaml file, which is read on this machine"),
      file,
      el("div", { class: "buttons" }, send),
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      busy(send, async () => {
        fault.textContent = "";
        field.removeAttribute("aria-invalid");
        if (field.value.trim()) {
          await request("POST", "/api/cohort/import", { as: this.chat.me.id, yaml: field.value }).then(
            () => {
              field.value = "";
              toast("The cohort is imported.");
              return this.load();
            },
            (error) => refuse(error.message),
          );
        } else refuse("Paste a cohort file, or choose one.");
      });
    });
    const refuse = (says) => {
      fault.textContent = says;
      field.setAttribute("aria-invalid", "true");
      field.focus();
    };
    return form;
  }

  purgeForm(cohort, number, keep) {
    const id = `purge-days-${number}`;
    const days = el("input", {
      id,
      type: "number",
      min: "0",
      max: "3660",
      value: String(keep.nudges),
      required: true,
      "data-testid": "purge-days",
    });
    const receipt = el("output", { for: id, "data-testid": "purge-receipt" }, this.receipts.get(cohort.name));
    const send = el("button", { type: "submit", class: "danger", "data-testid": "purge-send" }, "Delete older records now");
    const form = el(
      "form",
      { class: "form" },
      el("label", { for: id }, "Delete records that are older than (days)"),
      days,
      el("div", { class: "buttons" }, send),
      receipt,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      busy(send, async () => {
        const older = Number(days.value);
        const yes = await confirmed(
          "Delete older records?",
          `Everything older than ${count(older, "day")} is deleted for good, for all of ${cohort.name}.`,
          "Delete",
          "Keep them",
        );
        if (!yes) return;
        const body = { as: this.chat.me.id, cohort: cohort.name, days: older };
        this.receipts.set(cohort.name, (await request("POST", "/api/cohort/purge", body)).receipt);
        (byId("coordinator").querySelector(`output[for="${id}"]`) || receipt).textContent = this.receipts.get(cohort.name);
      });
    });
    return form;
  }
}

/** A bar beside its number, which is the text. */
function bar(value, most) {
  const full = svg("rect", { class: "track", width: BAR, height: 10, rx: 5 });
  const part = svg("rect", {
    class: "value",
    width: most ? Math.max(value ? 4 : 0, (BAR * value) / most) : 0,
    height: 10,
    rx: 5,
  });
  return svg("svg", { class: "bar", viewBox: `0 0 ${BAR} 10`, preserveAspectRatio: "none", "aria-hidden": "true" }, full, part);
}
