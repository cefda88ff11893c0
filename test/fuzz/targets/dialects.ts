import { BotError } from '#src/base/errors.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import templateTokens from '#src/chat/marks/template-tokens.json' with { type: 'json' };
import thoughts from '#src/chat/marks/thoughts.json' with { type: 'json' };
import wrappers from '#src/chat/marks/wrappers.json' with { type: 'json' };
import writtenCalls from '#src/chat/marks/written-calls.json' with { type: 'json' };
import { createChatChain } from '#src/chat/metered-chat.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import { ApiClient } from '#src/provider/api-client.ts';
import { OpenAiSynthesizer } from '#src/speech/openai/openai-synthesizer.ts';
import {
  drainAnswer,
  FakeHost,
  joinTexts,
  makeTurn,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import {
  makeChatEvents,
  makeSoundPieces,
  serverForms,
} from '#test/fakes/dialects/server-forms.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { cutBytes } from '#test/fakes/providers/send-paced.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { makeAsyncTarget } from '#test/fuzz/make-target.ts';
import { fc } from '#test/properties.ts';

const never = new AbortController().signal;
const forms = fc.constantFrom(...serverForms.values());
/** Answers of servers whose pieces were lost, doubled, cut, or replaced by strange ones. */
function broken(
  answers: fc.Arbitrary<readonly Uint8Array[]>,
  strange: readonly string[],
  ends: readonly string[],
) {
  const edit = fc.record({
    kind: fc.constantFrom('drop', 'copy', 'cut', 'strange'),
    at: fc.nat(40),
    strange: fc.constantFrom(...strange),
  });
  return fc.record({
    pieces: fc.array(answers, { minLength: 1, maxLength: 2 }).map((all) => all.flat()),
    edits: fc.array(edit, { maxLength: 4 }),
    end: fc.constantFrom('close', ...ends),
    type: fc.constantFrom(
      'text/event-stream',
      'application/json',
      'audio/wav',
      'audio/pcm',
      '',
    ),
    bytes: fc.integer({ min: 100, max: 4_000 }),
  });
}
type Broken = ReturnType<typeof broken> extends fc.Arbitrary<infer Kind> ? Kind : never;

/** A client whose server sends this, then ends, breaks off or hangs. After a tool it is well. */
function clientOf({ pieces, edits, end, type, bytes }: Broken) {
  const all = [...pieces];
  for (const { kind, at, strange } of edits) {
    const [piece = Buffer.alloc(0)] = all.splice(at, 1);
    const [half, other] = [
      piece.subarray(0, (piece.length >> 1) | 1),
      Buffer.from(strange, 'latin1'),
    ];
    all.splice(
      at,
      0,
      ...{ drop: [], copy: [piece, piece], cut: [half], strange: [other] }[kind],
    );
  }
  async function* body(signal: AbortSignal | null | undefined) {
    yield* cutBytes(Buffer.concat(all), bytes);
    if (end === 'reset') throw new TypeError('terminated');
    if (end === 'hang')
      await new Promise((_, reject) => {
        signal?.addEventListener('abort', () => reject(signal.reason));
      });
  }
  return new ApiClient(
    { baseUrl: 'http://example.test/v1' },
    async (_url, init = {}) =>
      /"role":"tool"/.test(`${init.body}`)
        ? Response.json({ choices: [{ message: { content: 'It is done.' } }] })
        : new Response(ReadableStream.from(body(init.signal)), {
            headers: { 'content-type': type },
          }),
  );
}

/** An answer, or a sentence and a code. A mistake of ours is named by its class. */
function checkFailure(error: unknown, isAnswered: boolean) {
  if (error === undefined && !isAnswered)
    throw new Error('Nothing is said, and no error.');
  const isOurs = error instanceof BotError && !/failed: \w*Error/.test(error.message);
  if (error !== undefined && !isOurs) throw error;
}

/** All texts of a table. */
const textsIn = (table: object): readonly string[] =>
  Object.values(table).flatMap((one) =>
    typeof one === 'string' ? [one] : textsIn(one),
  );
const marks = [
  ...textsIn([thoughts, wrappers, templateTokens]),
  ...writtenCalls.map(({ open }) => open),
];
/** What no voice may say: thoughts that have a field of their own, the protocol, marks. */
const unspeakable = ['hidden', '"choices"', 'chatcmpl', 'doctype', 'ping', ...marks];
const words = [
  'Tea',
  ' is ready.',
  '\n',
  ' ',
  ...marks,
  ...writtenCalls.map(({ like }) => like),
];
/** A text as tokens of one length. */
const tokens = fc
  .tuple(
    fc.array(fc.constantFrom(...words), { maxLength: 12 }),
    fc.integer({ min: 1, max: 60 }),
  )
  .map(([all, size]) => all.join('').match(RegExp(`[^]{1,${size}}`, 'g')) ?? []);
const replies = fc.record({
  words: tokens,
  call: fc.constantFrom(undefined, { name: 'lamp', argumentsJson: '{"on":true}' }),
  failsAfter: fc.constantFrom(undefined, undefined, 0, 3),
});
const streams = broken(
  fc.tuple(forms, replies).map(([{ chat, title }, reply]) => {
    // Where thoughts stand in the text, their marks may be lost.
    const hidden = title === 'LM Studio' ? [] : ['hidden'];
    return [...makeChatEvents(chat?.stream, { ...reply, thoughts: hidden })].map(
      (one) => Buffer.from(one),
    );
  }),
  [
    ': ping\n\n',
    'data:\n\n',
    'data: [DONE]\n\n',
    'event: error\ndata: Out of memory.\n\n',
    'data: {"error":{"message":"Rate limit reached","code":"429"}}\n\n',
    'data: {"choices":null,"usage":null}\n\n',
    'data: {"choices":[{"delta":null,"finish_reason":"null"}]}\n\n',
    'data: {"choices":[{"message":{"content":"Tea."},"finish_reason":""}]}\n\n',
    '<!doctype html><h1>Bad Gateway</h1>',
  ],
  ['close', 'reset', 'hang'],
);

/** Plays a turn over such a stream, in virtual time. */
async function playTurn(stream: Broken) {
  const clock = new VirtualClock(0, 20);
  const { chain } = makeChain(
    'chat',
    [openChatModel(clientOf(stream), { model: 'm' })],
    clock,
  );
  const [host, synthesizer] = [new FakeHost(), new FakeSynthesizer({ pieces: 1 })];
  host.release();
  const pipeline = createChainedPipeline({ chat: createChatChain(chain), synthesizer });
  const answer = pipeline.answer(makeTurn(toUtterance('hello')), host, never);
  const outcome = drainAnswer(answer[Symbol.asyncIterator]());
  const end = await Promise.race([outcome, clock.advance(1_200_000)]);
  if (!end) throw new Error('It hangs.');
  // Of words that no voice can say, the conversation makes an empty answer, with its code.
  checkFailure(end.error, host.ran.length > 0 || joinTexts(end.parts).trim() !== '');
  const spoken = synthesizer.asked.map(({ text }) => text).join(' ');
  const found = unspeakable.find((one) =>
    spoken.toLowerCase().includes(one.toLowerCase()),
  );
  if (found !== undefined) throw new Error(`${found} is said: ${spoken}`);
}

const sounds = broken(
  fc
    .tuple(forms, fc.constantFrom('pcm', 'wav'))
    .map(([{ speech }, format]) =>
      speech ? makeSoundPieces(speech, 'Tea. Now.', format).pieces : [],
    ),
  [
    '{"error":{"message":"Out of memory."}}',
    '<!doctype html><title>Welcome</title>',
    'OggS\0\x02\0\0',
    'ID3\x04\0\0\0\0',
    'LIST\x1a\0\0\0INFOISFT\x0e\0\0\0Lavf61.7.100\0\0',
  ],
  ['reset'],
);
/** Loudest sample of the sound, and how many louder ones are heard at most before it ends: 100 ms. */
const loudest = makeTone('Tea. Now.', 24_000).reduce(
  (most, one) => Math.max(most, Math.abs(one)),
  0,
);
const mostLouder = 2_400;

async function hear(sound: Broken) {
  const voice = new OpenAiSynthesizer(clientOf(sound), {
    model: 'm',
    voice: 'v',
    format: 'wav',
  });
  const { parts, error } = await drainAnswer(
    voice.synthesize('Tea.', {}, never)[Symbol.asyncIterator](),
  );
  checkFailure(error, parts.length > 0);
  const louder = parts.flatMap(({ samples }) =>
    [...samples].filter((one) => Math.abs(one) > loudest),
  );
  if (louder.length > mostLouder)
    throw new Error(`${louder.length} samples are noise.`);
}

export const dialectTargets = [
  makeAsyncTarget('dialects-chat', streams, playTurn),
  makeAsyncTarget('dialects-speech', sounds, hear),
];
