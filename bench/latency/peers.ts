import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { copyFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { table } from '#bench/table.ts';
import { openMockProviders, usualPace } from '#test/fakes/providers/providers.ts';
import { realtimeFirstSoundMs, type Spread } from './figures.ts';
import { gateRow, realtimeRow } from './rows.ts';

/** The rows of the peer bench that count, and at most how much of theirs ours may be. */
const wanted = [
  { row: 'ideal' },
  { row: 'naive' },
  { row: 'openai-default', atMost: 0.38 },
  { row: 'inproc-default', atMost: 1 },
] as const;
const cycles = 10;
const installMs = 15 * 60_000;
const runMs = 20 * 60_000;
/** A variant more of the peer bench's LiveKit; ours is the row `gate, realtime`. */
const realtimePeer = 'livekit-realtime';
const variants = 'const VARIANTS = {';
/** Long enough to be interrupted after 1.5 s. */
const realtimeAnswer =
  'Here is the story you asked for. It began a long time ago in a small town by the sea, where a lamp was lit for the ships.';
const fixtures = fileURLToPath(new URL('../../test/fixtures/speech', import.meta.url));

const latency = z.object({ p50: z.number(), p95: z.number() });
const realtimeResult = z.object({ system: z.string(), voiceToVoiceMs: latency });
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

/** Own figures that are compared with peers, by the name of their row. */
export type OurRows = Readonly<Record<string, Spread>>;

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
    await copyBench(folder, join(place, realtimePeer));
    const rows = wanted.map(({ row }) => runRow(place, row));
    return await Promise.all([...rows, runRealtime(place)]);
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

/** Its server is our own mock: that of the peer bench does not name the response that was asked for. */
async function runRealtime(place: string): Promise<Peer> {
  const folder = join(place, realtimePeer);
  const text = await readFile(join(folder, 'livekit.mjs'), 'utf8');
  if (!text.includes(variants)) throw new Error('livekit.mjs of the peer bench has no VARIANTS.');
  await using mock = await openMockProviders({
    replies: [{ match: /^/, text: realtimeAnswer }],
    talk: { firstSoundMs: realtimeFirstSoundMs, soundSpeed: usualPace.soundSpeed },
  });
  const program = join(folder, `${realtimePeer}.mjs`);
  await writeFile(program, text.replace(variants, `${variants}\n${variantOf(mock.baseUrl)}`));
  const out = await run(process.execPath, [program, 'realtime', `${cycles}`], folder, runMs);
  const [, found = ''] = /^RESULT (.*)$/m.exec(out) ?? [];
  const { system, voiceToVoiceMs } = realtimeResult.parse(JSON.parse(found));
  return { row: realtimePeer, system, heard: voiceToVoiceMs };
}

/** Its own voice activity ends turns, for the mock server has none. */
function variantOf(baseUrl: string): string {
  const options = `{ baseURL: '${baseUrl}', apiKey: 'mock', model: 'mock', turnDetection: null }`;
  return `realtime: async () => {
    const { realtime } = await import('@livekit/agents-plugin-openai');
    const llm = new realtime.RealtimeModel(${options});
    return { llm, hooks: {}, turnHandling: { turnDetection: 'vad' } };
  },`;
}

/** Output of the command. Errors: one sentence if it fails. */
async function run(
  command: string,
  args: readonly string[],
  cwd: string,
  limitMs: number,
): Promise<string> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], timeout: limitMs });
  let out = '';
  child.stdout.on('data', (chunk) => {
    out += chunk;
  });
  let complaint = '';
  child.stderr.on('data', (chunk) => {
    complaint = `${complaint}${chunk}`.slice(-500);
  });
  const [code] = await once(child, 'close');
  if (code === 0) return out;
  const last = complaint.trim().split('\n').at(-1);
  throw new Error(`${[command, ...args].join(' ')} ended with ${code}: ${last}`);
}

/** Ours among theirs. */
export function peersTable(ours: OurRows, peers: readonly Peer[]): string {
  const line = (name: string, { p50, p95 }: Spread, ratio: string) => [
    name,
    `${p50.toFixed(0)} / ${p95.toFixed(0)}`,
    ratio,
  ];
  return table(
    ['p50 / p95 ms, in one run', 'voice to voice', 'ours is'],
    [
      ...Object.entries(ours).map(([name, heard]) =>
        line(`parley, ${name}, over the sandbox`, heard, ''),
      ),
      ...peers.map(({ row, system, heard }) => {
        const atMost = limitOf(row);
        const ratio = ratioTo(ours, { row, heard }).toFixed(2);
        return line(system, heard, atMost === undefined ? ratio : `${ratio} (at most ${atMost})`);
      }),
    ],
  );
}

/** Where ours is too slow beside a peer, one sentence each. */
export function behind(ours: OurRows, peers: readonly Peer[]): string[] {
  return peers.flatMap(({ row, system, heard }) => {
    const atMost = limitOf(row);
    const ratio = ratioTo(ours, { row, heard });
    if (atMost === undefined || ratio <= atMost) return [];
    return [`Ours takes ${ratio.toFixed(2)} of ${system}; at most ${atMost} is wanted.`];
  });
}

/** Ratio of the medians: each peer beside the row that has servers of its kind. */
function ratioTo(ours: OurRows, { row, heard }: Pick<Peer, 'row' | 'heard'>): number {
  const { name } = row === realtimePeer ? realtimeRow : gateRow;
  return (ours[name]?.p50 ?? Number.NaN) / heard.p50;
}

function limitOf(row: string): number | undefined {
  const limit = wanted.find((one) => one.row === row);
  return limit && 'atMost' in limit ? limit.atMost : undefined;
}
