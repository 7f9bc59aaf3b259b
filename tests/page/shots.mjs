// Pictures of every state of the page against the mock, to look at:
//   node --experimental-websocket tests/page/shots.mjs FOLDER [NAME PART]
// Needs chromium; with AXE=axe.min.js it asks that checker, too. Says aloud every message of the console, so that a broken policy is seen.

import { spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const [folder = "shots", only = ""] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const axe = process.env.AXE ? readFileSync(process.env.AXE, "utf8") : undefined;
const here = fileURLToPath(new URL(".", import.meta.url));
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

const mock = spawn("node", [join(here, "mock.mjs"), "0"]);
const base = await new Promise((done) => mock.stdout.once("data", (text) => done(String(text).trim())));
const profile = mkdtempSync(join(tmpdir(), "page-"));
const chromium = spawn("chromium", ["--headless", "--no-sandbox", "--remote-debugging-port=0", "--hide-scrollbars", "--no-first-run", `--user-data-dir=${profile}`, "about:blank"], { stdio: "ignore" });
process.on("exit", () => {
  chromium.kill();
  mock.kill();
});

let port;
for (let tries = 0; tries < 200 && !port; tries += 1) {
  await pause(100);
  try {
    port = readFileSync(join(profile, "DevToolsActivePort"), "utf8").split("\n")[0];
  } catch {}
}
const [target] = (await (await fetch(`http://127.0.0.1:${port}/json/list`)).json()).filter((one) => one.type === "page");
const socket = new WebSocket(target.webSocketDebuggerUrl);
await new Promise((done) => (socket.onopen = done));
let number = 0;
const asked = new Map();
socket.onmessage = ({ data }) => {
  const message = JSON.parse(data);
  if (message.id) asked.get(message.id)?.(message.result ?? message);
  if (message.method === "Log.entryAdded") console.log("  log:", message.params.entry.text, message.params.entry.url ?? "");
  if (message.method === "Runtime.exceptionThrown") console.log("  thrown:", message.params.exceptionDetails.exception?.description);
  if (message.method === "Runtime.consoleAPICalled") console.log("  console:", message.params.args.map((one) => one.value).join(" "));
};
const ask = (method, params = {}) =>
  new Promise((done) => {
    number += 1;
    asked.set(number, done);
    socket.send(JSON.stringify({ id: number, method, params }));
  });
for (const domain of ["Page", "Runtime", "Log"]) await ask(`${domain}.enable`);
await ask("Emulation.setFocusEmulationEnabled", { enabled: true });
// Paired already, but where the flow is about pairing.
await ask("Page.addScriptToEvaluateOnNewDocument", { source: "if (location.protocol === 'http:') localStorage.setItem('cancuoc.token', 't')" });
const hand = (told) => fetch(new URL("/mock", base), { method: "POST", body: JSON.stringify(told) });
const evaluate = async (expression) => (await ask("Runtime.evaluate", { expression, returnByValue: true, awaitPromise: true })).result?.value;
const until = async (expression) => {
  for (let tries = 0; tries < 100; tries += 1) {
    if (await evaluate(expression)) return;
    await pause(50);
  }
  console.log("  waited in vain:", expression);
};
const stage = (name) => until(`document.querySelector("#main")?.dataset.stage === "${name}"`);
const type = async (text) => {
  for (const one of text) await ask("Input.dispatchKeyEvent", { type: "char", text: one });
};
const press = async (key, code = 0, text) => {
  const event = { key, code: key, windowsVirtualKeyCode: code, ...(text ? { text } : {}) };
  await ask("Input.dispatchKeyEvent", { type: "keyDown", ...event });
  await ask("Input.dispatchKeyEvent", { type: "keyUp", ...event });
};
const enter = () => press("Enter", 13, "\r");
const go = async (path) => {
  await ask("Page.navigate", { url: new URL(path, base).href });
  await until("document.readyState === 'complete'");
};
const fresh = async () => {
  await ask("Page.navigate", { url: "about:blank" });
  await hand({ do: "set", state: { token: null, auto: null, clear: 120, doubtful: false, age: 3, stale: false, unread: null, samples: null, origins: [], service: null } });
  for (const id of ["r2", "r3"]) await hand({ do: "detach", reader: id });
  await hand({ do: "attach", reader: "r1", name: "Identiv uTrust 3700 F" });
};
const shot = async (name, whole = true) => {
  await pause(120);
  const { data } = await ask("Page.captureScreenshot", { format: "png", captureBeyondViewport: whole });
  writeFileSync(join(folder, `${name}.png`), Buffer.from(data, "base64"));
  const wide = await evaluate("document.documentElement.scrollWidth > innerWidth");
  if (axe) {
    await evaluate(`${axe}; 1`);
    const rules = "{ runOnly: ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice'] }";
    for (const one of JSON.parse((await evaluate(`axe.run(${rules}).then((found) => JSON.stringify(found.violations.map((one) => [one.id, one.nodes.map((node) => node.html.slice(0, 120))])))`)) ?? '[["axe did not run"]]')) console.log("  axe:", ...one);
  }
  console.log(name, wide ? "WIDER THAN THE WINDOW" : "");
};
const size = (width, height, scale = 1) => ask("Emulation.setDeviceMetricsOverride", { width, height, deviceScaleFactor: scale, mobile: false });

/** What an agent says that finds no pcscd. */
const SERVICE = { code: "reader.no_service", retriable: true, next_action: "manual_review", message: { vi: "Dịch vụ đầu đọc thẻ (PC/SC) không chạy.", en: "The card reader service (PC/SC) is not running." }, remedy: { vi: "Vui lòng khởi động dịch vụ pcscd rồi thử lại.", en: "Start the pcscd service and try again." } };

const counter = {
  connect: async (q) => {
    await hand({ do: "set", state: { token: "secret" } });
    await go(`/${q}`);
    await stage("pair");
  },
  idle: async (q) => {
    await go(`/${q}`);
    await stage("idle");
  },
  key: async (q) => {
    await counter.idle(q);
    await hand({ do: "present" });
    await stage("key");
  },
  wrong: async (q) => {
    await counter.key(q);
    await type("999999");
    await enter();
    await until("document.querySelector('#key-error').textContent !== ''");
  },
  reading: async (q) => {
    await counter.key(q);
    await type("000123");
    await enter();
    await stage("reading");
    await hand({ do: "partial", report: "genuine" });
    await hand({ do: "phase", phase: "photo", percent: 60 });
    await pause(300);
  },
  paused: async (q) => {
    await counter.reading(q);
    await hand({ do: "pause" });
    await stage("paused");
  },
  failed: async (q) => {
    await counter.key(q);
    await hand({ do: "fail", error: { code: "card.removed", retriable: true, next_action: "reposition", message: { vi: "Thẻ bị nhấc ra khi chưa đọc xong.", en: "The card was removed before the read was done." }, remedy: { vi: "Vui lòng đặt lại thẻ và giữ yên cho đến khi có thông báo xong.", en: "Lay the card down again and leave it until the read is done." } } });
    await stage("failed");
  },
  taken: async (q) => {
    await counter.idle(q);
    await hand({ do: "taken", holder: "https://motcua.example" });
    await stage("taken");
  },
  none: async (q) => {
    await hand({ do: "detach", reader: "r1" });
    await go(`/${q}`);
    await stage("no-reader");
  },
  service: async (q) => {
    await hand({ do: "set", state: { service: SERVICE } });
    await counter.none(q);
    await until("document.querySelector('#no-reader-code').textContent.includes('no_service')");
  },
  two: async (q) => {
    await hand({ do: "attach", reader: "r2", name: "ACS ACR1252 Dual" });
    await counter.idle(q);
    await hand({ do: "present", reader: "r2" });
    await stage("key");
  },
  help: async (q) => {
    await counter.idle(q);
    await press("F1", 112);
    await pause(200);
  },
};
for (const name of ["genuine", "cloned", "forged", "expired", "lan", "inconclusive", "oldclock", "phuc", "long", "unbroken"]) {
  counter[name] = async (q) => {
    await hand({ do: "auto", report: name });
    await counter.key(q);
    await type("000123");
    await enter();
    await stage("result");
    await until("document.querySelector('#portrait')?.hidden || document.querySelector('#portrait')?.complete");
  };
}

const kiosk = {
  welcome: async (q) => {
    await go(`/kiosk.html${q}`);
    await stage("welcome");
  },
  lay: async (q) => {
    await kiosk.welcome(q);
    await evaluate("document.querySelector('#start').click()");
    await stage("idle");
  },
  keypad: async (q) => {
    await kiosk.lay(q);
    await hand({ do: "present" });
    await stage("key");
    await type("");
    for (const one of "0001") await press(one, one.charCodeAt(0), one);
  },
  wrong: async (q) => {
    await kiosk.lay(q);
    await hand({ do: "present" });
    await stage("key");
    for (const one of "999999") await press(one, one.charCodeAt(0), one);
    await enter();
    await until("document.querySelector('#key-error').textContent !== ''");
  },
  reading: async (q) => {
    await kiosk.keypad(q);
    for (const one of "23") await press(one, one.charCodeAt(0), one);
    await enter();
    await stage("reading");
    await hand({ do: "phase", phase: "photo", percent: 60 });
    await pause(300);
  },
  paused: async (q) => {
    await kiosk.reading(q);
    await hand({ do: "pause" });
    await stage("paused");
  },
  failed: async (q) => {
    await kiosk.reading(q);
    await hand({ do: "fail", error: { code: "card.removed", retriable: true, next_action: "reposition", message: { vi: "Thẻ bị nhấc ra khi chưa đọc xong.", en: "The card was removed before the read was done." }, remedy: { vi: "Vui lòng đặt lại thẻ và giữ yên cho đến khi có thông báo xong.", en: "Lay the card down again and leave it until the read is done." } } });
    await stage("failed");
  },
};
for (const name of ["genuine", "cloned", "expired", "inconclusive", "phuc", "long", "unbroken"]) {
  kiosk[name] = async (q) => {
    await hand({ do: "auto", report: name });
    await kiosk.keypad(q);
    for (const one of "23") await press(one, one.charCodeAt(0), one);
    await enter();
    await stage("result");
    await until("document.querySelector('#portrait')?.hidden || document.querySelector('#portrait')?.complete");
  };
}
kiosk.pair = async (q) => {
  await hand({ do: "set", state: { token: "secret" } });
  await go(`/kiosk.html${q}`);
  await stage("pair");
};
kiosk.service = async (q) => {
  await hand({ do: "set", state: { service: SERVICE } });
  await hand({ do: "detach", reader: "r1" });
  await go(`/kiosk.html${q}`);
  await until("document.querySelector('#connect-code').textContent.includes('no_service')");
};
kiosk.away = async (q) => {
  await kiosk.genuine(q);
  await hand({ do: "remove" });
  await pause(1500);
};

const [vi, en] = ["?lang=vi&theme=light&sound=off", "?lang=en&theme=dark&sound=off"];
for (const [page, flows, width, height] of [["counter", counter, 1366, 768], ["kiosk", kiosk, 1080, 1920]]) {
  for (const [name, flow] of Object.entries(flows)) {
    for (const [suffix, query] of [["vi", vi], ["en", en]]) {
      if (!`${page}-${name}-${suffix}`.includes(only)) continue;
      await size(width, height);
      await fresh();
      await flow(query);
      await shot(`${page}-${name}-${suffix}`, false);
    }
  }
}
// 200 %: half the window; a landscape kiosk; the slip.
for (const [name, flow, width, height, query] of [["zoom-result", counter.genuine, 683, 384, vi], ["zoom-idle", counter.idle, 683, 384, vi], ["narrow-result", counter.cloned, 320, 640, en], ["narrow-long", counter.long, 320, 640, vi], ["narrow-unbroken", counter.unbroken, 320, 640, en], ["kiosk-narrow-unbroken", kiosk.unbroken, 320, 640, vi], ["kiosk-wide-unbroken", kiosk.unbroken, 1920, 1080, en], ["kiosk-wide-long", kiosk.long, 1920, 1080, vi], ["kiosk-wide", kiosk.genuine, 1920, 1080, vi], ["kiosk-wide-keypad", kiosk.keypad, 1920, 1080, en], ["kiosk-small-keypad", kiosk.keypad, 1024, 768, vi], ["kiosk-zoom", kiosk.keypad, 540, 960, vi]]) {
  if (!name.includes(only)) continue;
  await size(width, height, 2);
  await fresh();
  await flow(query);
  await shot(name, false);
}
// Text alone at 200 %, and with the spacing of WCAG 2.2, 1.4.12.
const SPACED = "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}p{margin-bottom:2em!important}";
for (const [name, flow, width, height, css] of [["text-200-counter", counter.long, 1366, 768, "html{font-size:200%!important}"], ["text-200-kiosk", kiosk.long, 1080, 1920, "html{font-size:56px!important}"], ["spaced-counter", counter.expired, 1366, 768, SPACED], ["spaced-kiosk", kiosk.expired, 1080, 1920, SPACED]]) {
  if (!name.includes(only)) continue;
  await size(width, height);
  await fresh();
  await flow(vi);
  await evaluate(`{ const sheet = new CSSStyleSheet(); sheet.replaceSync(${JSON.stringify(css)}); document.adoptedStyleSheets = [sheet]; }`);
  await shot(name, true);
}
for (const [name, flow, width, height] of [["forced-counter", counter.cloned, 1366, 768], ["forced-kiosk", kiosk.genuine, 1080, 1920], ["forced-keypad", kiosk.keypad, 1080, 1920]]) {
  if (!name.includes(only)) continue;
  await size(width, height);
  await fresh();
  await ask("Emulation.setEmulatedMedia", { features: [{ name: "forced-colors", value: "active" }, { name: "prefers-color-scheme", value: "dark" }] });
  await flow(vi);
  await shot(name, false);
  await ask("Emulation.setEmulatedMedia", { features: [] });
}
if ("slip".includes(only)) {
  await size(1366, 768);
  await fresh();
  await counter.cloned(vi);
  await evaluate("window.dispatchEvent(new Event('beforeprint'))");
  await ask("Emulation.setEmulatedMedia", { media: "print" });
  await size(794, 1123);
  await shot("slip");
}
socket.close();
chromium.kill();
mock.kill();
await pause(300);
rmSync(profile, { recursive: true, force: true });
process.exit(0);
