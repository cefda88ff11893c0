import { seededRandom } from '#sandbox/seeded-random.ts';
import type { MicrophoneProfile } from '#sandbox/voice/voice-ports.ts';

/** Frames still to be sent of each kind. */
export type MicrophoneState = { readonly hold: number; readonly silence: number };
/** Output for these 20 ms: a frame of sound, Discord's silence frame, or no packet. */
type MicrophoneOutput = 'sound' | 'silence' | 'nothing';

/** Silence frames that a client sends after its sound. */
export const trailingSilenceFrames: number = 5;

/** Frames of the room after the last sound. Without any, the room is not heard. `release`: 300 ms, as Discord's voice activity. */
export const holdFrames: Readonly<Record<MicrophoneProfile, number>> = {
  gate: 0,
  release: 15,
  open: Number.POSITIVE_INFINITY,
};

/** Makes one step of 20 ms. `hasSound`: there is more than room noise. `heldFrames`: frames of the room after the last sound. */
export function stepMicrophone(
  { hold, silence }: MicrophoneState,
  hasSound: boolean,
  heldFrames: number,
): readonly [MicrophoneState, MicrophoneOutput] {
  if (hasSound) return [{ hold: heldFrames, silence: trailingSilenceFrames }, 'sound'];
  if (hold > 0) return [{ hold: hold - 1, silence }, 'sound'];
  if (silence > 0) return [{ hold, silence: silence - 1 }, 'silence'];
  return [{ hold, silence }, 'nothing'];
}

/** Counts the frames that follow a speech until the client is quiet. An open microphone never is. */
export function countTailFrames(heldFrames: number): number {
  return Number.isFinite(heldFrames) ? heldFrames + trailingSilenceFrames : 0;
}

/** Noise of a quiet room, as root mean square. */
const roomNoiseDb = -55;
/** Rooms hum more than they hiss: each sample keeps this much of the one before. */
const noiseColour = 0.9;

/** Microphone noise of an empty room. The same for the same seed. */
export class RoomNoise {
  readonly #random: () => number;
  readonly #amplitude =
    32_768 * 10 ** (roomNoiseDb / 20) * Math.sqrt(3 * (1 - noiseColour ** 2));
  #lastSample = 0;

  constructor(seed: number) {
    this.#random = seededRandom(seed);
  }

  /** Adds the next stretch of noise to `samples`, in place. */
  addNoise(samples: Int16Array): void {
    for (let n = 0; n < samples.length; n++) {
      this.#lastSample =
        noiseColour * this.#lastSample + (2 * this.#random() - 1) * this.#amplitude;
      samples[n] = clampSample((samples[n] ?? 0) + this.#lastSample);
    }
  }
}

/** Adds `added` to `samples`, in place and clamped to 16 bits. */
export function addSamples(samples: Int16Array, added: Int16Array): void {
  for (let n = 0; n < samples.length; n++) {
    samples[n] = clampSample((samples[n] ?? 0) + (added[n] ?? 0));
  }
}

function clampSample(sample: number) {
  return Math.max(-32_768, Math.min(32_767, Math.round(sample)));
}
