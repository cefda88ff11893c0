type Deed = 'greeted' | 'roles-unread';

/** What happens at most once in a session, however often its link comes and goes. */
export class Once {
  readonly #done = new Set<Deed>();

  /** True the first time only. */
  first(what: Deed): boolean {
    const isFirst = !this.#done.has(what);
    this.#done.add(what);
    return isFirst;
  }
}
