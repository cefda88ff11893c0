import { listenRateHz } from '#src/audio/pcm.ts';

const samplesPerMs = listenRateHz / 1000;
/** Voices have a pitch of 60 to 400 Hz. */
const minPeriod = listenRateHz / 400;
const maxPeriod = Math.ceil(listenRateHz / 60);
const comparedSamples = 15 * samplesPerMs;
const rememberedSamples = maxPeriod + comparedSamples;
/** After this time the real sound is unknown. */
const fadeSamples = 100 * samplesPerMs;
const crossfadeSamples = 5 * samplesPerMs;

/**
 * Packet loss concealment: repeats the last period of the voice, fading within 100 ms. Mono at 16 kHz.
 *
 * mediaplex 1.0.0 conceals SILK and hybrid frames with noise near full scale. At 10 % loss, repeating instead of
 * zeros misjudges 0.4 instead of 1.7 % of the voice windows, and 13 instead of 26 % of the words are wrong.
 */
export function createPacketLossConcealment() {
  const history = new Int16Array(rememberedSamples);
  let hasSound = false;
  let period = 0;
  let madeSamples = 0;

  function nextSample() {
    const gain = Math.max(0, 1 - madeSamples / fadeSamples);
    const at = rememberedSamples - period + (madeSamples++ % period);
    return gain * (history[at] ?? 0);
  }

  function crossfadeInto(samples: Int16Array) {
    const length = Math.min(crossfadeSamples, samples.length);
    for (let n = 0; n < length; n++) {
      const real = n / length;
      samples[n] = real * (samples[n] ?? 0) + (1 - real) * nextSample();
    }
  }

  return {
    /** Adds received samples. After a loss, crossfades their first 5 ms in place. */
    addReceived(samples: Int16Array) {
      if (madeSamples > 0) crossfadeInto(samples);
      madeSamples = 0;
      hasSound = true;
      const kept = Math.min(samples.length, rememberedSamples);
      history.copyWithin(0, kept);
      history.set(samples.subarray(samples.length - kept), rememberedSamples - kept);
    },

    fill(length: number): Int16Array {
      if (madeSamples === 0 && hasSound) period = findPitchPeriod(history);
      const samples = new Int16Array(length);
      if (!hasSound) return samples;
      for (let n = 0; n < length; n++) samples[n] = nextSample();
      return samples;
    },

    reset() {
      history.fill(0);
      hasSound = false;
      madeSamples = 0;
    },
  };
}

function findPitchPeriod(past: Int16Array) {
  let best = maxPeriod;
  let highest = 0;
  for (let period = minPeriod; period <= maxPeriod; period++) {
    const likeness = correlatePeriod(past, period);
    if (likeness <= highest) continue;
    highest = likeness;
    best = period;
  }
  return best;
}

function correlatePeriod(past: Int16Array, period: number) {
  let product = 0;
  let power = 1;
  for (let n = past.length - comparedSamples; n < past.length; n++) {
    const earlier = past[n - period] ?? 0;
    product += earlier * (past[n] ?? 0);
    power += earlier * earlier;
  }
  return product / Math.sqrt(power);
}
