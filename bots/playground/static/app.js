// The page: who you are, which page is shown, the tour, your data, and what the engine saw.

import { ApiError, busy, byId, confirmed, count, el, icon, marked, moment, request, toast } from "./base.js";
import { Chat } from "./chat.js";
import { Coordinator } from "./coordinator.js";

const CARDS = 30; // messages in the side panel, newest first
const NARROW = matchMedia("(max-width: 860px)"); // a side panel covers the page
const WIDE = matchMedia("(min-width: 1320px)"); // two side panels fit beside the chat
const STAFF = new Set(["coordinator", "instructor"]);

const chat = new Chat({ state: shown, seen, gone: unseen, side: aside, reset: renewed, lost });
const coordinator = new Coordinator(chat);
let page = "chat";

// ── Who you are ───────────────────────────────────────────────────────────────────────────────────────────────────

const asked = () => new URLSearchParams(location.hash.slice(1)).get("as") || "";

function become(id, how = "pushState") {
  history[how](null, "", `#as=${encodeURIComponent(id)}`);
  return begin();
}

/** Start as the one the address names; where it names nobody the server knows, as the one it proposes. */
async function begin() {
  loading("Loading the channel…");
  byId("seen-list")
    .querySelectorAll(".card")
    .forEach((card) => card.remove());
  byId("seen-empty").hidden = false;
  try {
    const { you } = await request("GET", `/api/state?as=${encodeURIComponent(asked())}`);
    if (you.id !== asked()) return await become(you.id, "replaceState");
    return await chat.start(you.id);
  } catch (error) {
    if (!(error instanceof ApiError)) console.error(error);
    return loading(error.message, true);
  }
}

function loading(says, failed = false) {
  const box = byId("loading");
  box.hidden = false;
  byId("chat").hidden = true;
  byId("coordinator").hidden = true;
  box.replaceChildren(el("p", {}, failed ? icon("warn") : null, says));
  if (failed) box.append(el("button", { type: "button", class: "main", onclick: begin }, "Try again"));
}

/** The state is there, for the first time or anew. */
function shown({ me, people }, first) {
  const choose = byId("you-are");
  const wanted = [...people.values()].map((person) => [
    person.id,
    person.role === "student" ? person.name : `${person.name} (${person.role})`,
  ]);
  if (choose.dataset.people !== JSON.stringify(wanted)) {
    choose.dataset.people = JSON.stringify(wanted);
    choose.replaceChildren(...wanted.map(([value, name]) => el("option", { value }, name)));
  }
  choose.value = me.id;
  choose.disabled = false;
  const others = [...people.keys()];
  byId("second").href = `/#as=${encodeURIComponent(others[(others.indexOf(me.id) + 1) % others.length])}`;
  byId("pages").hidden = !STAFF.has(me.role);
  byId("loading").hidden = true;
  if (first || !STAFF.has(me.role)) turn(STAFF.has(me.role) ? page : "chat");
}

function lost(error) {
  if (error.status === 400) begin();
  else toast(error.message, "error");
}

function renewed() {
  if (page === "coordinator") busy(byId("coordinator-tab"), () => coordinator.load());
}

byId("you-are").addEventListener("change", (event) => become(event.target.value).then(() => byId("you-are").focus()));
addEventListener("popstate", () => asked() && asked() !== chat.me.id && begin());

// ── Pages and side panels ─────────────────────────────────────────────────────────────────────────────────────────

function turn(to) {
  page = to;
  const isChat = to === "chat";
  byId("body").dataset.page = to;
  byId("chat").hidden = !isChat;
  byId("channels").hidden = !isChat;
  byId("coordinator").hidden = isChat;
  for (const [tab, on] of [
    ["chat-tab", isChat],
    ["coordinator-tab", !isChat],
  ]) {
    if (on) byId(tab).setAttribute("aria-current", "page");
    else byId(tab).removeAttribute("aria-current");
  }
  if (isChat) chat.read();
  else {
    chat.closeThread(false);
    busy(byId("coordinator-tab"), () => coordinator.load());
  }
}

byId("chat-tab").addEventListener("click", () => turn("chat"));
byId("coordinator-tab").addEventListener("click", () => turn("coordinator"));
document.addEventListener("visibilitychange", () => !document.hidden && page === "chat" && chat.read());

/** A side panel was opened, or (null) put away: where two don't fit, the other one goes. */
function aside(opened) {
  if (opened === "thread" && !WIDE.matches) show(false);
  if (opened === "seen" && !WIDE.matches) chat.closeThread(false);
  const covered = NARROW.matches && (!byId("thread").hidden || !byId("seen").hidden);
  for (const part of [document.querySelector(".top"), byId("channels"), byId("main")]) part.inert = covered;
}

function show(open) {
  byId("seen").hidden = !open;
  byId("seen-toggle").setAttribute("aria-expanded", String(open));
}

function closeSeen() {
  show(false);
  aside(null);
  byId("seen-toggle").focus();
}

byId("seen-toggle").addEventListener("click", () => {
  if (!byId("seen").hidden) return closeSeen();
  show(true);
  aside("seen");
  return byId("seen-name").focus();
});
byId("seen-close").addEventListener("click", closeSeen);
byId("seen").addEventListener("keydown", (event) => event.key === "Escape" && closeSeen());
for (const query of [NARROW, WIDE]) {
  query.addEventListener("change", () => aside(!byId("thread").hidden ? "thread" : null));
}
if (WIDE.matches) show(true);

// ── What the engine saw ───────────────────────────────────────────────────────────────────────────────────────────

const figure = (score) => (typeof score === "number" ? score.toFixed(2) : null);

function seen({ message, ms, score, rule, findings }, text) {
  unseen(message);
  const facts = [
    findings.length ? count(findings.length, "finding") : "Nothing found",
    figure(score) && `score ${figure(score)}`,
    rule && `rule ${rule}`,
    typeof ms === "number" && `${ms.toLocaleString("en-CA")} ms`,
  ];
  const found = findings.map((finding) =>
    el(
      "li",
      {},
      el("strong", {}, finding.name),
      " ",
      el("span", { class: "tag" }, finding.tier === "hard" ? "Important" : "Gentle"),
      el(
        "dl",
        {},
        [
          ["Category", finding.category],
          ["Score", figure(finding.score)],
          ["Rule", finding.rule],
          ["Cites", finding.citations?.join(", ")],
        ]
          .filter(([, value]) => value)
          .map(([name, value]) => el("div", {}, el("dt", {}, name), el("dd", {}, value))),
      ),
    ),
  );
  byId("seen-empty").hidden = true;
  byId("seen-empty").after(
    el(
      "article",
      { class: "card", "data-testid": "seen", "data-id": message },
      marked(text, findings),
      el("p", { class: "faint" }, facts.filter(Boolean).join(" · ")),
      found.length ? el("ol", {}, found) : null,
    ),
  );
  for (const old of [...byId("seen-list").querySelectorAll(".card")].slice(CARDS)) old.remove();
}

function unseen(message) {
  byId("seen-list")
    .querySelector(`.card[data-id="${CSS.escape(message)}"]`)
    ?.remove();
  byId("seen-empty").hidden = Boolean(byId("seen-list").querySelector(".card"));
}

// ── The tour ──────────────────────────────────────────────────────────────────────────────────────────────────────

byId("tour").addEventListener("click", (event) =>
  busy(event.currentTarget, async () => {
    if (page !== "chat") turn("chat");
    toast(
      "The tour begins: watch a day's messages arrive, and look at the channels. Be each of the students to see what only they see.",
    );
    await request("POST", "/api/tour", { as: chat.me.id });
    toast("That was the day.");
  }),
);

// ── My data ───────────────────────────────────────────────────────────────────────────────────────────────────────

const ENDINGS = { edited: "you changed the message", deleted: "you deleted the message", judged: "you judged it wrong" };
const JUDGED = {
  not_practicum: "about nobody from a placement",
  not_identifying: "nobody could be recognized",
  public: "public anyway",
  other: "something else",
};
let records = [];

async function mine() {
  records = (await request("GET", `/api/mine?as=${encodeURIComponent(chat.me.id)}`)).records;
  const rows = records.map(({ at, category, tier, band, closing, feedback }) =>
    el(
      "tr",
      {},
      [
        moment(at, "full"),
        chat.categories[category] || category,
        tier === "hard" ? "Important" : "Gentle",
        typeof band === "number" ? `${Math.round(band * 100)}%` : "–",
        closing ? ENDINGS[closing] || closing : "open",
        feedback ? JUDGED[feedback] || feedback : "–",
      ].map((value) => el("td", {}, value)),
    ),
  );
  const heads = ["When", "Kind", "Tier", "How sure", "How it ended", "What you said"].map((head) =>
    el("th", { scope: "col" }, head),
  );
  byId("mine-table").replaceChildren(
    records.length
      ? el("table", {}, el("thead", {}, el("tr", {}, heads)), el("tbody", {}, rows))
      : el("p", { class: "empty", "data-testid": "my-data-empty" }, "Nothing is kept about you."),
  );
  for (const id of ["mine-delete", "mine-export"]) byId(id).disabled = !records.length;
}

byId("mine").addEventListener("click", (event) =>
  busy(event.currentTarget, async () => {
    byId("mine-status").textContent = "";
    await mine();
    byId("mine-dialog").showModal();
    byId("mine-title").focus();
  }),
);
byId("mine-close").addEventListener("click", () => byId("mine-dialog").close());
byId("mine-export").addEventListener("click", () => {
  const url = URL.createObjectURL(
    new Blob([JSON.stringify({ person: chat.me.id, records }, null, 2)], { type: "application/json" }),
  );
  const link = el("a", { href: url, download: `practicum-my-data-${chat.me.id}.json` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
  byId("mine-status").textContent = "Saved as a file.";
});
byId("mine-delete").addEventListener("click", (event) =>
  busy(event.currentTarget, async () => {
    const yes = await confirmed(
      "Delete all that is kept about you?",
      `${count(records.length, "record")} will be deleted for good.`,
      "Delete all",
      "Keep it",
    );
    if (!yes) return;
    try {
      const { deleted } = await request("DELETE", "/api/mine", { as: chat.me.id });
      await mine();
      byId("mine-status").textContent = `Deleted ${count(deleted, "record")}.`;
      byId("mine-title").focus();
    } catch (error) {
      byId("mine-status").textContent = `That didn't work. ${error.message}`;
    }
  }),
);

// ── Beginning ─────────────────────────────────────────────────────────────────────────────────────────────────────

byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  if (page === "chat" && !byId("chat").hidden) chat.composer.focus();
  else byId("main").focus();
});
begin();
