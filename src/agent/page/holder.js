// The person as the counter shows them: a list of fields, each with its button to copy.

import { announce, el } from "./dom.js";
import { settings } from "./settings.js";
import * as show from "./show.js";
import { fieldName, fieldValue, say } from "./words.js";

/** @param {import("./words.js").Word} word @param {Record<string, string | number>} [places] */
const words = (word, places) => say(settings.lang, word, places);

/**
 * The fields as a list, name and number first to the eye.
 * @param {import("./embed.js").Holder} holder
 * @param {boolean} usable with buttons to copy
 * @param {boolean} open numbers are shown
 */
export function holderList(holder, usable, open) {
  const list = el("dl", {});
  const [name, number] = [show.nameOf(holder), show.numberOf(holder)];
  for (const [field, value] of show.fieldsOf(holder)) {
    const head = field === name?.[0] ? "name" : field === number?.[0] ? "number" : undefined;
    const term = el("dt", head === "name" ? { class: "heard" } : {}, fieldName(settings.lang, field));
    const what = el("dd", {}, show.valueNode(settings.lang, field, value, open));
    if (head) {
      what.id = `holder-${head}`;
      what.className = show.headClass(head, value);
    }
    const row = el("div", { class: head === "name" ? "field-row head" : "field-row", "data-field": field }, term, what);
    if (usable) row.append(el("dd", { class: "act" }, copyButton(field, value)));
    list.append(row);
  }
  if (!name) list.prepend(el("div", { class: "field-row head" }, el("dt", { class: "heard" }, fieldName(settings.lang, "name")), el("dd", { class: "holder-name", id: "holder-name" }, words("nameMissing"))));
  return list;
}

/** @param {string} field @param {string | string[]} value */
function copyButton(field, value) {
  const name = fieldName(settings.lang, field);
  const button = el("button", { type: "button", class: "copy", "data-test": "copy", "data-copies": field, "aria-label": `${words("copy")}: ${name}` }, words("copy"));
  button.addEventListener("click", () => {
    const text = fieldValue(settings.lang, field, value);
    navigator.clipboard.writeText(text).then(
      () => announce(words("copied", { field: name })),
      () => announce(words("copyFailed"), "alert"),
    );
  });
  return button;
}
