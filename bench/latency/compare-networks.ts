import type { QuestionClip } from '#bench/question-clips.ts';
import type { ProxyNetwork } from '#test/fakes/tcp-proxy.ts';
import { type BenchRow, benchRows } from './bench-rows.ts';
import { type MeasuredPath, openMeasuredPath } from './measured-path.ts';
import { toSpread } from './turn-figures.ts';

/** Round trips that an answer may take at most above loopback. */
const maxRoundTrips = { gate: 3, 'gate, audio-model': 1, 'gate, realtime': 1 } as const;
/** Further delay that an answer may have, in ms. */
const toleranceMs = 20;
/** 10 Mbit/s. */
const bytesPerMs = 1_250;

/** Measures, in the row of this name or (for an empty one) in all, how much later answers are heard where each server is `roundTripMs` away, and complains of later answers than a network explains. */
export async function compareNetworks(
  clips: readonly QuestionClip[],
  turns: number,
  roundTripMs: number,
  rowName: string,
  complain: (sentence: string) => void,
): Promise<void> {
  for (const [name, trips] of Object.entries(maxRoundTrips)) {
    if (rowName !== '' && rowName !== name) continue;
    const row = benchRows.find((candidate) => candidate.name === name);
    if (!row) throw new Error(`There is no row ${name}.`);
    const pairs = await measurePairs(row, { roundTripMs, bytesPerMs }, clips, turns);
    const findMedian = (values: readonly number[]) => toSpread(values).p50;
    const nearMs = findMedian(pairs.map(([ms]) => ms));
    const farMs = findMedian(pairs.map(([, ms]) => ms));
    const laterMs = Math.round(findMedian(pairs.map(([near, far]) => far - near)));
    const maxLaterMs = trips * roundTripMs + toleranceMs;
    console.log(
      `${name}: ${nearMs} ms, at ${roundTripMs} ms of round trip ${farMs} ms; the same question ${laterMs} ms later`,
    );
    if (!(laterMs <= maxLaterMs))
      complain(`${name}: ${laterMs} ms later, ${maxLaterMs} are wanted.`);
  }
}

/** Asks each question near and far away in turn, since other work on the machine comes and goes. */
async function measurePairs(
  row: BenchRow,
  network: ProxyNetwork,
  clips: readonly QuestionClip[],
  turns: number,
) {
  await using near = await openMeasuredPath(row);
  await using far = await openMeasuredPath(row, network);
  const pairs: (readonly [nearMs: number, farMs: number])[] = [];
  for (let n = 0; n < turns; n++) {
    const clip = clips.slice(n % clips.length).slice(0, 1);
    const [nearMs] = await listHeardMs(near, clip);
    const [farMs] = await listHeardMs(far, clip);
    if (nearMs !== undefined && farMs !== undefined) pairs.push([nearMs, farMs]);
  }
  return pairs;
}

/** Lists the waits of questions that were answered whole. */
async function listHeardMs(path: MeasuredPath, clips: readonly QuestionClip[]) {
  const { turns } = await path.measureTurns(clips, clips.length);
  return turns.flatMap(({ sinceMs, isWhole }) =>
    isWhole ? sinceMs['first packet heard'] : [],
  );
}
