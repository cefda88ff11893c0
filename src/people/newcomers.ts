/** People in a channel at one moment, and those of them who have said neither yes nor no. */
export type Attendance = {
  readonly atMs: number;
  readonly channelId: string;
  /** Whether people are asked at all now. */
  readonly mayAsk: boolean;
  readonly people: readonly {
    readonly id: string;
    readonly isBot: boolean;
    readonly unasked: boolean;
  }[];
};

/** Time, in ms, that a person is in the channel before they are asked; people who only pass through are not disturbed. */
const settleMs = 3_000;
/** Least time between two mentions in a channel, in ms: each one notifies a person. */
const apartMs = 60_000;

/** Finds people who have come into a channel after the bot and are to be asked; each person once in a session. */
export class UnaskedPeople {
  /** People who were there first, have been asked, or had answered before. */
  readonly #known = new Set<string>();
  /** Instants since which the others have been there, by id; in order of arrival. */
  readonly #sinceMs = new Map<string, number>();
  #channelId: string | undefined;
  #lastAtMs = Number.NEGATIVE_INFINITY;

  /** Id of the person to mention now. People who are there when the bot comes in see its panel, and are not mentioned. */
  next({ atMs, channelId, mayAsk, people }: Attendance): string | undefined {
    const here = people.filter(({ isBot }) => !isBot);
    const isFirstCheck = channelId !== this.#channelId;
    this.#channelId = channelId;
    this.#forgetAbsent(new Set(here.map(({ id }) => id)));
    for (const { id, unasked } of here) {
      if (isFirstCheck || !unasked) this.#known.add(id);
      if (this.#known.has(id)) this.#sinceMs.delete(id);
      else if (!this.#sinceMs.has(id)) this.#sinceMs.set(id, atMs);
    }
    return mayAsk ? this.#due(atMs) : undefined;
  }

  /** This person has been asked elsewhere. */
  asked(personId: string): void {
    this.#known.add(personId);
    this.#sinceMs.delete(personId);
  }

  /** Instant of the next mention, in ms; infinite where there is no person to mention. */
  get dueAtMs(): number {
    const [sinceMs = Number.POSITIVE_INFINITY] = this.#sinceMs.values();
    return Math.max(sinceMs + settleMs, this.#lastAtMs + apartMs);
  }

  #due(atMs: number): string | undefined {
    if (atMs - this.#lastAtMs < apartMs) return undefined;
    const [id] = [...this.#sinceMs].find(([, sinceMs]) => atMs - sinceMs >= settleMs) ?? [];
    if (id === undefined) return undefined;
    this.asked(id);
    this.#lastAtMs = atMs;
    return id;
  }

  #forgetAbsent(present: ReadonlySet<string>): void {
    for (const id of this.#sinceMs.keys()) if (!present.has(id)) this.#sinceMs.delete(id);
  }
}
