// The list of keys, and the window that shows it.

import { el, the } from "./dom.js";
import { settings } from "./settings.js";
import { say } from "./words.js";

/** @type {readonly (readonly [string, import("./words.js").Word])[]} */
const KEYS = [
  ["Enter", "keys_enter"],
  ["Esc", "keys_esc"],
  ["F1", "keys_help"],
  ["F2", "keys_f2"],
  ["F4", "keys_f4"],
  ["F8", "keys_f8"],
  ["F9", "keys_f9"],
  ["F10", "keys_f10"],
  ["← →", "keys_arrows"],
];

/** @type {HTMLDialogElement} */
const help = the("help-dialog");

export const isOpen = () => help.open;
export const open = () => help.showModal();

export function draw() {
  the("keys").replaceChildren(...KEYS.flatMap(([key, word]) => [el("dt", {}, el("kbd", {}, key)), el("dd", {}, say(settings.lang, word))]));
}

the("help-button").addEventListener("click", open);
the("help-close").addEventListener("click", () => help.close());
