import { getDurationMs } from '#src/audio/pcm.ts';
import { Mp3Frames } from '#src/sources/formats/mp3-frames.ts';
import { neverAborted, openWith, readSound } from './open-source.ts';
import { openDecoding } from './source-sounds.ts';
import { makeToneWav, readToneFile } from './tones.ts';

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
