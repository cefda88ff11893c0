import { afterAll, expect, test } from 'vitest';
import { openDecoding } from '#test/sources/sounds.ts';
import { pitchHz, played, toneWav } from '#test/sources/tones.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());

const body = toneWav().subarray(44);
const whole = await played(decoding, toneWav());

type Shape = {
  readonly code?: number;
  readonly bits?: number;
  readonly channels?: number;
  readonly rateHz?: number;
};

function chunk(name: string, bytes: Uint8Array, size = bytes.length): Buffer {
  const head = Buffer.alloc(8);
  head.write(name, 'latin1');
  head.writeUInt32LE(size, 4);
  return Buffer.concat([head, bytes, Buffer.alloc(bytes.length % 2)]);
}

function format(
  { code = 1, bits = 16, channels = 2, rateHz = 22_050 }: Shape = {},
  extra: Uint8Array = Buffer.alloc(0),
): Buffer {
  const bytes = Buffer.alloc(16);
  const frameBytes = (channels * bits) / 8;
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt16LE(channels, 2);
  bytes.writeUInt32LE(rateHz, 4);
  bytes.writeUInt32LE(rateHz * frameBytes, 8);
  bytes.writeUInt16LE(frameBytes, 12);
  bytes.writeUInt16LE(bits, 14);
  return chunk('fmt ', Buffer.concat([bytes, extra]));
}

function wav(...chunks: readonly Uint8Array[]): Buffer {
  return Buffer.concat([Buffer.from('RIFF\xff\xff\xff\xffWAVE', 'latin1'), ...chunks]);
}

test.each([
  ['right', body.length],
  ['0', 0],
  ['0xFFFFFFFF', 0xffffffff],
  ['0x7FFFFFFF', 0x7fffffff],
  ['2e9', 2e9],
])('a WAV file whose size is %s is the same', async (_, size) => {
  const file = wav(format(), chunk('data', body, size));
  expect((await played(decoding, file)).left).toEqual(whole.left);
});

const extension = Buffer.concat([Buffer.from([22, 0, 16, 0, 3, 0, 0, 0, 1, 0]), Buffer.alloc(14)]);

test.each([
  ['LIST before its data', wav(format(), chunk('LIST', Buffer.alloc(26, 65)), chunk('data', body))],
  ['JUNK before all', wav(chunk('JUNK', Buffer.alloc(28)), format(), chunk('data', body))],
  ['an odd chunk', wav(format(), chunk('note', Buffer.alloc(7)), chunk('data', body))],
  ['fact', wav(format(), chunk('fact', Buffer.alloc(4)), chunk('data', body))],
  ['an extensible format', wav(format({ code: 0xfffe }, extension), chunk('data', body))],
  ['ID3 behind its data', wav(format(), chunk('data', body), chunk('id3 ', Buffer.alloc(500, 66)))],
])('a WAV file with %s is the same', async (_, file) => {
  expect((await played(decoding, file, 97)).left).toEqual(whole.left);
});

test('half a sample at the end of a WAV file is dropped', async () => {
  const file = wav(format(), chunk('data', body, 0xffffffff)).subarray(0, -1);
  const { left } = await played(decoding, file);
  expect(left).toHaveLength(Math.ceil((22_049 * 48_000) / 22_050));
  expect(left.subarray(0, -100)).toEqual(whole.left.subarray(0, left.length - 100));
});

const encodings = [
  [
    8,
    1,
    (bytes: Buffer, at: number, value: number) =>
      bytes.writeUInt8(Math.round(value * 127) + 128, at),
  ],
  [
    16,
    1,
    (bytes: Buffer, at: number, value: number) =>
      bytes.writeInt16LE(Math.round(value * 32_767), at),
  ],
  [
    24,
    1,
    (bytes: Buffer, at: number, value: number) =>
      bytes.writeIntLE(Math.round(value * 8_388_607), at, 3),
  ],
  [
    32,
    1,
    (bytes: Buffer, at: number, value: number) =>
      bytes.writeInt32LE(Math.round(value * 2_147_483_647), at),
  ],
  [32, 3, (bytes: Buffer, at: number, value: number) => bytes.writeFloatLE(value, at)],
] as const;
const shapes = [8000, 16_000, 22_050, 44_100, 48_000].flatMap((rateHz) =>
  [1, 2, 6].map((channels) => ({ rateHz, channels })),
);

test.each(shapes)(
  '$channels channels at $rateHz Hz keep pitch and length in every encoding',
  async ({ rateHz, channels }) => {
    for (const [bits, code, write] of encodings) {
      const frames = Math.floor(rateHz / 4);
      const data = Buffer.alloc((frames * channels * bits) / 8);
      for (let n = 0; n < frames * channels; n++) {
        write(
          data,
          (n * bits) / 8,
          0.4 * Math.sin((2 * Math.PI * 440 * Math.floor(n / channels)) / rateHz),
        );
      }
      const sound = await played(
        decoding,
        wav(format({ code, bits, channels, rateHz }), chunk('data', data)),
      );
      expect(sound).toMatchObject({ rateHz: 48_000, channels: 2 });
      expect(sound.left).toHaveLength(Math.ceil((frames * 48_000) / rateHz));
      expect(Math.abs(pitchHz(sound.left, 48_000) - 440)).toBeLessThan(1);
      const peak = sound.left.reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
      expect(peak, `${bits}`).toBeGreaterThan(12_000);
      expect(peak, `${bits}`).toBeLessThan(14_000);
    }
  },
);
