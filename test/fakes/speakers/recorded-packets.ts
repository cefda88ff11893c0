import type { Packet } from '#src/audio/jitter-buffer.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import type { PersonId } from '#src/base/ids.ts';
import { readSpeech } from '#test/audio/recorded-speech.ts';

const silentFrame = Buffer.from([0xf8, 0xff, 0xfe]);

/** Frames of recordings, which tests ask for again and again. */
const encodedFixtures = new Map<string, Promise<readonly Uint8Array[]>>();

/**
 * A recording as the packets a client sends: 20 ms each from `fromMs` on, then five silence frames. Sequence and
 * timestamp go on with the time, as those of one client do. `gainDb` is how much nearer the microphone is.
 */
export async function makePackets(
  fixture: string,
  speakerId: PersonId,
  fromMs: number,
  codec: OpusCodec,
  gainDb = 0,
): Promise<Packet[]> {
  return (await encodeFrames(fixture, codec, gainDb)).map((opus, n) => ({
    speakerId,
    opus,
    sequence: (65_530 + Math.round(fromMs / 20) + n) & 0xffff,
    timestamp: (Math.round(fromMs * 48) + n * 960) >>> 0,
    atMs: fromMs + n * 20,
  }));
}

function encodeFrames(fixture: string, codec: OpusCodec, gainDb: number) {
  const key = `${codec.name} ${fixture} ${gainDb}`;
  const frames = encodedFixtures.get(key) ?? encodeFixture(fixture, codec, gainDb);
  encodedFixtures.set(key, frames);
  return frames;
}

async function encodeFixture(fixture: string, codec: OpusCodec, gainDb: number) {
  const gain = 10 ** (gainDb / 20);
  const samples = readSpeech(fixture).samples.map((sample) =>
    Math.round(sample * gain),
  );
  const encoder = codec.createEncoder(16_000);
  const frames: Uint8Array[] = [];
  for (let at = 0; at + 320 <= samples.length; at += 320) {
    frames.push(Buffer.from(encoder.encode(samples.subarray(at, at + 320))));
  }
  frames.push(...Array.from({ length: 5 }, () => silentFrame));
  return frames;
}
