// An agent that only pretends, to look at the page without one: node tests/page/mock.mjs [PORT]
// http://127.0.0.1:PORT/ then serves the page under the rules of the real one (same headers, same wire).
// What lies on its readers is said over POST /mock: {"do": "present" | "remove" | "pause" | "resume" |
// "result" | "fail" | "key" | "detach" | "attach" | "taken" | "free" | "phase" | "partial" | "clear" | "drop",
// "reader", ...}. With "auto" a read runs by itself: {"do": "auto", "report": NAME}.

import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";

const here = fileURLToPath(new URL(".", import.meta.url));
const pages = join(here, "../../src/agent/page");
const samples = JSON.parse(readFileSync(join(here, "reports.json"), "utf8"));
const KINDS = { ".html": "text/html; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".css": "text/css; charset=utf-8", ".svg": "image/svg+xml" };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/** What an agent tells unless it is asked for more. */
const FIELDS = ["name", "citizen_number", "birth", "sex", "nationality", "residence", "issued", "expiry"];

const state = {
  token: undefined, // when set, it is asked for
  auto: undefined,
  clear: 120,
  doubtful: false,
  age: 3,
  stale: false,
  unread: undefined,
  samples: undefined,
  origins: [],
  readers: new Map([["r1", { reader: "r1", name: "Identiv uTrust 3700 F", state: "free", mine: false, card: "none" }]]),
};
let session = { id: "s1", seq: 0, log: [] };
let reads = 0;
/** @type {Set<import("node:net").Socket>} */
const sockets = new Set();

/** The longest names that a chip's file has room for, with and without a place to break them. */
const LONG = {
  long: "Công Tằng Tôn Nữ Mẫu Phương Thảo Nguyên Khánh Linh Huyền Trân Bảo Ngọc Thiên Kim Hoàng Anh Tuyết Mai",
  unbroken: "Nguyễnphúcmẫuvĩnhbảothiênhoàngphúckhangcôngtằngtônnữphươngthảonguyênkhánhlinhhuyềntrân",
};

function report(name) {
  if (LONG[name]) return JSON.parse(JSON.stringify(report("genuine")), (key, value) => (key === "name" ? LONG[name] : value));
  const text = JSON.stringify(samples.reports[name]).replaceAll('"PORTRAIT"', JSON.stringify(samples.portrait));
  const whole = { ...JSON.parse(text), judged_at: new Date().toISOString() };
  for (const name of ["holder", "unverified_holder"]) {
    if (whole[name]) whole[name] = Object.fromEntries(Object.entries(whole[name]).filter(([field]) => FIELDS.includes(field)));
  }
  return whole;
}

function fault(code, status, more = {}) {
  return { code, status, retriable: true, next_action: "reposition", message: { vi: `Lỗi ${code}.`, en: `Failure ${code}.` }, remedy: { vi: "Vui lòng thử lại.", en: "Try again." }, ...more };
}

// ---- events ----

function emit(event, members) {
  session.seq += 1;
  const text = JSON.stringify({ seq: session.seq, event, at: new Date().toISOString(), ...members });
  session.log.push({ seq: session.seq, text });
  for (const socket of sockets) send(socket, text);
}

const pause = (ms) => new Promise((done) => setTimeout(done, ms));

async function run(reader, name) {
  const read = String(reads);
  const steps = [["opening", 5], ["text", 25]];
  for (const [phase, percent] of steps) {
    emit("phase", { reader, read, phase, percent });
    await pause(120);
  }
  const sample = report(name);
  emit("partial", { reader, read, unverified_holder: sample.holder ?? sample.unverified_holder });
  for (const [phase, percent] of [["proof", 45], ["photo", 70], ["verifying", 90], ["registry", 96]]) {
    emit("phase", { reader, read, phase, percent });
    await pause(120);
  }
  emit("result", { reader, read, report: sample, receipt: { schema: "cancuoc.receipt/1" }, clear_in_s: state.clear });
}

function command({ command: name, ...told }) {
  const reader = state.readers.get(told.reader);
  if (told.reader !== undefined && !reader) return { error: fault("agent.reader_unknown", 404) };
  switch (name) {
    case "hello": {
      const resume = told.resume?.session === session.id;
      if (!resume) session = { id: `s${Date.now()}`, seq: 0, log: [] };
      return { ok: { session: session.id, seq: session.seq, level: 1, levels: { oldest: 1, newest: 1 }, agent: { version: "0.1.0", device: "5e88489812ab" }, readers: [...state.readers.values()], owns: [] }, after: resume ? told.resume.seq : undefined };
    }
    case "status":
      return { ok: { agent: { version: "0.1.0" }, clock: { now: new Date().toISOString(), doubtful: state.doubtful }, origins: state.origins, registry_samples: state.samples, service: state.service ?? null } };
    case "trust":
      return { ok: { anchors: 3, countries: ["VN"], age_days: state.age, stale: state.stale, unread: state.unread } };
    case "readers":
      return { ok: { readers: [...state.readers.values()] } };
    case "claim":
      if (reader.taken) return { error: fault("agent.reader_claimed", 409, { holder: reader.taken }) };
      Object.assign(reader, { state: "claimed", mine: true });
      return { ok: { reader } };
    case "read":
      reads += 1;
      if (told.key === undefined) setTimeout(() => emit("key_wanted", { reader: reader.reader, read: String(reads), kinds: ["can", "mrz", "qr", "number"], why: "first" }), 60);
      else if (reader.card === "none") setTimeout(() => emit("phase", { reader: reader.reader, read: String(reads), phase: "waiting", percent: 0 }), 20);
      else if (state.auto) void run(reader.reader, state.auto);
      return { ok: { read: String(reads) } };
    case "key":
      if (told.key.length < 6) return { error: fault("key.malformed", 400, { message: { vi: "Mã mở thẻ không đúng dạng.", en: "This is no key." }, remedy: { vi: "Vui lòng nhập sáu chữ số.", en: "Enter six digits." } }) };
      if (told.key === "999999") setTimeout(() => emit("key_wanted", { reader: reader.reader, read: String(reads), kinds: ["can"], why: "wrong", tries_left: 2 }), 100);
      else if (state.auto) void run(reader.reader, state.auto);
      return { ok: {} };
    case "cancel":
      emit("failed", { reader: reader.reader, read: String(reads), error: fault("agent.cancelled", 409) });
      return { ok: {} };
    case "end":
      emit("cleared", { reader: reader.reader, why: "ended" });
      return { ok: {} };
    default:
      return { ok: {} };
  }
}

/** What a hand at the counter does. */
function hand(told) {
  const id = told.reader ?? "r1";
  const reader = state.readers.get(id);
  const about = { reader: id, read: String(reads) };
  switch (told.do) {
    case "auto":
      state.auto = told.report;
      if (told.clear) state.clear = told.clear;
      break;
    case "set":
      Object.assign(state, told.state);
      break;
    case "present":
      reader.card = told.card ?? "emrtd";
      emit("card_present", { reader: id, card: reader.card });
      break;
    case "remove":
      reader.card = "none";
      emit("card_removed", { reader: id });
      break;
    case "attach":
      state.readers.set(id, { reader: id, name: told.name ?? id, state: "free", mine: false, card: "none" });
      emit("reader_attached", { reader: id, name: told.name ?? id });
      break;
    case "detach":
      state.readers.delete(id);
      emit("reader_detached", { reader: id, name: reader?.name ?? id });
      break;
    case "taken":
      Object.assign(reader, { taken: told.holder, state: "claimed", mine: false });
      emit("reader_state", { reader: id, state: "claimed", mine: false });
      break;
    case "pause":
      emit("paused", { ...about, cause: "card_lost", within_ms: 10000 });
      break;
    case "resume":
      emit("resumed", about);
      break;
    case "phase":
      emit("phase", { ...about, phase: told.phase, percent: told.percent ?? 0 });
      break;
    case "partial":
      emit("partial", { ...about, unverified_holder: report(told.report).holder });
      break;
    case "result":
      emit("result", { ...about, report: report(told.report), receipt: { schema: "cancuoc.receipt/1" }, clear_in_s: told.clear ?? state.clear });
      break;
    case "fail":
      emit("failed", { ...about, error: told.error });
      break;
    case "clear":
      emit("cleared", { reader: id, why: told.why ?? "time" });
      break;
    case "drop":
      for (const socket of sockets) socket.destroy();
      break;
  }
}

// ---- HTTP ----

const server = createServer(async (request, response) => {
  const { pathname } = new URL(request.url, "http://127.0.0.1");
  let body = "";
  for await (const piece of request) body += piece;
  const json = (status, value) => response.writeHead(status, { "Content-Type": "application/json" }).end(JSON.stringify(value));
  if (pathname === "/mock") {
    hand(JSON.parse(body));
    return json(200, {});
  }
  if (pathname === "/v1/pair") {
    if (JSON.parse(body).code !== "12345678") {
      return json(401, { error: fault("agent.pairing_code", 401, { message: { vi: "Mã ghép nối không đúng.", en: "The pairing code is wrong." }, remedy: { vi: "Vui lòng lấy mã mới bằng “cancuoc agent pair”.", en: "Get a new one with “cancuoc agent pair”." } }) });
    }
    return json(200, { ok: { token: state.token ?? "t" } });
  }
  if (pathname.startsWith("/v1/")) {
    const given = request.headers.authorization?.replace("Bearer ", "");
    if (state.token && given !== state.token) return json(401, { error: fault("agent.token", 401) });
    return json(200, command({ ...JSON.parse(body || "{}"), command: pathname.slice(4) }));
  }
  try {
    const file = pathname === "/" ? "index.html" : pathname === "/kiosk" ? "kiosk.html" : pathname.slice(1);
    const octets = readFileSync(join(pages, file));
    response.writeHead(200, { "Content-Type": KINDS[extname(file)] ?? "application/octet-stream", "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Referrer-Policy": "no-referrer" });
    response.end(octets);
  } catch {
    response.writeHead(404).end();
  }
});

// ---- WebSocket (RFC 6455), as much of it as a browser needs ----

server.on("upgrade", (request, socket) => {
  const offered = (request.headers["sec-websocket-protocol"] ?? "").split(/, */);
  const token = offered.find((one) => one.startsWith("cancuoc.token."))?.slice(14);
  if (state.token && token !== state.token) {
    socket.end("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n");
    return;
  }
  const accept = createHash("sha1").update(`${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest("base64");
  socket.write(`HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\nSec-WebSocket-Protocol: cancuoc.agent.1\r\n\r\n`);
  sockets.add(socket);
  let buffer = Buffer.alloc(0);
  socket.on("data", (piece) => {
    buffer = Buffer.concat([buffer, piece]);
    for (;;) {
      if (buffer.length < 6) return;
      let [length, at] = [buffer[1] & 0x7f, 2];
      if (length === 126) [length, at] = [buffer.readUInt16BE(2), 4];
      if (buffer.length < at + 4 + length) return;
      const mask = buffer.subarray(at, at + 4);
      const text = Buffer.from(buffer.subarray(at + 4, at + 4 + length)).map((one, index) => one ^ mask[index % 4]);
      const kind = buffer[0] & 0x0f;
      buffer = buffer.subarray(at + 4 + length);
      if (kind === 8) return socket.end();
      if (kind === 1) heard(socket, JSON.parse(text.toString("utf8")));
    }
  });
  const gone = () => sockets.delete(socket);
  socket.on("close", gone);
  socket.on("error", gone);
});

function heard(socket, { id, ...told }) {
  const { after, ...answer } = command(told);
  send(socket, JSON.stringify({ reply_to: id, ...answer }));
  if (after === undefined) return;
  for (const one of session.log) if (one.seq > after) send(socket, one.text);
}

function send(socket, text) {
  const body = Buffer.from(text, "utf8");
  const head = body.length < 126 ? Buffer.from([0x81, body.length]) : body.length < 65536 ? Buffer.from([0x81, 126, body.length >> 8, body.length & 255]) : Buffer.concat([Buffer.from([0x81, 127, 0, 0, 0, 0]), Buffer.from([body.length >>> 24, (body.length >>> 16) & 255, (body.length >>> 8) & 255, body.length & 255])]);
  socket.write(Buffer.concat([head, body]));
}

server.listen(Number(process.argv[2] ?? 8481), "127.0.0.1", () => console.log(`http://127.0.0.1:${server.address().port}/`));
