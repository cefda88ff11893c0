// Both at once: is it interrupted by what should, and by nothing else? npm run bench:duplex (virtual time, some minutes).
import { parseArgs } from 'node:util';
import { type BenchChannelOptions, peopleOf } from '#bench/manners/channel.ts';
import { StreamingRecogniser } from '#bench/manners/corrections/streaming-recogniser.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { PartialTrust } from '#src/turn/partial-trust.ts';
import type { DuplexBot } from './bot.ts';
import { callPairs, playCalls } from './calls.ts';
import { type DuplexRun, figuresOf } from './figures.ts';
import { type OverlapKindName, overlapScenarios, playOverlaps } from './overlaps.ts';
import { type DuplexColumn, duplexTable, missedTargets } from './report.ts';
import { SessionBot } from './session-bot.ts';
import { naiveRules, SimpleBot, type SimpleRules, voiceActivityRules } from './simple-bots.ts';
import { makeSounds } from './sounds.ts';
import { lookUp, playWhileToolRuns, toolMs } from './tool-work.ts';
import { playTurns, storyScenarios, turnScenarios } from './turns.ts';

const crowd = 5;
const pairs = 200;
/** Share of scenes that play while a tool runs, one in so many: each takes 15 s. */
const everyToolScenario = 3;
/** Overlaps that play while a tool runs, and with two people. */
const fewKinds: readonly OverlapKindName[] = [
  'question',
  'stop',
  'backchannel',
  'to others, named',
  'between others',
];
/** From the end of a word to the partial that holds it. */
const [soonMs, lateMs] = [100, 600];
/** Delay of the final text. */
const settleMs = 120;

const { values: options } = parseArgs({ options: { only: { type: 'string' } } });
const codec = await loadOpus();
const sounds = await makeSounds();
const [turns, stories] = [await turnScenarios(codec), await storyScenarios(codec)];

type Open = (people: number, hasTool: boolean) => Promise<DuplexBot>;

function parley(more: BenchChannelOptions = {}): Open {
  return (people, hasTool) =>
    SessionBot.open(people, { ...more, ...(hasTool && { tools: (clock) => [lookUp(clock)] }) });
}

function simple(rules: SimpleRules): Open {
  return async (_people, hasTool) => new SimpleBot(rules, hasTool ? toolMs : 0);
}

function streaming(lagMs: number): BenchChannelOptions {
  const manner = { lagMs, settleMs };
  return {
    recognition: {
      transcriber: (...parts) => new StreamingRecogniser(...parts, manner),
      partialTrust: new PartialTrust(true),
    },
  };
}

async function playAll(open: Open): Promise<DuplexRun> {
  const people = peopleOf(crowd);
  const inTool = overlapScenarios(sounds, people, fewKinds).filter(
    (_, n) => n % everyToolScenario === 0,
  );
  return {
    overlaps: await playOverlaps(await open(crowd, false), overlapScenarios(sounds, people)),
    turns: await playTurns(await open(1, false), turns),
    stories: await playTurns(await open(1, false), stories),
    calls: await playCalls(await open(crowd, false), await callPairs(people, pairs)),
    tool: await playWhileToolRuns(await open(crowd, true), inTool),
  };
}

async function playOverlapsOf(count: number, open: Open, kinds?: readonly OverlapKindName[]) {
  const scenarios = overlapScenarios(sounds, peopleOf(count), kinds);
  return { overlaps: await playOverlaps(await open(count, false), scenarios) };
}

const bots: Readonly<Record<string, () => Promise<DuplexRun>>> = {
  Parley: () => playAll(parley()),
  'with partials': () => playAll(parley(streaming(soonMs))),
  'late partials': () => playOverlapsOf(crowd, parley(streaming(lateMs))),
  'two people': () => playOverlapsOf(2, parley(), fewKinds),
  'voice activity alone': () => playAll(simple(voiceActivityRules)),
  'naive bot': () => playAll(simple(naiveRules)),
};

const columns: DuplexColumn[] = [];
for (const [name, play] of Object.entries(bots)) {
  if (options.only !== undefined && !options.only.split(',').includes(name)) continue;
  columns.push({ name, figures: figuresOf(await play()) });
}
console.log(`Full duplex on virtual time\n\n${duplexTable(columns)}`);
console.log(
  `
Ours are spoken requests over a told story, most of them by made voices; the figures that others publish are of other
conversations. Only the distance to voice activity alone and to the naive bot may be held beside theirs.`,
);
const [first] = columns;
process.exitCode = first?.name === 'Parley' && missedTargets(first).length === 0 ? 0 : 1;
