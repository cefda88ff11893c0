import { joinSamples, listenRateHz, speakRateHz } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';
import type { TalkBuffer } from '#src/chat/realtime/realtime-ports.ts';

/** Longest uploaded utterance, longer than the session's limit; the rest goes up with the answer. */
const longestSamples = 120 * listenRateHz;
/** Silence that was still heard after the end of an utterance, while it was not known to be one. */
const longestTail = 3 * listenRateHz;
/** Servers refuse less. */
const shortestSamples = speakRateHz / 10;

/** One utterance as it is heard. */
type HeardUtterance = {
  readonly speakerId: string;
  readonly fromMs: number;
  readonly pieces: Int16Array[];
  length: number;
  /** True when it is being answered: more of it is silence, unless that answer is dropped. */
  isTaken: boolean;
};

/** Sound of one utterance in the server's buffer. */
type BufferContent = {
  readonly hearing: HeardUtterance;
  readonly state: object;
  readonly resampler: Resampler;
  pieces: number;
};

/** Sound of one person at a time on its way to the server, while it is spoken. */
export class LiveUpload {
  readonly #buffer: TalkBuffer;
  #hearing: HeardUtterance | undefined;
  #sent: BufferContent | undefined;

  constructor(buffer: TalkBuffer) {
    this.#buffer = buffer;
  }

  /** Uploads sound. The first speaker keeps the server's buffer; others' sound in the meantime goes up with their answer. */
  hear(samples: Int16Array, speakerId: string, fromMs: number): void {
    const now = this.#hearing;
    const isSame = now?.speakerId === speakerId && now.fromMs === fromMs;
    if (!isSame) {
      const isBusy = now && !now.isTaken && now.speakerId !== speakerId;
      if (isBusy && fromMs - now.fromMs < longestMs) return;
      this.#hearing = { speakerId, fromMs, pieces: [], length: 0, isTaken: false };
    }
    const hearing = this.#hearing;
    if (!hearing || hearing.length + samples.length > longestSamples) return;
    hearing.pieces.push(samples);
    hearing.length += samples.length;
    this.flow();
  }

  /** Sends the sound that has not left yet, if there is a connection. */
  flow(): void {
    const hearing = this.#hearing;
    const { state } = this.#buffer;
    if (!hearing || hearing.isTaken || !state) return;
    const sent = this.#sentOf(hearing, state);
    const fresh = hearing.pieces.slice(sent.pieces);
    sent.pieces = hearing.pieces.length;
    if (fresh.length > 0) this.#buffer.append(sent.resampler.push(joinSamples(fresh)));
  }

  forget(speakerId: string, fromMs: number): void {
    const now = this.#hearing;
    if (now?.speakerId !== speakerId || now.fromMs !== fromMs) return;
    const sent = this.#sent;
    if (sent && sent.hearing === this.#hearing && sent.state === this.#buffer.state)
      this.#buffer.clear();
    this.#hearing = undefined;
    this.#sent = undefined;
  }

  /** Leaves exactly this utterance in the buffer, for it to become an item. True if it is the one being heard. */
  fill(speakerId: string, samples: Int16Array): boolean {
    const hearing = this.#hearing;
    const isLive = hearing?.speakerId === speakerId && holds(hearing, samples);
    if (isLive) this.flow();
    const sent = this.#sent;
    const isThere = isLive && sent?.hearing === hearing && sent.state === this.#buffer.state;
    this.#sent = undefined;
    if (isThere) {
      // The end of the utterance is known better now than when it was sent; the missing rest is appended.
      this.#buffer.append(
        sent.resampler.push(samples.subarray(Math.min(samples.length, hearing.length))),
      );
      this.#buffer.append(sent.resampler.flush());
      this.#pad(Math.max(samples.length, hearing.length));
    } else {
      this.#buffer.clear();
      const resampler = new Resampler(listenRateHz, speakRateHz);
      this.#buffer.append(resampler.push(samples));
      this.#buffer.append(resampler.flush());
      this.#pad(samples.length);
    }
    if (isLive) hearing.isTaken = true;
    return isLive;
  }

  /** The answer to it was dropped unheard: the utterance may continue. */
  giveBack(speakerId: string): void {
    if (this.#hearing?.speakerId === speakerId) this.#hearing.isTaken = false;
  }

  #pad(samples: number): void {
    const missing = shortestSamples - (samples * speakRateHz) / listenRateHz;
    if (missing > 0) this.#buffer.append(new Int16Array(Math.ceil(missing)));
  }

  #sentOf(hearing: HeardUtterance, state: object): BufferContent {
    if (this.#sent?.hearing === hearing && this.#sent.state === state) return this.#sent;
    if (this.#sent?.state === state) this.#buffer.clear();
    const resampler = new Resampler(listenRateHz, speakRateHz);
    this.#sent = { hearing, state, resampler, pieces: 0 };
    return this.#sent;
  }
}

const longestMs = (longestSamples / listenRateHz) * 1000;

/** The heard sound is the beginning of `samples`, or all of it and the silence behind it. */
function holds({ pieces, length }: HeardUtterance, samples: Int16Array): boolean {
  if (length === 0 || length > samples.length + longestTail) return false;
  let at = 0;
  for (const piece of pieces) {
    const part = samples.subarray(at, at + piece.length);
    if (part.some((sample, n) => sample !== piece[n])) return false;
    at += piece.length;
  }
  return true;
}
