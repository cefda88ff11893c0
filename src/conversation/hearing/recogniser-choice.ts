import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { hintsOf } from '#src/speech/hints.ts';
import type { Transcriber } from '#src/speech/ports.ts';

/**
 * Words that a recogniser is given to expect: the names of the bot, the words of the server, and the names of the people there
 * who may be heard. Words and names alternate, as a recogniser accepts a limited number of them.
 */
export function recognitionHints(
  context: SessionContext,
  people: readonly ChannelMember[],
): readonly string[] {
  const { channel, gate, stored } = context;
  const heard = people.filter(({ id, isBot }) => !isBot && gate.standing(id) === 'yes');
  const present = heard.map(({ name }) => name);
  return hintsOf([
    ...context.addressing.names,
    ...inTurns(stored.wordsIn(channel.guildId), present),
  ]);
}

function inTurns(some: readonly string[], others: readonly string[]): readonly string[] {
  const length = Math.max(some.length, others.length);
  const pairs = Array.from({ length }, (_, n) => [some[n], others[n]]);
  return pairs.flat().filter((one) => one !== undefined);
}

/** Recogniser with these hints, for a language (BCP 47) that people have set. */
export function hintedRecogniser(
  paid: Transcriber,
  hints: readonly string[],
  language: string | undefined,
): Transcriber {
  const hinted = paid.withHints?.(hints) ?? paid;
  return (language === undefined ? undefined : hinted.inLanguage?.(language)) ?? hinted;
}
