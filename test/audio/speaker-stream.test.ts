import type { Packet } from '#src/audio/jitter-buffer.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { OpusCodec } from '#src/audio/opus/opus-codec.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { toPersonId } from '#src/base/ids.ts';
import { fc } from '#test/properties.ts';
import { makePacket } from './make-packet.ts';
import { encodePcm, readSpeech } from './recorded-speech.ts';

const silenceFrame = Uint8Array.of(0xf8, 0xff, 0xfe);
const sealedFrame = Uint8Array.of(0x78, 1, 2, 3, 0xfa, 0xfa);

let codec: OpusCodec;
let spoken: Packet[];

beforeAll(async () => {
  codec = await loadOpus();
  const frames = encodePcm(readSpeech('human-goforward'), codec);
  spoken = frames.map((opus, n) => makePacket(n, { opus }));
});

function hearPackets(packets: readonly Packet[], stream = new SpeakerStream(codec)) {
  const heardSounds = packets.flatMap((packet) => stream.put(packet));
  return [...heardSounds, ...stream.releaseOverdue((packets.at(-1)?.atMs ?? 0) + 100)];
}

test('a long silence gives 300 ms of zeros and its true length', () => {
  const later = {
    ...makePacket(1),
    opus: spoken[1]?.opus ?? silenceFrame,
    timestamp: 48_000 * 4,
    atMs: 4000,
  };
  const [, gap] = hearPackets([...spoken.slice(0, 1), later]);
  expect(gap).toMatchObject({ kind: 'gap', lengthMs: 3980, atMs: 3980 });
  expect(gap?.samples).toEqual(new Int16Array(4800));
});

test('whatever comes in whatever order, nothing is thrown and the instants never go back', () => {
  const packet = fc.record({
    sequence: fc.oneof(fc.nat(40), fc.nat(0xffff)),
    timestamp: fc.oneof(
      fc.nat(40).map((n) => n * 960),
      fc.nat(0xffff_ffff),
    ),
    opus: fc.oneof(
      fc.uint8Array({ maxLength: 300 }),
      fc.constantFrom(silenceFrame, sealedFrame),
    ),
    laterMs: fc.nat(100),
  });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 40 }), (list) => {
      const stream = new SpeakerStream(codec);
      let atMs = 0;
      const heardSounds = list.flatMap(({ laterMs, ...rest }) => {
        atMs += laterMs;
        return stream.put({ speakerId: toPersonId('ada'), ...rest, atMs });
      });
      heardSounds.push(...stream.releaseOverdue(atMs + 100));
      const instants = heardSounds.map((sound) => sound.atMs);
      expect(instants).toEqual(instants.toSorted((a, b) => a - b));
      expect(heardSounds.every(({ samples }) => samples.length <= 1.2 * 16_000)).toBe(
        true,
      );
    }),
    { numRuns: 60 },
  );
});

test.each([
  ['half a frame', Uint8Array.of(0x7a, 0xfc, 1)],
  ['more than 120 ms', Uint8Array.of(0xfb, 63)],
  ['far too much', new Uint8Array(5000).fill(0x78)],
])('a packet that holds %s is replaced by zeros', (_, opus) => {
  const stream = new SpeakerStream(codec);
  const [bad, good] = hearPackets(
    [makePacket(0, { opus }), ...spoken.slice(1, 2)],
    stream,
  );
  expect(bad?.kind).toBe('gap');
  expect(bad?.samples.length).toBeLessThanOrEqual(1920);
  expect(good?.kind).toBe('sound');
});
