import { expect, test } from 'vitest';
import { BotError } from '#src/base/errors.ts';
import type { ProcessParts } from '#src/conversation/feature.ts';
import { captions } from '#src/features/captions/captions.ts';
import { TranscriptStores } from '#src/features/captions/transcripts/disk-and-memory-stores.ts';
import { lineOf, sessionOf, startedAtWallMs } from '#test/contracts/stores/transcript-samples.ts';
import {
  adam,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  unwritten,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { memoryTranscripts } from '#test/conversation/setup/transcripts.ts';
import type { FakeCaptionChat } from '#test/fakes/caption-chats.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

test('sessions that a killed process left open are ended at the next start', async () => {
  const clock = new VirtualClock(startedAtWallMs + 60_000);
  const { cleanup, transcripts } = openSessionFixture({}, [], clock);
  const { reader, writer } = transcripts.onDisk;
  await writer.putSession(sessionOf('a'));
  await writer.putLines([lineOf('a', 2, 'two')]);
  const over = new AbortController();
  const running = cleanup.run(over.signal);
  await clock.advance(0);
  over.abort(new Error('over'));
  await running;
  const latest = await reader.latest('10', '100');
  expect(latest?.session.endedAtWallMs).toBe(startedAtWallMs + 2_800);
});

test('only the first shard of a process ends the sessions that a killed process left open', async () => {
  const { dependencies: parts, clock, sessions } = openSessionFixture();
  const { onDisk } = parts.transcripts;
  let ends = 0;
  const endOpenSessions = async () => void ends++;
  const writer = { ...onDisk.writer, endOpenSessions };
  const stores = new TranscriptStores({ ...onDisk, writer }, parts.transcripts.inMemory);
  const store: ProcessParts['store'] = () => stores as never; // captions ask for these alone
  const models = { speech: [], transcription: [] };
  const opened = captions.open({ ...parts, models, store });
  const over = new AbortController();
  const { signal } = over;
  const running = [0, 1].map((id) => {
    const sources = { ...parts, hearing: parts };
    const services = { parts, sessions, signal, sources, typed: unwritten };
    return opened.shard({ ...services, shard: { id, count: 2 } }).run?.();
  });
  await clock.advance(0);
  over.abort(new Error('over'));
  await Promise.all(running);
  expect(ends).toBe(1);
});

/** Adam speaks where nothing is kept, and the bot leaves. */
async function unkept(fixture: SessionFixture): Promise<void> {
  await fixture.settings.set('g', 'captions_days', '0');
  await fixture.sessions.join(lounge, 'adam');
  const turning = fixture.captions.turnOn('g', {});
  await pass(fixture, 4_000);
  await turning;
  await pass(fixture, 4_000, await words('human-goforward', adam, fixture.clock.nowMs()));
  expect(fixture.captionChats.chat.lines).toEqual(['**Adam** five five']);
  await fixture.sessions.leave('g');
}

/** Messages that were deleted. */
function deleted({ captionChats }: SessionFixture): readonly (string | undefined)[] {
  const gone = captionChats.chat.desired.filter(({ text }) => text === '');
  return gone.map(({ place }) => place?.messageId);
}

test('where captions are not kept they are gone 15 minutes after the session, and never on disk', async () => {
  const fixture = openSessionFixture({ addressing: 'off' });
  const { cleanup, clock, transcripts } = fixture;
  const over = new AbortController();
  const running = cleanup.run(over.signal);
  await unkept(fixture);
  expect(await transcripts.onDisk.reader.guilds()).toEqual([]);
  await clock.advance(14 * 60_000);
  expect(deleted(fixture)).toEqual([]);
  await clock.advance(2 * 60_000);
  over.abort(new Error('over'));
  await running;
  expect(deleted(fixture)).toEqual(['lounge captions 1']);
  expect(await transcripts.inMemory.reader.guilds()).toEqual([]);
});

test('captions that are kept nowhere are gone from the chat after a restart', async () => {
  const fixture = openSessionFixture({ addressing: 'off' });
  await unkept(fixture);
  const { captionChats, clock } = fixture;
  const [{ onDisk }, { inMemory }] = [fixture.transcripts, memoryTranscripts(clock)];
  const again = openSessionFixture({
    captionChats,
    transcripts: new TranscriptStores(onDisk, inMemory),
  });
  const over = new AbortController();
  const running = again.cleanup.run(over.signal);
  await again.clock.advance(1_000);
  over.abort(new Error('over'));
  await running;
  expect(deleted(fixture)).toEqual(['lounge captions 1']);
});

test('expiry goes on after looks into a store that cannot be read, and the operator is told once', async () => {
  const clock = new VirtualClock(startedAtWallMs);
  const { onDisk, inMemory } = memoryTranscripts(clock);
  let isAway = false;
  let checks = 0;
  const guilds = async () => {
    checks++;
    if (isAway) throw new BotError('store.unreadable', true, 'The database is away.');
    return [];
  };
  const transcripts = { onDisk: { ...onDisk, reader: { ...onDisk.reader, guilds } }, inMemory };
  const { cleanup, of } = openSessionFixture({ transcripts }, [], clock);
  const over = new AbortController();
  const running = cleanup.run(over.signal);
  await clock.advance(30_000);
  isAway = true;
  await clock.advance(180_000);
  isAway = false;
  const before = checks;
  await clock.advance(600_000);
  over.abort(new Error('over'));
  await running;
  expect(checks - before).toBeGreaterThanOrEqual(10);
  expect(of('alert')).toMatchObject([
    { state: 'raised', cause: 'expiry of transcripts: The database is away.' },
    { state: 'cleared' },
  ]);
});

test('the eraser closes each chat once its messages are changed', async () => {
  const fixture = openSessionFixture({ addressing: 'off' });
  const { captionChats, cleanup, clock } = fixture;
  const over = new AbortController();
  const running = cleanup.run(over.signal);
  await unkept(fixture);
  const { opened } = captionChats;
  await clock.advance(16 * 60_000);
  expect(deleted(fixture)).toEqual(['lounge captions 1']);
  expect([opened, captionChats.opened]).toEqual([0, 0]);
  over.abort(new Error('over'));
  await running;
});

test('messages in a closed channel wait by themselves, and after a day its server and the operator are told', async () => {
  const clock = new VirtualClock(startedAtWallMs);
  const fixture = openSessionFixture({}, [], clock);
  const { captionChats, cleanup, of, transcripts } = fixture;
  const { eraser, messages, writer } = transcripts.onDisk;
  const place = { sessionId: 'a', guildId: '10', postedAtWallMs: startedAtWallMs };
  await writer.putSession(sessionOf('a'));
  for (let n = 1; n <= 21; n++) {
    const post = { channelId: n < 21 ? 'closed' : 'open', messageId: `${n}` };
    await messages.put({ ...place, ...post, postedAtWallMs: startedAtWallMs + n });
    await writer.putLines([{ ...lineOf('a', n, 'words'), post }]);
  }
  const closed = captionChats.reopen('10', 'closed') as FakeCaptionChat;
  closed.refuses = ({ key }) => ({ kind: 'forbidden', key });
  await eraser.forget('10', '1');
  const over = new AbortController();
  const running = cleanup.run(over.signal);
  await clock.advance(60_000);
  expect(captionChats.chats.get('open')?.desired).toMatchObject([{ key: '21', text: '' }]);
  await clock.advance(90_000_000);
  expect(closed.desired.length).toBeLessThan(40 * 20);
  expect(captionChats.told).toEqual(['10 captions.unerased']);
  closed.refuses = undefined;
  await clock.advance(3_600_000);
  over.abort(new Error('over'));
  await running;
  expect(await messages.outdated(1)).toEqual([]);
  const alert = { of: { name: 'captions-unerased' } };
  expect(of('alert')).toMatchObject([
    { ...alert, state: 'raised' },
    { ...alert, state: 'cleared' },
  ]);
});
