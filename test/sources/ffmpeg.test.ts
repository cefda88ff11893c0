import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterAll, expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { findFfmpeg, throughFfmpeg } from '#src/sources/ffmpeg.ts';
import { opening, patient, soundFrom } from './opening.ts';
import { inPieces, openDecoding } from './sounds.ts';
import { pitchHz, toneFile } from './tones.ts';

const decoding = openDecoding();
const folder = await mkdtemp(join(tmpdir(), 'parley-ffmpeg-'));
afterAll(async () => {
  await decoding[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** A program in the place of ffmpeg. */
async function program(name: string, body: string): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, `#!${process.execPath}\n${body}\n`);
  await chmod(path, 0o755);
  return path;
}

const plan = { demuxer: 'mov', skipMs: 1500 };
const through = (
  path: string,
  bytes: AsyncIterable<Uint8Array>,
  silentMs = 10_000,
  signal = patient,
) => Array.fromAsync(throughFfmpeg(bytes, plan, { path, clock: realClock, silentMs }, signal));

test('the program is found on the PATH, by whole paths only', async () => {
  const path = await program('ffmpeg', '');
  expect(findFfmpeg(`/nowhere::relative:${folder}`)).toBe(path);
  expect(findFfmpeg('/nowhere:.')).toBeUndefined();
  expect(findFfmpeg('')).toBeUndefined();
});

test('it is told the container, reads nothing but what it is given, and sees nothing of our environment', async () => {
  const path = await program(
    'tells',
    `
    const told = JSON.stringify([process.argv.slice(2), process.env]);
    process.stdout.write(Buffer.from(told.padEnd(Math.ceil(told.length / 4) * 4)));`,
  );
  const [chunk] = await through(path, inPieces(Buffer.alloc(10), 10));
  const samples = chunk?.kind === 'pcm' ? chunk.pcm.samples : new Int16Array(0);
  const [reported, environment] = JSON.parse(Buffer.from(samples.buffer).toString());
  expect(reported.join(' ')).toContain('-protocol_whitelist pipe -f mov -i pipe:0 -ss 1.500');
  expect(Object.keys(environment)).toEqual([]);
});

test('what it gives is sound, whatever pieces it comes in, and no faster than it is wanted', async () => {
  const path = await program('cat', 'process.stdin.pipe(process.stdout);');
  let pulled = 0;
  const endless = async function* () {
    for (;;) {
      pulled += 10_001;
      yield Buffer.alloc(10_001);
    }
  };
  for await (const chunk of throughFfmpeg(endless(), plan, { path, clock: realClock }, patient)) {
    expect(chunk).toMatchObject({ kind: 'pcm', pcm: { rateHz: 48_000, channels: 2 } });
    if (pulled > 100_000) break;
  }
  await new Promise((later) => setTimeout(later, 100));
  expect(pulled).toBeLessThan(2_000_000);
});

test('what was played is let go: an evening of sound takes no more memory than a minute', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const heldMb = async () => {
    for (let n = 0; n < 2; n++) {
      collect();
      await new Promise((later) => setTimeout(later, 20)); // buffers are swept aside
    }
    return process.memoryUsage().arrayBuffers / 1e6;
  };
  const path = await program('zeros', 'for (;;) require("fs").writeSync(1, Buffer.alloc(65_536));');
  const silent = async function* (): AsyncGenerator<Uint8Array> {
    await new Promise(() => undefined);
  };
  let [soundMs, before, after] = [0, 0, 0];
  for await (const chunk of throughFfmpeg(silent(), plan, { path, clock: realClock }, patient)) {
    if (chunk.kind === 'pcm') soundMs += chunk.pcm.samples.length / 96;
    if (before === 0 && soundMs > 5_000) before = await heldMb();
    if (soundMs < 125_000) continue;
    after = await heldMb();
    break;
  }
  expect(after - before).toBeLessThan(8);
});

test('handing bytes over leaves no listener behind', async () => {
  const path = await program('takes', 'process.stdin.resume();');
  const warnings: string[] = [];
  const note = ({ name }: Error) => warnings.push(name);
  process.on('warning', note);
  await expect(through(path, inPieces(Buffer.alloc(20_000), 100))).rejects.toThrow('no sound');
  process.off('warning', note);
  expect(warnings).toEqual([]);
});

test.each([
  ['gives nothing', 'process.stdin.resume();', 'ffmpeg found no sound'],
  ['fails', 'process.stderr.write("x".repeat(100_000)); process.exit(1);', 'ffmpeg found no sound'],
  ['hangs', 'setInterval(() => {}, 1000);', 'decodes too slowly'],
])('a program that %s makes it no sound', async (name, body, why) => {
  const path = await program(name.replace(' ', '-'), body);
  const sound = through(
    path,
    inPieces(Buffer.alloc(1_000_000), 10_000),
    name === 'hangs' ? 300 : 10_000,
  );
  await expect(sound).rejects.toMatchObject({ code: 'source.not_audio' });
  await expect(sound).rejects.toThrow(why);
});

test('a program that is not there, bytes that break, and a listener who leaves end it', async () => {
  const gone = through(join(folder, 'gone'), inPieces(Buffer.alloc(10), 10));
  await expect(gone).rejects.toMatchObject({ code: 'source.not_audio' });
  const path = await program('waits', 'process.stdin.resume(); setInterval(() => {}, 1000);');
  const reason = new Error('cut');
  const broken = async function* () {
    yield Buffer.alloc(10);
    throw reason;
  };
  await expect(through(path, broken())).rejects.toBe(reason);
  const leaving = new AbortController();
  const left = through(path, inPieces(Buffer.alloc(10), 10), 10_000, leaving.signal);
  leaving.abort(reason);
  await expect(left).rejects.toBe(reason);
});

test('four programs run for a server at once, sixteen for the bot, and the next is refused in words', async () => {
  const path = await program('plays', 'process.stdin.pipe(process.stdout);');
  const open = opening(decoding, { ffmpeg: path });
  const begin = async (guildId: string) => {
    const bytes = Buffer.concat([toneFile('tones.m4a'), Buffer.alloc(40_000)]);
    const source = await open({ kind: 'bytes', bytes, requester: { guildId } });
    const playing = source.open(0, patient)[Symbol.asyncIterator]();
    await playing.next();
    return playing;
  };
  const crowded = { code: 'source.crowded', retryable: true };
  const playing = [];
  for (let n = 0; n < 16; n++) playing.push(await begin(`server ${n % 4}`));
  await expect(begin('server 0')).rejects.toMatchObject(crowded);
  await expect(begin('another server')).rejects.toMatchObject(crowded);
  await playing[1]?.return?.();
  await expect(begin('server 0')).rejects.toMatchObject(crowded);
  playing.push(await begin('another server'));
  for (const one of playing) await one.return?.();
});

const found = findFfmpeg('/usr/local/bin:/usr/bin:/opt/homebrew/bin');

test.each(found ? ['tones.m4a', 'tones.aac'] : [])(
  'with an ffmpeg %s is played, and from its middle too',
  async (name) => {
    const open = opening(decoding, { ...(found && { ffmpeg: found }) });
    const source = await open({ kind: 'bytes', bytes: toneFile(name) });
    const [whole, late] = [await soundFrom(source), await soundFrom(source, 500)];
    expect(Math.abs(whole.left.length - 72_000)).toBeLessThan(5000);
    expect(Math.abs(pitchHz(whole.left, 48_000) - 440)).toBeLessThan(1);
    expect(Math.abs(pitchHz(whole.right, 48_000) - 660)).toBeLessThan(1);
    expect(Math.abs(whole.left.length - late.left.length - 24_000)).toBeLessThan(2000);
  },
);

test.each(found ? [1, 2] : [])(
  'with an ffmpeg damaged films and lists in disguise stay refused (%i)',
  async (seed) => {
    const open = opening(decoding, { ...(found && { ffmpeg: found }) });
    const film = Buffer.from(toneFile('tones.m4a'));
    for (let n = 40; n < film.length; n += 3) film[n] = (n * seed * 7919) & 255;
    const list = Buffer.from(
      '\0\0\0\x20ftypM4A #EXTM3U\n#EXT-X-TARGETDURATION:1\nfile:///etc/passwd\n'.padEnd(200),
    );
    for (const bytes of [film, list]) {
      const source = await open({ kind: 'bytes', bytes });
      await expect(soundFrom(source)).rejects.toMatchObject({ code: 'source.not_audio' });
    }
  },
);
