import { z } from 'zod';
import type { PlayEnd } from '#src/conversation/ports/play-end.ts';
import { text } from '#src/texts/texts.ts';
import type { Play, Plays } from '#src/web/api/plays.ts';
import { defineRoute } from '#src/web/api/route.ts';

export const waitField = z.boolean().default(false);

export const readPlay = defineRoute({
  method: 'get',
  path: '/v1/servers/{server}/plays/{id}',
  scope: ['say', 'track'],
  params: z.object({ id: z.string().min(1).max(64) }),
  query: z.object({
    wait: z.enum(['true', 'false']).default('false'),
  }),
  async run({ guildId, params: { id }, plays, query: { wait }, signal }) {
    const play = plays.find(guildId, id);
    return { id, ...endView(wait === 'true' ? await plays.wait(play, signal) : play.end()) };
  },
});

/** Keeps an accepted play under its id, and waits for its end where the request does. */
export async function playView(
  play: Play,
  { plays, signal, wait }: PlayWait,
): Promise<{ readonly id: string }> {
  plays.keep(play);
  if (!wait) return { id: play.id };
  return { id: play.id, ...endView(await plays.wait(play, signal)) };
}

type PlayWait = { readonly plays: Plays; readonly signal: AbortSignal; readonly wait: boolean };

function endView(ended: PlayEnd | undefined) {
  if (ended?.kind === 'stopped') return { ended: ended.kind, why: ended.why };
  if (ended?.kind !== 'failed') return { ended: ended?.kind ?? null };
  const { id, with: words } = ended.reason;
  return { ended: ended.kind, reason: text(id, words) };
}
