import { z } from 'zod';
import { type PlayEnd, stopCauses } from '#src/conversation/ports/play-end.ts';
import { text } from '#src/texts/texts.ts';
import type { Play, Plays } from '#src/web/api/plays.ts';
import { defineRoute } from '#src/web/api/route.ts';

/** State of a play, for programs. */
const end = {
  ended: z
    .enum(['completed', 'skipped', 'stopped', 'failed'])
    .nullable()
    .meta({ description: 'End as the channel heard it; null: it waits or goes on.' }),
  why: z.enum(stopCauses).optional().meta({ description: 'Cause of the stop.' }),
  reason: z.string().optional().meta({ description: 'Reason of the failure, for people.' }),
};

/** Fields about a play: its id, and its end where the request waited for it. */
export const playFields = {
  id: z.string().meta({ description: 'For GET /v1/servers/{server}/plays/{id}.' }),
  ...end,
  ended: end.ended.optional(),
};

export const waitField = z.boolean().default(false).meta({
  description:
    'Answers when it has ended, or after 45 s with ended: null; then ask for its id. Hanging up stops nothing.',
});

export const readPlay = defineRoute({
  method: 'get',
  path: '/v1/servers/{server}/plays/{id}',
  id: 'readPlay',
  summary: 'Tells whether and how a text or a sound of a program has ended.',
  scope: ['say', 'track'],
  params: z.object({ id: z.string().min(1).max(64) }),
  query: z.object({
    wait: z
      .enum(['true', 'false'])
      .default('false')
      .meta({ description: 'Answers when it has ended, or after 45 s with ended: null.' }),
  }),
  response: {
    description: 'State of the play.',
    content: { 'application/json': z.object({ id: playFields.id, ...end }) },
  },
  refusals: [404],
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
