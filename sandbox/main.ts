// npm run sandbox: a small Discord that reads and writes lines of JSON.
import '#src/base/help/program-help.mjs';
import { openCompileCache } from '#src/base/module-loading.mjs';

openCompileCache();
await import('./program/serve-sandbox.ts');
