// npm run bench:hostile [-- --repeats 3] [--bytes 1048576] [--only NAME]
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { callIn } from '#bench/processes/call-in.ts';
import { percentile, table } from '#bench/table.ts';
import { openSandbox } from '#sandbox/sandbox.ts';
import { readWav } from '#src/audio/wav.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { makeToken, vacantPort } from '#test/fakes/program.ts';
import {
  type Door,
  type DoorParts,
  formDoors,
  httpDoors,
  manyEvents,
  mcpDoor,
  providerDoors,
  realtimeDoor,
  recordingDoors,
  serverNameOf,
} from './doors.ts';
import type { HostileMeasures, HostileOrder } from './order.ts';
import { openMcp, openProvider } from './servers.ts';
import { type HostileShape, hostileShapes } from './shapes.ts';

const { values: options } = parseArgs({
  options: {
    /** Number of times that each shape is sent; the median counts, as other programs may hold up any. */
    repeats: { type: 'string', default: '3' },
    bytes: { type: 'string', default: `${2 ** 20}` },
    /** Part of the names of the doors that are tried. */
    only: { type: 'string', default: '' },
  },
});
const [repeats, bytes] = [Number(options.repeats), Number(options.bytes)];
/** Limits of lateness and memory growth beyond which the bench fails. */
const [mostLateMs, mostGrownBytes] = [50, 32 * 2 ** 20];
/** After what was sent, in ms: what it has set off is still going on. */
const settleMs = 300;
const preload = fileURLToPath(import.meta.resolve('./preload.ts'));
const program = fileURLToPath(import.meta.resolve('./mcp-program.ts'));
const questionPath = new URL('../../test/fixtures/speech/human-cards-004.wav', import.meta.url);
const soon = () => AbortSignal.timeout(30_000);

type Row = {
  readonly door: string;
  readonly shape: string;
  readonly lateMs: number;
  /** Without what other programs took from the processor meanwhile. */
  readonly busyMs: number;
  readonly grownBytes: number;
};

const rows = [...(await measured('chained')), ...(await measured('realtime'))];
const isBad = (row: Row) => row.busyMs > mostLateMs || row.grownBytes > mostGrownBytes;
const shown = rows.map((row) => [
  row.door,
  row.shape,
  row.lateMs.toFixed(0),
  row.busyMs.toFixed(0),
  (row.grownBytes / 2 ** 20).toFixed(0),
  isBad(row) ? 'BEYOND' : '',
]);
console.log(
  `\n${(bytes / 2 ** 20).toFixed(2)} MiB of each shape to each door beside a playing track; median of ${repeats}`,
);
console.log(table(['door', 'shape', 'late ms', 'by itself', 'grown MB', ''], shown));
const bad = rows.filter(isBad).length;
console.log(
  `${rows.length} rows, ${bad} beyond ${mostLateMs} ms or ${mostGrownBytes / 2 ** 20} MB`,
);
process.exitCode = bad > 0 ? 1 : 0;

/** All doors of a bot whose channels answer by this pipeline. */
async function measured(pipeline: 'chained' | 'realtime'): Promise<readonly Row[]> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-hostile-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const provider = stack.use(await openProvider());
  const sandbox = stack.use(await openSandbox());
  const port = await vacantPort();
  const { baseUrl } = provider;
  const own = { DATA_DIR: dataDir, PAGE_PORT: `${port}`, PIPELINE: pipeline };
  const models = {
    TRANSCRIPTION_BASE_URL: baseUrl,
    CHAT_COMPLETION_BASE_URL: baseUrl,
    SPEECH_BASE_URL: baseUrl,
  };
  const realtime = { REALTIME_BASE_URL: baseUrl.replace('http', 'ws'), REALTIME_MODEL: 'talks' };
  const servers = pipeline === 'chained' ? { MCP_SERVERS: await mcpServers(dataDir, stack) } : {};
  const { token, apiUrl, certificate: ca } = sandbox;
  const environment = { ...own, ...models, ...realtime, ...servers };
  const bot = stack.use(await BotProcess.start({ token, apiUrl, ca }, environment, preload));
  const secret = await makeToken(
    { DATA_DIR: dataDir },
    sandbox.guildId,
    'say,ask,track,chat,audio',
  );
  const person = await callIn(sandbox, 0, 'Olga');
  await person.command('track play', { sound: 'rain', loop: true }).answered(soon());
  const page = { url: `http://127.0.0.1:${port}/`, token: secret };
  const parts: DoorParts = { sandbox, person, provider, page };
  const found: Row[] = [];
  for (const door of doorsOf(pipeline, parts).filter(({ name }) => name.includes(options.only)))
    found.push(...(await rowsOf(door, bot)));
  return found;
}

function doorsOf(pipeline: 'chained' | 'realtime', parts: DoorParts): readonly Door[] {
  const speech = readWav(readFileSync(questionPath));
  const speak = async () => void (await parts.person.say(speech, soon()));
  if (pipeline === 'realtime') return [realtimeDoor(parts, speak)];
  return [
    ...httpDoors(parts),
    ...formDoors(parts),
    ...recordingDoors(parts),
    ...providerDoors(parts),
    manyEvents(parts),
    mcpDoor('http', parts),
    mcpDoor('stdio', parts),
  ];
}

/** The file of servers with one of each transport for each shape. */
async function mcpServers(folder: string, stack: AsyncDisposableStack): Promise<string> {
  const path = join(folder, 'mcp.json');
  const rules = { who: 'anyone', effect: 'read', tools: {} };
  const servers: Record<string, object> = {};
  for (const shape of hostileShapes) {
    const { url } = stack.use(await openMcp(shape.name, bytes));
    servers[serverNameOf('http', shape)] = { ...rules, type: 'http', url };
    const args = [program, shape.name, `${bytes}`];
    servers[serverNameOf('stdio', shape)] = { ...rules, command: process.execPath, args };
  }
  await writeFile(path, JSON.stringify({ mcpServers: servers }));
  return path;
}

/** Each shape in turn, and nothing for comparison. */
async function rowsOf(door: Door, bot: BotProcess): Promise<readonly Row[]> {
  const readings = new Map<string, HostileMeasures[]>();
  const shapes = door.name.startsWith('many') ? hostileShapes.slice(0, 1) : hostileShapes;
  for (let n = 0; n < repeats; n++) {
    for (const shape of shapes) {
      const read = await reading(bot, door, shape);
      readings.set(shape.name, [...(readings.get(shape.name) ?? []), read]);
    }
  }
  const found = [...readings].map(([shape, all]): Row => {
    const middle = (of: (one: HostileMeasures) => number) => percentile(all.map(of), 0.5);
    return {
      door: door.name,
      shape,
      lateMs: middle((one) => one.lateMs),
      busyMs: middle((one) => one.busyMs),
      grownBytes: middle((one) => one.grownBytes),
    };
  });
  const worst = Math.max(...found.map(({ busyMs }) => busyMs));
  console.log(`${door.name}: at most ${worst.toFixed(0)} ms late`);
  return found;
}

async function reading(bot: BotProcess, door: Door, shape: HostileShape): Promise<HostileMeasures> {
  const order = async (kind: HostileOrder['kind']) => {
    const said = bot.said(soon());
    bot.send({ kind } satisfies HostileOrder);
    return await said;
  };
  await door.ready?.();
  await order('begin');
  await door.send(shape, bytes);
  await wait(settleMs);
  const measures = (await order('end')) as HostileMeasures;
  if (measures.frames === 0) throw new Error('No track is playing.');
  return measures;
}
