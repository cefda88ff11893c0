import { join } from 'node:path';
import { readModelText } from './model-files.ts';
import type { HeardTurn } from './smart-turn.ts';

/** Weights by which a heard turn becomes one logit, made by `scripts/models/turn_head.py`. */
export type TurnHead = {
  readonly bias: number;
  /** Weight of the logit of the model's own probability. */
  readonly own: number;
  /** A weight for each number of the pooled sound, or none. */
  readonly pooled: readonly number[];
};

const minProbability = 0.001;

/** Reads the head of the model in this folder. Throws like `checkModelFile`. */
export async function readTurnHead(folder: string): Promise<TurnHead> {
  return JSON.parse(await readModelText(join(folder, 'head.json'), 'utf8'));
}

/** Computes the logit that a heard turn is over. */
export function computeTurnLogit(
  { bias, own, pooled }: TurnHead,
  heard: HeardTurn,
): number {
  const { probability } = heard;
  const sure = Math.max(minProbability, Math.min(1 - minProbability, probability));
  let logit = bias + own * Math.log(sure / (1 - sure));
  for (let n = 0; n < pooled.length; n++)
    logit += (pooled[n] ?? 0) * (heard.pooled[n] ?? 0);
  return logit;
}
