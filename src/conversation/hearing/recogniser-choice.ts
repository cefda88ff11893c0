import type { SessionContext } from '#src/conversation/context.ts';
import type { HearingDependencies } from '#src/conversation/dependencies.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import { hintsOf } from '#src/speech/hints.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import type { CaptionNewsId, HearingBudget } from '#src/spending/budget-authority.ts';
import { botNames } from './addressing.ts';

/** An utterance as it begins. */
export type RecogniserNeed = {
  /** Its words are wanted as captions. */
  readonly isWanted: boolean;
  readonly isForBot: boolean;
  /** BCP 47, where it is known. */
  readonly language: string | undefined;
  /** Language that people have set to speak there, BCP 47. */
  readonly hint?: string | undefined;
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
  { channel, gate, parts, settings, stored }: SessionContext,
  people: readonly ChannelMember[],
): readonly string[] {
  const heard = people.filter(({ id, isBot }) => !isBot && gate.standing(id) === 'yes');
  const present = heard.map(({ name }) => name);
  return hintsOf([
    ...botNames(channel.guildId, settings(), parts.places),
    ...inTurns(stored.wordsIn(channel.guildId), present),
  ]);
}

function inTurns(some: readonly string[], others: readonly string[]): readonly string[] {
  const length = Math.max(some.length, others.length);
  const pairs = Array.from({ length }, (_, n) => [some[n], others[n]]);
  return pairs.flat().filter((one) => one !== undefined);
}

/**
 * Recogniser that hears an utterance. Once the budget for captions is used, people among themselves are heard by the
 * free one, if they speak its language; else captions are off until the next day. The channel reads of it once a day.
 */
export function chooseRecogniser(
  { isWanted, isForBot, language, hint, people }: RecogniserNeed,
  { captions, reservation }: Pick<HearingBudget, 'captions' | 'reservation'>,
  context: SessionContext,
  { roughTranscriber }: HearingDependencies,
): RecogniserChoice {
  const { channel, notice, parts } = context;
  const hints = recognitionHints(context, people);
  const { guildId } = channel;
  const { places, spending } = parts;
  const paid = parts.transcriber.paidBy(reservation);
  const transcriber = paid.withHints?.(hints) ?? paid;
  const report = (id: CaptionNewsId) => {
    if (spending.isCaptionNews(guildId, id)) notice({ id });
  };
  const hinted = hint === undefined ? undefined : transcriber.inLanguage?.(hint);
  const usual = hinted ?? transcriber;
  if (!isWanted) return { transcriber: usual, isCaptioned: false, hints };
  if (captions === 'warned') report('captions.budget.warn');
  if (captions !== 'used') return { transcriber: usual, isCaptioned: true, hints };
  const spoken = language ?? places.localeIn(guildId) ?? 'en';
  const rough = /^en\b/i.test(spoken) ? roughTranscriber?.paidBy(reservation) : undefined;
  report(rough ? 'captions.budget.rough' : 'captions.budget.off');
  if (!rough) return { transcriber: usual, isCaptioned: false, hints };
  return { transcriber: isForBot ? usual : rough, isCaptioned: true, hints };
}
