// The words of the page's language and what the server knows, both kept by the page itself.
export const words = JSON.parse(document.body.dataset.words);
export const facts = JSON.parse(document.body.dataset.facts);

export function worded(name, values = {}) {
  return words[name].replace(/\{(\w+)\}/g, (_, key) => values[key]);
}

// The control API gives its reasons in English, after the name of the setting.
export function reason(message) {
  const [, setting, rest] = /^(\w+): (.*)$/s.exec(message) ?? [null, "", message];
  const known = Object.keys(facts.reasons).find((start) => rest.startsWith(start));
  const translated = known ? facts.reasons[known] + rest.slice(known.length) : rest;
  return setting ? `${setting}: ${translated}` : translated;
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
