import { expect, test } from 'vitest';
import { scheduleRows } from './schedule.ts';

test('whole texts are shown in time within what Discord allows, and none is lost', async () => {
  const rows = await scheduleRows(900_000, 0);
  expect(rows.map(({ lost, tooManyRequests }) => [lost, tooManyRequests])).toEqual(
    rows.map(() => [0, 0]),
  );
  const within = (perMinute: number, isWithPanel: boolean) =>
    rows.filter(
      (row) => row.utterancesPerMinute === perMinute && row.panelLongestMs > 0 === isWithPanel,
    );
  for (const { p95Ms } of within(30, false)) expect(p95Ms).toBeLessThanOrEqual(860);
  for (const { p95Ms } of within(120, false)) expect(p95Ms).toBeLessThanOrEqual(1_460);
  for (const { panelLongestMs } of rows) expect(panelLongestMs).toBeLessThanOrEqual(5_000);
});
