// The console: does by hand what the control API offers, and keeps what it shows fresh.
import { Problem, control, run } from "./console_control.js";
import { byId } from "./console_dom.js";
import { callsPath, forgetCalls, noteCall, showCalls } from "./console_log.js";
import { nameAlso, peoplePath, showPeople } from "./console_people.js";
import { showApps } from "./console_apps.js";
import { showFaults } from "./console_faults.js";
import { offerApps, personIdOf, showWebhooks } from "./console_webhooks.js";
import { reset, showClock } from "./console_clock.js";
import { words } from "./console_words.js";

const EVERY_MS = 4_000;
const SOON_MS = 300;
const RETRY_MS = 1_500;
let turn = 0;
let planned, retry;
let stream = null;

// What is shown of one subject is read by one call at a time. An answer that was asked for before the last action
// tells of a world that is gone, and when nobody answers, the stream tells so.
function source(read) {
  let running = false;
  let again = false;
  return async () => {
    again = running;
    if (running) return;
    running = true;
    try {
      do {
        again = false;
        const asked = turn;
        await read(() => asked === turn);
      } while (again);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
    } finally {
      running = false;
    }
  };
}

const readPeople = source(async (isFresh) => {
  const answers = await Promise.all([peoplePath(), "apps", "browser"].map((path) => control("GET", path)));
  await nameAlso(Object.values(answers[2].browsers).map((auto) => auto.user_id));
  if (!isFresh()) return;
  offerApps(answers[1]);
  showApps(answers[1]);
  showPeople(...answers);
});

const readWebhooks = source(async (isFresh) => {
  const state = await control("GET", "webhooks");
  const contents = [...state.held, ...state.deliveries.slice(-50).map((delivery) => delivery.content)];
  await nameAlso(contents.map(personIdOf).filter(Boolean));
  if (isFresh()) showWebhooks(state);
});

function plainSource(path, show) {
  return source(async (isFresh) => {
    const value = await control("GET", path);
    if (isFresh()) show(value);
  });
}

const others = [plainSource("faults", showFaults), plainSource("clock", showClock), plainSource(callsPath, showCalls)];

function refresh() {
  clearTimeout(planned);
  if (document.hidden || !isLive()) return;
  planned = setTimeout(refresh, EVERY_MS);
  readPeople().then(readWebhooks);
  for (const read of others) read();
}

function isLive() {
  return stream?.readyState === EventSource.OPEN;
}

function showLine() {
  const live = isLive();
  byId("line").className = live ? "line live" : "line";
  byId("line").textContent = live ? words.live : words.lost;
  const stopped = live ? "" : words.stopped;
  if (byId("stopped").textContent !== stopped) byId("stopped").textContent = stopped;
}

let soon = false;
function refreshSoon() {
  if (soon) return;
  soon = true;
  setTimeout(() => {
    soon = false;
    refresh();
  }, SOON_MS);
}

function connect() {
  clearTimeout(retry);
  stream?.close();
  stream = new EventSource("/emulator/stream");
  stream.onopen = () => {
    forgetCalls();
    showLine();
    refresh();
  };
  stream.onerror = () => {
    stream.close();
    showLine();
    if (!document.hidden) retry = setTimeout(connect, RETRY_MS);
  };
  stream.onmessage = (event) => {
    const call = JSON.parse(event.data);
    noteCall(call);
    refreshSoon();
  };
}

// A browser has few connections to one host; a page that nobody sees gives its own back.
document.addEventListener("visibilitychange", () => {
  if (document.hidden) stream.close();
  else connect();
});

function showSection() {
  const known = [...document.querySelectorAll(".jump a")].map((link) => link.hash);
  const name = (known.includes(location.hash) ? location.hash : known[0]).slice(1);
  for (const link of document.querySelectorAll(".jump a")) {
    const current = link.hash === `#${name}`;
    if (current) link.setAttribute("aria-current", "true");
    else link.removeAttribute("aria-current");
  }
  for (const panel of document.querySelectorAll(".panel")) panel.classList.toggle("current", panel.id === name);
  if (location.hash) byId(name)?.scrollIntoView();
}

document.addEventListener("console:acting", () => turn++);
document.addEventListener("console:acted", refresh);
document.addEventListener("console:reset", () => run(byId("reset"), reset));
document.addEventListener("console:moved", showSection);
addEventListener("hashchange", showSection);
showSection();
connect();
