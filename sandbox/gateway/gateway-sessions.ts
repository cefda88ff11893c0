import { GatewaySession, type SessionStart } from './gateway-session.ts';

/** The logins of the bot, those too whose socket is gone and who may come back within `resumeMs`. */
export class GatewaySessions {
  readonly #resumeMs: number;
  readonly #ended: (session: GatewaySession) => void;
  readonly #sessions = new Map<string, GatewaySession>();
  readonly #expiries = new Map<string, NodeJS.Timeout>();

  /** `ended` is told of each session that is over: the bot logged out, or did not come back in time. */
  constructor(resumeMs: number, ended: (session: GatewaySession) => void) {
    this.#resumeMs = resumeMs;
    this.#ended = ended;
  }

  all(): readonly GatewaySession[] {
    return [...this.#sessions.values()];
  }

  find(id: string): GatewaySession | undefined {
    return this.#sessions.get(id);
  }

  open(start: SessionStart): GatewaySession {
    const session = new GatewaySession(start);
    this.#sessions.set(session.id, session);
    return session;
  }

  /** Starts the expiry of a session whose socket is gone. */
  expire(session: GatewaySession): void {
    const timer = setTimeout(() => this.end(session), this.#resumeMs);
    timer.unref();
    this.#expiries.set(session.id, timer);
  }

  /** Keeps a session whose socket is back. */
  keep({ id }: GatewaySession): void {
    clearTimeout(this.#expiries.get(id));
    this.#expiries.delete(id);
  }

  end(session: GatewaySession): void {
    if (!this.#sessions.delete(session.id)) return;
    this.keep(session);
    this.#ended(session);
  }
}
