// One person's link to one app: what was agreed to, and the way out.
import { control, onClick, query, run } from "./console_control.js";
import { clone, element, keyedList, setText } from "./console_dom.js";
import { itemName, words, worded } from "./console_words.js";

function itemRow(change) {
  const box = element("input", { type: "checkbox" });
  const name = element("span");
  const root = element("label", { className: "tick" }, box, name);
  box.addEventListener("change", () => change(box));
  const show = ({ item, level, agreed }) => {
    box.value = item;
    box.disabled = level === "required";
    box.checked = box.disabled || agreed;
    setText(name, box.disabled ? `${itemName(item)} (${words.required})` : itemName(item));
  };
  return { root, show };
}

export function linkRow(person) {
  const { root, parts } = clone("link-row");
  let app;
  const path = (what) => `users/${person().id}/${what}?${query({ client_id: app.client_id })}`;
  const change = (box) =>
    run(root, async () => {
      const agreed = [...parts.items.querySelectorAll("input:checked")].map((one) => one.value);
      try {
        await control("PUT", path("consents"), { agreed });
      } catch (problem) {
        box.checked = !box.checked;
        throw problem;
      }
      return worded(box.checked ? "agreed_now" : "withdrawn_now", { item: itemName(box.value) });
    });
  const showItems = keyedList(parts.items, () => itemRow(change));
  onClick(parts.unlink, async () => {
    const { deliveries } = await control("POST", path("unlink"), { referrer_type: parts.referrer.value });
    return worded("unlinked", { count: deliveries.length });
  });
  const show = ({ link, app: linked }) => {
    app = linked;
    setText(parts.app, `${app.name} · ${app.client_id}`);
    const items = Object.entries(app.consent_items);
    showItems(items.map(([item, level]) => [item, { item, level, agreed: link.agreed.includes(item) }]));
  };
  return { root, show };
}
