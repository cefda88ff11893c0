import { z } from 'zod';
import { refusalOf } from '#src/web/api/failed-line.ts';
import { nowhere, refusal } from '#src/web/api/refusal.ts';
import { defineRoute } from '#src/web/api/route.ts';
import { spokenFields } from './say.ts';

const body = z.strictObject({
  question: z.string().trim().max(1_000),
  answer: z.enum(['text', 'voice']).default('text'),
  ...spokenFields,
});
/** Longest wait, in ms, of a program for its answer: proxies between wait a minute. */
const longestAnswerMs = 50_000;

export const ask = defineRoute({
  method: 'post',
  path: '/v1/servers/{server}/ask',
  scope: 'ask',
  body,
  async run({ guildId, ports, asker, signal, body: { question, answer, ...manner } }) {
    if (!/[\p{L}\p{N}]/u.test(question))
      throw refusal(400, 'question.empty', 'The request holds no question.', 'question');
    const about = { longestMs: longestAnswerMs, signal, manner };
    const outcome = await ports.features.typed.ask(guildId, question, asker, answer, about);
    if (outcome.kind === 'nowhere') throw nowhere();
    if (outcome.kind === 'failed') throw refusalOf(outcome.line);
    const text = outcome.text.textIn(undefined);
    if (text === undefined) throw nowhere();
    return { text };
  },
});
