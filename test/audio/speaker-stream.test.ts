import { beforeAll, expect, test } from 'vitest';
import { similarity } from '#src/audio/echo/similarity.ts';
import { energyDb } from '#src/audio/loudness.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import type { Packet } from '#src/audio/packet.ts';
import { type SpeakerSound, SpeakerStream } from '#src/audio/voice/speaker-stream.ts';
import { fc } from '#test/properties.ts';
import { packetAt } from './packets.ts';
import { encoded, joined, speech } from './speech.ts';

const silenceFrame = Uint8Array.of(0xf8, 0xff, 0xfe);
const sealedFrame = Uint8Array.of(0x78, 1, 2, 3, 0xfa, 0xfa);

let codec: OpusCodec;
let spoken: Packet[];

beforeAll(async () => {
  codec = await loadOpus();
  const frames = encoded(speech('human-goforward'), codec);
  spoken = frames.map((opus, n) => packetAt(n, { opus }));
});

function hear(packets: readonly Packet[], stream = new SpeakerStream(codec)): SpeakerSound[] {
  const heard = packets.flatMap((packet) => stream.put(packet));
  return [...heard, ...stream.settle((packets.at(-1)?.atMs ?? 0) + 100)];
}

function samplesOf(heard: readonly SpeakerSound[]): Int16Array {
  return joined(heard.map(({ samples }) => samples));
}

test('a person is heard as 16 kHz mono, 20 ms a packet', () => {
  const heard = hear(spoken);
  expect(heard.every(({ kind, samples }) => kind === 'sound' && samples.length === 320)).toBe(true);
  const pcm = { samples: samplesOf(heard), rateHz: 16_000, channels: 1 } as const;
  expect(similarity(pcm, speech('human-goforward'))).toBeGreaterThan(0.9);
});

test('order on the wire does not change what is heard', () => {
  const swapped = spoken.map((packet, n) => {
    const other = spoken[n % 2 === 0 ? n - 1 : n + 1];
    return n === 0 ? packet : { ...(other ?? packet), atMs: packet.atMs };
  });
  expect(samplesOf(hear(swapped))).toEqual(samplesOf(hear(spoken)));
});

test('for lost packets the voice goes on, for exactly their length', () => {
  const stream = new SpeakerStream(codec);
  const heard = hear(
    spoken.filter((_, n) => n !== 50 && n !== 51),
    stream,
  );
  const gap = heard.find(({ kind }) => kind === 'gap');
  expect(gap).toMatchObject({ kind: 'gap', lengthMs: 40, atMs: 51 * 20 });
  expect(gap?.samples).toHaveLength(640);
  expect(energyDb(gap?.samples ?? new Int16Array())).toBeGreaterThan(-50);
  expect(samplesOf(heard)).toHaveLength(spoken.length * 320);
  expect(stream.counts()).toMatchObject({ lost: 2, concealed: 2, heard: spoken.length - 2 });
});

test('when a second is lost, 300 ms of zeros and its true length stand for it', () => {
  const heard = hear(spoken.filter((_, n) => n < 20 || n >= 70));
  const gap = heard.find(({ kind }) => kind === 'gap');
  expect(gap).toMatchObject({ lengthMs: 1000, atMs: 69 * 20 });
  expect(gap?.samples).toEqual(new Int16Array(4800));
});

test('after hours of silence the clock tells their length, and nothing of the past is left', () => {
  const hours = 3 * 3_600_000;
  const [first, second] = [spoken.slice(0, 40), spoken.slice(40, 41)];
  const later = second.map((packet) => ({
    ...packet,
    timestamp: (packet.timestamp + hours * 48) >>> 0,
    atMs: packet.atMs + hours,
  }));
  const gap = hear([...first, ...later]).find(({ kind }) => kind === 'gap');
  expect(gap).toMatchObject({ lengthMs: hours, atMs: hours + 39 * 20 });
  expect(gap?.samples).toEqual(new Int16Array(4800));
});

test('a long silence gives 300 ms of zeros and its true length', () => {
  const later = {
    ...packetAt(1),
    opus: spoken[1]?.opus ?? silenceFrame,
    timestamp: 48_000 * 4,
    atMs: 4000,
  };
  const [, gap] = hear([...spoken.slice(0, 1), later]);
  expect(gap).toMatchObject({ kind: 'gap', lengthMs: 3980, atMs: 3980 });
  expect(gap?.samples).toEqual(new Int16Array(4800));
});

test('after another stream begins, the clock tells how long nothing was heard', () => {
  const [first, second] = [spoken.slice(0, 1), spoken.slice(1, 2)];
  const anew = second.map((packet) => ({ ...packet, sequence: 40_000, timestamp: 5, atMs: 1000 }));
  const [, gap, sound] = hear([...first, ...anew]);
  expect(gap).toMatchObject({ kind: 'gap', lengthMs: 980, atMs: 980 });
  expect(sound).toMatchObject({ kind: 'sound', atMs: 1000 });
});

test('silence frames are told apart from sound, and take their time', () => {
  const [heard] = hear([packetAt(0, { opus: silenceFrame })]);
  expect(heard).toMatchObject({ kind: 'silence-frame', atMs: 0 });
  expect(heard?.samples).toHaveLength(320);
});

test('a frame that is still sealed is never decoded', () => {
  const stream = new SpeakerStream(codec);
  const heard = hear([packetAt(0, { opus: sealedFrame })], stream);
  expect(heard).toEqual([{ kind: 'gap', samples: new Int16Array(320), lengthMs: 20, atMs: 0 }]);
  expect(stream.counts()).toMatchObject({ sealed: 1, undecodable: 0 });
});

test('sealed frames within speech are filled like lost ones, five in a row at most', () => {
  const stream = new SpeakerStream(codec);
  const heard = hear(
    spoken.map((packet, n) => (n >= 40 && n < 50 ? { ...packet, opus: sealedFrame } : packet)),
    stream,
  );
  const gaps = heard.filter(({ kind }) => kind === 'gap').map(({ samples }) => samples);
  expect(gaps).toHaveLength(10);
  expect(energyDb(gaps[0] ?? new Int16Array())).toBeGreaterThan(-50);
  expect(gaps.slice(5)).toEqual(Array.from({ length: 5 }, () => new Int16Array(320)));
  expect(stream.counts()).toMatchObject({ sealed: 10, concealed: 5 });
});

test.each([
  ['60 ms', 3],
  ['120 ms', 6],
])('packets of %s are heard as long as they are, and so is one that is lost', (_, frames) => {
  const packets: Packet[] = [];
  for (let at = 0; at + frames <= 60; at += frames) {
    const opus = inOne(spoken.slice(at, at + frames));
    packets.push(packetAt(packets.length, { opus, timestamp: at * 960, atMs: (at + frames) * 20 }));
  }
  const all = samplesOf(hear(packets));
  expect(all).toEqual(samplesOf(hear(spoken)).subarray(0, 60 * 320));
  expect(samplesOf(hear(packets.filter((_, n) => n !== 4)))).toHaveLength(all.length);
});

/** Several frames of one kind as one packet (RFC 6716, section 3.2.5: any number of frames, each with its length). */
function inOne(packets: readonly Packet[]): Uint8Array {
  const frames = packets.map(({ opus }) => opus.subarray(1));
  const sizes = frames.slice(0, -1).flatMap(({ length }) => {
    return length < 252 ? [length] : [252 + (length & 3), (length - 252 - (length & 3)) / 4];
  });
  const first = ((packets[0]?.opus[0] ?? 0) & ~3) | 3;
  return Uint8Array.of(first, 0x80 | frames.length, ...sizes, ...frames.flatMap((one) => [...one]));
}

test.each([
  ['one byte', Uint8Array.of(0x48)],
  ['two bytes', Uint8Array.of(0x78, 0)],
])('a packet of %s is a moment without sound, and does not spoil what follows', (_, opus) => {
  const stream = new SpeakerStream(codec);
  const packets = spoken.map((packet, n) => (n % 10 === 5 ? { ...packet, opus } : packet));
  const heard = hear(packets, stream);
  expect(heard[45]).toMatchObject({ kind: 'sound', samples: new Int16Array(320) });
  expect(stream.counts()).toMatchObject({ heard: spoken.length, undecodable: 0 });
  const pcm = { samples: samplesOf(heard), rateHz: 16_000, channels: 1 } as const;
  expect(similarity(pcm, speech('human-goforward'))).toBeGreaterThan(0.8);
});

test('whatever comes in whatever order, nothing is thrown and the instants never go back', () => {
  const packet = fc.record({
    sequence: fc.oneof(fc.nat(40), fc.nat(0xffff)),
    timestamp: fc.oneof(
      fc.nat(40).map((n) => n * 960),
      fc.nat(0xffff_ffff),
    ),
    opus: fc.oneof(fc.uint8Array({ maxLength: 300 }), fc.constantFrom(silenceFrame, sealedFrame)),
    laterMs: fc.nat(100),
  });
  fc.assert(
    fc.property(fc.array(packet, { maxLength: 40 }), (list) => {
      const stream = new SpeakerStream(codec);
      let atMs = 0;
      const heard = list.flatMap(({ laterMs, ...rest }) => {
        atMs += laterMs;
        return stream.put({ speakerId: 'ada', ...rest, atMs });
      });
      heard.push(...stream.settle(atMs + 100));
      stream.close();
      const instants = heard.map((one) => one.atMs);
      expect(instants).toEqual(instants.toSorted((a, b) => a - b));
      expect(heard.every(({ samples }) => samples.length <= 1.2 * 16_000)).toBe(true);
    }),
    { numRuns: 60 },
  );
});

test.each([
  ['nothing', Uint8Array.of()],
  ['half a frame', Uint8Array.of(0x7a, 0xfc, 1)],
  ['more than 120 ms', Uint8Array.of(0xfb, 63)],
  ['far too much', new Uint8Array(5000).fill(0x78)],
])('a packet that holds %s is counted and replaced by zeros', (_, opus) => {
  const stream = new SpeakerStream(codec);
  const [bad, good] = hear([packetAt(0, { opus }), ...spoken.slice(1, 2)], stream);
  expect(bad?.kind).toBe('gap');
  expect(bad?.samples.length).toBeLessThanOrEqual(1920);
  expect(good?.kind).toBe('sound');
  expect(stream.counts()).toMatchObject({ undecodable: 1 });
});

test('the instants of what is heard never go back', () => {
  const order = [0, 3, 2, 1, 4, 9, 20, 21];
  const packets = order.map((n, at) => packetAt(n, { atMs: at * 7, opus: silenceFrame }));
  const instants = hear(packets).map(({ atMs }) => atMs);
  expect(instants).toEqual(instants.toSorted((a, b) => a - b));
});

/** Counts the decoders that live. */
function counted(): { readonly codec: OpusCodec; readonly open: () => number } {
  let open = 0;
  const decoder: OpusCodec['decoder'] = (rateHz) => {
    open++;
    const inner = codec.decoder(rateHz);
    return { decode: (opus) => inner.decode(opus), free: () => open-- };
  };
  return { codec: { ...codec, decoder }, open: () => open };
}

test('a decoder is made at the first packet, and freed after half a minute of silence or at the end', () => {
  const { codec: watched, open } = counted();
  const stream = new SpeakerStream(watched);
  expect(open()).toBe(0);
  stream.put(packetAt(0, { opus: silenceFrame }));
  expect(open()).toBe(1);
  stream.settle(30_001);
  expect(open()).toBe(0);
  stream.put(packetAt(1, { opus: silenceFrame, atMs: 31_000 }));
  expect(open()).toBe(1);
  stream.close();
  expect(open()).toBe(0);
  expect(stream.put(packetAt(2))).toEqual([]);
});

test('a library that gives no decoder costs the sound, not the session', () => {
  const broken: OpusCodec = {
    ...codec,
    decoder() {
      throw new Error('out of memory');
    },
  };
  const stream = new SpeakerStream(broken);
  expect(hear(spoken.slice(0, 3), stream).map(({ kind }) => kind)).toEqual(['gap', 'gap', 'gap']);
  expect(stream.counts().undecodable).toBe(3);
});
