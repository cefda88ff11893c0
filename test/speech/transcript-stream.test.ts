import { openClient } from '#src/provider/api-client.ts';
import { OpenAiTranscriber } from '#src/speech/openai/openai-transcriber.ts';
import { readTranscript, toTranscript } from '#src/speech/openai/transcript-reply.ts';
import { testListening } from '#test/contracts/listening-contract.ts';
import {
  listUpdates,
  testTranscriber,
  transcribeText,
} from '#test/contracts/transcriber-contract.ts';
import {
  openDialect,
  replyEvents,
  replyJson,
  writeEvents,
} from '#test/fakes/dialects/dialect.ts';
import { hearWords, wordUtterances } from '#test/fakes/tone-words.ts';

const makeDelta = (sentence: string) => ({
  type: 'transcript.text.delta',
  delta: sentence,
});
const replyWhole = (deltas: readonly string[], text: string) =>
  replyEvents(...deltas.map(makeDelta), {
    type: 'transcript.text.done',
    text,
    usage: { type: 'tokens' },
  });

/** Reactions of servers to `stream: true`. */
const manners = {
  events: replyWhole,
  unlabelled: (deltas: readonly string[], text: string) => ({
    ...replyWhole(deltas, text),
    headers: { 'content-type': 'text/plain' },
  }),
  refuses: () =>
    replyJson({ error: { message: 'This model does not support streaming.' } }, 400),
  /** Ends without its last event. */
  'breaks-off': (deltas: readonly string[]) =>
    writeEvents(deltas.map((one) => `data: ${JSON.stringify(makeDelta(one))}\n\n`)),
  /** LiteLLM 1.108.7, as it was recorded. */
  'in-json': (deltas: readonly string[], text: string) => {
    const all = [...deltas.map(makeDelta), { type: 'transcript.text.done', text }];
    const body = all.map((entry) => `data: ${JSON.stringify(entry)}\n\n`).join('');
    return replyJson({ text: body, usage: null });
  },
  'error-event': (deltas: readonly string[]) =>
    replyEvents(...deltas.map(makeDelta), { error: { message: 'Out of memory.' } }),
};

let manner: keyof typeof manners = 'events';
/** Whether each request asked for a stream. */
const streamed: boolean[] = [];
const server = await openDialect({
  routes: {
    'POST /v1/audio/transcriptions': ({ body, pcm }) => {
      const text = pcm ? hearWords(pcm) : '';
      streamed.push(body.stream === 'true');
      const deltas = text.split(/(?= )/).filter((item) => item !== '');
      return body.stream === 'true'
        ? manners[manner](deltas, text)
        : replyJson({ text });
    },
  },
});
const [{ pcm, text }] = wordUtterances;

function openTranscriber(model = 'gpt-transcribe') {
  return new OpenAiTranscriber(openClient({ baseUrl: `${server.origin}/v1` }), {
    model,
  });
}

/** Which of the requests since then asked for a stream. */
function countStreamed() {
  const countBefore = streamed.length;
  return () => streamed.slice(countBefore);
}

beforeEach(() => {
  manner = 'events';
});
afterAll(() => server[Symbol.asyncDispose]());

testTranscriber('streamed transcriptions', () => openTranscriber(), wordUtterances);
testListening('streamed transcriptions', () => openTranscriber(), wordUtterances);

test.each(['events', 'unlabelled'] as const)(
  'words streamed as %s come one by one',
  async (given) => {
    manner = given;
    const listAsked = countStreamed();
    const transcriber = openTranscriber();
    const texts = (await listUpdates(transcriber, pcm)).map((update) =>
      update.kind === 'partial' ? update.text : update.transcript.text,
    );
    expect(texts).toEqual([
      'one',
      'one two',
      'one two three',
      'one two three four',
      text,
      text,
    ]);
    await transcribeText(transcriber, pcm);
    expect(listAsked()).toEqual([true, true]);
  },
);

test.each(['refuses', 'breaks-off', 'error-event'] as const)(
  'a server that %s is asked again plainly, and only plainly from then on',
  async (given) => {
    manner = given;
    const listAsked = countStreamed();
    const transcriber = openTranscriber();
    for (let n = 0; n < 2; n++)
      expect(await transcribeText(transcriber, pcm)).toBe(text);
    expect(listAsked()).toEqual([true, false, false]);
  },
);

test('a stream that breaks off after others did not is an error, not a second request', async () => {
  const transcriber = openTranscriber();
  await transcribeText(transcriber, pcm);
  manner = 'breaks-off';
  const listAsked = countStreamed();
  await expect(transcribeText(transcriber, pcm)).rejects.toMatchObject({
    code: 'provider.truncated',
  });
  expect(listAsked()).toEqual([true]);
});

/**
 * Tags of recognisers around "hello there", and where they were seen. The members from "whisper.cpp" on stand in no report that
 * was given to us.
 */
const tagged: readonly (readonly [
  who: string,
  text: string,
  language: string | undefined,
])[] = [
  ['Qwen3-ASR on vLLM', 'language English<asr_text>hello there', 'en'],
  [
    'Qwen3-ASR with its closing tag',
    'language Chinese<asr_text>hello there</asr_text>',
    'zh',
  ],
  ['Qwen3-ASR that knows no language', 'language None<asr_text>hello there', undefined],
  ['SenseVoice', '<|en|><|NEUTRAL|><|Speech|><|woitn|>hello there', 'en'],
  [
    'SenseVoice, twice',
    '<|yue|><|HAPPY|><|BGM|><|withitn|>hello <|yue|><|SAD|><|Speech|><|withitn|>there',
    'yue',
  ],
  // https://github.com/ggml-org/whisper.cpp/issues/2420
  ['whisper.cpp', 'hello there [BLANK_AUDIO]', undefined],
  // https://github.com/AreevAI/flowcat/issues/27
  ['whisper.cpp in brackets of both kinds', '[Music] hello (silence) there', undefined],
  // https://github.com/linto-ai/whisper-timestamped/issues/105
  [
    'Whisper with times',
    '<|startoftranscript|><|de|><|transcribe|><|0.00|> hello there<|1.50|><|endoftext|>',
    'de',
  ],
  // https://github.com/ggml-org/whisper.cpp/blob/master/src/whisper.cpp
  [
    'whisper.cpp with special tokens',
    '[_BEG_][_LANG_it][_TRANSCRIBE_] hello there[_TT_150][_extra_token_51900]',
    'it',
  ],
  // https://github.com/k2-fsa/sherpa-onnx/blob/master/sherpa-onnx/csrc/offline-recognizer-canary-impl.h
  [
    'Canary',
    '<|startofcontext|><|emo:undefined|><|fr|><|pnc|><|noitn|>hello there',
    'fr',
  ],
  // https://huggingface.co/nvidia/parakeet-tdt-0.6b-v3/discussions
  ['Nemotron', 'hello there <en-US>', 'en-US'],
  // https://github.com/FunAudioLLM/SenseVoice/blob/main/webui.py
  ['SenseVoice after its postprocessing', '\u{1f3bc}hello there\u{1f60a}', undefined],
  // https://github.com/modelscope/FunASR/blob/main/funasr/utils/postprocess_utils.py
  ['FunASR', '<s>hello <unk>there<OOV></s>', undefined],
  // https://github.com/mistralai/mistral-common/blob/main/src/mistral_common/tokens/tokenizers/instruct.py
  ['Voxtral', 'lang:es [TRANSCRIBE]hello there', 'es'],
];

test.each(tagged)(
  'tags of %s are no words, whole and cut at every character',
  async (_, text, language) => {
    const final = {
      kind: 'final',
      transcript: expect.objectContaining({ text: 'hello there', language }),
    };
    const characters = [...text];
    for (let cut = 0; cut <= characters.length; cut++) {
      const deltas = [characters.slice(0, cut).join(''), ...characters.slice(cut)].map(
        makeDelta,
      );
      const body = [...deltas, { type: 'transcript.text.done', text }];
      const response = new Response(
        body.map((entry) => `data: ${JSON.stringify(entry)}\n\n`).join(''),
      );
      const updates = await Array.fromAsync(
        readTranscript(response, undefined, () => undefined),
      );
      expect(updates.at(-1)).toEqual(final);
      for (const update of updates)
        if (update.kind === 'partial') expect('hello there').toContain(update.text);
    }
    for (const body of [
      JSON.stringify({ text }),
      text,
      JSON.stringify({ text: ` ${text}\n` }),
    ])
      expect(toTranscript(body, undefined)).toMatchObject({ text: 'hello there' });
  },
);

test('silence with tags is silence, and what a person says in brackets stays', () => {
  for (const text of [
    '<|nospeech|><|EMO_UNKNOWN|>',
    '[BLANK_AUDIO]',
    'language None<asr_text>',
    '\u266a',
  ])
    expect(toTranscript({ text }, undefined).text).toBe('');
  for (const text of [
    'is 2 < 3 or 4 > 3?',
    'language lessons',
    'an array[0] (of mine)',
    'lang is short',
  ])
    expect(toTranscript({ text }, undefined).text).toBe(text);
});

test('words with times lose their tags, too', () => {
  const words = [
    { word: '<|en|>', start: 0, end: 0 },
    { word: ' hello', start: 0, end: 0.4 },
    { word: 'there<|endoftext|>', start: 0.4, end: 0.9 },
  ];
  expect(toTranscript({ text: '<|en|>hello there', words }, undefined).words).toEqual([
    { text: 'hello', startMs: 0, endMs: 400 },
    { text: 'there', startMs: 400, endMs: 900 },
  ]);
});

test('events inside the JSON of a proxy are the words, and it is asked for no stream again', async () => {
  manner = 'in-json';
  const listAsked = countStreamed();
  const transcriber = openTranscriber('gpt-4o-transcribe');
  expect(await transcribeText(transcriber, pcm)).toBe(text);
  expect(await transcribeText(transcriber, pcm)).toBe(text);
  expect(listAsked()).toEqual([true, false]);
  const cut =
    'event: x\ndata: {"type":"transcript.text.delta","delta":"only"}\n\ndata: {"type":"transcript.text.delta","delta":" this"}';
  expect(toTranscript({ text: cut }, undefined).text).toBe('only this');
});

test.each([[], {}, null, ''])(
  'a last event whose text is %j means the words before',
  async (text) => {
    const done = { type: 'transcript.text.done', text };
    const body = [makeDelta('hello '), makeDelta('there'), done]
      .map((event) => `data: ${JSON.stringify(event)}\n\n`)
      .join('');
    const updates = await Array.fromAsync(
      readTranscript(new Response(body), undefined, () => undefined),
    );
    expect(updates.at(-1)).toMatchObject({ transcript: { text: 'hello there' } });
  },
);
