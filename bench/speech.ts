// npm run node -- bench/speech.ts [-- --rounds 40]: how soon the first byte of speech over HTTP is read, after the engine's.

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { openSandbox } from '#sandbox/sandbox.ts';
import { soundFormats } from '#src/audio/encode/sound-encoder.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { freePort } from '#test/fakes/free-port.ts';
import { percentile, table } from './table.ts';

const { values: options } = parseArgs({
  options: {
    /** Number of requests of each format. */
    rounds: { type: 'string', default: '40' },
  },
});
const rounds = Number(options.rounds);
/** Time of the engine to its first sound, then between two pieces of 100 ms, in ms. */
const [firstMs, gapMs] = [150, 20];
const piece = Buffer.from(
  Int16Array.from({ length: 2_400 }, (_, n) => 8_000 * Math.sin(n / 9)).buffer,
);
let [engineAtMs, wholeAtMs] = [0, 0];

await using stack = new AsyncDisposableStack();
const engine = createServer(async (request, response) => {
  request.resume();
  await once(request, 'end');
  response.writeHead(200, { 'content-type': 'audio/pcm' });
  await setTimeout(firstMs);
  engineAtMs = performance.now();
  for (let n = 0; n < 10; n++) {
    response.write(piece);
    await setTimeout(gapMs);
  }
  wholeAtMs = performance.now();
  response.end();
}).listen(0, '127.0.0.1');
stack.defer(() => void engine.close());
await once(engine, 'listening');
const dataDir = await mkdtemp(join(tmpdir(), 'parley-speech-'));
stack.defer(() => rm(dataDir, { recursive: true, force: true }));
const sandbox = stack.use(await openSandbox());
const port = await freePort();
const { token, apiUrl, certificate: ca } = sandbox;
const settings = {
  DATA_DIR: dataDir,
  PAGE_PORT: `${port}`,
  SPEECH_BASE_URL: `http://127.0.0.1:${(engine.address() as AddressInfo).port}/v1`,
};
const bot = stack.use(await BotProcess.start({ token, apiUrl, ca }, settings));
const create = ['create', 'bench', '--server', sandbox.guildId, '--scopes', 'audio'];
const secret = spawnSync(process.execPath, ['src/app/programs/token.ts', ...create], {
  env: { DISCORD_TOKEN: token, DATA_DIR: dataDir },
  encoding: 'utf8',
}).stdout.trim();

console.log(
  `ms from the engine's first byte to the reader's, ${rounds} times each; memory of the bot`,
);
const rows: string[][] = [];
for (const format of [...soundFormats].reverse()) {
  const beforeMb = await memoryMb();
  const coldMs = await readMs(format);
  const ms: number[] = [];
  for (let n = 0; n < rounds; n++) ms.push(await readMs(format));
  const figures = [coldMs, percentile(ms, 0.5), percentile(ms, 0.95), Math.max(...ms)];
  const grown = (await memoryMb()) - beforeMb;
  rows.push([format, ...figures.map((one) => one.toFixed(1)), grown.toFixed(1)]);
}
console.log(table(['', 'first', 'p50', 'p95', 'most', 'MB more'], rows));

/** Time, in ms, from the engine's first byte until one of the bot's is read. */
async function readMs(response_format: string): Promise<number> {
  const response = await fetch(`http://127.0.0.1:${port}/v1/audio/speech`, {
    method: 'POST',
    headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
    body: JSON.stringify({ model: 'parley', input: 'It is ready.', response_format }),
  });
  if (!response.ok) throw new Error(await response.text());
  let firstAtMs = 0;
  for await (const _ of response.body ?? []) firstAtMs ||= performance.now();
  if (firstAtMs >= wholeAtMs) throw new Error('It came only once the engine had ended.');
  return firstAtMs - engineAtMs;
}

async function memoryMb(): Promise<number> {
  const status = await readFile(`/proc/${bot.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+)/.exec(status)?.[1]) / 1_024;
}
