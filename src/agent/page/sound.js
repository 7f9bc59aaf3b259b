// Tones, made and not played from files: a rise for "begun" and "done", a fall for "did not work", one low
// tone for "the card is gone".

import { settings } from "./settings.js";

/** Frequencies in hertz, one after the other. */
const TONES = {
  start: [660],
  done: [660, 880],
  fail: [440, 330],
  remove: [392],
};
/** Of one tone, in seconds. */
const LENGTH = 0.14;

/** @type {AudioContext | undefined} */
let context;

/** @param {keyof typeof TONES} name */
export function sound(name) {
  if (!settings.sound || typeof AudioContext === "undefined") return;
  context ??= new AudioContext();
  // A browser keeps a page silent until somebody has touched it; then it stays silent, and works.
  if (context.state === "suspended") void context.resume().catch(() => {});
  TONES[name].forEach((frequency, index) => {
    if (!context) return;
    const [tone, volume] = [context.createOscillator(), context.createGain()];
    const begin = context.currentTime + index * LENGTH;
    tone.frequency.value = frequency;
    volume.gain.setValueAtTime(0, begin);
    volume.gain.linearRampToValueAtTime(0.2, begin + 0.015);
    volume.gain.linearRampToValueAtTime(0, begin + LENGTH);
    tone.connect(volume).connect(context.destination);
    tone.start(begin);
    tone.stop(begin + LENGTH);
  });
}
