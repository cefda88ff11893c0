import { speakRateHz } from '#src/audio/pcm.ts';

export const samplesPerMs = speakRateHz / 1000;

/** Length of one piece of the level curve. */
const cellMs = 10;
const cellSamples = samplesPerMs * cellMs;

/**
 * Level of the loudest cell, as a multiple of that of a pause: 20 dB. Over test/fixtures/speech, words then start 101 ms off in
 * synthetic and 131 ms in human voices. A whole number, for each fraction would be an object of its own.
 */
const loudestByPause = 10;

/** Whether a position before or after a pause is meant. */
type PauseSide = 'before' | 'after';

/** Loudness of a sound in each 10 ms: enough to find its pauses. */
export class Levels {
  readonly #cells: number[] = [];
  #loudest = 0;
  #sum = 0;
  #filled = 0;

  push(samples: Int16Array): void {
    for (let n = 0; n < samples.length; n++) {
      this.#sum += Math.abs(samples[n] ?? 0);
      this.#filled++;
      if (this.#filled === cellSamples) this.#close();
    }
  }

  /** Mean of the cell's samples without their signs; 0 for a cell that is not complete. */
  getLevel(cell: number): number {
    return this.#cells[cell] ?? 0;
  }

  /** Duration without pauses within the first `untilMs`. */
  getSoundingMs(untilMs: number): number {
    let sounding = 0;
    for (let cell = 0; cell < this.#cells.length && cell * cellMs < untilMs; cell++) {
      if (!this.#isPause(cell)) sounding += Math.min(cellMs, untilMs - cell * cellMs);
    }
    return sounding;
  }

  /** Position at which `soundingMs` is reached, before or after a pause that may lie there; past the end it continues evenly. */
  findPlace(soundingMs: number, side: PauseSide): number {
    const cells = soundingMs / cellMs;
    let whole =
      side === 'after' ? Math.floor(cells) : Math.max(0, Math.ceil(cells) - 1);
    const restMs = soundingMs - whole * cellMs;
    for (let cell = 0; cell < this.#cells.length; cell++) {
      if (this.#isPause(cell)) continue;
      if (whole === 0) return cell * cellMs + restMs;
      whole--;
    }
    return (this.#cells.length + whole) * cellMs + restMs;
  }

  /** Start of the quietest cell that lies between, of equals the one nearest to `nearMs`; undefined where none does. */
  findQuietest(fromMs: number, toMs: number, nearMs: number): number | undefined {
    let best: number | undefined;
    const getDistance = (cell: number) => Math.abs(cell * cellMs - nearMs);
    for (let cell = Math.ceil(fromMs / cellMs); (cell + 1) * cellMs <= toMs; cell++) {
      if (best === undefined || this.getLevel(cell) < this.getLevel(best)) best = cell;
      else if (
        this.getLevel(cell) === this.getLevel(best) &&
        getDistance(cell) < getDistance(best)
      )
        best = cell;
    }
    return best === undefined ? undefined : best * cellMs;
  }

  #isPause(cell: number) {
    return this.getLevel(cell) * loudestByPause < this.#loudest;
  }

  #close() {
    const level = Math.round(this.#sum / cellSamples);
    this.#cells.push(level);
    this.#loudest = Math.max(this.#loudest, level);
    this.#sum = 0;
    this.#filled = 0;
  }
}

/** One sentence and its sound, whose samples are places in the sound of the whole reply. */
export type TimedSentence = {
  readonly text: string;
  readonly words: readonly WeightedWord[];
  readonly from: number;
  to: number;
  readonly levels: Levels;
};

/** A word: its characters in the text, and when it sounds within the sentence. */
export type WordTime = {
  readonly from: number;
  readonly to: number;
  readonly fromMs: number;
  readonly toMs: number;
};

/** Characters of a word in a text, and its share of the sound. */
export type WeightedWord = {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
};

/** Ordinary pace, about 15 characters a second: for a sentence whose sound is still incomplete. */
const characterMs = 65;

const segments = new Intl.Segmenter(undefined, { granularity: 'word' });

/** Times of each word of a sentence: by its share of the text; also without spaces. `isWhole`: no more of its sound will come. */
export function estimateWordTimes(
  sentence: TimedSentence,
  isWhole: boolean,
): WordTime[] {
  const { words } = sentence;
  const all = words.reduce((sum, { weight }) => sum + weight, 0);
  const place = createWordClock(sentence, isWhole);
  let before = 0;
  return words.map(({ from, to, weight }) => {
    const fromMs = place(before / all, 'after');
    before += weight;
    return { from, to, fromMs, toMs: Math.max(fromMs, place(before / all, 'before')) };
  });
}

/** A word weighs its letters and the space behind it: short words are not as short as they look. */
export function weighWords(text: string): WeightedWord[] {
  const parts = [...segments.segment(text)];
  return parts.flatMap(({ index, segment, isWordLike }, n) => {
    if (!isWordLike) return [];
    const next = parts[n + 1];
    const weight = segment.length + (next && !next.isWordLike ? 1 : 0);
    return [{ from: index, to: index + segment.length, weight }];
  });
}

/** Maps a share of the words to its instant in the sound; over silence they lie evenly. */
function createWordClock({ text, from, to, levels }: TimedSentence, isWhole: boolean) {
  const soundMs = (to - from) / samplesPerMs;
  const lengthMs = isWhole ? soundMs : Math.max(soundMs, text.length * characterMs);
  const soundingMs = levels.getSoundingMs(soundMs);
  if (soundingMs === 0) return (share: number) => share * lengthMs;
  const allMs = soundingMs * (lengthMs / soundMs);
  return (share: number, side: PauseSide) => levels.findPlace(share * allMs, side);
}
