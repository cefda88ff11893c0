// How well the bot knows its own voice when it comes back: npm run node -- bench/echo.ts [trials per row]

import { seededRandom } from '#sandbox/seeded-random.ts';
import { EchoMeter } from '#src/audio/echo/echo-meter.ts';
import { SentEnvelope } from '#src/audio/echo/echo-sent.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { loadSilero } from '#src/audio/voice/silero.ts';
import {
  clipsOf,
  type EchoPart,
  type EchoRoom,
  happenings,
  inTurn,
} from '#test/audio/echo/echo-room.ts';
import { type EchoJudgement, lengthMs, msTo, utterancesIn } from '#test/audio/echo/echo-trial.ts';

const trials = Number(process.argv[2] ?? 8);
const [codec, weights] = [await loadOpus(), await loadSilero()];
const bot = clipsOf(['slt', 'rms', 'awb', 'kal16'], codec);
const human = clipsOf(['human'], codec);
const random = seededRandom(1);
const latesMs = [80, 150, 250, 400];
const samplesPerMs = 48;
/** Shorter ones are not counted as utterances. */
const leastMs = 600;

function one<T>(of: readonly T[]): T {
  const chosen = of[Math.floor(random() * of.length)];
  if (chosen === undefined) throw new Error('There is nothing to choose from.');
  return chosen;
}

function repeat<T>(count: number, what: () => T): T[] {
  return Array.from({ length: count }, what);
}

function spoken(count: number, pauseMs: number): Int16Array {
  return inTurn(
    repeat(count, () => one(bot)),
    pauseMs,
  );
}

function judgedIn(acoustics: Omit<EchoRoom, 'seed'>): readonly (readonly EchoJudgement[])[] {
  return utterancesIn({ ...acoustics, seed: Math.floor(random() * 1e6) }, codec, weights);
}

function quantile(values: readonly number[], part: number): string {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(part * (sorted.length - 1))]?.toFixed(0) ?? '-';
}

function row(name: string, hits: readonly (number | undefined)[]): void {
  const times = hits.filter((ms) => ms !== undefined);
  const rate = hits.length > 0 ? ` = ${((100 * times.length) / hits.length).toFixed(1)} %` : '';
  const when =
    times.length > 0 ? `, p50 ${quantile(times, 0.5)}, p95 ${quantile(times, 0.95)} ms` : '';
  console.log(`${name.padEnd(46)} ${times.length}/${hits.length}${rate}${when}`);
}

function echoRows(name: string, utterances: readonly (readonly EchoJudgement[])[]): void {
  const enough = utterances.filter((utterance) => lengthMs(utterance) >= leastMs);
  const foreign = enough.map((utterance) => utterance.find(({ ownFromMs }) => ownFromMs)?.atMs);
  row(
    `${name}: echo`,
    enough.map((utterance) => msTo('echo', utterance)),
  );
  row(
    '  of these with somebody over it',
    foreign.map((atMs) => atMs && 0),
  );
}

function echoes(): void {
  for (const gainDb of [-10, -20, -30]) {
    const rounds = repeat(trials, () =>
      judgedIn({ bot: spoken(4, 900), echoes: [{ lateMs: one(latesMs), gainDb }] }),
    );
    echoRows(
      `${gainDb} dB, first utterance`,
      rounds.flatMap((all) => all.slice(0, 1)),
    );
    echoRows(
      `${gainDb} dB, later ones`,
      rounds.flatMap((all) => all.slice(1)),
    );
  }
}

function changes(): void {
  const from: EchoPart = { lateMs: 150, gainDb: -20 };
  const cases: readonly (readonly [string, readonly EchoPart[]])[] = [
    ['in a hall', [{ ...from, hall: true }]],
    ['10 dB louder from 5 s', [from, { ...from, gainDb: -10, fromMs: 5000 }]],
    [
      '10 dB quieter from 5 s',
      [
        { ...from, gainDb: -10 },
        { ...from, fromMs: 5000 },
      ],
    ],
    ['100 ms later from 5 s', [from, { ...from, lateMs: 250, fromMs: 5000 }]],
  ];
  for (const [name, echoes] of cases) {
    const count = Math.ceil(trials / 2);
    echoRows(name, repeat(count, () => judgedIn({ bot: spoken(6, 900), echoes })).flat());
  }
}

function people(): void {
  for (const gainDb of [0, -10, -20]) {
    const rounds = repeat(3 * trials, () => {
      const own = { sound: one(human), atMs: 100 + random() * 1000, gainDb };
      return judgedIn({ bot: spoken(3, 150), own });
    });
    row(
      `human alone, ${gainDb} dB: echo`,
      rounds.flat().map((utterance) => msTo('echo', utterance)),
    );
  }
  const rounds = repeat(trials, () => {
    const own = { sound: one(human), atMs: 4100 + random() * 900, gainDb: one([0, -10, -20]) };
    const until: EchoPart = { lateMs: 150, gainDb: one([-10, -20]) };
    const echoes = [until, { lateMs: 150, gainDb: -100, fromMs: 3500 }];
    return judgedIn({ bot: spoken(6, 150), echoes, own }).filter(
      (all) => (all[0]?.atMs ?? 0) > 4000,
    );
  });
  row(
    'human, headphones from 3.5 s: speech',
    rounds.flat().map((all) => msTo('speech', all)),
  );
}

/** A word counts when it is noticed before it is over, or 150 ms later, and nothing was noticed before it. */
function words(): void {
  for (const gainDb of [-10, -20, -30]) {
    const noticed = repeat(2 * trials, () => {
      const sound = one(human).slice(0, (300 + random() * 300) * samplesPerMs);
      const atMs = 3500 + random() * 500;
      const endMs = atMs + sound.length / samplesPerMs + 150;
      const own = { sound, atMs, gainDb: gainDb + 10 };
      const echoes = [{ lateMs: one(latesMs), gainDb }];
      const all = judgedIn({ bot: spoken(6, 150), echoes, own }).flat();
      const known = all.filter(({ lagMs }) => lagMs !== undefined);
      const first = known.find(({ verdict }) => verdict === 'speech')?.atMs ?? endMs;
      return {
        wasKnown: known.some((judged) => judged.atMs < atMs),
        ms: first < endMs && first > atMs ? first - atMs : undefined,
      };
    });
    const counted = noticed.filter(({ wasKnown }) => wasKnown);
    row(
      `word 10 dB over a ${gainDb} dB echo: speech`,
      counted.map(({ ms }) => ms),
    );
  }
}

function costs(): void {
  const sent = new SentEnvelope();
  const meter = new EchoMeter(sent);
  const times: Record<'left' | 'window', number[]> = { left: [], window: [] };
  const acoustics = { bot: spoken(20, 100), echoes: [{ lateMs: 150, gainDb: -20 }], seed: 1 };
  for (const event of happenings(acoustics, codec, weights)) {
    const from = process.hrtime.bigint();
    if (event.kind === 'left') sent.left(event.samples, event.atMs);
    else meter.hear(event.window);
    times[event.kind].push(Number(process.hrtime.bigint() - from) / 1000);
  }
  for (const [name, us] of Object.entries(times)) {
    console.log(`${name}: p50 ${quantile(us, 0.5)} us, p99 ${quantile(us, 0.99)} us`);
  }
}

echoes();
changes();
people();
words();
costs();
