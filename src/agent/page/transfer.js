// Handing fields to the page that opened or frames this one. Three must agree: that page says that it wants
// them, the agent's configuration has its origin, and the clerk presses the button.
//
//   other → page    {cancuoc: "want", fields?: [names]}
//   page → other    {cancuoc: "ready"}
//   page → other    {cancuoc: "fields", level: 1, verdict, next_action, fields: {name: value}, receipt?, nonce?}

import { LEVEL } from "./embed.js";

/** @typedef {import("./embed.js").Report} Report */

/** @type {string[]} origins that the agent's configuration allows */
let allowed = [];
/** The window that opened this one or frames it. A frame is drawn for allowed origins alone (frame-ancestors). */
const framed = window.parent !== window;
/** @type {Window | null} */
const other = framed ? window.parent : window.opener;
/** @type {{origin: string, fields: string[] | undefined} | undefined} */
let partner;
/** @type {{origin: string, fields: string[] | undefined} | undefined} asked before the list was known */
let early;

/** @param {unknown} origins */
export function allow(origins) {
  allowed = Array.isArray(origins) ? origins.filter((one) => typeof one === "string") : [];
  if (early && !partner) admit(early);
}

/** @param {{origin: string, fields: string[] | undefined}} asking */
function admit(asking) {
  if (!other || !(framed || allowed.includes(asking.origin))) return;
  partner = asking;
  other.postMessage({ cancuoc: "ready" }, asking.origin);
}

/** @param {() => void} changed somebody is there to hand fields to */
export function listen(changed) {
  window.addEventListener("message", (event) => {
    if (!other || event.source !== other || event.data?.cancuoc !== "want") return;
    const fields = Array.isArray(event.data.fields)
      ? event.data.fields.filter((/** @type {unknown} */ one) => typeof one === "string")
      : undefined;
    early = { origin: event.origin, fields };
    admit(early);
    changed();
  });
}

/** Who would get the fields, and which it asked for. */
export function target() {
  return partner;
}

/**
 * @param {Report} report
 * @param {Record<string, string | string[]>} fields
 * @param {{receipt?: unknown, nonce?: string}} proof
 * @returns {boolean}
 */
export function hand(report, fields, proof) {
  if (!partner || !other) return false;
  const { verdict, next_action } = report;
  const message = { cancuoc: "fields", level: LEVEL, verdict, next_action, fields, ...proof };
  other.postMessage(message, partner.origin);
  return true;
}
