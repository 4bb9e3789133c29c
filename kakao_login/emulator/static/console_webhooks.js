// Webhooks: how they are sent, what is held back, and what became of each.
import { control, onClick, onSubmit, query, run } from "./console_control.js";
import { byId, clone, element, keyedList, readForm, readJson, setText } from "./console_dom.js";
import { openApp } from "./console_apps.js";
import { nameOf } from "./console_people.js";
import { time, words, worded } from "./console_words.js";

const SHOWN = 50;
const form = byId("send-event");
const choice = form.elements.app;
const hold = byId("hold");
const copies = byId("copies");
let apps = [];

const chosenApp = () => apps.find((app) => app.client_id === choice.value);

// What a webhook tells, whichever kind it is: its event or reason, and about whom.
function gist(content) {
  const [type, told] = Object.entries(content.events ?? {})[0] ?? [null, {}];
  const details = told ?? {};
  const what = type ? type.split("/").pop() : content.referrer_type;
  const why = details.reason ?? details.scope;
  return { kind: type ? "account_status" : "unlink", what: why ? `${what} (${why})` : what, who: personOf(content) };
}

export function personIdOf(content) {
  const app = apps.find((one) => String(one.app_id) === String(content.app_id));
  const id = content.user_id ?? content.sub;
  return /^\d+$/.test(id) ? String(BigInt(id) - BigInt(app?.user_id_offset ?? 0)) : null;
}

function personOf(content) {
  const id = personIdOf(content);
  return id === null ? String(content.sub ?? "") : nameOf(id);
}

function heldRow() {
  const { root, parts } = clone("held-row");
  const show = (content) => {
    const { kind, what, who } = gist(content);
    setText(parts.text, `${words[kind]} · ${what} · ${who}`);
  };
  return { root, show };
}

function outcome(delivery) {
  const code = delivery.status ?? words.no_answer;
  return `${code} · ${delivery.accepted ? words.accepted : words.not_accepted}`;
}

function explanation(delivery) {
  const answer = delivery.error ? worded("because", { error: delivery.error }) : delivery.answer || words.empty_answer;
  const lines = [
    [words.sent_to, element("div", {}, `${delivery.method} ${delivery.url}`)],
    [words.content, element("pre", {}, JSON.stringify(delivery.content, null, 2))],
    [words.answer, element("pre", {}, answer)],
  ];
  return lines.flatMap(([title, shown]) => [element("dt", {}, title), element("dd", {}, shown)]);
}

function deliveryRow() {
  const { root, parts } = clone("delivery-row");
  let delivery;
  root.addEventListener("toggle", () => {
    if (root.open) parts.about.replaceChildren(...explanation(delivery));
  });
  const show = (value) => {
    delivery = value;
    const { kind, what, who } = gist(delivery.content);
    setText(parts.at, time(delivery.at));
    setText(parts.kind, words[kind]);
    setText(parts.what, what);
    setText(parts.who, who);
    setText(parts.outcome, outcome(delivery));
    parts.outcome.className = delivery.accepted ? "good" : "bad";
    setText(parts.took, `${Math.round(delivery.milliseconds)} ms`);
  };
  return { root, show };
}

const showHeld = keyedList(byId("held-rows"), heldRow);
const showSent = keyedList(byId("delivery-rows"), deliveryRow);

function showSwitches(state) {
  if (document.activeElement !== copies) {
    if (![...copies.options].some((option) => option.value === String(state.copies))) copies.add(new Option(state.copies));
    copies.value = String(state.copies);
  }
  hold.checked = state.hold;
  setText(byId("how-sent"), worded(state.hold ? "held_back" : "sent_at_once", { copies: state.copies }));
}

export function showWebhooks(state) {
  showSwitches(state);
  showHeld(state.held.map((content, place) => [content.jti ?? `unlink ${place}`, content]));
  byId("nothing-held").hidden = state.held.length > 0;
  const latest = state.deliveries.slice(-SHOWN).reverse();
  showSent(latest.map((delivery) => [delivery.number, delivery]));
  byId("no-deliveries").hidden = latest.length > 0;
}

export function offerApps({ apps: every }) {
  apps = every;
  if (document.activeElement !== choice) {
    const chosen = choice.value;
    choice.replaceChildren(...apps.map((app) => new Option(`${app.name} · ${app.client_id}`, app.client_id)));
    if (apps.some((app) => app.client_id === chosen)) choice.value = chosen;
  }
  sayWhetherReachable();
}

function sayWhetherReachable() {
  const app = chosenApp();
  byId("no-event-url").hidden = !app || app.account_status_webhook_url !== null;
  byId("no-unlink-url").hidden = !app || app.unlink_webhook !== null;
}

choice.addEventListener("change", sayWhetherReachable);
for (const [id, field] of [["no-event-url", "account_status_webhook_url"], ["no-unlink-url", "unlink_webhook"]]) {
  byId(id).querySelector("a").addEventListener("click", (event) => {
    event.preventDefault();
    openApp(chosenApp().app_id, field);
  });
}
hold.addEventListener("change", () =>
  run(hold, async () => {
    await control("PATCH", "webhooks", { hold: hold.checked });
    return hold.checked ? words.holding_now : words.sending_now;
  }),
);
copies.addEventListener("change", () =>
  run(copies, async () => {
    const state = await control("PATCH", "webhooks", { copies: Number(copies.value) });
    return worded("copies_now", { copies: state.copies });
  }),
);
for (const [id, reverse] of [["release", false], ["release-reverse", true]]) {
  onClick(byId(id), async () => {
    const { deliveries } = await control("POST", "webhooks/release", { reverse });
    return worded("released", { count: deliveries.length });
  });
}
onSubmit(form, async () => {
  const { person, type, toe } = readForm(form);
  const body = { ...readJson(form.elements.details), type, ...(toe !== undefined && { toe }) };
  const path = `users/${encodeURIComponent(person)}/events?${query({ client_id: choice.value })}`;
  const { deliveries } = await control("POST", path, body);
  if (!deliveries.length) return words.event_held;
  return worded("event_sent", { outcome: outcome(deliveries.at(-1)) });
});
