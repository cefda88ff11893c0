import { durationMs } from '#src/audio/pcm.ts';
import type { Asker, SpokenManner } from '#src/conversation/ports/command-ports.ts';
import type { ReplyStyle, Turn } from '#src/pipeline/pipeline.ts';
import { shortStyle } from '#src/pipeline/prompt.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';
import type { AnswerRequest, BudgetMode } from '#src/spending/budget-authority.ts';
import { isAtLeast } from '#src/spending/caps.ts';
import type { PaidKind } from '#src/spending/paid-kinds.ts';
import { spokenCharacters } from '#src/spending/tariff.ts';

/** Input of the cost estimate of an answer. */
export function answerRequestOf(
  { said, style, history, tools, context = '', done = [] }: Turn,
  guildId: string,
  kind: PaidKind = 'answer',
): AnswerRequest {
  const heardMs = said.reduce((sum, { pcm }) => sum + (pcm ? durationMs(pcm) : 0), 0);
  const results = [...history, ...done].map(({ content }) => content);
  const shown = [style.instructions, context, ...results].join('').length;
  const offered = JSON.stringify(tools).length;
  const { speakerId: personId = '', name = '' } = said.at(-1) ?? {};
  const characters = Math.ceil(shown + offered + spokenCharacters(heardMs));
  return { kind, guildId, personId, name, characters, heardMs };
}

/** A reply style as the budget allows it: with the cheaper voice, with short answers. */
export function cheaperStyle(style: ReplyStyle, { step, isVoiceCheap }: BudgetMode): ReplyStyle {
  const voice = isVoiceCheap ? { ...style.voice, isCheap: true as const } : style.voice;
  if (!isAtLeast(step, 'shorter')) return { ...style, voice };
  return { ...shortStyle(style), voice };
}

/** A reply style as whoever asked wants this answer spoken; `named` is the voice of that name. */
export function styleIn(
  style: ReplyStyle,
  manner: SpokenManner | undefined,
  named: SpeechVoice = manner?.voice === undefined ? {} : { name: manner.voice },
): ReplyStyle {
  if (!manner) return style;
  const { model, tone, voice } = manner;
  const { onGone, ...usual } = style.voice;
  const { voices, ...rest } = style;
  const spoken = {
    ...usual,
    ...(voice === undefined ? onGone && { onGone } : named),
    ...(model !== undefined && { model }),
    ...(tone !== undefined && { instructions: tone }),
  };
  return { ...rest, voice: spoken, ...(voice === undefined && voices && { voices }) };
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
