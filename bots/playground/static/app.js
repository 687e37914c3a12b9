// The page: who you are, which page is shown, the tour, and what the engine saw.

import { ApiError, busy, byId, count, el, icon, marked, request, toast } from "./base.js";
import { Chat } from "./chat.js";
import { Coordinator } from "./coordinator.js";
import { MyPage } from "./mypage.js";
import { Sheet } from "./sheet.js";

const CARDS = 30; // messages in the side panel, newest first
const NARROW = matchMedia("(max-width: 860px)"); // a side panel covers the page
const WIDE = matchMedia("(min-width: 1320px)"); // two side panels fit beside the chat

const chat = new Chat({ state: shown, seen, gone: unseen, side: aside, reset: renewed, lost, press: (...what) => sheet.press(...what) });
const sheet = new Sheet(chat, { changed: renewed, ask: asks });
const pages = { mine: new MyPage(chat, sheet), coordinator: new Coordinator(chat, sheet) };
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
  for (const id of ["chat", "mine", "coordinator"]) byId(id).hidden = true;
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
  const leads = me.role === "coordinator";
  byId("pages").hidden = false;
  byId("coordinator-tab").hidden = !leads;
  byId("loading").hidden = true;
  if (first || (page === "coordinator" && !leads)) turn(page === "coordinator" && !leads ? "chat" : page);
}

function lost(error) {
  if (error.status === 400) begin();
  else toast(error.message, "error");
}

function renewed() {
  if (pages[page]) busy(byId(`${page}-tab`), () => pages[page].load());
}

/** A question from a form: asked where its button stood, or in the helper's own channel. */
function asks(question, { note }) {
  if (note) return void chat.ask({ channel: note.channel, thread: note.thread }, question);
  const channel = [...chat.channels.values()].find(({ kind }) => kind === "direct").id;
  turn("chat");
  chat.open(channel);
  chat.composer.focus();
  return void chat.ask({ channel, thread: null }, question);
}

byId("you-are").addEventListener("change", (event) => become(event.target.value).then(() => byId("you-are").focus()));
addEventListener("popstate", () => asked() && asked() !== chat.me.id && begin());

// ── Pages and side panels ─────────────────────────────────────────────────────────────────────────────────────────

function turn(to) {
  page = to;
  const isChat = to === "chat";
  byId("body").dataset.page = isChat ? "chat" : "page";
  byId("channels").hidden = !isChat;
  byId("seen-toggle").hidden = !isChat;
  for (const id of ["chat", "mine", "coordinator"]) {
    byId(id).hidden = id !== to;
    if (id === to) byId(`${id}-tab`).setAttribute("aria-current", "page");
    else byId(`${id}-tab`).removeAttribute("aria-current");
  }
  if (isChat) return chat.read();
  chat.closeThread(false);
  return renewed();
}

for (const id of ["chat", "mine", "coordinator"]) byId(`${id}-tab`).addEventListener("click", () => turn(id));
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

// ── Beginning ─────────────────────────────────────────────────────────────────────────────────────────────────────

byId("skip").addEventListener("click", (event) => {
  event.preventDefault();
  if (page === "chat" && !byId("chat").hidden) chat.composer.focus();
  else byId("main").focus();
});
begin();
