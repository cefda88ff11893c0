// npm run bench -- glimpses [--questions 5]: what words that a page shows while somebody speaks cost. Fails where answers surely come over 5 % later.
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { findPercentile, formatTable, sumValues } from '#bench/format-table.ts';
import { clipFolders, readHumanClips } from '#bench/human-clips.ts';
import { judgePairs, pairCount } from '#bench/latency/accepted-result.ts';
import { writeWav } from '#src/audio/formats/wav.ts';
import { loadOpus } from '#src/audio/opus/opus-codec.ts';
import { getDurationMs, listenRateHz } from '#src/audio/pcm.ts';
import { WatchedBot, type WatchedQuestion } from './watched-bot.ts';

const { values: options } = parseArgs({
  options: {
    /** Questions of each half of a pair. */
    questions: { type: 'string', default: '5' },
  },
});
/** Orders of so many ms are long enough for glimpses, and short enough for many pairs. */
const [minClipMs, maxClipMs] = [3_000, 5_000];
const codec = await loadOpus();

await using folder = await mkdtempDisposable(join(tmpdir(), 'parley-glimpses-'));
const wavs = await writeQuestions(Number(options.questions));
await using bot = await WatchedBot.open(join(folder.path, 'data'));
await measurePair(false); // loads the second recogniser, and hears the long first answer

const pairs: Pair[] = [];
for (let n = 0; n < pairCount; n++) pairs.push(await measurePair(n % 2 === 1));
printPairs();

type Half = { readonly answerMs: number } & Omit<WatchedQuestion, 'answerMs'>;
/** `ratio` is the median of the questions, each of which was asked twice in a row. */
type Pair = { readonly closed: Half; readonly open: Half; readonly ratio: number };

/** Writes orders of people, spoken without a pause, as WAV files. */
async function writeQuestions(count: number) {
  const paths: string[] = [];
  for await (const clip of readHumanClips(clipFolders.people, codec)) {
    if (paths.length === count) break;
    const pcm = { samples: clip.samples, rateHz: listenRateHz, channels: 1 } as const;
    const durationMs = getDurationMs(pcm);
    const isOrder = clip.kind === 'command' && clip.stretches.length === 1;
    if (!isOrder || durationMs < minClipMs || durationMs > maxClipMs) continue;
    const path = join(folder.path, `${paths.length}.wav`);
    await writeFile(path, writeWav(pcm));
    paths.push(path);
  }
  return paths;
}

/** Asks each question both ways, one after the other, so that other work of the machine weighs on both. */
async function measurePair(isOpenFirst: boolean): Promise<Pair> {
  const open: WatchedQuestion[] = [];
  const closed: WatchedQuestion[] = [];
  for (const [n, wav] of wavs.entries())
    for (const isOpen of n % 2 === Number(isOpenFirst) ? [true, false] : [false, true])
      (isOpen ? open : closed).push(await bot.ask(wav, isOpen));
  const ratios = open.map(
    ({ answerMs = Number.NaN }, n) => answerMs / (closed[n]?.answerMs ?? Number.NaN),
  );
  const ratio = findPercentile(ratios, 0.5);
  return { open: toHalf(open), closed: toHalf(closed), ratio };
}

function toHalf(questions: readonly WatchedQuestion[]): Half {
  const answers = questions.flatMap(({ answerMs }) => answerMs ?? []);
  const sumQuestions = (key: 'botCpuMs' | 'glimpseCpuMs' | 'shown') =>
    sumValues(questions, (question) => question[key]);
  if (answers.length < questions.length)
    reportMistake(`${questions.length - answers.length} questions had no answer.`);
  return {
    answerMs: findPercentile(answers, 0.5),
    botCpuMs: sumQuestions('botCpuMs'),
    glimpseCpuMs: sumQuestions('glimpseCpuMs'),
    shown: sumQuestions('shown'),
  };
}

function printPairs() {
  const ratios = pairs.map(({ ratio }) => ratio);
  const rows = pairs.map(({ closed, open, ratio }) => [
    closed.answerMs,
    open.answerMs,
    ratio.toFixed(3),
    (open.botCpuMs / closed.botCpuMs).toFixed(3),
    ((open.botCpuMs + open.glimpseCpuMs) / closed.botCpuMs).toFixed(3),
    closed.shown,
    open.shown,
  ]);
  const columns = [
    'answer after ms',
    'page open',
    'ratio',
    'CPU of the bot',
    'with the second ears',
    'texts shown',
    'page open',
  ];
  console.log(formatTable(columns, rows));
  const { growth, high, isWorse, low } = judgePairs(ratios, 1);
  const [mean, from, to] = [growth, low, high].map(
    (share) => `${(100 * share).toFixed(1)} %`,
  );
  console.log(`later by ${mean}, 95 % interval ${from} to ${to}`);
  if (isWorse) reportMistake('An open page makes answers later by more than 5 %.');
  if (pairs.every(({ open }) => open.shown === 0))
    reportMistake('No page showed words.');
}

function reportMistake(sentence: string) {
  console.error(sentence);
  process.exitCode = 1;
}
