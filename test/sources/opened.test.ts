import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { getDurationMs } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { AllowedHosts } from '#src/sources/fetch/allowed-hosts.ts';
import { Mp3Frames } from '#src/sources/formats/mp3-frames.ts';
import { FolderLibrary } from '#src/sources/sound-library.ts';
import { createSoundOpener } from '#src/sources/sound-sources.ts';
import { openListeningServer } from '#test/fakes/servers/listening-server.ts';
import { neverAborted, openWith, readSound } from './open-source.ts';
import { cutInPieces, openDecoding } from './source-sounds.ts';
import { makeToneWav, measurePitchHz, readToneFile } from './tones.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());
const open = openWith(decoding);

const notAudio = { code: 'source.not_audio' };
const files = [
  ['tones.mp3', 1500],
  ['tones-vbr.mp3', 1500],
  ['tones-opus.ogg', 1500],
  ['tones-opus-60ms.ogg', 1500],
  ['tones.webm', 1494],
  ['tones-vorbis.ogg', 1500],
  ['tones.flac', 750],
  ['tones-flac.ogg', 750],
] as const;

test.each([...files.map(([name]) => name), 'wav'])(
  '%s from its middle on is the end of what it is from its start',
  async (name) => {
    const bytes = name === 'wav' ? makeToneWav() : readToneFile(name);
    const source = await open({ kind: 'bytes', bytes, title: name });
    const whole = await readSound(source);
    const late = await readSound(source, 400);
    const from = Math.round(0.4 * whole.rateHz);
    const [a, b] = [whole.left.subarray(from), late.left];
    // MP3 tells its padding by the count of frames, which does not hold from the middle on.
    expect(Math.abs(a.length - b.length)).toBeLessThan(0.02 * whole.rateHz);
    const off = a.map((sample, n) => Math.abs(sample - (b[n] ?? sample)));
    expect(Math.max(...off)).toBeLessThan(1000);
  },
);

test.each([...files.map(([name]) => name), 'wav'])(
  '%s from behind its end on is nothing, and no error',
  async (name) => {
    const bytes = name === 'wav' ? makeToneWav() : readToneFile(name);
    const source = await open({ kind: 'bytes', bytes });
    expect(await Array.fromAsync(source.open(3_600_000, neverAborted))).toEqual([]);
    expect(await Array.fromAsync(source.open(1600, neverAborted))).toEqual([]);
  },
);

test.each([
  ['nothing', Buffer.alloc(0)],
  ['one byte', Buffer.from('R')],
  [
    'a list of songs',
    Buffer.from('#EXTM3U\n#EXTINF:12,Song\nhttp://127.0.0.1/a.mp3\n'),
  ],
  ['a list of another kind', Buffer.from('[playlist]\nFile1=http://127.0.0.1/a.mp3\n')],
  ['a web page', Buffer.from('<!doctype html><title>Sign in</title>')],
  ['raw samples without their rate', makeToneWav().subarray(44)],
  ['a film without ffmpeg', readToneFile('tones.m4a')],
])('a file of %s is refused before it is played', (_, bytes) =>
  expect(open({ kind: 'bytes', bytes })).rejects.toMatchObject(notAudio),
);

test('an endless stream is read no faster than it is played, in memory that does not grow', async () => {
  let pulledBytes = 0;
  const [, ...frames] = new Mp3Frames().addBytes(readToneFile('tones.mp3')); // without the count of its frames
  const song = Buffer.concat(frames.map(({ bytes }) => bytes));
  const sendForever = async function* () {
    for (;;) {
      pulledBytes += song.length;
      yield song;
    }
  };
  let [playedMs, most] = [0, 0];
  for await (const pcm of decoding.decodeSound(
    sendForever(),
    { rateHz: 48_000, channels: 2 },
    neverAborted,
  )) {
    playedMs += getDurationMs(pcm);
    most = Math.max(most, (pulledBytes / song.length) * 1500 - playedMs);
    if (playedMs > 120_000) break;
  }
  expect(most).toBeLessThan(4000);
});

afterAll(() => decoding[Symbol.asyncDispose]());

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

afterAll(() => decoding[Symbol.asyncDispose]());
const opener = createSoundOpener({
  clock: realClock,
  decoding,
  allowed: new AllowedHosts([]),
});
const signal = new AbortController().signal;

type Folder = AsyncDisposable & { readonly path: string };

/** A folder of sounds by their names in it, which may hold folders. */
async function folderOf(files: Readonly<Record<string, string | Buffer>>) {
  const path = await mkdtemp(join(tmpdir(), 'parley-sounds-'));
  for (const [name, bytes] of Object.entries(files)) {
    await mkdir(dirname(join(path, name)), { recursive: true });
    await writeFile(join(path, name), bytes);
  }
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

function libraryIn({ path }: Folder) {
  return new FolderLibrary([path], { opener, clock: realClock });
}

test('sounds in folders are found by their path, and nothing beyond the folder is', async () => {
  await using own = await folderOf({
    'rain.wav': makeToneWav(),
    'weather/rain.wav': makeToneWav(),
    'weather/far away/Thunder.wav': makeToneWav(),
    'a/b/c/d/deepest.wav': makeToneWav(),
    'a/b/c/d/e/too deep.wav': makeToneWav(),
    '.hidden/secret.wav': makeToneWav(),
    'weather/.secret.wav': makeToneWav(),
    'weather/notes.txt': 'no sound',
    'x\u202e\ny\u0007.wav': makeToneWav(),
  });
  await using other = await folderOf({ 'secret.wav': makeToneWav() });
  await symlink(other.path, join(own.path, 'elsewhere'));
  await symlink(join(other.path, 'secret.wav'), join(own.path, 'link.wav'));
  await mkdir(join(own.path, 'folder.wav'));
  const library = libraryIn(own);
  expect(await library.listNames()).toEqual([
    'a/b/c/d/deepest',
    'rain',
    'weather/far away/Thunder',
    'weather/rain',
    'x y',
  ]);
  expect((await library.open('Weather/Far Away/thunder', signal))?.title).toBe(
    'weather/far away/Thunder',
  );
  for (const name of [
    'elsewhere/secret',
    'weather/../rain',
    '.hidden/secret',
    'weather',
    '/rain',
    'link',
    'folder',
    '../secret',
    `../${other.path}/secret`,
    '/etc/passwd',
    'rain.wav',
    '',
    '\0',
    'toString',
  ]) {
    expect(await library.open(name, signal), name).toBeUndefined();
  }
});

test('a sound is titled as its file is called, and plays to its length', async () => {
  await using own = await folderOf({ '02.wav': makeToneWav() });
  const source = await libraryIn(own).open('02', signal);
  expect(source).toMatchObject({ title: '02', isSeekable: true, lengthMs: 1_000 });
  expect((await Array.fromAsync(source?.open(0, signal) ?? [])).length).toBeGreaterThan(
    0,
  );
});
