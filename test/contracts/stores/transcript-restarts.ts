import { expect, test } from 'vitest';
import {
  type ChannelId,
  type MessageId,
  toChannelId,
  toGuildId,
  toMessageId,
  toPersonId,
} from '#src/base/ids.ts';
import { admitPartErasure, admitPersonErasure } from '#test/fakes/admitted-erasures.ts';
import {
  makeLine,
  makeSession,
  type OpenTranscriptStore,
  onlyShardRange,
  startedAtWallMs,
  toMessagePlace,
} from './transcript-samples.ts';

/** Contract of a start after a killed process: data that it repairs, and data that it leaves to other processes. */
export function testTranscriptRestarts(name: string, open: OpenTranscriptStore) {
  testEndedSessions(name, open);
  testUnkeptLines(name, open);
  testSharedServers(name, open);
}

function testEndedSessions(name: string, open: OpenTranscriptStore) {
  test(`${name}: sessions that were left open end with what was said last in them`, async () => {
    await using store = await open();
    const ended = makeSession('c', {
      channelId: toChannelId('103'),
      endedAtWallMs: startedAtWallMs + 9,
    });
    await store.writer.putSession(makeSession('a', { channelId: toChannelId('101') }));
    await store.writer.putSession(makeSession('b', { channelId: toChannelId('102') }));
    await store.writer.putSession(ended);
    await store.writer.putLines([makeLine('a', 1, 'one'), makeLine('a', 2, 'two')]);
    await store.writer.endOpenSessions(onlyShardRange);
    const endOf = async (channelId: ChannelId) =>
      (await store.reader.findLatest(toGuildId('10'), channelId))?.session
        .endedAtWallMs;
    expect(await endOf(toChannelId('101'))).toBe(startedAtWallMs + 2_800);
    expect(await endOf(toChannelId('102'))).toBe(startedAtWallMs);
    expect(
      (await store.reader.findLatest(toGuildId('10'), toChannelId('103')))?.session,
    ).toEqual(ended);
  });
}

function testUnkeptLines(name: string, open: OpenTranscriptStore) {
  test(`${name}: the last messages of sessions that were left open, and those of sessions that are not here, are outdated`, async () => {
    await using store = await open();
    const ended = { endedAtWallMs: startedAtWallMs + 9 };
    await store.writer.putSession(makeSession('a', ended));
    await store.writer.putSession(makeSession('b'));
    const line = makeLine('b', 1, 'kept');
    await store.writer.putLines([
      {
        ...line,
        post: { channelId: toChannelId('200'), messageId: toMessageId('b3') },
      },
    ]);
    // The wall clock may be put back meanwhile: ids of Discord tell which message is the last.
    const putMessage = (messageId: MessageId, n: number) => {
      const postedAtWallMs = 9 - n;
      const sessionId = messageId.slice(0, 1);
      return store.messages.putMessage({
        channelId: toChannelId('200'),
        messageId,
        guildId: toGuildId('10'),
        sessionId,
        postedAtWallMs,
      });
    };
    for (const [n, id] of ['a1', 'b1', 'b2', 'b3', 'b4', 'c1'].entries())
      await putMessage(toMessageId(id), n);
    await store.writer.endOpenSessions(onlyShardRange);
    const outdated = await store.messages.listOutdated(9);
    const shown = outdated.map(({ message, lines }) => [
      message.messageId,
      lines.length,
    ]);
    expect(shown.toSorted()).toEqual([
      ['b2', 0],
      ['b3', 1],
      ['b4', 0],
      ['c1', 0],
    ]);
  });
}

function testSharedServers(name: string, open: OpenTranscriptStore) {
  test(`${name}: a shard ends no session, erases no line and changes no message of servers of another one`, async () => {
    await using store = await open();
    const guildId = toGuildId(`${(5n << 22n) + 9n}`);
    await store.writer.putSession(makeSession('a'));
    await store.writer.putSession(makeSession('b', { guildId }));
    await store.writer.putLines([
      makeLine('a', 1, 'here', toMessagePlace(toMessageId('300'))),
    ]);
    await store.writer.putLines([
      makeLine('b', 1, 'there', toMessagePlace(toMessageId('500'))),
    ]);
    const message = {
      channelId: toChannelId('200'),
      sessionId: 'nowhere',
      postedAtWallMs: 1,
    };
    await store.messages.putMessage({
      ...message,
      messageId: toMessageId('301'),
      guildId: toGuildId('10'),
    });
    await store.messages.putMessage({
      ...message,
      messageId: toMessageId('501'),
      guildId,
    });
    const messagesIn = async (id: number, count: number) => {
      const outdated = await store.messages.listOutdated(9, { id, count });
      return outdated.map(({ message }) => message.messageId).toSorted();
    };
    await store.writer.endOpenSessions({ id: 1, count: 2 });
    expect(await messagesIn(0, 1)).toEqual(['501']);
    const late = startedAtWallMs + 9 * 86_400_000;
    expect(
      await store.eraser.eraseExpired(
        admitPartErasure(),
        late,
        new Map([[guildId, 7]]),
      ),
    ).toBe(1);
    expect(await store.reader.listGuilds()).toEqual(['10']);
    const latest = await store.reader.findLatest(toGuildId('10'), toChannelId('100'));
    expect(latest).toMatchObject({ session: makeSession('a'), lastNumber: 1 });
    expect(await store.eraser.eraseExpired(admitPartErasure(), late, new Map())).toBe(
      0,
    );
    await store.eraser.erasePerson(
      admitPersonErasure(toGuildId('10'), toPersonId('1')),
    );
    expect([await messagesIn(0, 2), await messagesIn(1, 2)]).toEqual([
      ['300'],
      ['500', '501'],
    ]);
  });
}
