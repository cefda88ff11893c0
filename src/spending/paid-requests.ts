import { durationMs } from '#src/audio/pcm.ts';
import type { Turn } from '#src/pipeline/pipeline.ts';
import { promptHead } from '#src/pipeline/prompt.ts';
import type { AnswerRequest, PaidKind } from '#src/spending/budget-authority.ts';

/** Person or program that pays. */
type Payer = { readonly id: string; readonly name: string };

/** Most that is said in a second, in bytes of text, and the longest sentence about the language of an answer. */
const [bytesPerSecond, languageBytes] = [40, 400];

/** An answer by a pipeline, whose words may not be known yet. */
export function answerRequestOf(
  turn: Turn,
  guildId: string,
  kind: PaidKind = 'answer',
): AnswerRequest {
  const { done = [], said, tools } = turn;
  const heardMs = soundMs(said);
  const unknown = 'x'.repeat(languageBytes + Math.ceil((heardMs / 1_000) * bytesPerSecond));
  const asked = said.map(({ name, text: content = '' }) => ({ role: 'user', name, content }));
  const messages = [...promptHead(turn), ...asked, ...done, { content: unknown }];
  const { speakerId: personId = '', name = '' } = said.at(-1) ?? {};
  return { kind, guildId, personId, name, first: { messages, tools, heardMs } };
}

function soundMs(said: Turn['said']): number {
  return said.reduce((sum, { pcm }) => sum + (pcm ? durationMs(pcm) : 0), 0);
}

/** A text that is read out in a channel: paid by `by`, else by the server. */
export function readingRequestOf(words: string, guildId: string, by?: Payer): AnswerRequest {
  return speechRequestOf(by ? 'reading' : 'notice', guildId, words, by);
}

/** A text that is to be spoken; `by` is the person who asks for it, if any. */
export function speechRequestOf(
  kind: Extract<PaidKind, 'reading' | 'notice' | 'voice preview' | 'speech to a program'>,
  guildId: string,
  words: string,
  { id: personId, name }: Payer = { id: '', name: '' },
): AnswerRequest {
  return { kind, guildId, personId, name, first: words };
}
