import { isDeepStrictEqual } from 'node:util';
import { BotError } from '#src/base/errors.ts';
import type { ToolCall } from '#src/chat/chat-model.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { createChatChain } from '#src/chat/metered-chat.ts';
import { createChainedPipeline } from '#src/pipeline/chained-pipeline.ts';
import { ApiClient } from '#src/provider/api-client.ts';
import {
  drainAnswer,
  FakeHost,
  joinTexts,
  makeTurn,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import { makeChatEvents, serverForms } from '#test/fakes/dialects/server-forms.ts';
import { marks, writtenCalls } from '#test/fakes/dialects/word-servers.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import { cutBytes } from '#test/fakes/providers/send-paced.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';
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
const forms = [...serverForms.values()].flatMap(({ chat, title }) =>
  chat ? [{ title, steps: chat.stream ?? {} }] : [],
);

/** No word stands twice, so that each tells which message it came in. */
const spokenWords =
  'Amber birds carry delicate embers. Following golden hills, ivory jets keep landing.'.match(
    /\s*\S+/g,
  ) ?? [];
const lamp = { name: 'lamp', argumentsJson: '{"on":true}' };
const doneText = 'Lamps shine.';
const failedText = 'Nobody managed.';
/** Said by a model that was offered no tool: what it says is not so. */
const promiseText = 'Promised already.';

/** A text among marks, with one written call at most, as tokens of one length. Its words stand for nothing that must be heard. */
const markedTexts = fc
  .tuple(
    fc.array(fc.constantFrom('Amber', ' birds.', ...marks), { maxLength: 12 }),
    fc.constantFrom('', ...Object.values(writtenCalls)),
    fc.nat(12),
    fc.integer({ min: 1, max: 60 }),
  )
  .map(
    ([all, call, at, size]) =>
      all
        .toSpliced(at, 0, call)
        .join('')
        .match(RegExp(`[^]{1,${size}}`, 'g')) ?? [],
  );

type ChatCase = {
  readonly title: string;
  readonly messages: readonly SentMessage[];
  /** The unaltered answer does not break off. */
  readonly isWhole: boolean;
  /** It calls the lamp in the way of the API. */
  readonly isCalling: boolean;
  readonly altered: readonly AlteredMessage[];
  /** The same answer where no stream is asked for. */
  readonly whole: string;
  readonly alteredWhole: readonly AlteredMessage[];
  readonly isAlways: boolean;
  readonly type: string;
  readonly end: 'close' | 'reset' | 'hang';
  readonly pieceBytes: number;
};

/** Texts that stand between the messages of some servers. */
const strange = [
  ': ping\n\n',
  'data:\n\n',
  'event: error\ndata: Out of memory.\n\n',
  'data: {"error":{"message":"Rate limit reached","code":"429"}}\n\n',
  'data: {"choices":null,"usage":null}\n\n',
  'data: {"choices":[{"delta":null,"finish_reason":"null"}]}\n\n',
  '<!doctype html><h1>Bad Gateway</h1>\n\n',
];

const replies = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      words: fc.constantFrom(spokenWords, spokenWords.slice(0, 2)),
      call: fc.constantFrom(undefined, lamp),
      failsAfter: fc.constantFrom(undefined, undefined, undefined, 0, 3),
    }),
  },
  { weight: 1, arbitrary: fc.record({ words: markedTexts }) },
);

const cases: fc.Arbitrary<ChatCase> = fc
  .record({
    form: fc.constantFrom(...forms),
    reply: replies,
    list: alterations,
    isAlways: fc.boolean(),
    type: fc.constantFrom(
      'text/event-stream',
      'text/event-stream',
      'application/json',
      '',
    ),
    end: fc.constantFrom('close', 'close', 'close', 'reset', 'hang'),
    pieceBytes: fc.integer({ min: 20, max: 4_000 }),
  })
  .map(({ form: { steps, title }, reply, list, ...manner }) => {
    // Where thoughts stand in the text, their marks may be lost.
    const hidden = title === 'LM Studio' ? [] : ['hidden'];
    const events = [...makeChatEvents(steps, { ...reply, thoughts: hidden })];
    const messages = parseEvents(events);
    const whole = toJsonMessage(toWholeAnswer(reply));
    // Half a mark is no mark.
    const isMarked = !('call' in reply);
    const isWhole = !('failsAfter' in reply && reply.failsAfter !== undefined);
    const altered = alterMessages(messages, isMarked ? [] : list, strange);
    return {
      ...manner,
      title,
      messages,
      isCalling: 'call' in reply && reply.call !== undefined && isWhole,
      isWhole,
      altered,
      whole: writeMessage(whole),
      alteredWhole: alterMessages([whole], list),
      // What is sent, in place of all that it was made of.
      [fc.toStringMethod]: () =>
        `${title} ${fc.stringify({ ...manner, list })}\n${altered.map(writeMessage).join('')}`,
    };
  });

function toWholeAnswer({
  words,
  call,
}: {
  words: readonly string[];
  call?: typeof lamp | undefined;
}) {
  const message = {
    role: 'assistant',
    content: words.join(''),
    tool_calls: call && [
      {
        id: 'c1',
        type: 'function',
        function: { name: call.name, arguments: call.argumentsJson },
      },
    ],
  };
  return {
    choices: [{ index: 0, message, finish_reason: call ? 'tool_calls' : 'stop' }],
  };
}

/** A host whose lamp takes nothing but what was meant. */
class LampHost extends FakeHost {
  wellRuns = 0;

  override async run(call: ToolCall, signal: AbortSignal) {
    await super.run(call, signal);
    const isMeant = /^\{\s*"on"\s*:\s*true\s*\}$/.test(call.argumentsJson);
    if (isMeant) this.wellRuns++;
    return { content: isMeant ? 'done' : 'refused: the arguments are wrong' };
  }
}

/** The server: it answers in its altered way once or always, and knows what its tools did. */
class AlteredServer {
  readonly #case: ChatCase;
  requests = 0;

  constructor(chatCase: ChatCase) {
    this.#case = chatCase;
  }

  readonly client: ApiClient = new ApiClient(
    { baseUrl: 'http://example.test/v1' },
    async (_url, init = {}) => this.#answer(`${init.body}`, init.signal ?? never),
  );

  #answer(body: string, signal: AbortSignal) {
    this.requests++;
    if (/"role":"tool"/.test(body))
      return toResponse(/"content":"done"/.test(body) ? doneText : failedText);
    const { altered, alteredWhole, isAlways, isCalling, messages, whole } = this.#case;
    if (isCalling && !/"tools":\[/.test(body)) return toResponse(promiseText);
    const isAltered = isAlways || this.requests === 1;
    if (!/"stream":true/.test(body))
      return new Response(isAltered ? alteredWhole.map(writeMessage).join('') : whole, {
        headers: { 'content-type': 'application/json' },
      });
    const texts = (isAltered ? altered : messages).map(writeMessage);
    return this.#stream(texts.join(''), isAltered, signal);
  }

  #stream(text: string, isAltered: boolean, signal: AbortSignal) {
    const { end, pieceBytes, type } = this.#case;
    async function* listPieces() {
      yield* cutBytes(Buffer.from(text), pieceBytes);
      if (!isAltered || end === 'close') return;
      if (end === 'reset') throw new TypeError('terminated');
      await new Promise((_, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    }
    const headers = { 'content-type': isAltered ? type : 'text/event-stream' };
    return new Response(ReadableStream.from(listPieces()), { headers });
  }
}

const toResponse = (content: string) =>
  Response.json({
    choices: [{ message: { role: 'assistant', content }, finish_reason: 'stop' }],
  });

/** Fields by which words, calls and ends are understood; every other may change without harm. */
const carryingFields = new Set(
  '* index content finish_reason tool_calls name arguments error code message type'.split(
    ' ',
  ),
);

const isHarmless = ({ altered, end, messages }: ChatCase) =>
  end === 'close' &&
  altered.every(({ touched }) => touched.isDisjointFrom(carryingFields)) &&
  isDeepStrictEqual(
    altered.map(({ source }) => source),
    messages,
  );

const knownWords = [
  ...new Set([
    ...[...spokenWords, doneText, failedText, promiseText].flatMap(splitWords),
    ...addedWords,
  ]),
];
const knownWord = RegExp(knownWords.join('|'), 'g');
const onlyKnownWords = RegExp(`^(?:${knownWords.join('|')})+$`);

/** Words of a text; those that no server said are kept whole. A doubled one has no space before it. */
function toWords(text: string): readonly string[] {
  return splitWords(text).flatMap((word) =>
    onlyKnownWords.test(word) ? (word.match(knownWord) ?? []) : [word],
  );
}

function splitWords(text: string): readonly string[] {
  return text.match(/[\p{L}\p{N}]+/gu) ?? [];
}

/** Words in the unaltered message. */
function listMeantWords({ json }: SentMessage): readonly string[] {
  const [choice] = Object(Object(json).choices ?? []) as readonly unknown[];
  const { content } = Object(Object(choice).delta) as { content?: unknown };
  return typeof content === 'string' ? toWords(content) : [];
}

type Heard = {
  readonly words: readonly string[];
  readonly error: unknown;
  readonly host: LampHost;
};

async function playTurn(chatCase: ChatCase): Promise<void> {
  const clock = new VirtualClock(0, 20);
  const server = new AlteredServer(chatCase);
  const model = openChatModel(server.client, { model: 'm', clock });
  const { chain } = makeChain('chat', [model], clock);
  const [host, synthesizer] = [new LampHost(), new FakeSynthesizer({ pieces: 1 })];
  host.release();
  const pipeline = createChainedPipeline({ chat: createChatChain(chain), synthesizer });
  const answer = pipeline.answer(makeTurn(toUtterance('hello')), host, never);
  const outcome = drainAnswer(answer[Symbol.asyncIterator]());
  const end = await Promise.race([outcome, clock.advance(1_200_000)]);
  if (!end) throw new Error('It hangs.');
  const written = joinTexts(end.parts);
  const spoken = synthesizer.asked.map(({ text }) => text).join(' ');
  // Of words that no voice can say, the conversation makes an empty answer, with its code.
  if (end.error === undefined && written.trim() === '' && host.ran.length === 0)
    throw new Error('Nothing is said, and no error.');
  for (const text of [written, spoken]) {
    const heard = { words: toWords(text), error: end.error, host };
    checkErrors(heard, chatCase);
    checkWords(heard, chatCase);
    checkTools(heard, chatCase);
  }
}

/** An answer, or a sentence and a code. A mistake of ours is named by its class. */
function checkErrors({ error }: Heard, chatCase: ChatCase) {
  const isOurs = error instanceof BotError && !/failed: \w*Error/.test(error.message);
  if (error !== undefined && !isOurs) throw error;
  if (error !== undefined && isHarmless(chatCase) && isMeantWell(chatCase))
    throw new Error('A harmless change ends the answer.', { cause: error });
}

/** Whether the unaltered answer is whole, of words without marks. */
const isMeantWell = ({ isWhole, messages }: ChatCase) =>
  isWhole &&
  messages.flatMap(listMeantWords).join(' ').startsWith('Amber birds') &&
  !messages.some(({ text }) =>
    marks.some((mark) => text.includes(JSON.stringify(mark).slice(1, -1))),
  );

/** Every word is one that was meant, and those of untouched messages are heard in their order. */
function checkWords({ words, error }: Heard, chatCase: ChatCase) {
  const stranger = words.find((word) => !knownWords.includes(word));
  if (stranger !== undefined)
    throw new Error(`"${stranger}" is said: ${words.join(' ')}`);
  if (error !== undefined || !isMeantWell(chatCase)) return;
  const owed = chatCase.messages.flatMap((message) =>
    isUntouched(message, chatCase) ? listMeantWords(message) : [],
  );
  let at = 0;
  for (const word of words) if (word === owed[at]) at++;
  if (at < owed.length)
    throw new Error(`"${owed[at]}" is lost without an error: ${words.join(' ')}`);
}

const contentFields = new Set(['*', 'index', 'content']);

/** Whether a message still stands once, with its words where they were. */
function isUntouched(message: SentMessage, { altered, isAlways }: ChatCase) {
  const copies = altered.filter(({ source }) => source === message);
  return (
    isAlways &&
    copies.length > 0 &&
    copies.every(({ touched }) => touched.isDisjointFrom(contentFields))
  );
}

const argumentFields = new Set(['*', 'arguments']);

/** Tools run once at most, and nobody says that one ran which did not. */
function checkTools({ words, error, host }: Heard, chatCase: ChatCase) {
  const utterance = words.join(' ');
  if (host.ran.length > 1) throw new Error(`The tool ran ${host.ran.length} times.`);
  if (utterance.includes('Promised')) throw new Error('A false promise is said.');
  if (utterance.includes('Lamps') && host.wellRuns === 0)
    throw new Error('The result of a tool is said that did not run.');
  if (!chatCase.isCalling) return;
  if (isHarmless(chatCase) && error === undefined && host.wellRuns === 0)
    throw new Error('A harmless change loses the call.');
  const areWhole = [...chatCase.altered, ...chatCase.alteredWhole].every(
    ({ touched }) => touched.isDisjointFrom(argumentFields),
  );
  if (host.ran.length > host.wellRuns && chatCase.end === 'close' && areWhole)
    throw new Error(`The tool ran with ${host.ran.at(-1)?.argumentsJson}.`);
}

export const chatTarget: FuzzTarget = makeAsyncTarget('dialects-chat', cases, playTurn);
