// Building and updating the page without losing focus, open fold-outs or what somebody is writing.
import { Problem, onSubmit } from "./console_control.js";
import { words } from "./console_words.js";

export const byId = (id) => document.getElementById(id);

export function element(name, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

// A copy of a template, and its parts by name.
export function clone(id) {
  const root = byId(id).content.firstElementChild.cloneNode(true);
  const parts = {};
  for (const part of root.querySelectorAll("[data-part]")) parts[part.dataset.part] = part;
  return { root, parts };
}

export function setText(node, text) {
  const shown = String(text ?? "");
  if (node.textContent !== shown) node.textContent = shown;
}

function leave(root, container) {
  const held = root.contains(document.activeElement);
  root.remove();
  if (!held) return;
  const open = container.closest("details")?.querySelector("summary");
  (open ?? container.closest("section").querySelector("h2")).focus();
}

// A list whose rows are kept by key: `makeRow` gives `{ root, show }`, and `show` fills a row in place.
export function keyedList(container, makeRow) {
  const rows = new Map();
  return (items) => {
    const keys = new Set(items.map(([key]) => key));
    for (const [key, row] of [...rows]) {
      if (keys.has(key)) continue;
      leave(row.root, container);
      rows.delete(key);
    }
    let next = null;
    for (const [key, value] of [...items].reverse()) {
      const row = rows.get(key) ?? makeRow(key);
      rows.set(key, row);
      row.show(value);
      if (row.root.parentNode !== container || row.root.nextElementSibling !== next) container.insertBefore(row.root, next);
      next = row.root;
    }
    return rows;
  };
}

function fields(form) {
  return [...form.elements].filter((field) => field.name && field.type !== "submit");
}

const READERS = {
  lines: (field) => field.value.split("\n").map((line) => line.trim()).filter(Boolean),
  optional: (field) => field.value.trim() || null,
  number: (field) => (field.value === "" ? undefined : Number(field.value)),
  flag: (field) => field.checked,
  text: (field) => field.value,
};

function kind(field) {
  return field.dataset.kind ?? { checkbox: "flag", number: "number" }[field.type] ?? "text";
}

export function readForm(form) {
  return Object.fromEntries(fields(form).map((field) => [field.name, READERS[kind(field)](field)]));
}

export function setValue(field, value) {
  if (field.type === "checkbox") field.checked = value;
  else if (field.value !== value) field.value = value;
}

export function fillForm(form, values) {
  for (const field of fields(form)) {
    const value = values[field.name];
    if (value !== undefined) setValue(field, kind(field) === "lines" ? value.join("\n") : (value ?? ""));
  }
}

export function readJson(field) {
  let value;
  try {
    value = JSON.parse(field.value || "{}");
  } catch (error) {
    throw new Problem(`${words.not_json} (${error.message})`, field.name);
  }
  if (value === null || typeof value !== "object" || Array.isArray(value)) throw new Problem(words.not_object, field.name);
  return value;
}

// Whatever may refresh must leave such a form alone.
function isBeingEdited(form) {
  const focused = document.activeElement;
  return "edited" in form.dataset || (form.contains(focused) && focused.matches("input:not([type=checkbox]), select, textarea"));
}

function difference(before, after) {
  const same = (name) => JSON.stringify(before[name]) === JSON.stringify(after[name]);
  return Object.fromEntries(Object.entries(after).filter(([name]) => !same(name)));
}

// Join a form to a value that may change elsewhere too. Only what was changed here is saved.
export function editor(form, { fill = fillForm, read = readForm, save }) {
  let latest, before;
  const show = () => {
    fill(form, latest);
    before = read(form);
    delete form.dataset.edited;
  };
  form.addEventListener("input", () => (form.dataset.edited = ""));
  form.addEventListener("console:discard", show);
  form.querySelector(".discard").addEventListener("click", () => {
    show();
    form.querySelector("input, textarea").focus();
  });
  onSubmit(form, async () => {
    latest = await save(difference(before, read(form)));
    show();
    return words.saved;
  });
  return (value) => {
    latest = value;
    if (!isBeingEdited(form)) show();
  };
}

export function jsonEditor(form, save) {
  const field = form.querySelector("textarea");
  return editor(form, {
    fill: (_, value) => setValue(field, JSON.stringify(value, null, 2)),
    read: () => readJson(field),
    save,
  });
}

export function discardEdits() {
  for (const form of document.querySelectorAll("form[data-edited]")) form.dispatchEvent(new Event("console:discard"));
}
