// npm start: the bot on Discord, or in its own sandbox where no token is set.
// JavaScript, as the compile cache is not yet open: to strip types of this file, Node would load its TypeScript parser for good.
import { setFlagsFromString } from 'node:v8';
import { openCompileCache } from '#src/base/open-compile-cache.mjs';
import { keepHttpParserPlain } from './http-parser.mjs';

/**
 * V8 lets its heap grow by less before it collects: 20 to 35 MB less resident, idle and in conversation, for a fifth more CPU in
 * conversation (`npm run bench:cpu -- --bot A --bot B`, 2026-11). Set here, it holds however the bot is started.
 */
setFlagsFromString('--optimize-for-size');
keepHttpParserPlain();
openCompileCache();
await import('./program.ts');
