import type { Interaction } from '#sandbox/interactions/interaction.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import type { Sandbox } from '#sandbox/sandbox.ts';
import { realClock } from '#src/base/clock.ts';

/** Commands issued while nobody served their server, and those of them that nobody answered although Discord would have taken it. */
export type CommandCount = { readonly sent: number; readonly lost: number };

const everyMs = 100;
const most = 500;
/** Discord takes an answer within 3 s; who gets the command with less than this left may be too late. */
const usableMs = 3_000 - 500;
/** The last ones are answered within this. */
const lastMs = 3_000;

/** Issues a command every 100 ms, up to 500, until it is ended; call it before the fault. */
export class CommandStream {
  readonly #person: SandboxPerson;
  readonly #sandbox: Sandbox;
  readonly #shard: number;
  readonly #issued: Interaction[] = [];
  readonly #timer: NodeJS.Timeout;
  /** When a gateway session of the shard was first online again. */
  #servedAtMs: number | undefined;

  constructor(sandbox: Sandbox, shard: number, person: SandboxPerson) {
    this.#person = person;
    this.#sandbox = sandbox;
    this.#shard = shard;
    this.#timer = setInterval(() => this.#tick(), everyMs);
  }

  async end(): Promise<CommandCount> {
    clearInterval(this.#timer);
    await realClock.sleep(lastMs, new AbortController().signal);
    const servedAtMs = this.#servedAtMs ?? Number.POSITIVE_INFINITY;
    const acceptable = this.#issued.filter(({ sentAtMs }) => sentAtMs + usableMs > servedAtMs);
    const lost = acceptable.filter(({ ackedAtMs }) => ackedAtMs === undefined).length;
    return { sent: this.#issued.length, lost };
  }

  #tick(): void {
    const sessions = this.#sandbox.gatewaySessions();
    const isServed = sessions.some(({ online, shard }) => online && shard.id === this.#shard);
    if (isServed) this.#servedAtMs ??= realClock.nowMs();
    if (this.#issued.length < most) this.#issued.push(this.#person.command('help'));
  }
}
