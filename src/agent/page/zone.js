// A key that comes in lines: the machine-readable zone from a scanner that ends each line with Enter.

/** How many lines there are of each length (Doc 9303-4, -5, -6). */
const ZONES = /** @type {Readonly<Record<number, number>>} */ ({ 30: 3, 36: 2, 44: 2 });

/** The lines that came so far. */
export class Zone {
  /** @type {string[]} */ #lines = [];

  forget() {
    this.#lines = [];
  }

  /**
   * Takes a line, or lines that were run together. Everything but a zone is a key as it stands.
   * @param {string} text
   * @returns {string | {lines: number, of: number}} the key; or how many lines are there of how many
   */
  take(text) {
    const line = text.toUpperCase();
    const before = this.#lines;
    this.#lines = [];
    if (!/^[A-Z0-9<]+$/.test(line) || !line.includes("<")) return text;
    for (const [length, count] of Object.entries(ZONES)) {
      if (line.length === Number(length) * count) return (line.match(new RegExp(`.{${length}}`, "g")) ?? []).join("\n");
    }
    const count = ZONES[line.length];
    if (count === undefined) return text;
    const lines = before[0]?.length === line.length ? [...before, line] : [line];
    if (lines.length === count) return lines.join("\n");
    this.#lines = lines;
    return { lines: lines.length, of: count };
  }
}
