import type { SessionDependencies } from '#src/session/dependencies.ts';
import type { ChannelRef } from '#src/session/ports/voice-link.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import type { CaptionNewsId, HearingBudget } from '#src/spending/budget-authority.ts';
import { meteredTranscriber } from '#src/spending/usage-meters.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** Recognisers of a session, and who is told that its budget for captions runs out. */
export type RecogniserContext = {
  readonly channel: ChannelRef;
  readonly parts: Pick<
    SessionDependencies,
    'places' | 'roughTranscriber' | 'spending' | 'transcriber'
  >;
  notice(line: TextLine): void;
};

/** An utterance as it begins. */
export type RecogniserNeed = {
  /** Its words are wanted as captions. */
  readonly isWanted: boolean;
  readonly isForBot: boolean;
  /** BCP 47, where it is known. */
  readonly language: string | undefined;
  /** Language that people told they speak there, BCP 47. */
  readonly hint?: string | undefined;
};

/** `isCaptioned`: its words become captions. */
type RecogniserChoice = { readonly transcriber: Transcriber; readonly isCaptioned: boolean };

/**
 * Recogniser that hears an utterance. Once the budget for captions is used, people among themselves are heard by the
 * free one, if they speak its language; else captions are off until the next day. The channel is told once a day.
 */
export function chooseRecogniser(
  { isWanted, isForBot, language, hint }: RecogniserNeed,
  { captions, heard }: Pick<HearingBudget, 'captions' | 'heard'>,
  { channel, notice, parts }: RecogniserContext,
): RecogniserChoice {
  const { guildId } = channel;
  const { places, roughTranscriber, spending, transcriber } = parts;
  const tell = (id: CaptionNewsId) => {
    if (spending.isCaptionNews(guildId, id)) notice({ id });
  };
  const hinted = hint === undefined ? undefined : transcriber.inLanguage?.(hint);
  const usual = meteredTranscriber(hinted ?? transcriber, heard);
  if (!isWanted) return { transcriber: usual, isCaptioned: false };
  if (captions === 'warned') tell('captions.budget.warn');
  if (captions !== 'used') return { transcriber: usual, isCaptioned: true };
  const spoken = language ?? places.localeIn(guildId) ?? 'en';
  const rough = /^en\b/i.test(spoken) ? roughTranscriber : undefined;
  tell(rough ? 'captions.budget.rough' : 'captions.budget.off');
  if (!rough) return { transcriber: usual, isCaptioned: false };
  return { transcriber: isForBot ? usual : rough, isCaptioned: true };
}
