import { durationMs } from '#src/audio/pcm.ts';
import type { ReplyStyle, Turn } from '#src/pipeline/pipeline.ts';
import type { AnswerRequest, BudgetMode } from '#src/spending/budget-authority.ts';
import { isAtLeast } from '#src/spending/caps.ts';

/** Speaking rate, in characters per ms: estimates the length of an answer's speech. */
const charactersPerMs = 0.015;
const short = 'Answer in one sentence of at most 15 words.';

/** What is known of an answer before its first request. */
export function answerRequestOf(
  { said, style, history, tools }: Turn,
  guildId: string,
): AnswerRequest {
  const heardMs = said.reduce((sum, { pcm }) => sum + (pcm ? durationMs(pcm) : 0), 0);
  const shown = [style.instructions, ...history.map(({ content }) => content)].join('').length;
  const offered = JSON.stringify(tools).length;
  const { speakerId: personId = '', name = '' } = said.at(-1) ?? {};
  const characters = Math.ceil(shown + offered + heardMs * charactersPerMs);
  return { guildId, personId, name, characters, heardMs };
}

/** A reply style as the budget allows it: with the cheaper voice, with short answers. */
export function cheaperStyle(style: ReplyStyle, { step, isVoiceCheap }: BudgetMode): ReplyStyle {
  const voice = isVoiceCheap ? { ...style.voice, isCheap: true as const } : style.voice;
  if (!isAtLeast(step, 'shorter')) return { ...style, voice };
  return { ...style, voice, instructions: `${style.instructions} ${short}` };
}
