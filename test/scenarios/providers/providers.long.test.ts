import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import type { Endpoint, MockSettings } from '#test/fakes/providers/mock-settings.ts';
import type { EndpointTrouble } from '#test/fakes/providers/trouble.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  call,
  callIn,
  converse,
  eventually,
  madeTexts,
  openScenario,
  type ScenarioSetup,
  scenario,
  soon,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-001');
const replies: MockSettings['replies'] = [{ match: /^/, text: 'Yes.' }];

function openTroubled(endpoint: Endpoint, trouble: EndpointTrouble): Promise<ScenarioSetup> {
  return openScenario({ providers: { replies, trouble: { [endpoint]: trouble } } });
}

/** The trouble is over: the very same bot answers as if nothing had been. */
async function expectMended(setup: ScenarioSetup, person: SandboxPerson): Promise<void> {
  setup.providers.set({ trouble: {} });
  const { uttered, heard, made } = await converse(setup, person, question);
  expect(madeTexts(setup).at(-1)).toBe('Yes.');
  await expectAlike(uttered, question);
  await expectAlike(heard.pcm, made);
}

/** Messages of the bot beside the voice channel. */
function written({ sandbox }: ScenarioSetup): string[] {
  return sandbox.messages('Lounge').map((message) => message.text);
}

scenario('when the model answers with a web page, the room hears who is silent', async () => {
  await using setup = await openTroubled('chat', 'html');
  const adam = await callIn(setup, 'Adam');
  const { heard, made } = await converse(setup, adam, question);
  const { host: provider } = new URL(setup.providers.baseUrl);
  const sorry = text('fail.llm', { provider });
  expect(new Set(madeTexts(setup))).toEqual(new Set([sorry]));
  await expectAlike(heard.pcm, made);
  await expectMended(setup, adam);
});

scenario('a bot sent away while the model is silent is called again, and answers', async () => {
  await using setup = await openTroubled('chat', 'silent');
  const adam = await callIn(setup, 'Adam');
  await adam.say(question, soon());
  await eventually(() => expect(setup.providers.requests.at(-1)?.endpoint).toBe('chat'));
  setup.sandbox.faults.disconnectBot();
  await eventually(() => expect(setup.sandbox.bot().channel).toBeUndefined());
  await call(setup, adam);
  await expectMended(setup, adam);
});

scenario('an answer written while the voice is silent is not given again', async () => {
  await using setup = await openTroubled('speech', 'silent');
  const adam = await callIn(setup, 'Adam');
  await adam.say(question, soon());
  await eventually(() => expect(written(setup).join()).toContain('Yes.'));
  const next = [{ match: /^/, text: 'No.' }];
  setup.providers.set({ trouble: {}, replies: next });
  const { made } = await converse(setup, adam, question);
  await expectAlike(made, toneOf(['No.']));
});
