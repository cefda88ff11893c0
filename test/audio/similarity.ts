import { listenRateHz, type Pcm, toMono } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';

/** Envelope step for the rough alignment: 10 ms. */
const stepSamples = listenRateHz / 100;
/** Largest distance of one window from the rough alignment: 30 ms. */
const maxLagSamples = Math.round(listenRateHz * 0.03);
const windowSamples = listenRateHz / 4;
/** Rough alignments worth a closer look. */
const candidateCount = 3;
/** Pieces that are aligned on their own, for pauses may have grown: 2 s. */
const stretchSamples = 2 * listenRateHz;
/** Quarter seconds of a long sound that are compared, spread evenly. */
const maxWindows = 40;
/** Median from which a lag is the right one: other sound stays below 0.5. */
const copyScore = 0.9;

/** A sound between 400 Hz and 4 kHz, with the energy before each of its samples. */
type VoiceBand = { readonly samples: Float64Array; readonly energies: Float64Array };

/**
 * Likeness of `heard` to a recording of `expected`: above 0.9 for an Opus-coded copy, below 0.5 for something else.
 *
 * `heard` may begin earlier or later, have another rate or loudness, lack pieces and hold longer pauses. It is the
 * median, over the loud quarter seconds of `expected`, of the correlation of the waveforms at the best lag; 0 if there is
 * none.
 */
export function measureSimilarity(heardSound: Pcm, expected: Pcm) {
  const [there, wanted] = [filterVoiceBand(heardSound), filterVoiceBand(expected)];
  const windows = findLoudWindows(wanted);
  const thereEnvelope = makeEnvelope(there);
  const whole = findRoughLags(thereEnvelope, makeEnvelope(wanted));
  const scores: number[] = [];
  for (let from = 0; from < wanted.samples.length; from += stretchSamples) {
    const stretch = makeEnvelope(wanted, from, from + stretchSamples);
    const own = findRoughLags(thereEnvelope, stretch).map((lag) => lag - from);
    const inside = windows.filter((at) => at >= from && at < from + stretchSamples);
    scores.push(...listBestScores(there, wanted, inside, new Set([...whole, ...own])));
  }
  return findMedian(scores);
}

/** Score of each of `windows`, at that of `lags` where most of them match. A copy is not looked for further. */
function listBestScores(
  heardSound: VoiceBand,
  expected: VoiceBand,
  windows: readonly number[],
  lags: Iterable<number>,
) {
  let best = windows.map(() => 0);
  for (const lag of lags) {
    const scores = windows.map((at) => findBestMatch(heardSound, expected, at, lag));
    if (findMedian(scores) > findMedian(best)) best = scores;
    if (findMedian(best) > copyScore) break;
  }
  return best;
}

/**
 * 16 kHz mono, between about 400 Hz and 4 kHz: below, the pitch makes all voices alike and Opus turns the phase
 * (application VOIP); above, Opus does not keep the waveform.
 */
function filterVoiceBand(pcm: Pcm): VoiceBand {
  const { samples } = resamplePcm(toMono(pcm), listenRateHz);
  const sums = new Float64Array(samples.length + 1);
  for (let n = 0; n < samples.length; n++)
    sums[n + 1] = (sums[n] ?? 0) + (samples[n] ?? 0);
  const measureMean = (end: number, length: number) => {
    return ((sums[end] ?? 0) - (sums[Math.max(0, end - length)] ?? 0)) / length;
  };
  return withEnergies(
    Float64Array.from(
      samples,
      (_, n) => measureMean(n + 1, 2) - measureMean(n + 1, 20),
    ),
  );
}

function withEnergies(samples: Float64Array): VoiceBand {
  const energies = new Float64Array(samples.length + 1);
  for (let n = 0; n < samples.length; n++)
    energies[n + 1] = (energies[n] ?? 0) + (samples[n] ?? 0) ** 2;
  return { samples, energies };
}

/** Starts of the quarter seconds, half overlapping, that hold at least the average energy. */
function findLoudWindows(sound: VoiceBand) {
  const starts: number[] = [];
  const { length } = sound.samples;
  for (let at = 0; at + windowSamples <= length; at += windowSamples / 2)
    starts.push(at);
  const energies = starts.map((at) => measureEnergy(sound, at, windowSamples));
  const enough = energies.reduce((sum, one) => sum + one, 0) / energies.length;
  const loud = starts.filter(
    (_, n) => (energies[n] ?? 0) >= enough && (energies[n] ?? 0) > 0,
  );
  const every = Math.ceil(loud.length / maxWindows);
  return loud.filter((_, n) => n % every === 0);
}

/** Lags in samples where the loudness of both runs most alike, best first. */
function findRoughLags(there: Float64Array, wanted: Float64Array) {
  const rated: { lag: number; score: number }[] = [];
  for (let lag = 1 - wanted.length; lag < there.length; lag++) {
    let score = 0;
    wanted.forEach((value, n) => {
      score += value * (there[n + lag] ?? 0);
    });
    rated.push({ lag, score });
  }
  rated.sort((a, b) => b.score - a.score);
  const chosen: number[] = [];
  for (const { lag } of rated) {
    if (
      chosen.length < candidateCount &&
      chosen.every((otherValue) => Math.abs(otherValue - lag) > 3)
    ) {
      chosen.push(lag);
    }
  }
  return chosen.map((lag) => lag * stepSamples);
}

/** Amplitude per 10 ms of a part of a sound, less its mean. */
function makeEnvelope(sound: VoiceBand, from = 0, to = sound.samples.length) {
  const partSamples = Math.min(to, sound.samples.length) - from;
  const values = new Float64Array(Math.floor(partSamples / stepSamples)).map((_, n) =>
    Math.sqrt(measureEnergy(sound, from + n * stepSamples, stepSamples)),
  );
  const mean =
    values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
  return values.map((value) => value - mean);
}

/** Highest correlation of one window of `expected` with what was heard around `lag`, either sign. */
function findBestMatch(
  heardSound: VoiceBand,
  expected: VoiceBand,
  at: number,
  lag: number,
) {
  const own = measureEnergy(expected, at, windowSamples);
  let best = 0;
  let bestStart = at + lag;
  const tryStart = (start: number) => {
    const there = measureEnergy(heardSound, start, windowSamples);
    if (there < own * 1e-6) return;
    const match =
      Math.abs(correlateSounds(heardSound.samples, start, expected.samples, at)) /
      Math.sqrt(there * own);
    if (match <= best) return;
    best = match;
    bestStart = start;
  };
  // Coarse, then fine: the band ends at 4 kHz, so a peak is wider than three samples.
  for (let off = -maxLagSamples; off <= maxLagSamples; off += 3)
    tryStart(at + lag + off);
  const middle = bestStart;
  for (const off of [-2, -1, 1, 2]) tryStart(middle + off);
  return best;
}

function correlateSounds(
  heardSound: Float64Array,
  start: number,
  expected: Float64Array,
  at: number,
) {
  const first = Math.max(0, -start);
  const last = Math.min(windowSamples, heardSound.length - start);
  let sum = 0;
  for (let n = first; n < last; n++)
    sum += (heardSound[start + n] ?? 0) * (expected[at + n] ?? 0);
  return sum;
}

/** Energy of so many samples from `at` on; there is none before the sound and after it. */
function measureEnergy({ energies }: VoiceBand, at: number, samples: number) {
  const before = (end: number) =>
    energies[Math.max(0, Math.min(end, energies.length - 1))] ?? 0;
  return before(at + samples) - before(at);
}

/** Finds the middle value, of an even number the upper one. 0 without values. */
export function findMedian(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[sorted.length >> 1] ?? 0;
}
