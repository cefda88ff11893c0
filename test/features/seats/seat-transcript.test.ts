import { expect, test } from 'vitest';
import { TranscriptStores } from '#src/features/captions/store/transcript-ports.ts';
import { adam, pass, words } from '#test/conversation/setup/session-fixture.ts';
import { memoryTranscripts } from '#test/fakes/memory-stores.ts';
import { called, openSeats, restarted } from './setup.ts';

test('after a restart captions go on in the same session, and people who were told aloud are not told again', async () => {
  const kept = await openSeats();
  const transcripts = memoryTranscripts(kept.clock);
  const former = await called(kept, { transcripts }, [adam]);
  const turning = former.captions.turnOn('g', {});
  await pass(former, 4_000);
  await turning;
  await pass(former, 5_000, await words('human-goforward', adam, kept.clock.nowMs()));
  const { onDisk } = transcripts;
  const { inMemory } = memoryTranscripts(kept.clock); // the former one's is gone with it
  const next = { transcripts: new TranscriptStores(onDisk, inMemory) };
  const bot = await restarted(kept, next, [adam]);
  await pass(bot, 6_000);
  expect(bot.synthesizer.asked).toEqual([]);
  await pass(bot, 5_000, await words('human-goforward', adam, kept.clock.nowMs()));
  const [session, ...others] = await onDisk.reader.sessions('g', { channelIds: ['lounge'] }, 9);
  expect([session?.lineCount, others]).toEqual([2, []]);
});
