// npm run node -- bench/external-tools-memory.ts [--pairs 10] [--idle 20]: what tools of the operator add to an idle bot.
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openSandbox } from '#sandbox/sandbox.ts';
import { realClock } from '#src/base/clock.ts';
import { openFakeMcp } from '#test/fakes/mcp/http-server.ts';
import { openMockProviders } from '#test/fakes/providers/providers.ts';
import { MeasuredBot, type ResidentReading } from './memory/measured-bot.ts';
import { percentile, table } from './table.ts';

const { values: options } = parseArgs({
  options: {
    /** Starts of each kind, one after the other. */
    pairs: { type: 'string', default: '10' },
    /** Seconds until it counts as idle; servers are connected by then. */
    idle: { type: 'string', default: '20' },
  },
});
const pairs = Number(options.pairs);
const idleMs = Number(options.idle) * 1_000;
const never = new AbortController().signal;

/** What container and unit set: fewer pages stay with the allocator of glibc. */
const asDeployed = { MALLOC_ARENA_MAX: '1', MALLOC_MMAP_THRESHOLD_: '65536' };

await using stack = new AsyncDisposableStack();
const providers = stack.use(await openMockProviders({}));
const sandbox = stack.use(await openSandbox());
const server = stack.use(await openFakeMcp({ era: 'modern' }));
const folder = await mkdtemp(join(tmpdir(), 'parley-tools-memory-'));
stack.defer(() => rm(folder, { recursive: true }));
const path = join(folder, 'mcp.json');
await writeFile(path, JSON.stringify({ mcpServers: { fake: { url: server.url.href } } }));
await mkdir(join(folder, 'tools'));
const text = "export const description = 'Echoes.';\nexport default ({ text }) => text;\n";
await writeFile(join(folder, 'tools', 'echo.mjs'), text);

const kinds = [
  ['neither', {}],
  ['an MCP server over HTTP', { MCP_SERVERS: path }],
  ['a function in a file', { TOOL_FILES: 'on' }],
] as const;
type Kind = (typeof kinds)[number][0];

const readings = new Map<Kind, ResidentReading[]>(kinds.map(([kind]) => [kind, []]));
await reading({}); // fills the compile cache
for (let pair = 0; pair < pairs; pair++) {
  const order = pair % 2 === 0 ? kinds : kinds.toReversed();
  for (const [kind, environment] of order) readings.get(kind)?.push(await reading(environment));
}
report();

async function reading(environment: Readonly<Record<string, string>>): Promise<ResidentReading> {
  const { baseUrl } = providers;
  const own = { ...asDeployed, DATA_DIR: folder, ...environment };
  await using bot = await MeasuredBot.start(sandbox, { baseUrl, environment: own });
  await realClock.sleep(idleMs, never);
  return await bot.read();
}

/** What each kind adds to a bot with neither, by pairs of starts. */
function report(): void {
  const plain = readings.get('neither') ?? [];
  const rows = kinds.slice(1).map(([kind]) => {
    const added = (of: (one: ResidentReading) => number) =>
      (readings.get(kind) ?? []).map((one, n) => {
        const before = plain[n];
        return before ? (of(one) - of(before)) / 2 ** 20 : Number.NaN;
      });
    const resident = added(({ parts }) => parts.resident);
    const inHeap = added(({ heapUsed }) => heapUsed);
    const figures = [percentile(resident, 0.5), Math.min(...resident), Math.max(...resident)];
    return [kind, ...[...figures, percentile(inHeap, 0.5)].map((mb) => mb.toFixed(1))];
  });
  console.log(`MB beyond an idle bot with neither, ${pairs} pairs of starts`);
  console.log(table(['', 'resident p50', 'least', 'most', 'in the V8 heap p50'], rows));
}
