// The slip: one sheet about one check, for who was there and for the file.

import { el, picture, the } from "./dom.js";
import { settings } from "./settings.js";
import * as show from "./show.js";
import { moment, say } from "./words.js";

/** @typedef {import("./words.js").Word} Word */

/** @param {Word} word */
const words = (word) => say(settings.lang, word);

/**
 * What was checked, the verdict, the time, the receipt: the number stays masked on paper.
 * @param {import("./readers.js").Slot | undefined} slot
 * @param {{trusted: string, device: string | undefined}} agent the sentence about its trust data, and its key
 */
export function drawSlip(slot, agent) {
  const report = slot?.report;
  const slip = the("slip");
  if (!slot || !report || slot.stage !== "result") {
    slip.replaceChildren();
    return;
  }
  const { lang } = settings;
  const { holder, vouched } = show.holderOf(report);
  const caveat = show.caveat(report);
  const [name, number] = [show.nameOf(holder), show.numberOf(holder)];
  /** @type {[Word, string, string?][]} */
  const rows = [
    ["slipNext", show.next(lang, report.next_action, "next")],
    ["slipTime", moment(lang, report.judged_at), "slip-time"],
    ["slipReceipt", slot.receipt ? receiptName(slot.nonce) : words("slipNoReceipt"), "slip-receipt"],
    ["slipName", name?.[1] ?? words("nameMissing")],
    ["slipNumber", number ? show.masked(number[1]) : "", "slip-number"],
    ["slipPolicy", report.policy ?? ""],
    ["slipTrust", agent.trusted.replace(/^[^:]*: /, "")],
    ["slipDocument", report.sod_sha256 ?? ""],
    ["slipDevice", agent.device ?? ""],
  ];
  const facts = rows.filter(([, value]) => value).flatMap(([word, value, id]) => [el("dt", {}, words(word)), el("dd", { id }, value)]);
  const checks = show.checkRows(lang, report).map((row) => {
    const [sign, title, outcome, why] = [...row.children];
    const text = el("span", {}, `${outcome?.textContent}. ${why?.firstChild?.textContent ?? ""}`);
    return el("li", {}, ...(sign && title ? [sign, title] : []), text);
  });
  slip.replaceChildren(
    el("h1", { id: "slip-title" }, words("slipTitle")),
    ...(show.isTest(report) ? [el("p", { class: "slip-test" }, words("testMaterial"))] : []),
    el("div", { class: "slip-verdict" }, picture(report.verdict, ""), el("span", { id: "slip-verdict" }, words(show.verdictWord(report)))),
    el("p", {}, show.reason(lang, report)),
    ...(caveat ? [el("p", { id: "slip-caveat" }, words(caveat))] : []),
    ...(vouched ? [] : [el("p", { class: "slip-test" }, words("unverifiedHolder"))]),
    el("dl", {}, ...facts),
    el("ul", {}, ...checks),
    el("p", { class: "slip-sign" }, words("slipSign")),
    el("p", { class: "slip-note" }, words("slipNote")),
  );
}

/**
 * The nonce that the receipt is made over: whoever has the receipt finds it by this.
 * @param {string | undefined} nonce
 */
function receiptName(nonce) {
  const octets = [...atob(nonce ?? "")].map((one) => one.charCodeAt(0).toString(16).padStart(2, "0"));
  return octets.join("").replace(/(.{8})(?=.)/g, "$1 ");
}
