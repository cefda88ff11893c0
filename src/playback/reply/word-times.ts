import { speakRateHz } from '#src/audio/pcm.ts';

export const samplesPerMs = speakRateHz / 1000;

const cellMs = 10;
const cellSamples = samplesPerMs * cellMs;

/**
 * Cells 20 dB below the loudest are pauses. Measured over test/fixtures/speech, words start 101
 * ms off in synthetic and 131 ms in human voices. A whole number keeps the array of cells
 * unboxed.
 */
const loudestByPause = 10;

type PauseSide = 'before' | 'after';

export type Levels = ReturnType<typeof createLevels>;

/** Loudness in steps of 10 ms, which shows pauses. */
export function createLevels() {
  const all: number[] = [];
  let loudest = 0;
  let sum = 0;
  let filled = 0;

  /** Gets the mean absolute sample of a cell, 0 if incomplete. */
  function getLevel(cell: number): number {
    return all[cell] ?? 0;
  }

  function isPause(cell: number) {
    return getLevel(cell) * loudestByPause < loudest;
  }

  function endCell() {
    const level = Math.round(sum / cellSamples);
    all.push(level);
    loudest = Math.max(loudest, level);
    sum = 0;
    filled = 0;
  }

  return {
    push(samples: Int16Array) {
      for (let n = 0; n < samples.length; n++) {
        sum += Math.abs(samples[n] ?? 0);
        filled++;
        if (filled === cellSamples) endCell();
      }
    },

    /** Measures the time up to `untilMs` without pauses. */
    getSoundingMs(untilMs: number): number {
      let sounding = 0;
      for (let cell = 0; cell < all.length && cell * cellMs < untilMs; cell++) {
        if (!isPause(cell)) sounding += Math.min(cellMs, untilMs - cell * cellMs);
      }
      return sounding;
    },

    /**
     * Finds the time at which `soundingMs` is reached, before or after a pause there. Continues
     * evenly after the end.
     */
    findPlace(soundingMs: number, side: PauseSide): number {
      const cells = soundingMs / cellMs;
      let whole =
        side === 'after' ? Math.floor(cells) : Math.max(0, Math.ceil(cells) - 1);
      const restMs = soundingMs - whole * cellMs;
      for (let cell = 0; cell < all.length; cell++) {
        if (isPause(cell)) continue;
        if (whole === 0) return cell * cellMs + restMs;
        whole--;
      }
      return (all.length + whole) * cellMs + restMs;
    },

    /**
     * Finds the start of the quietest cell, or of the one nearest to `nearMs` if several are equal.
     */
    findQuietest(fromMs: number, toMs: number, nearMs: number): number | undefined {
      let best: number | undefined;
      const getDistance = (cell: number) => Math.abs(cell * cellMs - nearMs);
      for (let cell = Math.ceil(fromMs / cellMs); (cell + 1) * cellMs <= toMs; cell++) {
        if (best === undefined || getLevel(cell) < getLevel(best)) best = cell;
        else if (
          getLevel(cell) === getLevel(best) &&
          getDistance(cell) < getDistance(best)
        )
          best = cell;
      }
      return best === undefined ? undefined : best * cellMs;
    },
  };
}

/** Places count samples of the reply. */
export type TimedSentence = {
  readonly text: string;
  readonly words: readonly WeightedWord[];
  readonly from: number;
  to: number;
  readonly levels: Levels;
};

export type WordTime = {
  readonly from: number;
  readonly to: number;
  readonly fromMs: number;
  readonly toMs: number;
};

export type WeightedWord = {
  readonly from: number;
  readonly to: number;
  readonly weight: number;
};

/** About 15 characters a second, for a sentence whose sound is incomplete. */
const characterMs = 65;

const segments = new Intl.Segmenter(undefined, { granularity: 'word' });

/**
 * Estimates word times by length of text. `isWhole` means that all sound of the sentence is
 * there.
 */
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

/** Splits a text into words, weighed by their letters and the space after. */
export function weighWords(text: string): WeightedWord[] {
  const parts = [...segments.segment(text)];
  return parts.flatMap(({ index, segment, isWordLike }, n) => {
    if (!isWordLike) return [];
    const next = parts[n + 1];
    const weight = segment.length + (next && !next.isWordLike ? 1 : 0);
    return [{ from: index, to: index + segment.length, weight }];
  });
}

/** Maps a share of the words to a time in the sound. In silence words lie evenly. */
function createWordClock({ text, from, to, levels }: TimedSentence, isWhole: boolean) {
  const soundMs = (to - from) / samplesPerMs;
  const lengthMs = isWhole ? soundMs : Math.max(soundMs, text.length * characterMs);
  const soundingMs = levels.getSoundingMs(soundMs);
  if (soundingMs === 0) return (share: number) => share * lengthMs;
  const allMs = soundingMs * (lengthMs / soundMs);
  return (share: number, side: PauseSide) => levels.findPlace(share * allMs, side);
}
