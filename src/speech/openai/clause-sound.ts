import { setImmediate } from 'node:timers/promises';
import { getDurationMs, type Pcm } from '#src/audio/pcm.ts';
import { createChildController, waitUnlessAborted } from '#src/base/bounded-wait.ts';
import { BotError } from '#src/base/errors.ts';

/** The shortest word takes longer. */
const minSoundMs = 100;
/** The fastest speaker needs several times as long for a letter. */
const minMsPerChar = 10;
/** The end of an error arrives with its beginning, and the first sound may not be late. */
const maxHoldMs = 1;

/** The words that a sound says. A pace of 1 is the voice's own. */
export type SpokenClause = {
  readonly text: string;
  readonly pace?: number | undefined;
};

const listenerLeftError = new Error('nobody listens to this sound any more');

/**
 * Passes on the sound of one text, and throws if it cannot hold that text at this pace: the server broke off, or sent
 * an error under a false name.
 *
 * The first 100 ms are held for 1 ms at most, so that no crack is heard where the sound ends with them. Throws BotError
 * `provider.empty` without sound, and `provider.truncated`.
 */
export async function* checkSoundLength(
  openSound: (signal: AbortSignal) => AsyncIterable<Pcm>,
  { pace = 1, text }: SpokenClause,
  signal: AbortSignal,
): AsyncGenerator<Pcm> {
  const hangUp = createChildController(signal);
  const pieces = openSound(hangUp.signal)[Symbol.asyncIterator]();
  const start = new HeldStart(pace);
  let patience: AbortSignal | undefined;
  let soundMs = 0;
  try {
    for (;;) {
      const next = pieces.next();
      if (start.isHeld) {
        patience ??= AbortSignal.timeout(maxHoldMs);
        if (!(await isSoon(next, patience))) yield* start.release();
      }
      const { done, value } = await next;
      if (done) break;
      soundMs += getDurationMs(value);
      yield* start.pass(value, soundMs);
    }
  } finally {
    // A piece may still be awaited.
    hangUp.abort(listenerLeftError);
    await pieces.return?.();
  }
  if (soundMs === 0) throw createEmptyError();
  const neededMs = Math.max(minSoundMs, minMsPerChar * countSounded(text)) / pace;
  if (soundMs < neededMs) throw createShortError(soundMs, text);
}

/** The beginning of a sound, until there is enough of it to be heard. */
class HeldStart {
  readonly #pace: number;
  #held: Pcm[] | undefined = [];

  constructor(pace: number) {
    this.#pace = pace;
  }

  /** Whether some sound waits for more. */
  get isHeld(): boolean {
    return this.#held !== undefined && this.#held.length > 0;
  }

  /** Returns the pieces that may be heard now. */
  pass(piece: Pcm, soundMs: number): readonly Pcm[] {
    if (!this.#held) return [piece];
    this.#held.push(piece);
    return soundMs * this.#pace < minSoundMs ? [] : this.release();
  }

  /** Returns the pieces held, and holds no later one. */
  release(): readonly Pcm[] {
    const held = this.#held ?? [];
    this.#held = undefined;
    return held;
  }
}

/** Returns whether a piece, or the end, comes before the beginning may be late. */
async function isSoon(next: Promise<unknown>, patience: AbortSignal): Promise<boolean> {
  let hasCome = false;
  const arrival = next.then(
    () => (hasCome = true),
    // The error is thrown where the piece is read.
    () => (hasCome = true),
  );
  await waitUnlessAborted(arrival, patience).catch(() => undefined);
  // Timers run before the network in each turn of the event loop.
  if (!hasCome) await setImmediate();
  return hasCome;
}

/** Counts letters, figures and one pause between two words: signs and emoji may sound like nothing. */
function countSounded(text: string) {
  return [...text.replace(/[^\p{L}\p{N}]+/gu, ' ').trim()].length;
}

function createEmptyError() {
  const message = 'The speech server sent no sound: check the model and the voice.';
  return new BotError('provider.empty', true, message);
}

function createShortError(soundMs: number, text: string) {
  const message = `The speech server sent ${Math.round(soundMs)} ms of sound for ${text.length} characters, which is too short: it broke off, or failed.`;
  return new BotError('provider.truncated', true, message);
}
