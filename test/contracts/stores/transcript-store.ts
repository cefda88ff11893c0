import { expect, test } from 'vitest';
import { mayKnow } from '#src/features/captions/line-visibility.ts';
import type {
  Presence,
  TranscriptLine,
  TranscriptSession,
} from '#src/features/captions/transcript-line.ts';
import type { Audience } from '#src/features/captions/transcript-store-types.ts';

import { fc, runs } from '#test/properties.ts';

import {
  answerTo,
  anybody,
  by,
  inMessage,
  lineOf,
  type OpenTranscripts,
  only,
  presenceOf,
  sessionOf,
  startedAtWallMs,
} from './transcript-samples.ts';

/** Contract of every store of transcripts: writes and reads. */
export function transcriptStoreContract(name: string, open: OpenTranscripts): void {
  resumes(name, open);
  reads(name, open);
  hides(name, open);
  agrees(name, open);
  fails(name, open);
}

function resumes(name: string, open: OpenTranscripts): void {
  test(`${name}: a session to be resumed tells its last line, its last minutes, and who sat there`, async () => {
    await using store = await open();
    await store.writer.putSession(sessionOf('a'));
    expect(await store.reader.latest('10', '100')).toMatchObject({ lastNumber: 0, lastMs: 0 });
    const [old, late] = [lineOf('a', 3, 'old'), lineOf('a', 1_800, 'late')];
    await store.writer.putLines([old, late, lineOf('a', 1_000, 'between')]);
    const sat = presenceOf('a', '1', 0, 1_900_000);
    await store.writer.putPresences([sat]);
    expect(await store.reader.latest('10', '100')).toEqual({
      session: sessionOf('a'),
      lastNumber: 1_800,
      lastMs: 1_900_000,
      lines: [lineOf('a', 1_000, 'between'), late],
      presences: [sat],
    });
  });
}

function reads(name: string, open: OpenTranscripts): void {
  test(`${name}: a line comes back as it was put, with all that is known of it`, async () => {
    await using store = await open();
    await store.writer.putSession(sessionOf('a'));
    const whole: TranscriptLine = {
      ...lineOf('a', 1, 'Friday at eight', inMessage('300')),
      language: 'en-GB',
      words: [{ text: 'Friday', startMs: 1_000, endMs: 1_200, confidence: 0.9 }],
      confidence: 0.8,
      isBrief: true,
    };
    const said = lineOf('a', 2, 'I see,', answerTo('1', '2'));
    const cut: TranscriptLine = { ...said, isCut: true };
    const failed = lineOf('a', 3, '');
    await store.writer.putLines([whole, cut, failed]);
    expect(await store.reader.lines('a', anybody)).toEqual([whole, cut, failed]);
  });

  test(`${name}: lines are read in order of speech, and put again they are replaced`, async () => {
    await using store = await open();
    await store.writer.putSession(sessionOf('a'));
    const late = lineOf('a', 1, 'later', { startMs: 9_000, endMs: 9_500 });
    const early = lineOf('a', 2, 'early');
    await store.writer.putLines([late, early]);
    const posted = { ...early, text: 'earlier', ...inMessage('300') };
    await store.writer.putLines([posted]);
    expect(await store.reader.lines('a', anybody)).toEqual([posted, late]);
    expect(await store.reader.lines('a', anybody, { fromMs: 9_000 })).toEqual([late]);
    expect(await store.reader.lines('a', anybody, { toMs: 2_000 })).toEqual([posted]);
    const found = await store.reader.search({ guildId: '10', words: 'early', limit: 9 }, anybody);
    expect(found).toEqual([]);
  });

  test(`${name}: a session put again is changed, and the latest of a channel is found`, async () => {
    await using store = await open();
    await store.writer.putSession(sessionOf('a'));
    await store.writer.putSession(sessionOf('b', { placeId: '201', catchUp: false }));
    await store.writer.putSession(sessionOf('c', { channelId: '101' }));
    const ended = sessionOf('b', { placeId: '201', endedAtWallMs: startedAtWallMs + 5 });
    await store.writer.putSession(ended);
    expect((await store.reader.latest('10', '100'))?.session).toEqual(ended);
    expect(await store.reader.latest('20', '100')).toBeUndefined();
    expect(await store.reader.places('10')).toEqual(['200', '201']);
  });

  test(`${name}: lines and presences of a session that is not there are refused with a reason`, async () => {
    await using store = await open();
    await store.writer.putSession(sessionOf('a'));
    const refused = {
      code: 'store.unwritable',
      message: expect.stringContaining('the session of'),
    };
    const lines = store.writer.putLines([lineOf('a', 1, 'one'), lineOf('gone', 1, 'two')]);
    await expect(lines).rejects.toMatchObject(refused);
    const presences = store.writer.putPresences([presenceOf('gone', '1', 0)]);
    await expect(presences).rejects.toMatchObject(refused);
    expect(await store.reader.lines('a', anybody)).toEqual([]);
  });
}

function hides(name: string, open: OpenTranscripts): void {
  test(`${name}: without catching up a line reaches only who sat there when it was begun`, async () => {
    await using store = await open();
    await store.writer.putSession(sessionOf('a', { catchUp: false }));
    await store.writer.putLines([
      lineOf('a', 1, 'one'),
      lineOf('a', 2, 'two'),
      lineOf('a', 3, 'three'),
    ]);
    await store.writer.putPresences([presenceOf('a', '1', 0), presenceOf('a', '2', 0)]);
    await store.writer.putPresences([presenceOf('a', '2', 0, 2_000)]);
    const textsFor = async (audience: Audience) =>
      (await store.reader.lines('a', audience)).map(({ text }) => text);
    expect(await textsFor(only('1'))).toEqual(['one', 'two', 'three']);
    expect(await textsFor(only('2'))).toEqual(['one', 'two']);
    expect(await textsFor(anybody)).toEqual([]);
    const [ana, ben] = [...only('1'), ...only('2')];
    expect(ana && ben && (await textsFor([ana, ben]))).toEqual(['one', 'two']);
    const unstored = [presenceOf('a', '3', 2_500)];
    expect(await textsFor([{ personId: '3', openPlaceIds: [], unstored }])).toEqual(['three']);
  });

  test(`${name}: sessions are listed newest first with the count of lines that may be known, or not at all`, async () => {
    await using store = await open();
    for (const id of ['a', 'b', 'c', 'd'])
      await store.writer.putSession(sessionOf(id, { catchUp: id === 'a' }));
    for (const id of ['a', 'b', 'c']) {
      await store.writer.putLines([lineOf(id, 1, 'one'), lineOf(id, 2, 'two')]);
    }
    await store.writer.putPresences([presenceOf('b', '9', 1_500), presenceOf('d', '9', 0)]);
    expect(await store.reader.sessions('10', anybody, 9)).toEqual([
      { ...sessionOf('b', { catchUp: false }), lineCount: 1 },
      { ...sessionOf('a'), lineCount: 2 },
    ]);
    expect(await store.reader.sessions('10', anybody, 1)).toHaveLength(1);
    expect(await store.reader.sessions('20', anybody, 9)).toEqual([]);
  });
}

const people = ['1', '2', '3'];
const anyTimeMs = fc.integer({ min: 0, max: 6 });
const anyPresence = fc
  .tuple(fc.constantFrom('a', 'b'), fc.constantFrom(...people), anyTimeMs, fc.option(anyTimeMs))
  .map(([id, person, fromMs, forMs]) =>
    presenceOf(id, person, fromMs, forMs === null ? undefined : fromMs + forMs),
  );
const anyAudience: fc.Arbitrary<Audience> = fc
  .array(
    fc.record({
      personId: fc.constantFrom(...people),
      openPlaceIds: fc.subarray(['200', '201']),
      unstored: fc.array(anyPresence, { maxLength: 2 }),
    }),
    { minLength: 1, maxLength: 3 },
  )
  .map(([first = { personId: '1', openPlaceIds: [] }, ...others]) => [first, ...others]);

function agrees(name: string, open: OpenTranscripts): void {
  test(`${name}: nothing is read, listed or found but what the rule allows`, async () => {
    await using store = await open();
    let guild = 0;
    const anyStarts = fc.array(anyTimeMs, { maxLength: 6 });
    const catchUps = fc.tuple(fc.boolean(), fc.boolean());
    await fc.assert(
      fc.asyncProperty(
        anyStarts,
        fc.array(anyPresence),
        catchUps,
        anyAudience,
        async (starts, all, [one, two], audience) => {
          const guildId = `${guild++}`;
          const unique = (id: string) => `${id}${guildId}`;
          const sessions = [
            sessionOf(unique('a'), { guildId, catchUp: one }),
            sessionOf(unique('b'), { guildId, catchUp: two, placeId: '201' }),
          ];
          const moved = (some: readonly Presence[]) =>
            some.map((presence) => ({ ...presence, sessionId: unique(presence.sessionId) }));
          const [first, ...others] = audience.map((viewer) => ({
            ...viewer,
            unstored: moved(viewer.unstored ?? []),
          }));
          if (!first) return;
          const viewers: Audience = [first, ...others];
          // A later time of the same session, person and start replaces an earlier one.
          const presences = [
            ...new Map(
              moved(all).map((p) => [`${p.sessionId} ${p.personId} ${p.fromMs}`, p]),
            ).values(),
          ];
          const lines = sessions.flatMap(({ id }) =>
            starts.map((startMs, n) => lineOf(id, n + 1, 'word', { startMs, endMs: startMs })),
          );
          for (const session of sessions) await store.writer.putSession(session);
          await store.writer.putLines(lines);
          await store.writer.putPresences(presences);
          const known = (session: TranscriptSession) =>
            lines.filter(
              (line) => line.sessionId === session.id && mayKnow(viewers, line, session, presences),
            );
          for (const session of sessions) {
            const read = await store.reader.lines(session.id, viewers);
            expect(new Set(read)).toEqual(new Set(known(session)));
          }
          const listed = await store.reader.sessions(guildId, viewers, 9);
          const counts = sessions
            .toReversed()
            .map((session) => ({ ...session, lineCount: known(session).length }));
          expect(listed).toEqual(counts.filter(({ lineCount }) => lineCount > 0));
          const found = await store.reader.search({ guildId, words: 'word', limit: 99 }, viewers);
          expect(new Set(found.map(({ line }) => line))).toEqual(new Set(sessions.flatMap(known)));
        },
      ),
      { numRuns: runs(30) },
    );
  });
}

function fails(name: string, open: OpenTranscripts): void {
  test(`${name}: a store that cannot be read says so, and never that nothing was said`, async () => {
    await using store = await open('unreadable');
    const unreadable = { name: 'BotError', code: 'store.unreadable' };
    const search = { guildId: '10', words: 'word', limit: 9 };
    await expect(store.reader.sessions('10', anybody, 9)).rejects.toMatchObject(unreadable);
    await expect(store.reader.search(search, anybody)).rejects.toMatchObject(unreadable);
    await expect(store.records.all('10', '1')).rejects.toMatchObject(unreadable);
    await expect(store.memories.list('10')).rejects.toMatchObject(unreadable);
    await expect(store.messages.outdated(9)).rejects.toMatchObject(unreadable);
  });

  test.each(['unreadable', 'unwritable'] as const)(
    `${name}: an %s store takes nothing, and says so`,
    async (trouble) => {
      await using store = await open(trouble);
      const unwritable = { name: 'BotError', code: 'store.unwritable' };
      const putting = store.writer.putSession(
        sessionOf('new', { channelName: 'long '.repeat(9_000) }),
      );
      await expect(putting).rejects.toMatchObject(unwritable);
    },
  );

  test(`${name}: what somebody else said is not found by who was not there`, async () => {
    await using store = await open();
    await store.writer.putSession(sessionOf('a', { catchUp: false }));
    await store.writer.putLines([lineOf('a', 1, 'secret', by('2'))]);
    const search = { guildId: '10', words: 'secret', limit: 9 };
    expect(await store.reader.search(search, only('1'))).toEqual([]);
  });
}
