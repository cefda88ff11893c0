import type { HttpBindings } from '@hono/node-server';
import type { Hono, MiddlewareHandler } from 'hono';
import { respondWithRefusal } from './http-refusal.ts';

/** Types of the context of a page's handler. */
export type PageEnv = {
  Bindings: HttpBindings;
  Variables: {
    /** The browser has opened the page by its link. */
    isEntered?: boolean;
    /** The request came by the name of `PAGE_URL`. */
    isPublic: boolean;
  };
};

/** Routes of one address. A streamed answer needs a comment line now and then, and ends by `onAbort`. */
export type PageApp = Hono<PageEnv>;

/** Middleware that answers 401 to a browser that did not come by the link. Holds for WebSocket upgrades, too. */
export const requireEntry: MiddlewareHandler<PageEnv> = async (context, next) =>
  context.get('isEntered') ? await next() : respondWithRefusal(context, notEntered);

const notEntered = {
  status: 401,
  code: 'session.none',
  message: 'You are not let in yet: open the address that npm start prints.',
} as const;
