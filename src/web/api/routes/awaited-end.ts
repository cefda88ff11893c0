import { z } from 'zod';
import { ifInTime } from '#src/base/waiting.ts';
import type { PlayEnd } from '#src/ports/play-end.ts';
import { text } from '#src/texts/texts.ts';
import type { ApiCall } from '#src/web/api/route.ts';

/**
 * Longest wait, in ms, of one request for an end. Proxies between wait a minute, of which looking at a link may take 12 s.
 */
const longestWaitMs = 45_000;

/** Field of a request that is answered when its text or sound has ended. */
export const waitField = z.boolean().default(false);

/** Listener to the end of a text or sound, and the fields that tell of it, or that it goes on. */
export function awaitedEnd({ clock, signal }: Pick<ApiCall<0, 0, 0>, 'clock' | 'signal'>) {
  const { promise: ended, resolve: onEnd } = Promise.withResolvers<PlayEnd>();
  const view = async () => endView(await ifInTime(ended, longestWaitMs, clock, signal));
  return { onEnd, view };
}

function endView(end: PlayEnd | undefined) {
  if (end?.kind === 'stopped') return { ended: end.kind, why: end.why };
  if (end?.kind !== 'failed') return { ended: end?.kind ?? null };
  const { id, with: words } = end.reason;
  return { ended: end.kind, reason: text(id, words) };
}
