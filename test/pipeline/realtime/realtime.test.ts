import { expect, test } from 'vitest';
import { durationMs } from '#src/audio/pcm.ts';
import type { ChatMessage } from '#src/chat/ports.ts';
import type { ReplyPart, Turn } from '#src/pipeline/pipeline.ts';
import { pipelineContract, said, textOf, turnOf } from '#test/contracts/pipeline.ts';
import {
  answering,
  drain,
  openTalking,
  PlayingHost,
  remembered,
  speaking,
} from './realtime-fake.ts';

pipelineContract('realtime', (script) => openTalking({ answer: answering(script) }));

const four = 'Well, as you ask, it is four.';
const fourFor = () => ({ text: four });
const soundMs = (parts: readonly ReplyPart[]) =>
  parts.reduce((sum, part) => sum + (part.kind === 'audio' ? durationMs(part.pcm) : 0), 0);
const user = (name: string, content: string): ChatMessage => ({ role: 'user', name, content });
const assistant = (content: string): ChatMessage => ({ role: 'assistant', content });
const after = (history: readonly ChatMessage[], turn: Turn): Turn => ({ ...turn, history });

test('what nobody is to remember any more is deleted, and what is missing is told in words', async () => {
  await using talking = await openTalking({ answer: fourFor });
  await drain(talking.pipeline, turnOf(speaking('my secret')));
  const history = [user('Ben', 'good morning'), assistant('Good morning, Ben.')];
  await drain(talking.pipeline, after(history, turnOf(speaking('again'))));
  expect(remembered(talking.server.calls[0])).toEqual([
    'user: Ben: good morning',
    'assistant: Good morning, Ben.',
    'user: Ana:',
    'user: sound 1000',
    `assistant: ${four}`,
  ]);
  const later = [...history.slice(0, 1), user('Cleo', 'hm'), ...history.slice(1)];
  await drain(talking.pipeline, after(later, turnOf(said('more'))));
  expect(remembered(talking.server.calls[0]).slice(0, 3)).toEqual([
    'user: Ben: good morning',
    'user: Cleo: hm',
    'assistant: Good morning, Ben.',
  ]);
  expect(talking.server.calls[0]?.errors).toEqual([]);
});

test('what was said is forgotten by the server once somebody takes theirs back, but answered first', async () => {
  await using talking = await openTalking({ answer: fourFor });
  await drain(talking.pipeline, turnOf(speaking('my secret')));
  const answering = drain(talking.pipeline, turnOf(speaking('and mine')));
  await talking.settled();
  talking.pipeline.forget?.();
  expect(textOf((await answering).parts)).toBe(four);
  await talking.settled();
  expect(talking.server.open).toBe(0);
  const history = [user('Ben', 'and mine'), assistant(four)];
  await drain(talking.pipeline, after(history, turnOf(speaking('again'))));
  expect(remembered(talking.server.calls.at(-1)).slice(0, 2)).toEqual([
    'user: Ben: and mine',
    `assistant: ${four}`,
  ]);
  talking.pipeline.forget?.();
  await talking.settled();
  expect(talking.server.open).toBe(0);
});

test('an answer that is dropped before it sounds leaves nothing with the server', async () => {
  await using talking = await openTalking({ answer: () => ({ text: four, ends: 'stall' }) });
  const caller = new AbortController();
  talking.pipeline.answer(turnOf(speaking('hello')), new PlayingHost(), caller.signal);
  await talking.settled();
  expect(talking.running()).toBe(1);
  caller.abort(new Error('the person went on'));
  await talking.settled();
  expect([talking.running(), remembered(talking.server.calls[0])]).toEqual([0, []]);
  const cancel = talking.server.calls[0]?.commands.find(({ type }) => type === 'response.cancel');
  expect(cancel?.response_id).toMatch(/^resp_/);
});

test('an answer may be as long as its money pays, with all sound that the server remembers set aside', async () => {
  await using talking = await openTalking({
    answer: () => ({ text: four, ends: 'incomplete' }),
  });
  const heard: number[] = [];
  class PayingHost extends PlayingHost {
    holdModel(_messages: readonly object[], _tools: readonly object[], heardMs: number) {
      heard.push(heardMs);
      return { units: 900, end: () => undefined };
    }
  }
  const host = new PayingHost();
  host.heardMs = 60_000;
  const first = speaking('how many');
  const { error, parts } = await drain(talking.pipeline, turnOf(first), host);
  expect([error, textOf(parts)]).toEqual([undefined, four]);
  const history = [user(first.name, 'how many'), assistant(four)];
  await drain(talking.pipeline, after(history, turnOf(speaking('and now', 2_000))), host);
  const spokenMs = Math.round(soundMs(parts));
  expect(heard.map(Math.round)).toEqual([31_000, 32_000 + 1_000 + 2 * spokenMs]);
  const asked = talking.server.calls[0]?.commands.filter(({ type }) => type === 'response.create');
  expect(asked).toMatchObject([
    { response: { max_output_tokens: 900 } },
    { response: { max_output_tokens: 900 } },
  ]);
});

const lamp = { name: 'lamp', argumentsJson: '{}' };

test('an answer with a tool in it is remembered by what was said, and not by what the tool gave', async () => {
  const answer = (_: string, request: number) =>
    request === 0 ? { text: 'One moment.', call: lamp } : { text: 'It is on.' };
  await using talking = await openTalking({ answer });
  const host = new PlayingHost();
  const { parts } = await drain(talking.pipeline, turnOf(speaking('lamp on')), host);
  expect([host.ran.length, textOf(parts)]).toEqual([1, 'One moment. It is on.']);
  const [call] = talking.server.calls;
  expect(remembered(call)).toContain('function_call_output: done');
  const history = [user('Ana', 'lamp on'), assistant('One moment. It is on.')];
  await drain(talking.pipeline, after(history, turnOf(speaking('thanks'))));
  expect(remembered(call)).toEqual([
    'user: Ana:',
    'user: sound 1000',
    'assistant: One moment.',
    'assistant: It is on.',
    'user: Ana:',
    'user: sound 1000',
    'assistant: It is on.',
  ]);
  expect([call?.commits.length, call?.errors]).toEqual([2, []]);
});
