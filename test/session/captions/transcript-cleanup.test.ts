import { expect, test } from 'vitest';
import { lineOf, sessionOf, startedAtWallMs } from '#test/contracts/stores/transcript-samples.ts';
import { openSessionFixture } from '#test/session/setup/session-fixture.ts';

test('sessions that a killed process left open are ended at the next start', async () => {
  const { clock, cleanup, transcripts } = openSessionFixture();
  const { reader, writer } = transcripts.onDisk;
  await writer.putSession(sessionOf('a'));
  await writer.putLines([lineOf('a', 2, 'two')]);
  const over = new AbortController();
  const running = cleanup.run(over.signal);
  await clock.advance(0);
  over.abort(new Error('over'));
  await expect(running).rejects.toThrow('over');
  const latest = await reader.latest('10', '100');
  expect(latest?.session.endedAtWallMs).toBe(startedAtWallMs + 2_800);
});
