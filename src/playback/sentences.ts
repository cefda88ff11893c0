import { speakRateHz } from '#src/audio/pcm.ts';
import { heardText } from './heard-text.ts';

const samplesPerMs = speakRateHz / 1000;

/** Samples of one sentence, as places in the sound of the whole reply. */
type Sentence = { readonly text: string; readonly from: number; to: number; sent: number };

/** Which sentence lies where in the sound of a reply, and how much of each has left. */
export class Sentences {
  readonly #all: Sentence[] = [];

  /** Whether `text` is the sentence the latest sound belongs to. */
  isAt(text: string): boolean {
    return this.#all.at(-1)?.text === text;
  }

  start(text: string): void {
    const from = this.#all.at(-1)?.to ?? 0;
    this.#all.push({ text, from, to: from, sent: 0 });
  }

  /** The latest sentence got `count` samples more. */
  grow(count: number): void {
    const last = this.#all.at(-1);
    if (last) last.to += count;
  }

  /** The samples between these places left. */
  left(from: number, to: number): void {
    for (const sentence of this.#all) {
      sentence.sent += Math.max(0, Math.min(to, sentence.to) - Math.max(from, sentence.from));
    }
  }

  /** The words that left; `whole` says that no more sound of the latest sentence was to come. */
  heardText(whole: boolean): string {
    const last = this.#all.at(-1);
    return heardText(
      this.#all.map((sentence) => ({
        text: sentence.text,
        sentMs: sentence.sent / samplesPerMs,
        soundMs: (sentence.to - sentence.from) / samplesPerMs,
        whole: whole || sentence !== last,
      })),
    );
  }
}
