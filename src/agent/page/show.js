// What a report comes to for a person: words, shapes, fields. The same for counter, kiosk and slip.

import { CODES } from "./codes.js";
import { el, picture, put, the } from "./dom.js";
import { CHECK_ORDER, FIELD_ORDER, checkName, fieldName, fieldValue, isWord, say } from "./words.js";

/** @typedef {import("./embed.js").Report} Report */
/** @typedef {import("./embed.js").Holder} Holder */
/** @typedef {import("./embed.js").Check} Check */
/** @typedef {import("./words.js").Lang} Lang */
/** @typedef {import("./words.js").Word} Word */

/** Fields that name a person by a number, or a key by which the chip opens: masked until somebody asks. */
const NUMBERS = new Set(["citizen_number", "document_number", "old_number", "personal_number", "number"]);
/** What only repeats another field or says how the number is made. */
const ASIDE = new Set(["number_origin", "number_sex", "number_birth_year", "document_code"]);
/** Digits that stay. The last six open the chip, so that three of them must not be more. */
const STAYS = 3;

/** @param {string} name */
export const isNumber = (name) => NUMBERS.has(name);

/** @param {string} value @returns {string} */
export function masked(value) {
  if (value.length <= STAYS) return "•".repeat(value.length);
  const hidden = "•".repeat(value.length - STAYS);
  return grouped(hidden + value.slice(-STAYS));
}

/** @param {string} value @returns {string} groups of three, as the card is printed for no machine */
export function grouped(value) {
  return value.length === 12 || value.length === 9 ? value.replace(/(.{3})(?=.)/g, "$1\u2009") : value;
}

/**
 * The document is the program's own test material.
 * @param {Report} report
 */
export function isTest(report) {
  const evidence = [report.checks["signer_chain"]?.evidence, report.checks["sod_signature"]?.evidence];
  return evidence.some(
    (one) => one?.["provenance"] === "test card" || (one?.["signer_subject"] ?? "").includes("O=cancuoc test material"),
  );
}

/**
 * "Genuine but not in force" only where every other required check says genuine.
 * @param {Report} report
 * @returns {Word}
 */
export function verdictWord(report) {
  if (report.verdict !== "not_in_force") return `verdict_${report.verdict}`;
  const required = report.required ?? [];
  const others = required.filter((name) => name !== "validity" && name !== "registry");
  const genuine = others.length > 0 && others.every((name) => report.checks[name]?.outcome === "pass");
  return genuine ? "verdict_genuine_not_in_force" : "verdict_not_in_force";
}

/**
 * The check that decided, if one did.
 * @param {Report} report
 * @returns {Check | undefined}
 */
function decisive(report) {
  const named = CHECK_ORDER.map((name) => ({ name, check: report.checks[name] }));
  const failed = named.find(({ check }) => check?.outcome === "fail");
  const open = named.find(({ name, check }) => check?.outcome === "open" && report.required?.includes(name));
  return (failed ?? open)?.check;
}

/** @param {Lang} lang @param {string} code @returns {string} what is the matter */
export function sentence(lang, code) {
  return (Object.hasOwn(CODES, code) ? CODES[code]?.[lang === "vi" ? 0 : 2] : undefined) ?? code;
}

/** @param {Lang} lang @param {string} code @returns {string | undefined} what to do */
function remedy(lang, code) {
  return Object.hasOwn(CODES, code) ? CODES[code]?.[lang === "vi" ? 1 : 3] : undefined;
}

/**
 * Why the verdict is what it is, in a sentence.
 * @param {Lang} lang
 * @param {Report} report
 */
export function reason(lang, report) {
  if (report.verdict === "genuine") return say(lang, "reason_genuine");
  const check = decisive(report);
  return check ? sentence(lang, check.code) : "";
}

/** What data that is too old is called. */
const OLD = new Set(["registry.stale", "registry.snapshot_stale"]);

/**
 * What nobody knows of a card that has passed, since the registry did not say: a genuine card may be
 * revoked or reported lost. Where the verdict is against the card anyway, there is nothing to add.
 * @param {Report} report
 * @returns {Word | undefined}
 */
export function caveat(report) {
  const registry = report.checks["registry"];
  if (report.verdict === "not_genuine" || report.verdict === "not_in_force") return undefined;
  if (registry !== undefined && registry.outcome !== "open") return undefined;
  const code = registry?.code ?? "registry.not_asked";
  if (code === "registry.not_asked") return "caveat_not_asked";
  if (code === "registry.not_reached") return "caveat_not_reached";
  return OLD.has(code) ? "caveat_stale" : "caveat_other";
}

/**
 * The caveat under the verdict, where there is one.
 * @param {Lang} lang
 * @param {Report | undefined} report
 */
export function drawCaveat(lang, report) {
  const word = report && caveat(report);
  the("verdict-caveat").hidden = word === undefined;
  put(the("verdict-caveat-text"), word ? say(lang, word) : "");
}

/**
 * The one next action. An unknown word is for a supervisor.
 * @param {Lang} lang
 * @param {string} action
 * @param {"next" | "button"} kind
 */
export function next(lang, action, kind) {
  const word = `${kind}_${action}`;
  return say(lang, isWord(word) ? word : /** @type {Word} */ (`${kind}_manual_review`));
}

/** @param {Report} report @returns {{holder: Holder, vouched: boolean}} */
export function holderOf(report) {
  if (report.holder) return { holder: report.holder, vouched: true };
  return { holder: report.unverified_holder ?? {}, vouched: false };
}

/**
 * What it says may go into a form: somebody vouches for it, and the card is no copy.
 * @param {Report} report
 */
export function usable(report) {
  return report.holder !== undefined && report.verdict !== "not_genuine";
}

/**
 * Fields in the order in which they stand.
 * @param {Holder} holder
 * @returns {[string, string | string[]][]}
 */
export function fieldsOf(holder) {
  const names = Object.keys(holder).filter((name) => !ASIDE.has(name));
  const place = (/** @type {string} */ name) => {
    const at = FIELD_ORDER.indexOf(name);
    return at < 0 ? FIELD_ORDER.length : at;
  };
  names.sort((one, other) => place(one) - place(other));
  return names.flatMap((name) => {
    const value = holder[name];
    return value === undefined || value.length === 0 ? [] : [/** @type {[string, string | string[]]} */ ([name, value])];
  });
}

/**
 * The name to call the person by, and under which field it stands.
 * @param {Holder} holder
 * @returns {[string, string] | undefined}
 */
export function nameOf(holder) {
  for (const name of ["name", "latin_name"]) {
    const value = holder[name];
    if (typeof value === "string" && value) return [name, value];
  }
  return undefined;
}

/** From so many letters on a name stands smaller, so that what is below it stays in sight. */
const LONG = 40;

/** @param {"name" | "number"} head @param {string | string[]} value @returns {string} the class of what stands large */
export function headClass(head, value) {
  return head === "name" && value.length > LONG ? "holder-name long" : `holder-${head}`;
}

/**
 * The number that stands large.
 * @param {Holder} holder
 * @returns {[string, string] | undefined}
 */
export function numberOf(holder) {
  for (const name of ["citizen_number", "document_number"]) {
    const value = holder[name];
    if (typeof value === "string" && value) return [name, value];
  }
  return undefined;
}

/**
 * A value to show, masked where it must be, with words for who cannot see dots.
 * @param {Lang} lang
 * @param {string} name
 * @param {string | string[]} value
 * @param {boolean} open numbers are shown
 * @returns {Node}
 */
export function valueNode(lang, name, value, open) {
  // What the card says is Vietnamese, whatever the page's language is.
  const words = { class: "value", lang: "vi" };
  if (!isNumber(name) || typeof value !== "string") return el("span", words, fieldValue(lang, name, value));
  if (open) return el("span", { class: "value number" }, grouped(value));
  return el(
    "span",
    { class: "value number masked" },
    el("span", { "aria-hidden": "true" }, masked(value)),
    el("span", { class: "heard" }, say(lang, "masked", { end: value.slice(-STAYS) })),
  );
}

/**
 * The checks as rows of a list, each with its shape, its word and its reason.
 * @param {Lang} lang
 * @param {Report} report
 * @returns {HTMLLIElement[]}
 */
export function checkRows(lang, report) {
  const names = CHECK_ORDER.filter((name) => report.checks[name]);
  const others = Object.keys(report.checks).filter((name) => !CHECK_ORDER.includes(name));
  // What decided stands first; else every check has its place.
  const weight = (/** @type {string} */ name) => {
    const outcome = report.checks[name]?.outcome;
    if (outcome === "fail") return 0;
    return outcome === "open" && report.required?.includes(name) ? 1 : 2;
  };
  const sorted = [...names, ...others].sort((one, other) => weight(one) - weight(other));
  return sorted.flatMap((name) => {
    const check = report.checks[name];
    if (!check) return [];
    const { outcome, code } = check;
    const what = [el("span", {}, sentence(lang, code))];
    const todo = outcome === "pass" ? undefined : remedy(lang, code);
    if (todo) what.push(el("span", {}, ` ${todo}`));
    const differs = name === "registry" ? check.evidence?.["differs"] : undefined;
    if (differs) {
      const fields = differs.split(", ").map((field) => fieldName(lang, field));
      what.push(el("span", {}, ` (${fields.join(", ")})`));
    }
    return [
      el(
        "li",
        { "data-check": name, "data-outcome": outcome, "data-code": code },
        picture(outcome, "check-sign"),
        el("span", { class: "check-name" }, checkName(lang, name)),
        el("span", { class: "check-word" }, say(lang, `outcome_${outcome}`)),
        el("span", { class: "check-why" }, ...what),
      ),
    ];
  });
}

/**
 * How many checks came to what, in a sentence.
 * @param {Lang} lang
 * @param {Report} report
 */
export function checksSummary(lang, report) {
  const outcomes = Object.values(report.checks).map((check) => check.outcome);
  const count = (/** @type {Check["outcome"]} */ one) => outcomes.filter((outcome) => outcome === one).length;
  return say(lang, "checksSummary", { pass: count("pass"), fail: count("fail"), open: count("open") });
}

/** Kinds of picture that browsers show. */
const SHOWN = new Set(["image/jpeg", "image/png"]);

/** A portrait that lives as long as it is shown, and not in the page's text. */
export class Photo {
  /** @type {string | undefined} */ #address;
  /** @type {string | undefined} the read whose portrait is drawn */ #read;
  /** @type {Word | undefined} why there is none */ #why;

  /**
   * Draws the portrait of a read, once; and in words of this language, why there is none.
   * @param {Lang} lang
   * @param {string} read
   * @param {Report} report
   */
  draw(lang, read, report) {
    const image = the("portrait");
    if (this.#read !== read) {
      this.forget();
      this.#read = read;
      this.#why = this.#take(report);
      image.hidden = this.#address === undefined;
      if (this.#address) image.setAttribute("src", this.#address);
      the("portrait-none").hidden = !image.hidden;
    }
    put(the("portrait-none"), this.#why ? say(lang, this.#why) : "");
    image.setAttribute("alt", say(lang, "portraitAlt"));
  }

  /**
   * @param {Report} report
   * @returns {Word | undefined} why there is none
   */
  #take(report) {
    const portrait = report.portrait ?? report.unverified_portrait;
    if (!portrait) return "portraitNone";
    if (!SHOWN.has(portrait.mime)) return "portraitFormat";
    try {
      const octets = Uint8Array.from(atob(portrait.base64), (one) => one.charCodeAt(0));
      this.#address = URL.createObjectURL(new Blob([octets], { type: portrait.mime }));
    } catch {
      return "portraitNone";
    }
    return undefined;
  }

  forget() {
    if (this.#address) URL.revokeObjectURL(this.#address);
    this.#address = undefined;
    this.#read = undefined;
    the("portrait").removeAttribute("src");
  }
}
