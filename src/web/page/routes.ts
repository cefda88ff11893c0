import { Hono } from 'hono';
import { streamSSE } from 'hono/streaming';
import { refuse } from '#src/web/http/refusal.ts';
import { onlyFor, type PageApp, type PageEnv, viewerOf } from '#src/web/http/viewer.ts';
import { isSessionAction, type SessionAction, type SessionActions } from './session-actions.ts';
import { mayReach, type OperatorViewer } from './snapshot.ts';
import type { SnapshotFeed } from './snapshot-feed.ts';
import type { StageHistory } from './stage-history.ts';

export type OperatorRouteParts = {
  readonly feed: SnapshotFeed;
  readonly history: Pick<StageHistory, 'periods'>;
  readonly actions: SessionActions;
  /** Told of each action, for the log. */
  onAction(viewer: OperatorViewer, action: SessionAction, guildId: string): void;
};

/** Adds the operator's page: `/page/events`, `/page/history`, and `POST /page/rooms/SERVER/ACTION`. */
export function operatorRoutes(
  app: PageApp,
  { feed, history, actions, onAction }: OperatorRouteParts,
) {
  const page = new Hono<PageEnv>();
  page.use(onlyFor('owner', 'manager'));
  page.get('/events', (context) => {
    const viewer = operator(viewerOf(context));
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

/** Viewer of an operator's route: it stands behind `onlyFor`, so anything else is a bug. */
function operator(viewer: ReturnType<typeof viewerOf>): OperatorViewer {
  if (viewer?.kind !== 'owner' && viewer?.kind !== 'manager')
    throw new Error('a viewer of another kind came to the operator');
  return viewer;
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
