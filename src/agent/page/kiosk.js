// The kiosk: a citizen, once, standing. Shows what the chip says, keeps nothing, leads nowhere else.

import { begin, faultWords, secondsTo, showViews, speak, stageOf } from "./common.js";
import { announce, el, put, the, turnPicture } from "./dom.js";
import { settings } from "./settings.js";
import * as show from "./show.js";
import { sound } from "./sound.js";
import { trouble } from "./trouble.js";
import { fieldName, isWord, say } from "./words.js";

/** @typedef {import("./readers.js").Slot} Slot */
/** @typedef {import("./words.js").Word} Word */

/** Digits of the card access number. */
const CAN = 6;
/** Whoever has taken the card and touched nothing for so long is gone. */
const AWAY_S = 30;
/** A citizen who began and does nothing is gone, too. */
const LEFT_S = 60;
/** So long before that the page asks: WCAG 2.2.1 wants twenty seconds to answer with a simple action. */
const ASK_S = 20;
/** From so many seconds on the countdown is told aloud. */
const SOON_S = 20;
/** What a citizen sees: what stands on the card's face. */
const SEEN = ["name", "citizen_number", "document_number", "birth", "sex", "nationality", "residence", "origin", "issued", "expiry"];

/** What a citizen can do without anybody's help. */
const OWN_ACTIONS = new Set(["reposition", "key_again"]);

const photo = new show.Photo();
/** Somebody pressed "start" or laid a card down. */
let started = false;
let digits = "";
let open = false;
let warned = false;
/** When somebody was last known to be there, on the page's own clock. */
let seen = performance.now();
/** Until when nobody is taken to be gone. */
let grace = 0;
/** @type {string | undefined} */
let drawn;
/** @type {string | undefined} */
let drawnRead;

/** @param {Word} word @param {Record<string, string | number>} [places] */
const words = (word, places) => say(settings.lang, word, places);

const link = begin({ changed, redraw });
const { readers } = link;

speak();
keypad();
redraw();
setInterval(tick, 250);

/** The stage as at the counter, with a welcome before it. */
function stage() {
  const now = stageOf(link);
  return now === "idle" && !started ? "welcome" : now;
}

/** @param {import("./readers.js").Change} change @param {Slot} [slot] */
function changed(change, slot) {
  if (!slot || slot.id !== readers.current) return redraw();
  switch (change) {
    case "card":
      if (slot.card === "none") break;
      seen = performance.now();
      started = true;
      sound("start");
      announce(words("cardPresent"));
      break;
    case "removed":
      seen = performance.now();
      sound("remove");
      announce(words("cardRemoved"));
      break;
    case "key":
      digits = "";
      if (slot.wrong) {
        sound("fail");
        announce(words("kioskWrong"), "alert");
      }
      break;
    case "paused":
      sound("fail");
      announce(words("kioskPaused"), "alert");
      break;
    case "result":
      sound("done");
      open = false;
      warned = false;
      grace = 0;
      seen = performance.now();
      if (slot.report) announce(spoken(slot.report), "alert");
      break;
    case "failed":
      sound("fail");
      if (slot.fault) announce(`${faultWords(slot.fault).message} ${faultWords(slot.fault).remedy}`, "alert");
      break;
    case "cleared":
      leave();
      if (slot.notice) announce(words(slot.notice));
      break;
  }
  redraw();
}

/**
 * A citizen is told what to do in a citizen's words; and not that all is in order where nobody knows.
 * @param {import("./embed.js").Report} report
 */
function next(report) {
  const proceeds = report.next_action === "proceed";
  const word = proceeds && show.caveat(report) ? "kioskNext_unasked" : `kioskNext_${report.next_action}`;
  return words(isWord(word) ? word : "kioskNext_manual_review");
}

/** @param {import("./embed.js").Report} report */
function spoken(report) {
  const caveat = show.caveat(report);
  return `${words(show.verdictWord(report))}. ${caveat ? `${words(caveat)} ` : ""}${next(report)}`;
}

function redraw() {
  const now = stage();
  const slot = readers.slot;
  const report = now === "result" ? slot?.report : undefined;
  showViews(now);
  if (report) the("main").dataset["verdict"] = report.verdict;
  else delete the("main").dataset["verdict"];
  the("test-banner").hidden = !(report && show.isTest(report)) && !slot?.virtual;
  if (!report) {
    wipe();
    open = false;
  }
  if (now !== "key") digits = "";
  put(the("lay-step"), words("kioskStep", { step: 1 }));
  put(the("can-step"), words("kioskStep", { step: 2 }));
  put(the("reading-step"), words("kioskStep", { step: 3 }));
  switch (now) {
    case "connect":
    case "no-reader":
    case "taken":
      drawTrouble(now);
      break;
    case "welcome":
      drawNotice(slot);
      break;
    case "idle":
      the("lay-notice").hidden = slot?.notice !== "cardUnknown";
      put(the("lay-notice"), words("cardUnknown"));
      break;
    case "key":
      drawCan();
      put(the("key-error"), slot?.wrong ? words("kioskWrong") : slot?.fault ? faultWords(slot.fault).message : "");
      break;
    case "reading":
    case "paused":
      if (slot) drawReading(slot, now);
      break;
    case "result":
      if (slot && report) drawResult(slot, report);
      break;
    case "failed":
      drawFailure(slot);
      break;
  }
  if (drawn !== now) {
    drawn = now;
    focusOn(now);
  }
}

/**
 * A citizen is told whom to ask; below it stands why, for whoever keeps the machine.
 * @param {string} now
 */
function drawTrouble(now) {
  const { message, remedy, code } = trouble(link, now, redraw);
  put(the("connect-text"), message);
  put(the("connect-remedy"), remedy);
  put(the("connect-code"), code && words("failedCode", { code }));
}

/** @param {Slot | undefined} slot */
function drawNotice(slot) {
  const notice = the("notice");
  const lies = slot !== undefined && slot.card !== "none";
  const said = slot?.notice ? words(slot.notice) : "";
  const text = lies ? `${said} ${words("kioskTake")}`.trim() : said;
  notice.hidden = text === "";
  put(notice, text);
}

function drawCan() {
  const places = Array.from({ length: CAN }, (_, at) => el("span", at === digits.length ? { class: "next" } : {}, digits[at] ?? ""));
  the("can-display").replaceChildren(...places);
  the("can-display").setAttribute("aria-label", `${words("kioskCanLabel")}: ${words("kioskCanDigits", { count: digits.length })}`);
  for (const button of the("keypad").querySelectorAll("button")) {
    const key = button.dataset["key"];
    if (key === "erase") put(button, words("kioskErase"));
    if (key === "enter") {
      put(button, words("kioskEnter"));
      // Not disabled, so that the keyboard's place is never lost: it answers with what is missing.
      button.setAttribute("aria-disabled", String(digits.length < CAN));
    }
  }
}

/** @param {Slot} slot @param {"reading" | "paused"} now */
function drawReading(slot, now) {
  const paused = now === "paused";
  const waiting = slot.phase === "waiting";
  turnPicture("reading-picture", paused ? "put-back" : waiting ? "lay-card" : "hold-still");
  put(the("reading-title"), words(paused ? "kioskPaused" : waiting ? "kioskLay" : "kioskReading"));
  const phase = `phase_${slot.phase}`;
  put(the("phase"), paused ? words("pausedWithin", { count: secondsTo(slot.pausedUntil) }) : isWord(phase) && !waiting ? `${words(phase)}…` : "");
  const percent = String(Math.round(slot.percent));
  the("progress").setAttribute("aria-valuenow", percent);
  the("progress-bar").setAttribute("width", percent);
  const name = slot.partial && show.nameOf(slot.partial);
  the("partial").hidden = !name;
  const shown = el("span", { lang: "vi", id: "holder-name" }, name?.[1] ?? "");
  the("partial-holder").replaceChildren(...(name ? [shown] : []));
}

function wipe() {
  if (stageOf(link) !== "reading" && stageOf(link) !== "paused") the("partial-holder").replaceChildren();
  if (drawnRead === undefined) return;
  drawnRead = undefined;
  photo.forget();
  show.drawCaveat(settings.lang, undefined);
  the("holder").replaceChildren();
  the("holder-rest").replaceChildren();
  for (const id of ["verdict-word", "verdict-reason", "next-sentence"]) put(the(id), "");
}

/** @param {Slot} slot @param {import("./embed.js").Report} report */
function drawResult(slot, report) {
  const { lang } = settings;
  const { holder, vouched } = show.holderOf(report);
  turnPicture("verdict-shape", report.verdict);
  put(the("verdict-word"), words(show.verdictWord(report)));
  put(the("verdict-reason"), show.reason(lang, report));
  show.drawCaveat(lang, report);
  put(the("next-sentence"), next(report));
  the("who").classList.toggle("unverified", !vouched || report.verdict === "not_genuine");
  put(the("who-title"), words(!vouched ? "unverifiedHolder" : report.verdict === "not_genuine" ? "chipSays" : "kioskYours"));
  const [name, number] = [show.nameOf(holder), show.numberOf(holder)];
  const shown = show.fieldsOf(holder).filter(([field]) => SEEN.includes(field) && (field !== "document_number" || number?.[0] === field));
  /** @type {[HTMLElement[], HTMLElement[]]} beside the photo, and below it */
  const [heads, rest] = [[], []];
  for (const [field, value] of shown) {
    const head = field === name?.[0] ? "name" : field === number?.[0] ? "number" : undefined;
    const what = el("dd", {}, show.valueNode(lang, field, value, open));
    if (head) {
      what.id = `holder-${head}`;
      what.className = show.headClass(head, value);
    }
    (head ? heads : rest).push(el("div", { class: "field-row", "data-field": field }, el("dt", {}, fieldName(lang, field)), what));
  }
  the("holder").replaceChildren(...(heads.length > 0 ? [el("dl", {}, ...heads)] : []));
  the("holder-rest").replaceChildren(...(rest.length > 0 ? [el("dl", {}, ...rest)] : []));
  drawnRead = `${slot.id} ${slot.read}`;
  photo.draw(lang, drawnRead, report);
  the("number-toggle").setAttribute("aria-pressed", String(open));
  put(the("number-toggle"), words(open ? "numberHide" : "numberShow"));
  drawClock(slot);
}

/**
 * When the result goes: at its time, or sooner where nobody is there any more.
 * @param {Slot} slot
 */
function until(slot) {
  const end = slot.clearAt ?? 0;
  if (slot.card !== "none") return end;
  return Math.min(end, Math.max(grace, seen + AWAY_S * 1000));
}

/** @param {Slot} slot */
function drawClock(slot) {
  const left = secondsTo(until(slot));
  const away = slot.card === "none" && left <= ASK_S;
  the("away").hidden = !away;
  put(the("countdown"), words("clearsIn", { count: left }));
  if (left > SOON_S || (slot.card === "none" && !away)) warned = false;
  else if (!warned && left > 0) {
    warned = true;
    announce(`${away ? words("kioskAway") : ""} ${words("soonCleared", { count: left })}`.trim(), "alert");
  }
}

/** @param {Slot | undefined} slot */
function drawFailure(slot) {
  if (!slot?.fault) return;
  const { message, remedy } = faultWords(slot.fault);
  put(the("failure-message"), message);
  put(the("failure-remedy"), remedy);
  put(the("failure-code"), words("failedCode", { code: slot.fault.code }));
  the("failure-staff").hidden = OWN_ACTIONS.has(slot.fault.next_action);
}

function tick() {
  const now = performance.now();
  readers.tick(now);
  const slot = readers.slot;
  const at = stage();
  if (slot && at === "paused") put(the("phase"), words("pausedWithin", { count: secondsTo(slot.pausedUntil) }));
  if (slot && at === "result") {
    if (now >= until(slot)) void readers.end(slot);
    else drawClock(slot);
  }
  drawStill(at === "idle" || at === "key" || at === "failed" ? secondsTo(seen + LEFT_S * 1000) : undefined);
}

/**
 * Asks whether somebody is there, while a touch is enough of an answer.
 * @param {number | undefined} left seconds until the page goes back to its beginning, where it does so at all
 */
function drawStill(left) {
  if (left === 0) goBack();
  const asks = left !== undefined && left > 0 && left <= ASK_S;
  const text = asks ? words("kioskStill", { count: left }) : "";
  if (asks && the("still").hidden) announce(text, "alert");
  the("still").hidden = !asks;
  put(the("still"), text);
}

/** @param {string} now */
function focusOn(now) {
  const goals = /** @type {Record<string, string>} */ ({
    connect: "connect-title",
    "no-reader": "connect-title",
    taken: "connect-title",
    pair: "pair-code",
    welcome: "start",
    idle: "lay-title",
    key: "can-title",
    reading: "reading-title",
    paused: "reading-title",
    result: "verdict-word",
    failed: "failure-button",
  });
  if (the("bar").contains(document.activeElement)) return;
  the(goals[now] ?? "main").focus();
  window.scrollTo(0, 0);
}

// ---- what the citizen does ----

function leave() {
  started = false;
  digits = "";
  open = false;
}

function goBack() {
  const slot = readers.slot;
  leave();
  if (slot?.asking) void readers.cancel(slot);
  else if (slot?.stage === "failed") void readers.end(slot);
  redraw();
}

/** Begins, with the card that lies there already if one does. */
function start() {
  started = true;
  seen = performance.now();
  const slot = readers.slot;
  if (slot && slot.card !== "none" && slot.stage === "idle" && !slot.asking) void readers.read(slot);
  redraw();
}

function again() {
  const slot = readers.slot;
  if (slot?.mine) void readers.read(slot);
}

function keypad() {
  const buttons = ["1", "2", "3", "4", "5", "6", "7", "8", "9", "erase", "0", "enter"].map((key) => {
    const button = el("button", { type: "button", "data-key": key, class: key === "enter" ? "main" : undefined }, key);
    button.addEventListener("click", () => typed(key));
    return button;
  });
  the("keypad").replaceChildren(...buttons);
}

/** @param {string} key */
function typed(key) {
  const slot = readers.slot;
  if (stage() !== "key" || !slot) return;
  if (key === "erase") digits = digits.slice(0, -1);
  else if (key === "enter") {
    if (digits.length < CAN) return announce(words("kioskCanDigits", { count: digits.length }), "alert");
    const can = digits;
    digits = "";
    void readers.key(slot, can);
    return;
  } else if (digits.length < CAN) digits += key;
  put(the("key-error"), "");
  announce(words("kioskCanDigits", { count: digits.length }));
  drawCan();
}

the("start").addEventListener("click", start);
the("failure-button").addEventListener("click", again);
the("cancel").addEventListener("click", () => readers.slot && void readers.cancel(readers.slot));
for (const back of document.querySelectorAll(".back")) back.addEventListener("click", goBack);
the("finish").addEventListener("click", () => readers.slot && void readers.end(readers.slot));
the("number-toggle").addEventListener("click", () => {
  open = !open;
  redraw();
});
the("more-time").addEventListener("click", () => {
  const slot = readers.slot;
  if (!slot || !readers.more(slot)) return;
  grace = slot.clearAt ?? 0;
  warned = false;
  announce(words("moreGiven", { count: secondsTo(until(slot)) }));
  drawClock(slot);
});
for (const touch of ["pointerdown", "keydown"]) {
  document.addEventListener(touch, () => {
    seen = performance.now();
  }, { capture: true });
}
the("lang-switch").addEventListener("click", redraw);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const now = stage();
  if (event.key === "Escape") {
    if (readers.slot?.asking) goBack();
    return;
  }
  if (now !== "key") return;
  if (/^\d$/.test(event.key)) typed(event.key);
  if (event.key === "Backspace") typed("erase");
  // On a button Enter presses that button.
  if (event.key === "Enter" && !(document.activeElement instanceof HTMLButtonElement)) typed("enter");
});
