import type { Session, SessionPlace } from '#src/conversation/session.ts';
import type { VoiceSessions } from '#src/sessions/voice-sessions.ts';

/** Objects of a feature, one for each session of a shard, which only the feature itself changes. */
export class SessionObjects<One> {
  readonly #sessions: Pick<VoiceSessions, 'all' | 'session' | 'sessions'>;
  /** By the place of their session. */
  readonly #all = new WeakMap<SessionPlace, One>();

  constructor(sessions: Pick<VoiceSessions, 'all' | 'session' | 'sessions'>) {
    this.#sessions = sessions;
  }

  /** The object of a session that begins. */
  add({ place }: Pick<Session, 'place'>, one: One): One {
    this.#all.set(place, one);
    return one;
  }

  get({ place }: Pick<Session, 'place'>): One {
    const one = this.#all.get(place);
    if (one === undefined) throw new Error('The feature has not begun with this session.');
    return one;
  }

  /** Undefined where the bot does not sit in this server. */
  find(guildId: string): One | undefined {
    const session = this.#sessions.session(guildId);
    return session && this.get(session);
  }

  /** Objects of the sessions of a server, or of all servers. */
  list(guildId?: string): readonly One[] {
    const sessions =
      guildId === undefined ? this.#sessions.all() : this.#sessions.sessions(guildId);
    return sessions.map((one) => this.get(one));
  }
}
