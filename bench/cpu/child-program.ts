import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

type OrderOutcome = { readonly value: unknown } | { readonly error: string };

/** A program of ours as a process of its own: it performs orders, one at a time. It ends with the process that started it. */
export class ChildProgram<Order extends object> implements AsyncDisposable {
  readonly #child: ChildProcess;

  /** Starts the program, a module that calls `serveOrders`. */
  constructor(program: URL) {
    this.#child = fork(program, {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    });
  }

  /** Id of the process, 0 if it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Performs an order and returns its result. Throws a plain Error where the program threw or ended, and an AbortError where nothing came within `timeoutMs`. */
  async sendOrder(order: Order, timeoutMs: number): Promise<unknown> {
    const raceEnd = new AbortController();
    const signal = AbortSignal.any([raceEnd.signal, AbortSignal.timeout(timeoutMs)]);
    const ended = once(this.#child, 'exit', { signal }).then(() => ({
      error: 'it has ended',
    }));
    const reported = once(this.#child, 'message', { signal }).then(
      ([message]) => message as OrderOutcome,
    );
    this.#child.send(order);
    const outcome: OrderOutcome = await Promise.race([reported, ended]).finally(() =>
      raceEnd.abort(),
    );
    if ('error' in outcome)
      throw new Error(`A process of the bench failed: ${outcome.error}`);
    return outcome.value;
  }

  /** Kills the process, and waits until it is gone. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const exit = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await exit;
  }
}

/** Performs the orders that `ChildProgram` sends, inside the program that it starts. Exits once the parent is gone. */
export function serveOrders<Order extends object>(
  perform: (order: Order) => Promise<unknown>,
): void {
  process.once('disconnect', () => process.exit());
  process.on('message', (order: Order) => {
    perform(order).then(
      (value) => process.send?.({ value } satisfies OrderOutcome),
      (error: unknown) => process.send?.({ error: `${error}` } satisfies OrderOutcome),
    );
  });
}
