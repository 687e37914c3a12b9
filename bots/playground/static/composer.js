// Where a person writes: a draft, its check, files by name, and the /ethics command.

import { button, byId, el, hidden, icon, toast } from "./base.js";
import { lines, press } from "./cards.js";

export const COMMAND = /^\/ethics(?:\s+|$)/i;

/** Where a message is written; `place()` says where it goes. */
export class Composer {
  constructor(chat, box, prefix, place) {
    this.chat = chat;
    this.place = place;
    this.files = [];
    this.field = el("textarea", {
      id: `${prefix}text`,
      rows: "1",
      "data-testid": `${prefix}composer`,
      "aria-describedby": `${prefix}hint`,
      autocomplete: "off",
    });
    this.name = el("label", { class: "unseen", for: `${prefix}text` });
    this.hint = el("p", { class: "hint", id: `${prefix}hint` });
    this.names = el("ul", { class: "files", "aria-label": "Attached to your draft, by name only" });
    this.result = el("div", { class: "draft", role: "status", "data-testid": `${prefix}check-result` });
    const tools = el(
      "div",
      { class: "tools" },
      el(
        "button",
        { type: "button", "data-testid": `${prefix}attach`, onclick: () => this.attach() },
        icon("clip"),
        "Attach",
        hidden(" a file by name"),
      ),
      button("Check my draft", () => this.check(), { "data-testid": `${prefix}check-draft` }),
      el("button", { type: "submit", class: "main", "data-testid": `${prefix}send` }, icon("send"), "Send"),
    );
    this.form = el(
      "form",
      { class: "composer" },
      this.result,
      this.names,
      this.name,
      this.field,
      el("div", { class: "foot" }, this.hint, tools),
    );
    this.form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    this.field.addEventListener("input", () => this.changed());
    this.field.addEventListener("keydown", (event) => this.key(event));
    box.append(this.form);
    this.changed();
  }

  key(event) {
    if (event.isComposing || event.keyCode === 229) return;
    if (event.key === "Enter" && !event.shiftKey) {
      event.preventDefault();
      this.send();
    } else if (event.key === "ArrowUp" && !this.field.value) {
      event.preventDefault();
      this.chat.editLast(this.place().thread);
    }
  }

  label(text) {
    this.name.textContent = text;
    this.field.placeholder = text;
  }

  focus() {
    this.field.focus();
  }

  draft() {
    return { text: this.field.value, files: this.files };
  }

  restore({ text = "", files = [] } = {}) {
    this.field.value = text;
    this.files = files;
    this.result.replaceChildren();
    this.listed();
    this.changed();
  }

  changed() {
    const asks = COMMAND.test(this.field.value);
    const says = asks
      ? "A private question: only you will see it, and the answer."
      : "Enter sends. Shift+Enter: new line. /ethics: ask in private.";
    if (this.hint.textContent !== says) this.hint.textContent = says;
    if (this.checked !== undefined && this.checked !== this.field.value) {
      this.result.replaceChildren();
      this.checked = undefined;
    }
    this.form.classList.toggle("asks", asks);
    this.field.style.height = "auto";
    const needed = this.field.scrollHeight; // 0 while it isn't shown
    if (needed) this.field.style.height = `${Math.min(needed + 2, 200)}px`;
  }

  send() {
    const text = this.field.value.trim();
    if (COMMAND.test(text) && !text.replace(COMMAND, "").trim()) {
      toast("Write your question after /ethics.");
      return;
    }
    if (!text && !this.files.length) return;
    const asks = COMMAND.test(text);
    this.chat.send(this.place(), text, asks ? [] : this.files);
    this.restore({ files: asks ? this.files : [] });
    this.focus();
  }

  async check() {
    const text = this.field.value;
    const led = await press(this.chat.me.id, { do: "draft.send" }, { inputs: { draft: text } });
    if (text !== this.field.value) return;
    this.checked = text;
    const shut = () => {
      this.result.replaceChildren();
      this.focus();
    };
    const close = el("button", { type: "button", class: "plain", "aria-label": "Close the check", onclick: shut }, icon("close"));
    const says = led.shown === "wrong" ? Object.values(led.faults).map((fault) => el("p", {}, fault)) : lines(led.card, "h4");
    this.result.replaceChildren(close, ...says);
    if (led.shown === "wrong") this.focus();
  }

  attach() {
    attaching(({ name, mimetype }) => {
      if (this.files.length >= 10) return toast("Ten files at most.");
      this.files = [...this.files, { name, mimetype }];
      this.listed();
      return this.focus();
    });
  }

  listed() {
    this.names.hidden = !this.files.length;
    this.names.replaceChildren(
      ...this.files.map((file) =>
        el(
          "li",
          {},
          icon("file"),
          file.name,
          el("small", {}, " name only"),
          el(
            "button",
            {
              type: "button",
              class: "plain",
              "aria-label": `Remove ${file.name}`,
              onclick: () => {
                this.files = this.files.filter((other) => other !== file);
                this.listed();
                this.focus();
              },
            },
            icon("close"),
          ),
        ),
      ),
    );
  }
}

const KINDS = {
  image: ["jpg", "jpeg", "png", "gif", "webp", "heic", "bmp"],
  video: ["mp4", "mov", "webm", "avi", "mkv"],
  audio: ["mp3", "m4a", "wav", "ogg", "aac"],
};

/** The kind of a file from its name alone. */
function kindOf(name) {
  const ending = name.split(".").pop().toLowerCase();
  const kind = Object.keys(KINDS).find((one) => KINDS[one].includes(ending));
  return kind ? `${kind}/${ending === "jpg" ? "jpeg" : ending}` : ending === "pdf" ? "application/pdf" : "";
}

/** Ask for a file's name; nothing is ever read but name and kind. */
function attaching(add) {
  const [dialog, form, name, files, fault] = ["attach", "attach-form", "attach-name", "attach-file", "attach-fault"].map(byId);
  form.reset();
  fault.textContent = "";
  form.onsubmit = (event) => {
    event.preventDefault();
    const chosen = [...files.files].map((file) => ({ name: file.name.slice(0, 255), mimetype: file.type || kindOf(file.name) }));
    if (name.value.trim()) chosen.push({ name: name.value.trim(), mimetype: kindOf(name.value.trim()) });
    if (!chosen.length) {
      fault.textContent = "Type a name, or choose a file.";
      name.focus();
      return;
    }
    form.reset();
    dialog.close();
    chosen.forEach(add);
  };
  byId("attach-no").onclick = () => dialog.close();
  dialog.showModal();
  name.focus();
}
