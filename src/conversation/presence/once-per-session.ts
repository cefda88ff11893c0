type SessionOnce = 'captions-on' | 'greeted' | 'lines-hidden' | 'roles-unread';

/** Events that happen at most once in a session, however often its link comes and goes. */
export class OncePerSession {
  readonly #done: Set<SessionOnce>;

  /** `done`: what has happened in it before a restart. */
  constructor(done: readonly SessionOnce[] = []) {
    this.#done = new Set(done);
  }

  /** True the first time only. */
  first(what: SessionOnce): boolean {
    const isFirst = !this.#done.has(what);
    this.#done.add(what);
    return isFirst;
  }
}
