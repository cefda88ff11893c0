/** People in a channel, and those whose joining was announced. */
export type JoinsState = {
  readonly hereIds: ReadonlySet<string>;
  /** People who have come and are still to be announced. */
  readonly arrivedIds: readonly string[];
  /** Time when the first of them came, in ms. */
  readonly sinceMs: number;
  /** Time of the last announcement of each, in ms; only those of the last minute. */
  readonly announcedAtMs: ReadonlyMap<string, number>;
};

export type JoinsMoment = {
  readonly atMs: number;
  readonly hereIds: readonly string[];
  /** Whether this person agreed to be heard: others are not announced. */
  readonly mayAnnounce: (personId: string) => boolean;
};

/** People who come within this time, in ms, are announced together. */
const togetherMs = 1_500;
/** Least time, in ms, between two announcements of one person. */
const apartMs = 60_000;

/** People who are there at the start are not announced. */
export function joinsFrom(hereIds: readonly string[]): JoinsState {
  return { hereIds: new Set(hereIds), arrivedIds: [], sinceMs: 0, announcedAtMs: new Map() };
}

/** One check of the people in the channel: the new state, and the people to announce now. */
export function stepJoins(
  state: JoinsState,
  { atMs, hereIds, mayAnnounce }: JoinsMoment,
): readonly [JoinsState, readonly string[]] {
  const here = new Set(hereIds);
  const announcedAtMs = new Map(
    [...state.announcedAtMs].filter(([, announcedMs]) => atMs - announcedMs < apartMs),
  );
  const isNew = (id: string) => !state.hereIds.has(id) && !announcedAtMs.has(id) && mayAnnounce(id);
  const waiting = state.arrivedIds.filter((id) => here.has(id));
  const arrivedIds = [...waiting, ...hereIds.filter(isNew)];
  const sinceMs = waiting.length > 0 ? state.sinceMs : atMs;
  if (arrivedIds.length === 0 || atMs - sinceMs < togetherMs)
    return [{ hereIds: here, arrivedIds, sinceMs, announcedAtMs }, []];
  for (const id of arrivedIds) announcedAtMs.set(id, atMs);
  return [{ hereIds: here, arrivedIds: [], sinceMs, announcedAtMs }, arrivedIds];
}

/** Whether people wait to be announced. */
export function isGathering({ arrivedIds }: JoinsState): boolean {
  return arrivedIds.length > 0;
}
