import { once } from 'node:events';
import type { Worker } from 'node:worker_threads';
import { FlacEncoder } from '#src/audio/encode/flac-encoder.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

/** A second of a tone at 24 kHz. */
const second = Int16Array.from({ length: 24_000 }, (_, n) => 8_000 * Math.sin(n / 9));

/** Takes the thread that the next encoder starts. */
async function takeThread(): Promise<Worker> {
  const [thread] = await once(process, 'worker');
  return thread;
}

test('an encoder whose thread ends in mid-work says so after ten seconds, and the next one works', async () => {
  const clock = new VirtualClock();
  const encoder = new FlacEncoder(clock);
  const starting = takeThread();
  const begun = await encoder.push(second);
  expect(Buffer.from(begun).toString('latin1', 0, 4)).toBe('fLaC');
  await (await starting).terminate();
  for (const work of [() => encoder.push(second), () => encoder.end()]) {
    const failing = expect(work()).rejects.toMatchObject({
      code: 'speech.failed',
      retryable: true,
    });
    await clock.advance(10_000);
    await failing;
  }
  await encoder.close();
  const next = new FlacEncoder(clock);
  const whole = [await next.push(second), await next.end()];
  await next.close();
  expect(Buffer.concat(whole).length).toBeGreaterThan(begun.length);
});
