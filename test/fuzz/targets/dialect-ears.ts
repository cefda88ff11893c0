import { isDeepStrictEqual } from 'node:util';
import { BotError } from '#src/base/errors.ts';
import { ApiClient } from '#src/provider/api-client.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { drainAnswer } from '#test/contracts/pipeline-contract.ts';
import { wordyJson } from '#test/fakes/dialects/ear-servers.ts';
import {
  makeTranscriptEvents,
  serverForms,
} from '#test/fakes/dialects/server-forms.ts';
import { cutBytes } from '#test/fakes/providers/send-paced.ts';
import { hearWords, speakWords } from '#test/fakes/tone-words.ts';
import {
  type AlteredMessage,
  addedWords,
  alterations,
  alterMessages,
  parseEvents,
  type SentMessage,
  toJsonMessage,
  writeMessage,
} from '#test/fuzz/alterations.ts';
import type { FuzzTarget } from '#test/fuzz/fuzz-target.ts';
import { makeAsyncTarget } from '#test/fuzz/make-target.ts';
import { fc } from '#test/properties.ts';

const never = new AbortController().signal;
const { pcm } = speakWords('one two three');
const meantWords = hearWords(pcm).split(' ');
const text = meantWords.join(' ');

type Hearing = {
  readonly title: string;
  readonly type: string;
  readonly isStream: boolean;
  readonly messages: readonly SentMessage[];
};

const hearings: readonly Hearing[] = [
  ...[...serverForms.values()].flatMap(({ title, transcription }): Hearing[] => {
    if (!transcription) return [];
    const { json, stream } = transcription;
    const body = json?.body.replace(/\$\{text\}|(?<!\\)\$text/g, (name) =>
      name === '$text' ? JSON.stringify(text) : text,
    );
    return [
      ...(body === undefined
        ? []
        : [
            {
              title,
              type: 'application/json',
              isStream: false,
              messages: [toParsed(body)],
            },
          ]),
      ...(stream
        ? [
            {
              title: `${title}, events`,
              type: 'text/event-stream',
              isStream: true,
              messages: parseEvents([...makeTranscriptEvents(stream, text)]),
            },
          ]
        : []),
    ];
  }),
  ...Object.entries(wordyJson).map(([title, body]) => ({
    title,
    type: 'application/json',
    isStream: false,
    messages: [toJsonMessage(body)],
  })),
  {
    title: 'words with their times',
    type: 'application/json',
    isStream: false,
    messages: [
      toJsonMessage({
        task: 'transcribe',
        language: 'english',
        duration: 0.9,
        text,
        segments: [
          { id: 0, start: 0, end: 0.9, text, avg_logprob: -0.2, no_speech_prob: 0.01 },
        ],
        usage: { type: 'duration', seconds: 1 },
      }),
    ],
  },
];

function toParsed(body: string): SentMessage {
  return toJsonMessage(JSON.parse(body) as unknown);
}

type EarCase = Hearing & {
  readonly altered: readonly AlteredMessage[];
  readonly isReset: boolean;
  readonly pieceBytes: number;
};

const cases: fc.Arbitrary<EarCase> = fc
  .record({
    hearing: fc.constantFrom(...hearings),
    list: alterations,
    isReset: fc.constantFrom(false, false, false, true),
    pieceBytes: fc.integer({ min: 10, max: 1_000 }),
  })
  .map(({ hearing, list, ...manner }) => {
    const altered = alterMessages(hearing.messages, list);
    return {
      ...hearing,
      ...manner,
      altered,
      [fc.toStringMethod]: () =>
        `${hearing.title} ${fc.stringify({ ...manner, list })}\n${altered.map(writeMessage).join('')}`,
    };
  });

const carryingFields = new Set([
  '*',
  'text',
  'delta',
  'content',
  'type',
  'Content',
  'choices',
  'index',
]);
const isHarmless = ({ altered, isReset, messages }: EarCase) =>
  !isReset &&
  altered.every(({ touched }) => touched.isDisjointFrom(carryingFields)) &&
  isDeepStrictEqual(
    altered.map(({ source }) => source),
    messages,
  );
/** No word is left in what is sent, so that silence is a proper text of it. */
const saysNothing = ({ altered }: EarCase) =>
  !altered.some((message) => RegExp(meantWords.join('|')).test(writeMessage(message)));

async function transcribeAltered(earCase: EarCase): Promise<void> {
  const body = Buffer.from(earCase.altered.map(writeMessage).join(''));
  async function* listPieces() {
    yield* cutBytes(body, earCase.pieceBytes);
    if (earCase.isReset) throw new TypeError('terminated');
  }
  const client = new ApiClient(
    { baseUrl: 'http://example.test/v1' },
    async (_url, { body: form } = {}) => {
      // Who asks for no events gets none.
      const asksForEvents = form instanceof FormData && form.get('stream') === 'true';
      if (earCase.isStream && !asksForEvents) return Response.json({ text });
      return new Response(ReadableStream.from(listPieces()), {
        headers: { 'content-type': earCase.type },
      });
    },
  );
  const model = earCase.isStream ? 'gpt-4o-transcribe' : 'whisper-1';
  const transcriber = new OpenAiTranscriber(client, { model });
  const { parts, error } = await drainAnswer(
    transcriber.transcribe(pcm, never)[Symbol.asyncIterator](),
  );
  for (const part of parts)
    checkTexts(part.kind === 'final' ? part.transcript.text : part.text);
  const final = parts.find((part) => part.kind === 'final');
  checkEnd(final?.transcript.text, error, earCase);
}

/** Nothing is heard but what was said. */
function checkTexts(transcript: string) {
  const words = transcript.match(/[\p{L}\p{N}]+/gu) ?? [];
  const known = [...meantWords, ...addedWords];
  const only = RegExp(`^(?:${known.join('|')})+$`);
  const stranger = words.find((word) => !only.test(word));
  if (stranger !== undefined) throw new Error(`"${stranger}" is heard: ${transcript}`);
  if (/[{}[\]<>]/.test(transcript)) throw new Error(`Marks are heard: ${transcript}`);
}

function checkEnd(transcript: string | undefined, error: unknown, earCase: EarCase) {
  const isOurs = error instanceof BotError && !/failed: \w*Error/.test(error.message);
  if (error !== undefined && !isOurs) throw error;
  if (error === undefined && transcript === undefined)
    throw new Error('There is no end.');
  if (transcript === '' && !saysNothing(earCase))
    throw new Error('Silence is heard where words were sent.');
  if (!isHarmless(earCase)) return;
  if (transcript !== text)
    throw new Error(`A harmless change is heard: ${transcript}`, { cause: error });
}

export const earsTarget: FuzzTarget = makeAsyncTarget(
  'dialects-ears',
  cases,
  transcribeAltered,
);
