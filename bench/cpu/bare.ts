import { ChildProgram } from '#bench/processes/child-program.ts';
import type { BareCounts, BareLoad, BareOrder } from './orders.ts';

const answerMs = 30_000;

/** A process that only receives, decrypts, decodes, encodes, encrypts and sends voice packets, and the process that it exchanges them with. */
export class BareLoop implements AsyncDisposable {
  readonly #loop = new ChildProgram<BareOrder>(new URL('bare-loop.ts', import.meta.url));
  readonly #peer = new ChildProgram<BareOrder>(new URL('bare-peer.ts', import.meta.url));

  get pid(): number {
    return this.#loop.pid;
  }

  get peerPid(): number {
    return this.#peer.pid;
  }

  /** Exchanges these packets from now on, until `close`. */
  async run(load: BareLoad): Promise<void> {
    const { sockets } = load;
    const [loopPorts, peerPorts] = (await this.#both({ do: 'open', sockets })) as number[][];
    await this.#peer.ask({ do: 'run', load, ports: loopPorts ?? [] }, answerMs);
    await this.#loop.ask({ do: 'run', load, ports: peerPorts ?? [] }, answerMs);
  }

  async begin(): Promise<void> {
    await this.#loop.ask({ do: 'begin' }, answerMs);
  }

  /** Packets since `begin`. */
  async end(): Promise<BareCounts> {
    return (await this.#loop.ask({ do: 'end' }, answerMs)) as BareCounts;
  }

  async close(): Promise<void> {
    await this.#both({ do: 'close' });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#loop[Symbol.asyncDispose]();
    await this.#peer[Symbol.asyncDispose]();
  }

  #both(order: BareOrder): Promise<unknown[]> {
    return Promise.all([this.#loop, this.#peer].map((program) => program.ask(order, answerMs)));
  }
}
