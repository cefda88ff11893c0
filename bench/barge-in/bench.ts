import { monitorEventLoopDelay } from 'node:perf_hooks';
import { Clips } from '#bench/clips.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { usualPace } from '#test/fakes/providers/providers.ts';
import { BargeInSandbox } from './barge-in-sandbox.ts';
import { decideAll } from './deciding.ts';
import { endure } from './enduring.ts';
import { interrupt } from './interrupting.ts';
import { ClairvoyantRecogniser, guesses, humanRemarks, spokenStops } from './remarks.ts';
import { type BrokenRow, brokenTable, decidedTable, enduredTable } from './report.ts';
import { makeSmallSounds, type SmallSound } from './small-sounds.ts';

/** Its name among the rows. */
export const bargeInRow = 'barge-in';
/** Latency assumed for a streaming recogniser. */
const knownMs = 100;
/** Longer than any small sound. */
const leastRemarkMs = 450;
const patientPeople = ['Berta', 'Carl', 'Dora'];
const roundsPerTurn = 20 / 33;
const streamedRoundsPerTurn = 12 / 33;
const soundsPerTurn = 100 / 33;

/**
 * Barge-in of people, and small sounds that do not interrupt: two bots at once, five calls in all.
 *
 * What is wrong with the measurement itself comes back, a sentence each.
 */
export async function benchBargeIn(turns: number): Promise<readonly string[]> {
  await using clips = await Clips.open();
  const remarks = humanRemarks(clips.all);
  const all = await makeSmallSounds(await loadOpus());
  const sounds = all.slice(0, Math.round(turns * soundsPerTurn));
  const stalls = monitorEventLoopDelay({ resolution: 5 });
  stalls.enable();
  const [asked, streamed] = await Promise.all([
    withWholeTexts(clips, sounds, Math.ceil(turns * roundsPerTurn)),
    withPartials(clips, Math.ceil(turns * streamedRoundsPerTurn)),
  ]);
  console.log(`\n${brokenTable([...asked.rows, ...streamed.rows])}`);
  console.log(`\n${enduredTable(asked.endured)}`);
  console.log(
    `the bench itself stood still for ${wholeMs(stalls.percentile(99))} ms (p99), ${wholeMs(stalls.max)} (max)`,
  );
  const people = await decideAll(remarks.map(({ pcm }) => pcm));
  const small = await decideAll(sounds.map(({ pcm }) => pcm));
  console.log(`\n${decidedTable(people, small, sounds)}`);
  return [...asked.faults, ...streamed.faults].map((what) => `barge-in: ${what}`);
}

function wholeMs(ns: number): string {
  return (ns / 1e6).toFixed(0);
}

type BargeInResult = { readonly rows: readonly BrokenRow[]; readonly faults: readonly string[] };

/** One bot in four calls: in one it is interrupted, in the others there are small sounds. */
async function withWholeTexts(clips: Clips, sounds: readonly SmallSound[], rounds: number) {
  const remarks = humanRemarks(clips.all);
  const recogniser = new ClairvoyantRecogniser({ knownMs: leastRemarkMs, guesses });
  await using bargeIn = await BargeInSandbox.open({
    mock: { hears: (pcm) => recogniser.hear(pcm) },
    people: ['Adam', ...patientPeople],
    streams: false,
  });
  const [first, ...others] = bargeIn.channels;
  if (!first) throw new Error('There is no room.');
  const [broken, ...endured] = await Promise.all([
    interrupt(first, { remarks, rounds, onRemark: (remark) => recogniser.expect(remark) }),
    ...others.map((channel, n) =>
      endure(
        channel,
        sounds.filter((_, at) => at % others.length === n),
        n + 1,
      ),
    ),
  ]);
  const rows: BrokenRow[] = [
    { name: 'a sentence', broken: broken.remarks, target: { down: 140, p50: 300, p95: 400 } },
    { name: '/stop, from the command', broken: broken.stops, target: { p95: 200 } },
  ];
  const faults = [...broken.faults, ...endured.flatMap((one) => one.faults)];
  return { rows, endured, faults };
}

async function withPartials(clips: Clips, rounds: number): Promise<BargeInResult> {
  const remarks = humanRemarks(clips.all);
  const stops = await spokenStops();
  const recogniser = new ClairvoyantRecogniser({ knownMs });
  const { recogniseMs } = usualPace;
  await using bargeIn = await BargeInSandbox.open({
    mock: {
      hears: (pcm) => recogniser.hear(pcm),
      realtime: { recogniseMs, sureMs: 0 },
    },
    people: ['Adam'],
    streams: true,
  });
  const [channel] = bargeIn.channels;
  if (!channel) throw new Error('There is no room.');
  const found = await interrupt(channel, {
    remarks,
    rounds,
    stops,
    onRemark: (remark) => recogniser.expect(remark),
    reportedAtMs: () => recogniser.reportedAtMs,
  });
  const rows: BrokenRow[] = [
    { name: 'a sentence, partial texts', broken: found.remarks, target: { down: 140, p95: 240 } },
    { name: '"stop", partial texts', broken: found.stops, target: { down: 140, p95: 240 } },
  ];
  return { rows, faults: found.faults };
}
