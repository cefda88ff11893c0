import type { HttpBindings } from '@hono/node-server';
import type { Context, Hono, MiddlewareHandler } from 'hono';
import { refuse } from './refusal.ts';

/** Viewer of the page, by which it decides what it shows and allows. */
export type PageViewer =
  /** The operator of the bot: sees every server. */
  | { readonly kind: 'owner' }
  /** Manages one server, and sees that one. */
  | { readonly kind: 'manager'; readonly userId: string; readonly guildId: string }
  /** The person in front of the sandbox. */
  | { readonly kind: 'sandbox' };

/** Types of the context of a page's handler. */
export type PageEnv = {
  Bindings: HttpBindings;
  Variables: {
    viewer?: PageViewer;
    /** Way that the request came in. */
    door: { readonly address: string; readonly isPublic: boolean };
  };
};

/** The routes of the page; each room adds its own. A streamed answer needs a comment line now and then, and ends by `onAbort`. */
export type PageApp = Hono<PageEnv>;

/** PageViewer whose session cookie came with the request; undefined without one. Holds for WebSocket upgrades, too. */
export function viewerOf(context: Context<PageEnv>): PageViewer | undefined {
  return context.get('viewer');
}

/** Middleware that answers 401 to a request without a viewer, and 403 to viewers of other kinds than these. */
export function onlyFor(...kinds: readonly PageViewer['kind'][]): MiddlewareHandler<PageEnv> {
  return async (context, next) => {
    const viewer = viewerOf(context);
    if (!viewer) return refuse(context, noSession);
    if (!kinds.includes(viewer.kind)) return refuse(context, notYours);
    return await next();
  };
}

/** Answer to a request without a session that lasts. */
export const noSession = {
  status: 401,
  code: 'session.none',
  message: 'You are not let in yet: open the address that npm run link prints.',
} as const;

const notYours = {
  status: 403,
  code: 'session.other_face',
  message: 'This part of the page is not for you.',
} as const;
