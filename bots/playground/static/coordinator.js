// The coordinator's page: the cohort, its channels and prompts, and counts that name nobody.

import { busy, button, byId, confirmed, count, el, hidden, moment, request, svg, toast } from "./base.js";

const BAR = 96; // units of a bar's full length
const TIERS = { hard: "Important", soft: "Gentle" };
const COUNTED = { nudged: "Nudged", mended: "Mended by the author", judged_wrong: "Judged wrong" };

export class Coordinator {
  constructor(chat) {
    this.chat = chat;
    this.parts = Object.fromEntries(
      ["shadow", "channels", "roster", "prompts", "counts", "kept"].map((name) => [name, el("div", { class: "part" })]),
    );
    this.name = el("h2", { id: "cohort-name", tabindex: "-1" }, "Cohort");
    this.about = el("p", { class: "faint" });
    const { parts } = this;
    byId("coordinator").append(
      el(
        "header",
        {},
        el("div", {}, this.name, this.about),
        button("Look again", () => this.load(), { "data-testid": "cohort-reload" }),
      ),
      this.section(
        "What the helper did",
        "Counts alone, and only where enough people are behind them. Nobody can be told apart here, by you either.",
        parts.counts,
      ),
      this.section(
        "Weekly prompts",
        "One prompt a week goes to the cohort's channel. Skip one that doesn't fit, or post it now.",
        parts.prompts,
      ),
      this.section("Shadow mode", "In shadow mode the helper counts what it would have said, and says nothing.", parts.shadow),
      this.section(
        "Channels",
        "In a seminar channel, practice stories are welcome: only names, numbers, photos and contact with clients are nudged.",
        parts.channels,
      ),
      this.section("Roster", "Tells a classmate from a client. It stays in your own database.", parts.roster, this.importForm()),
      this.section(
        "What is kept",
        "Records of nudges hold a kind and a time; no words and no names.",
        parts.kept,
        this.purgeForm(),
      ),
    );
  }

  section(title, says, ...content) {
    const id = `cohort-${title.toLowerCase().replaceAll(" ", "-")}`;
    return el(
      "section",
      { class: "card", "aria-labelledby": id },
      el("h3", { id }, title),
      el("p", { class: "faint" }, says),
      content,
    );
  }

  async load() {
    const cohort = await request("GET", `/api/cohort?as=${encodeURIComponent(this.chat.me.id)}`);
    const held = document.activeElement?.dataset?.keep;
    this.draw(cohort);
    if (held)
      (byId("coordinator").querySelector(`[data-keep="${CSS.escape(held)}"]`) || this.name).focus({ preventScroll: true });
  }

  /** Change something, say so, and show how things are then. */
  async change(what, body, says) {
    const answer = await request("POST", `/api/cohort/${what}`, { as: this.chat.me.id, ...body });
    if (says) toast(says);
    await this.load();
    return answer;
  }

  draw(cohort) {
    const { parts } = this;
    this.name.textContent = cohort.name;
    this.about.textContent = [term(cohort.term), count(cohort.roster.length, "student")].filter(Boolean).join(" · ");
    parts.shadow.replaceChildren(
      this.toggle("shadow", "Shadow mode", cohort.shadow, (on) =>
        this.change("shadow", { on }, on ? "Shadow mode is on: nobody is nudged." : "Shadow mode is off: authors are nudged."),
      ),
    );
    parts.channels.replaceChildren(
      el(
        "ul",
        { class: "rows" },
        cohort.channels.map((channel) => el("li", {}, this.channel(channel))),
      ),
    );
    parts.roster.replaceChildren(...this.roster(cohort));
    parts.prompts.replaceChildren(
      cohort.prompts.length
        ? el(
            "ol",
            { class: "prompts" },
            cohort.prompts.map((prompt) => this.prompt(prompt)),
          )
        : el("p", { class: "empty" }, "No prompts are planned."),
    );
    parts.counts.replaceChildren(...this.counts(cohort.counts));
    parts.kept.replaceChildren(
      el(
        "p",
        {},
        cohort.retention_days
          ? `Kept for ${count(cohort.retention_days, "day")} at most, then deleted.`
          : "Nothing is deleted by itself.",
      ),
    );
  }

  /** A labelled switch that says its state in words. */
  toggle(name, label, on, change) {
    const box = el(
      "button",
      {
        type: "button",
        role: "switch",
        class: "switch",
        "aria-checked": String(on),
        "data-keep": name,
        "data-testid": `${name}-switch`,
      },
      el("span", { class: "knob", "aria-hidden": "true" }),
      el("span", {}, label),
      el("span", { class: "tag", "aria-hidden": "true" }, on ? "On" : "Off"),
    );
    box.addEventListener("click", () => busy(box, () => change(!on)));
    return box;
  }

  channel(given) {
    const channel = typeof given === "string" ? { id: given } : given;
    const known = this.chat.channels.get(channel.id);
    const name = known?.name || channel.name || channel.id;
    const seminar = channel.seminar ?? known?.seminar ?? false;
    return this.toggle(`seminar-${channel.id}`, `#${name} is a seminar`, seminar, (on) =>
      this.change(
        "channel",
        { channel: channel.id, seminar: on },
        on ? `#${name} is a seminar now.` : `#${name} is a usual channel now.`,
      ),
    );
  }

  roster(cohort) {
    const { acknowledged, roster } = cohort;
    const shown = [];
    if (acknowledged) {
      shown.push(
        el(
          "p",
          {},
          `${acknowledged.done} of ${acknowledged.of} have acknowledged the notice. `,
          bar(acknowledged.done, acknowledged.of),
        ),
      );
    }
    shown.push(
      roster.length
        ? el(
            "ul",
            { class: "names" },
            roster.map(({ name, aliases }) =>
              el("li", {}, name, aliases?.length ? el("small", { class: "faint" }, ` also ${aliases.join(", ")}`) : null),
            ),
          )
        : el("p", { class: "empty" }, "Nobody is on the roster yet. Import a cohort file below."),
    );
    return shown;
  }

  prompt({ week, at, text, skipped, posted }) {
    const title = typeof week === "number" ? `Week ${week}` : `Week of ${moment(week, "date")}`;
    const state = posted ? "Posted" : skipped ? "Skipped" : "Planned";
    const act = (label, what, says) =>
      button([label, hidden(`, ${title}`)], () => this.change("prompt", { week, do: what }, says), {
        "data-keep": `prompt-${week}-${what === "post" ? "post" : "skip"}`,
        "data-testid": `prompt-${what}`,
      });
    return el(
      "li",
      { class: state.toLowerCase(), "data-testid": "prompt" },
      el(
        "div",
        { class: "when" },
        el("strong", {}, title),
        el("time", { datetime: at }, moment(onTheWall(at), "full")),
        el("span", { class: "tag" }, state),
      ),
      el("p", {}, text),
      posted
        ? null
        : el(
            "div",
            { class: "buttons" },
            skipped
              ? act("Don't skip it", "unskip", `${title} is planned again.`)
              : act("Skip it", "skip", `${title} is skipped.`),
            skipped ? null : act("Post now", "post", `${title}'s prompt is posted.`),
          ),
    );
  }

  counts({ since, people, enough, rows }) {
    const from = `Since ${moment(since, "date")}${people === undefined ? "" : `, ${count(people, "person", "people")}`}.`;
    if (!enough || !rows.length) {
      const why = enough
        ? "No nudges yet."
        : "Counts appear once five people or more are behind them, so that nobody can be told apart.";
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
      "aria-describedby": "import-help import-fault",
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
      el("h4", {}, "Import a cohort file"),
      el(
        "p",
        { class: "faint", id: "import-help" },
        "name, profile and timezone are required; it replaces the cohort of this playground.",
      ),
      el("label", { for: "import-yaml" }, "The file's text (YAML)"),
      field,
      el("label", { for: "import-file" }, "or fill it in from a .yaml file, which is read on this machine"),
      file,
      fault,
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

  purgeForm() {
    const days = el("input", {
      id: "purge-days",
      type: "number",
      min: "0",
      max: "3660",
      value: "120",
      required: true,
      "data-testid": "purge-days",
    });
    const receipt = el("output", { for: "purge-days", "data-testid": "purge-receipt" });
    const send = el("button", { type: "submit", class: "danger", "data-testid": "purge-send" }, "Delete older records");
    const form = el(
      "form",
      { class: "form" },
      el("label", { for: "purge-days" }, "Delete records that are older than (days)"),
      days,
      el("div", { class: "buttons" }, send),
      receipt,
    );
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      busy(send, async () => {
        const number = Number(days.value);
        const yes = await confirmed(
          "Delete older records?",
          `Everything older than ${count(number, "day")} is deleted for good, for the whole cohort.`,
          "Delete",
          "Keep them",
        );
        if (!yes) return;
        const answer = await this.change("purge", { days: number });
        receipt.textContent = typeof answer.receipt === "string" ? answer.receipt : JSON.stringify(answer.receipt, null, 2);
      });
    });
    return form;
  }
}

function term(given) {
  if (!given || typeof given === "string") return given || null;
  return `Term ${moment(given.start, "date")} to ${moment(given.end, "date")}`;
}

/** A moment without its offset: what the cohort's own clock shows, wherever the reader is. */
const onTheWall = (at) => at.replace(/(?:Z|[+-]\d{2}:\d{2})$/, "");

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
