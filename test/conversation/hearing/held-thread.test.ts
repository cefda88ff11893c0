import {
  adam,
  joinLounge,
  passTime,
  sayWords,
} from '#test/conversation/setup/session-fixture.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { passRounds, VirtualClock } from '#test/fakes/virtual-clock.ts';

test('words that come once the thread goes on end no utterance before the packets are read that waited', async () => {
  const clock = new VirtualClock();
  const transcriber = new FakeTranscriber({ texts: ['Stop.'], tookMs: 300, clock });
  const fixture = await joinLounge({ transcriber }, undefined, clock);
  const packets = await sayWords('human-cards-003', adam, clock.nowMs());
  while (transcriber.asked.length === 0)
    await passTime(
      fixture,
      20,
      packets.filter(({ atMs }) => atMs > clock.nowMs()),
    );
  // Timers that are due fire first, and sockets are read after them.
  clock.suspend(2_000);
  clock.passMs(0);
  await passRounds(2);
  expect(fixture.of('recognised')).toEqual([]);
  await passTime(fixture, 2_000);
  expect(fixture.of('recognised')).toHaveLength(1);
});
