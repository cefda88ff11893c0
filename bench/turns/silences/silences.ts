import { shortestSilenceMs } from '#bench/turns/labels.ts';

/** A silence of one turn as eot-bench labels it: the last one is `eot`, every other one `hold`. */
export type LabelledSilence = {
  readonly kind: 'hold' | 'eot';
  readonly fromMs: number;
  /** Where the voice goes on; of `eot`, where the scene ends. */
  readonly toMs: number;
};

/** All silences of at least 100 ms of a turn, by the stretches in which its voice sounds. */
export function silencesOf(
  stretches: readonly (readonly [fromMs: number, toMs: number])[],
  lengthMs: number,
): LabelledSilence[] {
  const holds = stretches.slice(1).flatMap(([nextMs], n): LabelledSilence[] => {
    const fromMs = stretches[n]?.[1] ?? 0;
    return nextMs - fromMs < shortestSilenceMs ? [] : [{ kind: 'hold', fromMs, toMs: nextMs }];
  });
  const last = stretches.at(-1);
  return last ? [...holds, { kind: 'eot', fromMs: last[1], toMs: lengthMs }] : [];
}
