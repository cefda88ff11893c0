import { expect, test } from 'vitest';
import {
  inMessage,
  lineOf,
  type OpenTranscripts,
  sessionOf,
  startedAtWallMs,
} from './transcript-samples.ts';

/** Contract of a start after a killed process: data that it repairs, and data that it leaves to other processes. */
export function transcriptRestartsContract(name: string, open: OpenTranscripts): void {
  endsSessions(name, open);
  notesUnkept(name, open);
  sharesMessages(name, open);
}

function endsSessions(name: string, open: OpenTranscripts): void {
  test(`${name}: sessions that were left open end with what was said last in them`, async () => {
    await using store = await open();
    const ended = sessionOf('c', { channelId: '103', endedAtWallMs: startedAtWallMs + 9 });
    await store.writer.putSession(sessionOf('a', { channelId: '101' }));
    await store.writer.putSession(sessionOf('b', { channelId: '102' }));
    await store.writer.putSession(ended);
    await store.writer.putLines([lineOf('a', 1, 'one'), lineOf('a', 2, 'two')]);
    await store.goAway?.();
    await store.writer.endOpenSessions();
    const endOf = async (channelId: string) =>
      (await store.reader.latest('10', channelId))?.session.endedAtWallMs;
    expect(await endOf('101')).toBe(startedAtWallMs + 2_800);
    expect(await endOf('102')).toBe(startedAtWallMs);
    expect((await store.reader.latest('10', '103'))?.session).toEqual(ended);
  });
}

function notesUnkept(name: string, open: OpenTranscripts): void {
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
    await store.goAway?.();
    await store.writer.endOpenSessions();
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

function sharesMessages(name: string, open: OpenTranscripts): void {
  test(`${name}: messages of servers of another shard are left to it`, async () => {
    await using store = await open();
    const guildId = `${(5n << 22n) + 9n}`;
    await store.writer.putSession(sessionOf('a'));
    await store.writer.putSession(sessionOf('b', { guildId }));
    await store.writer.putLines([lineOf('a', 1, 'here', inMessage('300'))]);
    await store.writer.putLines([lineOf('b', 1, 'there', inMessage('500'))]);
    for (const id of ['a', 'b']) await store.eraser.forgetLines(id, [1]);
    const outdatedIn = async (id: number, count: number) =>
      (await store.messages.outdated(9, { id, count })).map(({ message }) => message.messageId);
    expect(await outdatedIn(0, 2)).toEqual(['300']);
    expect(await outdatedIn(1, 2)).toEqual(['500']);
    expect((await outdatedIn(0, 1)).toSorted()).toEqual(['300', '500']);
  });
}
