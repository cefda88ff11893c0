import { fork } from 'node:child_process';
import { once } from 'node:events';

type OrderOutcome = { readonly value: unknown } | { readonly error: string };

export type ChildProgram<Order extends object> = ReturnType<
  typeof createChildProgram<Order>
>;

/** A program of ours as a process of its own: it does what it is told, one order at a time. It ends with the process that started it. */
export function createChildProgram<Order extends object>(program: URL) {
  const child = fork(program, {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });

  return {
    get pid() {
      return child.pid ?? 0;
    },

    /** Result of the order. Errors: what the program threw, that it ended, or that nothing came within `timeoutMs`. */
    async sendOrder(order: Order, timeoutMs: number) {
      const done = new AbortController();
      const signal = AbortSignal.any([done.signal, AbortSignal.timeout(timeoutMs)]);
      const ended = once(child, 'exit', { signal }).then(() => ({
        error: 'it has ended',
      }));
      const reported = once(child, 'message', { signal }).then(
        ([message]) => message as OrderOutcome,
      );
      child.send(order);
      const outcome: OrderOutcome = await Promise.race([reported, ended]).finally(() =>
        done.abort(),
      );
      if ('error' in outcome)
        throw new Error(`A process of the bench failed: ${outcome.error}`);
      return outcome.value;
    },

    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
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
