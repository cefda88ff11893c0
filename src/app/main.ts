// npm start: the bot on Discord, or in its own sandbox where no token is set.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** Compiled modules of the last start, where only those can write who may change the code; a start without them works. */
enableCompileCache(fileURLToPath(new URL('../../node_modules/.cache/parley', import.meta.url)));
await import('./program.ts');
