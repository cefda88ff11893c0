import { expect, test } from 'vitest';
import {
  inMessage,
  lineOf,
  type OpenTranscriptStore,
  onlyShard,
  sessionOf,
  startedAtWallMs,
} from './transcript-samples.ts';

/** Contract of a start after a killed process: data that it repairs, and data that it leaves to other processes. */
export function transcriptRestartsContract(name: string, open: OpenTranscriptStore): void {
  endsSessions(name, open);
  notesUnkept(name, open);
  sharesServers(name, open);
}

function endsSessions(name: string, open: OpenTranscriptStore) {
  test(`${name}: sessions that were left open end with what was said last in them`, async () => {
    await using store = await open();
    const ended = sessionOf('c', { channelId: '103', endedAtWallMs: startedAtWallMs + 9 });
    await store.writer.putSession(sessionOf('a', { channelId: '101' }));
    await store.writer.putSession(sessionOf('b', { channelId: '102' }));
    await store.writer.putSession(ended);
    await store.writer.putLines([lineOf('a', 1, 'one'), lineOf('a', 2, 'two')]);
    await store.writer.endOpenSessions(onlyShard);
    const endOf = async (channelId: string) =>
      (await store.reader.latest('10', channelId))?.session.endedAtWallMs;
    expect(await endOf('101')).toBe(startedAtWallMs + 2_800);
    expect(await endOf('102')).toBe(startedAtWallMs);
    expect((await store.reader.latest('10', '103'))?.session).toEqual(ended);
  });
}

function notesUnkept(name: string, open: OpenTranscriptStore) {
  test(`${name}: the last messages of sessions that were left open, and those of sessions that are not here, are outdated`, async () => {
    await using store = await open();
    const ended = { endedAtWallMs: startedAtWallMs + 9 };
    await store.writer.putSession(sessionOf('a', ended));
    await store.writer.putSession(sessionOf('b'));
    const line = lineOf('b', 1, 'kept');
    await store.writer.putLines([{ ...line, post: { channelId: '200', messageId: 'b3' } }]);
    // The wall clock may be put back meanwhile: ids of Discord tell which message is the last.
    const put = (messageId: string, n: number) => {
      const postedAtWallMs = 9 - n;
      const sessionId = messageId.slice(0, 1);
      return store.messages.put({
        channelId: '200',
        messageId,
        guildId: '10',
        sessionId,
        postedAtWallMs,
      });
    };
    for (const [n, id] of ['a1', 'b1', 'b2', 'b3', 'b4', 'c1'].entries()) await put(id, n);
    await store.writer.endOpenSessions(onlyShard);
    const outdated = await store.messages.outdated(9);
    const shown = outdated.map(({ message, lines }) => [message.messageId, lines.length]);
    expect(shown.toSorted()).toEqual([
      ['b2', 0],
      ['b3', 1],
      ['b4', 0],
      ['c1', 0],
    ]);
  });
}

function sharesServers(name: string, open: OpenTranscriptStore) {
  test(`${name}: a shard ends no session, erases no line and changes no message of servers of another one`, async () => {
    await using store = await open();
    const guildId = `${(5n << 22n) + 9n}`;
    await store.writer.putSession(sessionOf('a'));
    await store.writer.putSession(sessionOf('b', { guildId }));
    await store.writer.putLines([lineOf('a', 1, 'here', inMessage('300'))]);
    await store.writer.putLines([lineOf('b', 1, 'there', inMessage('500'))]);
    const message = { channelId: '200', sessionId: 'nowhere', postedAtWallMs: 1 };
    await store.messages.put({ ...message, messageId: '301', guildId: '10' });
    await store.messages.put({ ...message, messageId: '501', guildId });
    const messagesIn = async (id: number, count: number) => {
      const outdated = await store.messages.outdated(9, { id, count });
      return outdated.map(({ message }) => message.messageId).toSorted();
    };
    await store.writer.endOpenSessions({ id: 1, count: 2 });
    expect(await messagesIn(0, 1)).toEqual(['501']);
    const late = startedAtWallMs + 9 * 86_400_000;
    expect(await store.eraser.expire(late, { [guildId]: 7 })).toBe(1);
    expect(await store.reader.guilds()).toEqual(['10']);
    const latest = await store.reader.latest('10', '100');
    expect(latest).toMatchObject({ session: sessionOf('a'), lastNumber: 1 });
    expect(await store.eraser.expire(late, {})).toBe(0);
    await store.eraser.forget('10', '1');
    expect([await messagesIn(0, 2), await messagesIn(1, 2)]).toEqual([['300'], ['500', '501']]);
  });
}
