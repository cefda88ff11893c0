// JavaScript, as main.mjs is: it runs before the compile cache is open.
import { setFlagsFromString } from 'node:v8';

/** A name that the parser exports, as it stands in its bytes. */
const ofParser = 'llhttp_execute';
/** Compiled whole at once, and not again when it runs often. */
const optimising = ['wasm-lazy-compilation', 'wasm-dynamic-tiering', 'wasm-tier-up'];

/**
 * Keeps V8 from optimising the HTTP parser of `fetch`, a WebAssembly module inside Node: its one large function takes 0.9 s of CPU
 * and 23 MB, 10 of which stay with the allocator (`npm run bench -- cpu --part memory`). Node compiles it at the first
 * request of a thread; other modules are optimised as ever.
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
