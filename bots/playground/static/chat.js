// The chat: coming and going as somebody, news as they arrive, and everything a person can do.

import { ApiError, byId, confirmed, path, request, stream, toast, uuid } from "./base.js";
import { edited } from "./cards.js";
import { COMMAND, Composer } from "./composer.js";
import { Flow } from "./flow.js";
import { Places } from "./places.js";

const FLUSH = 30; // milliseconds in which news are gathered, to be drawn together
const PATIENCE = 1500; // milliseconds to wait for the stream before asking for the state without it

export class Chat extends Places {
  /** `hooks` tells the page of `state` (who and where), `seen` (what the engine saw), `gone` (a message is no more) and `press`. */
  constructor(hooks) {
    super();
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
      if (state.you.id !== as) throw new ApiError("This person is not in the cohort any more.", 400);
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
      seen: (data) => this.seen(data),
    };
    this.together(() => news.forEach(([kind, data]) => handle[kind](data)));
    this.listed();
  }

  together(change) {
    this.main.keep(() => this.aside.keep(change));
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
      .then(() => request("POST", echo ? "/api/ask" : "/api/posts", body))
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
      await request("PATCH", `/api/${path("posts", id)}`, { as: this.me.id, text });
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
      await request("DELETE", `/api/${path("posts", id)}`, { as: this.me.id });
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

  /** Whether an address is that of a message here. */
  edits(url) {
    return edited(url) !== null;
  }

  /** A button of a private note. */
  pressed(given, note) {
    return this.hooks.press(given, { note });
  }

  /** Bring a note in sight, now or when it comes. */
  reveal(id) {
    const note = this.notes.get(id);
    this.awaited = note ? null : id;
    if (!note) return;
    requestAnimationFrame(() => {
      const element = [...document.querySelectorAll(".whisper")].find(({ dataset }) => dataset.id === id);
      element?.scrollIntoView({ block: "nearest" });
    });
  }
}
