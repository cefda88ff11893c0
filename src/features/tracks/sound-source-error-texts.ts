import { BotError, type ErrorCode } from '#src/base/errors.ts';
import { formatDuration } from '#src/texts/duration.ts';
import type { PlainTextId, TextLine } from '#src/texts/texts.ts';

/** Source: `sound-sources.ts`. */
const maxTrackMs = 10_800_000;

type SoundErrorCode = Extract<ErrorCode, `source.${string}`>;

const faultTexts: Readonly<
  Record<Exclude<SoundErrorCode, 'source.too_long'>, PlainTextId>
> = {
  'source.not_audio': 'track.bad.not_audio',
  'source.too_big': 'track.bad.too_big',
  'source.not_allowed': 'track.bad.not_allowed',
  'source.unreachable': 'track.bad.unreachable',
  'source.crowded': 'track.bad.busy',
  'source.broken': 'track.bad.unreachable',
};

export function toSoundErrorLine(
  error: unknown,
  longestMs = maxTrackMs,
): TextLine | undefined {
  if (!(error instanceof BotError) || !isSoundError(error.code)) return undefined;
  if (error.about.status !== undefined) return { id: 'track.bad.gone' };
  if (error.code !== 'source.too_long') return { id: faultTexts[error.code] };
  return { id: 'track.bad.too_long', with: { max: formatDuration(longestMs) } };
}

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
export function toTrackErrorLine(error: BotError): TextLine {
  return toSoundErrorLine(error) ?? { id: 'track.bad.voice' };
}

function isSoundError(code: ErrorCode): code is SoundErrorCode {
  return code === 'source.too_long' || code in faultTexts;
}
