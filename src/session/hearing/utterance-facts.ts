import type { ChannelMember } from '#src/session/ports/voice-link.ts';
import type { UtteranceFacts } from '#src/turn/answerable.ts';
import type { Evidence } from '#src/turn/evidence.ts';
import type { SessionAddressing, Unpeopled } from './addressing.ts';
import type { OpenUtterance } from './open-utterance.ts';

/** What decides whether words are answered. */
export type AddressingContext = {
  readonly context: { readonly addressing: Pick<SessionAddressing, 'presumes'> };
  /** Everybody there besides the bot itself. */
  readonly people: () => readonly ChannelMember[];
};

/** What is known of an utterance, `text` being what was understood of it, or undefined. */
export function factsOf(
  { speakerId, fromMs, before }: OpenUtterance,
  text: string | undefined,
  evidence: Evidence,
  canRepeat: boolean,
): Unpeopled<UtteranceFacts> {
  return { speakerId, fromMs, evidence, text, goesOn: before?.isMeant === true, canRepeat };
}

/** For whom it may be: those who were there from its beginning on, or nobody but the bot. */
export function audience(
  { isAlone }: Pick<OpenUtterance, 'isAlone'>,
  { people }: AddressingContext,
): readonly ChannelMember[] {
  return isAlone ? [] : people();
}
