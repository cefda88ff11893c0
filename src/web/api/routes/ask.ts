import { z } from 'zod';
import type { QuestionSubject } from '#src/ports/command-ports.ts';
import { refusalOf } from '#src/web/api/failed-line.ts';
import { invalid, nowhere, refusal } from '#src/web/api/refusal.ts';
import { defineRoute } from '#src/web/api/route.ts';
import { mannerFields, mannerIn, pace } from './spoken-manner.ts';

const question = z.string().trim().max(1_000);
const answer = z.enum(['text', 'voice', 'file']).default('text');
const base64 = z.base64('must be base64 of an audio file');
const body = z.strictObject({
  question: question.default(''),
  recording: base64.optional(),
  url: z.string().max(2_048).optional(),
  answer,
  ...mannerFields,
});
const query = z.object({
  question: question.default(''),
  answer,
  ...mannerFields,
  speed: z.coerce.number().pipe(pace).optional(),
});
/** Longest wait, in ms, of a program for its answer: proxies between wait a minute. */
const longestAnswerMs = 50_000;

export const ask = defineRoute({
  method: 'post',
  path: '/v1/servers/{server}/ask',
  scope: 'ask',
  body,
  acceptsSound: true,
  query,
  async run({ guildId, ports, asker, accept, signal, sound, ...request }) {
    const asked = sound ? { ...request.query, recording: undefined } : request.body;
    const recording = recordingOf({ ...asked, sound });
    if (!recording && !/[\p{L}\p{N}]/u.test(asked.question))
      throw refusal(400, 'question.empty', 'The request holds no question.', 'question');
    const { manner, ignored } = mannerIn(asked, ports);
    const about = { longestMs: longestAnswerMs, signal, recording, manner };
    const { question, answer } = asked;
    const outcome = await ports.features.typed.ask(guildId, question, asker, answer, about);
    if (outcome.kind === 'nowhere') throw nowhere();
    if (outcome.kind === 'failed') throw refusalOf(outcome.line);
    const text = outcome.text.textIn(undefined);
    if (text === undefined) throw nowhere();
    const { wav } = outcome;
    if (!wav) return { text, ...ignored };
    const file = Buffer.from(wav);
    if (accept.includes('audio/wav'))
      return new Response(file, { headers: { 'content-type': 'audio/wav' } });
    return { text, audio: { format: 'wav', data: file.toString('base64') }, ...ignored };
  },
});

type SentSound = {
  readonly sound?: Uint8Array;
  /** Recording in base64. */
  readonly recording?: string;
  readonly url?: string;
};

/** Errors: `ApiRefusal`. */
function recordingOf({ sound, recording, url }: SentSound): QuestionSubject['recording'] {
  const bytes = sound ?? (recording && Buffer.from(recording, 'base64'));
  if (!url) return bytes ? { url: '', name: 'recording', bytes } : undefined;
  if (!bytes) return { url, name: 'recording' };
  throw invalid('url: send a recording or an address, not both.', 'url');
}
