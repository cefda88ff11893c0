import { type Context, Hono } from 'hono';
import { stream, streamSSE } from 'hono/streaming';
import { BotError } from '#src/base/errors.ts';
import { refuse } from '#src/web/http/refusal.ts';
import { onlyFor, type PageApp, type PageEnv, viewerOf } from '#src/web/http/viewer.ts';
import { isSessionAction, type SessionAction, type SessionActions } from './session-actions.ts';
import { mayReach, type OperatorViewer } from './snapshot.ts';
import type { SnapshotFeed } from './snapshot-feed.ts';
import type { SpendingPage } from './spending-days.ts';
import type { StageHistory } from './stage-history.ts';

export type OperatorRouteParts = {
  readonly feed: SnapshotFeed;
  readonly history: Pick<StageHistory, 'periods'>;
  readonly spending: Pick<SpendingPage, 'csv' | 'days' | 'servers'>;
  readonly actions: SessionActions;
  /** Told of each action, for the log. */
  onAction(viewer: OperatorViewer, action: SessionAction, guildId: string): void;
};

/**
 * Adds the operator's page: `GET /page/events` (Server-Sent Events: `snapshot` at once, then `patch`, a JSON Merge Patch), its
 * histories, and `POST /page/rooms/SERVER/ACTION`.
 */
export function operatorRoutes(
  app: PageApp,
  { feed, history, spending, actions, onAction }: OperatorRouteParts,
) {
  const page = new Hono<PageEnv>();
  page.use(onlyFor('owner', 'manager'));
  page.get('/events', (context) => {
    const viewer = operator(viewerOf(context));
    context.header('x-accel-buffering', 'no'); // nginx would hold changes back
    return streamSSE(context, async (stream) => {
      const over = Promise.withResolvers<void>();
      stream.onAbort(over.resolve);
      const send = (event: Uint8Array) => stream.write(event);
      using watching = feed.add({ viewer, send, end: over.resolve });
      if (watching) await over.promise;
      else await stream.writeSSE({ event: 'full', data: 'Too many people look at this page.' });
    });
  });
  page.get('/history', (context) => {
    const viewer = operator(viewerOf(context));
    const periods = history.periods(viewer.kind === 'owner' ? undefined : viewer.guildId);
    return context.json({ periods });
  });
  spendingRoutes(page, spending);
  page.post('/rooms/:guildId/:action', async (context) => {
    const viewer = operator(viewerOf(context));
    const { guildId, action } = context.req.param();
    if (!mayReach(viewer, guildId)) return refuse(context, notYourServer);
    if (!isSessionAction(action)) return refuse(context, noAction);
    onAction(viewer, action, guildId);
    const outcome = await actions.perform(guildId, action);
    if (outcome === 'nowhere') return refuse(context, nowhere);
    return context.json({ outcome });
  });
  app.route('/page', page);
}

/** A manager gets their own server, and an owner that of `?server=ID`, else all. */
function spendingRoutes(page: PageApp, spending: OperatorRouteParts['spending']): void {
  const serverOf = (context: Context<PageEnv>) => {
    const viewer = operator(viewerOf(context));
    const asked = context.req.query('server');
    const guildId = viewer.kind === 'manager' ? (asked ?? viewer.guildId) : asked;
    return { viewer, guildId, mayRead: guildId === undefined || mayReach(viewer, guildId) };
  };
  page.get('/spending', async (context) => {
    const { guildId, mayRead } = serverOf(context);
    if (!mayRead) return refuse(context, notYourServer);
    try {
      const servers = guildId === undefined ? await spending.servers() : [];
      return context.json({ days: await spending.days(guildId), servers });
    } catch (error) {
      if (error instanceof BotError) return refuse(context, unreadable(error));
      throw error;
    }
  });
  page.get('/spending.csv', (context) => {
    const { guildId, mayRead } = serverOf(context);
    if (!mayRead) return refuse(context, notYourServer);
    context.header('content-type', 'text/csv; charset=utf-8');
    context.header('content-disposition', 'attachment; filename="spending.csv"');
    return stream(context, async (out) => {
      for await (const piece of spending.csv(guildId)) await out.write(piece);
    });
  });
}

/** Viewer of an operator's route: it stands behind `onlyFor`, so anything else is a bug. */
function operator(viewer: ReturnType<typeof viewerOf>): OperatorViewer {
  if (viewer?.kind !== 'owner' && viewer?.kind !== 'manager')
    throw new Error('a viewer of another kind came to the operator');
  return viewer;
}

function unreadable({ code, message }: BotError) {
  return { status: 503, code, message } as const;
}

const notYourServer = {
  status: 403,
  code: 'page.other_server',
  message: 'You manage another server.',
} as const;

const noAction = {
  status: 404,
  code: 'page.no_action',
  message: 'The page can stop, leave, mute and unmute, and nothing else.',
} as const;

const nowhere = {
  status: 409,
  code: 'page.nowhere',
  message: 'The bot is in no voice channel of that server any more.',
} as const;
