import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { HearingDependencies } from '#src/conversation/session-dependencies.ts';
import { hintsOf } from '#src/speech/hints.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import type { CaptionNewsId, HearingBudget } from '#src/spending/budget-authority.ts';
import type { CaptionBudgetStep } from '#src/spending/caption-budget.ts';
import { calledNames } from './session-addressing.ts';

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
  context: SessionContext,
  people: readonly ChannelMember[],
): readonly string[] {
  const { channel, gate, stored } = context;
  const heard = people.filter(({ id, isBot }) => !isBot && gate.standing(id) === 'yes');
  const present = heard.map(({ name }) => name);
  return hintsOf([...calledNames(context), ...inTurns(stored.wordsIn(channel.guildId), present)]);
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

/** Text about the budget of captions at that step; `isQuiet`: the bot does not answer. */
function newsOf(
  step: CaptionBudgetStep,
  hasRough: boolean,
  isQuiet: boolean,
): CaptionNewsId | undefined {
  if (step === 'full') return undefined;
  if (step === 'warned') return 'captions.budget.warn';
  if (hasRough) return 'captions.budget.rough';
  if (step === 'ended') return 'captions.budget.off';
  return isQuiet ? 'captions.budget.last' : undefined;
}

function usualRecogniser(
  hints: readonly string[],
  language: string | undefined,
  paid: Transcriber,
): Transcriber {
  const transcriber = paid.withHints?.(hints) ?? paid;
  return (language === undefined ? undefined : transcriber.inLanguage?.(language)) ?? transcriber;
}

/**
 * Recogniser that hears an utterance. Once the budget for captions is used, people among themselves are heard by the
 * free one, if they speak its language; else by the usual one, as long as the server may spend anything. The channel reads of it
 * once a day.
 */
export function chooseRecogniser(
  { isWanted, isForBot, language, hint, people }: RecogniserNeed,
  { captions, isFreeOnly, reservation }: Omit<HearingBudget, 'decided'>,
  context: SessionContext,
  hearing: HearingDependencies,
): RecogniserChoice {
  const { channel, notice, parts } = context;
  const hints = recognitionHints(context, people);
  const { guildId } = channel;
  const { spending } = parts;
  const usual = usualRecogniser(hints, hint, parts.transcriber.paidBy(reservation));
  if (!isWanted) return { transcriber: usual, isCaptioned: false, hints };
  const known = isFreeOnly ? 'en' : language;
  const rough = freeRecogniserFor(known, context, hearing)?.paidBy(reservation);
  const news = newsOf(captions, rough !== undefined, spending.manner(guildId).quiet !== undefined);
  const line = news && spending.captionNews(guildId, news);
  if (line) notice(line);
  const isRough = isFreeOnly || captions === 'used' || captions === 'ended';
  if (isRough && rough)
    return { transcriber: isForBot && !isFreeOnly ? usual : rough, isCaptioned: true, hints };
  return { transcriber: usual, isCaptioned: captions !== 'ended', hints };
}
