import { listenRateHz, type SoundPiece } from '#src/audio/pcm.ts';
import type { GlimpseOptions, RoomView } from '#src/ports/room-view.ts';
import { UtteranceSound } from '#src/speech/listen.ts';

/** New sound before the next glimpse: a second has two or three words. */
const stepSamples = listenRateHz;
/** Longer utterances show words in pauses alone, since each glimpse hears the whole utterance. */
const maxSamples = 15 * listenRateHz;

/** Words so far of one utterance, about once a second, for an open page. Nothing else waits for them. */
export class Glimpses implements Disposable {
  readonly #view: RoomView;
  readonly #options: GlimpseOptions;
  readonly #onWords: (text: string) => void;
  readonly #sound = new UtteranceSound();
  #nextLength = stepSamples;
  #glimpse: AbortController | undefined;
  #isOver = false;

  /** `onWords` is called with the words so far, until a pause or the end. */
  constructor(
    view: RoomView,
    options: GlimpseOptions,
    onWords: (text: string) => void,
  ) {
    this.#view = view;
    this.#options = options;
    this.#onWords = onWords;
  }

  /** Adds sound, and looks at it if it is time. */
  push(pieces: readonly SoundPiece[]): void {
    if (this.#isOver) return;
    for (const { samples } of pieces) this.#sound.push(samples);
    const { length } = this.#sound;
    if (this.#glimpse || length < this.#nextLength || length > maxSamples) return;
    this.#nextLength = length + stepSamples;
    if (this.#view.isWatched) void this.#look();
  }

  /** Drops a glimpse under way, since the words up to a pause are asked for. */
  stop(): void {
    this.#glimpse?.abort(new Error('the words of a pause are asked for'));
    this.#glimpse = undefined;
  }

  /** Drops the sound, and shows nothing more. */
  [Symbol.dispose](): void {
    this.#isOver = true;
    this.stop();
    this.#sound.dropSound();
  }

  async #look() {
    const glimpse = new AbortController();
    this.#glimpse = glimpse;
    const pcm = this.#sound.copySpoken();
    const text = await this.#view
      .glimpse?.(pcm, this.#options, glimpse.signal)
      .catch(() => undefined);
    if (this.#glimpse !== glimpse) return; // a pause has better words
    this.#glimpse = undefined;
    this.#nextLength = Math.max(this.#nextLength, this.#sound.length + stepSamples / 2);
    if (text) this.#onWords(text);
  }
}
