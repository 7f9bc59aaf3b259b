// The counter: a clerk, a keyboard, one card after the other.

import { begin, connectText, faultWords, secondsTo, showViews, speak, stageOf } from "./common.js";
import { announce, el, put, the, turnPicture } from "./dom.js";
import * as form from "./form.js";
import * as help from "./help.js";
import { holderList } from "./holder.js";
import { settings } from "./settings.js";
import * as show from "./show.js";
import { drawSlip } from "./slip.js";
import { sound } from "./sound.js";
import { drawTabs, steer } from "./tabs.js";
import * as transfer from "./transfer.js";
import { trouble } from "./trouble.js";
import { Zone } from "./zone.js";
import { isWord, moment, say } from "./words.js";

/** @typedef {import("./readers.js").Slot} Slot */
/** @typedef {import("./words.js").Word} Word */

/** From so many seconds on the countdown is told to who does not see it. */
const SOON_S = 20;
/** How often age of trust data and clock are asked for, beside each result, in milliseconds. */
const FACTS_MS = 600_000;

/** Stages of a card whose key is known, or of no use any more. */
const DONE = new Set(["reading", "paused", "result", "failed"]);

const photo = new show.Photo();
/** @type {HTMLInputElement} */
const input = the("key-input");
/** Numbers are shown; every card begins masked. */
let open = false;
/** @type {string | undefined} what was drawn last */
let drawn;
/** @type {string | undefined} the read whose result stands in the page */
let drawnRead;
const zone = new Zone();
let warned = false;

/** How old the trust data is, in a sentence; empty until the agent has said. */
let trusted = "";

/** @param {Word} word @param {Record<string, string | number>} [places] */
const words = (word, places) => say(settings.lang, word, places);

const link = begin({ changed, redraw });
const { agent, readers } = link;

speak();
transfer.listen(redraw);
redraw();
setInterval(tick, 250);
setInterval(() => link.state === "open" && void facts(), FACTS_MS);

// ---- what the agent brings ----

/** @param {import("./readers.js").Change} change @param {Slot} [slot] */
function changed(change, slot) {
  const shown = slot !== undefined && slot.id === readers.current;
  if (slot && shown) tell(change, slot);
  if (change === "readers" && slot && !shown && readers.slots.size > 0) {
    const there = readers.slots.has(slot.id);
    if (!there) announce(words("readerDetached", { name: slot.name }));
  }
  if (slot?.report && !shown && change === "result") {
    sound("done");
    announce(`${slot.name}: ${words(show.verdictWord(slot.report))}`);
  }
  if (change === "shutdown") announce(words("shutdown"), "alert");
  if ((change === "readers" && !slot) || change === "result") void facts();
  redraw();
}

/** @param {import("./readers.js").Change} change @param {Slot} slot */
function tell(change, slot) {
  switch (change) {
    case "card":
      if (slot.card !== "none") sound("start");
      announce(words(slot.card === "unknown" ? "cardUnknown" : "cardPresent"));
      break;
    case "removed":
      sound("remove");
      announce(words("cardRemoved"));
      break;
    case "key":
      if (slot.wrong) {
        sound("fail");
        announce(wrongKey(slot), "alert");
      }
      break;
    case "phase":
      break;
    case "paused":
      sound("fail");
      announce(`${words("pausedTitle")}. ${words("pausedText")}`, "alert");
      break;
    case "resumed":
      announce(words("resumed"));
      break;
    case "result":
      sound("done");
      open = false;
      form.begin();
      warned = false;
      if (slot.report) {
        const verdict = words(show.verdictWord(slot.report));
        const caveat = show.caveat(slot.report);
        announce(`${verdict}. ${caveat ? `${words(caveat)} ` : ""}${show.next(settings.lang, slot.report.next_action, "next")}`, "alert");
      }
      break;
    case "failed":
      sound("fail");
      if (slot.fault) {
        const { message, remedy } = faultWords(slot.fault);
        announce(`${message} ${remedy}`, "alert");
      }
      break;
    case "cleared":
      input.value = "";
      zone.forget();
      if (slot.notice) announce(noticeOf(slot));
      break;
  }
}

/** @param {Slot} slot */
function wrongKey(slot) {
  const tries = slot.tries === undefined ? "" : ` ${words("keyTries", { count: slot.tries })}`;
  return words("keyWrong") + tries;
}

/** Age of the trust data, the clock, who may be handed fields. */
async function facts() {
  const line = the("trust-age");
  try {
    const [trust, status] = await Promise.all([agent.trust(), agent.status()]);
    const days = trust["age_days"];
    const known = typeof days !== "number" ? words("trustUnknown") : days < 1 ? words("trustToday") : words("trustAge", { days });
    const age = trust["anchors"] === 0 ? words("trustNone") : known;
    line.classList.toggle("stale", trust["stale"] === true);
    trusted = trust["stale"] === true && trust["anchors"] !== 0 ? `${age} (${words("trustStale")})` : age;
    warn("trust-unread", trust["unread"] ? words("trustUnread", { code: trust["unread"] }) : "");
    warn("registry-samples", status["registry_samples"] ? words(status["registry_samples"] === "only" ? "samplesOnly" : "samplesAmong") : "");
    the("clock-banner").hidden = !status["clock"]?.doubtful;
    transfer.allow(status["origins"]);
  } catch {
    trusted = words("trustUnknown");
  }
  put(line, trusted);
  if (readers.slot?.report && stageOf(link) === "result") drawSummary(readers.slot.report);
  const version = agent.hello?.agent.version;
  put(the("agent-version"), version ? `cancuoc ${version}` : "");
}

/**
 * A line that warns beside the age of the trust data; told to who does not see it when it comes or changes.
 * @param {string} id
 * @param {string} text none where there is nothing to warn of
 */
function warn(id, text) {
  const line = the(id);
  const known = line.textContent === text;
  line.hidden = text === "";
  put(line, text);
  if (text && !known) announce(text);
}

// ---- drawing ----

function redraw() {
  const stage = stageOf(link);
  const slot = readers.slot;
  const before = drawn;
  drawTabs(readers);
  showViews(stage);
  the("main").toggleAttribute("aria-busy", false);
  const report = stage === "result" ? slot?.report : undefined;
  if (report) the("main").dataset["verdict"] = report.verdict;
  else delete the("main").dataset["verdict"];
  the("test-banner").hidden = !(report && show.isTest(report)) && !(slot && isVirtual(slot) && stage !== "connect" && stage !== "pair");
  if (stage !== "result") {
    wipeResult();
    open = false;
  }
  // Nothing that was typed for one card is there for the next.
  if (DONE.has(stage)) input.value = "";
  if (stage !== "reading" && stage !== "paused") the("partial-holder").replaceChildren();
  switch (stage) {
    case "connect":
      put(the("connect-text"), connectText(link));
      the("connect-how").hidden = link.state !== "unreachable";
      the("connect-retry").hidden = link.state === "connecting";
      break;
    case "no-reader":
      drawNoReader();
      break;
    case "taken":
      put(the("taken-by"), words("takenBy", { holder: slot?.holder ?? words("takenByOther") }));
      break;
    case "idle":
    case "key":
      if (slot) drawKey(slot);
      break;
    case "reading":
    case "paused":
      if (slot) drawReading(slot, stage);
      break;
    case "result":
      if (slot) drawResult(slot);
      break;
    case "failed":
      if (slot) drawFailure(slot);
      break;
  }
  const key = `${stage} ${slot?.id ?? ""}`;
  drawn = key;
  if (before !== key) focusOn(stage);
}

function drawNoReader() {
  const { message, remedy, code } = trouble(link, "no-reader", redraw);
  // The heading says already that there is none.
  put(the("no-reader-text"), code === "reader.none" ? remedy : `${message} ${remedy}`);
  put(the("no-reader-code"), words("failedCode", { code }));
}

/**
 * Readers that the program makes itself.
 * @param {Slot} slot
 */
function isVirtual(slot) {
  return slot.virtual || /^virtual\b/i.test(slot.name);
}

/** @param {Slot} slot */
function drawKey(slot) {
  const lies = slot.card !== "none";
  turnPicture("idle-picture", lies ? "digits" : "lay-card");
  put(the("idle-title"), words(lies ? "keyTitle" : "idleTitle"));
  put(the("idle-text"), words(lies ? "keyText" : "idleText"));
  const notice = the("notice");
  notice.hidden = slot.notice === undefined;
  put(notice, noticeOf(slot));
  if (slot.wrong) keyError(wrongKey(slot), false);
  else if (slot.fault) keyError(`${faultWords(slot.fault).message} ${faultWords(slot.fault).remedy}`, false);
}

/**
 * What happened here last, and that a card which lies there still belongs to somebody.
 * @param {Slot} slot
 */
function noticeOf(slot) {
  if (!slot.notice) return "";
  const cleared = slot.notice.startsWith("cleared") && slot.card !== "none";
  return cleared ? `${words(slot.notice)} ${words("takeCard")}` : words(slot.notice);
}

/** @param {string} text @param {boolean} [aloud] */
function keyError(text, aloud = true) {
  put(the("key-error"), text);
  if (text) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  if (text && aloud) announce(text, "alert");
}

/** @param {Slot} slot @param {"reading" | "paused"} stage */
function drawReading(slot, stage) {
  const paused = stage === "paused";
  turnPicture("reading-picture", paused ? "put-back" : "hold-still");
  put(the("reading-title"), words(paused ? "pausedTitle" : slot.phase === "waiting" ? "idleTitle" : "readingTitle"));
  the("paused-text").hidden = !paused;
  put(the("paused-text"), words("pausedText"));
  drawPhase(slot, stage);
  const percent = String(Math.round(slot.percent));
  the("progress").setAttribute("aria-valuenow", percent);
  the("progress-bar").setAttribute("width", percent);
  the("partial").hidden = slot.partial === undefined;
  the("partial-holder").replaceChildren(...(slot.partial ? [holderList(slot.partial, false, open)] : []));
}

/** @param {Slot} slot @param {"reading" | "paused"} stage */
function drawPhase(slot, stage) {
  const phase = `phase_${slot.phase ?? "opening"}`;
  const left = stage === "paused" ? words("pausedWithin", { count: secondsTo(slot.pausedUntil) }) : undefined;
  put(the("phase"), left ?? (isWord(phase) ? `${words(phase)}…` : words("readingHold")));
}

/** @param {import("./embed.js").Report} report */
function drawSummary(report) {
  const { lang } = settings;
  const counted = show.checksSummary(lang, report);
  put(the("checks-summary"), `${counted}. ${words("checkedAt")} ${moment(lang, report.judged_at)}.${trusted ? ` ${trusted}.` : ""}`);
}

function wipeResult() {
  if (drawnRead === undefined) return;
  drawnRead = undefined;
  photo.forget();
  show.drawCaveat(settings.lang, undefined);
  for (const id of ["holder", "checks", "slip"]) the(id).replaceChildren();
  for (const id of ["verdict-word", "verdict-reason", "next-sentence", "checks-summary"]) put(the(id), "");
}

/** @param {Slot} slot */
function drawResult(slot) {
  const { report } = slot;
  if (!report) return;
  const { lang } = settings;
  const { holder, vouched } = show.holderOf(report);
  const read = `${slot.id} ${slot.read}`;
  if (drawnRead !== read) {
    // Another card, or another reader's: masked again.
    drawnRead = read;
    open = false;
    form.begin();
  }
  turnPicture("verdict-shape", report.verdict);
  put(the("verdict-word"), words(show.verdictWord(report)));
  put(the("verdict-reason"), show.reason(lang, report));
  show.drawCaveat(lang, report);
  put(the("next-sentence"), show.next(lang, report.next_action, "next"));
  drawNext(report);

  const focused = document.activeElement?.getAttribute("data-copies");
  the("who").classList.toggle("unverified", !vouched || report.verdict === "not_genuine");
  put(the("who-title"), words(!vouched ? "unverifiedHolder" : report.verdict === "not_genuine" ? "chipSays" : "holder"));
  the("holder").replaceChildren(holderList(holder, show.usable(report), open));
  if (focused) document.querySelector(`[data-copies="${CSS.escape(focused)}"]`)?.setAttribute("data-again", "");
  /** @type {HTMLElement | null} */ (document.querySelector("[data-again]"))?.focus();
  photo.draw(lang, read, report);

  drawSummary(report);
  the("checks").replaceChildren(...show.checkRows(lang, report));
  const toggle = the("number-toggle");
  toggle.setAttribute("aria-pressed", String(open));
  toggle.replaceChildren(words(open ? "numberHide" : "numberShow"), " ", el("kbd", {}, "F4"));
  form.draw(report);
  drawClock(slot);
}

/** @param {import("./embed.js").Report} report */
function drawNext(report) {
  const button = the("next-button");
  const action = report.next_action === "proceed" && form.waits(report) ? "transfer" : report.next_action;
  button.dataset["action"] = report.next_action;
  put(button, show.next(settings.lang, action, "button"));
}

function handOver() {
  if (form.handOver(readers.slot)) redraw();
}

/** @param {Slot} slot */
function drawClock(slot) {
  const left = secondsTo(slot.clearAt);
  put(the("countdown"), words("clearsIn", { count: left }));
  the("deeds").classList.toggle("soon", left <= SOON_S);
  if (left <= SOON_S && left > 0 && !warned) {
    warned = true;
    announce(words("soonCleared", { count: left }), "alert");
  }
}

/** @param {Slot} slot */
function drawFailure(slot) {
  if (!slot.fault) return;
  const { message, remedy } = faultWords(slot.fault);
  put(the("failure-message"), message);
  put(the("failure-remedy"), remedy);
  put(the("failure-code"), words("failedCode", { code: slot.fault.code }));
  const action = slot.fault.next_action === "key_again" ? "button_key_again" : "button_reposition";
  put(the("failure-button"), words(action));
}

function tick() {
  readers.tick(performance.now());
  const slot = readers.slot;
  const stage = stageOf(link);
  if (slot && stage === "result") drawClock(slot);
  if (slot && stage === "paused") drawPhase(slot, stage);
}

/**
 * The keyboard goes where the next step is, unless somebody is at the tabs or tools.
 * @param {string} stage
 */
function focusOn(stage) {
  const at = document.activeElement;
  const elsewhere = at instanceof HTMLElement && at !== document.body && (the("bar").contains(at) || the("help-dialog").contains(at));
  if (stage === "idle" || stage === "key") {
    if (!readers.slot?.wrong && !readers.slot?.fault) keyError("", false);
    zone.forget();
  }
  if (elsewhere) return;
  const goals = /** @type {Record<string, string>} */ ({
    connect: "connect-title",
    pair: "pair-code",
    "no-reader": "no-reader-title",
    taken: "taken-retry",
    idle: "key-input",
    key: "key-input",
    reading: "reading-title",
    paused: "reading-title",
    result: "verdict-word",
    failed: "failure-button",
  });
  the(goals[stage] ?? "main").focus();
}

// ---- what the clerk does ----

the("key-form").addEventListener("submit", (event) => {
  event.preventDefault();
  const slot = readers.slot;
  const text = input.value.trim();
  input.value = "";
  if (!slot) return;
  if (text === "") {
    keyError(words("keyEmpty"));
    input.focus();
    return;
  }
  const key = zone.take(text);
  if (typeof key !== "string") {
    keyError(`MRZ ${key.lines}/${key.of}`);
    input.removeAttribute("aria-invalid");
    return;
  }
  keyError("", false);
  void readers.key(slot, key);
});

function readAgain() {
  const slot = readers.slot;
  if (slot?.mine) void readers.read(slot);
}

function finish() {
  const slot = readers.slot;
  if (slot && slot.stage === "result") void readers.end(slot);
}

function toggleNumbers() {
  if (readers.slot?.stage !== "result") return;
  open = !open;
  redraw();
}

function moreTime() {
  const slot = readers.slot;
  if (!slot || slot.stage !== "result" || !readers.more(slot)) return;
  warned = false;
  announce(words("moreGiven", { count: secondsTo(slot.clearAt) }));
  drawClock(slot);
}

function printSlip() {
  if (readers.slot?.stage !== "result") return;
  window.print();
}

the("next-button").addEventListener("click", () => {
  const report = readers.slot?.report;
  if (!report) return;
  switch (report.next_action) {
    case "proceed":
      return form.waits(report) ? handOver() : finish();
    case "refuse":
      return finish();
    case "manual_review":
      return printSlip();
    case "other_reader":
      return readers.slots.size > 1 ? the(`tab-${readers.current}`).focus() : readAgain();
    case "reposition":
    case "key_again":
    case "check_clock":
    case "update_trust":
    case "wait_registry":
      return readAgain();
    default:
      return printSlip();
  }
});
the("failure-button").addEventListener("click", readAgain);
the("cancel").addEventListener("click", () => readers.slot && void readers.cancel(readers.slot));
the("taken-retry").addEventListener("click", () => readers.current !== undefined && void readers.choose(readers.current));
the("number-toggle").addEventListener("click", toggleNumbers);
the("more-time").addEventListener("click", moreTime);
the("print").addEventListener("click", printSlip);
the("read-again").addEventListener("click", readAgain);
the("done").addEventListener("click", finish);
the("transfer").addEventListener("click", handOver);

// ---- tools and keys ----

function drawSound() {
  put(the("sound-switch"), words(settings.sound ? "soundOn" : "soundOff"));
  the("sound-switch").setAttribute("aria-pressed", String(settings.sound));
}
the("sound-switch").addEventListener("click", () => {
  settings.toggleSound();
  drawSound();
  sound("start");
});
the("lang-switch").addEventListener("click", () => {
  drawSound();
  help.draw();
  void facts();
});
drawSound();
help.draw();
steer(readers);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (help.isOpen()) return;
  const stage = stageOf(link);
  const deeds = /** @type {Record<string, () => unknown>} */ ({
    F1: help.open,
    F2: () => (stage === "idle" || stage === "key" ? input.focus() : stage === "result" || stage === "failed" ? readAgain() : undefined),
    F4: toggleNumbers,
    F8: moreTime,
    F9: printSlip,
    F10: finish,
    Escape: () => readers.slot?.asking && readers.cancel(readers.slot),
  });
  const deed = deeds[event.key];
  if (deed) {
    event.preventDefault();
    deed();
    return;
  }
  // A scanner types wherever the keyboard is: its text belongs into the key field.
  const at = document.activeElement;
  const typing = at instanceof HTMLInputElement;
  const onButton = at instanceof HTMLButtonElement && event.key === " ";
  if ((stage === "idle" || stage === "key") && event.key.length === 1 && !typing && !onButton) input.focus();
});

// ---- the slip ----

window.addEventListener("beforeprint", () => drawSlip(readers.slot, { trusted, device: agent.hello?.agent.device }));
