import { expect } from 'vitest';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  converse,
  eventually,
  openScenario,
  pass,
  type ScenarioSetup,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const question = speech('human-cards-004');
const replies = [{ match: /^/, text: 'Yes, of course.' }];
const stepMs = 40_000;

async function expectConversation(setup: ScenarioSetup, person: SandboxPerson): Promise<void> {
  await person.settled(soon());
  const { uttered, heard, made } = await converse(setup, person, question);
  await expectAlike(uttered, question);
  await expectAlike(heard.pcm, made);
}

/** Everything the bot wrote in Lounge of its own accord. */
function notices({ sandbox }: ScenarioSetup): readonly string[] {
  return sandbox.messages('Lounge').map(wordsOf);
}

function wordsOf({ text: words }: ShownMessage): string {
  return words;
}

scenario('a gateway session that is over interrupts a call, which then goes on', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const adam = await callIn(setup, 'Adam');
  setup.sandbox.faults.endSessions();
  await eventually(() => expect(setup.sandbox.bot().channel).toBeUndefined());
  await setup.bot.logged(({ code }) => code === 'link.lost', stepMs);
  await setup.bot.logged(({ msg }) => msg === 'joined', stepMs);
  await expectConversation(setup, adam);
});

scenario('a voice server that is away for a while is found again', async () => {
  await using setup = await openScenario({ providers: { replies } });
  const adam = await callIn(setup, 'Adam');
  const { botId, faults } = setup.sandbox;
  faults.voice.connections('refuse');
  faults.voice.close(botId, 1006);
  await setup.bot.logged(({ code }) => code === 'link.lost', stepMs);
  faults.voice.connections('open');
  await setup.bot.logged(({ msg }) => msg === 'joined', stepMs);
  await expectConversation(setup, adam);
});

scenario(
  'a bot that hears nothing of somebody shown as speaking joins again by itself',
  async () => {
    await using setup = await openScenario({ providers: { replies } });
    const adam = await callIn(setup, 'Adam');
    await pass(3_000); // who speaks as the bot comes is told of in any case
    setup.sandbox.faults.voice.network(adam.id, { up: { dead: true } });
    await adam.say(question, soon());
    await setup.bot.logged(({ code }) => code === 'link.lost', stepMs);
    setup.sandbox.faults.voice.heal(adam.id);
    await setup.bot.logged(({ msg }) => msg === 'joined', stepMs);
    await expectConversation(setup, adam);
    expect(notices(setup)).not.toContain(text('link.down'));
  },
);
