// npm run node -- bench/bodies.ts [requests a row]
import { once } from 'node:events';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Worker } from 'node:worker_threads';
import { apiBodyBytes, createApi } from '#src/api/api.ts';
import { realClock } from '#src/base/clock.ts';
import { openProgramDoor } from '#src/http/program-door.ts';
import { guildId, openApi } from '#test/api/api-setup.ts';
import { table } from './table.ts';

/** Largest bodies that programs may send, and how long one holds up the thread from which frames of sound leave. */
type BodyRow = {
  readonly name: string;
  readonly path: string;
  readonly type: 'application/json' | 'audio/wav';
  readonly sizeBytes: number;
};

const mib = 1_024 * 1_024;
const rows: readonly BodyRow[] = [
  { name: 'nothing', path: '/v1/models', type: 'audio/wav', sizeBytes: 0 },
  {
    name: 'a question of 8 MiB in JSON',
    path: '/v1/chat/completions',
    type: 'application/json',
    sizeBytes: 8 * mib,
  },
  {
    name: 'a file of 24 MiB',
    path: `/v1/servers/${guildId}/ask`,
    type: 'audio/wav',
    sizeBytes: 24 * mib,
  },
];
const count = Number(process.argv[2] ?? 20);

/** Sends one body after the other from a thread of its own, and says when each is answered. */
const client = `
const { parentPort, workerData: { url, type, sizeBytes, count } } = require('node:worker_threads');
const sound = (bytes) => Buffer.alloc(Math.floor(bytes / 4) * 3, 7).toString('base64');
const question = (data) => ({ model: 'parley', messages: [{ role: 'user', content: [{ type: 'input_audio', input_audio: { data, format: 'wav' } }] }] });
const isJson = type === 'application/json';
const body = sizeBytes === 0 ? undefined : isJson ? JSON.stringify(question(sound(sizeBytes - 1024))) : Buffer.alloc(sizeBytes, 7);
const headers = { authorization: 'Bearer bench', ...(body && { 'content-type': type }) };
parentPort.on('message', async () => {
  const response = await fetch(url, { method: body ? 'POST' : 'GET', headers, body });
  await response.arrayBuffer();
  parentPort.postMessage(response.status);
});
parentPort.postMessage('ready');
`;

await using api = await openApi();
await api.add('bench');
const onBug = (error: unknown) => console.error(error);
const app = createApi({ access: api.access, clock: realClock, version: '0', onBug });
const door = await openProgramDoor({
  host: '127.0.0.1',
  port: 0,
  clock: realClock,
  mostBodyBytes: apiBodyBytes,
  onBug,
  routes: (page) => void page.route('/', app),
});
if (door.kind === 'refused') throw new Error(door.why);
await using server = door.server;
const measured: (readonly string[])[] = [];
for (const row of rows) measured.push(await measure(row));
console.log(`Longest hold of the main thread, by the largest bodies, ${count} requests a row.`);
console.log(table(['request', 'median', 'longest'], measured));

async function measure({ name, path, type, sizeBytes }: BodyRow): Promise<readonly string[]> {
  const workerData = { url: new URL(path, server.url).href, type, sizeBytes, count };
  const worker = new Worker(client, { eval: true, workerData });
  await once(worker, 'message');
  const holds: number[] = [];
  for (let n = 0; n <= count; n++) {
    const delay = monitorEventLoopDelay({ resolution: 1 });
    delay.enable();
    worker.postMessage('ask');
    await once(worker, 'message');
    delay.disable();
    if (n > 0) holds.push(delay.max / 1e6); // the first one warms up
  }
  await worker.terminate();
  const sorted = holds.toSorted((one, other) => one - other);
  const ms = (value = 0) => `${value.toFixed(1)} ms`;
  return [name, ms(sorted[Math.floor(count / 2)]), ms(sorted.at(-1))];
}
