// People: who there is, who signs in at once, and what each agreed to.
import { control, onClick, onSubmit, query } from "./console_control.js";
import { byId, clone, editor, element, fillForm, jsonEditor, keyedList, readForm, setText } from "./console_dom.js";
import { linkRow } from "./console_links.js";
import { facts, itemName, words, worded } from "./console_words.js";

const SHOWN = 50;
const search = byId("people-search");
let apps = [];
let browsers = {};
const names = new Map();

export const nameOf = (id) => names.get(String(id)) ?? String(id);

function ticked(boxes) {
  return [...boxes.querySelectorAll("input[type=checkbox]:checked")].map((box) => box.value);
}

function refusals(form) {
  return form.querySelector(".refuses");
}

// Items that the console does not know stay as they are.
function readPerson(form, person) {
  const unknown = person.refuses.filter((item) => !(item in facts.items));
  return { ...readForm(form), refuses: [...ticked(refusals(form)), ...unknown] };
}

function fillPerson(form, person) {
  fillForm(form, person);
  for (const box of refusals(form).querySelectorAll("input")) box.checked = person.refuses.includes(box.value);
}

function settingsOf({ id, links, ...settings }) {
  return settings;
}

function signIn(person, agree) {
  return async () => {
    await control("PUT", "browser", { persona: person().persona, agree });
    return worded("signs_in_now", { name: person().nickname });
  };
}

function signInForm(form, person) {
  onSubmit(form, () => signIn(person, form.elements.agree.value === "all" ? "all" : ticked(form))());
}

function personDetails(person) {
  const { root, parts } = clone("person-details");
  const patch = (changes) => control("PATCH", `users/${person().id}`, changes);
  let latest = person();
  const showFields = editor(parts.fields, {
    fill: (form, value) => fillPerson(form, (latest = value)),
    read: (form) => readPerson(form, latest),
    save: patch,
  });
  const showJson = jsonEditor(parts.json, async (changes) => settingsOf(await patch(changes)));
  const showLinks = keyedList(parts.links, () => linkRow(person));
  signInForm(parts.sign_in, person);
  const show = () => {
    showFields(person());
    showJson(settingsOf(person()));
    const linked = person().links.map((link) => [link.app_id, { link, app: apps.find((app) => app.app_id === link.app_id) }]);
    showLinks(linked.filter(([, { app }]) => app));
    parts.no_links.hidden = person().links.length > 0;
  };
  return { root, show };
}

function appName(link) {
  return apps.find((app) => app.app_id === link.app_id)?.name ?? link.app_id;
}

function marks(person) {
  const shown = person.links.map((link) => [worded("linked_to", { app: appName(link) }), "linked"]);
  if (person.under_14) shown.push([words.under_14, "note"]);
  if (person.restricted) shown.push([words.restricted, "note"]);
  return shown.map(([text, className]) => element("span", { className: `badge ${className}` }, text));
}

function personRow() {
  const { root, parts } = clone("person-row");
  let person, details, drawn;
  const isSignedIn = () => String(browsers["*"]?.user_id) === String(person.id);
  onClick(parts.sign_in, async () => {
    if (!isSignedIn()) return signIn(() => person, "all")();
    await control("DELETE", "browser", {});
    return words.pages_are_back;
  });
  parts.details.addEventListener("toggle", () => {
    if (!parts.details.open) return;
    details ??= personDetails(() => person);
    parts.details.append(details.root);
    details.show();
  });
  const show = (value) => {
    person = value;
    const picture = `/emulator/pictures/${person.id}/110.svg?${query({ of: person.nickname, as: person.picture ?? "" })}`;
    if (parts.picture.getAttribute("src") !== picture) parts.picture.setAttribute("src", picture);
    setText(parts.nickname, person.nickname);
    setText(parts.persona, person.persona);
    setText(parts.about, [facts.notes[person.persona], person.email].filter(Boolean).join(" · "));
    setText(parts.id, person.id);
    const now = JSON.stringify([person.links, person.under_14, person.restricted, person.links.map(appName)]);
    if (now !== drawn) parts.marks.replaceChildren(...marks(person));
    drawn = now;
    root.classList.toggle("current", isSignedIn());
    parts.current.hidden = !isSignedIn();
    parts.sign_in.ariaPressed = String(isSignedIn());
    setText(parts.sign_in, isSignedIn() ? words.show_pages : words.sign_in_at_once);
    if (parts.details.open) details?.show();
  };
  return { root, show };
}

function browserRow(browser) {
  const { root, parts } = clone("browser-row");
  onClick(parts.back, async () => {
    await control("DELETE", "browser", browser === "*" ? {} : { browser });
    return words.pages_are_back;
  });
  const show = ({ user_id: id, agree }) => {
    const agreed = agree === "all" ? words.agrees_to_all : agree.map(itemName).join(", ") || words.agrees_to_none;
    const where = browser === "*" ? words.every_browser : worded("one_browser", { browser });
    setText(parts.text, worded("signs_in", { name: nameOf(id), where, agreed }));
  };
  return { root, show };
}

const showRows = keyedList(byId("people-rows"), personRow);
const showBrowsers = keyedList(byId("browsers"), browserRow);

export const peoplePath = () => `users?${query({ search: search.value.trim(), limit: SHOWN + 1 })}`;

export function showPeople({ users }, { apps: everyApp }, { browsers: signedIn }) {
  [apps, browsers] = [everyApp, signedIn];
  for (const user of users) names.set(String(user.id), `${user.nickname} (${user.persona})`);
  showRows(users.slice(0, SHOWN).map((user) => [String(user.id), user]));
  showBrowsers(Object.entries(browsers));
  byId("no-people").hidden = users.length > 0;
  byId("more-people").hidden = users.length <= SHOWN;
  offerPersonas(users);
}

// A list that is open closes when its options are replaced.
function offerPersonas(users) {
  const options = users.slice(0, SHOWN).map((user) => new Option(user.nickname, user.persona));
  const list = byId("personas");
  const wanted = options.map((option) => option.outerHTML).join("");
  if (list.innerHTML !== wanted) list.replaceChildren(...options);
}

// Someone who is spoken of may be beyond the first few.
export async function nameAlso(ids) {
  for (const id of new Set(ids.map(String))) {
    if (names.has(id)) continue;
    const { users } = await control("GET", `users?${query({ search: id })}`);
    const person = users.find((one) => String(one.id) === id);
    names.set(id, person ? `${person.nickname} (${person.persona})` : id);
  }
}

let waiting;
search.addEventListener("input", () => {
  clearTimeout(waiting);
  waiting = setTimeout(() => document.dispatchEvent(new Event("console:acted")), 200);
});
onSubmit(byId("add-person"), async (form) => {
  const { nickname, email } = readForm(form);
  const added = await control("POST", "users", { nickname, email });
  form.reset();
  if (!byId("more-people").hidden) search.value = added.persona;
  return worded("person_added", { name: added.nickname });
});
