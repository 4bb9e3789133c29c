// The clock, the signing key and the clean start.
import { control, onClick, onSubmit } from "./console_control.js";
import { byId, discardEdits, setText } from "./console_dom.js";
import { dateAndTime, words, worded } from "./console_words.js";

const UNITS = [["days", 86_400], ["hours", 3_600], ["minutes", 60], ["seconds", 1]];
let ahead = 0;

function tick() {
  setText(byId("now"), dateAndTime(Date.now() / 1000 + ahead));
}

function inWords(seconds) {
  const parts = [];
  let rest = Math.round(Math.abs(seconds));
  for (const [unit, size] of UNITS) {
    const count = Math.floor(rest / size);
    rest -= count * size;
    if (count) parts.push(worded(`count_${unit}`, { count }));
  }
  return parts.join(" ");
}

export function showClock({ now }) {
  ahead = now - Date.now() / 1000;
  const moved = Math.abs(ahead) >= 3;
  byId("moved").hidden = !moved;
  if (moved) setText(byId("moved"), worded(ahead > 0 ? "is_ahead" : "is_behind", { time: inWords(ahead) }));
  tick();
}

async function move(seconds) {
  showClock(await control("POST", "clock", { advance: seconds }));
  return worded("clock_moved", { time: byId("now").textContent });
}

async function rotate(keepOld) {
  const { kid } = await control("POST", "keys", { keep_old: keepOld });
  setText(byId("kid"), kid);
  byId("kid-line").hidden = false;
  return worded(keepOld ? "rotated" : "rotated_alone", { kid });
}

for (const button of document.querySelectorAll("[data-advance]")) onClick(button, () => move(Number(button.dataset.advance)));
const form = byId("move-clock");
let direction = 1;
for (const button of form.querySelectorAll("button")) button.addEventListener("click", () => (direction = Number(button.value)));
onSubmit(form, () => move(direction * Number(form.elements.amount.value) * Number(form.elements.unit.value)));
onClick(byId("rotate"), () => rotate(true));
onClick(byId("rotate-alone"), () => rotate(false));

const question = byId("reset-question");
byId("reset").addEventListener("click", () => question.showModal());
question.addEventListener("close", () => {
  byId("reset").focus();
  if (question.returnValue === "yes") document.dispatchEvent(new Event("console:reset"));
  question.returnValue = "";
});
export async function reset() {
  await control("POST", "reset", {});
  discardEdits();
  byId("kid-line").hidden = true;
  return words.reset_done;
}
setInterval(tick, 1000);
