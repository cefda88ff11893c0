import { durationMs } from '#src/audio/pcm.ts';
import type { Asker } from '#src/conversation/ports/command-ports.ts';
import type { Turn } from '#src/pipeline/pipeline.ts';
import type { AnswerRequest } from '#src/spending/budget-authority.ts';
import type { PaidKind } from '#src/spending/paid-kinds.ts';
import { spokenCharacters } from '#src/spending/tariff.ts';

/** Input of the cost estimate of an answer. */
export function answerRequestOf(
  { said, style, history, tools, context = '', done = [] }: Turn,
  guildId: string,
  kind: PaidKind = 'answer',
): AnswerRequest {
  const heardMs = soundMs(said);
  const results = [...history, ...done].map(({ content }) => content);
  const typed = said.map(({ text = '' }) => text);
  const shown = [style.instructions, context, ...results, ...typed].join('').length;
  const offered = JSON.stringify(tools).length;
  const { speakerId: personId = '', name = '' } = said.at(-1) ?? {};
  const characters = Math.ceil(shown + offered + spokenCharacters(heardMs));
  return { kind, guildId, personId, name, characters, heardMs };
}

function soundMs(said: Turn['said']): number {
  return said.reduce((sum, { pcm }) => sum + (pcm ? durationMs(pcm) : 0), 0);
}

/** A text that is to be spoken; `by` is the person who asks for it, if any. */
export function speechRequestOf(
  kind: Extract<PaidKind, 'reading' | 'notice' | 'voice preview' | 'speech to a program'>,
  guildId: string,
  words: string,
  by: Asker = { id: '', name: '' },
): AnswerRequest {
  return { kind, guildId, personId: by.id, name: by.name, characters: words.length, heardMs: 0 };
}
