/** One signal per person, aborted by their no: whatever is being made of their words ends with it. */
export class ConsentWithdrawals {
  readonly #open = new Map<string, AbortController>();
  #listener: (personId: string) => void = () => undefined;

  /** Told of each no from now on, in place of the listener before. */
  attach(listener: (personId: string) => void = () => undefined): void {
    this.#listener = listener;
  }

  /** Not aborted yet; a new one after each no. */
  of(personId: string): AbortSignal {
    const open = this.#open.get(personId) ?? new AbortController();
    this.#open.set(personId, open);
    return open.signal;
  }

  withdraw(personId: string): void {
    this.#open.get(personId)?.abort(new Error('the person withdrew their consent'));
    this.#open.delete(personId);
    this.#listener(personId);
  }
}
