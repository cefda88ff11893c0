import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { realClock } from '#src/base/clock.ts';
import type { BotError } from '#src/base/errors.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { cutInPieces, decodeSound } from '#test/sources/source-sounds.ts';

const obeying = new URL('./obedient-decoder.ts', import.meta.url);
const doomedBot = fileURLToPath(new URL('./doomed-bot.ts', import.meta.url));
const notAudio = { code: 'source.not_audio' };

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
