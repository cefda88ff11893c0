// npm start: the bot on Discord, or in its own sandbox where no token is set.
// JavaScript, as the compile cache is not yet open: to strip types of this file, Node would load its TypeScript parser for good.
import { openCompileCache, resolveOwnImports } from '#src/base/open-compile-cache.mjs';
import { keepHttpParserPlain } from './http-parser.mjs';

keepHttpParserPlain();
openCompileCache();
resolveOwnImports();
await import('./program.ts');
