import { speakRateHz } from '#src/audio/pcm.ts';
import { Levels } from './levels.ts';
import { type Sounding, type WordMark, type WordTime, wordTimes } from './word-times.ts';

const samplesPerMs = speakRateHz / 1000;

/**
 * Word times are estimates, so the chosen word is the one that sounded `doubtMs` before the cut, and its start is moved
 * to the quietest spot within `snapMs` before it. Over test/fixtures/speech, 2026-11-20, the start of the cut word is
 * then lost in 15 % of all cuts and 335 ms come again; without doubt, snapping 80 ms either way, in 34 %, and 200 ms.
 */
const doubtMs = 100;
const snapMs = 120;

/** Samples of one sentence, as places in the sound of the whole reply. */
type PlacedSentence = {
  readonly text: string;
  readonly from: number;
  to: number;
  readonly levels: Levels;
  readonly marks: WordMark[];
};

/** Sound of one sentence that is known to have left. */
type SpokenSentence = Sounding & { readonly sentMs: number };

/**
 * Sound that may lack without a word missing: three frames, since a sentence ends in silence
 * and the link may refuse a packet.
 */
const missingSoundMs = 60;

/** Positions of sentences in the sound of a reply, and the part of each that has left. */
export class SpokenSentences {
  readonly #all: PlacedSentence[] = [];
  readonly #sent = new Spans();

  /** Whether `text` is the sentence the latest sound belongs to. */
  isAt(text: string): boolean {
    return this.#all.at(-1)?.text === text;
  }

  start(text: string): void {
    const from = this.#all.at(-1)?.to ?? 0;
    this.#all.push({ text, from, to: from, levels: new Levels(), marks: [] });
  }

  /** The latest sentence got these samples more. */
  grow(samples: Int16Array): void {
    const last = this.#all.at(-1);
    if (!last) return;
    last.to += samples.length;
    last.levels.push(samples);
  }

  /** Takes the provider's times of words in the latest sentence. */
  mark(marks: readonly WordMark[]): void {
    this.#all.at(-1)?.marks.push(...marks);
  }

  /** The samples between these places left; those that leave again change nothing. */
  left(from: number, to: number): void {
    this.#sent.add(from, to);
  }

  sentMs(): number {
    return this.#sent.within(0, this.#all.at(-1)?.to ?? 0) / samplesPerMs;
  }

  /** The words that left; `whole` says that no more sound of the latest sentence was to come. */
  heardText(whole: boolean): string {
    return heardText(
      this.#all.map((sentence) => ({
        ...this.#sounding(sentence, whole),
        sentMs: this.#sent.within(sentence.from, sentence.to) / samplesPerMs,
      })),
    );
  }

  /** Start of the word that a stop at `place` would cut, rather too early than too late; between words, `place`. */
  wordStart(place: number, whole: boolean): number {
    const one = this.#all[this.#indexAt(place)];
    if (!one || place === one.to) return place;
    const atMs = (place - one.from) / samplesPerMs;
    const words = wordTimes(this.#sounding(one, whole));
    const startMs =
      one.marks.length > 0 ? reportedStart(words, atMs) : safeStart(words, atMs, one.levels);
    return Math.min(place, one.from + Math.round(startMs * samplesPerMs));
  }

  /** Drops all after the sentence at `place`; returns its end, undefined while it may still grow. */
  closeAfter(place: number): number | undefined {
    const kept = this.#indexAt(place) + 1;
    if (kept === this.#all.length) return undefined;
    this.#all.length = kept;
    return this.#all.at(-1)?.to ?? 0;
  }

  #indexAt(place: number): number {
    return this.#all.findLastIndex(({ from }) => from < place);
  }

  #sounding(sentence: PlacedSentence, whole: boolean): Sounding {
    const { text, from, to, levels, marks } = sentence;
    const soundMs = (to - from) / samplesPerMs;
    return { text, soundMs, whole: whole || sentence !== this.#all.at(-1), levels, marks };
  }
}

function reportedStart(words: readonly WordTime[], atMs: number): number {
  const word = words.findLast(({ fromMs }) => fromMs < atMs);
  return word && word.toMs > atMs ? word.fromMs : atMs;
}

function safeStart(words: readonly WordTime[], atMs: number, levels: Levels): number {
  const lastMs = words.at(-1)?.toMs ?? 0;
  if (lastMs <= atMs - doubtMs) return atMs;
  const word = words.findLast(({ fromMs }) => fromMs < atMs - doubtMs) ?? words[0];
  const startMs = Math.min(word?.fromMs ?? atMs, atMs);
  return levels.quietest(Math.max(0, startMs - snapMs), startMs + 10, startMs) ?? startMs;
}

/** The words people heard: whole sentences, and of the one that was cut those that were over by then. */
function heardText(sentences: readonly SpokenSentence[]): string {
  return sentences
    .map(heardOf)
    .filter((text) => text !== '')
    .join(' ');
}

function heardOf(sentence: SpokenSentence): string {
  const { text, sentMs, soundMs, whole } = sentence;
  if (sentMs <= 0) return '';
  if (whole && sentMs >= soundMs - missingSoundMs) return text.trim();
  const heard = wordTimes(sentence).findLast(({ toMs }) => toMs <= sentMs);
  return text.slice(0, heard?.to ?? 0).trim();
}

/** Marked places of a sound; places marked twice count once. */
class Spans {
  readonly #all: { readonly from: number; to: number }[] = [];

  add(from: number, to: number): void {
    const last = this.#all.at(-1);
    if (last && last.from <= from && from <= last.to) last.to = Math.max(last.to, to);
    else this.#all.push({ from, to });
  }

  /** Length of the marked places within these. */
  within(from: number, to: number): number {
    let [sum, at] = [0, from];
    for (const span of this.#all.toSorted((one, other) => one.from - other.from)) {
      const end = Math.min(span.to, to);
      sum += Math.max(0, end - Math.max(span.from, at));
      at = Math.max(at, end);
    }
    return sum;
  }
}
