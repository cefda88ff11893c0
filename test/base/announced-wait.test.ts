import { WaitAnnouncer } from '#src/base/loops/announced-wait.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

test('a start says for what it waits once nothing was printed for two seconds, and keeps short waits to itself', async () => {
  const clock = new VirtualClock();
  const lines: (readonly [number, string])[] = [];
  const startMs = clock.nowMs();
  const waits = new WaitAnnouncer({
    clock,
    print: (line) => lines.push([clock.nowMs() - startMs, line]),
    printedMs: startMs,
  });
  const waitFor = async (subject: string, ms: number) => {
    const work = waits.announce(subject, clock.sleep(ms, new AbortController().signal));
    await clock.advance(ms);
    await work;
  };
  await waitFor('one', 1_900);
  await waitFor('two', 150);
  await waitFor('three', 300);
  await waitFor('four', 1_000);
  await waitFor('five', 5_000);
  expect(lines).toEqual([
    [2_250, 'Waiting for three ...'],
    [4_250, 'Waiting for five ...'],
  ]);
});
