import { speakRateHz } from '#src/audio/pcm.ts';
import { findAddresses, sayAddresses } from '#src/base/addresses/addresses.ts';

/** Samples in 1 ms, at 24 kHz. */
export const samplesPerMs: number = speakRateHz / 1000;

const cellMs = 10;
const cellSamples = samplesPerMs * cellMs;

/**
 * Cells 20 dB below the loudest are pauses. Measured over test/fixtures/speech, words start 101
 * ms off in synthetic and 131 ms in human voices. A whole number keeps the array of cells
 * unboxed.
 */
const loudestByPause = 10;

type PauseSide = 'before' | 'after';

/** Loudness of a sound in steps of 10 ms, which shows pauses. */
export class SoundLevels {
  readonly #levels: number[] = [];
  #loudest = 0;
  #sum = 0;
  #filled = 0;

  /** Adds the next samples. */
  addSamples(samples: Int16Array): void {
    for (let n = 0; n < samples.length; n++) {
      this.#sum += Math.abs(samples[n] ?? 0);
      this.#filled++;
      if (this.#filled === cellSamples) this.#endCell();
    }
  }

  /** Measures the time up to `untilMs` without pauses. */
  getSoundingMs(untilMs: number): number {
    const { length } = this.#levels;
    let sounding = 0;
    for (let cell = 0; cell < length && cell * cellMs < untilMs; cell++) {
      if (!this.#isPause(cell)) sounding += Math.min(cellMs, untilMs - cell * cellMs);
    }
    return sounding;
  }

  /**
   * Finds the time at which `soundingMs` is reached, before or after a pause there. Continues
   * evenly after the end.
   */
  findTimeMs(soundingMs: number, side: PauseSide): number {
    const { length } = this.#levels;
    const cells = soundingMs / cellMs;
    let wholeCells =
      side === 'after' ? Math.floor(cells) : Math.max(0, Math.ceil(cells) - 1);
    const remainderMs = soundingMs - wholeCells * cellMs;
    for (let cell = 0; cell < length; cell++) {
      if (this.#isPause(cell)) continue;
      if (wholeCells === 0) return cell * cellMs + remainderMs;
      wholeCells--;
    }
    return (length + wholeCells) * cellMs + remainderMs;
  }

  /**
   * Finds the start of the quietest cell, or of the one nearest to `nearMs` if several are equal.
   */
  findQuietest(fromMs: number, toMs: number, nearMs: number): number | undefined {
    let best: number | undefined;
    const getDistance = (cell: number) => Math.abs(cell * cellMs - nearMs);
    for (let cell = Math.ceil(fromMs / cellMs); (cell + 1) * cellMs <= toMs; cell++) {
      if (best === undefined || this.#getLevel(cell) < this.#getLevel(best))
        best = cell;
      else if (
        this.#getLevel(cell) === this.#getLevel(best) &&
        getDistance(cell) < getDistance(best)
      )
        best = cell;
    }
    return best === undefined ? undefined : best * cellMs;
  }

  /** Gets the mean absolute sample of a cell, 0 if incomplete. */
  #getLevel(cell: number): number {
    return this.#levels[cell] ?? 0;
  }

  #isPause(cell: number) {
    return this.#getLevel(cell) * loudestByPause < this.#loudest;
  }

  #endCell() {
    const level = Math.round(this.#sum / cellSamples);
    this.#levels.push(level);
    this.#loudest = Math.max(this.#loudest, level);
    this.#sum = 0;
    this.#filled = 0;
  }
}

/** A sentence with its place in the sound. `from` and `to` count samples of the reply. */
export type TimedSentence = {
  readonly text: string;
  readonly words: readonly WeightedWord[];
  readonly from: number;
  to: number;
  readonly levels: SoundLevels;
};

/** A word with its estimated time in the sound. */
export type WordTime = {
  readonly from: number;
  readonly to: number;
  readonly fromMs: number;
  readonly toMs: number;
};

/** Place of a word in its text, and its weight, by which words share the sound of a sentence. */
export type WeightedWord = {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
};

/** About 15 characters a second, for a sentence whose sound is incomplete. */
const characterMs = 65;

const segmenter = new Intl.Segmenter(undefined, { granularity: 'word' });

/**
 * Estimates word times by length of text. `isWhole` means that all sound of the sentence is
 * there.
 */
export function estimateWordTimes(
  sentence: TimedSentence,
  isWhole: boolean,
): WordTime[] {
  const totalWeight = sentence.words.reduce((sum, { weight }) => sum + weight, 0);
  const toTimeMs = createWordClock(sentence, isWhole);
  let passedWeight = 0;
  return sentence.words.map(({ from, to, weight }) => {
    const fromMs = toTimeMs(passedWeight / totalWeight, 'after');
    passedWeight += weight;
    const toMs = Math.max(fromMs, toTimeMs(passedWeight / totalWeight, 'before'));
    return { from, to, fromMs, toMs };
  });
}

/** Splits a text into words, weighed by their letters and the space after. An address is one word, weighed as it is said. */
export function weighWords(text: string): WeightedWord[] {
  const words: WeightedWord[] = [];
  let end = 0;
  for (const { from, to } of findAddresses(text)) {
    words.push(...weighPlainWords(text.slice(end, from), end));
    // The length is about the same in each language.
    const weight = sayAddresses(text.slice(from, to), 'en').length + 1;
    words.push({ from, to, weight });
    end = to;
  }
  return [...words, ...weighPlainWords(text.slice(end), end)];
}

function weighPlainWords(text: string, offset: number): WeightedWord[] {
  const segments = [...segmenter.segment(text)];
  return segments.flatMap(({ index, segment, isWordLike }, n) => {
    if (!isWordLike) return [];
    const next = segments[n + 1];
    const weight = segment.length + (next && !next.isWordLike ? 1 : 0);
    const from = offset + index;
    return [{ from, to: from + segment.length, weight }];
  });
}

/** Maps a share of the words to a time in the sound. In silence words lie evenly. */
function createWordClock({ text, from, to, levels }: TimedSentence, isWhole: boolean) {
  const soundMs = (to - from) / samplesPerMs;
  const lengthMs = isWhole ? soundMs : Math.max(soundMs, text.length * characterMs);
  const soundingMs = levels.getSoundingMs(soundMs);
  if (soundingMs === 0) return (share: number) => share * lengthMs;
  const allMs = soundingMs * (lengthMs / soundMs);
  return (share: number, side: PauseSide) => levels.findTimeMs(share * allMs, side);
}
