// The chat: who is here, what was written and whispered, and everything a person can do about it.

import { byId, confirmed, el, hidden, icon, path, request, stream, toast, uuid } from "./base.js";
import { COMMAND, Composer } from "./composer.js";
import { Flow, MessageView, NoteView } from "./view.js";

const FLUSH = 30; // milliseconds in which news are gathered, to be drawn together
const PATIENCE = 1500; // milliseconds to wait for the stream before asking for the state without it
const HELPER = "Practicum helper";

export class Chat {
  /** `hooks` tells the page of `state` (who and where), `seen` (what the engine saw) and `gone` (a message is no more). */
  constructor(hooks) {
    this.hooks = hooks;
    this.main = new Flow(
      byId("log"),
      (item) => this.view(item),
      (end) => this.atEnd(end),
    );
    this.aside = new Flow(byId("thread-log"), (item) => this.view(item));
    this.composer = new Composer(this, byId("composer"), "", () => ({ channel: this.channel, thread: null }));
    this.reply = new Composer(this, byId("thread-composer"), "thread-", () => ({ channel: this.channel, thread: this.thread }));
    byId("jump").addEventListener("click", () => {
      this.main.end();
      byId("log").focus({ preventScroll: true });
    });
    byId("thread-close").addEventListener("click", () => this.closeThread());
    byId("thread").addEventListener(
      "keydown",
      (event) => event.key === "Escape" && !event.defaultPrevented && this.closeThread(),
    );
    this.clear();
  }

  clear() {
    this.me = { id: "", name: "", role: "student" };
    this.people = new Map();
    this.channels = new Map();
    this.messages = new Map();
    this.notes = new Map(); // whisper's id → whisper
    this.lines = new Map(); // channel's or thread's id → items in order
    this.notesUnder = new Map(); // message's id → ids of whispers
    this.unread = new Map();
    this.drafts = new Map();
    this.texts = new Map(); // message's id → the words that were sent last, for the side panel
    this.queues = new Map();
    this.inbox = [];
    this.channel = null;
    this.thread = null;
  }

  // ── Coming and going ──

  /** Be somebody: everything shown before is put away. Resolves when the first state is there. */
  async start(as) {
    this.stop();
    this.clear();
    byId("thread").hidden = true;
    this.hooks.side(null);
    const turn = Symbol("turn");
    this.turn = turn;
    return new Promise((resolve, reject) => {
      let [asked, ready] = [false, false];
      const load = () => {
        asked = true;
        if (this.turn !== turn) return;
        this.load(as, turn).then(
          () => {
            ready = true;
            resolve();
          },
          (error) => (ready ? this.hooks.lost(error) : reject(error)),
        );
      };
      setTimeout(() => asked || load(), PATIENCE);
      this.source = stream(as, {
        news: (kind, data) => this.turn === turn && this.take(kind, data),
        opened: () => {
          byId("connection").textContent = "";
          load();
        },
        lost: () => {
          byId("connection").textContent = "Connection lost. Trying again…";
          if (!asked) load();
        },
      });
    });
  }

  stop() {
    this.source?.close();
    this.turn = null;
    byId("connection").textContent = "";
  }

  /** Ask for everything and take over what is new; what arrives meanwhile is taken afterwards. */
  async load(as, turn = this.turn) {
    this.loading = (this.loading || 0) + 1;
    try {
      const state = await request("GET", `/api/state?as=${encodeURIComponent(as)}`);
      if (this.turn === turn) this.merge(state);
    } finally {
      this.loading -= 1;
      this.flush();
    }
  }

  merge(state) {
    const first = !this.channels.size;
    this.me = state.you;
    this.people = new Map(state.people.map((person) => [person.id, person]));
    this.channels = new Map(state.channels.map((channel) => [channel.id, channel]));
    this.categories = state.categories || {};
    const [here, whispered] = [new Set(state.messages.map(({ id }) => id)), new Set(state.whispers.map(({ id }) => id))];
    const change = () => {
      for (const message of [...this.messages.values()]) {
        if (!here.has(message.id) && !message.echo && !message.pending && !message.deleted) this.deleted(message.id);
      }
      for (const note of [...this.notes.values()]) if (!whispered.has(note.id)) this.unwhispered(note);
      for (const message of state.messages) this.messaged(message, first);
      for (const note of state.whispers) this.whispered(note, first);
    };
    if (first) {
      this.bulk = true;
      change();
      this.bulk = false;
      for (const line of this.lines.values()) line.sort((a, b) => new Date(a.at) - new Date(b.at));
      this.unread.clear();
    } else this.together(change);
    const wanted = this.channels.has(this.channel) ? this.channel : state.channels[0]?.id;
    if (wanted !== this.channel || first) this.open(wanted);
    else this.headed();
    this.hooks.state(this, first);
  }

  take(kind, data) {
    if (kind === "reset") {
      this.inbox = [];
      this.load(this.me.id).then(
        () => this.hooks.reset(),
        (error) => this.hooks.lost(error),
      );
      return;
    }
    this.inbox.push([kind, data]);
    this.timer ??= setTimeout(() => {
      this.timer = null;
      this.flush();
    }, FLUSH);
  }

  flush() {
    if (this.loading || !this.inbox.length || !this.channels.size) return;
    const news = this.inbox.splice(0);
    const handle = {
      message: (data) => this.messaged(data),
      edited: (data) => this.messaged(data),
      deleted: (data) => this.deleted(data.id),
      whisper: (data) => this.whispered(data),
      closed: (data) => this.closed(data.message),
      seen: (data) => this.seen(data),
    };
    this.together(() => news.forEach(([kind, data]) => handle[kind](data)));
    this.listed();
  }

  together(change) {
    this.main.keep(() => this.aside.keep(change));
  }

  // ── What there is ──

  nameOf(id) {
    return id === "bot" ? HELPER : this.people.get(id)?.name || id || "";
  }

  roleOf(id) {
    return this.people.get(id)?.role;
  }

  isMine(id) {
    const message = this.messages.get(id);
    return Boolean(message && message.author === this.me.id && !message.echo && !message.deleted);
  }

  notesOf(id) {
    return (this.notesUnder.get(id) || []).map((name) => this.notes.get(name)).filter(Boolean);
  }

  inThread(id) {
    const line = this.lines.get(id) || [];
    const open = (note) => note && !note.closed && note.kind === "nudge";
    const notes = line.flatMap(({ key }) => [this.notes.get(key), ...this.notesOf(key)]).filter(open);
    return {
      replies: line.filter(({ key }) => this.messages.has(key) && !this.messages.get(key).echo).length,
      notes: notes.length,
    };
  }

  view(item) {
    const message = this.messages.get(item.key);
    if (message) return new MessageView(this, message);
    const note = new NoteView(this, this.notes.get(item.key));
    return { element: note.element, update: () => note.update(this.notes.get(item.key)) };
  }

  line(place) {
    if (!this.lines.has(place)) this.lines.set(place, []);
    return this.lines.get(place);
  }

  put(place, item) {
    const line = this.line(place);
    line.push(item);
    if (this.bulk) return;
    for (const flow of [this.main, this.aside]) if (flow.items === line) flow.added(item);
  }

  pull(place, key) {
    const line = this.line(place);
    const index = line.findIndex((item) => item.key === key);
    if (index < 0) return;
    line.splice(index, 1);
    for (const flow of [this.main, this.aside]) if (flow.items === line) flow.dropped(key, index);
  }

  refresh(id) {
    if (this.bulk || !id) return;
    this.main.refresh(id);
    this.aside.refresh(id);
    if (id === this.thread) this.root?.update();
  }

  /** A message is new or changed. */
  messaged(given) {
    const known = this.messages.get(given.id);
    if (known) {
      Object.assign(known, given, { deleted: false });
      this.refresh(given.id);
      return;
    }
    const message = { ...given };
    this.messages.set(message.id, message);
    if (message.thread) this.rooted(message);
    this.put(message.thread || message.channel, { key: message.id, at: message.at, author: message.author });
    this.refresh(message.thread);
    if (message.author !== this.me.id) this.news(message.channel);
  }

  /** A reply's first message may be gone: something has to stand where the thread hangs. */
  rooted({ thread, channel, at }) {
    if (this.messages.has(thread)) return;
    this.messages.set(thread, { id: thread, channel, thread: null, author: null, text: "", at, files: [], deleted: true });
    this.put(channel, { key: thread, at, author: null });
  }

  deleted(id) {
    const message = this.messages.get(id);
    if (!message || message.deleted) return;
    this.hooks.gone(id);
    const notes = this.notesOf(id);
    if (notes.some((note) => note.kind === "nudge" && !note.closed)) toast("Done, thank you.");
    notes.filter((note) => note.kind === "nudge").forEach((note) => this.unwhispered(note));
    const answered = this.notesOf(id).some((note) => note.kind === "reply");
    if (this.lines.get(id)?.length || answered) {
      Object.assign(message, { deleted: true, text: "", files: [] });
      this.refresh(id);
      return;
    }
    this.messages.delete(id);
    this.pull(message.thread || message.channel, id);
    if (id === this.thread) this.closeThread();
    const first = this.messages.get(message.thread);
    if (first?.deleted && !this.lines.get(first.id)?.length) {
      this.messages.delete(first.id);
      this.pull(first.channel, first.id);
      if (first.id === this.thread) this.closeThread();
    } else this.refresh(message.thread);
  }

  /** A private note is new or changed. */
  whispered(note) {
    const known = this.notes.has(note.id);
    this.notes.set(note.id, note);
    const message = this.messages.get(note.message);
    if (!known && message) this.notesUnder.set(message.id, [...(this.notesUnder.get(message.id) || []), note.id]);
    else if (!known) {
      if (note.closed && note.kind === "nudge") return; // its message is gone
      if (note.thread) this.rooted(note);
      this.put(note.thread || note.channel, { key: note.id, at: note.at, author: null });
    }
    this.refresh(message ? message.id : note.id);
    this.refresh(note.thread);
    if (!known) this.news(note.channel);
  }

  unwhispered(note) {
    this.notes.delete(note.id);
    this.refresh(note.message);
    this.pull(note.thread || note.channel, note.id);
  }

  closed(message) {
    for (const note of this.notes.values()) {
      if (note.message === message && note.kind === "nudge" && !note.closed)
        this.whispered({ ...note, closed: true, actions: [] });
    }
  }

  seen(data) {
    const message = this.messages.get(data.message);
    const text = this.texts.get(data.message) ?? message?.text;
    if (text !== undefined && (!message || message.author === this.me.id)) this.hooks.seen(data, text);
  }

  news(channel) {
    if (this.bulk || (channel === this.channel && !byId("chat").hidden && !document.hidden)) return;
    this.unread.set(channel, (this.unread.get(channel) || 0) + 1);
  }

  // ── Channels and threads ──

  open(id) {
    if (this.channel && this.channel !== id) {
      this.drafts.set(this.channel, this.composer.draft());
      this.closeThread(false);
    }
    this.channel = id;
    this.composer.restore(this.drafts.get(id));
    this.headed();
    this.emptied();
    this.main.show(this.line(id), this.empty);
    this.read();
  }

  headed() {
    const channel = this.channels.get(this.channel);
    if (!channel) return;
    const direct = channel.kind === "direct";
    byId("channel-name").textContent = direct ? channel.name : `#${channel.name}`;
    byId("channel-seminar").hidden = !channel.seminar;
    byId("log").setAttribute("aria-label", `Messages in ${channel.name}`);
    const notice = byId("notice");
    notice.hidden = !channel.notice;
    byId("notice-text").textContent = channel.notice || "";
    this.composer.label(direct ? `Write to the ${channel.name}` : `Write to #${channel.name}`);
    this.reply.label("Write a reply");
  }

  /** What an empty channel says; shown by style alone, as long as there is nothing else. */
  emptied() {
    const channel = this.channels.get(this.channel);
    const says =
      channel?.kind === "direct"
        ? [
            "Ask the helper anything about practicum ethics.",
            "Only you see this conversation. Try “can I accept a friend request from a former client?”",
          ]
        : ["Nothing here yet.", "Say hello, ask “@ethics can I friend a former client?”, or play the tour to see a day go by."];
    this.empty = el("div", { class: "empty" }, el("p", {}, el("strong", {}, says[0])), el("p", {}, says[1]));
  }

  /** The channel in sight has been read. */
  read() {
    this.unread.delete(this.channel);
    this.listed();
  }

  listed() {
    const total = [...this.unread.values()].reduce((sum, one) => sum + one, 0);
    const name = this.channels.get(this.channel)?.name;
    document.title = `${total ? `(${total}) ` : ""}${name ? `${name} · ` : ""}Practicum playground`;
    for (const [kind, list] of [
      ["channel", byId("channel-list")],
      ["direct", byId("direct-list")],
    ]) {
      const wanted = [...this.channels.values()].filter((channel) => channel.kind === kind);
      if (list.dataset.ids !== wanted.map(({ id }) => id).join()) {
        list.dataset.ids = wanted.map(({ id }) => id).join();
        list.replaceChildren(...wanted.map((channel) => el("li", {}, this.entry(channel))));
      }
      wanted.forEach((channel, index) => {
        const entry = list.children[index].firstChild;
        const unread = this.unread.get(channel.id) || 0;
        if (channel.id === this.channel) entry.setAttribute("aria-current", "true");
        else entry.removeAttribute("aria-current");
        entry.querySelector(".name").textContent = channel.name;
        entry.querySelector(".badge").replaceChildren(...(unread ? [String(unread), hidden(" new")] : []));
        entry.querySelector(".kind").textContent = channel.seminar && channel.name !== "seminar" ? "seminar" : "";
      });
    }
  }

  entry(channel) {
    const attributes = {
      type: "button",
      class: "channel",
      "data-testid": `channel-${channel.id}`,
      onclick: () => this.open(channel.id),
    };
    return el(
      "button",
      attributes,
      icon(channel.kind === "direct" ? "helper" : "hash"),
      el("span", { class: "name" }),
      el("span", { class: "kind" }),
      el("span", { class: "badge" }),
    );
  }

  atEnd(end) {
    byId("jump").hidden = end;
  }

  openThread(id) {
    const message = this.messages.get(id);
    if (!message) return;
    if (this.thread && this.thread !== id) this.drafts.set(this.thread, this.reply.draft());
    if (this.thread !== id) this.opener = id;
    this.thread = id;
    this.root = new MessageView(this, message, true);
    byId("thread").hidden = false;
    this.hooks.side("thread");
    this.reply.restore(this.drafts.get(id));
    this.aside.show(this.line(id), el("div", { class: "root" }, this.root.element));
    this.reply.focus();
  }

  closeThread(back = true) {
    if (!this.thread) return;
    this.drafts.set(this.thread, this.reply.draft());
    this.thread = null;
    this.root = null;
    byId("thread").hidden = true;
    this.hooks.side(null);
    if (back) {
      const element = this.main.element(this.opener);
      (element?.querySelector(".replies") || element?.querySelector(".message") || byId("log")).focus();
    }
  }

  // ── What a person does ──

  /** Send what stands in a composer: a question to the helper alone, or a message. */
  send({ channel, thread }, text, files) {
    if (COMMAND.test(text)) return this.ask({ channel, thread }, text.replace(COMMAND, "").trim());
    return this.write({ id: uuid(), channel, thread, text, files });
  }

  ask({ channel, thread }, text, shown = text) {
    return this.write({ id: uuid(), channel, thread, text: shown, asked: text, files: [], echo: true });
  }

  write(fields) {
    const message = { author: this.me.id, at: new Date().toISOString(), edited: false, ...fields };
    this.texts.set(message.id, message.asked ?? message.text);
    this.messaged(message);
    const flow = message.thread ? this.aside : this.main;
    flow.end();
    return this.again(message.id);
  }

  /** Send a message that stands here already; one after the other in a channel. */
  again(id) {
    const message = this.messages.get(id);
    const { channel, thread, files, echo } = message;
    const body = { id, as: this.me.id, channel, thread: thread || null, text: message.asked ?? message.text };
    if (!echo) body.files = files;
    message.pending = "sending";
    this.refresh(id);
    const queue = this.queues.get(channel) || Promise.resolve();
    const sent = queue
      .then(() => request("POST", echo ? "/api/ask" : "/api/messages", body))
      .then(
        () => {
          message.pending = null;
          this.refresh(id);
        },
        (error) => {
          message.pending = "failed";
          message.fault = error.message;
          this.refresh(id);
          toast(error.message, "error");
        },
      );
    this.queues.set(channel, sent);
    return sent;
  }

  discard(id) {
    const message = this.messages.get(id);
    message.pending = null;
    this.deleted(id);
    (message.thread ? this.reply : this.composer).focus();
  }

  async change(id, text) {
    const before = this.texts.get(id);
    this.texts.set(id, text);
    try {
      await request("PATCH", `/api/${path("messages", id)}`, { as: this.me.id, text });
    } catch (error) {
      if (before === undefined) this.texts.delete(id);
      else this.texts.set(id, before);
      throw error;
    }
    const message = this.messages.get(id);
    if (message && message.text !== text) this.messaged({ ...message, text, edited: true });
  }

  async remove(id) {
    const yes = await confirmed("Delete this message?", "It goes from everybody's window. This can't be undone.", "Delete");
    if (!yes) return;
    try {
      await request("DELETE", `/api/${path("messages", id)}`, { as: this.me.id });
      this.deleted(id);
      if (document.activeElement === document.body) (this.thread ? this.reply : this.composer).focus();
    } catch (error) {
      toast(error.message, "error");
    }
  }

  /** Edit a message in place, wherever it is drawn. */
  edit(id) {
    const view = this.main.drawn.get(id)?.view || this.aside.drawn.get(id)?.view;
    if (view) view.edit();
    else toast("That message isn't on the screen. Scroll to it, or show earlier messages, and edit it there.");
  }

  editLast(thread) {
    const own = (thread ? this.line(thread) : this.line(this.channel)).findLast(
      ({ key }) => this.isMine(key) && !this.messages.get(key).pending,
    );
    if (own) this.edit(own.key);
  }

  nudge(note, what, more = {}) {
    return request("POST", `/api/${path("nudges", note.message, what)}`, { as: this.me.id, ...more });
  }

  share(note) {
    return request("POST", "/api/share", { as: this.me.id, whisper: note.id });
  }

  askAbout(note) {
    (note.thread && note.thread === this.thread ? this.reply : this.composer).question();
  }

  /** Say which of several readings is meant, in the same conversation. */
  choose(note, choice) {
    const place = { channel: note.channel, thread: note.thread };
    const number = choice.split(":")[0].trim();
    if (this.channels.get(note.channel)?.kind === "direct") return this.send(place, number, []);
    return this.ask(place, number, choice);
  }
}
