// The live log: the latest calls, filtered, and each one to be opened.
import { control, onClick } from "./console_control.js";
import { byId, clone, element, keyedList, setText } from "./console_dom.js";
import { time, words, worded } from "./console_words.js";

const KEPT = 200;
const calls = new Map();
const filter = byId("log-filter");
const errorsOnly = byId("log-errors");
const pauseButton = byId("log-pause");
let paused = null;
let drawing = false;

const isError = (call) => call.error !== null || call.fault !== null || (call.status ?? 0) >= 400;

function isWanted(call) {
  const asked = filter.value.trim().toLowerCase();
  return (!errorsOnly.checked || isError(call)) && (!asked || `${call.endpoint} ${call.path}`.toLowerCase().includes(asked));
}

function pairs(values) {
  return Object.entries(values).map(([name, value]) => `${name}=${[value].flat().join(", ")}`);
}

function explanation(call) {
  const groups = [[words.path, [call.path]], [words.query, pairs(call.query)], [words.form, pairs(call.form)]];
  groups.push([words.headers, Object.entries(call.headers).map(([name, value]) => `${name}: ${value}`)]);
  return groups.flatMap(([title, lines]) => [
    element("dt", {}, title),
    element("dd", {}, ...(lines.length ? lines.map((line) => element("div", {}, line)) : ["–"])),
  ]);
}

function callRow() {
  const { root, parts } = clone("call-row");
  let call;
  const open = () => {
    const isOpen = parts.open.ariaExpanded !== "true";
    parts.open.ariaExpanded = String(isOpen);
    parts.more.hidden = !isOpen;
    if (isOpen) parts.about.replaceChildren(...explanation(call));
  };
  parts.open.addEventListener("click", open);
  const show = (value) => {
    if (value === call) return;
    call = value;
    setText(parts.at, time(call.at));
    setText(parts.status, call.status ?? "…");
    parts.status.title = call.status === null ? words.no_answer : "";
    parts.status.className = isError(call) ? "status bad" : call.status === null ? "status" : "status good";
    setText(parts.error, call.error);
    setText(parts.open, `${call.method} ${call.endpoint}`);
    setText(parts.fault, call.fault);
    setText(parts.took, call.milliseconds === null ? "" : `${Math.round(call.milliseconds)} ms`);
    setText(parts.sent, [...pairs(call.query), ...pairs(call.form)].join("  "));
  };
  return { root, show };
}

const showRows = keyedList(byId("calls"), callRow);

function draw() {
  drawing = false;
  const kept = [...calls.values()].sort((one, other) => other.number - one.number).slice(0, KEPT);
  for (const number of calls.keys()) if (!kept.length || number < kept.at(-1).number) calls.delete(number);
  const shown = (paused ?? kept).filter(isWanted);
  showRows(shown.map((call) => [call.number, call]));
  const waiting = paused ? kept.filter((call) => call.number > (paused[0]?.number ?? 0)).length : 0;
  setText(pauseButton, paused ? worded("go_on", { count: waiting }) : words.pause);
  byId("calls").hidden = !shown.length;
  byId("log-empty").hidden = shown.length > 0;
  setText(byId("log-empty"), calls.size ? words.no_such_requests : words.no_requests);
}

function drawSoon() {
  if (!drawing) setTimeout(draw, 100);
  drawing = true;
}

export function noteCall(call) {
  const known = calls.get(call.number);
  if (known?.milliseconds != null) return;
  calls.set(call.number, call);
  drawSoon();
}

export function showCalls({ requests }) {
  const numbers = new Set(requests.map((call) => call.number));
  const newest = requests.at(-1)?.number ?? Infinity;
  // A call that the stream told of since the list was asked for is not in it yet.
  for (const number of calls.keys()) if (number < newest && !numbers.has(number)) calls.delete(number);
  for (const call of requests) if (!calls.has(call.number) || calls.get(call.number).milliseconds === null) calls.set(call.number, call);
  draw();
}

// A new emulator counts from 1 again.
export function forgetCalls() {
  calls.clear();
  paused &&= [];
}

export const callsPath = `requests?last=${KEPT}`;

filter.addEventListener("input", draw);
errorsOnly.addEventListener("change", draw);
pauseButton.addEventListener("click", () => {
  paused = paused ? null : [...calls.values()].sort((one, other) => other.number - one.number);
  pauseButton.ariaPressed = String(paused !== null);
  draw();
});
onClick(byId("log-clear"), async () => {
  await control("DELETE", "requests", {});
  forgetCalls();
  draw();
  return words.log_cleared;
});
