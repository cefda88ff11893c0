import { z } from 'zod';
import { defineTool } from '#src/features/contract/tool-definition.ts';
import { tools } from '#src/features/features.ts';
import {
  adam,
  eva,
  type FixtureOptions,
  joinLounge,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';
import { type ChatStep, makeToolCall as call } from '#test/fakes/fake-chat.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

/** Takes so long; `seen` tells how often it began, and how it was told to end. */
function slow(clock: VirtualClock, tookMs: number) {
  const seen = { began: 0, done: 0, endedAtMs: Number.NaN };
  const readTool = defineTool({
    name: 'look',
    description: 'Looks.',
    schema: z.strictObject({}),
    right: 'anyone',
    effect: 'read',
    async run(_call, _ports, signal) {
      seen.began++;
      signal.addEventListener('abort', () => {
        seen.endedAtMs = clock.nowMs();
      });
      await clock.sleep(tookMs, new AbortController().signal); // deaf to its signal
      seen.done++;
      return { facts: { seen: 'a bird' } };
    },
  });
  return { seen, readTool };
}

type Over = FixtureOptions & { readonly clock?: VirtualClock };

async function open(
  rounds: readonly (readonly ChatStep[])[],
  { clock, ...over }: Over = {},
) {
  const fixture = await joinLounge(
    { rounds, pieces: 2, tools, ...over },
    undefined,
    clock,
  );
  await passTime(fixture, 40);
  return { ...fixture, fixture };
}

async function ask(fixture: SessionFixture, question = 'What is up?', ms = 3_000) {
  void fixture.talk.askQuestion('g', question, adam, 'voice');
  await passTime(fixture, ms);
}

const buttonIn = ({ offered }: SessionFixture) => offered.at(-1)?.split(':')[1] ?? '';

test('a program is told how many people are there, and no names', async () => {
  const { fixture, chat } = await open([[call('who_is_here')], ['Two are here.']]);
  const radio = { ...adam, id: 'token:radio', name: 'radio' };
  void fixture.talk.askQuestion('g', 'Who is there?', radio, 'voice');
  await passTime(fixture, 3_000);
  expect(chat.results).toEqual([
    '{"result":{"names":[],"othersWithoutName":2,"otherBots":0}}',
  ]);
});

test('bad JSON, and arguments that do not fit, are told to the model and nothing runs', async () => {
  const bad: ChatStep = { call: { id: '1', name: 'time', argumentsJson: '{"zone":' } };
  const { fixture, chat } = await open([
    [bad, call('time', { city: 'Tokyo' }, '2')],
    ['Sorry.'],
  ]);
  await ask(fixture);
  expect(chat.results).toEqual([
    expect.stringContaining('not valid JSON'),
    expect.stringContaining('do not fit'),
  ]);
});

test('a tool that takes ten seconds is given up, and the model is told', async () => {
  const clock = new VirtualClock();
  const { seen, readTool } = slow(clock, 60_000);
  const { fixture, chat } = await open([[call('look')], ['No luck.']], {
    clock,
    tools: [readTool],
  });
  await ask(fixture, 'Look.', 11_000);
  expect(chat.results).toEqual(['{"error":"look failed (tool.late)."}']);
  expect(seen.endedAtMs).toBeLessThan(10_200);
});

test('a tool ends at once with /stop', async () => {
  const clock = new VirtualClock();
  const { seen, readTool } = slow(clock, 8_000);
  const { fixture } = await open([[call('look')]], { clock, tools: [readTool] });
  await ask(fixture, 'Look.', 1_000);
  const atMs = clock.nowMs();
  fixture.talk.stopSpeaking('g');
  await passTime(fixture, 500);
  expect([seen.began, seen.endedAtMs - atMs]).toEqual([1, 0]);
  expect(fixture.sessions.findSession('g')?.speech.requests.current).toBeUndefined();
});

test('the panel names the step, ticks go on, and the moment asked for names it as well', async () => {
  const clock = new VirtualClock();
  const { readTool } = slow(clock, 6_000);
  const { fixture, synthesizer } = await open([[call('look')], ['A bird.']], {
    clock,
    tools: [readTool],
  });
  let soundAtMs = clock.nowMs();
  let longestGapMs = 0;
  fixture.linkOpener.link.onLeft = (_frame, atMs) => {
    longestGapMs = Math.max(longestGapMs, atMs - soundAtMs);
    soundAtMs = atMs;
  };
  await ask(fixture, 'Look.', 8_000);
  const activities = fixture.faces.map(({ lines }) => lines[1]?.id);
  expect(activities).toContain('slow.voice');
  expect(activities.at(-1)).toBe('panel.listening');
  expect(synthesizer.texts).toEqual(['One moment.', 'A bird.']);
  expect(longestGapMs).toBeLessThanOrEqual(1_300);
});

const post = call('post_text', { text: 'Dinner at eight.' });

test('"timers of 5 and 10 minutes" sets both', async () => {
  const set: number[] = [];
  const timer = defineTool({
    name: 'timer',
    description: 'Sets one.',
    schema: z.object({ minutes: z.number() }),
    right: 'anyone',
    effect: 'change',
    async run({ minutes }) {
      set.push(minutes);
      return { facts: { set: minutes } };
    },
  });
  const calls = [
    call('timer', { minutes: 5 }, 'a'),
    call('timer', { minutes: 10 }, 'b'),
  ];
  const { fixture } = await open([calls, ['Both are set.']], { tools: [timer] });
  await ask(fixture, 'Timers of 5 and 10 minutes, please.');
  expect(set).toEqual([5, 10]);
});

test('a change that everybody notices runs without a button, whatever else the model has read', async () => {
  const louder = call('volume', { level: 40 });
  const { fixture, chat } = await open([['Hello.'], [louder], ['Ok.']]);
  void fixture.talk.askQuestion('g', 'Hello there.', eva, 'voice');
  await passTime(fixture, 3_000);
  await ask(fixture, 'Speak lower.');
  expect(chat.results).toEqual(['{"result":{"outcome":"Volume of voice: 40 %."}}']);
  expect(chat.asked).toHaveLength(3); // no other model is asked
  expect(fixture.offered).toEqual([]);
});

test('a message runs at once for words of the asker alone, also after an exchange with them', async () => {
  const { fixture } = await open([['Hello.'], [call('time')], [post], ['Ok.']]);
  await ask(fixture, 'Hello there.');
  await ask(fixture, 'Post that dinner is at eight.');
  expect(fixture.written).toEqual(['Dinner at eight.']);
  expect(fixture.offered).toEqual([]);
});

test('a message waits once the model was shown words of others; what it is, only its asker is shown', async () => {
  const { fixture } = await open([[call('who_is_here')], [post], ['Ok.']]);
  await ask(fixture, 'Post that dinner is at eight.');
  expect(fixture.written).toEqual([
    'Adam asked for something that needs a yes. Adam, press Show to see it and confirm it (60 s).',
  ]);
  const show = (who: string) =>
    fixture.confirmations.showConfirmation('g', buttonIn(fixture), who);
  expect(show('eva')).toEqual({ kind: 'other', name: 'Adam' });
  expect(show('adam')).toMatchObject({ line: { with: { text: 'Dinner at eight.' } } });
  const press = (who: string) =>
    fixture.confirmations.confirmCall('g', buttonIn(fixture), who);
  expect(await press('eva')).toEqual({ kind: 'other', name: 'Adam' });
  expect(await press('adam')).toMatchObject({ line: { id: 'confirm.done' } });
  expect(await press('adam')).toEqual({ kind: 'over' });
  expect(show('adam')).toEqual({ kind: 'over' });
  const ends = fixture
    .of('tool')
    .map(({ tool, how, speakerId }) => [tool, how, speakerId]);
  expect(ends).toEqual([
    ['who_is_here', 'ran', 'adam'],
    ['post_text', 'asked', 'adam'],
    ['post_text', 'pressed', 'adam'],
  ]);
});
