import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { serveStatic } from '@hono/node-server/serve-static';
import { compress } from 'hono/compress';
import { realClock } from '#src/base/clock.ts';
import type { ServerOutcome } from '#src/base/loops/keep-server.ts';
import { readPageTexts } from '#src/texts/page-texts.ts';
import { toLocale } from '#src/texts/texts.ts';
import { type OpenDoorsOptions, openDoors } from './doors.ts';
import { EnteredBrowsers } from './entered-browsers.ts';
import type { HttpListener } from './listener.ts';
import { getPageDocument } from './page-document.ts';
import { createEntry } from './page-entry.ts';
import type { PageApp } from './viewer.ts';

export type Page = HttpListener & { readonly link: URL };

export type PageOptions = Omit<OpenDoorsOptions, 'routes'> & {
  /** Needs no escaping in a link. Default: 256 random bits. */
  readonly key?: string;
  /** Default: nobody has entered yet. */
  readonly browsers?: EnteredBrowsers;
  /** Adds routes before the files of the page. */
  routes?(app: PageApp): void;
};

/**
 * Serves the browser page to people who hold its `link`. A taken port is an outcome.
 */
export async function openPage(options: PageOptions): Promise<ServerOutcome<Page>> {
  const { key = randomBytes(32).toString('base64url') } = options;
  const { browsers = new EnteredBrowsers({ clock: realClock }) } = options;
  const entry = createEntry(key, browsers);
  const addRoutes = (app: PageApp) => {
    entry.addRoutes(app);
    options.routes?.(app);
    serveBrowserFiles(app);
  };
  const outcome = await openDoors({ ...options, routes: addRoutes });
  if (outcome.kind === 'refused') return outcome;
  const { server } = outcome;
  const link = entry.createLink(options.publicUrl ?? server.url);
  return { kind: 'open', server: { ...server, link } };
}

const root = fileURLToPath(new URL('../../../page', import.meta.url));

const libraries = ['preact', 'htm'];

/** Serves files of the page to every client, as they hold no secret. */
function serveBrowserFiles(app: Pick<PageApp, 'get'>) {
  const compressed = compress();
  app.get('/', compressed, (context) => {
    context.header('vary', 'accept-language');
    return context.html(getPageDocument(context.req.header('accept-language')));
  });
  for (const name of libraries) {
    const path = fileURLToPath(import.meta.resolve(name));
    app.get(`/vendor/${name}.js`, compressed, serveStatic({ path }));
  }
  app.get('/texts/:locale', compressed, (context) => {
    const locale = toLocale(context.req.param('locale'));
    return context.json(readPageTexts(locale));
  });
  app.get('/:path{.+\\.(?:js|css)}', compressed, serveStatic({ root }));
}
