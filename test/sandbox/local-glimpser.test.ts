import { LocalGlimpser } from '#src/app/sandbox/local-glimpser.ts';
import { FakeTranscriber } from '#test/fakes/fake-speech.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

const never = new AbortController().signal;
const pcm = {
  samples: new Int16Array(16_000).fill(3_000),
  rateHz: 16_000,
  channels: 1,
} as const;

function openGlimpser(tookMs: number) {
  const clock = new VirtualClock();
  const ears = new FakeTranscriber({ texts: ['what time'], clock, tookMs });
  const machine = { isFull: false };
  const glimpser = new LocalGlimpser({
    clock,
    isMachineFull: () => machine.isFull,
    open: async () => ears,
  });
  return { clock, ears, machine, glimpseOnce: () => glimpser.glimpse(pcm, {}, never) };
}

test('words so far are recognised one glimpse at a time, and not while other work fills the machine', async () => {
  const { clock, ears, glimpseOnce, machine } = openGlimpser(200);
  machine.isFull = true;
  expect(await glimpseOnce()).toBeUndefined();
  expect(ears.heard).toHaveLength(0);
  machine.isFull = false;
  const first = glimpseOnce();
  expect(await glimpseOnce()).toBeUndefined();
  await clock.advance(200);
  expect(await first).toBe('what time');
  expect(ears.heard).toHaveLength(1);
});

test('a glimpse that comes too late is given up, and the next one waits', async () => {
  const { clock, ears, glimpseOnce } = openGlimpser(10_000);
  const rejected = expect(glimpseOnce()).rejects.toThrow('other work');
  await clock.advance(2_500);
  await rejected;
  expect(await glimpseOnce()).toBeUndefined();
  await clock.advance(5_000);
  const next = glimpseOnce();
  next.catch(() => undefined);
  await clock.advance(20);
  expect(ears.heard).toHaveLength(2);
});
