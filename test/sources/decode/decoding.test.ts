import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import { z } from 'zod';
import { realClock } from '#src/base/clock.ts';
import type { BotError } from '#src/base/errors.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import {
  cutInPieces,
  decodeSound,
  openDecoding,
  soundFiles,
} from '#test/sources/source-sounds.ts';

const decoding = openDecoding();
afterAll(() => decoding[Symbol.asyncDispose]());

const notAudio = { code: 'source.not_audio', retryable: false };

test.each([
  ['nothing at all', ''],
  ['text', 'Two nine three four zero, said a man, and then he went home.'],
  ['a web page', '<!doctype html><title>Sign in</title><p>You are not signed in here.'],
  ['FLAC', `fLaC${'\0'.repeat(80)}`],
  ['Ogg Vorbis', `OggS${'\0'.repeat(24)}\x01vorbis${'\0'.repeat(80)}`],
  ['a film', `\0\0\0\x20ftypmp42${'\0'.repeat(80)}`],
  ['AAC', `\xff\xf1\x50\x80${'\0'.repeat(80)}`],
  ['a WAV file without sound', soundFiles.wav.toString('latin1', 0, 44)],
  ['the head of an Ogg file', soundFiles.ogg.toString('latin1', 0, 80)],
  ['an MP3 tag and nothing behind it', 'ID3\x04\0\0\0\0\0\0'],
])('%s is refused as no sound', async (_, text) => {
  const bytes = cutInPieces(Buffer.from(text, 'latin1'), 4096);
  await expect(decodeSound(decoding, bytes)).rejects.toMatchObject(notAudio);
});

// Proves: A file that breaks its decoder takes nothing else along by real
test('a decoder that eats all memory, throws, or dies of a fatal error takes only its file along', async () => {
  const entry = new URL('./obedient-decoder.ts', import.meta.url);
  await using greedy = new Decoding({ clock: realClock, entry, stepMs: 20_000 });
  for (const word of ['heap', 'oops', 'abort']) {
    const fate = decodeSound(greedy, cutInPieces(Buffer.from(word), 5));
    await expect(fate, word).rejects.toMatchObject(notAudio);
  }
  expect(
    (await decodeSound(greedy, cutInPieces(Buffer.from('fine'), 4))).samples,
  ).toHaveLength(2);
});

test('aborting ends a decoding at once with the reason of whoever aborted', async () => {
  const left = new AbortController();
  const reason = new Error('left');
  const reading = decoding.decodeSound(
    cutInPieces(soundFiles.wav, 1000),
    { rateHz: 16_000, channels: 1 },
    left.signal,
  );
  await reading.next();
  left.abort(reason);
  await expect(reading.next()).rejects.toBe(reason);
});

const obeying = new URL('./obedient-decoder.ts', import.meta.url);
const doomedBot = fileURLToPath(new URL('./doomed-bot.ts', import.meta.url));

function openObeying() {
  return new Decoding({ clock: realClock, entry: obeying, stepMs: 20_000 });
}

function obeyWords(decoding: Decoding, text: string) {
  return decodeSound(decoding, cutInPieces(Buffer.from(text), 99));
}

const reportedShape = z.object({
  pid: z.number(),
  done: z.array(z.string()),
});

/** The decoding process's report about itself. */
async function reportedBy(decoding: Decoding) {
  const refusal = await obeyWords(decoding, 'tell').catch(
    (error: BotError) => error.message,
  );
  return reportedShape.parse(JSON.parse(/\{.*\}/.exec(`${refusal}`)?.[0] ?? ''));
}

/** A port that decoding processes call: one that hangs says so, and the line closes when the process is gone. */
async function openLine() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const called = once(server, 'connection') as Promise<[Socket]>;
  const line = called.then(([socket]) => socket.on('error', () => undefined)); // cut off is closed, too
  return {
    port: (server.address() as AddressInfo).port,
    hung: async () => once(await line, 'data'),
    closed: async () => once((await line).resume(), 'close'),
    [Symbol.dispose]: () => server.close(),
  };
}

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'])(
  'a %s for the whole group ends no decoding: the bot ends it when it is done',
  async (signal) => {
    await using decoding = openObeying();
    const { pid } = await reportedBy(decoding);
    process.kill(pid, signal);
    await obeyWords(decoding, 'fine');
    expect((await reportedBy(decoding)).pid).toBe(pid);
  },
);

test('a decoding process reads no settings, writes no file, and starts no program and no thread', async () => {
  await using decoding = openObeying();
  const { done, pid } = await reportedBy(decoding);
  expect(done).toEqual([]);
  const scorePath = `/proc/${pid}/oom_score_adj`;
  if (existsSync(scorePath)) expect(readFileSync(scorePath, 'utf8')).toBe('1000\n');
});

test('closing the decoding ends its processes, even one that hangs', async () => {
  using line = await openLine();
  const decoding = openObeying();
  await obeyWords(decoding, `call ${line.port}`);
  const hanging = obeyWords(decoding, 'hang').catch((error: unknown) => error);
  await line.hung();
  await Promise.all([line.closed(), decoding[Symbol.asyncDispose]()]);
  expect(await hanging).toMatchObject(notAudio);
});

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'no decoder outlives a bot that is ended by %s, not even one that hangs',
  async (signal) => {
    using line = await openLine();
    const bot = spawn(process.execPath, [doomedBot, `${line.port}`], {
      stdio: 'ignore',
    });
    await line.hung();
    bot.kill(signal);
    await expect(line.closed()).resolves.toBeDefined();
  },
);

test('page heads that overlap cost 256 bytes of checksum for each byte that is no page', async () => {
  // In a thread of its own: here the collector would also read what the files before left in memory.
  const measureCost = async () => {
    const worker = new Worker(new URL('page-cost-worker.ts', import.meta.url));
    const [cost] = await once(worker, 'message');
    return cost;
  };
  await expect.poll(measureCost).toBeLessThan(50);
});
