import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { readMetrics } from './metrics.ts';
import { freePort, type ProgramEnvironment, startProgram } from './programs.ts';
import { newSchema, postgresTables, sqliteTables } from './tables.ts';

/** What Adam does in the sandbox while the bot is watched. */
const scenario = [
  { do: 'join' },
  { do: 'command', name: 'join' },
  { do: 'settled' },
  { do: 'command', name: 'captions on' },
  { do: 'say', wav: 'digits' },
  { do: 'listen' },
  { do: 'command', name: 'ask', options: { question: 'What time is it?' } },
  { do: 'listen' },
  { do: 'command', name: 'stats' },
  { do: 'command', name: 'leave' },
] as const;

const longestStepMs = 120_000;

/** Contents of files by name: what a bot shows that runs as a process of its own, beside the sandbox as another. */
export async function recordLive(folder: string): Promise<Readonly<Record<string, unknown>>> {
  await using discord = await startSandbox(folder);
  const [labels, status, page] = [join(folder, 'labels'), await freePort(), await freePort()];
  writeFileSync(labels, '');
  const preload = new URL(`./metric-labels.mjs?${encodeURIComponent(labels)}`, import.meta.url);
  const data = join(folder, 'data');
  const bot = await startBot(folder, {
    ...discord.login,
    NODE_OPTIONS: `--import=${preload}`,
    DATA_DIR: data,
    STATUS_PORT: `${status}`,
    PAGE_PORT: `${page}`,
  });
  for (const step of scenario) await discord.ask(step);
  const metrics = readMetrics(await read(status, '/metrics'), readFileSync(labels, 'utf8'));
  const openapi: unknown = JSON.parse(await read(page, '/v1/openapi.json'));
  const exitCode = await stop(bot);
  return {
    'metrics.json': metrics,
    'openapi.json': openapi,
    'tables/sqlite.json': sqliteTables(data),
    'tables/postgres.json': await overPostgres(folder, discord.login),
    'exit-codes/stopped-in-order.json': { exitCode },
  };
}

/** Tables that a bot makes in an empty schema. */
async function overPostgres(folder: string, login: ProgramEnvironment): Promise<unknown> {
  await using schema = await newSchema();
  const off = { STATUS_PORT: '0', PAGE_PORT: '0', DATA_DIR: join(folder, 'beside') };
  const bot = await startBot(folder, { ...login, ...off, DATABASE_URL: schema.url });
  await stop(bot);
  return await postgresTables(schema);
}

async function startSandbox(folder: string) {
  const child = startProgram('sandbox', [], {}, folder);
  const lines = jsonLines(child);
  const { token, apiUrl, ca, recordings } = await next(lines, ({ kind }) => kind === 'ready');
  const certificate = join(folder, 'ca.pem');
  writeFileSync(certificate, `${ca}`);
  const login = {
    DISCORD_TOKEN: `${token}`,
    DISCORD_API_URL: `${apiUrl}`,
    NODE_EXTRA_CA_CERTS: certificate,
  };
  let id = 0;
  return {
    login,
    async ask(step: (typeof scenario)[number]): Promise<void> {
      const wav = 'wav' in step && { wav: Object(recordings)[step.wav] };
      child.stdin?.write(`${JSON.stringify({ person: 'Adam', ...step, ...wav, id: ++id })}\n`);
      const answer = await next(lines, (line) => line.id === id);
      if (answer.ok !== true) throw new Error(`${step.do}: ${answer.error}`);
    },
    [Symbol.asyncDispose]: async () => void (await stop(child)),
  };
}

async function startBot(folder: string, environment: ProgramEnvironment): Promise<ChildProcess> {
  const bot = startProgram('start', [], environment, folder);
  await next(jsonLines(bot), ({ msg }) => `${msg}`.startsWith('ready:'));
  bot.stdout?.resume();
  return bot;
}

type Line = Readonly<Record<string, unknown>>;

async function* jsonLines(child: ChildProcess): AsyncGenerator<Line> {
  if (!child.stdout) return;
  for await (const line of createInterface({ input: child.stdout }))
    if (line.startsWith('{')) yield JSON.parse(line);
}

async function next(lines: AsyncGenerator<Line>, fits: (line: Line) => boolean): Promise<Line> {
  const late = setTimeout(() => void lines.throw(new Error('late')), longestStepMs);
  try {
    for (;;) {
      const { done, value } = await lines.next();
      if (done) throw new Error('A program ended before its time.');
      if (fits(value)) return value;
    }
  } finally {
    clearTimeout(late);
  }
}

async function read(port: number, path: string): Promise<string> {
  return await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
}

async function stop(child: ChildProcess): Promise<number | null> {
  if (child.exitCode !== null) return child.exitCode;
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  return code;
}
