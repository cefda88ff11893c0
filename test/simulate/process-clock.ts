import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const never = new Promise<never>(() => undefined);

/** The clock of one process. Once the process has stopped, nothing of it wakes any more. */
export class ProcessClock extends VirtualClock {
  readonly #world;
  #hasStopped = false;

  constructor(world: VirtualClock) {
    super();
    this.#world = world;
  }

  /** Whether the process has stopped. */
  get hasStopped(): boolean {
    return this.#hasStopped;
  }

  /** The process stops between two turns of its event loop, without a goodbye. */
  stop(): void {
    this.#hasStopped = true;
  }

  override nowMs(): number {
    return this.#world.nowMs();
  }

  override wallMs(): number {
    return this.#world.wallMs();
  }

  override async sleep(ms: number, signal: AbortSignal): Promise<void> {
    if (this.#hasStopped) await never;
    await this.#world.sleep(ms, signal);
    if (this.#hasStopped) await never;
  }

  override later(ms: number, run: () => void): () => void {
    return this.#world.later(ms, () => {
      if (!this.#hasStopped) run();
    });
  }
}
