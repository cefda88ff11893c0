import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeByFfmpeg } from '#src/sources/ffmpeg.ts';
import { neverAborted, openWith } from './open-source.ts';
import { cutInPieces, openDecoding } from './source-sounds.ts';
import { readToneFile } from './tones.ts';

const decoding = openDecoding();
const folder = await mkdtemp(join(tmpdir(), 'parley-ffmpeg-'));
afterAll(async () => {
  await decoding[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** A program in the place of ffmpeg. */
async function writeProgram(name: string, body: string, by = process.execPath) {
  const path = join(folder, name);
  await writeFile(path, `#!${by}\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

const skipMs = 1500;
const mov = { demuxer: 'mov' };
const decodeThrough = (
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  signal = neverAborted,
) => Array.fromAsync(decodeByFfmpeg(bytes, skipMs, { ...mov, path }, signal));

test('ffmpeg is told the container, reads only the sound that it is given, and sees no environment of the bot', async () => {
  const path = await writeProgram(
    'tells',
    `
    const told = JSON.stringify([process.argv.slice(2), process.env]);
    process.stdout.write(Buffer.from(told.padEnd(Math.ceil(told.length / 4) * 4)));`,
  );
  const [pcm] = await decodeThrough(path, cutInPieces(Buffer.alloc(10), 10));
  const samples = pcm?.samples ?? new Int16Array(0);
  const [reported, environment] = JSON.parse(Buffer.from(samples.buffer).toString());
  expect(reported.join(' ')).toContain(
    '-protocol_whitelist pipe -f mov -i pipe:0 -ss 1.500',
  );
  expect(Object.keys(environment)).toEqual([]);
});

test('it may go back in an MP4 that has an end, whose index phones write last', async () => {
  const path = await writeProgram(
    'finite',
    'process.stdout.write(process.argv.slice(2).join(" ").padEnd(400));',
  );
  const options = { ...mov, path, isOfKnownLength: true };
  const bytes = cutInPieces(Buffer.alloc(10), 10);
  const [pcm] = await Array.fromAsync(
    decodeByFfmpeg(bytes, skipMs, options, neverAborted),
  );
  const told = Buffer.from((pcm?.samples ?? new Int16Array(0)).buffer).toString();
  expect(told).toContain('-protocol_whitelist pipe,cache -f mov -i cache:pipe:0');
});

test.each([
  ['gives nothing', 'process.stdin.resume();', 'ffmpeg found no sound'],
  [
    'fails',
    'process.stderr.write("x".repeat(100_000)); process.exit(1);',
    'ffmpeg found no sound',
  ],
])('a program that %s makes it no sound', async (name, body, why) => {
  const path = await writeProgram(name.replace(' ', '-'), body);
  const sound = decodeThrough(path, cutInPieces(Buffer.alloc(1_000_000), 10_000));
  await expect(sound).rejects.toMatchObject({ code: 'source.not_audio' });
  await expect(sound).rejects.toThrow(why);
});

test('a program that reads no further than it needs is heard, whatever comes then', async () => {
  const path = await writeProgram(
    'deaf',
    `
    require('node:fs').closeSync(0);
    process.stdout.write(Buffer.alloc(4_000, 1));
    setTimeout(() => process.exit(0), 200);`,
  );
  const sounded = Promise.withResolvers<void>();
  const sendAfterSound = async function* () {
    await sounded.promise;
    for (let n = 0; n < 3; n++) yield Buffer.alloc(10);
  };
  let samples = 0;
  for await (const pcm of decodeByFfmpeg(
    sendAfterSound(),
    skipMs,
    { ...mov, path },
    neverAborted,
  )) {
    samples += pcm.samples.length;
    sounded.resolve();
  }
  expect(samples).toBe(2_000);
});

test('a program that is not there, bytes that break, and a listener who leaves end it', async () => {
  const gone = decodeThrough(join(folder, 'gone'), cutInPieces(Buffer.alloc(10), 10));
  await expect(gone).rejects.toMatchObject({ code: 'source.not_audio' });
  const path = await writeProgram(
    'waits',
    'process.stdin.resume(); setInterval(() => {}, 1000);',
  );
  const reason = new Error('cut');
  const breakOff = async function* () {
    yield Buffer.alloc(10);
    throw reason;
  };
  await expect(decodeThrough(path, breakOff())).rejects.toBe(reason);
  const leaving = new AbortController();
  const left = decodeThrough(path, cutInPieces(Buffer.alloc(10), 10), leaving.signal);
  leaving.abort(reason);
  await expect(left).rejects.toBe(reason);
});

test('sixteen programs run at once, and the next is refused in words', async () => {
  const path = await writeProgram('plays', 'exec cat', '/bin/sh');
  const open = openWith(decoding, { ffmpeg: path });
  const beginPlaying = async () => {
    const bytes = Buffer.concat([readToneFile('tones.m4a'), Buffer.alloc(40_000)]);
    const playing = (await open({ kind: 'bytes', bytes }))
      .open(0, neverAborted)
      [Symbol.asyncIterator]();
    await playing.next();
    return playing;
  };
  const crowded = { code: 'source.crowded', retryable: true };
  const playing = [];
  for (let n = 0; n < 16; n++) playing.push(await beginPlaying());
  await expect(beginPlaying()).rejects.toMatchObject(crowded);
  await playing[1]?.return?.();
  playing.push(await beginPlaying());
  for (const item of playing) await item.return?.();
});
