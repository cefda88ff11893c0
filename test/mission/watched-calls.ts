export type WatchedCalls = Disposable & {
  /** Arguments of each call. */
  readonly given: readonly (readonly unknown[])[];
  /** Result of each call. */
  readonly results: readonly unknown[];
};

/** Notes each call of a method of a package; the method does its work as always. */
export function watchCalls(owner: object, name: string): WatchedCalls {
  const given: unknown[][] = [];
  const results: unknown[] = [];
  const original = Reflect.get(owner, name) as (...args: unknown[]) => unknown;
  Object.assign(owner, {
    [name](this: unknown, ...args: unknown[]) {
      given.push(args);
      const result = original.apply(this, args);
      results.push(result);
      return result;
    },
  });
  return {
    given,
    results,
    [Symbol.dispose]: () => void Object.assign(owner, { [name]: original }),
  };
}
