import type { SessionContext } from '#src/session/context.ts';
import type { Ignored } from '#src/session/ports/events.ts';
import type { ChannelMember } from '#src/session/ports/voice-link.ts';
import { type Evidence, hasVoice } from '#src/turn/evidence.ts';
import { isHallucination } from '#src/turn/hallucinations.ts';
import type { OpenUtterance } from './open-utterance.ts';

/** What decides whether words are answered. */
export type AddressingContext = {
  readonly context: SessionContext;
  /** Everybody there besides the bot itself. */
  readonly people: () => readonly ChannelMember[];
};

/** Whether what is being said is going to be answered, as far as can be known in its pause, from `text` or none. */
export function willBeAnswered(
  utterance: OpenUtterance,
  text: string | undefined,
  heard: Evidence,
  context: AddressingContext,
): boolean {
  const { speakerId, fromMs } = utterance;
  const { addressing } = context.context;
  const people = audience(utterance, context);
  if (text === undefined) return addressing.presumes(utterance, people);
  if (isNothing(text, heard)) return false;
  return addressing.foresees({ speakerId, fromMs, text, goesOn: goesOn(utterance) }, people);
}

/**
 * Why what was said is not answered, judged by its own words; undefined when it is.
 *
 * That it could not be recognised is told by whoever answers, so that goes only for those who are surely meant.
 */
export function reasonNotToAnswer(
  utterance: OpenUtterance,
  heard: Evidence,
  context: AddressingContext,
): Ignored | undefined {
  const { words, speakerId, fromMs } = utterance;
  const { addressing } = context.context;
  const people = audience(utterance, context);
  if (!hasVoice(heard)) return 'no-voice';
  if (!words) return addressing.presumes(utterance, people) ? undefined : 'not-named';
  const nothing = isNothing(words.text, heard);
  if (nothing) return nothing;
  const { text } = words;
  const verdict = addressing.judge({ speakerId, fromMs, text, goesOn: goesOn(utterance) }, people);
  return verdict.meant ? undefined : verdict.why;
}

/** For whom it may be: those who were there from its beginning on, or nobody but the bot. */
export function audience(
  { isAlone }: Pick<OpenUtterance, 'isAlone'>,
  { people }: AddressingContext,
): readonly ChannelMember[] {
  return isAlone ? [] : people();
}

/** The bot was meant by what the same person has just said. */
function goesOn({ before }: OpenUtterance): boolean {
  return before?.isMeant === true;
}

function isNothing(text: string, heard: Evidence): 'empty' | 'hallucination' | undefined {
  if (text.trim() === '') return 'empty';
  return isHallucination(text, heard) ? 'hallucination' : undefined;
}
