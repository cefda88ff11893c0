import { EchoMeter, type EchoView } from '#src/audio/echo/echo-meter.ts';
import { SentEnvelope } from '#src/audio/echo/echo-sent.ts';
import type { OpusCodec } from '#src/audio/opus/opus.ts';
import type { SileroWeights } from '#src/audio/voice/silero.ts';
import { type EchoRoom, happenings } from './echo-room.ts';

/** One voiced window and what the meter thought after it. */
export type EchoJudgement = EchoView & { readonly atMs: number };

/** After so much without a voiced window an utterance is over. */
const pauseMs = 500;
const voiced = 0.5;
const windowMs = 32;

/** Utterances in order, each with its voiced windows. */
export function utterancesIn(
  acoustics: EchoRoom,
  codec: OpusCodec,
  weights: SileroWeights,
): readonly (readonly EchoJudgement[])[] {
  const sent = new SentEnvelope();
  const meter = new EchoMeter(sent);
  const utterances: EchoJudgement[][] = [];
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const event of happenings(acoustics, codec, weights)) {
    if (event.kind === 'left') {
      sent.left(event.samples, event.atMs);
      continue;
    }
    const { atMs, probability } = event.window;
    if (atMs - lastMs > pauseMs && utterances.at(-1)?.length !== 0) {
      meter.over();
      utterances.push([]);
    }
    const view = meter.hear(event.window);
    if (probability < voiced) continue;
    lastMs = atMs;
    utterances.at(-1)?.push({ ...view, atMs });
  }
  return utterances.filter(({ length }) => length > 0);
}

/** From the start of the first voiced window to the end of the last one. */
export function lengthMs(utterance: readonly EchoJudgement[]): number {
  return (utterance.at(-1)?.atMs ?? 0) - (utterance[0]?.atMs ?? 0) + windowMs;
}

/** From the same instant to the verdict. */
export function msTo(
  verdict: EchoView['verdict'],
  utterance: readonly EchoJudgement[],
): number | undefined {
  const found = utterance.find((judged) => judged.verdict === verdict);
  return found && found.atMs - (utterance[0]?.atMs ?? 0) + windowMs;
}
