import { z } from 'zod';
import { refusalOf } from '#src/api/failed-line.ts';
import { refusal } from '#src/api/refusal.ts';
import { defineRoute } from '#src/api/route.ts';
import { payerIdOf } from '#src/api/tokens/token-budgets.ts';
import { nowhere } from './nowhere.ts';

const body = z.strictObject({
  text: z.string().trim().min(1).max(1_000).meta({ description: 'What is read out.' }),
  when: z
    .enum(['now', 'queue'])
    .default('queue')
    .meta({ description: 'Before what waits, or after it.' }),
  voice: z.string().min(1).max(100).optional().meta({ description: 'Name of a voice.' }),
});
const said = z.object({ ahead: z.int().meta({ description: '0: it is being said.' }) });

export const say = defineRoute({
  method: 'post',
  path: '/v1/servers/{server}/say',
  id: 'say',
  summary: 'Reads a text out in the voice channel where the bot sits.',
  scope: 'say',
  body,
  response: { description: 'It is read out, or waits.', content: { 'application/json': said } },
  refusals: [409, 422, 429],
  async run({ guildId, ports, token, body: { text, when, voice } }) {
    const saying = await ports.talk.say(guildId, text, when, { voice, payerId: payerIdOf(token) });
    switch (saying.kind) {
      case 'queued':
        return { ahead: saying.ahead };
      case 'full':
        throw refusal(
          429,
          'queue.full',
          `As much waits to be said as may (${saying.limit}): try again.`,
        );
      case 'unspeakable':
        throw refusal(
          422,
          'text.unspeakable',
          'There is nothing in that text that can be said.',
          'text',
        );
      case 'placed': // programs name no track
        return { ahead: 0 };
      case 'muted':
        throw refusalOf({ id: 'muted.server' });
      case 'captions-only':
        throw refusalOf({ id: 'captions.only' });
      case 'unaffordable':
        throw refusalOf(saying.line);
      case 'nowhere':
        throw nowhere();
    }
  },
});
