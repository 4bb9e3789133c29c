// Apps: their keys to copy, the usual settings as fields, and every setting as JSON.
import { control, onSubmit, query, tell } from "./console_control.js";
import { byId, clone, editor, fillForm, jsonEditor, keyedList, readForm, setText } from "./console_dom.js";
import { itemName, facts, words, worded } from "./console_words.js";

const KEYS = ["client_id", "client_secret", "javascript_key", "native_key", "admin_key"];
const rows = new Map();

// Clipboards are for safe origins only; elsewhere the value is at least selected.
async function copy(value) {
  try {
    await navigator.clipboard.writeText(value.textContent);
    tell(worded("copied", { value: value.textContent }));
  } catch {
    getSelection().selectAllChildren(value);
    tell(words.copy_by_hand);
  }
}

function keyRow(name) {
  const { root, parts } = clone("key-row");
  setText(parts.name, words[name] ?? name);
  parts.copy.ariaLabel = `${words.copy_value}: ${words[name]}`;
  parts.copy.addEventListener("click", () => copy(parts.value));
  return { root, show: (value) => setText(parts.value, value) };
}

function levelField(item) {
  const { root, parts } = clone("level-field");
  setText(parts.name, itemName(item));
  setText(parts.item, item);
  parts.level.dataset.item = item;
  return root;
}

function fillItems(form, levels) {
  const grid = form.querySelector(".levels");
  const known = new Set([...grid.querySelectorAll("select")].map((field) => field.dataset.item));
  for (const item of new Set([...Object.keys(levels), ...Object.keys(facts.items)])) {
    if (!known.has(item)) grid.append(levelField(item));
  }
  for (const field of grid.querySelectorAll("select")) field.value = levels[field.dataset.item] ?? "";
}

function fillApp(form, app) {
  const webhook = { unlink_webhook: app.unlink_webhook?.url ?? "", unlink_method: app.unlink_webhook?.method ?? "POST" };
  fillForm(form, { ...app, ...webhook });
  fillItems(form, app.consent_items);
}

function readApp(form) {
  const { unlink_webhook: url, unlink_method: method, ...values } = readForm(form);
  const levels = [...form.querySelectorAll(".levels select")].filter((field) => field.value);
  const consentItems = Object.fromEntries(levels.map((field) => [field.dataset.item, field.value]));
  return { ...values, consent_items: consentItems, unlink_webhook: url ? { url, method } : null };
}

function appRow() {
  const { root, parts } = clone("app-row");
  let app;
  const save = (changes) => control("PATCH", `app?${query({ client_id: app.client_id })}`, changes);
  const showKeys = keyedList(parts.keys, keyRow);
  const showFields = editor(parts.fields, { fill: fillApp, read: readApp, save });
  const showJson = jsonEditor(parts.json, save);
  const show = (value) => {
    app = value;
    setText(parts.name, app.name);
    setText(parts.id, app.client_id);
    showKeys(KEYS.map((name) => [name, app[name]]));
    showFields(app);
    showJson(app);
  };
  return { root, show };
}

const showRows = keyedList(byId("app-rows"), (key) => {
  const row = appRow();
  rows.set(key, row);
  return row;
});

export function showApps({ apps }) {
  showRows(apps.map((app) => [app.app_id, app]));
}

export function openApp(appId, fieldName) {
  history.pushState(null, "", "#apps");
  document.dispatchEvent(new Event("console:moved"));
  const { root } = rows.get(appId);
  root.open = true;
  const field = root.querySelector(`[name="${fieldName}"]`);
  field.scrollIntoView({ block: "center" });
  field.focus();
}

onSubmit(byId("add-app"), async (form) => {
  const { name, redirect_uri: uri } = readForm(form);
  const added = await control("POST", "apps", { name, ...(uri && { redirect_uris: [uri] }) });
  form.reset();
  return worded("app_added", { name: added.name, key: added.client_id });
});
