// npm start: the bot on Discord, or in its own sandbox where no token is set.
// JavaScript, as the compile cache is not yet open: to strip types of this file, Node would load its TypeScript parser for good.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';
import { setFlagsFromString } from 'node:v8';

/**
 * V8 lets its heap grow by less before it collects: 10 to 19 MB less resident, for 0.2 s more CPU at the start and the same in
 * conversation (`npm run bench:memory`, 2026-11). Set here, it holds however the bot is started.
 */
setFlagsFromString('--optimize-for-size');
/** Compiled modules of the last start, where only those can write who may change the code; a start without them works. */
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/parley', import.meta.url)));
await import('./program.ts');
