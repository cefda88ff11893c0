import { expect, test } from 'vitest';
import { ask } from '#commands/ask.ts';
import { say } from '#commands/say.ts';
import type { CommandCall } from '#src/conversation/command.ts';
import type { AskOutcome } from '#src/conversation/ports/command-ports.ts';
import type { PlayEnd } from '#src/conversation/ports/play-end.ts';
import type { SayOutcome } from '#src/features/typed/say-outcomes.ts';

import { openText } from '#src/people/confidential-text.ts';
import { text } from '#src/texts/texts.ts';
import { settled, VirtualClock } from '#test/fakes/clock.ts';
import { adam, inLounge, ports, voicesOf } from './ports.ts';

const nowhere = { at: () => undefined };
const saying = (words: Record<string, string>) => ({ ...inLounge, words });

test.each<[SayOutcome, string]>([
  [{ kind: 'queued', ahead: 0 }, 'Saying it now.'],
  [{ kind: 'queued', ahead: 2 }, 'Queued, 2 ahead.'],
  [
    { kind: 'placed', playing: { kind: 'playing', title: '“Hello”', track: 'bg' } },
    '“Hello” on bg.',
  ],
  [
    { kind: 'placed', playing: { kind: 'reserved', track: 'cues' } },
    'cues is mine. Choose another track, say main.',
  ],
  [{ kind: 'full', limit: 8 }, 'The limit of 8 waiting texts is reached. Try again in a moment.'],
  [{ kind: 'unspeakable' }, 'That text contains nothing I can say.'],
  [{ kind: 'nowhere' }, "I'm in no voice channel here."],
])('/say that ends with %j tells the caller alone: %s', async (outcome, sentence) => {
  const replies = await say.run(saying({ text: 'Hello' }), ports({ say: async () => outcome }));
  expect(replies.map(({ to }) => to)).toEqual(['caller']);
  expect(text(replies[0].id, replies[0].with)).toBe(sentence);
});

test('/say waits in line unless told now, and names the voice and the track it was given', async () => {
  const asked: unknown[] = [];
  const listening = ports({
    say: async (...args) => {
      asked.push(args);
      return { kind: 'queued', ahead: 0 };
    },
  });
  await say.run(saying({ text: 'Hello' }), listening);
  await say.run(saying({ text: 'Hello', when: 'now', voice: 'rms', track: 'bg' }), listening);
  const owner = { id: 'adam', name: 'Adam' };
  expect(asked).toEqual([
    ['g', 'Hello', 'queue', { owner, payerId: 'adam' }],
    ['g', 'Hello', 'now', { owner, payerId: 'adam', track: 'bg', voice: 'rms' }],
  ]);
});

test('/say speaks in the voice and at the pace that its writer has set, unless it names another', async () => {
  const asked: unknown[] = [];
  const listening = ports({
    peopleSettings: { load: async () => ({ voice: 'kal', speed: 0.8 }) },
    say: async (...args) => {
      asked.push(args[3]);
      return { kind: 'queued', ahead: 0 };
    },
  });
  await say.run(saying({ text: 'Hello' }), listening);
  await say.run(saying({ text: 'Hello', voice: 'rms' }), listening);
  expect(asked).toMatchObject([
    { voice: 'kal', speed: 0.8 },
    { voice: 'rms', speed: 0.8 },
  ]);
});

test('/say speaks by the model, in the tone and at the pace that are named', async () => {
  const asked: unknown[] = [];
  const listening = ports({
    voices: voicesOf([], ['tts', 'tts-hd']),
    say: async (...args) => {
      asked.push(args[3]);
      return { kind: 'queued', ahead: 0 };
    },
  });
  const words = { text: 'Hello', model: 'tts-hd', tone: ' whisper ', speed: '1.5' };
  expect(await say.run(saying(words), listening)).toEqual([{ id: 'say.now', to: 'caller' }]);
  expect(asked).toMatchObject([{ model: 'tts-hd', tone: 'whisper', speed: 1.5 }]);
  const other = await say.run(saying({ text: 'Hello', model: 'dear' }), listening);
  expect(text(other[0].id, other[0].with)).toBe(
    'No speech model called "dear". There are: tts, tts-hd.',
  );
  expect(asked).toHaveLength(1);
});

test('an embedded voice takes no tone and has no models, and that is said', async () => {
  const quiet = await say.run(saying({ text: 'Hello', tone: 'whisper' }), ports());
  expect(quiet).toEqual([{ id: 'say.now', to: 'caller', lines: [{ id: 'tone.ignored' }] }]);
  const none = await say.run(saying({ text: 'Hello', model: 'tts' }), ports());
  expect(none[0].id).toBe('model.none');
});

test.each<[PlayEnd, string]>([
  [{ kind: 'completed' }, '“Hello”: heard to its end.'],
  [{ kind: 'skipped' }, '“Hello”: skipped.'],
  [{ kind: 'stopped', why: 'asked' }, '“Hello”: stopped.'],
  [{ kind: 'stopped', why: 'interrupted' }, '“Hello”: stopped.'],
  [{ kind: 'stopped', why: 'left' }, '“Hello”: stopped.'],
  [{ kind: 'failed', reason: { id: 'track.bad.voice' } }, '“Hello” failed: my voice is out.'],
  [
    { kind: 'failed', reason: { id: 'say.empty' } },
    '“Hello” failed: That text contains nothing I can say.',
  ],
])('/say wait:true tells of %j: %s', async (end, sentence) => {
  const ends: (((end: PlayEnd) => void) | undefined)[] = [];
  const listening = ports({
    say: async (...[, , , how]) => {
      ends.push(how?.onEnd);
      return { kind: 'queued', ahead: 3 };
    },
  });
  const words = { text: 'Hello', wait: 'true' };
  const reported = say.run(saying(words), listening);
  expect(await Promise.race([reported, settled()])).toBeUndefined();
  ends[0]?.(end);
  const [reply] = await reported;
  expect([text(reply.id, reply.with), reply.to]).toEqual([sentence, 'caller']);
});

test('what has not ended after 14 minutes is told so, below the time that Discord gives', async () => {
  const clock = new VirtualClock();
  const words = { text: 'Hello', wait: 'true' };
  const reported = say.run(saying(words), { ...ports(), clock });
  await clock.advance(840_000);
  const [reply] = await reported;
  expect(text(reply.id, reply.with)).toBe(
    '“Hello” has not ended after 14 minutes. I no longer wait for it.',
  );
  const longest = (call: CommandCall) =>
    typeof say.longestMs === 'function' ? say.longestMs(call) : say.longestMs;
  expect(longest(saying(words))).toBeLessThan(900_000);
  expect(longest(saying({ text: 'Hello' }))).toBeUndefined();
});

test('/say wait:true that is not said tells at once why', async () => {
  const full = ports({ say: async () => ({ kind: 'full', limit: 8 }) });
  const [reply] = await say.run(saying({ text: 'Hello', wait: 'true' }), full);
  expect(reply.id).toBe('say.full');
});

test('/say is for those in the channel', async () => {
  expect((await say.run(adam, ports()))[0]).toMatchObject({ id: 'perm.room', to: 'caller' });
  expect((await say.run(inLounge, ports(nowhere)))[0].id).toBe('leave.nowhere');
});

test.each([
  ['', ['slt', 'rms', 'kal16', 'kal']],
  ['K', ['kal16', 'kal']],
  ['6', ['kal16']],
  ['sl', ['slt']],
  ['xyz', []],
])('/say offers for the voice %j: %j', async (typed, voices) => {
  const option = say.options.find(({ name }) => name === 'voice');
  const suggest = option?.kind === 'text' ? option.suggest : undefined;
  expect(await suggest?.(typed, inLounge, ports())).toEqual(voices);
});

const question = { question: 'What time is it?' };

test('/ask is answered aloud, and the answer is shown to the channel', async () => {
  const ways: string[] = [];
  const listening = ports({
    ask: async (_guildId, _question, _asker, answer) => {
      ways.push(answer);
      return { kind: 'answered', text: openText('It is five.') };
    },
  });
  expect(await ask.run(saying(question), listening)).toEqual([
    { id: 'ask.answer', with: { answer: 'It is five.' }, to: 'room' },
  ]);
  expect(ways).toEqual(['voice']);
});

test('/ask shows what it thinks about while the channel waits', () => {
  const line = ask.meanwhile?.(saying(question));
  expect(line && text(line.id, line.with)).toBe('Thinking about: What time is it?');
});

test('/ask for the caller only is seen by nobody else, the thinking included', async () => {
  const call = saying({ ...question, answer: 'only me' });
  const { shownTo } = ask;
  expect(typeof shownTo === 'string' ? shownTo : shownTo(call)).toBe('caller');
  expect(await ask.run(call, ports())).toEqual([
    { id: 'ask.answer', with: { answer: 'It is five.' }, to: 'caller' },
  ]);
});

test('/ask aloud is for those in the channel, in writing for everybody', async () => {
  const outside = { ...adam, words: question };
  expect((await ask.run(outside, ports()))[0].id).toBe('perm.room');
  const written = { ...adam, words: { ...question, answer: 'text' } };
  expect((await ask.run(written, ports()))[0].id).toBe('ask.answer');
});

test('/ask is answered in writing where there is no channel, unless a voice was asked for', async () => {
  const outside = { ...adam, words: question };
  expect((await ask.run(outside, ports(nowhere)))[0].id).toBe('ask.answer');
  const aloud = { ...adam, words: { ...question, answer: 'voice' } };
  expect(await ask.run(aloud, ports(nowhere))).toEqual([{ id: 'leave.nowhere', to: 'caller' }]);
});

test('/ask shows the button of what waits for Confirm below the answer', async () => {
  const words = { tool: 'Looks', by: 'Adam', name: 'Adam', s: 60 };
  const line = { id: 'tool.ask', with: words } as const;
  const confirmation = { line, button: 'tool.show:1' };
  const asking = { kind: 'answered', text: openText('Press it.'), confirmation } as const;
  const [shown] = await ask.run(saying(question), ports({ ask: async () => asking }));
  expect(shown).toMatchObject({ id: 'ask.answer', lines: [line], buttons: ['tool.show:1'] });
});

test('/ask without a word is no question', async () => {
  expect(await ask.run(saying({ question: ' ?! ' }), ports())).toEqual([
    { id: 'ask.empty', to: 'caller' },
  ]);
});

test.each<[AskOutcome, string]>([
  [
    { kind: 'failed', line: { id: 'fail.llm', with: { provider: 'localhost:1' } } },
    "I can't think right now: localhost:1 is not answering.",
  ],
  [{ kind: 'failed', line: { id: 'stop.ok' } }, 'Stopped.'],
  [{ kind: 'nowhere' }, "I'm in no voice channel here."],
])('/ask that ends with %j tells the caller alone: %s', async (asking, sentence) => {
  const replies = await ask.run(saying(question), ports({ ask: async () => asking }));
  expect(replies.map(({ to }) => to)).toEqual(['caller']);
  expect(text(replies[0].id, replies[0].with)).toBe(sentence);
});
