/** People in a channel, and those whose joining was announced. */
export type JoinsState = {
  readonly hereIds: ReadonlySet<string>;
  /** People who have come and are still to be announced. */
  readonly arrivedIds: readonly string[];
  /** Time when the first of them came, in ms. */
  readonly sinceMs: number;
  /** Time of the last announcement of each, in ms; only those of the last minute. */
  readonly toldAtMs: ReadonlyMap<string, number>;
};

export type JoinsMoment = {
  readonly atMs: number;
  readonly hereIds: readonly string[];
  /** Whether this person agreed to be heard: others are not announced. */
  readonly mayTell: (personId: string) => boolean;
};

/** People who come within this time, in ms, are announced together. */
const togetherMs = 1_500;
/** Least time, in ms, between two announcements of one person. */
const apartMs = 60_000;

/** People who are there at the start are not announced. */
export function joinsFrom(hereIds: readonly string[]): JoinsState {
  return { hereIds: new Set(hereIds), arrivedIds: [], sinceMs: 0, toldAtMs: new Map() };
}

/** One check of the people in the channel: the new state, and the people to announce now. */
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

/** Whether people wait to be announced. */
export function isGathering({ arrivedIds }: JoinsState): boolean {
  return arrivedIds.length > 0;
}
