import { BotError } from '#src/base/errors.ts';
import {
  type ChannelId,
  type GuildId,
  toChannelId,
  toGuildId,
  toMessageId,
  toPersonId,
} from '#src/base/ids.ts';
import { TranscriptStores } from '#src/features/captions/transcripts/transcript-stores.ts';
import {
  makeLine,
  makeSession,
  startedAtWallMs,
} from '#test/contracts/stores/transcript-samples.ts';
import { sayAll, turnCaptionsOn } from '#test/conversation/setup/captioned-session.ts';
import {
  adam,
  lounge,
  openSessionFixture,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { admitPersonErasure } from '#test/fakes/admitted-erasures.ts';
import { openMemoryTranscripts } from '#test/fakes/memory-stores.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

test('sessions that a killed process left open are ended once the store is back, and those begun meanwhile go on', async () => {
  const clock = new VirtualClock(startedAtWallMs + 60_000);
  const { onDisk, inMemory } = openMemoryTranscripts(clock);
  const { reader, writer } = onDisk;
  let isAway = true;
  const endOpenSessions: typeof writer.endOpenSessions = async (...args) => {
    if (isAway) throw new BotError('store.unwritable', true, 'The database is away.');
    await writer.endOpenSessions(...args);
  };
  const awayWriter: typeof writer = {
    putSession: (session) => writer.putSession(session),
    putLines: (lines) => writer.putLines(lines),
    endOpenSessions,
  };
  const away = { ...onDisk, writer: awayWriter };
  const transcripts = new TranscriptStores(away, inMemory);
  const fixture = openSessionFixture({ addressing: 'off', transcripts }, [adam], clock);
  await writer.putSession(makeSession('a'));
  await writer.putLines([makeLine('a', 2, 'two')]);
  await using _ = cleanUp(fixture);
  await fixture.sessions.join(lounge, toPersonId('adam'));
  await turnCaptionsOn(fixture);
  await sayAll(fixture);
  const findLatest = async (guildId: GuildId, channelId: ChannelId) =>
    (await reader.findLatest(guildId, channelId))?.session;
  expect(
    (await findLatest(toGuildId('10'), toChannelId('100')))?.endedAtWallMs,
  ).toBeUndefined();
  isAway = false;
  await clock.advance(10_000);
  expect((await findLatest(toGuildId('10'), toChannelId('100')))?.endedAtWallMs).toBe(
    startedAtWallMs + 2_800,
  );
  expect(await findLatest(toGuildId('g'), toChannelId('lounge'))).not.toHaveProperty(
    'endedAtWallMs',
  );
});

/** Adam speaks where nothing is kept, and the bot leaves. */
async function speakUnkept(fixture: SessionFixture) {
  await fixture.settings.setSetting(toGuildId('g'), 'captions_days', '0');
  await fixture.sessions.join(lounge, toPersonId('adam'));
  await turnCaptionsOn(fixture);
  await sayAll(fixture);
  expect(fixture.captionChats.chat.lines).toEqual(['**Adam** five five']);
  await fixture.sessions.leave(toGuildId('g'));
}

/** Cleans transcripts up until disposed of. */
function cleanUp({ cleanup }: SessionFixture) {
  const abort = new AbortController();
  const running = cleanup.runUntilAborted(abort.signal);
  return {
    async [Symbol.asyncDispose]() {
      abort.abort(new Error('over'));
      await running;
    },
  };
}

/** Messages that were deleted. */
function listDeleted({ captionChats }: SessionFixture) {
  const gone = captionChats.chat.desired.filter(({ text }) => text === '');
  return gone.map(({ key }) => key);
}

test('captions that are not kept are gone 15 minutes after the session, and never on disk', async () => {
  const fixture = openSessionFixture({ addressing: 'off' });
  const { clock, transcripts } = fixture;
  await using _ = cleanUp(fixture);
  await speakUnkept(fixture);
  expect(await transcripts.onDisk.reader.listGuilds()).toEqual([]);
  await clock.advance(14 * 60_000);
  expect(listDeleted(fixture)).toEqual([]);
  await clock.advance(2 * 60_000);
  expect(listDeleted(fixture)).toEqual(['lounge captions 1']);
  expect(await transcripts.inMemory.reader.listGuilds()).toEqual([]);
});

test('captions that are kept nowhere are gone from the chat after a restart', async () => {
  const fixture = openSessionFixture({ addressing: 'off' });
  await speakUnkept(fixture);
  const { inMemory } = openMemoryTranscripts(fixture.clock);
  const transcripts = new TranscriptStores(fixture.transcripts.onDisk, inMemory);
  const again = openSessionFixture({
    captionChats: fixture.captionChats,
    transcripts,
  });
  await using _ = cleanUp(again);
  await again.clock.advance(1_000);
  expect(listDeleted(fixture)).toEqual(['lounge captions 1']);
});

/** Captions of messages 1 to `count` in a channel each, all of them by somebody who is forgotten then. */
async function forgetSpeaker(
  fixture: SessionFixture,
  count: number,
  channelOf: (n: number) => string,
) {
  const { eraser, messages, writer } = fixture.transcripts.onDisk;
  await writer.putSession(makeSession('a'));
  for (let n = 1; n <= count; n++) {
    const post = {
      channelId: toChannelId(channelOf(n)),
      messageId: toMessageId(`${n}`),
    };
    const postedAtWallMs = startedAtWallMs + n;
    const of = { sessionId: 'a', guildId: toGuildId('10') };
    await messages.putMessage({ ...of, postedAtWallMs, ...post });
    await writer.putLines([{ ...makeLine('a', n, 'words'), post }]);
  }
  await eraser.erasePerson(admitPersonErasure(toGuildId('10'), toPersonId('1')));
}

test('a message that cannot be edited does not stop the erasing of others in its channel', async () => {
  const clock = new VirtualClock(startedAtWallMs);
  const fixture = openSessionFixture({}, [], clock);
  await forgetSpeaker(fixture, 41, () => 'open');
  const chat = fixture.captionChats.findChat('open');
  chat.refuses = ({ key }) => (key === '1' ? { kind: 'forbidden' } : undefined);
  await using _ = cleanUp(fixture);
  await clock.advance(60_000);
  expect(new Set(chat.desired.map(({ key }) => key)).size).toBe(41);
});

test('messages in a closed channel wait by themselves, and its server and the operator are told once after an hour', async () => {
  const clock = new VirtualClock(startedAtWallMs);
  const fixture = openSessionFixture({}, [], clock);
  const { captionChats, of, transcripts } = fixture;
  const { messages } = transcripts.onDisk;
  await forgetSpeaker(fixture, 21, (n) => (n < 21 ? 'closed' : 'open'));
  const closed = captionChats.findChat('closed');
  closed.refuses = () => ({ kind: 'forbidden' });
  await using _ = cleanUp(fixture);
  await clock.advance(60_000);
  expect(captionChats.chats.get('open')?.desired).toMatchObject([
    { key: '21', text: '' },
  ]);
  await clock.advance(58 * 60_000);
  expect(captionChats.notices).toEqual([]);
  await clock.advance(3_720_000);
  expect(closed.desired.length).toBeLessThan(7 * 20);
  expect(captionChats.notices).toEqual(['10 captions.unerased']);
  closed.refuses = undefined;
  await clock.advance(3_600_000);
  expect(await messages.listOutdated(1)).toEqual([]);
  const text = 'Captions that should be gone still stand in channel closed';
  expect(of('failed')).toMatchObject([{ message: expect.stringContaining(text) }]);
});
