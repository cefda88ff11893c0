// npm start: the bot on Discord, or in its sandbox without a token. JavaScript, since Node would
// keep its TypeScript parser to strip types of this file.
import { readFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import './require-installation.mjs';
import './start-with-heap-options.mjs';
import '#src/base/help/program-help.mjs';
import './announce-start.mjs';
import { keepHttpParserPlain } from './http-parser.mjs';

const kernels = new URL('../audio/voice/silero-kernels.wasm', import.meta.url);
if (!WebAssembly.validate(readFileSync(kernels))) {
  console.error(
    'Parley hears with SIMD instructions of WebAssembly, and this processor has none: run it on one with SSE 4.1 or its like.',
  );
  process.exit(78);
}
const { openCompileCache, resolveOwnImports, skipZodLanguages } = await import(
  '#src/base/module-loading.mjs'
);

// A full garbage collection waits until the heap has grown by a quarter, which V8 alone
// does not.
setFlagsFromString('--heap-growing-percent=25');
keepHttpParserPlain();
openCompileCache();
resolveOwnImports();
skipZodLanguages();
await import('./program.ts');
