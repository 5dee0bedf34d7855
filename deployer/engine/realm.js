// Runs first in every JavaScript context, and gives back `compile` and `extend` by their names.
//
// `compile(code)` makes a closure of one expression that has passed the syntax check. Its answer is
// a number, a boolean or null as they are, or a text whose first letter says what follows:
//   s  a text
//   j  a list or a mapping, as JSON
//   a  a question as JSON, [function, arguments]: Python's time limit allows no call-backs, so the
//      caller finds the answer, adds it to `answers` and runs the expression again
(now, seed, names) => {
  "use strict";
  const { stringify } = JSON;
  const { apply } = Reflect;
  const { includes, toWellFormed } = String.prototype;
  const { join } = Array.prototype;
  const Code = Function;
  const RealDate = Date;

  let known = [];
  let used = 0;
  let question = null;
  const ask = (name) => (...args) => {
    if (used < known.length) return known[used++];
    question ??= stringify([name, args]);
    throw question;
  };
  for (const name of JSON.parse(names)) globalThis[name] = ask(name);

  // The same definition, payload and seed give the same run: no clock and no chance but the caller's.
  const clock = function Date() {
    return new RealDate(now).toString();
  };
  clock.now = () => now;
  clock.parse = RealDate.parse;
  clock.UTC = RealDate.UTC;
  clock.prototype = RealDate.prototype;
  RealDate.prototype.constructor = clock;
  globalThis.Date = clock;
  Math.random = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };

  // What makes code from texts would go around the syntax check; the rest is a clock, or `new` by another name.
  const refuse = () => {
    throw new TypeError("a script may not make code from text");
  };
  for (const sample of [function () {}, async function () {}, function* () {}, async function* () {}]) {
    Object.defineProperty(Object.getPrototypeOf(sample), "constructor", { value: refuse });
  }
  for (const name of [
    "eval", "Function", "Reflect", "Proxy", "WeakRef", "FinalizationRegistry",
    "Atomics", "SharedArrayBuffer", "performance", "queueMicrotask", "DOMException",
  ]) {
    delete globalThis[name];
  }

  // Joined, not added: `+` makes a rope of long texts, which Python's side of the bridge does not know.
  const tagged = (tag, text) => (text.length < 256 ? tag + text : apply(join, [tag, text], [""]));
  const write = (value, asText) => {
    switch (typeof value) {
      case "string": {
        const text = apply(toWellFormed, value, []);
        // Python's side of the bridge ends a text at its first NUL.
        return apply(includes, text, ["\0"]) ? tagged("j", stringify(text)) : tagged("s", text);
      }
      case "number":
        if (asText) return "s" + value;
        return value - value === 0 ? value : null;
      case "boolean":
        return asText ? "s" + value : value;
      case "undefined":
        return null;
      case "object": {
        if (value === null) return null;
        const text = stringify(value);
        return text === undefined ? null : tagged(asText ? "s" : "j", text);
      }
      default:
        throw new TypeError(`a script cannot give a ${typeof value}`);
    }
  };

  const compile = (code) => {
    // By itself first: nothing may be an expression only thanks to the brackets around it.
    new Code(code);
    const run = new Code("data", "step", `"use strict"; return (\n${code}\n)`);
    return (data, step, answers, asText) => {
      known = answers === null ? [] : answers;
      used = 0;
      question = null;
      let value;
      try {
        value = run(data, step);
      } catch (error) {
        if (question === null) throw error;
      }
      return question === null ? write(value, asText) : tagged("a", question);
    };
  };

  // Only light scripts see what `extend` makes, and those change nothing: its parts may be shared.
  const extend = (facts, added) => ({ ...facts, ...added });
  return (what) => (what === "compile" ? compile : extend);
}
