import type { GatewaySessionInfo } from './ownership.ts';
import type { ShardJournal } from './shard-registry.ts';

type Place = {
  readonly epoch: number;
  session?: GatewaySessionInfo;
  isSaved: boolean;
  /** The place in the session changes no more. */
  isKept: boolean;
};

/** Keeps the gateway sessions of shards in the database: a new one at once, the place in it with every `saveAll`. */
export class SessionSaver {
  readonly #journal: ShardJournal;
  readonly #places = new Map<number, Place>();

  constructor(journal: ShardJournal) {
    this.#journal = journal;
  }

  open(shardId: number, epoch: number): void {
    this.#places.set(shardId, { epoch, isSaved: true, isKept: false });
  }

  changed(shardId: number, epoch: number, session: GatewaySessionInfo): void {
    const place = this.#places.get(shardId);
    if (place?.epoch !== epoch) return;
    const isNew = place.session?.sessionId !== session.sessionId;
    if (place.isKept && !isNew) return;
    place.session = session;
    place.isSaved = false;
    if (isNew) void this.#save(shardId, place);
  }

  /** What the gateway tells from now on is told again to whoever resumes the session. */
  keepPlace(shardId: number, epoch: number): void {
    const place = this.#places.get(shardId);
    if (place?.epoch === epoch) place.isKept = true;
  }

  saveAll(): void {
    for (const [shardId, place] of this.#places) void this.#save(shardId, place);
  }

  /** Saves what is not saved yet, and keeps nothing of the shard any more. Never throws. */
  async close(shardId: number, epoch: number): Promise<void> {
    const place = this.#places.get(shardId);
    if (place?.epoch !== epoch) return;
    await this.#save(shardId, place);
    this.#places.delete(shardId);
  }

  /** Never throws: what is not kept now is kept with the next `saveAll`. */
  async #save(shardId: number, place: Place): Promise<void> {
    const { session, epoch, isSaved } = place;
    if (!session || isSaved) return;
    place.isSaved = true;
    try {
      await this.#journal.saveSession(shardId, epoch, session);
    } catch {
      place.isSaved = false;
    }
  }
}
