import { listenRateHz, type Pcm, toMono } from '#src/audio/pcm.ts';
import { resamplePcm } from '#src/audio/resampler.ts';
import { Spectrum } from '#src/audio/spectrum.ts';

export const stepMs = 10;
export const bands = 8;

const stepSamples = (listenRateHz * stepMs) / 1000;
const windowSamples = 256;
const binHz = listenRateHz / windowSamples;
/** Where the bands begin and end: narrow where vowels differ. */
const edgesHz = [150, 400, 650, 950, 1350, 1900, 2700, 3800, 5600];
/** Floor of one band; below lies a room with -55 dBFS of noise, and a digital one. */
const floorDb = -58;
/** Rise and fall are taken over 40 ms. */
const reach = 2;

/** Rise and fall of the sound: `bands` decibels per 10 ms. A hum and silence are zero throughout. */
export type RecogniserFeatures = {
  readonly values: Float32Array;
  readonly frames: number;
  /** Sum of squares of the values of each frame. */
  readonly energies: Float64Array;
};

export function extractFeatures(pcm: Pcm) {
  const loud = measureLoudness(resamplePcm(toMono(pcm), listenRateHz).samples);
  const frames = loud.length / bands;
  const values = new Float32Array(loud.length);
  for (let n = reach * bands; n < loud.length - reach * bands; n++) {
    values[n] = (loud[n + reach * bands] ?? 0) - (loud[n - reach * bands] ?? 0);
  }
  const energies = new Float64Array(frames);
  for (let n = 0; n < values.length; n++) {
    const frame = Math.floor(n / bands);
    energies[frame] = (energies[frame] ?? 0) + (values[n] ?? 0) ** 2;
  }
  return { values, frames, energies };
}

/** Decibels above the floor per 10 ms and band. */
function measureLoudness(pcm: Int16Array) {
  const spectrum = new Spectrum(makeHannWindow());
  const frames = Math.floor(pcm.length / stepSamples);
  const samples = new Float32Array(frames * stepSamples + windowSamples);
  const lead = (windowSamples - stepSamples) / 2;
  for (let n = 0; n < pcm.length; n++) samples[n + lead] = (pcm[n] ?? 0) / 32_768;
  const loud = new Float32Array(frames * bands);
  for (let frame = 0; frame < frames; frame++) {
    const powers = spectrum.measurePower(samples, frame * stepSamples);
    for (let band = 0; band < bands; band++) {
      loud[frame * bands + band] = measureBandDb(powers, band) - floorDb;
    }
  }
  return loud;
}

function measureBandDb(powers: Float64Array, band: number) {
  const from = Math.round((edgesHz[band] ?? 0) / binHz);
  const to = Math.round((edgesHz[band + 1] ?? 0) / binHz);
  let power = 0;
  for (let bin = from; bin < to; bin++) power += powers[bin] ?? 0;
  const scale = (windowSamples / 4) ** 2 * 2;
  return Math.max(floorDb, 10 * Math.log10(power / scale + 1e-12));
}

function makeHannWindow() {
  return Float64Array.from({ length: windowSamples }, (_, n) => {
    return 0.5 - 0.5 * Math.cos((2 * Math.PI * (n + 0.5)) / windowSamples);
  });
}
