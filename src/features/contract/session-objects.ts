import type { GuildId } from '#src/base/ids.ts';
import type { SessionPlace } from '#src/conversation/session.ts';
import type { ServerSessions } from '#src/sessions/voice-sessions.ts';

type PlacedSession = { readonly place: SessionPlace };

export type SessionObjects<One> = ReturnType<typeof createSessionObjects<One>>;

/** One object of a feature for each session of a shard. */
export function createSessionObjects<One>(sessions: ServerSessions) {
  const all = new WeakMap<SessionPlace, One>();

  function get({ place }: PlacedSession): One {
    const one = all.get(place);
    if (one === undefined)
      throw new Error('The feature has not begun with this session.');
    return one;
  }

  return {
    add({ place }: PlacedSession, one: One): One {
      all.set(place, one);
      return one;
    },
    get,
    /** Undefined without a session. */
    find(guildId: GuildId): One | undefined {
      const session = sessions.findSession(guildId);
      return session && get(session);
    },
    list(guildId?: GuildId): readonly One[] {
      const wanted = guildId ? sessions.listSessions(guildId) : sessions.listAll();
      return wanted.map(get);
    },
  };
}
