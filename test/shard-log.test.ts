import { expect, test } from 'vitest';
import { logShards } from '#src/app/shards/shard-log.ts';
import { openLog } from '#src/ops/log.ts';
import { noticeOf, type TroubleKind } from '#src/ops/operator-notices.ts';

test('a loop of crashes and logins that are used up are written to the operator, and who lost its shards ends', () => {
  const log = openLog('silent', []);
  const reported: TroubleKind[] = [];
  let ends = 0;
  const notices = { report: (kind: TroubleKind) => void reported.push(kind) };
  const end = () => void ends++;
  logShards(log, notices, { kind: 'crashing', starts: 3, waitMs: 60_000 }, end);
  logShards(log, notices, { kind: 'spent', waitMs: 3_600_000 }, end);
  expect(reported.map(noticeOf)).toEqual([
    expect.stringMatching(/crashed three times .* Look at the last lines of the log/),
    expect.stringMatching(/allows few more logins .* Find in the log why/),
  ]);
  expect(ends).toBe(0);
  logShards(log, notices, { kind: 'lost', why: 'shard 1 is served by host 12' }, end);
  expect(ends).toBe(1);
});
