import { seededRandom } from '#sandbox/seeded-random.ts';
import type { MicrophoneProfile } from '#sandbox/voice/voice-ports.ts';

/** Frames still to be sent of each kind. */
export type MicrophoneState = { readonly hold: number; readonly silence: number };
/** Output for these 20 ms: a frame of sound, Discord's silence frame, or no packet. */
type MicrophoneOutput = 'sound' | 'silence' | 'nothing';

/** Silence frames that a client sends after its sound. */
export const trailingSilenceFrames = 5;

/** Frames of the room after the last sound. Without any, the room is not heard. `release`: 300 ms, as Discord's voice activity. */
export const holdFrames: Readonly<Record<MicrophoneProfile, number>> = {
  gate: 0,
  release: 15,
  open: Number.POSITIVE_INFINITY,
};

/** Makes one step of 20 ms. `sounding`: there is more than room noise. */
export function stepMicrophone(
  { hold, silence }: MicrophoneState,
  sounding: boolean,
  heldFrames: number,
): readonly [MicrophoneState, MicrophoneOutput] {
  if (sounding) return [{ hold: heldFrames, silence: trailingSilenceFrames }, 'sound'];
  if (hold > 0) return [{ hold: hold - 1, silence }, 'sound'];
  if (silence > 0) return [{ hold, silence: silence - 1 }, 'silence'];
  return [{ hold, silence }, 'nothing'];
}

/** Counts the frames that follow a speech until the client is quiet. An open microphone never is. */
export function countTailFrames(heldFrames: number) {
  return Number.isFinite(heldFrames) ? heldFrames + trailingSilenceFrames : 0;
}

/** Noise of a quiet room, as root mean square. */
const roomNoiseDb = -55;
/** Rooms hum more than they hiss: each sample keeps this much of the one before. */
const noiseColour = 0.9;

/** Microphone noise of an empty room. The same for the same seed. */
export function createRoomNoise(seed: number) {
  const amplitude =
    32_768 * 10 ** (roomNoiseDb / 20) * Math.sqrt(3 * (1 - noiseColour ** 2));
  let last = 0;
  const random = seededRandom(seed);

  return {
    addNoise(samples: Int16Array) {
      for (let n = 0; n < samples.length; n++) {
        last = noiseColour * last + (2 * random() - 1) * amplitude;
        samples[n] = clampSample((samples[n] ?? 0) + last);
      }
    },
  };
}

export function addSamples(samples: Int16Array, other: Int16Array) {
  for (let n = 0; n < samples.length; n++) {
    samples[n] = clampSample((samples[n] ?? 0) + (other[n] ?? 0));
  }
}

function clampSample(sample: number) {
  return Math.max(-32_768, Math.min(32_767, Math.round(sample)));
}
