// JavaScript, since the compile cache is not open yet.
import { setFlagsFromString } from 'node:v8';

/** An export of the parser. */
const ofParser = 'llhttp_execute';
/** Compiles at once, and not again. */
const optimising = ['wasm-lazy-compilation', 'wasm-dynamic-tiering', 'wasm-tier-up'];

/**
 * Keeps V8 from optimising the HTTP parser of `fetch`, a WebAssembly module whose one
 * large function takes 0.9 s of CPU and 23 MB (`npm run bench -- cpu --part memory`).
 * Node compiles it at a thread's first request. Other modules are optimised.
 */
export function keepHttpParserPlain() {
  const { Module } = WebAssembly;
  WebAssembly.Module = new Proxy(Module, {
    construct(_, [bytes]) {
      if (!Buffer.from(bytes).includes(ofParser)) return new Module(bytes);
      WebAssembly.Module = Module;
      for (const flag of optimising) setFlagsFromString(`--no-${flag}`);
      try {
        return new Module(bytes);
      } finally {
        for (const flag of optimising) setFlagsFromString(`--${flag}`);
      }
    },
  });
}
