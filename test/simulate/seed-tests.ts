import type { InvariantNumber } from './invariant-list.ts';
import { Invariants } from './invariants.ts';
import { portNames } from './luck.ts';
import { formatTest, shrinkActs, simulateScript } from './simulate.ts';
import { makeScript } from './simulated-script.ts';

/** Minutes of each script. Short ones meet as many situations in the same time. */
export const scriptMinutes = 0.1;
const groupSize = 5;

/** Tests that these seeds hold every invariant. Returns the invariants that they have asked by then. */
export function testSeeds(first: number, last: number): ReadonlySet<InvariantNumber> {
  const request = new Set<InvariantNumber>();
  for (let from = first; from <= last; from += groupSize) {
    const to = Math.min(last, from + groupSize - 1);
    test(`talk of seeds ${from} to ${to} holds every invariant`, async () => {
      const findings: string[] = [];
      for (let seed = from; seed <= to; seed++) {
        const judge = new Invariants();
        const acts = makeScript(seed, scriptMinutes);
        const { failure } = await simulateScript({ seed, acts, judge });
        for (const item of judge.asked) request.add(item);
        if (failure === undefined) continue;
        const shortest = await shrinkActs({ seed, acts }, failure);
        findings.push(`${failure}\n${formatTest({ seed, acts }, shortest)}`);
      }
      expect(findings).toEqual([]);
    });
  }
  return request;
}

/** Tests that every invariant holds where one of these calls of a port fails, for each port. */
export function testFailingCalls(calls: readonly number[]): void {
  test.each(portNames)(
    'a failing call of the port %s holds every invariant',
    async (port) => {
      const acts = makeScript(1, scriptMinutes);
      for (const call of calls) {
        const { failure } = await simulateScript({
          seed: 1,
          acts,
          failing: { port, call },
        });
        expect(failure).toBeUndefined();
      }
    },
  );
}
