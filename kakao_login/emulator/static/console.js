// The console: shows what the control API tells and does by hand what it offers.
const said = document.getElementById("said");
const words = document.body.dataset;
const calls = new Map();

async function control(method, path, body) {
  const answer = await fetch(`/emulator/${path}`, {
    method,
    headers: { "Content-Type": "application/json" },
    body: body === undefined || method === "GET" ? undefined : JSON.stringify(body),
  });
  // An id may be larger than a JavaScript number can hold, so it is read as text.
  const value = JSON.parse((await answer.text()).replace(/"id":\s*(\d+)/g, '"id":"$1"'));
  if (!answer.ok) throw new Error(value.error);
  return value;
}

function element(name, attributes = {}, ...children) {
  const made = Object.assign(document.createElement(name), attributes);
  made.append(...children);
  return made;
}

function act(name, method, path, body) {
  return element("button", { type: "button", onclick: () => run(method, path, body) }, name);
}

async function run(method, path, body) {
  try {
    await control(method, path, body);
    said.className = "";
    said.textContent = words.done;
  } catch (error) {
    said.className = "wrong";
    said.textContent = error.message;
  }
  await show();
}

function valueOf(field) {
  return field.type === "number" ? Number(field.value) : field.value;
}

function submit(event) {
  event.preventDefault();
  const form = event.target;
  const fields = [...form.elements].filter((field) => field.name && field.value !== "");
  const body = Object.fromEntries(fields.map((field) => [field.name, valueOf(field)]));
  const [method, template] = form.dataset.call.split(" ");
  const path = template.replace("{user}", () => encodeURIComponent(body.user));
  delete body.user;
  run(method, path, body);
}

function personRow(person) {
  const links = person.links.map((link) => `${words.linked}: ${link.app_id} (${link.agreed.join(", ")})`);
  const picture = `/emulator/pictures/${person.id}/110.svg`;
  const row = element(
    "li",
    {},
    element("img", { src: picture, alt: "", width: 32, height: 32 }),
    element(
      "span",
      { className: "grow" },
      element("strong", {}, person.nickname),
      ` ${person.persona} `,
      element("br"),
      element("small", {}, [person.email, ...links].filter(Boolean).join(" · ")),
    ),
    act(words.signIn, "PUT", "browser", { persona: person.persona }),
  );
  if (links.length) row.append(act(words.unlink, "POST", `users/${person.id}/unlink`, {}));
  return row;
}

function appBlock(app) {
  const text = element("textarea", { value: JSON.stringify(app, null, 2), spellcheck: false });
  const save = () => {
    try {
      run("PATCH", `app?client_id=${encodeURIComponent(app.client_id)}`, JSON.parse(text.value));
    } catch (error) {
      said.className = "wrong";
      said.textContent = error.message;
    }
  };
  return element(
    "details",
    {},
    element("summary", {}, `${app.name} · ${app.client_id}`),
    text,
    element("p", { className: "buttons" }, element("button", { type: "button", onclick: save }, words.save)),
  );
}

function faultRow(fault) {
  return element("li", {}, `${fault.endpoint} · ${fault.fault} × ${fault.times ?? "∞"}`);
}

function deliveryRow(delivery) {
  const outcome = delivery.status ?? delivery.error;
  return element(
    "li",
    {},
    element("span", { className: `code ${delivery.accepted ? "good" : "bad"}` }, String(outcome)),
    element("span", { className: "grow" }, `${delivery.kind} → ${delivery.url}`),
  );
}

function fill(id, rows) {
  document.getElementById(id).replaceChildren(...rows);
}

async function show() {
  const [{ users }, { apps }, { faults }, { now }, { deliveries }] = await Promise.all(
    ["users", "apps", "faults", "clock", "webhooks"].map((path) => control("GET", path)),
  );
  fill("people", users.slice(0, 100).map(personRow));
  fill("faults", faults.map(faultRow));
  fill("deliveries", deliveries.slice(-20).reverse().map(deliveryRow));
  if (!document.getElementById("apps").contains(document.activeElement)) fill("apps", apps.map(appBlock));
  document.getElementById("now").textContent = new Date(now * 1000).toLocaleString(document.documentElement.lang);
  for (const choice of document.querySelectorAll(".person-choice")) {
    const chosen = choice.value;
    choice.replaceChildren(...users.slice(0, 100).map((user) => new Option(user.nickname, user.id)));
    if (chosen) choice.value = chosen;
  }
  const recorded = await control("GET", "requests");
  calls.clear();
  recorded.requests.slice(-100).forEach((call) => calls.set(call.number, call));
  showCalls();
}

function callRow(call) {
  const fine = call.status !== null && call.status < 400;
  const sent = Object.entries({ ...call.query, ...call.form }).map(([name, values]) => `${name}=${values.join(",")}`);
  const outcome = [call.status ?? "…", call.error].filter(Boolean).join(" ");
  return element(
    "tr",
    {},
    element("td", {}, new Date(call.at * 1000).toLocaleTimeString(document.documentElement.lang)),
    element("td", { className: `code ${fine ? "good" : "bad"}` }, outcome),
    element("td", { className: "code" }, `${call.method} ${call.endpoint}`),
    element("td", { className: "code bad" }, call.fault ?? ""),
    element("td", {}, sent.join(" ")),
  );
}

function showCalls() {
  const latest = [...calls.values()].sort((one, other) => other.number - one.number).slice(0, 100);
  document.querySelector("#requests tbody").replaceChildren(...latest.map(callRow));
}

function showLine(live) {
  const line = document.getElementById("line");
  line.className = live ? "status live" : "status";
  line.textContent = live ? words.live : words.lost;
}

function offerFittingFaults() {
  const signed = "signed" in document.getElementById("endpoint").selectedOptions[0].dataset;
  const options = [...document.getElementById("fault").options];
  for (const option of options) option.hidden = option.disabled = "signed" in option.dataset !== signed;
  options.find((option) => !option.hidden).selected = true;
}

const stream = new EventSource("/emulator/stream");
stream.onopen = () => showLine(true);
stream.onerror = () => showLine(false);
stream.onmessage = (event) => {
  const call = JSON.parse(event.data);
  calls.set(call.number, call);
  showCalls();
  if (call.endpoint === "token" && call.status) show();
};
for (const form of document.querySelectorAll("form[data-call]")) form.addEventListener("submit", submit);
for (const button of document.querySelectorAll("button[data-call]")) {
  const [method, path] = button.dataset.call.split(" ");
  button.addEventListener("click", () => run(method, path, JSON.parse(button.dataset.body ?? "{}")));
}
document.getElementById("endpoint").addEventListener("change", offerFittingFaults);
offerFittingFaults();
show();
