import { createHannWindow, Spectrum } from '#src/audio/spectrum.ts';

/**
 * Bands of the log-mel spectrogram that Whisper and Smart Turn read: 80 every 10 ms, of 16 kHz sound. Source:
 * https://github.com/openai/whisper/blob/main/whisper/audio.py
 */
export const melBands = 80;
export const hopSamples = 160;

const windowSamples = 400;
const half = windowSamples / 2;
const spectrum = new Spectrum(createHannWindow(windowSamples));
/** Silence floor, and the quietest power that is kept beside the loudest. */
const [quietestPower, powerRange] = [1e-10, 1e-8];

/** `weights` belong to the bins from `firstBin`. */
type MelBand = { readonly firstBin: number; readonly weights: Float64Array };
const bands = createMelBands();

/**
 * Computes the log-mel spectrogram of 16 kHz mono sound, as `[band][frame]`: one frame for 160 samples, with mirrored
 * edges.
 */
export function computeLogMel(samples: Float32Array): Float32Array {
  const frames = Math.floor(samples.length / hopSamples);
  const features = new Float32Array(melBands * frames);
  const mirrored = mirrorEdges(samples);
  let loudest = quietestPower;
  for (let frame = 0; frame < frames; frame++) {
    const power = spectrum.measurePower(mirrored, frame * hopSamples);
    let at = frame;
    for (const band of bands) {
      const sum = sumBand(power, band);
      features[at] = sum;
      loudest = Math.max(loudest, sum);
      at += frames;
    }
  }
  const quietest = Math.max(quietestPower, loudest * powerRange);
  return features.map((power) => (Math.log10(Math.max(power, quietest)) + 4) / 4);
}

function mirrorEdges(samples: Float32Array) {
  const mirrored = new Float32Array(samples.length + windowSamples);
  mirrored.set(samples.slice(1, half + 1).reverse());
  mirrored.set(samples, half);
  mirrored.set(samples.slice(-half - 1, -1).reverse(), half + samples.length);
  return mirrored;
}

function sumBand(power: Float64Array, { firstBin, weights }: MelBand) {
  let sum = 0;
  for (let n = 0; n < weights.length; n++)
    sum += (weights[n] ?? 0) * (power[firstBin + n] ?? 0);
  return sum;
}

/** Creates triangles of equal area on Slaney's mel scale, which is linear up to 1 kHz. */
function createMelBands(): readonly MelBand[] {
  const toMel = (hz: number) =>
    hz < 1000 ? (3 * hz) / 200 : 15 + (27 * Math.log(hz / 1000)) / Math.log(6.4);
  const toHz = (mel: number) =>
    mel < 15 ? (200 * mel) / 3 : 1000 * Math.exp(((mel - 15) * Math.log(6.4)) / 27);
  const toEdgeHz = (n: number) => toHz((toMel(8000) * n) / (melBands + 1));
  return Array.from({ length: melBands }, (_, band) => {
    const [low, middle, high] = [
      toEdgeHz(band),
      toEdgeHz(band + 1),
      toEdgeHz(band + 2),
    ];
    const weighBin = (bin: number) => {
      const hz = (8000 * bin) / half;
      const height = Math.min(
        (hz - low) / (middle - low),
        (high - hz) / (high - middle),
      );
      return (2 * Math.max(0, height)) / (high - low);
    };
    const firstBin = Math.ceil((low * half) / 8000);
    const lastBin = Math.floor((high * half) / 8000);
    const weights = Float64Array.from({ length: lastBin - firstBin + 1 }, (_, n) =>
      weighBin(firstBin + n),
    );
    return { firstBin, weights };
  });
}
