import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { openWith, readSound } from './open-source.ts';
import { cutInPieces, openDecoding } from './source-sounds.ts';
import { makeToneWav, measurePitchHz } from './tones.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());
const open = openWith(decoding);

const rateHz = 16_000;
const formats = { s16: 2, s24: 3, f32: 4 } as const;
type Format = keyof typeof formats;

/** A second of 440 Hz, on the right 660 Hz, as samples without a file around them. */
function makeRawTones(format: Format, channels: number) {
  const width = formats[format];
  const bytes = Buffer.alloc(rateHz * channels * width);
  for (let n = 0; n < rateHz * channels; n++) {
    const hz = n % channels === 0 ? 440 : 660;
    const value =
      0.25 * Math.sin((2 * Math.PI * hz * Math.floor(n / channels)) / rateHz);
    if (format === 'f32') bytes.writeFloatLE(value, n * width);
    else
      bytes.writeIntLE(
        Math.round(value * (2 ** (8 * width - 1) - 1)),
        n * width,
        width,
      );
  }
  return bytes;
}

const makeLabel = (format: Format, channels: number) =>
  `audio/pcm;rate=${rateHz};channels=${channels};format=${format}`;

function expectTones(
  heardSound: Awaited<ReturnType<typeof readSound>>,
  hz: readonly [left: number, right: number],
) {
  expect(heardSound.left.length / heardSound.rateHz).toBeCloseTo(1, 1);
  expect(measurePitchHz(heardSound.left, heardSound.rateHz)).toBeCloseTo(hz[0], -1);
  expect(measurePitchHz(heardSound.right, heardSound.rateHz)).toBeCloseTo(hz[1], -1);
  const peak = heardSound.left.reduce(
    (max, sample) => Math.max(max, Math.abs(sample)),
    0,
  );
  expect(peak / 32_767).toBeCloseTo(0.25, 1);
}

test.each([
  ['s16', 1],
  ['s16', 2],
  ['s24', 1],
  ['s24', 2],
  ['f32', 1],
  ['f32', 2],
] as const)(
  'samples of %s with %i channels sound as their label says, in pieces that cut them anywhere',
  async (format, channels) => {
    const bytes = cutInPieces(makeRawTones(format, channels), 997);
    const type = makeLabel(format, channels);
    const heardSound = await readSound(await open({ kind: 'stream', bytes, type }));
    expectTones(heardSound, channels === 1 ? [440, 440] : [440, 660]);
  },
);

test('a link that names the rate, channels and format of its samples is played by them', async () => {
  const bytes = makeRawTones('f32', 2);
  await using served = await openListeningServer((_, response) => {
    response.writeHead(200, { 'content-type': makeLabel('f32', 2) }).end(bytes);
  });
  const source = await open({ kind: 'link', url: `${served.origin}/live` });
  expectTones(await readSound(source), [440, 660]);
});

test('a file says more than the label of samples that it came with', async () => {
  const bytes = cutInPieces(makeToneWav(), 1_000);
  const source = await open({ kind: 'stream', bytes, type: 'audio/pcm;rate=8000' });
  expectTones(await readSound(source), [440, 660]);
});

test('samples without a rate are 24 kHz, 16 bits and mono, as OpenAI sends them', async () => {
  const bytes = cutInPieces(makeRawTones('s16', 1), 1_000);
  const heardSound = await readSound(
    await open({ kind: 'stream', bytes, type: 'audio/pcm' }),
  );
  expect(heardSound.left.length / heardSound.rateHz).toBeCloseTo(rateHz / 24_000, 1);
});

test('samples without a label are refused, as nobody knows what they are', async () => {
  const bytes = cutInPieces(makeRawTones('s16', 1), 1_000);
  await expect(open({ kind: 'stream', bytes })).rejects.toMatchObject({
    code: 'source.not_audio',
  });
});

test('bytes that came once are not played a second time', async () => {
  const bytes = cutInPieces(makeRawTones('s16', 1), 1_000);
  const source = await open({ kind: 'stream', bytes, type: makeLabel('s16', 1) });
  await readSound(source);
  await expect(readSound(source)).rejects.toMatchObject({ code: 'source.unreachable' });
});
