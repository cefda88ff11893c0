import type { GuildId } from '#src/base/ids.ts';
import type { SessionChannel } from '#src/conversation/session.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';

type PlacedSession = { readonly voiceChannel: SessionChannel };

/** One object of a feature for each session of a shard. */
export class SessionObjects<SessionObject> {
  readonly #sessions: ServerSessions;
  readonly #objects = new WeakMap<SessionChannel, SessionObject>();

  constructor(sessions: ServerSessions) {
    this.#sessions = sessions;
  }

  /** Keeps the object of a session, and returns it. Call it as the session begins. */
  add({ voiceChannel }: PlacedSession, object: SessionObject): SessionObject {
    this.#objects.set(voiceChannel, object);
    return object;
  }

  /** Returns the object of a session. Throws before `add`. */
  get({ voiceChannel }: PlacedSession): SessionObject {
    const object = this.#objects.get(voiceChannel);
    if (object === undefined)
      throw new Error('The feature has not begun with this session.');
    return object;
  }

  /** Finds the object of the session that a server has now. */
  find(guildId: GuildId): SessionObject | undefined {
    const session = this.#sessions.findSession(guildId);
    return session && this.get(session);
  }

  /** Lists objects of a server or, without one, of the shard, also of sessions that begin or end now. */
  list(guildId?: GuildId): readonly SessionObject[] {
    const sessions = guildId
      ? this.#sessions.listSessions(guildId)
      : this.#sessions.listAll();
    return sessions.map((session) => this.get(session));
  }
}
