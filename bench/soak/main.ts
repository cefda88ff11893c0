// npm run bench -- soak [--minutes 30] [--store sqlite] [--database postgres://…]
import { parseArgs } from 'node:util';
import { type ChaosSetup, openSetup } from '#bench/chaos/chaos-setup.ts';
import { healthOf, heldMb, slopeMbPerHour } from '#bench/chaos/judge/health.ts';
import { ChaosPeople, rain } from '#bench/chaos/people/chaos-people.ts';
import { settle } from '#bench/chaos/run.ts';
import { table } from '#bench/table.ts';
import { seededRandom } from '#sandbox/seeded-random.ts';
import { realClock } from '#src/base/clock.ts';
import {
  bounds,
  type Figure,
  grown,
  isLongEnough,
  least,
  type MemoryReading,
  warmMs,
} from './readings.ts';

const { values: options } = parseArgs({
  options: {
    minutes: { type: 'string', default: '30' },
    /** `sqlite` or `postgresql`. */
    store: { type: 'string', default: 'postgresql' },
    /** PostgreSQL server in which the run has a schema of its own. */
    database: { type: 'string', default: 'postgres://postgres@127.0.0.1:5432/test' },
  },
});
const minutes = Number(options.minutes);
const lengthMs = minutes * 60_000;
const readEveryMs = 10_000;
const lineEveryMs = 60_000;
/** Share of packets lost, to and from everybody. */
const loss = 0.01;
const drums = { sound: 'drumroll', track: 'drums', volume: 10, loop: true };
const cast = { agreeing: 5, silent: 0, sounds: [rain, drums] };
const never = new AbortController().signal;

await using setup = await openSetup(options.store === 'postgresql' ? options.database : undefined);
await soak(setup);

async function soak(on: ChaosSetup): Promise<void> {
  console.log(`Parley soak: ${minutes} min, five people, two tracks, one packet in a hundred lost`);
  const crowd = await ChaosPeople.gather(on, seededRandom(1), cast);
  const { voice } = on.sandbox.faults;
  for (const id of [on.sandbox.botId, ...crowd.talkers.map(({ person }) => person.id)]) {
    voice.network(id, { up: { loss }, down: { loss } });
  }
  crowd.begin();
  const startMs = realClock.nowMs();
  const readings: MemoryReading[] = [];
  for (let lineMs = 0; realClock.nowMs() - startMs < lengthMs && on.isUp; ) {
    await realClock.sleep(readEveryMs, never);
    await crowd.usePipelineAt((realClock.nowMs() - startMs) / lengthMs);
    const reading = await read(on, startMs);
    if (!reading) continue;
    readings.push(reading);
    if (reading.atMs < lineMs) continue;
    lineMs = reading.atMs + lineEveryMs;
    console.log(line(reading));
  }
  const verdict = await settle(on, crowd);
  await crowd.end();
  const { asked, answered, reported, findings } = verdict;
  console.log(`\n${report(readings)}`);
  console.log(`asked ${asked}, answered ${answered}, told why not ${reported}`);
  for (const { kind, words } of findings) complain(`${kind}: ${words}`);
  for (const sentence of grown(readings)) complain(sentence);
  if (!on.isUp) complain('the bot has ended');
  if (!isLongEnough(readings)) console.log('Too short to judge growth: 15 minutes are the least.');
}

async function read(on: ChaosSetup, startMs: number): Promise<MemoryReading | undefined> {
  const measures = await on.measure();
  const nowMs = realClock.nowMs();
  const health = await healthOf(on.bot.pid, nowMs);
  if (!measures || !health) return undefined;
  const { codeBytes, resources, listeners } = measures;
  const count = (kinds: RegExp) =>
    Object.entries(resources).reduce((sum, [kind, n]) => sum + (kinds.test(kind) ? n : 0), 0);
  return {
    atMs: nowMs - startMs,
    residentMb: health.residentMb,
    heldMb: heldMb(measures),
    codeMb: codeBytes / 2 ** 20,
    timers: count(/Timeout|Immediate/),
    listeners,
    sockets: count(/TCP|TLS|UDP|Pipe/i),
    handles: health.handles,
  };
}

function line(reading: MemoryReading): string {
  const { atMs, residentMb, heldMb, codeMb, timers, listeners, sockets, handles } = reading;
  const held = `heap and external ${heldMb.toFixed(2)} MB, code ${codeMb.toFixed(2)} MB`;
  const memory = `resident ${residentMb.toFixed(1)} MB, ${held}`;
  const rest = `timers ${timers}, listeners ${listeners}, sockets ${sockets}, files ${handles}`;
  return `${(atMs / 60_000).toFixed(1).padStart(6)} min  ${memory}, ${rest}`;
}

/** The least of 5 minutes each: at the start, at minute 10 and at the end. */
function report(readings: readonly MemoryReading[]): string {
  const endMs = readings.at(-1)?.atMs ?? 0;
  const shown = (figure: Figure, untilMs: number) => {
    const value = least(readings, untilMs, figure);
    return value === undefined ? '-' : value.toFixed(figure.endsWith('Mb') ? 2 : 0);
  };
  const rows = Object.keys(bounds).map((name) => {
    const figure = name as Figure;
    const at = [Math.min(5 * 60_000, endMs), warmMs, endMs].map((ms) => shown(figure, ms));
    return [figure, ...at, `${bounds[figure]}`];
  });
  const head = ['least of 5 minutes', 'start', 'minute 10', 'end', 'may grow by'];
  const late = readings.filter(({ atMs }) => atMs >= warmMs);
  const slope = slopeMbPerHour(late.map(({ atMs, residentMb }) => ({ atMs, mb: residentMb })));
  const reported = slope === undefined ? 'too short to tell' : `${slope.toFixed(1)} MB an hour`;
  return `${table(head, rows)}\nslope of resident memory after minute 10: ${reported}`;
}

/** The soak has failed, and goes on. */
function complain(sentence: string): void {
  console.error(sentence);
  process.exitCode = 1;
}
