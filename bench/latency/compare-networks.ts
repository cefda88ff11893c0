import type { QuestionClip } from '#bench/question-clips.ts';
import { benchRows } from './bench-rows.ts';
import { toTurnFigures } from './latency-report.ts';
import { openMeasuredPath } from './measured-path.ts';

/** Round trips that an answer may take at most above loopback, and a rest in ms. */
const maxRoundTrips = { gate: 3, 'gate, audio-model': 1, 'gate, realtime': 1 } as const;
const restMs = 20;
/** 10 Mbit/s. */
const bytesPerMs = 1_250;

/** Measures, in one row or in all, how much later answers are heard where each server is `roundTripMs` away, and complains of more than is wanted. */
export async function compareNetworks(
  clips: readonly QuestionClip[],
  turns: number,
  roundTripMs: number,
  rowName: string,
  complain: (sentence: string) => void,
) {
  for (const [name, trips] of Object.entries(maxRoundTrips)) {
    if (rowName !== '' && rowName !== name) continue;
    const row = benchRows.find((one) => one.name === name);
    if (!row) throw new Error(`There is no row ${name}.`);
    const measure = async (network?: { roundTripMs: number; bytesPerMs: number }) => {
      await using path = await openMeasuredPath(row, network);
      return toTurnFigures(await path.measureTurns(clips, turns)).heard.p50;
    };
    const [nearMs, farMs] = [
      await measure(),
      await measure({ roundTripMs, bytesPerMs }),
    ];
    const [moreMs, wantedMs] = [
      Math.round(farMs - nearMs),
      trips * roundTripMs + restMs,
    ];
    console.log(
      `${name}: ${nearMs} ms, at ${roundTripMs} ms of round trip ${farMs} ms`,
    );
    if (!(moreMs <= wantedMs))
      complain(`${name}: ${moreMs} ms later, ${wantedMs} are wanted.`);
  }
}
