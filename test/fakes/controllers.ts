import { onTestFinished, vi } from 'vitest';

/** Counts the abort controllers and composite signals that are made from now to the end of the test. */
export function countControllers(): () => number {
  const Usual = globalThis.AbortController;
  let made = 0;
  globalThis.AbortController = class extends Usual {
    constructor() {
      super();
      made++;
    }
  };
  onTestFinished(() => {
    globalThis.AbortController = Usual;
  });
  const any = vi.spyOn(AbortSignal, 'any');
  return () => made + any.mock.calls.length;
}
