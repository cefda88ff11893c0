import { type Amount, type Caps, nothing } from '#src/spending/caps.ts';
import { type GuildCaps, isWithin } from '#src/spending/guild-caps.ts';
import { bad, none, ok, type ServerSetting } from './setting-definition.ts';

/** Most characters of two numbers, as in `$100000.0001 999999min`. */
const maxCapChars = 30;

/** Caps of a server below those of the operator; no money and no time: the operator's alone. */
export const personDayCap = capSetting('budget_person', 'personDay');
export const serverDayCap = capSetting('budget_day', 'serverDay');
export const serverMonthCap = capSetting('budget_month', 'serverMonth');

function capSetting(
  key: `budget_${'person' | 'day' | 'month'}`,
  of: keyof GuildCaps & keyof Caps,
): ServerSetting<Amount> {
  return {
    key,
    group: 'settings.group.budget',
    about: `settings.about.${key}`,
    inputs: [{ kind: 'typed', maxChars: maxCapChars }],
    standard: () => nothing,
    read(words, { caps }) {
      const cap = readCap(words);
      if (!cap) return bad;
      return isWithin(caps[of], cap) ? ok(cap) : { kind: 'above', key, cap: shownCap(caps[of]) };
    },
    shown: shownCap,
    values: () => [none],
  };
}

/** Money in US dollars and time in minutes, one or both, as in `2`, `$0.50`, `30m` or `2 30m`; undefined: not readable. */
function readCap(words: string): Amount | undefined {
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
function shownCap({ ms, nanoUsd }: Amount): string {
  const parts = [
    ...(nanoUsd > 0 ? [`$${nanoUsd / 1e9}`] : []),
    ...(ms > 0 ? [`${ms / 60_000}m`] : []),
  ];
  return parts.length === 0 ? none : parts.join(' ');
}
