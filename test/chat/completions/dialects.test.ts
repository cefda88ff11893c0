import type { ChatMessage, Tool } from '#src/chat/chat-model.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { openClient } from '#src/provider/api-client.ts';
import {
  type AudioChatAnswer,
  answerStream,
  makeDelta,
  openMockAudioChat,
} from '#test/fakes/providers/mock-audio-chat.ts';

const never = new AbortController().signal;
const hello: ChatMessage = { role: 'user', name: 'Ana', content: 'hello' };
const lamp: Tool = {
  name: 'lamp',
  description: 'Lights.',
  parameters: { type: 'object' },
};

async function partsOf(answer: AudioChatAnswer, tools: readonly Tool[] = []) {
  await using server = await openMockAudioChat([answer]);
  const model = openChatModel(openClient({ baseUrl: server.baseUrl }), {
    model: 'mock',
  });
  return await Array.fromAsync(model.reply([hello], tools, never));
}

const makeCallDelta = (fields: object) => makeDelta({ tool_calls: [fields] });
const on = { name: 'lamp', arguments: '{"on":true}' };
const off = { name: 'lamp', arguments: '{"on":false}' };

test.each<[string, readonly object[], readonly string[]]>([
  [
    'in crumbs',
    [
      makeCallDelta({ index: 0, id: 'a', function: { name: 'lamp', arguments: '' } }),
      makeCallDelta({ index: 0, function: { arguments: '{"on"' } }),
      makeCallDelta({ index: 0, id: '', function: { name: '', arguments: ':true}' } }),
      makeDelta({}, 'tool_calls'),
    ],
    [on.arguments],
  ],
  [
    'whole, ended by stop',
    [makeCallDelta({ index: 0, id: 'a', function: on }), makeDelta({}, 'stop')],
    [on.arguments],
  ],
  [
    'whole, without an index',
    [
      makeCallDelta({ id: 'a', function: on }),
      makeCallDelta({ id: 'b', function: off }),
      makeDelta({}, 'stop'),
    ],
    [on.arguments, off.arguments],
  ],
  [
    'twice at one index',
    [
      makeCallDelta({ index: 0, id: 'a', function: on }),
      makeCallDelta({ index: 0, id: 'b', function: off }),
      makeDelta({}, 'tool_calls'),
    ],
    [on.arguments, off.arguments],
  ],
  [
    'without any id',
    [makeCallDelta({ function: on }), makeCallDelta({ function: off })],
    [on.arguments, off.arguments],
  ],
  [
    'without any end',
    [makeCallDelta({ index: 0, id: 'a', function: on })],
    [on.arguments],
  ],
  [
    'with broken JSON',
    [
      makeCallDelta({
        index: 0,
        id: 'a',
        function: { name: 'lamp', arguments: '{"on"' },
      }),
    ],
    ['{"on"'],
  ],
])('a tool called %s is called once each', async (_, some, expected) => {
  const chatParts = await partsOf(answerStream(some), [lamp]);
  const calls = chatParts.flatMap((part) => (part.kind === 'tool' ? [part.call] : []));
  expect(calls.map(({ argumentsJson }) => argumentsJson)).toEqual(expected);
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
});
