// Calls of the control API, and what becomes of them: every action says how it ended.
import { reason, words } from "./console_words.js";

// What the person who acted must read: a refusal, a mistake in a field, or that nobody answers.
export class Problem extends Error {
  constructor(message, field = null) {
    super(message);
    this.field = field;
  }
}

const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*"|-?\d[\d.eE+-]*/g;

// A whole number may be larger than a JavaScript number can hold; such a one is kept as text.
function parse(text) {
  return JSON.parse(text.replace(TOKENS, (token) => (/^-?\d+$/.test(token) && !Number.isSafeInteger(Number(token)) ? `"${token}"` : token)));
}

export async function control(method, path, body) {
  let answer, value;
  try {
    answer = await fetch(`/emulator/${path}`, {
      method,
      headers: { "Content-Type": "application/json" },
      body: method === "GET" || body === undefined ? undefined : JSON.stringify(body),
    });
    value = parse(await answer.text());
  } catch {
    throw new Problem(words.unreachable);
  }
  if (!answer.ok) throw new Problem(`${words.refused} ${reason(value)}`, value.setting[0]);
  return value;
}

export function query(values) {
  return new URLSearchParams(values).toString();
}

const said = document.getElementById("said");
const failed = document.getElementById("failed");
let fading;

export function clearMessages() {
  clearTimeout(fading);
  said.textContent = failed.textContent = "";
}

export function tell(message) {
  clearMessages();
  said.textContent = message;
  fading = setTimeout(clearMessages, 6000);
}

function complain(problem, form) {
  clearMessages();
  failed.textContent = problem.message;
  const field = problem.field && form?.querySelector(`[name="${CSS.escape(problem.field)}"]`);
  if (!field) return;
  field.setAttribute("aria-invalid", "true");
  field.setAttribute("aria-describedby", "failed");
  field.focus();
}

function forgetMistakes(form) {
  for (const field of form?.querySelectorAll("[aria-invalid]") ?? []) {
    field.removeAttribute("aria-invalid");
    field.removeAttribute("aria-describedby");
  }
}

// Do what was asked for and say how it went; `work` gives the words. A control that is at work is not asked twice.
export async function run(control, work) {
  if (control.ariaBusy === "true") return;
  control.ariaBusy = "true";
  clearMessages();
  forgetMistakes(control);
  document.dispatchEvent(new Event("console:acting"));
  try {
    tell(await work());
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
    complain(error, control);
  } finally {
    control.ariaBusy = null;
    document.dispatchEvent(new Event("console:acted"));
  }
}

export function onClick(button, work) {
  button.addEventListener("click", () => run(button, work));
}

export function onSubmit(form, work) {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    run(form, () => work(form));
  });
}

document.getElementById("dismiss").addEventListener("click", clearMessages);
