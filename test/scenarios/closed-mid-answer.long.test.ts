import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { speech } from '#test/audio/speech.ts';
import {
  callIn,
  converse,
  eventually,
  openScenario,
  type ScenarioSetup,
  scenario,
  shownMessages,
  soon,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-004');
const story = [
  'Once upon a time there was a small house.',
  'It stood beside a river that ran down to the sea and its windows were blue.',
  'Nobody knew who had built it.',
];
const storyMs = durationMs(story);
const frameMs = 20;

type ClosedCall = AsyncDisposable & {
  readonly setup: ScenarioSetup;
  readonly adam: SandboxPerson;
  /** Arrivals of the frames that Adam has heard since he asked. */
  heardAtMs(): readonly number[];
};

/** Adam has heard 4 s of the story when his call is closed with 4006, and hears the bot again. */
async function closeMidAnswer(): Promise<ClosedCall> {
  await using stack = new AsyncDisposableStack();
  const providers = { replies: [{ match: /^/, text: story.join(' ') }] };
  const setup = stack.use(await openScenario({ providers }));
  const { voiceRequests, sandbox } = setup;
  const { botId, guildId } = sandbox;
  const adam = await callIn(setup, 'Adam');
  const { firstPacketAtMs: sinceMs } = await adam.say(question, soon());
  const heardAtMs = () =>
    adam.heard.frames
      .filter(({ atMs, audible }) => audible && atMs >= sinceMs)
      .map(({ atMs }) => atMs);
  await eventually(() => expect(heardAtMs().length * frameMs).toBeGreaterThan(4_000));
  voiceRequests.close(guildId, botId, 4006);
  setup.providers.set({ replies: [{ match: /^/, text: 'Yes, of course.' }] });
  await eventually(() => expect(voiceRequests.seatings(guildId, botId)).toBe(2));
  const before = heardAtMs().length;
  await eventually(() => expect(heardAtMs().length).toBeGreaterThan(before + 10));
  const all = stack.move();
  return { setup, adam, heardAtMs, [Symbol.asyncDispose]: () => all.disposeAsync() };
}

/** Duration of the mock speech server's sound for `texts`. */
function durationMs(texts: readonly string[]): number {
  const { samples, rateHz } = toneOf(texts);
  return (samples.length / rateHz) * 1_000;
}

/** The longest pause between two frames, in ms. */
function longestGapMs(atMs: readonly number[]): number {
  return Math.max(...atMs.slice(1).map((each, n) => each - (atMs[n] ?? each)));
}

/** The bot's former answer, as the model was shown it with the newest question. */
function rememberedAnswer(setup: ScenarioSetup): string {
  const [answer = '', ...more] = shownMessages(setup)
    .filter(({ role }) => role === 'assistant')
    .map(({ content }) => content);
  expect(more).toEqual([]);
  return answer;
}

scenario('an answer in which a call is closed goes on where it was within 4 s', async () => {
  await using call = await closeMidAnswer();
  const { setup, adam, heardAtMs } = call;
  await adam.listen({ quietMs: 1_000, timeoutMs: 20_000 }, soon());
  expect(longestGapMs(heardAtMs())).toBeLessThan(4_000);
  const heardMs = heardAtMs().length * frameMs;
  expect(heardMs).toBeGreaterThan(storyMs - 500);
  expect(heardMs).toBeLessThan(storyMs + 500);
  await converse(setup, adam, question);
  expect(rememberedAnswer(setup)).toBe(story.join(' '));
});
