import { toPersonId } from '#src/base/ids.ts';
import { formatTranscriptFile } from '#src/features/captions/files/transcript-file.ts';
import type { TranscriptLine } from '#src/stores/transcripts/transcript-line.ts';
import {
  evening,
  makeBotLine,
  makeLine,
} from '#test/features/captions/transcript-lines.ts';

import { type ReadCue, readSrt } from './subtitle-readers.ts';

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
