// The readers as this page knows them: events of the agent go in, a stage for each reader comes out. No
// document here; counter.js and kiosk.js draw it.

import { AgentError, Cancuoc } from "./embed.js";

/** @typedef {import("./embed.js").AgentEvent} AgentEvent */
/** @typedef {import("./embed.js").Fault} Fault */
/** @typedef {import("./embed.js").Reader} Reader */
/** @typedef {import("./embed.js").Report} Report */
/** @typedef {import("./embed.js").Holder} Holder */
/** @typedef {"taken" | "idle" | "key" | "reading" | "paused" | "result" | "failed"} SlotStage */

/** How often "more time" may be asked for: WCAG 2.2.1 wants ten times at least. */
const MORE_TIMES = 10;
/** Time for events that are under way. */
const SETTLE_MS = 100;
/** Ends of a read that are no failure: it was stopped, or nobody laid a card down or typed a key. */
const QUIET = new Set(["agent.cancelled", "run.cancelled", "agent.waited_too_long"]);
/** A card is named unknown only after so long: the agent tells that one is there before it has looked. */
const UNKNOWN_AFTER_MS = 1500;

/**
 * @typedef {object} Slot One reader, and what goes on there.
 * @property {string} id
 * @property {string} name
 * @property {Reader["state"]} state
 * @property {boolean} mine
 * @property {Reader["card"]} card
 * @property {boolean} virtual its cards are test material
 * @property {string} [holder] who has it, where it is not this page
 * @property {SlotStage} stage
 * @property {number} [read] the running or last read
 * @property {boolean} asking a read was ordered and has not ended
 * @property {string} [phase]
 * @property {number} percent
 * @property {boolean} wrong the last key did not open the card
 * @property {number} [tries]
 * @property {Holder} [partial]
 * @property {Report} [report]
 * @property {Record<string, unknown>} [receipt]
 * @property {string} [nonce] of the last read, in base64
 * @property {Fault} [fault]
 * @property {number} [pausedUntil] on the page's own clock, in milliseconds
 * @property {number} [clearAt] on the page's own clock, in milliseconds
 * @property {number} clearAfter seconds from a result to its end
 * @property {number} more how often time was added
 * @property {"clearedEnded" | "clearedTime" | "clearedRemoved" | "cardUnknown" | "sentBefore"} [notice]
 */

/** @typedef {"readers" | "card" | "removed" | "started" | "key" | "phase" | "partial" | "paused" | "resumed" | "result" | "failed" | "cleared" | "shutdown"} Change */

/** @param {Reader} reader @returns {Slot} */
function slotOf(reader) {
  return {
    id: reader.reader,
    name: reader.name,
    state: reader.state,
    mine: reader.mine,
    card: reader.card,
    stage: reader.mine || reader.state === "free" ? "idle" : "taken",
    virtual: reader.virtual === true,
    asking: false,
    percent: 0,
    wrong: false,
    clearAfter: 0,
    more: 0,
  };
}

/** @param {Slot} slot Forgets everything about a card and whoever it belongs to. */
function forget(slot) {
  slot.stage = slot.mine || slot.state === "free" ? "idle" : "taken";
  slot.asking = false;
  slot.read = undefined;
  slot.phase = undefined;
  slot.percent = 0;
  slot.wrong = false;
  slot.tries = undefined;
  slot.partial = undefined;
  slot.report = undefined;
  slot.receipt = undefined;
  slot.nonce = undefined;
  slot.fault = undefined;
  slot.pausedUntil = undefined;
  slot.clearAt = undefined;
  slot.more = 0;
  slot.notice = undefined;
}

/** 16 fresh octets in base64: a receipt over them is of this read and no other. */
function nonce() {
  const octets = crypto.getRandomValues(new Uint8Array(16));
  return btoa(String.fromCharCode(...octets));
}

export class Readers {
  /** @type {Map<string, Slot>} */ slots = new Map();
  /** @type {string | undefined} the reader that is shown */ current;
  /** @type {Cancuoc} */ agent;
  /** @type {(change: Change, slot?: Slot) => void} */ #changed;
  /** @type {string | undefined} */ #session;
  /** @type {string} */ #only;

  /**
   * @param {Cancuoc} agent
   * @param {(change: Change, slot?: Slot) => void} changed
   * @param {string} [only] part of the name of the readers that are this page's business
   */
  constructor(agent, changed, only = "") {
    this.agent = agent;
    this.#changed = changed;
    this.#only = only.toLowerCase();
    agent.on("*", (event) => this.#heard(event));
  }

  /** @returns {Slot | undefined} */
  get slot() {
    return this.current === undefined ? undefined : this.slots.get(this.current);
  }

  /**
   * Takes up what the agent says when it is greeted, at first and after a lost connection.
   * @param {import("./embed.js").Hello} hello
   */
  async greeted(hello) {
    const same = hello.session === this.#session;
    const anew = this.#session === undefined;
    this.#session = hello.session;
    const before = this.slots;
    this.slots = new Map();
    /** @type {Slot[]} */
    const other = [];
    for (const reader of hello.readers.filter(({ name }) => this.#ours(name))) {
      const fresh = slotOf(reader);
      const old = before.get(reader.reader);
      const next = old !== undefined && old.card === "none" && reader.card !== "none";
      const slot = old && old.name === reader.name ? Object.assign(old, { state: fresh.state, mine: fresh.mine, card: fresh.card }) : fresh;
      // A read that another session had is lost with it. A result stays until its time is up, or the next
      // card lies there, which came while nobody told of it.
      if (slot.stage === "result" ? next : !same) forget(slot);
      if (next && same) other.push(slot);
      this.slots.set(slot.id, slot);
    }
    if (!this.slot) this.current = this.#best()?.id;
    this.#changed("readers");
    // A page that was loaded anew knows nothing of what it did before: that ends, and is wiped.
    if (anew) await this.#endAll();
    if (this.current !== undefined) await this.choose(this.current);
    for (const slot of other.filter(({ mine }) => mine)) await this.#begin(slot);
  }

  /** Gives every reader back, and wipes what was read, here and there. */
  releaseAll() {
    for (const slot of this.slots.values()) {
      if (slot.mine) void this.agent.release(slot.id).catch(() => {});
      slot.mine = false;
      forget(slot);
    }
  }

  /** Ends what a page before this one began, and lets the events of that pass. */
  async #endAll() {
    const mine = [...this.slots.values()].filter((slot) => slot.mine);
    await Promise.all(mine.map((slot) => this.agent.end(slot.id).catch(() => {})));
    if (mine.length > 0) await new Promise((done) => setTimeout(done, SETTLE_MS));
  }

  /** @param {string} name */
  #ours(name) {
    return name.toLowerCase().includes(this.#only);
  }

  /** The reader to begin with: our own, then a free one with a card, then a free one, then any. */
  #best() {
    const all = [...this.slots.values()];
    const free = all.filter((slot) => slot.state === "free");
    return all.find((slot) => slot.mine) ?? free.find((slot) => slot.card !== "none") ?? free[0] ?? all[0];
  }

  /**
   * Shows a reader, and makes it this page's where it is free.
   * @param {string} id
   */
  async choose(id) {
    const slot = this.slots.get(id);
    if (!slot) return;
    this.current = id;
    if (!slot.mine) await this.#claim(slot);
    this.#changed("readers", slot);
    if (slot.mine) await this.#begin(slot);
  }

  /** @param {Slot} slot */
  async #claim(slot) {
    try {
      await this.agent.claim(slot.id);
      slot.mine = true;
      slot.state = "claimed";
      slot.holder = undefined;
      if (slot.stage === "taken") slot.stage = "idle";
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      if (error.code === "agent.reader_claimed") {
        slot.stage = "taken";
        slot.holder = error.fault.holder;
      } else if (error.code !== "agent.unreachable") {
        this.#refused(slot, error.fault);
      }
    }
  }

  /**
   * A card lies there and nobody reads it yet: begins, so that the first word comes at once.
   * @param {Slot} slot
   */
  async #begin(slot) {
    const readable = slot.card === "emrtd" || slot.card === "citizen_card";
    if (slot.stage === "idle" && !slot.asking && readable) await this.read(slot);
  }

  /** @param {Slot} slot @param {string} [key] */
  async read(slot, key) {
    const card = slot.card;
    forget(slot);
    slot.card = card;
    slot.asking = true;
    slot.nonce = nonce();
    if (key !== undefined) slot.stage = "reading";
    slot.phase = slot.card === "none" ? "waiting" : "opening";
    this.#changed("started", slot);
    await this.#ask(slot, async () => {
      try {
        const { read } = await this.#order(slot, key);
        slot.read = read;
      } catch (error) {
        slot.asking = false;
        // A text that is no key at all: another one may be.
        if (error instanceof AgentError && error.fault.status === 400 && key !== undefined) slot.stage = "idle";
        throw error;
      }
    });
  }

  /**
   * A read with a receipt where the agent can sign one.
   * @param {Slot} slot
   * @param {string | undefined} key
   */
  async #order(slot, key) {
    const order = { reader: slot.id, key, portrait: true };
    try {
      return await this.agent.read({ ...order, evidence: "receipt", nonce: slot.nonce });
    } catch (error) {
      if (!(error instanceof AgentError) || error.code !== "agent.no_device_key") throw error;
      return this.agent.read({ ...order, evidence: "none" });
    }
  }

  /**
   * The key, to a read that waits for it or to a new one.
   * @param {Slot} slot
   * @param {string} key
   */
  async key(slot, key) {
    if (!slot.asking) return this.read(slot, key);
    const before = slot.stage;
    slot.stage = "reading";
    slot.wrong = false;
    slot.fault = undefined;
    slot.phase = slot.card === "none" ? "waiting" : "opening";
    this.#changed("started", slot);
    await this.#ask(slot, async () => {
      try {
        await this.agent.key(slot.id, key);
      } catch (error) {
        // A text that is no key at all: the read still waits for one.
        if (error instanceof AgentError && error.fault.status === 400) slot.stage = before;
        throw error;
      }
    });
  }

  /** @param {Slot} slot */
  async cancel(slot) {
    await this.#ask(slot, () => this.agent.cancel(slot.id));
  }

  /**
   * The person is done: wiped here at once, and there.
   * @param {Slot} slot
   */
  async end(slot) {
    forget(slot);
    slot.notice = "clearedEnded";
    this.#changed("cleared", slot);
    try {
      await this.agent.end(slot.id);
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
    }
  }

  /**
   * Begins the time before the page clears anew. The agent goes along for as long as it may; what the page shows stays.
   * @param {Slot} slot
   */
  more(slot) {
    if (slot.clearAt === undefined || slot.more >= MORE_TIMES) return false;
    slot.more += 1;
    slot.clearAt = performance.now() + slot.clearAfter * 1000;
    void this.agent.continue(slot.id).catch(() => {});
    return true;
  }

  /**
   * What the clock brings: results whose time is up.
   * @param {number} now
   */
  tick(now) {
    for (const slot of this.slots.values()) {
      if (slot.stage === "result" && slot.clearAt !== undefined && now >= slot.clearAt) {
        forget(slot);
        slot.notice = "clearedTime";
        this.#changed("cleared", slot);
        void this.agent.end(slot.id).catch(() => {});
      }
    }
  }

  /** @param {Slot} slot @param {() => Promise<unknown>} command */
  async #ask(slot, command) {
    try {
      await command();
    } catch (error) {
      if (!(error instanceof AgentError)) throw error;
      // With the connection everything else goes; the page says so by itself.
      if (error.code === "agent.unreachable") return;
      this.#refused(slot, error.fault);
    }
  }

  /** @param {Slot} slot @param {Fault} fault */
  #refused(slot, fault) {
    slot.fault = fault;
    // What was wrong with a key is said where the key is entered.
    const atKey = slot.stage === "key" || (slot.stage === "idle" && fault.status === 400);
    if (!atKey) {
      slot.stage = "failed";
      slot.asking = false;
    }
    this.#changed("failed", slot);
  }

  /** @param {AgentEvent} event */
  #heard(event) {
    if (event.event === "shutdown") return this.#changed("shutdown");
    if (event.event === "reader_attached") return this.#attached(event);
    const slot = this.slots.get(event.reader);
    if (!slot) return;
    switch (event.event) {
      case "reader_detached":
        this.slots.delete(slot.id);
        if (this.current === slot.id) this.current = this.#best()?.id;
        this.#changed("readers", slot);
        if (this.current !== undefined) void this.choose(this.current);
        break;
      case "reader_state":
        slot.state = event.state;
        slot.mine = event.mine;
        if (event.mine && slot.stage === "taken") slot.stage = "idle";
        if (!event.mine && event.state !== "free") {
          const known = slot.stage === "taken";
          forget(slot);
          // Who has it is told to whoever asks for it.
          if (!known && slot.id === this.current) void this.choose(slot.id);
        }
        if (event.state === "free" && slot.stage === "taken") {
          slot.stage = "idle";
          // It was waited for.
          if (slot.id === this.current) void this.choose(slot.id);
        }
        this.#changed("readers", slot);
        break;
      case "card_present":
        return this.#present(slot, event.card);
      case "card_removed":
        slot.card = "none";
        // Taken away before the key arrived: the agent waits for a card now. One that slips is told of.
        if (slot.asking && slot.stage === "reading" && slot.phase === "opening") slot.phase = "waiting";
        if (slot.notice === "cardUnknown") slot.notice = undefined;
        this.#changed("removed", slot);
        break;
      case "phase":
        slot.read = event.read;
        slot.phase = event.phase;
        slot.percent = Math.max(slot.percent, Math.min(100, event.percent));
        if (event.phase !== "waiting" && slot.asking) slot.stage = "reading";
        this.#changed("phase", slot);
        break;
      case "key_wanted":
        slot.stage = "key";
        slot.asking = true;
        slot.read = event.read;
        slot.wrong = event.why === "wrong";
        slot.tries = event.tries_left;
        this.#changed("key", slot);
        break;
      case "paused":
        slot.stage = "paused";
        slot.pausedUntil = performance.now() + event.within_ms;
        this.#changed("paused", slot);
        break;
      case "resumed":
        slot.stage = "reading";
        slot.pausedUntil = undefined;
        this.#changed("resumed", slot);
        break;
      case "partial":
        if (!event.unverified_holder) break;
        slot.partial = event.unverified_holder;
        if (slot.stage === "key" || slot.stage === "idle") slot.stage = "reading";
        this.#changed("partial", slot);
        break;
      case "result":
        return this.#result(slot, event);
      case "failed":
        forget(slot);
        slot.read = event.read;
        if (QUIET.has(event.error.code)) {
          this.#changed("readers", slot);
          break;
        }
        slot.fault = event.error;
        slot.stage = "failed";
        this.#changed("failed", slot);
        break;
      case "cleared":
        // More time was asked for: what is shown stays until the page's own clock says so.
        if (event.why === "time" && slot.more > 0) break;
        // What was never shown needs no clearing, and our own `end` is done already.
        if (slot.stage !== "result") break;
        forget(slot);
        slot.notice = event.why === "time" ? "clearedTime" : event.why === "removed" ? "clearedRemoved" : "clearedEnded";
        this.#changed("cleared", slot);
        break;
    }
  }

  /** @param {Extract<AgentEvent, {event: "reader_attached"}>} event */
  #attached({ reader: id, name, virtual }) {
    if (!this.#ours(name)) return;
    const old = this.slots.get(id);
    const slot = slotOf({ reader: id, name, state: "free", mine: false, card: "none", virtual });
    if (old) Object.assign(old, { name });
    else this.slots.set(id, slot);
    this.#changed("readers", old ?? slot);
    if (this.current === undefined) void this.choose(id);
  }

  /** @param {Slot} slot @param {Reader["card"]} card */
  #present(slot, card) {
    const before = slot.card;
    slot.card = card;
    slot.notice = undefined;
    if (card === "unknown") setTimeout(() => this.#stillUnknown(slot), UNKNOWN_AFTER_MS);
    // A card on another free reader, while nothing goes on here: that is the one that is meant.
    const here = this.slot;
    const quiet = !here || (here.stage === "idle" && here.card === "none" && !here.asking) || here.stage === "taken";
    if (!slot.mine && slot.state === "free" && quiet && slot !== here) {
      this.#changed("card", slot);
      void this.choose(slot.id);
      return;
    }
    if (slot.stage === "failed" && !slot.asking && before === "none") forget(slot);
    if (slot.mine && slot.stage === "result" && before === "none" && card !== "none") {
      // The next card: whoever was shown before is done, also behind another reader's tab.
      forget(slot);
    }
    this.#changed(before === "none" ? "card" : "readers", slot);
    if (slot.mine) void this.#begin(slot);
  }

  /** @param {Slot} slot */
  #stillUnknown(slot) {
    if (slot.card !== "unknown" || slot.stage !== "idle") return;
    slot.notice = "cardUnknown";
    this.#changed("readers", slot);
  }

  /** @param {Slot} slot @param {Extract<AgentEvent, {event: "result"}>} event */
  #result(slot, event) {
    const { nonce: own } = slot;
    if (event.sent_before || !event.report) {
      // It was handed to a connection that broke. If it came through, it is shown already.
      if (slot.stage === "result") return;
      forget(slot);
      slot.notice = "sentBefore";
      this.#changed("readers", slot);
      return;
    }
    forget(slot);
    slot.read = event.read;
    slot.stage = "result";
    slot.report = event.report;
    slot.receipt = event.receipt;
    slot.nonce = own;
    slot.clearAfter = event.clear_in_s;
    slot.clearAt = performance.now() + event.clear_in_s * 1000;
    this.#changed("result", slot);
  }
}
