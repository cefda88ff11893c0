import { writeWav } from '#src/audio/formats/wav.ts';
import { encodeSound, makeTone } from '#test/fakes/providers/mock-sound.ts';
import { type DialectReply, makeReply, replyJson, writeEvents } from './dialect.ts';
import { replyDeltas, type StrictManners } from './strict-server.ts';
import { callLamp } from './tool-servers.ts';

const toEvent = (json: object) => `data: ${JSON.stringify(json)}\n\n`;
const toChunk = (content: string, finish_reason: unknown = null) => ({
  choices: [{ index: 0, delta: { content }, finish_reason }],
});
const doneEvent = 'data: [DONE]\n\n';
const tea = [toChunk('Earl'), toChunk(' Grey.')].map(toEvent);
const teaEnd = toEvent(toChunk('', 'stop'));
const answerChat = (reply: () => DialectReply): StrictManners => ({ chat: reply });
const sendEvents = (...events: readonly string[]) =>
  answerChat(() => writeEvents(events));
const writeContents = (...contents: readonly string[]) =>
  answerChat(() => replyDeltas(contents.map((content) => ({ content }))));
const toErrorEvent = (code: unknown, message: string, overrides: object = {}) =>
  toEvent({ error: { message, type: 'error', code, ...overrides } });

/** What is heard of a chat server, and how its answer fails. `again` is what a second answer says. */
export type EarlierCase = {
  readonly makeAnswer: () => StrictManners;
  readonly hears: string;
  readonly code?: string;
  readonly again?: string;
  readonly ran?: number;
  readonly requests?: number;
};

const lampCall = (args: string) => ({
  tool_calls: [{ index: 0, id: 'call_1', function: { name: 'lamp', arguments: args } }],
});

/** Forms of chat servers from public reports of 2025 and 2026, by what is special in them. */
export const earlierChats: Readonly<Record<string, EarlierCase>> = {
  'an empty finish_reason, and then an error': {
    makeAnswer: () =>
      sendEvents(
        toEvent(toChunk('Earl Grey. And', '')),
        toErrorEvent(500, 'Out of memory.'),
      ),
    hears: 'Earl Grey. And',
    code: 'provider.truncated',
  },
  'finish_reason "null", and the end of the connection': {
    makeAnswer: () => sendEvents(toEvent(toChunk('Earl Grey. And', 'null'))),
    hears: 'Earl Grey. And',
    code: 'provider.truncated',
  },
  'an empty finish_reason, and [DONE]': {
    makeAnswer: () => sendEvents(toEvent(toChunk('Earl Grey.', '')), doneEvent),
    hears: 'Earl Grey.',
  },
  'thoughts that only end with a mark': {
    makeAnswer: () =>
      writeContents('They want tea. Be brief.', '</think>\n\nEarl Grey.'),
    hears: 'They want tea. Be brief.Earl Grey.',
    again: 'Earl Grey.',
  },
  'channels of gpt-oss': {
    makeAnswer: () =>
      writeContents(
        '<|channel|>analysis<|message|>They want tea.<|end|>',
        '<|start|>assistant<|channel|>final<|message|>Earl Grey.',
      ),
    hears: 'Earl Grey.',
  },
  'tokens of the template, and a question that nobody asked': {
    makeAnswer: () =>
      writeContents('Earl Grey.<|im_end|>\n<|im_start|>user\n', 'And now?'),
    hears: 'Earl Grey.',
  },
  'a refusal in the stream, after a ping': {
    makeAnswer: () => {
      let count = 0;
      const refusal = toErrorEvent('400', 'Error processing stream start', {
        param: 'stream_options.include_obfuscation',
      });
      return answerChat(() =>
        writeEvents(
          count++ === 0
            ? [': ping\n\n', refusal, doneEvent]
            : [...tea, teaEnd, doneEvent],
        ),
      );
    },
    hears: 'Earl Grey.',
    requests: 2,
  },
  'a rate limit in the stream': {
    makeAnswer: () =>
      sendEvents(': ping\n\n', toErrorEvent('429', 'Rate limit reached')),
    hears: '',
    code: 'provider.rate_limited',
  },
  'a wrong key in the stream': {
    makeAnswer: () => sendEvents(toErrorEvent('401', 'Incorrect API key provided')),
    hears: '',
    code: 'provider.bad_key',
  },
  'a spent account in the stream': {
    makeAnswer: () =>
      sendEvents(toErrorEvent('insufficient_quota', 'You exceeded your current quota')),
    hears: '',
    code: 'provider.spent',
  },
  'events without text, and one line break between them': {
    makeAnswer: () =>
      sendEvents(
        ...['data:\n', 'data: ping\n', ...tea, teaEnd, doneEvent].map((event) =>
          event.replace(/\n+$/, '\n'),
        ),
      ),
    hears: 'Earl Grey.',
  },
  'events that are called JSON': {
    makeAnswer: () =>
      answerChat(() => makeReply('application/x-ndjson', [...tea, teaEnd, doneEvent])),
    hears: 'Earl Grey.',
    requests: 1,
  },
  'a message in place of a delta': {
    makeAnswer: () =>
      sendEvents(
        toEvent({
          choices: [{ message: { content: 'Earl Grey.' }, finish_reason: 'stop' }],
        }),
        doneEvent,
      ),
    hears: 'Earl Grey.',
  },
  'nothing but thoughts': {
    makeAnswer: () =>
      answerChat(() => replyDeltas([{ reasoning_content: 'They want tea.' }])),
    hears: '',
    code: 'provider.empty',
  },
  'arguments that are encoded twice': {
    makeAnswer: () => ({
      chat: callLamp(() => replyDeltas([lampCall('"{\\"on\\":true}"')], 'tool_calls')),
    }),
    hears: 'The lamp is on.',
    ran: 1,
  },
  'its own name, and a line of somebody else': {
    makeAnswer: () => writeContents('Nova: Earl Grey.', '\nAna: And now?'),
    hears: 'Earl Grey.',
  },
  '[DONE] without any finish_reason': {
    makeAnswer: () => sendEvents(...tea, doneEvent),
    hears: 'Earl Grey.',
  },
  'a finish_reason without [DONE]': {
    makeAnswer: () => sendEvents(...tea, teaEnd),
    hears: 'Earl Grey.',
  },
};

/** A server that stops at the limit of an answer. */
export const makeCut = (content: string): StrictManners =>
  answerChat(() => replyDeltas([{ content }], 'length'));

const rateHz = 24_000;
const answerSpeech = (speech: (text: string) => DialectReply): StrictManners => ({
  replies: [{ match: /./, text: 'Two of them. So.' }],
  speech: ({ body }) => speech(`${body.input}`),
});

/** Sizes of a WAV head that mean "until the end". */
export const endlessSizes = [
  0x7fffffff, 0x80000000, 0x77359400, 0xffffffd3, 0,
] as const;

/** A sound whose head has such sizes, with `behind` after its samples. */
export const makeEndless = (size: number, behind = ''): StrictManners =>
  answerSpeech((text) => {
    const wav = encodeSound(makeTone(text, rateHz), rateHz, 'wav');
    wav.writeUInt32LE(size, 40);
    return makeReply('audio/wav', [wav, Buffer.from(behind, 'latin1')]);
  });

/** A file of a form that nobody asked for: the first bytes of MP4, Matroska, CAF and AMR, and noise behind them. */
export const foreignFiles: Readonly<Record<string, string>> = {
  MP4: '\0\0\0\x20ftypM4A \0\0\0\0',
  Matroska: '\x1a\x45\xdf\xa3\x01\0\0\0',
  CAF: 'caff\0\x01\0\0desc',
  AMR: '#!AMR\n\x3c\x91',
};

export const makeForeign = (head: string): StrictManners =>
  answerSpeech(() => {
    const noise = Buffer.from(
      Uint8Array.from({ length: 40_000 }, (_, n) => (n * n * 31) >> 3),
    );
    return makeReply('audio/pcm', [Buffer.from(head, 'latin1'), noise]);
  });

/** Samples without a label, of another rate than OpenAI's. */
export const makeUnlabelled = (hz: number): StrictManners =>
  answerSpeech((text) => makeReply('', [encodeSound(makeTone(text, hz), hz, 'pcm')]));

/** A file for each sentence in one body. */
export const makeFiles = (): StrictManners =>
  answerSpeech((text) => {
    const files = (text.match(/[^.]+\./g) ?? []).map((sentence) =>
      writeWav({ samples: makeTone(sentence, rateHz), rateHz, channels: 1 }),
    );
    return makeReply('audio/wav', files);
  });

/** Texts of recognisers with tags, or with events in them; each says "one two three". */
export const taggedTexts: Readonly<Record<string, string>> = {
  'Qwen3-ASR': 'language English<asr_text>one two three',
  SenseVoice: '<|en|><|NEUTRAL|><|Speech|><|woitn|>one two three',
  LiteLLM:
    'data: {"type":"transcript.text.delta","delta":"one two"}\n\ndata: {"type":"transcript.text.done","text":"one two three"}\n\n',
};

export const makeTagged = (text: string): StrictManners => ({
  ears: () => replyJson({ text }),
});
