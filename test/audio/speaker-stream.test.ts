import { spawnSync } from 'node:child_process';
import {
  JitterBuffer,
  type OrderedPacket,
  type Packet,
} from '#src/audio/jitter-buffer.ts';
import {
  countOpusSamples,
  loadOpus,
  type OpusCodec,
  openNativeOpus,
  openWasmOpus,
} from '#src/audio/opus/opus-codec.ts';
import { SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { toPersonId } from '#src/base/ids.ts';
import { testOpusCodec } from '#test/contracts/opus-codec-contract.ts';
import { withPackage } from '#test/fakes/optional-packages.ts';
import { fc } from '#test/properties.ts';
import { encodePcm, readSpeech } from './recorded-speech.ts';

/** A packet of 20 ms in a stream that began at sequence 0 and timestamp 0. */
function makePacket(sequence: number, changed: Partial<Packet> = {}): Packet {
  return {
    speakerId: toPersonId('ada'),
    sequence: sequence & 0xffff,
    timestamp: (sequence * 960) >>> 0,
    opus: Uint8Array.of(0x78, sequence & 0xff),
    atMs: sequence * 20,
    ...changed,
  };
}

testOpusCodec('libopus-wasm', openWasmOpus);

withPackage('@discordjs/opus', () => {
  testOpusCodec('@discordjs/opus', openNativeOpus);

  test('where it was built it is taken first', async () =>
    expect((await loadOpus()).name).toBe('@discordjs/opus'));
});

test('libopus-wasm encodes and decodes if @discordjs/opus could not be built', () => {
  const program = `
    import { registerHooks } from 'node:module';
    registerHooks({
      resolve(specifier, context, next) {
        if (specifier === '@discordjs/opus') throw new Error('not built');
        return next(specifier, context);
      },
    });
    const { loadOpus } = await import('#src/audio/opus/opus-codec.ts');
    console.log((await loadOpus()).name);
  `;
  const { stdout, stderr } = spawnSync(process.execPath, [
    '--input-type=module',
    '-e',
    program,
  ]);
  expect([`${stdout}`, `${stderr}`]).toEqual(['libopus-wasm\n', '']);
});

test.each([
  [0x08, 960],
  [0x00, 480],
  [0x18, 2880],
  [0x60, 480],
  [0x78, 960],
  [0x80, 120],
  [0xf8, 960],
  [0xf9, 1920],
])('an Opus packet that begins with %i holds %i samples at 48 kHz', (first, samples) =>
  expect(countOpusSamples(Uint8Array.of(first, 0))).toBe(samples),
);

function orderPackets(packets: readonly Packet[], order = new JitterBuffer()) {
  const passed = packets.flatMap((packet) => order.addPacket(packet));
  return [...passed, ...order.releaseOverdue(Infinity)];
}

test('a packet waits 60 ms for one before it, and not longer', () => {
  const order = new JitterBuffer();
  order.addPacket(makePacket(0));
  expect(order.addPacket(makePacket(2, { atMs: 100 }))).toEqual([]);
  expect(order.releaseOverdue(159)).toEqual([]);
  expect(order.releaseOverdue(160)).toEqual([
    {
      packet: makePacket(2, { atMs: 100 }),
      samples: 960,
      gap: { lost: 960, silent: 0, isRestart: false },
    },
  ]);
});

test.each([
  ['more frames are lost than can be filled', makePacket(7)],
  ['the timestamp goes back', makePacket(1, { timestamp: 0xffff_0000 })],
  [
    'the timestamp jumps by more than a minute',
    makePacket(1, { timestamp: 61 * 48_000 }),
  ],
  ['the sequence leaps', makePacket(1000)],
  [
    'the sequence falls back by more than two seconds',
    makePacket(60_000, { timestamp: 5 }),
  ],
])('the stream starts anew when %s', (_, packet) => {
  const restarts = orderPackets([makePacket(0), packet]).map(
    ({ gap }) => gap?.isRestart,
  );
  expect(restarts).toEqual([undefined, true]);
});

test('padding by the dozen between two packets is no sound, no loss and no other stream', () => {
  const padding = Array.from({ length: 50 }, (_, n) =>
    makePacket(1 + n, { opus: new Uint8Array(0), timestamp: 0 }),
  );
  const voice = makePacket(51, { timestamp: 2 * 960 });
  const order = new JitterBuffer();
  expect(orderPackets([makePacket(0), ...padding, voice], order)).toEqual([
    { packet: makePacket(0), samples: 960 },
    {
      packet: voice,
      samples: 960,
      gap: { lost: 0, silent: 960, isRestart: false },
    },
  ]);
  order.addPacket(makePacket(53, { timestamp: 3 * 960 }));
  expect(order.addPacket(makePacket(52, { opus: new Uint8Array(0) }))).toHaveLength(1);
});

/** Fate of one packet in a long stream: the steps of sequence and clock, and the packets that arrive. */
const hop = fc.record({
  lostBefore: fc.oneof(fc.constant(0), fc.nat(3), fc.integer({ min: 0, max: 0x7000 })),
  silentFrames: fc.oneof(
    fc.constant(0),
    fc.nat(20),
    fc.integer({ min: 0, max: 10_000_000 }),
  ),
  laterMs: fc.oneof(fc.constant(0), fc.nat(150)),
  times: fc.integer({ min: 1, max: 3 }),
  opus: fc.oneof(
    fc.constant(Uint8Array.of(0x78, 1, 2)),
    fc.constant(Uint8Array.of(0x78)),
    fc.constant(Uint8Array.of(0xfb, 6, 1)),
    fc.constant(Uint8Array.of(0x78, 0xfa, 0xfa)),
    fc.uint8Array({ maxLength: 3 }),
  ),
});

const nameOf = ({ sequence, timestamp }: Packet) => `${timestamp} ${sequence}`;

test('over wraps, losses, silences, doubles and delays: each packet at most once, in order, few held', () => {
  const start = fc.record({ sequence: fc.nat(0xffff), timestamp: fc.nat() });
  fc.assert(
    fc.property(start, fc.array(hop, { maxLength: 60 }), (from, hops) => {
      let [sequence, timestamp, atMs] = [from.sequence, from.timestamp, 0];
      const arrivals = hops.flatMap(({ laterMs, times, opus, ...voice }) => {
        const isPadding = opus.length === 0;
        const { lostBefore, silentFrames } = isPadding
          ? { lostBefore: 0, silentFrames: 0 }
          : voice;
        sequence += 1 + lostBefore;
        if (!isPadding) timestamp += (1 + lostBefore + silentFrames) * 960;
        atMs += (1 + lostBefore + silentFrames) * 20;
        const packet = { ...makePacket(sequence), timestamp: timestamp >>> 0, opus };
        return Array.from({ length: times }, (_, n) => ({
          ...packet,
          atMs: atMs + laterMs + n,
        }));
      });
      const order = new JitterBuffer();
      const passed: OrderedPacket[] = [];
      for (const packet of arrivals.toSorted((a, b) => a.atMs - b.atMs)) {
        passed.push(...order.addPacket(packet));
      }
      passed.push(...order.releaseOverdue(Infinity));
      const names = arrivals.map(nameOf);
      const sentAs = passed.map(({ packet }) => names.indexOf(nameOf(packet)));
      expect(sentAs).toEqual([...new Set(sentAs)].sort((a, b) => a - b));
      const lengths = passed.flatMap(({ samples, gap }) => [
        samples,
        gap?.lost ?? 0,
        gap?.silent ?? 0,
      ]);
      expect(lengths.every((length) => length >= 0)).toBe(true);
    }),
  );
});

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
