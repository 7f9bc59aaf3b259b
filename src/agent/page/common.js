// What both pages do alike: words into the document, language and appearance, the way to the agent.

import { AgentError, Cancuoc } from "./embed.js";
import { announce, hangPictures, put, the } from "./dom.js";
import { Readers } from "./readers.js";
import { settings } from "./settings.js";
import { isWord, say } from "./words.js";

/** @typedef {import("./embed.js").LinkState} LinkState */
/** @typedef {import("./embed.js").Fault} Fault */

const DIGITS = /^\d{8}$/;
/** When the dark colours count. */
const DARK = { auto: "(prefers-color-scheme: dark)", light: "not all", dark: "all" };

/** Puts every fixed text into the document in the chosen language. */
export function speak() {
  const { lang } = settings;
  document.documentElement.lang = lang;
  document.documentElement.dataset["theme"] = settings.theme;
  the("dark").setAttribute("media", DARK[settings.theme]);
  for (const element of document.querySelectorAll("[data-words]")) {
    const word = element.getAttribute("data-words") ?? "";
    if (isWord(word)) put(element, say(lang, word));
  }
  for (const element of document.querySelectorAll("[data-label]")) {
    const word = element.getAttribute("data-label") ?? "";
    if (isWord(word)) element.setAttribute("aria-label", say(lang, word));
  }
  put(the("theme-switch"), say(lang, `theme_${settings.theme}`));
  // The button's own words are of the other language.
  the("lang-switch").lang = lang === "vi" ? "en" : "vi";
}

/**
 * The agent that serves this page, and the forms and buttons on the way to it.
 * @param {{changed: (change: import("./readers.js").Change, slot?: import("./readers.js").Slot) => void, redraw: () => void}} page
 */
export function begin(page) {
  const agent = new Cancuoc({ address: location.host, token: settings.token(), lang: settings.lang, resume: settings.takePlace() });
  // Closed, the page leaves its readers to others at once: what the socket says then may be lost with it.
  // Loaded anew, it goes on with its session if that is still there. Put aside for whoever goes back to it,
  // it keeps nothing of anybody, and connects anew.
  window.addEventListener("pagehide", ({ persisted }) => {
    link.readers.releaseAll();
    agent.leave();
    settings.leavePlace(agent.place);
    if (persisted) agent.close();
    page.redraw();
  });
  window.addEventListener("pageshow", ({ persisted }) => {
    settings.takePlace();
    if (persisted) connect();
  });
  const readers = new Readers(agent, page.changed, settings.reader);
  const link = {
    agent,
    readers,
    /** @type {LinkState} */ state: /** @type {LinkState} */ ("connecting"),
    /** @type {Fault | undefined} */ fault: undefined,
    /** It was open once, so that an interruption is worth a word. */ met: false,
  };

  agent.watch((state, fault) => {
    // One attempt after the other is one state: not connected.
    if (state === "connecting" && link.state === "unreachable") return;
    link.state = state;
    link.fault = fault;
    if (state === "open") {
      if (link.met) announce(say(settings.lang, "connected"));
      link.met = true;
      if (agent.hello) void readers.greeted(agent.hello);
    }
    page.redraw();
  });

  const connect = () => void agent.connect().catch(() => {});

  the("connect-retry").addEventListener("click", connect);
  the("lang-switch").addEventListener("click", () => {
    settings.setLang(settings.lang === "vi" ? "en" : "vi");
    speak();
    page.redraw();
  });
  the("theme-switch").addEventListener("click", () => {
    settings.nextTheme();
    speak();
  });

  /** @type {HTMLInputElement} */
  const code = the("pair-code");
  the("pair-form").addEventListener("submit", (event) => {
    event.preventDefault();
    const digits = code.value.replace(/[\s-]/g, "");
    if (!DIGITS.test(digits)) return wrongCode(say(settings.lang, "pairShape"));
    code.value = "";
    Cancuoc.pair(digits, { address: location.host }).then(
      (token) => {
        settings.setToken(token);
        agent.token = token;
        wrongCode("");
        connect();
      },
      (error) => {
        const fault = error instanceof AgentError ? error.fault : undefined;
        const text = fault ? `${fault.message[settings.lang]} ${fault.remedy[settings.lang]}` : say(settings.lang, "connectTitle");
        wrongCode(text);
      },
    );
  });

  /** @param {string} text */
  function wrongCode(text) {
    put(the("pair-error"), text);
    code.toggleAttribute("aria-invalid", false);
    if (text) {
      code.setAttribute("aria-invalid", "true");
      announce(text, "alert");
      code.focus();
    }
  }

  // Without them the words are still there.
  void hangPictures().catch(() => {});
  // After the page has taken what is returned here.
  queueMicrotask(connect);
  return link;
}

/**
 * The stage of the page, from the connection and the reader that is shown.
 * @param {ReturnType<typeof begin>} link
 * @returns {"connect" | "pair" | "no-reader" | import("./readers.js").SlotStage}
 */
export function stageOf(link) {
  const slot = link.readers.slot;
  // What is shown already stays while the connection comes back.
  if (link.state !== "open" && slot?.stage === "result") return "result";
  if (link.state === "unpaired") return "pair";
  if (link.state !== "open") return "connect";
  return slot?.stage ?? "no-reader";
}

/**
 * Shows the views of a stage and hides the others.
 * @param {string} stage
 */
export function showViews(stage) {
  the("main").dataset["stage"] = stage;
  for (const view of document.querySelectorAll("[data-view]")) {
    const stages = (view.getAttribute("data-view") ?? "").split(" ");
    view.toggleAttribute("hidden", !stages.includes(stage));
  }
}

/**
 * Why there is no connection.
 * @param {ReturnType<typeof begin>} link
 */
export function connectText(link) {
  if (link.state === "refused") return say(settings.lang, "connectRefused");
  if (link.state === "level") return say(settings.lang, "connectLevel");
  return say(settings.lang, link.state === "connecting" ? "connecting" : "connectText");
}

/**
 * Seconds from now, rounded up, at least none.
 * @param {number | undefined} until
 */
export function secondsTo(until) {
  return until === undefined ? 0 : Math.max(0, Math.ceil((until - performance.now()) / 1000));
}

/**
 * A sentence about what went wrong, and what to do.
 * @param {Fault} fault
 * @returns {{message: string, remedy: string}}
 */
export function faultWords(fault) {
  return { message: fault.message[settings.lang], remedy: fault.remedy[settings.lang] };
}
