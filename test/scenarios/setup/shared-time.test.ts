import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as reallyPass } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { realClock } from '#src/base/clock.ts';
import { inSharedTime } from './shared-time.ts';

const heldMs = 500;
/** Time, in ms, that passes before a program that gets no processor is waited for. */
const aheadMs = 60;

/** Time, in ms, by which shared time is behind the machine's. */
function lagMs(): number {
  return Number(process.hrtime.bigint()) / 1e6 - realClock.nowMs();
}

test('time goes on from where it stood when the last program that shared it has ended', async () => {
  const script = 'console.log("ready"); setInterval(() => {}, 1000)';
  const child = spawn(process.execPath, ['-e', script], {
    env: inSharedTime(),
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await once(child.stdout, 'data');
  await realClock.sleep(100, AbortSignal.timeout(10_000));
  child.kill('SIGSTOP');
  await reallyPass(heldMs);
  const heldLagMs = lagMs();
  expect(heldLagMs).toBeGreaterThan(heldMs - aheadMs);
  child.kill('SIGKILL');
  await once(child, 'exit');
  await realClock.sleep(100, AbortSignal.timeout(10_000));
  expect(lagMs()).toBeGreaterThanOrEqual(heldLagMs - 1);
});
