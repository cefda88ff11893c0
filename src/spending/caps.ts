/** The most that may be spent a day, in billionths of a dollar; 0: no cap. */
export type Caps = { readonly personDay: number; readonly serverDay: number };

/** Whether `more` may be spent, too, without passing the cap. All in billionths of a dollar. */
export function fits(spent: number, more: number, cap: number): boolean {
  return cap === 0 || spent + more <= cap;
}

/** The lower one of two caps, of which 0 is none. */
export function lowerCap(one: number, other: number): number {
  return one === 0 || other === 0 ? one + other : Math.min(one, other);
}
