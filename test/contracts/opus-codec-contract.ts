import { expect, test } from 'vitest';
import {
  countOpusSamples,
  isSilenceFrame,
  type OpusCodec,
} from '#src/audio/opus/opus-codec.ts';
import { measureRms } from '#src/audio/pcm.ts';

const testedRates = [16_000, 24_000, 48_000] as const;

function makeTone(rateHz: number) {
  return Int16Array.from({ length: rateHz / 50 }, (_, n) => {
    return 8000 * Math.sin((2 * Math.PI * 400 * n) / rateHz);
  });
}

/** Contract of every Opus library behind the port. */
export function testOpusCodec(name: string, open: () => Promise<OpusCodec>) {
  testSound(name, open);
  testChannels(name, open);
  testJunk(name, open);
}

function testSound(name: string, open: () => Promise<OpusCodec>) {
  test.each(testedRates)(
    `${name}: 20 ms encoded at %i Hz is decoded at every rate, just as loud`,
    async (fromHz) => {
      const codec = await open();
      const encoder = codec.createEncoder(fromHz);
      for (const toHz of testedRates) {
        const decoder = codec.createDecoder(toHz);
        let heardSound = new Int16Array(0);
        for (let n = 0; n < 5; n++)
          heardSound = decoder.decode(encoder.encode(makeTone(fromHz))).slice();
        expect(heardSound).toHaveLength(toHz / 50);
        expect(
          Math.abs(measureRms(heardSound) / measureRms(makeTone(fromHz)) - 1),
        ).toBeLessThan(0.15);
      }
    },
  );

  test(`${name}: speech takes about 64 kbit/s, in frames of 20 ms mono`, async () => {
    const encoder = (await open()).createEncoder(24_000);
    const frames = Array.from({ length: 50 }, () => encoder.encode(makeTone(24_000)));
    const bits = frames.reduce((sum, frame) => sum + frame.length * 8, 0);
    expect(bits).toBeGreaterThan(50_000);
    expect(bits).toBeLessThan(75_000);
    expect(
      frames.every(
        (frame) => Buffer.isBuffer(frame) && countOpusSamples(frame) === 960,
      ),
    ).toBe(true);
    expect(frames.every((frame) => ((frame[0] ?? 0) & 4) === 0)).toBe(true);
  });
}

function testChannels(name: string, open: () => Promise<OpusCodec>) {
  test(`${name}: two channels stay two, and music takes about 128 kbit/s`, async () => {
    const codec = await open();
    const [encoder, decoder] = [
      codec.createEncoder(48_000, 2),
      codec.createDecoder(48_000, 2),
    ];
    const mono = makeTone(48_000);
    const left = Int16Array.from({ length: 1920 }, (_, n) =>
      n % 2 === 0 ? (mono[n >> 1] ?? 0) : 0,
    );
    let heardSound = new Int16Array(0);
    let bytes = 0;
    for (let n = 0; n < 50; n++) {
      const frame = encoder.encode(left);
      bytes += frame.length;
      heardSound = decoder.decode(frame).slice();
    }
    expect(heardSound).toHaveLength(1920);
    expect(
      measureRms(heardSound.filter((_, n) => n % 2 === 0)) / measureRms(mono),
    ).toBeCloseTo(1, 1);
    expect(
      measureRms(heardSound.filter((_, n) => n % 2 === 1)) / measureRms(mono),
    ).toBeLessThan(0.1);
    expect(bytes * 8).toBeLessThan(145_000);
  });
}

function testJunk(name: string, open: () => Promise<OpusCodec>) {
  test(`${name}: silence frames are 20 ms of quiet, after sound from the second one on`, async () => {
    const codec = await open();
    const [encoder, decoder] = [
      codec.createEncoder(24_000),
      codec.createDecoder(16_000),
    ];
    const frame = Buffer.from([0xf8, 0xff, 0xfe]);
    expect(isSilenceFrame(frame)).toBe(true);
    expect(decoder.decode(frame)).toEqual(new Int16Array(320));
    for (let n = 0; n < 5; n++) decoder.decode(encoder.encode(makeTone(24_000)));
    // The window of the last sound reaches into the first frame.
    expect(measureRms(decoder.decode(frame))).toBeLessThan(0.1);
    for (let n = 0; n < 4; n++)
      expect(decoder.decode(frame)).toEqual(new Int16Array(320));
  });

  test.each([
    ['of speech', 0x48],
    ['of speech and music', 0x78],
    ['of music', 0xd8],
  ])(
    `${name}: a packet %s without sound is never louder than the sound before, and fades`,
    async (_, first) => {
      const codec = await open();
      const [encoder, decoder] = [
        codec.createEncoder(16_000),
        codec.createDecoder(16_000),
      ];
      let heardSound = new Int16Array(0);
      for (let n = 0; n < 5; n++)
        heardSound = decoder.decode(encoder.encode(makeTone(16_000))).slice();
      const limit = 1.05 * measureRms(heardSound);
      for (let n = 0; n < 20; n++) {
        heardSound = decoder.decode(Buffer.of(first)).slice();
        expect(heardSound).toHaveLength(320);
        expect(measureRms(heardSound)).toBeLessThan(limit);
      }
      expect(measureRms(heardSound)).toBeLessThan(limit / 4);
      expect(decoder.decode(Buffer.of(first | 1))).toHaveLength(640);
      expect(measureRms(decoder.decode(encoder.encode(makeTone(16_000))))).toBeLessThan(
        0.3,
      );
    },
  );

  test.each([
    ['nothing', Buffer.alloc(0)],
    ['a frame count of none', Buffer.from([0x03, 0x00, 0x11])],
    ['more than 120 ms', Buffer.from([0x1b, 0x30, 0x11])],
    ['a size beyond its end', Buffer.from([0x7a, 0xfc, 0x01])],
    ['more bytes than any packet has', Buffer.alloc(4000, 0x78)],
  ])(
    `${name}: %s is refused with an error, and the decoder goes on`,
    async (_, junk) => {
      const codec = await open();
      const [encoder, decoder] = [
        codec.createEncoder(16_000),
        codec.createDecoder(16_000),
      ];
      expect(() => decoder.decode(junk)).toThrow(Error);
      expect(decoder.decode(encoder.encode(makeTone(16_000)))).toHaveLength(320);
    },
  );
}
