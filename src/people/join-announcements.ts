/** Who is in a channel, and whose coming was told. */
export type JoinsState = {
  readonly hereIds: ReadonlySet<string>;
  /** People who have come and are still to be told of. */
  readonly arrivedIds: readonly string[];
  /** When the first of them came, in ms. */
  readonly sinceMs: number;
  /** When the coming of each was told last, in ms; only of the last minute. */
  readonly toldAtMs: ReadonlyMap<string, number>;
};

export type JoinsMoment = {
  readonly atMs: number;
  readonly hereIds: readonly string[];
  /** Whether this person agreed to be heard: the others are nobody's to be told of. */
  readonly mayTell: (personId: string) => boolean;
};

/** People who come within this time, in ms, are told of together. */
const togetherMs = 1_500;
/** Least time, in ms, between two announcements of one person. */
const apartMs = 60_000;

/** Those who are there when it begins are told of to nobody. */
export function joinsFrom(hereIds: readonly string[]): JoinsState {
  return { hereIds: new Set(hereIds), arrivedIds: [], sinceMs: 0, toldAtMs: new Map() };
}

/** One look at who is there: the new state, and the people who are to be told of now. */
export function stepJoins(
  state: JoinsState,
  { atMs, hereIds, mayTell }: JoinsMoment,
): readonly [JoinsState, readonly string[]] {
  const here = new Set(hereIds);
  const toldAtMs = new Map([...state.toldAtMs].filter(([, toldMs]) => atMs - toldMs < apartMs));
  const isNew = (id: string) => !state.hereIds.has(id) && !toldAtMs.has(id) && mayTell(id);
  const waiting = state.arrivedIds.filter((id) => here.has(id));
  const arrivedIds = [...waiting, ...hereIds.filter(isNew)];
  const sinceMs = waiting.length > 0 ? state.sinceMs : atMs;
  if (arrivedIds.length === 0 || atMs - sinceMs < togetherMs)
    return [{ hereIds: here, arrivedIds, sinceMs, toldAtMs }, []];
  for (const id of arrivedIds) toldAtMs.set(id, atMs);
  return [{ hereIds: here, arrivedIds: [], sinceMs, toldAtMs }, arrivedIds];
}

/** Whether somebody waits to be told of. */
export function isGathering({ arrivedIds }: JoinsState): boolean {
  return arrivedIds.length > 0;
}
