import type { Evidence } from '#src/turn/hallucinations.ts';
import { type EndOfTurn, endOfTurnOf } from './end-of-turn.ts';

/** The words of the utterance so far, and how far they can be trusted. */
export type Understood = EndOfTurn & {
  readonly text: string;
  readonly changedAtMs: number;
  /** True when the transcript came in this pause; else it was a partial, and more was said since. */
  readonly upToPause: boolean;
  /** The recogniser took words back or added some in this very pause. */
  readonly revised: boolean;
};

/** Streaming recognisers change their mind for 260 ms after the voice (p95, pocketsphinx). */
const stableMs = 300;
/** Time in ms after a change in the pause in which another may follow. */
const restlessMs = 120;
/** All the trust a text gets that is still being changed: no sign of an end. */
const restlessLogit = 0;

export function understand(
  former: Understood | undefined,
  said: { readonly text: string; readonly language?: string; readonly atMs: number },
  inPause: boolean,
): Understood {
  const same = former?.text === said.text;
  const revised = inPause && former?.upToPause === true && (former.revised || !same);
  return {
    ...(same ? former : endOfTurnOf(said.text, said.language)),
    text: said.text,
    changedAtMs: same ? former.changedAtMs : said.atMs,
    upToPause: inPause,
    revised,
  };
}

/** Reading of a text in a pause; none while it is older than the last words and may still change; `silentMs` since the voice. */
export function readingAt(
  understood: Understood | undefined,
  atMs: number,
  silentMs: number,
): EndOfTurn | undefined {
  if (!understood || understood.lastWord === '') return undefined;
  const { completeLogit, lastWord, changedAtMs, upToPause, revised } = understood;
  const sinceMs = atMs - changedAtMs;
  if (upToPause) {
    if (!revised || sinceMs >= restlessMs) return { completeLogit, lastWord };
    return { completeLogit: Math.min(completeLogit, restlessLogit), lastWord };
  }
  if (silentMs >= stableMs && sinceMs >= stableMs) return { completeLogit, lastWord };
  return completeLogit < 0 ? { completeLogit: completeLogit / 2, lastWord } : undefined;
}

/** An utterance that has begun. */
export type SpeakingVoice = {
  readonly kind: 'talking' | 'paused';
  readonly fromMs: number;
  readonly lastVoiceMs: number;
  /** The last voiced window that was not faint: the start of a wait. */
  readonly lastLoudMs: number;
  readonly lastPacketMs: number;
  readonly pausedAtMs?: number;
  /** Start of the silence frames, if they are the latest packets. */
  readonly mutedAtMs?: number;
  /** This pause was reported as a long one. */
  readonly isLongPause: boolean;
  /** An answer may already be prepared. */
  readonly likelyOver: boolean;
  readonly understood?: Understood;
  readonly heard: Evidence;
};

/** Sound after a pause was noticed that still belongs to the last word, in ms. */
const trailingMs = 200;
/** Texts no more finished than that end in the middle. */
const brokenOff = -1;

/** Whether a window holds only the voice's echo, or the room. */
export function isFaint(
  { heard }: SpeakingVoice,
  levelDb: number | undefined,
  { faintDb }: { readonly faintDb: number },
): boolean {
  if (levelDb === undefined || heard.meanLevelDb === undefined) return false;
  return levelDb < heard.meanLevelDb - faintDb;
}

/** Instant at which the voice stopped, by its loudness. */
export function stoppedMs(
  { lastLoudMs, lastVoiceMs }: SpeakingVoice,
  { faintMs }: { readonly faintMs: number },
): number {
  return Math.max(lastLoudMs, lastVoiceMs - faintMs);
}

/** The text breaks off, and more sounded after that, up to where the microphone closed: a last "s" is no voice to silero. */
export function isAskedTooEarly({
  kind,
  mutedAtMs = 0,
  pausedAtMs = 0,
  understood,
}: SpeakingVoice): boolean {
  const soundedMs = mutedAtMs - pausedAtMs;
  if (kind !== 'paused' || soundedMs <= 0 || soundedMs > trailingMs) return false;
  return understood?.upToPause === true && understood.completeLogit <= brokenOff;
}

/** A packet that holds no voice, or none at all. */
export function withPacket(
  voice: SpeakingVoice,
  event: { readonly kind: string; readonly atMs: number },
): SpeakingVoice {
  if (event.kind === 'tick') return voice;
  const lastPacketMs = Math.max(voice.lastPacketMs, event.atMs);
  if (event.kind === 'silence-frame') {
    return { ...voice, lastPacketMs, mutedAtMs: voice.mutedAtMs ?? event.atMs };
  }
  return event.atMs > voice.lastPacketMs ? { ...voice, lastPacketMs, mutedAtMs: undefined } : voice;
}
