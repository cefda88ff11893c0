import type { GuildId } from '#src/base/ids.ts';

export type PromptReaderOptions = {
  /** Reads what prompts of a server begin with. Rejects once `signal` is aborted. */
  readonly read: (guildId: GuildId, body: string, signal: AbortSignal) => Promise<void>;
  /** Names the process that keeps what was read. Undefined while there is none. */
  readonly findReader: () => number | undefined;
};

type Beginning = {
  readonly body: string;
  /** Aborts once nobody wants it. */
  signal: AbortSignal;
  /** Process that has read it. */
  reader: number | undefined;
  isRead: boolean;
};

/**
 * Reads ahead how the next prompt of each server begins, one after another while no request runs. A request stops the reading, which
 * goes on behind it. What a new process does not know is read again.
 */
export class PromptReader {
  readonly #options: PromptReaderOptions;
  readonly #beginnings = new Map<GuildId, Beginning>();
  #requests = 0;
  #stopping = new AbortController();
  #reading: Promise<void> | undefined;
  /** Server whose beginning is read now. */
  #runningId: GuildId | undefined;

  constructor(options: PromptReaderOptions) {
    this.#options = options;
  }

  /** Reads this beginning in place of the former one of the server, until `signal` aborts. Never throws. */
  want(guildId: GuildId, body: string, signal: AbortSignal): void {
    const former = this.#beginnings.get(guildId);
    if (former?.body === body) {
      former.signal = signal;
      return;
    }
    const beginning = { body, signal, reader: undefined, isRead: false };
    this.#beginnings.set(guildId, beginning);
    if (this.#runningId === guildId) this.#stopping.abort();
    void this.#readNext();
  }

  /** Stops the reading for a request. Call the result once, at its end. */
  giveWay(): () => void {
    this.#requests += 1;
    this.#stopping.abort();
    return () => {
      this.#requests -= 1;
      void this.#readNext();
    };
  }

  /** Reads all that is still wanted again, and resolves at the end, or once a request stops it. Never rejects. */
  async readAgain(): Promise<void> {
    for (const beginning of this.#beginnings.values()) beginning.isRead = false;
    await this.#readNext();
  }

  /** Forgets all beginnings, and stops. */
  clear(): void {
    this.#beginnings.clear();
    this.#stopping.abort();
  }

  async #readNext() {
    if (this.#findNext()) this.#reading ??= this.#readAll();
    await this.#reading;
  }

  async #readAll() {
    for (let next = this.#findNext(); next; next = this.#findNext()) {
      const [guildId, beginning] = next;
      this.#runningId = guildId;
      this.#stopping = new AbortController();
      const signal = AbortSignal.any([this.#stopping.signal, beginning.signal]);
      try {
        await this.#options.read(guildId, beginning.body, signal);
        beginning.reader = this.#options.findReader();
        beginning.isRead = true;
      } catch {
        // What cannot be read is left to its question, which says why.
        if (!signal.aborted) this.#beginnings.delete(guildId);
      }
    }
    this.#runningId = undefined;
    this.#reading = undefined;
  }

  #findNext() {
    for (const [guildId, { signal }] of this.#beginnings)
      if (signal.aborted) this.#beginnings.delete(guildId);
    if (this.#requests > 0) return undefined;
    const reader = this.#options.findReader();
    return [...this.#beginnings].find(
      ([, beginning]) => !beginning.isRead || beginning.reader !== reader,
    );
  }
}
