// What this machine remembers of a page: language, appearance, sound, and the token that pairing gave.
// Nothing of a card is ever among it.

/** @typedef {import("./words.js").Lang} Lang */
/** @typedef {"auto" | "light" | "dark"} Theme */

const THEMES = /** @type {const} */ (["auto", "light", "dark"]);

/** @param {string} name @returns {string | null} */
function stored(name) {
  try {
    return localStorage.getItem(`cancuoc.${name}`);
  } catch {
    return null;
  }
}

/** @param {string} name @param {string | null} value */
function store(name, value) {
  try {
    if (value === null) localStorage.removeItem(`cancuoc.${name}`);
    else localStorage.setItem(`cancuoc.${name}`, value);
  } catch {
    // A browser that keeps nothing: the choice holds until the page is closed.
  }
}

/** What the address asks for goes before what is remembered, and is not remembered. */
const address = new URLSearchParams(location.search);

/** @param {string} name */
const chosen = (name) => address.get(name) ?? stored(name);

export const settings = {
  /** @type {Lang} */
  lang: chosen("lang") === "en" ? "en" : "vi",
  /** @type {Theme} */
  theme: THEMES.find((theme) => theme === chosen("theme")) ?? "auto",
  sound: chosen("sound") !== "off",
  /** Part of a reader's name, where a page is for that reader alone. */
  reader: address.get("reader") ?? "",

  /** @param {Lang} lang */
  setLang(lang) {
    this.lang = lang;
    store("lang", lang);
  },
  nextTheme() {
    this.theme = THEMES[(THEMES.indexOf(this.theme) + 1) % THEMES.length] ?? "auto";
    store("theme", this.theme);
  },
  toggleSound() {
    this.sound = !this.sound;
    store("sound", this.sound ? "on" : "off");
  },
  /**
   * The session of this tab before it was loaded anew, once: a second tab gets a session of its own.
   * @returns {{session: string, seq: number} | undefined}
   */
  takePlace() {
    try {
      const place = JSON.parse(sessionStorage.getItem("cancuoc.place") ?? "null");
      sessionStorage.removeItem("cancuoc.place");
      return typeof place?.session === "string" && Number.isInteger(place.seq) ? place : undefined;
    } catch {
      return undefined;
    }
  },
  /** @param {{session: string, seq: number} | undefined} place */
  leavePlace(place) {
    try {
      if (place) sessionStorage.setItem("cancuoc.place", JSON.stringify(place));
    } catch {
      // The session ends by itself a minute later.
    }
  },
  /** @returns {string | undefined} */
  token() {
    return stored("token") ?? undefined;
  },
  /** @param {string | null} token */
  setToken(token) {
    store("token", token);
  },
};
