// npm run sandbox: a small Discord that reads and writes lines of JSON.
import { enableCompileCache } from 'node:module';
import { fileURLToPath } from 'node:url';

/** The bot's, as it starts this program; a start without it works. */
enableCompileCache(fileURLToPath(new URL('../node_modules/.cache/parley', import.meta.url)));
await import('./program/serve.ts');
