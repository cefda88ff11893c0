import { isDeepStrictEqual } from 'node:util';
import { joinSamples } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { createChatChain } from '#src/chat/metered-chat.ts';
import { RealtimeConversation } from '#src/chat/realtime/realtime-conversation.ts';
import { createAudioModelPipeline } from '#src/pipeline/audio-model/audio-model-pipeline.ts';
import type { ReplyPart } from '#src/pipeline/pipeline.ts';
import {
  drainAnswer,
  FakeHost,
  joinTexts,
  makeTurn,
  toUtterance,
} from '#test/contracts/pipeline-contract.ts';
import { makeAnswerEvents } from '#test/fakes/dialects/realtime-servers.ts';
import { FakeSynthesizer } from '#test/fakes/fake-speech.ts';
import { makeChain } from '#test/fakes/fallback-chains.ts';
import { makeTone } from '#test/fakes/providers/mock-sound.ts';
import { passRounds, VirtualClock } from '#test/fakes/virtual-clock.ts';
import {
  type AlteredMessage,
  addedWords,
  alterations,
  alterMessages,
  type SentMessage,
  toJsonMessage,
  writeMessage,
} from '#test/fuzz/alterations.ts';
import { FakeServer } from '#test/fuzz/fake-socket.ts';
import type { FuzzTarget } from '#test/fuzz/fuzz-target.ts';
import { makeAsyncTarget } from '#test/fuzz/make-target.ts';
import { fc } from '#test/properties.ts';

const never = new AbortController().signal;
const text = 'Amber birds carry embers.';
const meantWords = ['Amber', 'birds', 'carry', 'embers'];
const doneWords = ['Lamps', 'shine'];
const call = {
  id: 'f1',
  type: 'function_call',
  call_id: 'call_1',
  name: 'lamp',
  arguments: '{"on":true}',
};
const ofCall = { response_id: 'r1', item_id: 'f1', output_index: 0 };

/** Events of a response that does nothing but call the lamp. */
const callEvents: readonly object[] = [
  { type: 'response.created', response: { id: 'r1', status: 'in_progress' } },
  { type: 'response.output_item.added', ...ofCall, item: { ...call, arguments: '' } },
  { type: 'response.function_call_arguments.delta', ...ofCall, delta: '{"on":' },
  { type: 'response.function_call_arguments.delta', ...ofCall, delta: 'true}' },
  {
    type: 'response.function_call_arguments.done',
    ...ofCall,
    call_id: 'call_1',
    name: 'lamp',
    arguments: call.arguments,
  },
  { type: 'response.output_item.done', ...ofCall, item: call },
  {
    type: 'response.done',
    response: { id: 'r1', status: 'completed', output: [call] },
  },
];

const answers: readonly (readonly [string, readonly object[]])[] = [
  ['present names', makeAnswerEvents(text, 'output_')],
  ['former names', makeAnswerEvents(text, '')],
  ['a call', callEvents],
];

type TalkCase = {
  readonly title: string;
  readonly messages: readonly SentMessage[];
  readonly altered: readonly AlteredMessage[];
};

const cases: fc.Arbitrary<TalkCase> = fc
  .record({ answer: fc.constantFrom(...answers), list: alterations })
  .map(({ answer: [title, events], list }) => {
    const messages = events.map(toJsonMessage);
    const altered = alterMessages(messages, list);
    return {
      title,
      messages,
      altered,
      [fc.toStringMethod]: () =>
        `${title} ${fc.stringify(list)}\n${altered.map((message) => writeMessage(message).slice(0, 250)).join('\n')}`,
    };
  });

/** What a conversation is read by; other fields may change without harm. */
const carryingFields = new Set(
  '* type delta transcript response response_id item_id id status output name arguments call_id item'.split(
    ' ',
  ),
);
const isHarmless = ({ altered, messages }: TalkCase) =>
  altered.every(({ touched }) => touched.isDisjointFrom(carryingFields)) &&
  isDeepStrictEqual(
    altered.map(({ source }) => source),
    messages,
  );

async function talkAltered(talkCase: TalkCase): Promise<void> {
  const clock = new VirtualClock(0, 1);
  const server = new FakeServer(clock, ['greets']);
  using conversation = new RealtimeConversation({
    baseUrl: 'http://a.example/v1',
    model: 'm',
    clock,
    openSocket: server.openSocket,
  });
  const [host, synthesizer] = [new FakeHost(), new FakeSynthesizer({ pieces: 1 })];
  host.release();
  const pipeline = createAudioModelPipeline({
    open: (signal) =>
      createChatChain(
        makeChain('chat', [conversation.openAnswer(signal)], clock).chain,
      ),
    feed: () => undefined,
    synthesizer,
    input: 'audio',
  });
  const answer = pipeline.answer(makeTurn(toUtterance('hello')), host, never);
  const outcome = drainAnswer(answer[Symbol.asyncIterator]());
  await passRounds(10);
  for (const message of talkCase.altered)
    await server.play({ kind: 'says', text: writeMessage(message), isBinary: false });
  // The answer after the tool.
  await passRounds(10);
  if (host.ran.length > 0)
    for (const event of makeAnswerEvents(doneWords.join(' '), 'output_'))
      await server.play({ kind: 'says', text: JSON.stringify(event), isBinary: false });
  const end = await Promise.race([outcome, clock.advance(1_200_000)]);
  if (!end) throw new Error('It hangs.');
  server.check();
  checkAnswer(end.parts, end.error, host, talkCase);
}

const loudest = makeTone(text, 24_000).reduce(
  (most, one) => Math.max(most, Math.abs(one)),
  0,
);

function checkAnswer(
  replyParts: readonly ReplyPart[],
  error: unknown,
  host: FakeHost,
  talkCase: TalkCase,
) {
  const words = joinTexts(replyParts).match(/[\p{L}\p{N}]+/gu) ?? [];
  const only = RegExp(
    `^(?:${[...meantWords, ...doneWords, ...addedWords].join('|')})+$`,
  );
  const stranger = words.find((word) => !only.test(word));
  if (stranger !== undefined) throw new Error(`"${stranger}" is said.`);
  const isOurs = error instanceof BotError && !/failed: \w*Error/.test(error.message);
  if (error !== undefined && !isOurs) throw error;
  const sounds = replyParts.flatMap((part) =>
    part.kind === 'audio' ? [part.pcm.samples] : [],
  );
  const sound = joinSamples(sounds);
  if (sound.some((sample) => Math.abs(sample) > loudest))
    throw new Error('Noise is heard.');
  // Of an answer without words the conversation makes a failure, with its code.
  checkRuns(host, words, talkCase);
  if (!isHarmless(talkCase)) return;
  const isRight =
    talkCase.title === 'a call'
      ? host.ran.length === 1
      : words.join(' ') === meantWords.join(' ');
  if (error !== undefined || !isRight)
    throw new Error('A harmless change is heard.', { cause: error });
}

function checkRuns(host: FakeHost, words: readonly string[], { altered }: TalkCase) {
  if (host.ran.length > 1) throw new Error(`The tool ran ${host.ran.length} times.`);
  if (words.includes('Lamps') && host.ran.length === 0)
    throw new Error('The result of a tool is said that did not run.');
  const areWhole = altered.every(({ touched }) =>
    touched.isDisjointFrom(new Set(['*', 'arguments', 'delta'])),
  );
  const ran = host.ran[0]?.argumentsJson ?? call.arguments;
  if (areWhole && ran !== call.arguments) throw new Error(`The tool ran with ${ran}.`);
}

export const talkTarget: FuzzTarget = makeAsyncTarget(
  'dialects-realtime',
  cases,
  talkAltered,
);
