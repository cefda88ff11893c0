import type { TurnMoment } from '#bench/turns/silences/turn-moments.ts';

/** The rule of 974dd23a8, kept to be compared with: delays by the logit of the words and 0.7 times that of Smart Turn. */
const delaysByLogit = [
  [-3, 1200],
  [-2, 950],
  [-1, 700],
  [0, 480],
  [0.4, 420],
  [0.8, 370],
  [1.6, 310],
  [3, 270],
] as const;
const undecidedMs = 480;
const maxDelayMs = 1200;
const maxHeldDelayMs = 2000;

/** Decides as that rule did, with Smart Turn's own logit: undefined where it has not answered. */
export function decideFormerDelay(
  { signs }: TurnMoment,
  own: number | 'pending' | undefined,
  shift: number,
): number {
  const sound = typeof own === 'number' ? clampValue(0.7 * own, -4, 4) : undefined;
  const maxMs = signs.endOfTurn && sound !== undefined ? maxHeldDelayMs : maxDelayMs;
  const lagMs = signs.isLagging ? 50 : 0;
  const logit = (signs.endOfTurn?.completeLogit ?? 0) + (sound ?? 0) + shift;
  const usualMs = interpolateDelay(logit);
  const growth = (maxMs - maxDelayMs) / (maxDelayMs - undecidedMs);
  const heldMs = Math.max(0, usualMs - undecidedMs) * growth;
  const decidedMs = clampValue(usualMs + heldMs - lagMs, 150, maxMs);
  const isBlind = !signs.endOfTurn && sound === undefined;
  const blindMs = signs.isClosed ? 300 : 500;
  const dueMs = !signs.endOfTurn && signs.isTextless ? 400 : 0;
  return Math.max(isBlind ? blindMs : decidedMs, dueMs, own === 'pending' ? 420 : 0);
}

function interpolateDelay(logit: number) {
  let [fromLogit, fromMs]: readonly [number, number] = delaysByLogit[0];
  if (logit <= fromLogit) return fromMs;
  for (const [toLogit, toMs] of delaysByLogit) {
    if (logit <= toLogit && toLogit > fromLogit)
      return fromMs + ((toMs - fromMs) * (logit - fromLogit)) / (toLogit - fromLogit);
    [fromLogit, fromMs] = [toLogit, toMs];
  }
  return fromMs;
}

function clampValue(value: number, min: number, max: number) {
  return Math.max(min, Math.min(max, value));
}
