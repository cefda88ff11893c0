import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { crashBackoffMs, ProcessRun } from '#src/app/shards/process-run.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

const never = new AbortController().signal;
const minuteMs = 60_000;

async function folder() {
  const path = await mkdtemp(join(tmpdir(), 'parley-run-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

/** Waits before the logins of a bot that crashes after `livesMs` each time, 15 s before its supervisor starts it again. */
function waits(livesMs: readonly number[]): readonly number[] {
  let atWallMs = 0;
  const starts: { atWallMs: number; readyAtWallMs: number }[] = [];
  return livesMs.map((liveMs) => {
    const waitMs = crashBackoffMs(starts, atWallMs);
    starts.push({ atWallMs, readyAtWallMs: atWallMs + waitMs });
    atWallMs += waitMs + liveMs + 15_000;
    return waitMs / minuteMs;
  });
}

test('after three crashes within 5 minutes each login waits for minutes, up to a quarter of an hour', () => {
  expect(waits([1, 1, 1, 1, 1, 1, 1, 1, 1].map((s) => s * 1_000))).toEqual([
    0, 0, 0, 1, 2, 4, 8, 15, 15,
  ]);
  expect(waits([90, 80, 80, 1].map((s) => s * 1_000))).toEqual([0, 0, 0, 1]);
  expect(waits([100, 90, 90, 1].map((s) => s * 1_000))).toEqual([0, 0, 0, 0]);
  expect(waits([1, 1, 1, 400, 1, 1].map((s) => s * 1_000))).toEqual([0, 0, 0, 1, 0, 0]);
});

test('a process keeps its crashes and its identifies over restarts, and an orderly end forgets the crashes', async () => {
  await using data = await folder();
  const clock = new VirtualClock();
  const identifies = { total: 1_000, remaining: 70, resetAtWallMs: 1 };
  for (const waitMs of [0, 0, 0, minuteMs]) {
    using run = await ProcessRun.open(data.path, clock, never);
    run.count(identifies);
    expect(run.backoffMs).toBe(waitMs);
    await clock.advance(15_000);
  }
  {
    using run = await ProcessRun.open(data.path, clock, never);
    expect([run.identifies, run.starts]).toEqual([identifies, 4]);
    run.end();
  }
  using run = await ProcessRun.open(data.path, clock, never);
  expect(run.backoffMs).toBe(0);
});
