import { expect, test } from 'vitest';
import { TranscriptStores } from '#src/features/captions/transcripts/disk-and-memory-stores.ts';
import { captioned, kept, says } from '#test/conversation/setup/captioned.ts';
import {
  eva,
  openSessionFixture,
  pass,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { memoryTranscripts } from '#test/fakes/memory-stores.ts';
import { FakeTranscriber } from '#test/fakes/speech.ts';

test('a no takes the lines of this session away, on disk and in the chat', async () => {
  const fixture = await captioned();
  await says(fixture);
  await says(fixture, eva);
  await fixture.privacy.deny('g', 'adam');
  await pass(fixture, 1_000);
  expect(fixture.captionChats.chat.lines).toEqual(['**Eva** five five']);
  expect((await kept(fixture)).map(({ speaker }) => speaker.name)).toEqual(['Eva']);
});

test('a message of captions that somebody deletes takes its lines along', async () => {
  const fixture = await captioned();
  await says(fixture);
  const [line] = await kept(fixture);
  const messageIds = [line?.post?.messageId ?? ''];
  fixture.captionChats.deleted({ kind: 'messages', channelId: 'lounge', messageIds });
  await pass(fixture, 500);
  expect(await kept(fixture)).toEqual([]);
  await says(fixture, eva);
  expect((await kept(fixture)).map(({ speaker }) => speaker.name)).toEqual(['Eva']);
});

test('a line longer than a message is kept with all its messages, and goes from all of them', async () => {
  const words = Array.from({ length: 400 }, (_, n) => `word${n}`);
  const long = new FakeTranscriber({ texts: [words.join(' ')] });
  const fixture = await captioned({ transcriber: long });
  await says(fixture);
  const [line] = await kept(fixture);
  expect(line?.morePosts).toHaveLength(2);
  await fixture.sessions.leave('g');
  await fixture.privacy.forget('g', 'adam');
  await pass(fixture, 1_000);
  const deleted = fixture.captionChats.chat.desired.filter(
    ({ key, text }) => text === '' && !key.endsWith('notice'),
  );
  const ids = [line?.post, ...(line?.morePosts ?? [])].map((place) => place?.messageId);
  expect(deleted.map(({ place }) => place?.messageId)).toEqual([...new Set(ids)]);
});

/** Ben comes in and is named in the chat. */
async function named(fixture: SessionFixture): Promise<void> {
  fixture.linkOpener.link.present.push({ id: 'ben', name: 'Ben', isBot: false, roleIds: [] });
  await pass(fixture, 500);
  expect(fixture.captionChats.chat.texts.at(-1)).toContain('Ben');
}

/** Messages that the next process deletes: nothing but chats and disk outlive the one that was killed. */
async function deletedAfterCrash(fixture: SessionFixture): Promise<readonly unknown[]> {
  const { captionChats, clock, transcripts } = fixture;
  captionChats.chat.refuses = undefined;
  const before = captionChats.chat.desired.length;
  const { inMemory } = memoryTranscripts(clock);
  const stores = new TranscriptStores(transcripts.onDisk, inMemory);
  const again = openSessionFixture({ captionChats, transcripts: stores });
  for (let start = 0; start < 2; start++) {
    const over = new AbortController();
    const running = again.cleanup.run(over.signal);
    await again.clock.advance(1_000);
    over.abort(new Error('over'));
    await running;
  }
  return captionChats.chat.desired.slice(before).map(({ text, place }) => [text, place?.messageId]);
}

test('the name of somebody who came in is gone after a crash, also where they were being forgotten', async () => {
  for (const isForgotten of [false, true]) {
    const fixture = await captioned();
    await named(fixture);
    // The crash comes before Discord has answered.
    fixture.captionChats.chat.refuses = ({ key }) => ({ kind: 'refused', key, why: 'crashed' });
    if (isForgotten) await fixture.privacy.forget('g', 'ben');
    expect(await deletedAfterCrash(fixture)).toEqual([['', 'lounge newcomer ben']]);
  }
});

test('the name of somebody who came in goes when captions end, and then nothing of it is noted', async () => {
  const fixture = await captioned();
  await named(fixture);
  await fixture.captions.turnOff('g');
  expect(fixture.captionChats.chat.texts.join()).not.toContain('Ben');
  expect(await deletedAfterCrash(fixture)).toEqual([]);
});
