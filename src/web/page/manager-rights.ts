import type { Clock } from '#src/base/clock.ts';
import type { PageViewer } from '#src/web/http/viewer.ts';

/** Facts of Discord about managers. */
export interface ManagerFacts {
  /** Answer as far as Discord has told. */
  mayManage(guildId: string, personId: string): boolean;
  /** Asks it how that member is now. Errors: BotError `discord.unreachable`. */
  refreshMember(guildId: string, personId: string): Promise<void>;
}

type Asking = { readonly sinceMs: number; readonly done: Promise<void> };
type Manager = Extract<PageViewer, { kind: 'manager' }>;

/** Age in ms from which what Discord has told of a manager is asked for anew. */
const askEveryMs = 15_000;

/**
 * Checks whether a viewer may still see the page. Discord does not report changes of roles, so it is asked about each
 * manager who watches or asks for something, every 15 s; while it does not answer, its last answer holds.
 */
export class ManagerRights {
  readonly #clock: Pick<Clock, 'nowMs'>;
  readonly #facts: () => ManagerFacts | undefined;
  readonly #askings = new Map<string, Asking>();

  constructor(clock: Pick<Clock, 'nowMs'>, facts: () => ManagerFacts | undefined) {
    this.#clock = clock;
    this.#facts = facts;
  }

  /** Check by an answer of Discord that is 15 s old at most. */
  async isCurrent(viewer: PageViewer): Promise<boolean> {
    if (viewer.kind === 'manager') await this.#ask(viewer);
    return this.#mayWatch(viewer);
  }

  /** Answer as far as it is known; one that is too old is asked for without waiting. */
  seemsCurrent(viewer: PageViewer): boolean {
    if (viewer.kind === 'manager') void this.#ask(viewer);
    return this.#mayWatch(viewer);
  }

  #mayWatch(viewer: PageViewer): boolean {
    if (viewer.kind !== 'manager') return viewer.kind === 'owner';
    return this.#facts()?.mayManage(viewer.guildId, viewer.userId) === true;
  }

  /** Never rejects. */
  #ask({ guildId, userId }: Manager): Promise<void> {
    const nowMs = this.#clock.nowMs();
    for (const [key, { sinceMs }] of this.#askings)
      if (nowMs - sinceMs >= askEveryMs) this.#askings.delete(key);
    const key = `${guildId} ${userId}`;
    const asking = this.#askings.get(key) ?? { sinceMs: nowMs, done: this.#asked(guildId, userId) };
    this.#askings.set(key, asking);
    return asking.done;
  }

  async #asked(guildId: string, userId: string): Promise<void> {
    try {
      await this.#facts()?.refreshMember(guildId, userId);
    } catch {
      // Unreachable: what Discord told last holds, and it is asked again.
    }
  }
}
