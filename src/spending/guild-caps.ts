import type { Amount, Caps } from './caps.ts';

/** Caps that a server sets for itself, in money or time; absent: the operator's alone. */
export type GuildCaps = Partial<Pick<Caps, 'personDay' | 'serverDay' | 'serverMonth'>>;

/** Caps that hold in a server: the lower one of each, in money and in time. */
export function loweredCaps(caps: Caps, own: GuildCaps): Caps {
  return {
    ...caps,
    personDay: lower(caps.personDay, own.personDay),
    serverDay: lower(caps.serverDay, own.serverDay),
    serverMonth: lower(caps.serverMonth, own.serverMonth),
  };
}

/** Whether a server may set this cap, under that of the operator. */
export function isWithin(cap: Amount, own: Amount): boolean {
  const { nanoUsd, ms } = lower(cap, own);
  return (own.nanoUsd === 0 || own.nanoUsd === nanoUsd) && (own.ms === 0 || own.ms === ms);
}

function lower(cap: Amount, own: Amount | undefined): Amount {
  if (!own) return cap;
  return { nanoUsd: lowerPart(cap.nanoUsd, own.nanoUsd), ms: lowerPart(cap.ms, own.ms) };
}

/** 0 is no cap. */
function lowerPart(one: number, other: number): number {
  if (one === 0 || other === 0) return one + other;
  return Math.min(one, other);
}
