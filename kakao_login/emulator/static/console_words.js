// The words of the page's language and what the server knows, both kept by the page itself.
export const words = JSON.parse(document.body.dataset.words);
export const facts = JSON.parse(document.body.dataset.facts);

function filled(text, values) {
  return text.replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

export function worded(name, values = {}) {
  return filled(words[name], values);
}

// Why the control API refused, told by its code; only what Flask itself refuses has none that is known here.
export function reason({ error, code, setting, values }) {
  return code in facts.reasons ? [...setting, filled(facts.reasons[code], values)].join(": ") : error;
}

export function itemName(item) {
  return facts.items[item] ?? item;
}

export function time(seconds) {
  // Short in every language: 13:14:45.
  return new Date(seconds * 1000).toLocaleTimeString("en-GB");
}

export function dateAndTime(seconds) {
  return new Date(seconds * 1000).toLocaleString(document.documentElement.lang, { dateStyle: "full", timeStyle: "medium" });
}
