// The row of readers: a tab for each, where there are several.

import { el, the } from "./dom.js";
import { settings } from "./settings.js";
import * as show from "./show.js";
import { isWord, say } from "./words.js";

/** @typedef {import("./readers.js").Readers} Readers */
/** @typedef {import("./readers.js").Slot} Slot */

/** @param {import("./words.js").Word} word */
const words = (word) => say(settings.lang, word);

/** @param {Readers} readers */
export function drawTabs(readers) {
  const list = the("reader-tabs");
  const all = [...readers.slots.values()];
  list.hidden = all.length < 2;
  if (all.length < 2) {
    list.replaceChildren();
    the("panel").removeAttribute("role");
    the("panel").removeAttribute("aria-labelledby");
    return;
  }
  const had = document.activeElement?.getAttribute("data-reader");
  list.replaceChildren(...all.map((slot) => tab(readers, slot)));
  the("panel").setAttribute("role", "tabpanel");
  the("panel").setAttribute("aria-labelledby", `tab-${readers.current}`);
  if (had !== null && had !== undefined) document.getElementById(`tab-${had}`)?.focus();
}

/** @param {Readers} readers @param {Slot} slot */
function tab(readers, slot) {
  const chosen = slot.id === readers.current;
  const made = el(
    "button",
    {
      type: "button",
      role: "tab",
      id: `tab-${slot.id}`,
      "data-test": "reader-tab",
      "data-reader": slot.id,
      "aria-selected": chosen ? "true" : "false",
      "aria-controls": "panel",
      tabindex: chosen ? "0" : "-1",
    },
    el("span", {}, slot.name),
    el("small", {}, standing(slot)),
  );
  made.addEventListener("click", () => void readers.choose(slot.id));
  return made;
}

/**
 * What goes on at a reader, in a few words.
 * @param {Slot} slot
 */
function standing(slot) {
  const { report } = slot;
  if (report && isWord(`verdict_${report.verdict}`)) return words(show.verdictWord(report));
  const busy = slot.mine && (slot.stage === "reading" || slot.stage === "paused");
  const state = slot.mine ? "readerMine" : slot.state === "free" ? "readerFree" : "readerOther";
  const card = slot.card === "none" ? "" : `, ${words("readerCard")}`;
  return words(busy ? "readerBusy" : state) + card;
}

/**
 * Arrows, Home and End on the row (ARIA Authoring Practices, tabs).
 * @param {Readers} readers
 */
export function steer(readers) {
  the("reader-tabs").addEventListener("keydown", (event) => {
    const all = [...readers.slots.keys()];
    const at = all.indexOf(readers.current ?? "");
    const steps = /** @type {Record<string, number>} */ ({ ArrowRight: at + 1, ArrowLeft: at - 1 + all.length, Home: 0, End: all.length - 1 });
    const to = steps[event.key];
    if (to === undefined) return;
    event.preventDefault();
    const id = all[to % all.length];
    if (id === undefined) return;
    void readers.choose(id);
    document.getElementById(`tab-${id}`)?.focus();
  });
}
