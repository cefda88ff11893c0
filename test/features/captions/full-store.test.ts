import { join } from 'node:path';
import { expect, test } from 'vitest';
import { TranscriptStores } from '#src/features/captions/store/transcript-ports.ts';
import { text } from '#src/texts/texts.ts';
import { lineOf, sessionOf } from '#test/contracts/stores/transcript-samples.ts';
import { captioned, kept, says } from '#test/conversation/setup/captioned.ts';
import { eva, pass } from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import {
  openLocalStore,
  openLocalTranscripts,
  type TranscriptStore,
} from '#test/fakes/local-stores.ts';
import { memoryTranscripts } from '#test/fakes/memory-stores.ts';
import { storeFolder } from '#test/storage/files.ts';

/** Another server talks until not a word fits any more. */
async function fill(store: TranscriptStore): Promise<void> {
  await store.writer.putSession(sessionOf('full', { guildId: '77' }));
  let number = 0;
  for (const words of [200, 20, 1]) {
    const talk = async () => {
      for (;;) {
        const said = Array.from({ length: words }, () => `word${++number}`).join(' ');
        await store.writer.putLines([lineOf('full', number, said)]);
      }
    };
    await expect(talk()).rejects.toThrow('is full: free space on it.');
  }
}

test('where there is no space left for transcripts, captions go on, people are told once, and nothing is lost', async () => {
  using place = storeFolder();
  const clock = new VirtualClock();
  const path = join(place.folder, 'transcripts.db');
  await using onDisk = await openLocalTranscripts(path, { clock, maxBytes: 400_000 });
  await using consents = await openLocalStore(place.path, { clock });
  const { inMemory } = memoryTranscripts(clock);
  const transcripts = new TranscriptStores(onDisk, inMemory);
  const made = await captioned({ transcripts, store: consents.consents }, clock);
  const fixture = { ...made, transcripts };
  await says(fixture);
  expect(await kept(fixture)).toHaveLength(1);
  await fill(onDisk);
  const toldUnsaved = () =>
    fixture.written.filter((sentence) => sentence === text('captions.unsaved')).length;
  let spoken = 1;
  for (; toldUnsaved() === 0; spoken++) await says(fixture, eva);
  await pass(fixture, 25_000);
  expect(fixture.captionChats.chat.lines).toHaveLength(spoken);
  expect(toldUnsaved()).toBe(1);
  expect(fixture.events.filter(({ kind }) => kind === 'failed').length).toBeGreaterThan(0);
  // A yes and a no are kept in a file of their own.
  expect((await fixture.privacy.allow('g', 'adam')).saved).toBe(true);
  expect((await fixture.privacy.deny('g', 'ben')).saved).toBe(true);
  expect((await kept(fixture)).length).toBeLessThan(spoken);
  await onDisk.eraser.forgetGuild('77');
  await says(fixture);
  expect(await kept(fixture)).toHaveLength(spoken + 1);
  expect(toldUnsaved()).toBe(1);
});
