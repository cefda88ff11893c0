import type { TranscriptSession } from '#src/features/captions/transcript-line.ts';

/** Sessions whose server is remembered; the oldest are forgotten first. */
const mostSessions = 10_000;

/** Lane of the server of a session, in which its writes are done in order: so what is forgotten there is written before it goes. */
export class ServerWriteLanes {
  readonly #guilds = new Map<string, string>();

  note({ id, guildId }: Pick<TranscriptSession, 'guildId' | 'id'>): void {
    this.#guilds.delete(id);
    this.#guilds.set(id, guildId);
    const [oldest] = this.#guilds.keys();
    if (oldest !== undefined && this.#guilds.size > mostSessions) this.#guilds.delete(oldest);
  }

  of(sessionIds: readonly string[]): readonly string[] {
    return [...new Set(sessionIds.map((id) => this.#guilds.get(id) ?? id))];
  }
}
