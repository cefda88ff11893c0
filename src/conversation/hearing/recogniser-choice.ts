import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { HearingDependencies } from '#src/conversation/session-dependencies.ts';
import { hintsOf } from '#src/speech/hints.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import type { HearingBudget } from '#src/spending/budget-authority.ts';

/** An utterance as it begins. */
export type RecogniserNeed = {
  /** Its words are wanted as captions. */
  readonly isWanted: boolean;
  /** Language that people have set to speak there, BCP 47. */
  readonly hint?: string;
  /** Everybody there besides the bot itself. */
  readonly people: readonly ChannelMember[];
};

/** `isCaptioned`: its words become captions. */
type RecogniserChoice = {
  readonly transcriber: Transcriber;
  readonly isCaptioned: boolean;
  /** Words that it was given to expect. */
  readonly hints: readonly string[];
};

/**
 * Words that a recogniser is given to expect: the names of the bot, the words of the server, and the names of the people there
 * who may be heard. Words and names alternate, as a recogniser accepts a limited number of them.
 */
function recognitionHints(
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

/** Recogniser that costs nothing, where it knows this language, BCP 47, or that of the server. */
export function freeRecogniserFor(
  language: string | undefined,
  { channel, parts }: SessionContext,
  { roughTranscriber }: HearingDependencies,
): HearingDependencies['roughTranscriber'] {
  const spoken = language ?? parts.places.localeIn(channel.guildId) ?? 'en';
  return /^en\b/i.test(spoken) ? roughTranscriber : undefined;
}

function usualRecogniser(
  hints: readonly string[],
  language: string | undefined,
  paid: Transcriber,
): Transcriber {
  const transcriber = paid.withHints?.(hints) ?? paid;
  return (language === undefined ? undefined : transcriber.inLanguage?.(language)) ?? transcriber;
}

/** Recogniser that hears an utterance: where the server may spend nothing more, the free one writes captions, if it can. */
export function chooseRecogniser(
  { isWanted, hint, people }: RecogniserNeed,
  { isFreeOnly, reservation }: Omit<HearingBudget, 'decided'>,
  context: SessionContext,
  hearing: HearingDependencies,
): RecogniserChoice {
  const hints = recognitionHints(context, people);
  const rough = isFreeOnly && freeRecogniserFor('en', context, hearing)?.paidBy(reservation);
  if (rough) return { transcriber: rough, isCaptioned: true, hints };
  const usual = context.parts.transcriber.paidBy(reservation);
  return { transcriber: usualRecogniser(hints, hint, usual), isCaptioned: isWanted, hints };
}
