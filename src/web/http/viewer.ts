import type { HttpBindings } from '@hono/node-server';
import type { Hono, MiddlewareHandler } from 'hono';
import { respondWithRefusal } from './http-refusal.ts';

export type PageEnv = {
  Bindings: HttpBindings;
  Variables: {
    isEntered?: boolean;
    /** The request came by the name of `PAGE_URL`. */
    isPublic: boolean;
  };
};

/** A streamed answer needs a comment line now and then, and ends by `onAbort`. */
export type PageApp = Hono<PageEnv>;

/** Answers 401 to a browser without the link, also for WebSocket upgrades. */
export const requireEntry: MiddlewareHandler<PageEnv> = async (context, next) =>
  context.get('isEntered') ? await next() : respondWithRefusal(context, notEntered);

const notEntered = {
  status: 401,
  code: 'session.none',
  message: 'You are not let in yet: open the address that npm start prints.',
} as const;
