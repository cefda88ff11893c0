// npm start: the bot on Discord, or in its own sandbox where no token is set.
// JavaScript, as the compile cache is not yet open: to strip types of this file, Node would load its TypeScript parser for good.
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { keepHttpParserPlain } from './http-parser.mjs';

if (!isInstalled()) {
  console.error('Run npm ci first: it installs the Node and the libraries that Parley runs on.');
  process.exit(78);
}
if (Number.parseInt(process.versions.node, 10) < 24) {
  console.error(
    `Parley needs Node 24 or later, and this is Node ${process.versions.node}: install it from nodejs.org.`,
  );
  process.exit(78);
}
const kernels = new URL('../audio/voice/silero-kernels.wasm', import.meta.url);
if (!WebAssembly.validate(readFileSync(kernels))) {
  console.error(
    'Parley hears with SIMD instructions of WebAssembly, and this processor has none: run it on one with SSE 4.1 or its like.',
  );
  process.exit(78);
}
const { openCompileCache, resolveOwnImports } = await import('#src/base/open-compile-cache.mjs');

// A full garbage collection waits until the heap has grown by a quarter: left alone, V8 begins several a minute of talk.
setFlagsFromString('--heap-growing-percent=25');
keepHttpParserPlain();
openCompileCache();
resolveOwnImports();
await import('#src/base/zod-languages.ts');
await import('./program.ts');

/** Whether the libraries are there, in this folder or in one above it. */
function isInstalled() {
  try {
    return import.meta.resolve('discord.js') !== '';
  } catch {
    return false;
  }
}
