import { BotError, type ErrorCode } from '#src/base/errors.ts';
import type { ItemEnd } from '#src/playback/tracks/track-item.ts';
import { longestRecordingMs } from '#src/sources/recordings.ts';
import type { PlainTextId, TextLine } from '#src/texts/texts.ts';

/** Purpose of a sound: to be listened to with a question, or to be played on a track. */
export type SoundUse = 'recording' | 'track';

/** Longest sound of a track, in words. Source: `sources.ts`. */
const longestTrackWords = '3 h';

type SoundErrorCode = Extract<ErrorCode, `source.${string}`>;

/** The sentence for each failure; for a recording there is none where its sender can do nothing about it. */
const faults: Readonly<
  Record<
    Exclude<SoundErrorCode, 'source.too_long'>,
    { track: PlainTextId; recording?: PlainTextId }
  >
> = {
  'source.not_audio': { recording: 'ask.bad.not_audio', track: 'track.bad.not_audio' },
  'source.too_big': { recording: 'ask.bad.too_big', track: 'track.bad.too_big' },
  'source.not_allowed': { recording: 'ask.bad.not_audio', track: 'track.bad.not_allowed' },
  'source.unreachable': { recording: 'ask.bad.not_audio', track: 'track.bad.unreachable' },
  'source.crowded': { track: 'track.bad.busy' },
  'source.broken': { track: 'track.bad.unreachable' },
};

/** The sentence for the person who sent or chose a sound that cannot be used; undefined for any other failure. */
export function soundSourceErrorText(
  error: unknown,
  use: SoundUse,
  longestMs = longestRecordingMs,
): TextLine | undefined {
  if (!(error instanceof BotError)) return undefined;
  const { code } = error;
  if (!isSoundError(code)) return undefined;
  if (code !== 'source.too_long') {
    const id = faults[code][use];
    return id && { id };
  }
  if (use === 'track') return { id: 'track.bad.too_long', with: { max: longestTrackWords } };
  return { id: 'ask.bad.too_long', with: { max: longestMs / 1000 } };
}

/** Why a sound or a text on a track was not played to its end; undefined where nothing broke. */
export function trackErrorText(ended: ItemEnd): TextLine | undefined {
  switch (ended.reason) {
    case 'completed':
    case 'skipped':
    case 'stopped':
    case 'closed':
      return undefined;
    case 'failed': {
      // What is no fault of a file is one of a speech server: the sound is a text.
      const isVoice = !ended.error.code.startsWith('source.');
      const usual = isVoice ? 'track.bad.voice' : 'track.bad.unreachable';
      return soundSourceErrorText(ended.error, 'track') ?? { id: usual };
    }
  }
}

function isSoundError(code: ErrorCode): code is SoundErrorCode {
  return code === 'source.too_long' || code in faults;
}
