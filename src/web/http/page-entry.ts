import { createHash, timingSafeEqual } from 'node:crypto';
import { getCookie, setCookie } from 'hono/cookie';
import { z } from 'zod';
import { tryParseForeignJson } from '#src/base/json.ts';
import type { EnteredBrowsers } from './entered-browsers.ts';
import { respondWithRefusal } from './http-refusal.ts';
import { type PageApp, type PageEnv, requireEntry } from './viewer.ts';

const entryBody = z.object({ key: z.string() });
const entryLimits = {
  bytes: 4_096,
  depth: 2,
  values: 8,
};

const wrongKey = {
  status: 403,
  code: 'link.unknown',
  message: 'This link is not known here: open the address that npm start prints.',
} as const;

export interface PageEntry {
  /** Creates the link with the key, for the page at `address`. */
  createLink(address: URL): URL;
  /** Adds `/enter`, and notes for each later route whether the browser was let in. Call it before other routes. */
  addRoutes(app: Pick<PageApp, 'get' | 'post' | 'use'>): void;
}

/**
 * Lets in browsers that open a link with the key of this page in its fragment, which is
 * never sent. `POST /enter {key}` sets a cookie of that browser alone, and `GET /enter` checks it.
 */
export function createEntry(key: string, browsers: EnteredBrowsers): PageEntry {
  function isKey(tried: string) {
    return timingSafeEqual(hashKey(tried), hashKey(key));
  }

  return {
    createLink(address) {
      const link = new URL('/', address);
      link.hash = `key=${key}`;
      return link;
    },

    addRoutes(app) {
      app.use(async (context, next) => {
        const cookie = getCookie(context, getCookieName(context.env));
        context.set('isEntered', cookie !== undefined && browsers.isEntered(cookie));
        return await next();
      });
      app.get('/enter', requireEntry, (context) => context.body(null, 204));
      app.post('/enter', async (context) => {
        const bytes = new Uint8Array(await context.req.arrayBuffer());
        const body = entryBody.safeParse(tryParseForeignJson(bytes, entryLimits));
        if (!body.success || !isKey(body.data.key))
          return respondWithRefusal(context, wrongKey);
        const cookie = browsers.admitBrowser();
        setCookie(context, getCookieName(context.env), cookie, {
          httpOnly: true,
          sameSite: 'Strict',
          secure: context.get('isPublic'),
          path: '/',
        });
        return context.body(null, 204);
      });
    },
  };
}

/** Builds a cookie name with the port, as browsers keep cookies by host. */
function getCookieName({ incoming }: PageEnv['Bindings']) {
  return `parley-${incoming.socket.localPort}`;
}

function hashKey(key: string) {
  return createHash('sha256').update(key).digest();
}
