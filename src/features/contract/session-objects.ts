import type { SessionPlace } from '#src/conversation/session.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';

type PlacedSession = { readonly place: SessionPlace };

/** One object of a feature for each session of a shard. */
export class SessionObjects<One> {
  readonly #sessions: ServerSessions;
  readonly #all = new WeakMap<SessionPlace, One>();

  constructor(sessions: ServerSessions) {
    this.#sessions = sessions;
  }

  add({ place }: PlacedSession, one: One): One {
    this.#all.set(place, one);
    return one;
  }

  get({ place }: PlacedSession): One {
    const one = this.#all.get(place);
    if (one === undefined)
      throw new Error('The feature has not begun with this session.');
    return one;
  }

  /** Finds the object of the server's session. Undefined without a session. */
  find(guildId: GuildId): One | undefined {
    const session = this.#sessions.findSession(guildId);
    return session && this.get(session);
  }

  list(guildId?: GuildId): readonly One[] {
    const sessions = guildId
      ? this.#sessions.listSessions(guildId)
      : this.#sessions.listAll();
    return sessions.map((one) => this.get(one));
  }
}
