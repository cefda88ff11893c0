import { getDurationMs } from '#src/audio/pcm.ts';
import { realClock } from '#src/base/clock.ts';
import { noGuild } from '#src/base/ids.ts';
import { openClient } from '#src/provider/api-client.ts';
import { createTranscriberChain } from '#src/speech/fallbacks/speech-chains.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { parseTags, toTranscript } from '#src/speech/openai/transcript-reply.ts';
import type { Transcriber, TranscriptionOptions } from '#src/speech/speech-engine.ts';
import { createPaidRecogniser } from '#src/spending/paid-engine.ts';
import { Reservation } from '#src/spending/reservation.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import {
  openTranscriptions,
  type TranscriptionsOptions,
} from '#test/fakes/providers/mock-transcriptions.ts';
import { countRuns, fc } from '#test/properties.ts';
import { readRecording } from './recordings.ts';

/** Segments as VibeVoice writes them: https://github.com/microsoft/VibeVoice */
const segments = [
  { Start: 0, End: 1.5, Speaker: 0, Content: 'Hello there, "Ben".' },
  { Start: 1.6, End: 2, Speaker: 1, Content: '[Music]' },
  { Start: 2.1, End: 3, Speaker: 'Speaker 1', Content: 'How are you?' },
];
const words = 'Hello there, "Ben". How are you?';
const json = JSON.stringify(segments);

test.each<[string, unknown]>([
  ['a text', { text: json }],
  ['a text with spaces and lines', { text: JSON.stringify(segments, undefined, 2) }],
  ['a text in a fence', { text: `\`\`\`json\n${json}\n\`\`\`` }],
  ['a text between tokens', { text: `<|im_start|>assistant\n${json}<|im_end|>` }],
  ['a text that is encoded twice', { text: JSON.stringify(json) }],
  ['an object in a text', { text: JSON.stringify({ segments }) }],
  ['a list', { text: segments }],
  ['a list beside no text', { segments }],
  ['the whole answer', segments],
  ['the whole answer as plain text', json],
])('segments in JSON as %s are their words', (_, reply) =>
  expect(toTranscript(reply, undefined).text).toBe(words),
);

const key = fc.constantFrom(
  'Content',
  'text',
  'transcript',
  'sentence',
  'words_said',
  'utterance',
);
const note = fc.dictionary(
  fc.constantFrom(
    'start',
    'End',
    'start_time',
    'speaker',
    'speaker_id',
    'language',
    'type',
    'confidence',
  ),
  fc.oneof(fc.integer(), fc.constantFrom('en', 'Speaker 1', 'speech')),
);
const said = fc.constantFrom(
  'Hello.',
  'Is it "four", really?',
  'No: 5\\6!',
  '\u4f60\u597d\u3002',
  'Curly { and }',
);

test('of JSON with any names, whole or cut anywhere, only words are left', () => {
  fc.assert(
    fc.property(
      key,
      fc.array(fc.tuple(note, said), { minLength: 1, maxLength: 4 }),
      (name, rows) => {
        const list = rows.map(([notes, text]) => ({ ...notes, [name]: text }));
        const expected = rows.map(([, text]) => text).join(' ');
        const text = JSON.stringify(list);
        expect(parseTags(text).text).toBe(expected);
        for (let end = 2; end < text.length; end++) {
          const partial = parseTags(text.slice(0, end), true).text;
          // A word that breaks off may end with half of an escape.
          expect(expected.startsWith(partial.replace(/\\*$/, ''))).toBe(true);
          expect(parseTags(text.slice(0, end)).text).not.toMatch(
            /[[\]]|"\s*:|\bstart\b/i,
          );
        }
      },
    ),
    { numRuns: countRuns(40) },
  );
});

const tagName = fc
  .array(fc.stringMatching(/^[A-Za-z]{2,8}$/), { minLength: 1, maxLength: 2 })
  .map((pieces) => pieces.join('_'));
const tagShapes: readonly ((name: string) => string)[] = [
  (name) => `<|${name}|>`,
  (name) => `<${name}>`,
  (name) => `</${name}>`,
  (name) => `[_${name}_]`,
  (name) => `[${name}]`,
];

test('a tag of any name is no words, wherever it stands', () => {
  fc.assert(
    fc.property(
      tagName,
      fc.constantFrom(...tagShapes),
      fc.nat(2),
      (name, shape, at) => {
        const pieces = ['hello', 'there'];
        const text = pieces.toSpliced(at, 0, shape(name)).join(' ');
        expect(parseTags(text).text).toBe('hello there');
      },
    ),
    { numRuns: countRuns(60) },
  );
});

test('numbers and booleans as the text are text', () => {
  expect(toTranscript({ text: 6 }, undefined).text).toBe('6');
  expect(toTranscript({ text: false }, undefined).text).toBe('false');
  expect(() => toTranscript({ text: null }, undefined)).toThrow(/without text/);
});

const { pcm } = readRecording('human-cards-004');
const never = new AbortController().signal;

async function openHearing(rules: TranscriptionsOptions) {
  const server = await openTranscriptions(rules);
  const client = openClient({ baseUrl: server.baseUrl });
  const own = { model: 'usual', models: ['usual', 'large'] };
  return { ...server, transcriber: new OpenAiTranscriber(client, own) };
}

async function transcriptOf(transcriber: Transcriber, options: TranscriptionOptions) {
  for await (const update of transcriber.transcribe(pcm, never, options))
    if (update.kind === 'final') return update.transcript;
  return expect.fail('There was no final.');
}

// OpenAI ends /audio/translations on 2027-02-26.
test.each<TranscriptionsOptions>([{}, { lacksBy: 410 }, { translates: ['large'] }])(
  'a server that does not translate with this model (%j) is asked to once; the words come as they were said',
  async (rules) => {
    await using server = await openHearing(rules);
    for (let n = 0; n < 2; n++) {
      const transcript = await transcriptOf(server.transcriber, { isTranslated: true });
      expect(transcript).toMatchObject({ text: 'hello' });
      expect(transcript.isTranslated).toBeUndefined();
    }
    const [first, ...others] = [
      '/audio/translations',
      ...Array(2).fill('/audio/transcriptions'),
    ];
    expect(server.listPaths()).toEqual([first, ...others]);
    await transcriptOf(server.transcriber, { isTranslated: true, model: 'large' });
    expect(server.listPaths()[3]).toBe('/audio/translations'); // it may with another
  },
);

test('behind fallbacks and a reservation options reach the server, and each request is paid for', async () => {
  await using server = await openHearing({ translates: ['large'] });
  const heardValues: number[] = [];
  const reservation = new Reservation({
    guildId: noGuild,
    hold: async () => undefined,
    pay: (_, work) =>
      void heardValues.push(...work.uses.map((use) => ('ms' in use ? use.ms : 0))),
  });
  const { chain } = makeChain('speech to text', [server.transcriber], realClock);
  const paid = createPaidRecogniser(createTranscriberChain(chain, false));
  const request = { isTranslated: true, model: 'large' };
  const transcript = await transcriptOf(paid.withReservation(reservation), request);
  expect(transcript.isTranslated).toBe(true);
  expect(heardValues).toEqual([getDurationMs(pcm)]);
});
