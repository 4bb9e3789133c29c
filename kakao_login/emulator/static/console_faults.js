// Faults: ordered with what each needs, and those still to come.
import { control, onClick, onSubmit } from "./console_control.js";
import { byId, clone, keyedList, readForm, setText } from "./console_dom.js";
import { words, worded } from "./console_words.js";

const form = byId("order-fault");
const { endpoint, fault, times, forever, status, body } = form.elements;

function offerFittingFaults() {
  const { kind } = endpoint.selectedOptions[0].dataset;
  for (const option of fault.options) {
    const fits = option.dataset.kind ? option.dataset.kind === kind : kind !== "signed";
    option.hidden = option.disabled = !fits;
  }
  if (fault.selectedOptions[0]?.disabled ?? true) [...fault.options].find((option) => !option.hidden).selected = true;
  showWhatIsNeeded();
}

function showWhatIsNeeded() {
  const needsStatus = fault.value === "http" || fault.value === "answer";
  byId("fault-status").hidden = !needsStatus;
  byId("fault-body").hidden = fault.value !== "answer";
  byId("fault-delay").hidden = fault.selectedOptions[0].dataset.kind === "signed";
  status.min = fault.value === "http" ? 400 : 200;
  times.disabled = forever.checked;
}

function bodyGiven() {
  try {
    return JSON.parse(body.value);
  } catch {
    return body.value;
  }
}

function ordered() {
  const { endpoint: where, fault: name, times: count, delay_ms: delay } = readForm(form);
  const order = { endpoint: where, fault: name === "http" ? `http_${status.value}` : name };
  order.times = forever.checked ? null : (count ?? 1);
  if (!byId("fault-delay").hidden) order.delay_ms = delay ?? 0;
  if (name === "answer") Object.assign(order, { status: Number(status.value), body: bodyGiven() });
  return order;
}

function faultRow() {
  const { root, parts } = clone("fault-row");
  const show = (waiting) => {
    setText(parts.name, `${waiting.endpoint} · ${waiting.fault}`);
    setText(parts.times, waiting.times === null ? words.for_ever : worded("times_left", { count: waiting.times }));
    setText(parts.delay, waiting.delay_ms ? worded("delayed_by", { ms: waiting.delay_ms }) : "");
    const answer = typeof waiting.body === "string" ? waiting.body : JSON.stringify(waiting.body);
    setText(parts.answer, waiting.fault === "answer" ? `${waiting.status} ${answer}` : "");
  };
  return { root, show };
}

const showRows = keyedList(byId("fault-rows"), faultRow);

export function showFaults({ faults }) {
  showRows(faults.map((waiting, place) => [place, waiting]));
  byId("no-faults").hidden = faults.length > 0;
}

endpoint.addEventListener("change", offerFittingFaults);
fault.addEventListener("change", showWhatIsNeeded);
forever.addEventListener("change", showWhatIsNeeded);
offerFittingFaults();
onSubmit(form, async () => {
  const order = ordered();
  await control("POST", "faults", order);
  return worded("fault_ordered", { endpoint: order.endpoint, fault: order.fault });
});
onClick(byId("clear-faults"), async () => {
  await control("DELETE", "faults", {});
  return words.faults_cleared;
});
