// What there is: people, messages and private notes, in the order in which they stand in channels and threads.

import { byId, toast } from "./base.js";
import { NoteView } from "./note.js";
import { MessageView } from "./view.js";

const HELPER = "Practicum helper";

export class Book {
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
      if (note.closed) return; // its message is gone
      if (note.thread) this.rooted(note);
      this.put(note.thread || note.channel, { key: note.id, at: note.at, author: null });
    }
    this.refresh(message ? message.id : note.id);
    this.refresh(note.thread);
    if (!known) this.news(note.channel);
    if (this.awaited === note.id) this.reveal(note.id);
  }

  unwhispered(note) {
    this.notes.delete(note.id);
    this.refresh(note.message);
    this.pull(note.thread || note.channel, note.id);
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
}
