import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';

type OrderOutcome = { readonly value: unknown } | { readonly error: string };

/** A program of ours as a process of its own: it does what it is told, one order at a time. It ends with the process that started it. */
export class ChildProgram<Order extends object> implements AsyncDisposable {
  readonly #child: ChildProcess;

  constructor(program: URL) {
    this.#child = fork(program, { stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  }

  get pid() {
    return this.#child.pid ?? 0;
  }

  /** Result of the order. Errors: what the program threw, that it ended, or that nothing came within `timeoutMs`. */
  async sendOrder(order: Order, timeoutMs: number) {
    const done = new AbortController();
    const signal = AbortSignal.any([done.signal, AbortSignal.timeout(timeoutMs)]);
    const ended = once(this.#child, 'exit', { signal }).then(() => ({
      error: 'it has ended',
    }));
    const reported = once(this.#child, 'message', { signal }).then(
      ([message]) => message as OrderOutcome,
    );
    this.#child.send(order);
    const outcome: OrderOutcome = await Promise.race([reported, ended]).finally(() =>
      done.abort(),
    );
    if ('error' in outcome)
      throw new Error(`A process of the bench failed: ${outcome.error}`);
    return outcome.value;
  }

  async [Symbol.asyncDispose]() {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const gone = once(this.#child, 'exit');
    this.#child.kill('SIGKILL');
    await gone;
  }
}

/** The other side of `ChildProgram`, in the program itself. */
export function serveOrders<Order extends object>(
  perform: (order: Order) => Promise<unknown>,
) {
  process.once('disconnect', () => process.exit());
  process.on('message', (order: Order) => {
    perform(order).then(
      (value) => process.send?.({ value } satisfies OrderOutcome),
      (error: unknown) => process.send?.({ error: `${error}` } satisfies OrderOutcome),
    );
  });
}
