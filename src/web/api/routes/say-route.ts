import { z } from 'zod';
import type { SayOutcome } from '#src/features/typed/say-text.ts';
import { fastest, slowest } from '#src/ports/command-ports.ts';
import {
  createNowhereRefusal,
  createRefusal,
  toRefusal,
} from '#src/web/api/api-refusal.ts';
import { answerAtEnd } from '#src/web/api/openai/server-events.ts';
import { type ApiRoute, defineRoute } from '#src/web/api/route.ts';
import { toPlayRefusal, trackName } from './tracks.ts';

type SpokenFields = {
  readonly voice: z.ZodOptional<z.ZodString>;
  readonly speed: z.ZodOptional<z.ZodNumber>;
};

/** Fields of a request to say a text. `speed` 1 is usual. */
export const spokenFields: SpokenFields = {
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

/** `POST /v1/servers/{server}/say`: says a text in the voice channel. */
export const say: ApiRoute = defineRoute({
  method: 'post',
  path: '/v1/servers/{server}/say',
  scope: 'say',
  summary: 'Says a text in the voice channel.',
  body,
  async run({ asker, body: request, guildId, ports }) {
    const { text, track, when: timing, ...manner } = request;
    const saying = await ports.features.typed.sayText(guildId, text, timing, {
      ...manner,
      payer: asker,
      ...(track !== undefined && { track, owner: asker }),
    });
    const placed = saying.kind === 'placed' ? saying.playing : saying;
    if (!('ended' in placed)) throw toSayRefusal(saying);
    const position =
      placed.kind === 'queued'
        ? { ahead: placed.position }
        : { ahead: placed.place, track: placed.track };
    return request.wait ? answerAtEnd(position, placed.ended) : position;
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
