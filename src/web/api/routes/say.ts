import { z } from 'zod';
import type { SayOutcome } from '#src/features/typed/say-text.ts';
import { fastest, slowest } from '#src/ports/command-ports.ts';
import { refusalOf } from '#src/web/api/failed-line.ts';
import { answerAtEnd } from '#src/web/api/openai/server-events.ts';
import { type ApiRefusal, nowhere, refusal } from '#src/web/api/refusal.ts';
import { defineRoute } from '#src/web/api/route.ts';
import { refusedAs, trackName } from './tracks.ts';

/** Voice and pace, 1 is usual, of a spoken text or answer. */
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
    const { text, track, when, voice, speed, wait } = asked;
    const onTrack = track !== undefined && { track, owner: asker };
    const saying = await ports.features.typed.say(guildId, text, when, {
      voice,
      speed,
      payer: asker,
      wait,
      ...onTrack,
    });
    const said = saying.kind === 'placed' ? saying.playing : saying;
    if (!('ended' in said)) throw unsaid(saying);
    const place =
      said.kind === 'queued' ? { ahead: said.ahead } : { ahead: said.place, track: said.track };
    return wait ? answerAtEnd(place, said.ended) : place;
  },
});

/** Why a text is neither read out nor waits. */
function unsaid(saying: SayOutcome): ApiRefusal {
  switch (saying.kind) {
    case 'full': {
      const message = `The speech queue is full (${saying.limit}): try again.`;
      return refusal(429, 'queue.full', message);
    }
    case 'placed':
      return refusedAs(saying.playing);
    case 'refused':
      return refusalOf(saying.line);
    case 'queued':
    case 'nowhere':
      return nowhere();
  }
}
