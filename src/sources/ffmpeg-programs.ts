import { refusals } from '#src/sources/fetch/refusals.ts';

/** Programs that run at once, in the bot and for one server: each takes up to 64 MB and a share of a core. */
const most = { inAll: 16, perServer: 4 } as const;

/** The ffmpeg programs that run, by server. */
export class FfmpegPrograms {
  readonly #running = new Map<string, number>();

  /** Throws BotError `source.crowded` where no other may be started. */
  check(guildId: string): void {
    const all = [...this.#running.values()].reduce((sum, one) => sum + one, 0);
    if (all >= most.inAll || (this.#running.get(guildId) ?? 0) >= most.perServer)
      throw refusals.crowded();
  }

  /** One is started, until this is disposed of. Throws as `check`. */
  start(guildId: string): Disposable {
    this.check(guildId);
    this.#running.set(guildId, (this.#running.get(guildId) ?? 0) + 1);
    let isOver = false;
    return {
      [Symbol.dispose]: () => {
        if (isOver) return;
        isOver = true;
        const others = (this.#running.get(guildId) ?? 1) - 1;
        if (others > 0) this.#running.set(guildId, others);
        else this.#running.delete(guildId);
      },
    };
  }
}
