import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import { expect, test, vi } from 'vitest';
import { z } from 'zod';
import { realClock } from '#src/base/clock.ts';
import type { BotError } from '#src/base/errors.ts';
import { Decoding } from '#src/sources/decode/decoding.ts';
import { opening, patient, soundFrom } from '#test/sources/opening.ts';
import { inPieces, soundOf } from '#test/sources/sounds.ts';
import { toneFile, toneWav } from '#test/sources/tones.ts';

const obeying = new URL('./obedient-decoder.ts', import.meta.url);
const moody = new URL('./faulty-decoder.ts', import.meta.url);
const doomedBot = fileURLToPath(new URL('./doomed-bot.ts', import.meta.url));
const notAudio = { code: 'source.not_audio' };

function openObeying(): Decoding {
  return new Decoding({ clock: realClock, entry: obeying, stepMs: 20_000 });
}

function obey(decoding: Decoding, words: string): Promise<unknown> {
  return soundOf(decoding, inPieces(Buffer.from(words), 99));
}

const reportedShape = z.object({
  pid: z.number(),
  env: z.array(z.string()),
  flags: z.array(z.string()),
  oomScore: z.number(),
});

/** The decoding process's report about itself. */
async function reportedBy(decoding: Decoding): Promise<z.infer<typeof reportedShape>> {
  const refusal = await obey(decoding, 'tell').catch((error: BotError) => error.message);
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

test('a decoding process that is killed takes only its file along, and the next sound plays', async () => {
  await using decoding = openObeying();
  using line = await openLine();
  await obey(decoding, `call ${line.port}`);
  const { pid } = await reportedBy(decoding);
  const hanging = obey(decoding, 'hang');
  await Promise.all([
    expect(hanging).rejects.toMatchObject(notAudio),
    line.hung().then(() => process.kill(pid, 'SIGKILL')),
  ]);
  await expect(obey(decoding, 'fine')).resolves.toMatchObject({ rateHz: 16_000 });
  expect((await reportedBy(decoding)).pid).not.toBe(pid);
});

test('a file that is fatal to its process costs the other sounds in it nothing', async () => {
  await using decoding = new Decoding({ clock: realClock, entry: moody, stepMs: 20_000 });
  const song = { kind: 'bytes', bytes: toneFile('tones-flac.ogg') } as const;
  const source = await opening(decoding)(song);
  const reading = source.open(0, patient)[Symbol.asyncIterator]();
  await reading.next();
  const death = Buffer.concat([toneWav().subarray(0, 44), Buffer.from('abort'.repeat(40))]);
  const fatal = await opening(decoding)({ kind: 'bytes', bytes: death });
  await expect(soundFrom(fatal)).rejects.toThrow('its decoder crashed');
  let chunks = 1;
  while (!(await reading.next()).done) chunks++;
  expect(chunks).toBe(15);
});

test('the system ends a decoding process before the bot where memory runs out', async () => {
  await using decoding = openObeying();
  expect((await reportedBy(decoding)).oomScore).toBe(1000);
});

test('a decoding process knows nothing of the environment of the bot, and takes no debugger', async () => {
  vi.stubEnv('DISCORD_TOKEN', 'a key');
  await using decoding = openObeying();
  const { env, flags } = await reportedBy(decoding);
  vi.unstubAllEnvs();
  const own = ['NODE_COMPILE_CACHE', 'UV_THREADPOOL_SIZE'];
  expect(env.toSorted().filter((name) => !name.startsWith('__'))).toEqual(own);
  expect(flags).toContain('--disable-sigusr1');
  expect(flags.join(' ')).not.toContain('inspect');
});

test.each(['SIGINT', 'SIGTERM', 'SIGHUP'] as const)(
  'a %s for the whole group ends no decoding: the bot ends it when it is done',
  async (signal) => {
    await using decoding = openObeying();
    const { pid } = await reportedBy(decoding);
    process.kill(pid, signal);
    await obey(decoding, 'fine');
    expect((await reportedBy(decoding)).pid).toBe(pid);
  },
);

test('where no process can be started a sound is refused, and the bot goes on', async () => {
  const { execPath } = process;
  await using decoding = openObeying();
  process.execPath = `${execPath}-that-is-not-there`;
  const refused = obey(decoding, 'fine').finally(() => {
    process.execPath = execPath;
  });
  await expect(refused).rejects.toMatchObject({ code: 'source.unreachable' });
  await obey(decoding, 'fine');
});

test('closing the decoding ends its processes, even one that hangs', async () => {
  using line = await openLine();
  const decoding = openObeying();
  await obey(decoding, `call ${line.port}`);
  const hanging = obey(decoding, 'hang').catch((error: unknown) => error);
  await line.hung();
  await Promise.all([line.closed(), decoding[Symbol.asyncDispose]()]);
  expect(await hanging).toMatchObject(notAudio);
});

test.each(['SIGKILL', 'SIGTERM'] as const)(
  'no decoder outlives a bot that is ended by %s, not even one that hangs',
  async (signal) => {
    using line = await openLine();
    const bot = spawn(process.execPath, [doomedBot, `${line.port}`], { stdio: 'ignore' });
    await line.hung();
    bot.kill(signal);
    await expect(line.closed()).resolves.toBeDefined();
  },
);
