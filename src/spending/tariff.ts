import type { PaidRole, RolePrice } from '#src/spending/prices/prices.ts';
import { costOf } from './cost.ts';

/** Prices of the roles of one server. */
export type Tariff = {
  readonly recognise: RolePrice;
  /** Whether the recogniser gets the sound once, while it is spoken. */
  readonly streams?: boolean;
  readonly think: RolePrice;
  readonly speak: RolePrice;
  /** Prices of further models that may be asked in a role: a fallback, those that people choose. */
  readonly others?: Partial<Readonly<Record<PaidRole, readonly RolePrice[]>>>;
};

/** Expected cost of a text that is spoken, in billionths of a dollar. */
export function speechCost(characters: number, { speak }: Tariff): number {
  const ms = Math.round(spokenMs(characters));
  return costOf([{ kind: 'spoken', characters, ms }], 'speak', speak);
}

/** Speaking rate, in characters per ms. */
const charactersPerMs = 0.015;

/** About how many characters are said in `ms` of speech. */
export function spokenCharacters(ms: number): number {
  return ms * charactersPerMs;
}

/** About how long, in ms, so many characters are said. */
export function spokenMs(characters: number): number {
  return characters / charactersPerMs;
}
