import type { MicrophoneProfile } from '#sandbox/voice/voice-ports.ts';
import {
  addSamples,
  RoomNoise,
  holdFrames,
  type MicrophoneState,
  stepMicrophone,
} from '#sandbox/voice-client/client-microphone.ts';
import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';

/** 20 ms at 48 kHz mono, and whether a microphone's gate is open for it. */
export type Heard20Ms = { readonly samples: Int16Array; readonly sounding: boolean };

const frameMs = 20;
export const roomRateHz = 48_000;
export const frameSamples = (roomRateHz * frameMs) / 1000;
const silence = Uint8Array.of(0xf8, 0xff, 0xfe);

/** Packets that a client sends of it at 48 kHz and 64 kbit/s. A packet arrives when its last sample was spoken. */
export function* sendPackets(
  heard: Iterable<Heard20Ms>,
  profile: MicrophoneProfile,
  codec: OpusCodec,
  seed: number,
): Generator<Packet> {
  const held = holdFrames[profile];
  const noise = new RoomNoise(seed);
  const encoder = codec.createEncoder(roomRateHz);
  let state: MicrophoneState = { hold: Number.isFinite(held) ? 0 : held, silence: 0 };
  let [frame, sequence] = [0, 0];
  for (const { samples, sounding } of heard) {
    const [next, sent] = stepMicrophone(state, sounding, held);
    state = next;
    frame++;
    if (sent === 'nothing') continue;
    if (held > 0) noise.addNoise(samples);
    const opus = sent === 'silence' ? silence : encoder.encode(samples);
    const timestamp = frame * frameSamples;
    yield {
      speakerId: '1',
      sequence: sequence++ & 0xffff,
      timestamp,
      opus,
      atMs: frame * frameMs,
    };
  }
}

/** Cuts one stretch of sound; `sounds` tells of each 20 ms whether somebody speaks. */
export function* cutFrames(
  samples: Int16Array,
  sounds: (fromMs: number, toMs: number) => boolean,
): Generator<Heard20Ms> {
  for (let at = 0, ms = 0; at < samples.length; at += frameSamples, ms += frameMs) {
    const frame = new Int16Array(frameSamples);
    addSamples(frame, samples.subarray(at, at + frameSamples));
    yield { samples: frame, sounding: sounds(ms, ms + frameMs) };
  }
}
