import { z } from 'zod';
import {
  createNowhereRefusal,
  createRefusal,
  toRefusal,
} from '#src/web/api/api-refusal.ts';
import { type ApiRoute, defineRoute } from '#src/web/api/route.ts';
import { spokenFields } from './say-route.ts';

const body = z.strictObject({
  question: z.string().trim().max(1_000),
  answer: z.enum(['text', 'voice']).default('text'),
  ...spokenFields,
});
/** Proxies wait a minute. */
const longestAnswerMs = 50_000;

/** `POST /v1/servers/{server}/ask`: asks a question, and answers aloud or in text. */
export const ask: ApiRoute = defineRoute({
  method: 'post',
  path: '/v1/servers/{server}/ask',
  scope: 'ask',
  summary: 'Asks a question, and answers in text or aloud.',
  body,
  async run({ guildId, ports, asker, connection, body }) {
    const { question, answer, ...manner } = body;
    if (!/[\p{L}\p{N}]/u.test(question))
      throw createRefusal(
        400,
        'question.empty',
        'The request holds no question.',
        'question',
      );
    const outcome = await ports.features.typed.askQuestion(
      guildId,
      question,
      asker,
      answer,
      { longestMs: longestAnswerMs, signal: connection.signal, manner },
    );
    if (outcome.kind === 'nowhere') throw createNowhereRefusal();
    if (outcome.kind === 'failed') throw toRefusal(outcome.line);
    const text = outcome.text.findForPlace(undefined);
    if (text === undefined) throw createNowhereRefusal();
    return { text };
  },
});
