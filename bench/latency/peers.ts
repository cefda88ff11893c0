import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { table } from '#bench/table.ts';
import type { Spread } from './figures.ts';

/** The rows of the peer bench that count, and at most how much of theirs ours may be. */
const wanted = [
  { row: 'ideal' },
  { row: 'naive' },
  { row: 'openai-default', atMost: 0.45 },
  { row: 'inproc-default', atMost: 1.1 },
] as const;
const cycles = 10;
const installMs = 15 * 60_000;
const runMs = 20 * 60_000;
const fixtures = fileURLToPath(new URL('../../test/fixtures/speech', import.meta.url));

const latency = z.object({ p50: z.number(), p95: z.number() });
const results = z.object({
  results: z
    .array(
      z.union([
        z.object({ system: z.string(), failed: z.string() }),
        z.object({ system: z.string(), voiceToVoiceMs: latency }),
      ]),
    )
    .min(1),
});

export type Peer = { readonly row: string; readonly system: string; readonly heard: Spread };

/**
 * Installs the peer bench of `folder` in a temporary folder and runs the rows that count, side by side.
 *
 * Errors: one sentence for whatever is missing or fails.
 */
export async function runPeers(folder: string): Promise<Peer[]> {
  const files: readonly string[] = await readdir(folder).catch(() => []);
  for (const file of ['bench.mjs', 'package.json', 'package-lock.json']) {
    if (!files.includes(file)) throw new Error(`There is no peer bench in ${folder}: no ${file}.`);
  }
  const place = await mkdtemp(join(tmpdir(), 'parley-peers-'));
  try {
    await cp(fixtures, join(place, 'fixtures/speech'), { recursive: true });
    await copyBench(folder, place);
    for (const { row } of wanted) await copyBench(folder, join(place, row));
    await run('npm', ['ci', '--no-audit', '--no-fund'], place, installMs);
    return await Promise.all(wanted.map(({ row }) => runRow(place, row)));
  } finally {
    await rm(place, { recursive: true, force: true });
  }
}

/** Its files, without what it installed and what it found; the copy can be written to. */
async function copyBench(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  const entries = await readdir(from, { withFileTypes: true });
  for (const entry of entries.filter((one) => one.isFile())) {
    await copyFile(join(from, entry.name), join(to, entry.name));
  }
}

/** Each in a folder of its own, for all write the same file; packages are found above it. */
async function runRow(place: string, row: string): Promise<Peer> {
  const folder = join(place, row);
  const settings = [`ONLY=${row}`, `CYCLES=${cycles}`];
  await run('env', [...settings, process.execPath, 'bench.mjs'], folder, runMs);
  const found = await readFile(join(folder, 'out/results.json'), 'utf8');
  const [result] = results.parse(JSON.parse(found)).results;
  if (!result || 'failed' in result) throw new Error(`The peer ${row} failed: ${result?.failed}.`);
  return { row, system: result.system, heard: result.voiceToVoiceMs };
}

async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  limitMs: number,
): Promise<void> {
  const child = spawn(command, args, {
    cwd,
    stdio: ['ignore', 'ignore', 'pipe'],
    timeout: limitMs,
  });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-500);
  });
  const [code] = await once(child, 'close');
  if (code === 0) return;
  const last = complaint.trim().split('\n').at(-1);
  throw new Error(`${[command, ...args].join(' ')} ended with ${code}: ${last}`);
}

/** Ours among theirs. */
export function peersTable(ours: Spread, peers: readonly Peer[]): string {
  const line = (name: string, { p50, p95 }: Spread, ratio: string) => [
    name,
    `${p50.toFixed(0)} / ${p95.toFixed(0)}`,
    ratio,
  ];
  return table(
    ['p50 / p95 ms, in one run', 'voice to voice', 'ours is'],
    [
      line('parley, gate, over the sandbox', ours, ''),
      ...peers.map(({ row, system, heard }) => {
        const atMost = limitOf(row);
        const ratio = (ours.p50 / heard.p50).toFixed(2);
        return line(system, heard, atMost === undefined ? ratio : `${ratio} (at most ${atMost})`);
      }),
    ],
  );
}

/** Where ours is too slow beside a peer, one sentence each. */
export function behind(ours: Spread, peers: readonly Peer[]): string[] {
  return peers.flatMap(({ row, system, heard }) => {
    const atMost = limitOf(row);
    const ratio = ours.p50 / heard.p50;
    if (atMost === undefined || ratio <= atMost) return [];
    return [`Ours takes ${ratio.toFixed(2)} of ${system}; at most ${atMost} is wanted.`];
  });
}

function limitOf(row: string): number | undefined {
  const limit = wanted.find((one) => one.row === row);
  return limit && 'atMost' in limit ? limit.atMost : undefined;
}
