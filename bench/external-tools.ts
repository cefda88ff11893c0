// npm run node -- bench/external-tools.ts [--calls 500]: how long a call of a tool of the operator takes beside the tool's own time.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { realClock } from '#src/base/clock.ts';
import { openMcpConnection } from '#src/features/tools/mcp/mcp-connection.ts';
import type { McpTransport } from '#src/features/tools/mcp/servers-file.ts';
import { percentile, table } from './table.ts';

/** Longest round trips, in ms, of MCP calls: issue of tools, p50 and p95. */
const most = { p50: 10, p95: 30 };
const warmUps = 50;
const signal = new AbortController().signal;
const { values: options } = parseArgs({ options: { calls: { type: 'string', default: '500' } } });
const calls = Number(options.calls);
const eras = ['legacy', 'modern'] as const;

type Row = { readonly name: string; readonly tookMs: readonly number[] };

async function timed(count: number, call: () => Promise<unknown>): Promise<readonly number[]> {
  const tookMs: number[] = [];
  for (let n = 0; n < count; n++) {
    const fromMs = realClock.nowMs();
    await call();
    tookMs.push(realClock.nowMs() - fromMs);
  }
  return tookMs;
}

async function overMcp(name: string, transport: McpTransport): Promise<Row> {
  const connectionOptions = { nowMs: () => realClock.nowMs(), onToolsChanged: () => undefined };
  await using connection = await openMcpConnection(transport, connectionOptions, signal);
  const call = () => connection.callTool('echo', { text: 'hi' }, 10_000, signal);
  await timed(warmUps, call);
  return { name, tookMs: await timed(calls, call) };
}

async function overStdio(era: (typeof eras)[number]): Promise<Row> {
  const args = [resolve('test/fakes/mcp/stdio-server.ts'), era];
  const { execPath: command } = process;
  const transport = { kind: 'stdio', command, args, environment: new Map(), folder: '.' } as const;
  return await overMcp(`stdio, ${era}`, transport);
}

async function overHttp(era: (typeof eras)[number]): Promise<Row> {
  const program = resolve('test/fakes/mcp/http-program.ts');
  const server = spawn(process.execPath, [program, era], { stdio: ['pipe', 'pipe', 'inherit'] });
  try {
    const [line] = await once(createInterface(server.stdout), 'line');
    const transport = { kind: 'http', url: new URL(line), headers: new Map() } as const;
    return await overMcp(`HTTP, ${era}`, transport);
  } finally {
    server.kill();
  }
}

const rows: Row[] = [];
for (const era of eras) rows.push(await overStdio(era), await overHttp(era));
const ms = (value: number) => `${value.toFixed(1)} ms`;
console.log(
  table(
    ['A call of', 'p50', 'p95', 'calls'],
    rows.map(({ name, tookMs }) => [
      name,
      ms(percentile(tookMs, 0.5)),
      ms(percentile(tookMs, 0.95)),
      `${tookMs.length}`,
    ]),
  ),
);
const slow = rows.filter(
  ({ tookMs }) => percentile(tookMs, 0.5) > most.p50 || percentile(tookMs, 0.95) > most.p95,
);
if (slow.length > 0) {
  console.error(`Over ${most.p50} and ${most.p95} ms: ${slow.map(({ name }) => name).join(', ')}`);
  process.exitCode = 1;
}
