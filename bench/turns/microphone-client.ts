import type { MicrophoneProfile } from '#sandbox/voice/voice-ports.ts';
import {
  addSamples,
  holdFrames,
  type MicrophoneState,
  RoomNoise,
  stepMicrophone,
} from '#sandbox/voice-client/client-microphone.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { toPersonId } from '#src/base/ids.ts';

/** 20 ms at 48 kHz mono, and whether a microphone's gate is open for it. */
export type MicrophoneFrame = {
  readonly samples: Int16Array;
  readonly isOpen: boolean;
};

const frameMs = 20;
/** Sample rate of a microphone, in Hz. */
export const roomRateHz = 48_000;
/** Samples of one frame. */
export const frameSamples: number = (roomRateHz * frameMs) / 1000;
const silence = Uint8Array.of(0xf8, 0xff, 0xfe);

/** Makes the packets that a client sends of these frames at 48 kHz and 64 kbit/s. A packet arrives when its last sample was spoken. */
export function* sendPackets(
  frames: Iterable<MicrophoneFrame>,
  profile: MicrophoneProfile,
  codec: OpusCodec,
  seed: number,
): Generator<Packet> {
  const heldFrames = holdFrames[profile];
  const noise = new RoomNoise(seed);
  const encoder = codec.createEncoder(roomRateHz);
  let state: MicrophoneState = {
    hold: Number.isFinite(heldFrames) ? 0 : heldFrames,
    silence: 0,
  };
  let frameCount = 0;
  let sequence = 0;
  for (const { samples, isOpen } of frames) {
    const [nextState, output] = stepMicrophone(state, isOpen, heldFrames);
    state = nextState;
    frameCount++;
    if (output === 'nothing') continue;
    if (heldFrames > 0) noise.addNoise(samples);
    const opus = output === 'silence' ? silence : encoder.encode(samples);
    const timestamp = frameCount * frameSamples;
    yield {
      speakerId: toPersonId('1'),
      sequence: sequence++ & 0xffff,
      timestamp,
      opus,
      atMs: frameCount * frameMs,
    };
  }
}

/** Cuts sound at 48 kHz into frames, the last one filled up with silence. `isOpen` returns whether the gate is open in a span of 20 ms. */
export function* cutFrames(
  samples: Int16Array,
  isOpen: (fromMs: number, toMs: number) => boolean,
): Generator<MicrophoneFrame> {
  for (let at = 0, ms = 0; at < samples.length; at += frameSamples, ms += frameMs) {
    const frame = new Int16Array(frameSamples);
    addSamples(frame, samples.subarray(at, at + frameSamples));
    yield { samples: frame, isOpen: isOpen(ms, ms + frameMs) };
  }
}
