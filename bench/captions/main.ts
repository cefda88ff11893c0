// npm run bench:captions [-- --part live|hour|talk|store] [--minutes 1] [--lines 1000000]: captions, shown in time and kept as they were said.
import { parseArgs } from 'node:util';
import { Clips } from '#bench/clips.ts';
import { table } from '#bench/table.ts';
import { delayAnswers } from './live/answer-delay.ts';
import { showInTime } from './live/shown-in-time.ts';
import { scheduleRows } from './schedule.ts';
import { benchStore, storeHead } from './store.ts';
import { talkHead, talkRows } from './talk.ts';

const { values: options } = parseArgs({
  options: {
    /** Only this one of the parts. */
    part: { type: 'string' },
    /** Minutes of each of the two loads on sockets. */
    minutes: { type: 'string', default: '1' },
    /** In the store. */
    lines: { type: 'string', default: '1000000' },
  },
});

const parts = { live, hour, talk, store } as const;
/** Loads of people who speak live, with the longest p50 and p95 in ms. */
const loads = [
  { people: 5, utterancesPerMinute: 30, p50Ms: 500, p95Ms: 1_000 },
  { people: 10, utterancesPerMinute: 120, p50Ms: undefined, p95Ms: 1_600 },
] as const;
const questions = 10;
const mostSlowerMs = 20;
const mostGrowthMb = 5;
const isWanted = ([name]: readonly [string, unknown]) =>
  options.part === undefined || name === options.part;
const wanted = Object.entries(parts).filter(isWanted);
if (wanted.length === 0) throw new Error(`Parts are ${Object.keys(parts).join(', ')}.`);
for (const [, run] of wanted) await run();

async function live(): Promise<void> {
  console.log(
    'Captions on sockets: recogniser 120 ms, REST 120 ms, 5 edits and 5 posts in 5 s; ms from the last voiced packet until Discord has all words',
  );
  await using clips = await Clips.open();
  const rows: string[][] = [];
  for (const { p50Ms, p95Ms, ...load } of loads) {
    const forMs = Number(options.minutes) * 60_000;
    const figures = await showInTime({ ...load, forMs }, clips.all);
    const { lost, twice, tooManyRequests } = figures;
    const isMet =
      figures.p50Ms <= (p50Ms ?? Infinity) &&
      figures.p95Ms <= p95Ms &&
      lost + twice + tooManyRequests === 0;
    rows.push([
      `${load.people} people, ${load.utterancesPerMinute} a minute`,
      ...[figures.said, figures.p50Ms, figures.p95Ms].map(whole),
      whole(figures.knownP95Ms),
      ...[lost, twice, tooManyRequests].map(whole),
      `${p50Ms === undefined ? '' : `p50 ${p50Ms}, `}p95 ${p95Ms}, none lost, none twice, no 429`,
      reportOf(isMet),
    ]);
  }
  const head = ['load', 'said', 'p50', 'p95', 'recognised p95', 'lost', 'twice', '429s'];
  console.log(table([...head, 'target', ''], rows));
  const { captionedMs, plainMs } = await delayAnswers(clips.all, questions);
  const slowerMs = captionedMs - plainMs;
  console.log(
    `\nanswers begin after ${whole(captionedMs)} ms with captions, ${whole(plainMs)} without (median of ${questions}): ${whole(slowerMs)} later, target ${mostSlowerMs}${reportOf(slowerMs <= mostSlowerMs)}`,
  );
}

async function hour(): Promise<void> {
  console.log(
    '\nA virtual hour through layout and scheduler; ms from the words of the recogniser until they are shown',
  );
  const rows = await scheduleRows();
  const lines = rows.map((row) => {
    const { lost, tooManyRequests, heapGrowthMb } = row;
    const isMet = lost + tooManyRequests === 0 && heapGrowthMb <= mostGrowthMb;
    return [
      `${row.utterancesPerMinute} a minute, ${row.load}`,
      ...[row.p50Ms, row.p95Ms, row.longestMs, row.panelLongestMs, row.partialsShown].map(whole),
      ...[lost, tooManyRequests].map(whole),
      `${heapGrowthMb} MB`,
      `none lost, no 429, heap ${mostGrowthMb} MB`,
      reportOf(isMet),
    ];
  });
  const head = ['load', 'p50', 'p95', 'longest', 'panel', 'partials', 'lost', '429s', 'heap'];
  console.log(table([...head, 'target', ''], lines));
}

async function talk(): Promise<void> {
  console.log(
    '\n1,000 utterances of ten people, 30 % overlapping, recognised 0 to 5 s late, 2 % not at all',
  );
  const rows = await talkRows();
  const isMet = rows.every(([, , wrong, twice]) => wrong === '0' && twice === '0');
  console.log(table(talkHead, rows));
  reportOf(isMet);
}

async function store(): Promise<void> {
  console.log('');
  console.log(table(storeHead, await benchStore(Number(options.lines))));
  console.log(`memory of the process: ${Math.round(process.memoryUsage.rss() / 2 ** 20)} MB`);
}

/** Nothing where the target is met; else the run fails. */
function reportOf(isMet: boolean): string {
  if (isMet) return '';
  process.exitCode = 1;
  return ' NOT MET';
}

function whole(value: number): string {
  return `${Math.round(value)}`;
}
