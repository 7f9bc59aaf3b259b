// The fields that go to a form: which there are, which are ticked, and that they were handed over.

import { announce, el, put, the } from "./dom.js";
import { settings } from "./settings.js";
import * as show from "./show.js";
import * as transfer from "./transfer.js";
import { fieldName, say } from "./words.js";

/** @typedef {import("./embed.js").Report} Report */

/** What goes to a form unless the opener asks otherwise. */
const FORM_FIELDS = ["name", "citizen_number", "birth", "sex", "nationality", "residence", "issued", "expiry"];

/** @param {import("./words.js").Word} word @param {Record<string, string | number>} [places] */
const words = (word, places) => say(settings.lang, word, places);

/** What is shown was handed over. */
let done = false;

/** Another card: nothing of it was handed over yet. */
export function begin() {
  done = false;
}

/** @param {Report} report */
export function waits(report) {
  return transfer.target() !== undefined && !done && show.usable(report);
}

/** @param {Report} report */
export function draw(report) {
  const partner = transfer.target();
  the("transfer-box").hidden = partner === undefined;
  if (!partner) return;
  const usable = show.usable(report);
  the("transfer-why").hidden = usable;
  the("transfer-fields").hidden = !usable;
  the("transfer").hidden = !usable;
  put(the("transfer"), words("transferTo", { origin: partner.origin }));
  const box = the("transfer-fields");
  const unticked = new Set([...box.querySelectorAll("input:not(:checked)")].map((one) => one.getAttribute("value")));
  const wanted = partner.fields ?? FORM_FIELDS;
  const { holder } = show.holderOf(report);
  const labels = show.fieldsOf(holder).filter(([field]) => wanted.includes(field)).map(([field]) => {
    const tick = el("input", { type: "checkbox", value: field, checked: !unticked.has(field) });
    return el("label", {}, tick, fieldName(settings.lang, field));
  });
  box.replaceChildren(el("legend", {}, words("transferFields")), ...labels);
}

/**
 * Hands over what is ticked.
 * @param {import("./readers.js").Slot | undefined} slot
 * @returns {boolean} whether it was
 */
export function handOver(slot) {
  const report = slot?.report;
  if (!report || !show.usable(report)) return false;
  const { holder } = show.holderOf(report);
  const ticked = [...the("transfer-fields").querySelectorAll("input:checked")].map((one) => one.getAttribute("value"));
  const fields = Object.fromEntries(show.fieldsOf(holder).filter(([field]) => ticked.includes(field)));
  if (!transfer.hand(report, fields, { receipt: slot.receipt, nonce: slot.nonce })) return false;
  done = true;
  announce(words("transferred"));
  return true;
}
