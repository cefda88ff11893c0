import { type Amount, nothing } from '#src/spending/caps.ts';
import { none } from './presence-settings.ts';

/** Caps of a server below those of the operator; no money and no time: the operator's alone. */
export type BudgetSettings = {
  readonly personDayCap: Amount;
  readonly serverDayCap: Amount;
  readonly serverMonthCap: Amount;
};

export const noOwnCaps: BudgetSettings = {
  personDayCap: nothing,
  serverDayCap: nothing,
  serverMonthCap: nothing,
};

/** Money in US dollars and time in minutes, one or both, as in `2`, `$0.50`, `30m` or `2 30m`; undefined: not readable. */
export function readCap(words: string): Amount | undefined {
  if (words.toLowerCase() === none) return nothing;
  let cap = nothing;
  for (const word of words.split(/[\s,]+/)) {
    const [, usd] = /^\$?(\d{1,6}(?:\.\d{1,4})?)$/.exec(word) ?? [];
    const [, minutes] = /^(\d{1,6})(?:m|min)$/i.exec(word) ?? [];
    const [nanoUsd, ms] = [Math.round(Number(usd ?? 0) * 1e9), Number(minutes ?? 0) * 60_000];
    const isTwice = (nanoUsd > 0 && cap.nanoUsd > 0) || (ms > 0 && cap.ms > 0);
    if (nanoUsd + ms === 0 || isTwice) return undefined;
    cap = { nanoUsd: cap.nanoUsd + nanoUsd, ms: cap.ms + ms };
  }
  return cap;
}

/** Text of a cap, as it may be typed again. */
export function shownCap({ ms, nanoUsd }: Amount): string {
  const parts = [
    ...(nanoUsd > 0 ? [`$${nanoUsd / 1e9}`] : []),
    ...(ms > 0 ? [`${ms / 60_000}m`] : []),
  ];
  return parts.length === 0 ? none : parts.join(' ');
}
