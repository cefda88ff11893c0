// npm run bench -- chaos [--minutes 10] [--seed 1] [--store postgresql] [--plan '{"seed":1,"cycles":[…]}'] [--only 'REST']
import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { faults } from '#bench/chaos/faults/faults.ts';
import { type Health, healthOf, type Remainder, remainderOf } from '#bench/chaos/judge/health.ts';
import { judge } from '#bench/chaos/judge/judge.ts';
import { ChaosPeople } from '#bench/chaos/people/chaos-people.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { realClock } from '#src/base/clock.ts';
import { type ChaosSetup, openSetup } from './chaos-setup.ts';
import { type ChaosPlan, planLine, planOf } from './plan.ts';
import { cycleLine, findingLines, summary } from './report.ts';
import { isAlive, runCycle, settle } from './run.ts';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string', default: `${1 + Math.floor(Math.random() * 99_999)}` },
    /** A plan that was printed before, played again. */
    plan: { type: 'string' },
    /** A file for all that happened and all that the bot logged, a line of JSON each. */
    journal: { type: 'string' },
    /** `sqlite` or `postgresql`; left out, by the seed: odd ones have SQLite. */
    store: { type: 'string' },
    /** PostgreSQL server in which the run has a schema of its own. */
    database: { type: 'string', default: 'postgres://postgres@127.0.0.1:5432/test' },
    /** Only faults whose name begins so. */
    only: { type: 'string', default: '' },
  },
});
const minutes = Number(options.minutes);
const seed = Number(options.seed);
const quietMs = 8_000;
const store = options.store ?? (seed % 2 === 1 ? 'sqlite' : 'postgresql');
const healthEveryMs = 15_000;

await using setup = await openSetup(store === 'postgresql' ? options.database : undefined);
const chosen = faults.filter(({ name }) => name.startsWith(options.only));
const skipped = chosen.flatMap((fault) => {
  const why = fault.skipped?.(setup);
  return why === undefined ? [] : [{ fault, why }];
});
for (const { fault, why } of skipped) console.error(`SKIPPED: ${fault.name}: ${why}`);
const able = chosen.filter((fault) => skipped.every((other) => other.fault !== fault));
const plan: ChaosPlan =
  options.plan === undefined ? planOf(seed, minutes * 60_000, able) : JSON.parse(options.plan);
console.log(
  `Parley chaos: seed ${plan.seed}, ${plan.cycles.length} cycles of ${able.length} faults, ${store}`,
);
console.log(`once more: npm run bench -- chaos --plan '${planLine(plan)}'`);
await run(setup, plan);

async function run(on: ChaosSetup, { cycles, seed: of }: ChaosPlan): Promise<void> {
  const startMs = realClock.nowMs();
  const memory: Health[] = [];
  const watching = setInterval(() => void watch(on, memory), healthEveryMs);
  const crowd = await ChaosPeople.gather(on, seededRandom(of));
  crowd.begin();
  await pause(quietMs);
  const known = new Set<string>();
  for (const [n, cycle] of cycles.entries()) {
    await crowd.usePipelineAt(n / cycles.length);
    await runCycle(on, crowd, cycle);
    const verdict = judge(on.journal.events, realClock.nowMs());
    console.log(cycleLine(`${n + 1}/${cycles.length}`, cycle, verdict));
    const fresh = verdict.findings.filter(({ kind, words }) => !known.has(`${kind} ${words}`));
    for (const { kind, words } of fresh) known.add(`${kind} ${words}`);
    if (fresh.length > 0) console.log(findingLines(fresh, startMs));
    await note(on);
    if (!isAlive(on)) break;
  }
  const settled = await settle(on, crowd);
  await crowd.end();
  clearInterval(watching);
  const remaining = await remains(on, crowd);
  const atMs = realClock.nowMs();
  const leaks = remaining.leaks.map(
    (words) => ({ kind: 'leaked', atMs, words, faults: [] }) as const,
  );
  const verdict = { ...settled, findings: [...settled.findings, ...leaks] };
  await note(on);
  console.log(`\n${summary(verdict, memory, remaining)}`);
  if (verdict.findings.length > 0) {
    console.log(findingLines(verdict.findings, startMs));
    console.error(`seed ${of}: ${verdict.findings.length} findings`);
    process.exitCode = 1;
  }
}

/** Resources that the bot still holds after it was disconnected and everybody left. */
async function remains(on: ChaosSetup, { talkers }: ChaosPeople): Promise<Remainder> {
  await talkers[0]?.command('track stop', { track: 'bg' });
  await talkers[0]?.command('leave');
  for (const talker of talkers) await talker.standUp();
  await pause(quietMs);
  const [start, end] = [on.idle.at(-1), await on.measure()];
  if (start && end) return remainderOf(start, end);
  return { handles: [], memoryMb: Number.NaN, leaks: ['unknown: the bot does not answer'] };
}

/** The whole journal as it is now. */
async function note(on: ChaosSetup): Promise<void> {
  if (options.journal !== undefined) await writeFile(options.journal, linesOf(on));
}

function linesOf({ journal, log }: ChaosSetup): string {
  return [...journal.events, ...log].map((one) => `${JSON.stringify(one)}\n`).join('');
}

async function watch(on: ChaosSetup, memory: Health[]): Promise<void> {
  const health = on.isUp ? await healthOf(on.bot.pid, realClock.nowMs()) : undefined;
  if (health) memory.push(health);
}

async function pause(ms: number): Promise<void> {
  await realClock.sleep(ms, new AbortController().signal);
}
