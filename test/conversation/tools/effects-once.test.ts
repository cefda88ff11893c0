import { expect, test } from 'vitest';
import { z } from 'zod';
import { BotError } from '#src/base/errors.ts';
import type { ChatMessage, ChatModel, ToolCall } from '#src/chat/ports.ts';
import { type ToolEntry, tool } from '#src/conversation/ports/tool-definition.ts';
import { tools } from '#src/features/features.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { Transcriber } from '#src/speech/ports.ts';
import {
  adam,
  lounge,
  openSessionFixture,
  pass,
  type SessionFixture,
  words,
} from '#test/conversation/setup/session-fixture.ts';
import { VirtualClock } from '#test/fakes/clock.ts';
import { FakeSynthesizer } from '#test/fakes/speech.ts';

/** Arguments of the call that a model makes for what it is shown; undefined: it makes none. */
type Mind = (said: string, messages: readonly ChatMessage[]) => object | undefined;

type EffectsSetup = {
  /** Delays of the voice and of the model, in ms. */
  readonly firstMs?: number;
  readonly thinkMs?: number;
  readonly mind?: Mind;
  readonly more?: (clock: VirtualClock) => ToolEntry;
  readonly called?: string;
  /** A persona, which somebody has written, makes a reminder wait for a button. */
  readonly waits?: true;
};

const timer: Mind = (said) => (/timer/.test(said) ? { when: 'in ten minutes' } : undefined);

/** Calls the tool for words that ask for it as often as it is asked, and says something where it is shown a result last. */
function model(
  clock: VirtualClock,
  { thinkMs = 100, mind = timer, called = 'set_reminder' }: EffectsSetup,
) {
  const asked: (readonly ChatMessage[])[] = [];
  const chat: ChatModel = {
    async *reply(messages, _offered, signal) {
      asked.push([...messages]);
      await clock.sleep(thinkMs, signal);
      const said = messages.flatMap(({ role, content }) => (role === 'user' ? [content] : []));
      const given = mind(said.join('\n'), messages);
      const call: ToolCall = { id: 'call_1', name: called, argumentsJson: JSON.stringify(given) };
      if (given && !isAnswered(messages, call)) yield { kind: 'tool', call };
      else yield { kind: 'text', text: 'All right.' };
    },
  };
  return { asked, chat };
}

/** Whether the answer that is being made has called this already; calls of answers before it are passed over. */
function isAnswered(messages: readonly ChatMessage[], { argumentsJson }: ToolCall): boolean {
  const rounds = messages.filter(({ role }) => role === 'assistant');
  const last = rounds.at(-1);
  const isOwn = rounds.length > Number(isDone(messages));
  return isOwn && last?.role === 'assistant' && last.calls?.[0]?.argumentsJson === argumentsJson;
}

/** Whether calls of an answer before are shown: by the only rule that their model heeds not. */
const isDone = (messages: readonly ChatMessage[]) =>
  messages[0]?.content.includes('already made') ?? false;

async function open(setup: EffectsSetup = {}) {
  const clock = new VirtualClock();
  const never = Number.POSITIVE_INFINITY;
  const heard = { secondFromMs: never, second: '', thirdFromMs: never, third: '' };
  const { asked, chat } = model(clock, setup);
  const { firstMs = 0, more } = setup;
  const synthesizer = new FakeSynthesizer({ pieces: 5, clock, firstMs });
  const transcriber: Transcriber = {
    async *transcribe() {
      const nowMs = clock.nowMs();
      const later = nowMs < heard.thirdFromMs ? heard.second : heard.third;
      const text = nowMs < heard.secondFromMs ? 'Nova, set a timer for ten minutes.' : later;
      yield { kind: 'final', transcript: { text } };
    },
  };
  const pipeline = chained({ chat, synthesizer });
  const parts = {
    chat,
    pipeline,
    synthesizer,
    transcriber,
    tools: [...(more ? [more(clock)] : []), ...tools],
  };
  const fixture = openSessionFixture(parts, [adam], clock);
  await fixture.sessions.join(lounge, 'adam');
  await fixture.privacy.allow('g', 'adam');
  if (setup.waits) await fixture.personas.save('g', lounge.channelId, { name: 'Max' });
  await pass(fixture, 4_000);
  return { fixture, asked, heard };
}

type OpenEffects = Awaited<ReturnType<typeof open>>;

/** Adam asks for a timer aloud, and after `pauseMs` he makes a sound that is recognised as `second`. */
async function goesOn({ fixture, heard }: OpenEffects, pauseMs: number, second: string) {
  const clip = 'synth-flite-slt-what-time-is-it';
  const first = await words(clip, adam, fixture.clock.nowMs());
  const lastMs = Math.max(...first.map(({ atMs }) => atMs));
  Object.assign(heard, { second, secondFromMs: lastMs + pauseMs });
  const rest = await words(clip, adam, lastMs + pauseMs);
  await pass(fixture, 16_000, [...first, ...(second === '' ? rest.slice(0, 40) : rest)]);
}

async function lostOnce(fixture: SessionFixture, isNow: () => boolean): Promise<void> {
  void fixture.talk.ask('g', 'Set a timer for ten minutes.', adam, 'voice');
  for (let n = 0; n < 500 && !isNow(); n++) await pass(fixture, 20);
  fixture.linkOpener.link.lose(new BotError('link.lost', true, 'Gone.'));
  await pass(fixture, 12_000);
}

const timersOf = ({ consents }: SessionFixture) => consents.reminders.list('g', 'adam');
const endsIn = (fixture: SessionFixture) => fixture.of('tool').map(({ how }) => how);
const finishes = (fixture: SessionFixture) => fixture.of('answered').map(({ finish }) => finish);

const reminder: Mind = (said) =>
  /timer/.test(said)
    ? { when: 'in ten minutes', text: /pasta/.test(said) ? 'the pasta' : 'it' }
    : undefined;

const buttonIn = ({ offered }: SessionFixture): string => offered.at(-1)?.split(':')[1] ?? '';

/** A tool that takes so long, and how often it began, ended and was stopped. */
function slow(tookMs: number, fails = false) {
  const seen = { began: 0, ended: 0, stopped: 0 };
  const send = (clock: VirtualClock) =>
    tool({
      name: 'send',
      description: 'Sends.',
      schema: z.strictObject({}),
      right: 'anyone',
      effect: 'change',
      async run(_call, _ports, signal) {
        seen.began++;
        await clock.sleep(tookMs, signal).catch((error: unknown) => {
          seen.stopped++;
          throw error;
        });
        if (fails) throw new BotError('tool.refused', false, 'It broke.');
        seen.ended++;
        return { facts: { outcome: 'it is sent' } };
      },
    });
  return { seen, send };
}

test('a timer that was set before the voice link was lost is not set again by the answer after it', async () => {
  const { fixture } = await open({ firstMs: 2_000 });
  await lostOnce(fixture, () => endsIn(fixture).length > 0);
  expect(await timersOf(fixture)).toHaveLength(1);
  expect(endsIn(fixture).filter((how) => how === 'ran')).toHaveLength(1);
  expect(finishes(fixture)).toEqual(['completed']);
});

test('a timer that its asker goes on talking about is one timer', async () => {
  const setup = await open({ firstMs: 500, thinkMs: 700 });
  await goesOn(setup, 500, 'For the pasta.');
  const { fixture } = setup;
  expect(fixture.of('recognised').map(({ text }) => text)).toContain('For the pasta.');
  expect(await timersOf(fixture)).toHaveLength(1);
  expect(finishes(fixture)).toEqual(['completed']);
});

test('a cough before the first sound of an answer does not set its timer again', async () => {
  const setup = await open({ firstMs: 900, thinkMs: 200 });
  await goesOn(setup, 400, '');
  expect(await timersOf(setup.fixture)).toHaveLength(1);
  expect(finishes(setup.fixture)).toEqual(['completed']);
});

test('the model of an answer that is begun anew is shown the call before and its result', async () => {
  const { fixture, asked } = await open({ firstMs: 2_000 });
  await lostOnce(fixture, () => endsIn(fixture).length > 0);
  const shown = asked.find(isDone) ?? [];
  expect(shown.slice(-3)).toMatchObject([
    { role: 'user', content: 'Set a timer for ten minutes.' },
    { role: 'assistant', calls: [{ name: 'set_reminder' }] },
    { role: 'tool', callId: 'call_1', content: expect.stringContaining('"number":1') },
  ]);
});

/** Asks for other arguments once more was said. */
const fuller: Mind = (said) => {
  if (!/timer/.test(said)) return undefined;
  return { when: 'in ten minutes', ...(/pasta/.test(said) && { text: 'the pasta' }) };
};

test('a call with other arguments for a question that has grown waits for a button, and is one timer more if that is pressed', async () => {
  const setup = await open({ firstMs: 500, thinkMs: 700, mind: fuller });
  await goesOn(setup, 500, 'For the pasta.');
  const { fixture } = setup;
  expect(endsIn(fixture)).toEqual(['ran', 'asked']);
  expect(await timersOf(fixture)).toHaveLength(1);
  const press = () => fixture.confirmations.confirm('g', buttonIn(fixture), 'adam');
  expect(await press()).toMatchObject({ kind: 'done' });
  expect(await press()).toEqual({ kind: 'over' });
  expect(await timersOf(fixture)).toHaveLength(2);
});

test('a question that grows twice waits for a button each time that its call changes', async () => {
  const mind: Mind = (said) =>
    /rice/.test(said) ? { when: 'in ten minutes', text: 'all' } : fuller(said, []);
  const { fixture, heard } = await open({ firstMs: 500, thinkMs: 700, mind });
  const clip = 'synth-flite-slt-what-time-is-it';
  const end = (all: readonly { atMs: number }[]) => Math.max(...all.map(({ atMs }) => atMs));
  const first = await words(clip, adam, fixture.clock.nowMs());
  const second = await words(clip, adam, end(first) + 500);
  const third = await words(clip, adam, end(second) + 500);
  Object.assign(heard, { second: 'For the pasta.', secondFromMs: end(first) + 500 });
  Object.assign(heard, { third: 'And for the rice.', thirdFromMs: end(second) + 500 });
  await pass(fixture, 24_000, [...first, ...second, ...third]);
  expect(endsIn(fixture)).toEqual(['ran', 'asked', 'asked']);
  expect(await timersOf(fixture)).toHaveLength(1);
});

test('a button that was asked for before the link was lost is not asked for again, and works once', async () => {
  const { fixture, asked } = await open({ firstMs: 2_000, mind: reminder, waits: true });
  await lostOnce(fixture, () => endsIn(fixture).length > 0);
  expect(fixture.offered).toHaveLength(1);
  expect(endsIn(fixture)).toEqual(['asked', 'known']);
  expect(asked.at(-1)?.at(-1)?.content).toContain('has to press Show and Confirm');
  const press = () => fixture.confirmations.confirm('g', buttonIn(fixture), 'adam');
  expect(await Promise.all([press(), press()])).toMatchObject([{ kind: 'done' }, { kind: 'over' }]);
  expect(await timersOf(fixture)).toHaveLength(1);
});

test('a button that is pressed before the answer is begun anew has done its work', async () => {
  const { fixture, asked } = await open({ firstMs: 2_000, mind: reminder, waits: true });
  let pressing: Promise<unknown> | undefined;
  await lostOnce(fixture, () => {
    if (endsIn(fixture).length === 0) return false;
    pressing ??= fixture.confirmations.confirm('g', buttonIn(fixture), 'adam');
    return true;
  });
  expect(await pressing).toMatchObject({ kind: 'done' });
  expect(fixture.offered).toHaveLength(1);
  expect(await timersOf(fixture)).toHaveLength(1);
  expect(asked.at(-1)?.at(-1)?.content).toContain('"number":1');
});

test('a button of a question that has grown gives way to what is asked for in the end', async () => {
  const setup = await open({ firstMs: 500, thinkMs: 700, mind: reminder, waits: true });
  await goesOn(setup, 500, 'For the pasta.');
  const { fixture } = setup;
  const [first = '', second = ''] = fixture.offered.map((press) => press.split(':')[1]);
  expect(await fixture.confirmations.confirm('g', first, 'adam')).toEqual({ kind: 'over' });
  expect(await fixture.confirmations.confirm('g', second, 'adam')).toMatchObject({ kind: 'done' });
  expect(await timersOf(fixture)).toMatchObject([{ text: 'the pasta' }]);
});

test('a tool that still runs when the link is lost runs on, and the answer after it waits for its result', async () => {
  const { seen, send } = slow(3_000);
  const { fixture, asked } = await open({ called: 'send', mind: () => ({}), more: send });
  await lostOnce(fixture, () => seen.began > 0);
  expect(seen).toMatchObject({ began: 1, ended: 1, stopped: 0 });
  expect(asked.at(-1)?.at(-1)?.content).toContain('it is sent');
  expect(endsIn(fixture)).toEqual(['ran', 'known']);
});

test('a tool that failed is not tried again, for nobody knows whether it happened', async () => {
  const { seen, send } = slow(200, true);
  const { fixture, asked } = await open({
    ...{ called: 'send', firstMs: 2_000 },
    ...{ mind: () => ({}), more: send },
  });
  await lostOnce(fixture, () => endsIn(fixture).length > 0);
  expect(seen.began).toBe(1);
  expect(asked.at(-1)?.at(-1)?.content).toContain('It may have happened all the same');
});

test('what was done for somebody who takes back their words is known no more', async () => {
  const { fixture } = await open();
  void fixture.talk.ask('g', 'Set a timer for ten minutes.', adam, 'voice');
  await pass(fixture, 4_000);
  const effects = fixture.sessions.session('g')?.context.tools.effects;
  const said = { speakerId: 'adam', name: 'Adam', fromMs: 4_000, toMs: 4_000 };
  const asked = [{ ...said, transcript: async () => ({ text: '' }) }];
  expect(effects?.madeFor(asked)).toHaveLength(1);
  await fixture.privacy.forget('g', 'adam');
  expect(effects?.madeFor(asked)).toEqual([]);
});

test('the same words, said again after the answer, are another timer', async () => {
  const { fixture } = await open();
  for (const _ of [1, 2]) {
    void fixture.talk.ask('g', 'Set a timer for ten minutes.', adam, 'voice');
    await pass(fixture, 4_000);
  }
  expect(await timersOf(fixture)).toHaveLength(2);
});

test('after the session a button does nothing: it is asked for anew', async () => {
  const { fixture } = await open({ mind: reminder, waits: true });
  void fixture.talk.ask('g', 'Set a timer for ten minutes.', adam, 'voice');
  await pass(fixture, 4_000);
  await fixture.sessions.leave('g');
  await fixture.sessions.join(lounge, 'adam');
  await pass(fixture, 1_000);
  expect(await fixture.confirmations.confirm('g', buttonIn(fixture), 'adam')).toEqual({
    kind: 'over',
  });
  expect(await timersOf(fixture)).toEqual([]);
});
