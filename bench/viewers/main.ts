// npm run bench:viewers [-- --rooms 50] [--sounding 5] [--viewers 20] [--seconds 3] [--rounds 15]
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { callIn } from '#bench/processes/call-in.ts';
import { percentile, table } from '#bench/table.ts';
import { openSandbox, type Sandbox } from '#sandbox/sandbox.ts';
import { realClock } from '#src/base/clock.ts';
import { BotProcess } from '#test/fakes/bot-process.ts';
import { makeLink, vacantPort } from '#test/fakes/program.ts';
import { openMockProviders } from '#test/fakes/providers/providers.ts';
import { remote } from '#test/scenarios/setup/bot-setup.ts';
import type { ViewersMeasures, ViewersOrder } from './order.ts';
import { enterBy, watch } from './watching.ts';

const { values: options } = parseArgs({
  options: {
    rooms: { type: 'string', default: '50' },
    /** How many of the rooms play a track the whole time. */
    sounding: { type: 'string', default: '5' },
    viewers: { type: 'string', default: '20' },
    /** Of each measurement. */
    seconds: { type: 'string', default: '3' },
    /** How often each of them is measured, in turn. */
    rounds: { type: 'string', default: '15' },
  },
});
const [rooms, sounding] = [Number(options.rooms), Number(options.sounding)];
const [viewers, seconds] = [Number(options.viewers), Number(options.seconds)];
const rounds = Number(options.rounds);
const preload = fileURLToPath(import.meta.resolve('./preload.ts'));
const never = new AbortController().signal;
/** Until what a join or a viewer who comes takes is over, in ms. */
const settleMs = 3_000;

type Reading = ViewersMeasures & { readonly label: string };

await using providers = await openMockProviders({});
const off = await measured('page off', false);
const on = await measured('page on', true);
report([...off, ...on]);

/** A bot in all rooms, with or without a page: readings of each kind, in turn. */
async function measured(label: string, hasPage: boolean): Promise<readonly Reading[]> {
  await using stack = new AsyncDisposableStack();
  const dataDir = await mkdtemp(join(tmpdir(), 'parley-viewers-'));
  stack.defer(() => rm(dataDir, { recursive: true, force: true }));
  const sandbox = stack.use(await openSandbox());
  const { token, apiUrl, certificate: ca } = sandbox;
  const port = hasPage ? await vacantPort() : 0;
  const environment = {
    ...remote(providers),
    DATA_DIR: dataDir,
    PAGE_PORT: `${port}`,
  };
  const bot = stack.use(await BotProcess.start({ token, apiUrl, ca }, environment, preload));
  for (let n = 0; n < rooms; n++) await call(sandbox, n);
  await realClock.sleep(settleMs, never);
  const readings: Reading[] = [];
  const none = async () => readings.push({ label: `${label}, no viewer`, ...(await read(bot)) });
  if (!hasPage) {
    for (let n = 0; n < rounds; n++) await none();
    return readings;
  }
  const link = await makeLink({ DATA_DIR: dataDir });
  const cookie = await enterBy(link);
  const origin = new URL(link.origin);
  let [snapshots, bytes] = [0, 0];
  for (let n = 0; n < rounds; n++) {
    await none();
    using watching = await watch(origin, cookie, viewers);
    const before = { ...watching.read };
    readings.push({ label: `${label}, ${viewers} viewers`, ...(await read(bot)) });
    snapshots += watching.read.snapshots - before.snapshots;
    bytes += watching.read.bytes - before.bytes;
  }
  readings.push(...(await profiled(bot, 'no viewer')));
  using _watching = await watch(origin, cookie, viewers);
  readings.push(...(await profiled(bot, `${viewers} viewers`)));
  const perViewer = (snapshots / viewers / rounds / seconds).toFixed(2);
  console.log(
    `each viewer read ${perViewer} snapshots of ${(bytes / snapshots / 1_000).toFixed(0)} kB a second`,
  );
  return readings;
}

/** Somebody in a server of their own calls the bot, and has it play where it is to sound. */
async function call(sandbox: Sandbox, n: number): Promise<void> {
  const person = await callIn(sandbox, n);
  if (n >= sounding) return;
  const soon = AbortSignal.timeout(30_000);
  await person.command('track play', { sound: 'rain', loop: true }).answered(soon);
}

async function profiled(bot: BotProcess, label: string): Promise<Reading[]> {
  const readings: Reading[] = [];
  for (let n = 0; n < rounds / 3; n++)
    readings.push({ label: `profiled, ${label}`, ...(await read(bot, 'profile')) });
  return readings;
}

async function read(
  bot: BotProcess,
  first: ViewersOrder['kind'] = 'begin',
): Promise<ViewersMeasures> {
  const order = async (kind: ViewersOrder['kind']) => {
    const said = bot.said(AbortSignal.timeout(30_000));
    bot.send({ kind } satisfies ViewersOrder);
    return await said;
  };
  await order(first);
  await realClock.sleep(seconds * 1_000, never);
  return (await order('end')) as ViewersMeasures;
}

function report(readings: readonly Reading[]): void {
  const byLabel = Map.groupBy(readings, ({ label }) => label);
  const rows = [...byLabel].map(([label, all]) => {
    const late = all.flatMap(({ lateMs }) => lateMs);
    const most = late.reduce((one, other) => Math.max(one, other), 0);
    const ms = [percentile(late, 0.5), percentile(late, 0.99), most].map((one) => one.toFixed(1));
    const [cpu, page] = [all.map((one) => one.cpuShare), all.map((one) => one.pageShare)];
    const ofPage = label.startsWith('profiled') ? shown(page) : '';
    return [label, shown(cpu), ofPage, `${late.length}`, ...ms];
  });
  console.log(
    `\n${rooms} rooms, ${sounding} of them sounding; ${rounds} times ${seconds} s each, with and without viewers in turn`,
  );
  console.log(table(['', 'of a core', 'the page', 'frames', 'late ms p50', 'p99', 'most'], rows));
  const [without = [], viewed = []] = [...byLabel.values()].slice(1);
  const costs = viewed.map(({ cpuShare }, n) => cpuShare - (without[n]?.cpuShare ?? 0));
  console.log(`${viewers} viewers take ${shown(costs)} of a core`);
}

/** Mean of shares with its standard error, in percent. */
function shown(shares: readonly number[]): string {
  const mean = shares.reduce((sum, one) => sum + one, 0) / shares.length;
  const squares = shares.reduce((sum, one) => sum + (one - mean) ** 2, 0);
  const error = Math.sqrt(squares / Math.max(1, shares.length - 1) / shares.length);
  return `${(100 * mean).toFixed(1)} ± ${(100 * error).toFixed(1)} %`;
}
