import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { serveStatic } from '@hono/node-server/serve-static';
import type { PageApp } from './viewer.ts';

/** Files that the browser runs: `page` beside `src`. */
const root = fileURLToPath(new URL('../../../page', import.meta.url));

/** Libraries of the page, as their packages ship them. */
const libraries = ['preact', 'htm'];

/** Serves the shell at `/`, the files of `page` and the libraries as they lie; to every client, as they hold no secret. */
export function serveBrowserFiles(app: PageApp): void {
  app.get('/', serveStatic({ path: join(root, 'index.html') }));
  for (const name of libraries) {
    const path = fileURLToPath(import.meta.resolve(name));
    app.get(`/vendor/${name}.js`, serveStatic({ path }));
  }
  app.get('/:path{.+\\.(?:js|css)}', serveStatic({ root }));
}
