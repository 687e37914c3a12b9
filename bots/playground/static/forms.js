// Forms as core makes them: each field with its label, its hint, and beside it what is wrong with it.

import { busy, el } from "./base.js";

const MISSING = "Please fill this in.";

/** A form; `send` gets what was put in and gives back what is wrong, by field, or nothing. What was put in stays. */
export function drawn(form, send) {
  const fields = form.fields.map((field) => new FieldView(field));
  const fault = el("p", { class: "fault", role: "alert" });
  const submit = el("button", { type: "submit", class: "main", "data-testid": "form-send" }, form.submit);
  const refuse = (faults) => {
    for (const field of fields) field.refuse(faults[field.name] || "");
    const known = new Set(fields.map(({ name }) => name));
    fault.textContent = Object.entries(faults)
      .filter(([name]) => !known.has(name))
      .map(([, says]) => says)
      .join(" ");
    fields.find(({ name }) => faults[name])?.focus();
  };
  const element = el("form", { class: "fields", novalidate: true, "data-testid": "form" }, fault, fields.map((field) => field.element));
  element.append(el("div", { class: "buttons" }, submit));
  element.addEventListener("submit", (event) => {
    event.preventDefault();
    busy(submit, async () => {
      const missing = fields.filter((field) => field.required && !field.value.trim());
      const faults = Object.fromEntries(missing.map(({ name }) => [name, MISSING]));
      if (missing.length) refuse(faults);
      else refuse((await send(Object.fromEntries(fields.map(({ name, value }) => [name, value])))) || {});
    });
  });
  return { element, focus: () => fields[0]?.focus() };
}

class FieldView {
  constructor(field) {
    this.name = field.name;
    this.required = field.required;
    const id = `field-${field.name}`;
    const [hint, fault] = [`${id}-hint`, `${id}-fault`];
    const described = { "aria-describedby": field.hint ? `${hint} ${fault}` : fault };
    this.fault = el("p", { class: "fault", id: fault, role: "alert" });
    const says = field.hint ? el("p", { class: "hint", id: hint }, field.hint) : null;
    const optional = field.required ? "" : " (optional)";
    if (["channels", "people"].includes(field.input)) {
      this.boxes = several(field, id);
      this.control = el("fieldset", { id, ...described }, el("legend", {}, field.label, optional), this.boxes.map(({ parentNode }) => parentNode));
      this.element = el("div", { class: "field" }, this.control, says, this.fault);
      return;
    }
    this.control = control(field, { id, "data-testid": id, "aria-required": field.required ? "true" : null, ...described });
    const label = el("label", { for: id }, field.label, optional);
    this.element = el("div", { class: "field" }, label, this.control, says, this.fault);
  }

  /** What was put in, as core reads it: several values are joined by commas. */
  get value() {
    if (this.boxes) return this.boxes.filter(({ checked }) => checked).map((box) => box.value).join(",");
    return this.control.type === "checkbox" ? (this.control.checked ? "on" : "") : this.control.value;
  }

  refuse(says) {
    this.fault.textContent = says;
    if (says) this.control.setAttribute("aria-invalid", "true");
    else this.control.removeAttribute("aria-invalid");
  }

  focus() {
    (this.boxes?.[0] || this.control).focus();
  }
}

function several(field, id) {
  const chosen = new Set(field.value.split(","));
  return field.choices.map(([value, label], number) => {
    const box = el("input", { type: "checkbox", id: `${id}-${number}`, value });
    box.checked = chosen.has(value);
    el("label", { class: "choice", for: box.id }, box, label);
    return box;
  });
}

function control(field, attributes) {
  if (field.input === "choice") {
    const made = el("select", attributes, field.choices.map(([value, label]) => el("option", { value }, label)));
    made.value = field.value;
    return made;
  }
  const most = { maxlength: String(field.longest) };
  const kinds = { date: "date", time: "time" };
  const made =
    field.input === "text"
      ? el("textarea", { rows: "5", ...most, ...attributes })
      : el("input", { type: kinds[field.input] || "text", autocomplete: "off", ...(kinds[field.input] ? {} : most), ...attributes });
  made.value = field.value;
  return made;
}
