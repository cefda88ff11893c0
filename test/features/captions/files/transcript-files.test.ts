import { readFile } from 'node:fs/promises';
import { Ajv2020 } from 'ajv/dist/2020.js';
import { toChannelId, toGuildId, toMessageId, toPersonId } from '#src/base/ids.ts';
import {
  formatTranscriptFile,
  type TranscriptContent,
} from '#src/features/captions/files/transcript-file.ts';
import type { TranscriptLine } from '#src/stores/transcripts/transcript-line.ts';
import { openCaptioned, sayAll } from '#test/conversation/setup/captioned-session.ts';
import { openDeeply } from '#test/fakes/opened-replies.ts';
import {
  evening,
  makeBotLine,
  makeLine,
} from '#test/features/captions/transcript-lines.ts';
import { anyCharacter, countRuns, fc } from '#test/properties.ts';
import { type ReadCue, readSrt } from './subtitle-readers.ts';

const talk = [
  makeLine(0, 'When do we meet?'),
  makeLine(63_000, 'Friday at *eight*, my place.', {
    name: 'Ben',
    post: { channelId: toChannelId('200'), messageId: toMessageId('300') },
  }),
  makeLine(70_000, '', { name: 'Cleo' }),
  makeBotLine(80_000, 'The Millau Viaduct, at 343', { isCut: true }),
];
const writeTranscript = (
  format: 'txt' | 'json',
  fields: Partial<TranscriptContent> = {},
) => formatTranscriptFile(format, { session: evening, lines: talk, ...fields }).text;

test('a text file tells channel, date and time zone, and each line with its time of day', () =>
  expect(writeTranscript('txt')).toBe(
    [
      ...['Captions of Lounge, 2026-11-20', 'UTC', ''],
      '[20:14:00] Ana: When do we meet?',
      '[20:15:03] Ben: Friday at *eight*, my place.',
      '[20:15:10] Cleo: (not understood)',
      '[20:15:20] Nova: The Millau Viaduct, at 343—',
      '',
    ].join('\n'),
  ));

async function schemaCheck() {
  const schema: unknown = JSON.parse(
    await readFile('docs/transcript.schema.json', 'utf8'),
  );
  const check = new Ajv2020({ strict: true, allErrors: true, strictTypes: false });
  const fits = check.compile(schema as object);
  return (file: string) => (fits(JSON.parse(file)) ? [] : fits.errors);
}
const ids = {
  session: { ...evening, endedAtWallMs: evening.startedAtWallMs + 90_500 },
};

test('a json file fits its schema, and holds ids, language and links', async () => {
  const rich = { language: 'en', isBrief: true } as const;
  const lines = [...talk, makeLine(90_000, 'When?', rich)];
  const file = writeTranscript('json', { ...ids, lines });
  expect((await schemaCheck())(file)).toEqual([]);
  const { session, lines: read } = JSON.parse(file);
  expect(session).toMatchObject({
    ...{ id: evening.id, guildId: '100', channelId: '200', channelName: 'Lounge' },
    ...{ startedAt: '2026-11-20T20:14:00.000Z', endedAt: '2026-11-20T20:15:30.500Z' },
  });
  expect(read[1]).toEqual({
    number: 64,
    speaker: { kind: 'person', id: 'id of Ben', name: 'Ben' },
    ...{ startMs: 63_000, endMs: 65_000, startedAt: '2026-11-20T20:15:03.000Z' },
    text: 'Friday at *eight*, my place.',
    isUnderstood: true,
    link: 'https://discord.com/channels/100/200/300',
  });
  expect(read[2]).toMatchObject({ text: '', isUnderstood: false });
  expect(read[3]).toMatchObject({
    isCut: true,
    speaker: { kind: 'bot', name: 'Nova' },
  });
  expect(read[4]).toMatchObject({ language: 'en' });
});

test('the example of the documentation fits the schema', async () => {
  const [, example = ''] =
    /```json\n([^`]+)```/.exec(await readFile('docs/members.md', 'utf8')) ?? [];
  expect((await schemaCheck())(example)).toEqual([]);
});

test('a file that does not fit the schema is noticed', async () => {
  const wrong = writeTranscript('json').replace(
    '"isUnderstood":true',
    '"isUnderstood":"yes"',
  );
  expect((await schemaCheck())(wrong)).not.toEqual([]);
});

test('whatever was said, the json file fits its schema', async () => {
  const check = await schemaCheck();
  fc.assert(
    fc.property(
      fc.array(
        fc.record({
          text: fc.string({ unit: anyCharacter }),
          name: fc.string(),
          at: fc.nat(),
        }),
      ),
      (specs) => {
        const lines = specs.map(({ text, name, at }, n) =>
          makeLine(at, text, { name, number: n + 1 }),
        );
        expect(check(writeTranscript('json', { lines }))).toEqual([]);
      },
    ),
    { numRuns: countRuns(50) },
  );
});

const writeSubtitles = (...lines: readonly TranscriptLine[]) =>
  formatTranscriptFile('srt', { session: evening, lines }).text;
const cuesOf = (...lines: readonly TranscriptLine[]) =>
  readSrt(writeSubtitles(...lines));
const formatCue = ({ speaker, startMs, endMs, text }: ReadCue) => [
  speaker,
  startMs,
  endMs,
  text,
];

test('speakers, words, times and order are read back from an srt file', () => {
  const cues = cuesOf(
    makeLine(0, 'How high is it?'),
    makeLine(1_250, 'The bridge is 343 metres.', { name: 'Ben' }),
    makeBotLine(3_000, 'The Millau Viaduct, at 343', { isCut: true }),
    makeLine(4_000, '', { name: 'Cleo' }),
    makeLine(4_000, 'What?', { name: 'Dan', number: 999 }),
  );
  expect(cues.map(formatCue)).toEqual([
    ['Ana', 0, 2_000, 'How high is it?'],
    ['Ben', 1_250, 3_250, 'The bridge is 343 metres.'],
    ['Nova', 3_000, 5_000, 'The Millau Viaduct, at 343—'],
    ['Cleo', 4_000, 6_000, '(not understood)'],
    ['Dan', 4_000, 6_000, 'What?'],
  ]);
});

test.each([
  ['a time line', '00:00:01,000 --> 00:00:02,000', '00:00:01,000 –> 00:00:02,000'],
  [
    'a cue of somebody else',
    'well\n\n2\n00:00:01.000 --> 00:00:09.000\nBen: yes',
    undefined,
  ],
  ['tags', '<b>bold</b> & <v Ben>yes', '‹b>bold‹/b> & ‹v Ben>yes'],
  ['an entity', '&lt;v Ben&gt;yes &amp; no', '&lt;v Ben&gt;yes &amp; no'],
  ['a position on the screen', '{\\an8}above', '(\\an8}above'],
  ['what is not seen', 'a\u202eb\u200b\u0007c\u2066d', 'ab cd'],
])('%s in speech stays the speech of one cue', (_, utterance, inSrt) => {
  const cues = cuesOf(makeLine(0, utterance), makeLine(5_000, 'next', { name: 'Ben' }));
  expect(cues.map(({ speaker }) => speaker)).toEqual(['Ana', 'Ben']);
  if (inSrt !== undefined) expect(cues[0]?.text).toBe(inSrt);
});

test('a person cannot pass for another by taking their name', async () => {
  const twin = {
    kind: 'person',
    personId: toPersonId('another'),
    name: 'ana',
  } as const;
  const srt = cuesOf(
    makeLine(0, 'one'),
    makeLine(3_000, 'two', { speaker: twin }),
    makeLine(6_000, 'three', { name: 'Nova' }),
    makeBotLine(9_000, 'four'),
  );
  expect(srt.map(({ speaker }) => speaker)).toEqual([
    'Ana',
    'ana (2)',
    'Nova (2)',
    'Nova',
  ]);
});

const json = { format: 'json' } as const;

test('programs read what captions kept in the channels that their token names, and nothing else', async () => {
  const fixture = await openCaptioned();
  await sayAll(fixture);
  const { transcriptFor } = fixture;
  const lounge = [toChannelId('lounge'), toChannelId('den')];
  const listed = await transcriptFor.listSessions(toGuildId('g'), lounge);
  expect(await openDeeply(listed)).toMatchObject([{ channelName: 'Lounge' }]);
  expect(await transcriptFor.createFile(toGuildId('g'), lounge, json)).toMatchObject({
    kind: 'file',
  });
  for (const others of [[], ['den']]) {
    expect(
      await transcriptFor.listSessions(toGuildId('g'), others.map(toChannelId)),
    ).toEqual([]);
    expect(
      await transcriptFor.createFile(toGuildId('g'), others.map(toChannelId), json),
    ).toEqual({ kind: 'none' });
  }
});
