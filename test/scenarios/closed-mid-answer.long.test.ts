import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { speech } from '#test/audio/speech.ts';
import type { MockSettings } from '#test/fakes/providers/mock-settings.ts';
import {
  callIn,
  converse,
  eventually,
  madeTexts,
  openScenario,
  type ScenarioSetup,
  scenario,
  shownMessages,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-004');
const story = [
  'Once upon a time there was a small house.',
  'It stood beside a river that ran down to the sea and its windows were blue.',
  'Nobody knew who had built it.',
].join(' ');
const replies = (text: string): MockSettings['replies'] => [{ match: /^/, text }];
const frameMs = 20;

/** Closes the call as Discord does where a voice session is unknown, and resolves when the bot has a new one. */
async function closeCall({ voiceRequests, sandbox }: ScenarioSetup): Promise<void> {
  const { botId, guildId } = sandbox;
  const before = voiceRequests.seatings(guildId, botId);
  voiceRequests.close(guildId, botId, 4006);
  await eventually(() => expect(voiceRequests.seatings(guildId, botId)).toBe(before + 1));
}

function audibleFrames({ heard }: SandboxPerson, sinceMs: number): number {
  return heard.frames.filter(({ atMs, audible }) => audible && atMs >= sinceMs).length;
}

scenario('of an answer in which a call is closed the model knows what was heard', async () => {
  await using setup = await openScenario({ providers: { replies: replies(story) } });
  const adam = await callIn(setup, 'Adam');
  const { firstPacketAtMs } = await adam.say(question, soon());
  await eventually(() =>
    expect(audibleFrames(adam, firstPacketAtMs) * frameMs).toBeGreaterThan(4_000),
  );
  await closeCall(setup);
  setup.providers.set({ replies: replies('Yes, of course.') });
  await converse(setup, adam, question);
  const answers = shownMessages(setup).filter(({ role }) => role === 'assistant');
  const heard = answers.map(({ content }) => content);
  expect(heard).toEqual([expect.stringMatching(/^Once upon a time there was a small house\./)]);
  expect(heard).not.toEqual([story]);
});

scenario(
  'an answer that was not heard when a call is closed is given in the next one',
  async () => {
    const providers = { replies: replies('Yes, of course.'), trouble: { chat: 'silent' } } as const;
    await using setup = await openScenario({ providers });
    const adam = await callIn(setup, 'Adam');
    await adam.say(question, soon());
    await eventually(() => expect(setup.providers.requests.at(-1)?.endpoint).toBe('chat'));
    setup.providers.set({ trouble: {} });
    const sinceMs = performance.now();
    await closeCall(setup);
    await eventually(() => expect(madeTexts(setup)).toEqual(['Yes, of course.']));
    await eventually(() => expect(audibleFrames(adam, sinceMs)).toBeGreaterThan(10));
  },
);
