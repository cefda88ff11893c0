import { measureRms } from '#src/audio/pcm.ts';

/** Level above which a piece of 100 ms holds speech. A session sends silence with a noise below it. */
const minSpeechLevel = 0.0006;
const bytesPerMs = 48;
/** Longer pauses inside a reply are shortened. */
const maxInnerPauseMs = 500;

/**
 * Cuts one reply out of the endless sound of a session, which is speech and silence in turn.
 *
 * @example
 * import { OutputGate } from '#src/chat/live/output-gate.ts';
 *
 * const gate = new OutputGate();
 * gate.push(Buffer.alloc(4_800)).length; // 0
 */
export class OutputGate {
  #hasBegun = false;
  #quietMs = 0;
  #pause: Buffer[] = [];

  /** Whether speech has come. */
  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Ms of silence since the last speech, or the last words of speech that is about to come. */
  get quietMs(): number {
    return this.#quietMs;
  }

  /** Notes words, which come before their sound: the silence before that is none after the speech. */
  noteWords(): void {
    this.#quietMs = 0;
  }

  /** Notes silence that was not sent as sound. */
  noteSilence(ms: number): void {
    this.#quietMs = Math.max(this.#quietMs, ms);
  }

  /** Adds sound, and returns what of it is part of the reply now. Silence passes once speech follows it. */
  push(bytes: Buffer): readonly Buffer[] {
    const ms = bytes.length / bytesPerMs;
    if (!isSpeech(bytes)) {
      this.#quietMs += ms;
      if (this.#hasBegun && this.#quietMs <= maxInnerPauseMs) this.#pause.push(bytes);
      return [];
    }
    const passing = [...this.#pause, bytes];
    this.#pause = [];
    this.#quietMs = 0;
    this.#hasBegun = true;
    return passing;
  }
}

function isSpeech(bytes: Uint8Array) {
  // A copy lies at an even address.
  const samples = new Int16Array(new Uint8Array(bytes).buffer);
  return measureRms(samples) > minSpeechLevel;
}
