// Channels and threads: which is open, what is unread in the others, and how they are headed.

import { byId, el, hidden, icon } from "./base.js";
import { Book } from "./book.js";
import { MessageView } from "./view.js";

export class Places extends Book {
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
}
