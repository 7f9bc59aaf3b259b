/**
 * A client of `cancuoc agent` for a page of your own: copy this one file, it needs nothing else.
 *
 *     import { Cancuoc } from "./embed.js";
 *     const token = await Cancuoc.pair("12345678");        // once; keep it for this origin
 *     const agent = new Cancuoc({ token });
 *     agent.on("card_present", ({ reader }) => agent.read({ reader }));
 *     agent.on("key_wanted", ({ reader }) => agent.key(reader, prompt("CAN") ?? ""));
 *     agent.on("result", ({ report }) => console.log(report.verdict));
 *     await agent.connect();
 *     await agent.claim("r1");
 *
 * It speaks the agent's level 1 (docs/agent.md), comes back after a lost connection and goes on where it
 * was. It keeps nothing: what an event holds is yours to show and to forget.
 */

/** The level of the agent's interface that this file speaks. */
export const LEVEL = 1;

/** Where an agent listens unless it was told otherwise. */
const ADDRESS = "127.0.0.1:8480";
/** Longest wait for a reply, in milliseconds: an agent answers at once, whatever a card does. */
const REPLY_WITHIN = 10_000;
/** Pauses between attempts to come back, in milliseconds: the first, and the longest. */
const PAUSES = { first: 250, longest: 5_000 };

/** @typedef {{vi: string, en: string}} Words A sentence in both languages. */
/**
 * @typedef {object} Fault What the agent answers when it does not do something.
 * @property {string} code
 * @property {number} [status]
 * @property {boolean} retriable
 * @property {string} next_action
 * @property {Words} message
 * @property {Words} remedy
 * @property {string} [pointer] where in the command
 * @property {string} [holder] who has the reader
 * @property {number} [tries_left]
 * @property {{oldest: number, newest: number}} [levels]
 */
/** @typedef {"none" | "unknown" | "emrtd" | "citizen_card"} CardKind */
/** @typedef {"free" | "claimed" | "busy"} ReaderState */
/** @typedef {{reader: string, name: string, state: ReaderState, mine: boolean, card: CardKind, virtual?: true}} Reader */
/**
 * @typedef {object} Hello
 * @property {string} session
 * @property {number} seq
 * @property {number} level
 * @property {{oldest: number, newest: number}} levels
 * @property {{version: string, device?: string}} agent
 * @property {Reader[]} readers
 * @property {string[]} owns
 */
/** @typedef {"genuine" | "not_in_force" | "not_genuine" | "inconclusive"} Verdict */
/** @typedef {{outcome: "pass" | "fail" | "open", code: string, evidence: Record<string, string>}} Check */
/** @typedef {Record<string, string | string[]>} Holder Fields by name; numbers are strings. */
/** @typedef {{mime: string, base64: string}} Portrait */
/**
 * @typedef {object} Report As `--format json` writes it (docs/report.md).
 * @property {"cancuoc.report/1"} schema
 * @property {Verdict} verdict
 * @property {string} next_action
 * @property {string} judged_at
 * @property {string} [policy]
 * @property {string[]} [required]
 * @property {Record<string, Check>} checks
 * @property {Holder} [holder] only where passive authentication vouches for it
 * @property {Holder} [unverified_holder]
 * @property {Portrait} [portrait]
 * @property {Portrait} [unverified_portrait]
 * @property {string[]} [deviations]
 * @property {Record<string, string>} [groups]
 * @property {string} [sod_sha256]
 */
/** @typedef {"waiting" | "opening" | "text" | "proof" | "photo" | "verifying" | "registry"} Phase */
/** @typedef {"can" | "mrz" | "qr" | "number"} KeyKind */
/**
 * @typedef {object} EventMap What each event brings beside its number and time. Where a personal event
 *   was handed out before, it comes again without its personal members and with `sent_before`.
 * @property {{reader: string, name: string, virtual?: true}} reader_attached
 * @property {{reader: string, name: string}} reader_detached
 * @property {{reader: string, card: CardKind}} card_present
 * @property {{reader: string}} card_removed
 * @property {{reader: string, state: ReaderState, mine: boolean}} reader_state
 * @property {{reader: string, read: number, phase: Phase, index?: number, count?: number, percent: number}} phase
 * @property {{reader: string, read: number, kinds: KeyKind[], why?: "first" | "wrong", tries_left?: number}} key_wanted
 * @property {{reader: string, read: number, cause: string, within_ms: number}} paused
 * @property {{reader: string, read: number}} resumed
 * @property {{reader: string, read: number, unverified_holder?: Holder, sent_before?: true}} partial
 * @property {{reader: string, read: number, report?: Report, receipt?: Record<string, unknown>, evidence?: Record<string, unknown>, clear_in_s: number, sent_before?: true}} result
 * @property {{reader: string, read: number, error: Fault}} failed
 * @property {{reader: string, why: "ended" | "time" | "removed" | "released"}} cleared
 * @property {{}} shutdown
 */
/** @typedef {keyof EventMap} EventName */
/**
 * @typedef {{[N in EventName]: EventMap[N] & {seq: number, event: N, at: string}}[EventName]} AgentEvent
 */
/**
 * @typedef {object} ReadOrder
 * @property {string} reader
 * @property {string} [key] CAN, MRZ, text of the QR code, or number,birth,expiry
 * @property {number[]} [groups]
 * @property {string[]} [checks]
 * @property {string[]} [fields] of the holder; the counter's when left out
 * @property {boolean} [portrait] true when left out
 * @property {{procedure?: string, case?: string, officer?: string}} [purpose]
 * @property {string[]} [disclose]
 * @property {"none" | "receipt" | "full"} [evidence]
 * @property {string} [nonce] base64 of 16 to 64 octets
 * @property {number} [within] seconds
 */
/**
 * @typedef {"closed" | "connecting" | "open" | "unreachable" | "unpaired" | "refused" | "level"} LinkState
 *   `unreachable`: nobody answers there; `unpaired`: no token, or one that does not count; `refused`: this
 *   page's origin may not ask; `level`: the agent speaks another level.
 */

/** A refusal by the agent, or the failure to reach it. */
export class AgentError extends Error {
  /** @param {Fault} fault */
  constructor(fault) {
    super(fault.code);
    this.name = "AgentError";
    this.fault = fault;
  }

  get code() {
    return this.fault.code;
  }
}

/** @type {Readonly<Record<string, Fault>>} What this file says by itself, when no agent answers. */
const OWN = {
  unreachable: {
    code: "agent.unreachable",
    retriable: true,
    next_action: "manual_review",
    message: { vi: "Không kết nối được dịch vụ đọc thẻ.", en: "The card service cannot be reached." },
    remedy: {
      vi: "Vui lòng chạy “sudo systemctl start cancuoc-agent” (dịch vụ cài từ gói) hoặc “cancuoc agent” trên máy này, và cho phép trang này truy cập máy khi trình duyệt hỏi.",
      en: "Run “sudo systemctl start cancuoc-agent” (the service of an installed package) or “cancuoc agent” on this machine, and let this page reach the machine where the browser asks.",
    },
  },
  unpaired: {
    code: "agent.unpaired",
    retriable: false,
    next_action: "manual_review",
    message: { vi: "Trang này chưa được ghép nối.", en: "This page is not paired." },
    remedy: { vi: "Vui lòng chạy “sudo cancuoc-service agent pair” (dịch vụ cài từ gói) hoặc “cancuoc agent pair” và nhập mã.", en: "Run “sudo cancuoc-service agent pair” (the service of an installed package) or “cancuoc agent pair”, and enter the code." },
  },
};

/** An agent on this machine, and one session with it. */
export class Cancuoc {
  /** @type {string} */ #address;
  /** @type {string | undefined} */ #token;
  /** @type {"vi" | "en" | undefined} */ #lang;
  /** @type {WebSocket | undefined} */ #socket;
  /** @type {Map<string, {socket: WebSocket, done: (ok: any) => void, not: (error: Error) => void, timer: ReturnType<typeof setTimeout>}>} */
  #asked = new Map();
  /** @type {Map<string, Set<(event: any) => void>>} */
  #listeners = new Map();
  #number = 0;
  /** @type {string | undefined} */ #session;
  #seq = 0;
  /** @type {Hello | undefined} */ #hello;
  #wanted = false;
  /** It was said of this session that nobody takes it up again. */ #left = false;
  /** The page lies aside, and connects anew when somebody goes back to it. */ #aside = false;
  /**
   * A page that is closed or left gives its readers back at once. One that a browser puts aside for whoever
   * goes back keeps its connection, and would keep its readers with it.
   * @param {PageTransitionEvent} event
   */
  #hidden = ({ persisted }) => {
    this.leave();
    if (!persisted) return;
    this.#aside = this.#wanted;
    this.#end();
  };
  /** @param {PageTransitionEvent} event */
  #shown = ({ persisted }) => {
    if (persisted && this.#aside) void this.connect().catch(() => {});
  };
  #pause = PAUSES.first;
  /** @type {ReturnType<typeof setTimeout> | undefined} */ #again;
  /** @type {LinkState} */ #state = "closed";
  /** @type {Set<(state: LinkState, fault?: Fault) => void>} */ #watchers = new Set();

  /**
   * @param {{address?: string, token?: string, lang?: "vi" | "en", resume?: {session: string, seq: number}}} [options]
   *   `resume` is what `place` was before the page was loaded anew
   */
  constructor(options = {}) {
    this.#address = options.address ?? ADDRESS;
    this.#token = options.token;
    this.#lang = options.lang;
    this.#session = options.resume?.session;
    this.#seq = options.resume?.seq ?? 0;
  }

  /**
   * Exchanges a code that `cancuoc agent pair` shows for a token that counts for this page's origin.
   * @param {string} code eight digits
   * @param {{address?: string}} [options]
   * @returns {Promise<string>}
   */
  static async pair(code, options = {}) {
    const answer = await fetched(options.address ?? ADDRESS, "/v1/pair", { code });
    const body = await answer.json().catch(() => ({}));
    const token = body?.ok?.token ?? body?.token;
    if (typeof token === "string") return token;
    throw new AgentError(body?.error ?? OWN.unpaired);
  }

  /** Where this session stands: nothing personal. The agent keeps it for a minute without a connection. */
  get place() {
    return this.#session === undefined ? undefined : { session: this.#session, seq: this.#seq };
  }

  /** What the agent said when it was last greeted. */
  get hello() {
    return this.#hello;
  }

  /** @param {string | undefined} token what pairing gave; counts from the next `connect` on */
  set token(token) {
    this.#token = token;
  }

  /** How the connection stands. */
  get state() {
    return this.#state;
  }

  /**
   * Tells of every change of the connection.
   * @param {(state: LinkState, fault?: Fault) => void} watcher
   * @returns {() => void} ends it
   */
  watch(watcher) {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  }

  /**
   * Hears events of one name, or of all with `*`. Those that came before are not repeated.
   * @template {EventName | "*"} N
   * @param {N} name
   * @param {(event: N extends EventName ? Extract<AgentEvent, {event: N}> : AgentEvent) => void} listener
   * @returns {() => void} ends it
   */
  on(name, listener) {
    const of = this.#listeners.get(name) ?? new Set();
    this.#listeners.set(name, of);
    of.add(listener);
    return () => of.delete(listener);
  }

  /**
   * Connects, says hello, and stays connected until `close`. Where that fails it goes on trying unless
   * the token, the origin or the level is the reason; `watch` tells.
   * @returns {Promise<Hello>}
   */
  async connect() {
    this.#wanted = true;
    clearTimeout(this.#again);
    // Once, however often it is asked for. What is no page has no such event.
    globalThis.addEventListener?.("pagehide", this.#hidden);
    globalThis.addEventListener?.("pageshow", this.#shown);
    this.#aside = false;
    this.#tell("connecting");
    if (!this.#token) {
      // Nothing counts without one: asking would only be refused.
      this.#wanted = false;
      this.#tell("unpaired", own("unpaired"));
      throw new AgentError(own("unpaired"));
    }
    /** @type {WebSocket | undefined} */
    let socket;
    try {
      socket = await this.#open();
      if (!this.#wanted) throw new AgentError(own("unreachable"));
      // Of two attempts at once the later one counts: what the other hears is of another session.
      const former = this.#socket;
      this.#socket = socket;
      former?.close();
      const hello = await this.#greet();
      this.#pause = PAUSES.first;
      this.#tell("open");
      return hello;
    } catch (error) {
      socket?.close();
      // Closed meanwhile, or another attempt has got further: that one tells how it went.
      if (!this.#wanted || (this.#socket !== undefined && this.#socket !== socket)) throw error;
      this.#socket = undefined;
      if (error instanceof AgentError && error.code === "agent.level") {
        this.#wanted = false;
        this.#tell("level", error.fault);
      } else {
        await this.#diagnose();
      }
      throw error;
    }
  }

  /** Ends the connection. The agent keeps the session for a minute, unless `leave` comes before. */
  close() {
    globalThis.removeEventListener?.("pagehide", this.#hidden);
    globalThis.removeEventListener?.("pageshow", this.#shown);
    this.#end();
  }

  #end() {
    this.#wanted = false;
    clearTimeout(this.#again);
    const socket = this.#socket;
    this.#socket = undefined;
    socket?.close();
    this.#tell("closed");
  }

  /**
   * Says that nobody takes this session up again: its readers are free, and what was read is wiped, as soon
   * as the connection is over. A page that is closed or left says so by itself (`pagehide`), on the socket,
   * which may not carry it any more, and beside it; and the agent takes a socket that a browser closes because
   * its page goes away (1001) for the same word. Only where nothing of all this arrives it keeps the session
   * for its minute, as it does for a page whose connection broke.
   */
  leave() {
    if (this.#session === undefined || this.#left) return;
    this.#left = true;
    void this.call("leave").catch(() => {});
    const body = { id: "leave", session: this.#session };
    void fetched(this.#address, "/v1/leave", body, this.#token, true).catch(() => {});
  }

  /** @returns {Promise<Record<string, any>>} the agent, its trust data, registry, clock and readers */
  status() {
    return this.call("status");
  }

  /** @returns {Promise<{readers: Reader[]}>} */
  readers() {
    return this.call("readers");
  }

  /** @returns {Promise<Record<string, any>>} anchors, countries, newest list, its age in days */
  trust() {
    return this.call("trust");
  }

  /** @param {string} reader @returns {Promise<{reader: Reader}>} */
  claim(reader) {
    return this.call("claim", { reader });
  }

  /** @param {string} reader */
  release(reader) {
    return this.call("release", { reader });
  }

  /**
   * Begins a read; it may come before the card. What becomes of it comes as events.
   * @param {ReadOrder} order
   * @returns {Promise<{read: number}>}
   */
  read(order) {
    return this.call("read", { fields: undefined, portrait: true, evidence: "none", ...order });
  }

  /** @param {string} reader @param {string} key */
  key(reader, key) {
    return this.call("key", { reader, key });
  }

  /**
   * Tries again after `paused` or `key_wanted`.
   * @param {string} reader
   */
  continue(reader) {
    return this.call("continue", { reader });
  }

  /**
   * Ends a running read.
   * @param {string} reader
   */
  cancel(reader) {
    return this.call("cancel", { reader });
  }

  /**
   * Everything about the card is wiped now.
   * @param {string} reader
   */
  end(reader) {
    return this.call("end", { reader });
  }

  /**
   * Sends a command; members that are undefined are left out.
   * @param {string} command
   * @param {Record<string, unknown>} [members]
   * @returns {Promise<any>} what stands under `ok`; an [AgentError] where the agent refuses
   */
  call(command, members = {}) {
    const socket = this.#socket;
    if (!socket || socket.readyState !== WebSocket.OPEN) {
      return Promise.reject(new AgentError(own("unreachable")));
    }
    this.#number += 1;
    const id = `c${this.#number}`;
    return new Promise((done, not) => {
      const timer = setTimeout(() => {
        this.#asked.delete(id);
        not(new AgentError(own("unreachable")));
      }, REPLY_WITHIN);
      this.#asked.set(id, { socket, done, not, timer });
      socket.send(JSON.stringify({ id, command, ...members }));
    });
  }

  /** @returns {Promise<WebSocket>} */
  #open() {
    // A browser lets a page set no header on a WebSocket, so that the token goes as a subprotocol.
    const offers = ["cancuoc.agent.1", `cancuoc.token.${this.#token}`];
    return new Promise((done, not) => {
      const socket = new WebSocket(`ws://${this.#address}/v1/socket`, offers);
      socket.onopen = () => done(socket);
      socket.onmessage = ({ data }) => {
        if (this.#socket === socket) this.#heard(String(data));
      };
      socket.onclose = () => {
        not(new AgentError(own("unreachable")));
        this.#lost(socket);
      };
    });
  }

  /** @returns {Promise<Hello>} */
  async #greet() {
    const plain = { level: LEVEL, lang: this.#lang };
    if (this.#session) {
      const resume = { session: this.#session, seq: this.#seq };
      try {
        return this.#entered(await this.call("hello", { ...plain, resume }), true);
      } catch (error) {
        // The session has ended meanwhile, by the agent's own word: a new one begins. One whose connection
        // broke once more is still there.
        if (!(error instanceof AgentError) || ["agent.level", "agent.unreachable"].includes(error.code)) throw error;
      }
    }
    this.#session = undefined;
    this.#seq = 0;
    return this.#entered(await this.call("hello", plain), false);
  }

  /** @param {Hello} hello @param {boolean} resumed */
  #entered(hello, resumed) {
    if (!resumed || hello.session !== this.#session) this.#seq = 0;
    this.#session = hello.session;
    this.#left = false;
    this.#hello = hello;
    return hello;
  }

  /** @param {string} text */
  #heard(text) {
    const message = JSON.parse(text);
    if (typeof message.event === "string") {
      // What was heard before a connection broke is not told twice.
      if (message.seq <= this.#seq) return;
      this.#seq = message.seq;
      for (const name of [message.event, "*"]) {
        for (const listener of this.#listeners.get(name) ?? []) safely(() => listener(message));
      }
      return;
    }
    const asked = this.#asked.get(message.reply_to);
    if (!asked) return;
    this.#asked.delete(message.reply_to);
    clearTimeout(asked.timer);
    if (message.error) asked.not(new AgentError(message.error));
    else asked.done(message.ok ?? {});
  }

  /** @param {WebSocket} socket */
  #lost(socket) {
    for (const [id, asked] of this.#asked) {
      if (asked.socket !== socket) continue;
      this.#asked.delete(id);
      clearTimeout(asked.timer);
      asked.not(new AgentError(own("unreachable")));
    }
    if (this.#socket !== socket) return;
    this.#socket = undefined;
    if (this.#wanted && this.#state === "open") void this.#diagnose();
  }

  /** Finds out why there is no connection: a browser does not tell a page what a handshake answered. */
  async #diagnose() {
    /** @type {LinkState} */
    let found = "unreachable";
    let fault = own("unreachable");
    try {
      const answer = await fetched(this.#address, "/v1/status", {}, this.#token);
      const body = await answer.json().catch(() => ({}));
      if (answer.status === 401) found = "unpaired";
      if (answer.status === 403) found = "refused";
      if (answer.status === 401 || answer.status === 403) fault = body?.error ?? own("unpaired");
    } catch {
      // Nobody there, or not for this origin: the browser says no more.
    }
    if (found === "unreachable") this.#retry();
    else this.#wanted = false;
    this.#tell(found, fault);
  }

  #retry() {
    if (!this.#wanted) return;
    clearTimeout(this.#again);
    this.#again = setTimeout(() => void this.connect().catch(() => {}), this.#pause);
    this.#pause = Math.min(this.#pause * 2, PAUSES.longest);
  }

  /** @param {LinkState} state @param {Fault} [fault] */
  #tell(state, fault) {
    this.#state = state;
    for (const watcher of this.#watchers) safely(() => watcher(state, fault));
  }
}

/**
 * A mistake in a page's own listener is told to its console and ends nothing here.
 * @param {() => void} told
 */
function safely(told) {
  try {
    told();
  } catch (error) {
    reportError(error);
  }
}

/** @param {"unreachable" | "unpaired"} name @returns {Fault} */
function own(name) {
  return /** @type {Fault} */ (OWN[name]);
}

/**
 * @param {string} address @param {string} path @param {unknown} body @param {string} [token]
 * @param {boolean} [keepalive] it is sent even if the page is gone by then
 * @returns {Promise<Response>}
 */
function fetched(address, path, body, token, keepalive = false) {
  /** @type {Record<string, string>} */
  const headers = { "Content-Type": "application/json" };
  if (token) headers["Authorization"] = `Bearer ${token}`;
  return fetch(`http://${address}${path}`, {
    method: "POST",
    headers,
    body: JSON.stringify(body),
    cache: "no-store",
    credentials: "omit",
    keepalive,
  });
}
