// Why no card can be read on this machine and what to do about it, for whoever keeps it.

import { connectText, faultWords, stageOf } from "./common.js";
import { settings } from "./settings.js";
import { say } from "./words.js";

/** @typedef {import("./embed.js").Fault} Fault */
/** @typedef {ReturnType<typeof import("./common.js").begin>} Link */

/** How often the agent is asked what its readers lack, in milliseconds. */
const AGAIN_MS = 5000;

/** @type {Fault | undefined} why there can be no readers at all, as far as the agent knows */
let service;
let asking = false;

/**
 * @param {Link} link
 * @param {string} stage `connect`, `no-reader` or `taken`
 * @param {() => void} redraw there is something else to say
 * @returns {{message: string, remedy: string, code: string}}
 */
export function trouble(link, stage, redraw) {
  const { lang } = settings;
  if (stage === "no-reader") {
    void ask(link, redraw);
    if (service) return { ...faultWords(service), code: service.code };
    return { message: say(lang, "noReaderTitle"), remedy: say(lang, "noReaderText"), code: "reader.none" };
  }
  if (stage === "taken") {
    const holder = link.readers.slot?.holder ?? say(lang, "takenByOther");
    return { message: say(lang, "takenBy", { holder }), remedy: say(lang, "takenText"), code: "agent.reader_claimed" };
  }
  const { fault } = link;
  if (!fault) return { message: connectText(link), remedy: "", code: "" };
  return { ...faultWords(fault), code: fault.code };
}

/** @param {Link} link @param {() => void} redraw */
async function ask(link, redraw) {
  if (asking) return;
  asking = true;
  const before = service?.code;
  try {
    service = (await link.agent.status())["service"] ?? undefined;
  } catch {
    // The connection says so itself.
  }
  setTimeout(() => {
    asking = false;
    if (stageOf(link) === "no-reader") void ask(link, redraw);
    else service = undefined;
  }, AGAIN_MS);
  if (service?.code !== before) redraw();
}
