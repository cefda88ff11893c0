import { z } from 'zod';
import type { SayOutcome } from '#src/features/typed/say-text.ts';
import { fastest, slowest } from '#src/ports/command-ports.ts';
import { createNowhereRefusal, createRefusal } from '#src/web/api/api-refusal.ts';
import { answerAtEnd } from '#src/web/api/openai/server-events.ts';
import { defineRoute } from '#src/web/api/route.ts';
import { toRefusal } from '#src/web/api/text-refusals.ts';
import { toPlayRefusal, trackName } from './tracks.ts';

/** `speed` 1 is usual. */
export const spokenFields = {
  voice: z.string().trim().min(1).max(100).optional(),
  speed: z.number().min(slowest).max(fastest).optional(),
};

const body = z.strictObject({
  text: z.string().trim().min(1).max(1_000),
  when: z.enum(['now', 'queue']).default('queue'),
  track: trackName.optional(),
  wait: z.boolean().optional(),
  ...spokenFields,
});
export const say = defineRoute({
  method: 'post',
  path: '/v1/servers/{server}/say',
  scope: 'say',
  body,
  async run({ asker, body: asked, guildId, ports }) {
    const { text, track, when, ...manner } = asked;
    const saying = await ports.features.typed.sayText(guildId, text, when, {
      ...manner,
      payer: asker,
      ...(track !== undefined && { track, owner: asker }),
    });
    const said = saying.kind === 'placed' ? saying.playing : saying;
    if (!('ended' in said)) throw toSayRefusal(saying);
    const place =
      said.kind === 'queued'
        ? { ahead: said.position }
        : { ahead: said.place, track: said.track };
    return asked.wait ? answerAtEnd(place, said.ended) : place;
  },
});

function toSayRefusal(saying: SayOutcome) {
  switch (saying.kind) {
    case 'full': {
      return createRefusal(
        429,
        'queue.full',
        `The speech queue is full (${saying.limit}): try again.`,
      );
    }
    case 'placed':
      return toPlayRefusal(saying.playing);
    case 'refused':
      return toRefusal(saying.line);
    case 'queued':
    case 'nowhere':
      return createNowhereRefusal();
  }
}
