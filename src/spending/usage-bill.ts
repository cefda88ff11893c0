import type { ServedBy } from '#src/provider/models/served-by.ts';
import type { EngineUsage } from '#src/speech/ports.ts';
import type { Use } from './cost.ts';

/** Counted work, in one or two ways: the first of them that has a price is paid. */
export type UsageCount = {
  readonly uses: readonly Use[];
  /** Engine that did the work; undefined: the usual one. */
  readonly by: ServedBy | undefined;
};

/** Counted work of an engine: by its own report, or else by our estimate. */
export function workOf(usage: EngineUsage | undefined, estimate: Use): UsageCount {
  const count = usage?.count;
  return { uses: count ? [count, estimate] : [estimate], by: usage?.by };
}
