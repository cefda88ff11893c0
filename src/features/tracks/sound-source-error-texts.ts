import { BotError, type ErrorCode } from '#src/base/errors.ts';
import { findMissingVoiceLine, toBudgetLine } from '#src/notices/channel-notices.ts';
import { formatDuration } from '#src/texts/duration.ts';
import type { Locale, PlainTextId, TextLine } from '#src/texts/texts.ts';

/** Source: `sound-sources.ts`. */
const maxTrackMs = 10_800_000;

type FaultCode = Exclude<Extract<ErrorCode, `source.${string}`>, 'source.too_long'>;

const faultTexts: Readonly<
  Record<FaultCode, PlainTextId> & Partial<Record<ErrorCode, PlainTextId>>
> = {
  'source.not_audio': 'track.bad.not_audio',
  'source.too_big': 'track.bad.too_big',
  'source.not_allowed': 'track.bad.not_allowed',
  'source.unreachable': 'track.bad.unreachable',
  'source.crowded': 'track.bad.busy',
  'source.broken': 'track.bad.unreachable',
};

/** Describes an error of a sound. Undefined if the error is not of the sound. */
export function toSoundErrorLine(
  error: unknown,
  longestMs: number = maxTrackMs,
): TextLine | undefined {
  if (!(error instanceof BotError)) return undefined;
  const { about, code } = error;
  if (code === 'source.too_long')
    return { id: 'track.bad.too_long', with: { max: formatDuration(longestMs) } };
  if (about.ffmpegFormat !== undefined)
    return { id: 'track.bad.not_a_codec', with: { x: about.ffmpegFormat } };
  const id = faultTexts[code];
  return id && { id: about.status === undefined ? id : 'track.bad.gone' };
}

/** Describes an error of a recording or picture. Undefined also if this machine is at fault. */
export function toRecordingErrorLine(
  error: unknown,
  longestMs: number,
): TextLine | undefined {
  const isOurs =
    error instanceof BotError &&
    (error.code === 'source.crowded' || error.code === 'source.broken');
  return isOurs ? undefined : toSoundErrorLine(error, longestMs);
}

/** Describes an error. Unknown ones are of a speech server. */
export function toTrackErrorLine(error: BotError, locale: Locale): TextLine {
  if (error.about.cap !== undefined) return toBudgetLine(error.about.cap);
  const known = toSoundErrorLine(error) ?? findMissingVoiceLine(error, locale);
  return known ?? { id: 'track.bad.voice' };
}
