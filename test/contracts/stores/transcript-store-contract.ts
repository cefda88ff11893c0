import { expect, test } from 'vitest';
import { toChannelId, toGuildId, toMessageId, toPersonId } from '#src/base/ids.ts';
import type {
  ReadableChannels,
  TranscriptLine,
} from '#src/stores/transcripts/transcript-line.ts';
import { countRuns, fc } from '#test/properties.ts';
import {
  makeLine,
  makeSession,
  type OpenTranscriptStore,
  openSessions,
  toAnswer,
  toMessagePlace,
  toSpeaker,
} from './transcript-samples.ts';

/** Contract of every store of transcripts: writes and reads. */
export function testTranscriptStore(name: string, open: OpenTranscriptStore) {
  testResuming(name, open);
  testReading(name, open);
  testAgreement(name, open);
}

function testResuming(name: string, open: OpenTranscriptStore) {
  test(`${name}: a session to be resumed tells where it was left`, async () => {
    await using store = await open();
    await store.writer.putSession(makeSession('a'));
    expect(
      await store.reader.findLatest(toGuildId('10'), toChannelId('100')),
    ).toMatchObject({ lastNumber: 0 });
    await store.writer.putLines([
      makeLine('a', 3, 'old'),
      makeLine('a', 1_800, 'late'),
    ]);
    expect(await store.reader.findLatest(toGuildId('10'), toChannelId('100'))).toEqual({
      session: makeSession('a'),
      lastNumber: 1_800,
    });
  });
}

function testReading(name: string, open: OpenTranscriptStore) {
  test(`${name}: a line comes back as it was put, with all that is known of it`, async () => {
    await using store = await open();
    await store.writer.putSession(makeSession('a'));
    const whole: TranscriptLine = {
      ...makeLine('a', 1, 'Friday at eight', toMessagePlace(toMessageId('300'))),
      language: 'en-GB',
      isBrief: true,
    };
    const transcriptLine = makeLine('a', 2, 'I see,', toAnswer('1', '2'));
    const cut: TranscriptLine = { ...transcriptLine, isCut: true };
    const failed = makeLine('a', 3, '');
    await store.writer.putLines([whole, cut, failed]);
    expect(await store.reader.listLines('a', openSessions)).toEqual([
      whole,
      cut,
      failed,
    ]);
  });

  test(`${name}: lines are read in order of speech, and put again they are replaced`, async () => {
    await using store = await open();
    await store.writer.putSession(makeSession('a'));
    const late = makeLine('a', 1, 'later', { startMs: 9_000, endMs: 9_500 });
    const early = makeLine('a', 2, 'early');
    await store.writer.putLines([late, early]);
    const posted = { ...early, text: 'earlier', ...toMessagePlace(toMessageId('300')) };
    await store.writer.putLines([posted]);
    expect(await store.reader.listLines('a', openSessions)).toEqual([posted, late]);
    expect(await store.reader.listLines('a', openSessions, 2_000)).toEqual([posted]);
    const foundLines = await store.reader.search(
      { guildId: toGuildId('10'), words: 'early', limit: 9 },
      openSessions,
    );
    expect(foundLines).toEqual([]);
  });

  test(`${name}: lines of a session that is not there are not kept`, async () => {
    await using store = await open();
    await store.writer.putSession(makeSession('a'));
    await store.writer.putLines([makeLine('a', 1, 'one'), makeLine('gone', 1, 'two')]);
    expect(await store.reader.listLines('a', openSessions)).toHaveLength(1);
    expect(await store.reader.listLines('gone', openSessions)).toEqual([]);
  });
}

const channelIds = ['100', '101', '102'].map(toChannelId);
const personIds = ['1', '2', '3'].map(toPersonId);
const anyOpen: fc.Arbitrary<ReadableChannels> = fc
  .record({
    channelIds: fc.subarray(channelIds),
    personId: fc.option(fc.constantFrom(...personIds.slice(0, 2))),
    goneChannelIds: fc.subarray(channelIds),
  })
  .map(({ personId, goneChannelIds, ...open }) =>
    personId === null ? open : { ...open, own: { personId, goneChannelIds } },
  );
const anySession = fc.record({
  channelId: fc.constantFrom(...channelIds),
  speakerIds: fc.array(fc.constantFrom(...personIds), { maxLength: 4 }),
});

function testAgreement(name: string, open: OpenTranscriptStore) {
  test(`${name}: nothing is read, listed or found but what the rule allows`, async () => {
    await using store = await open();
    let guild = 0;
    await fc.assert(
      fc.asyncProperty(
        fc.array(anySession, { maxLength: 4 }),
        anyOpen,
        async (all, { own, ...others }) => {
          const guildId = toGuildId(`${guild++}`);
          const sessions = all.map(({ channelId, speakerIds }, n) => {
            const session = makeSession(`${n} ${guildId}`, {
              guildId,
              channelId,
            });
            const lines = speakerIds.map((id, at) =>
              makeLine(session.id, at + 1, 'word', toSpeaker(id)),
            );
            const isTheirs =
              own !== undefined && speakerIds.some((id) => id === own.personId);
            const isGone = own?.goneChannelIds.includes(channelId) === true;
            const isOpen =
              others.channelIds.includes(channelId) || (isGone && isTheirs);
            return { session, lines, known: isOpen ? lines : [] };
          });
          for (const { session, lines } of sessions) {
            await store.writer.putSession(session);
            await store.writer.putLines(lines);
          }
          const fields = { ...others, ...(own && { own }) };
          for (const { session, known } of sessions)
            expect(await store.reader.listLines(session.id, fields)).toEqual(known);
          const listed = await store.reader.listSessions(guildId, fields);
          const counts = sessions
            .toReversed()
            .map(({ session, known }) => ({ ...session, lineCount: known.length }));
          expect(listed).toEqual(counts.filter(({ lineCount }) => lineCount > 0));
          const foundLines = await store.reader.search(
            { guildId, words: 'word', limit: 99 },
            fields,
          );
          expect(new Set(foundLines.map(({ line }) => line))).toEqual(
            new Set(sessions.flatMap(({ known }) => known)),
          );
        },
      ),
      { numRuns: countRuns(30) },
    );
  });
}
