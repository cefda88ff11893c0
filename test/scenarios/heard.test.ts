import { expect } from 'vitest';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import { text } from '#src/texts/texts.ts';
import { speech } from '#test/audio/speech.ts';
import {
  eventually,
  openOwnScenario,
  type ScenarioSetup,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

/** Adam, with the bot whose panel he called into the chat of the voice channel. */
async function joined(setup: ScenarioSetup) {
  const adam = await seat(setup, 'Adam');
  const panel = await adam.command('join', {}, 'Lounge').answered(soon());
  await adam.settled(soon());
  return { adam, panel };
}

function shown({ sandbox }: ScenarioSetup, { id }: ShownMessage): string {
  return sandbox.message(id)?.text ?? '';
}

const understood = (words: string) => text('panel.heard', { name: 'Adam', words });

scenario('the words are off the panel when the process has ended', async () => {
  const hears = () => 'what is a quaggafox';
  const replies = [{ match: '', text: 'An animal.' }];
  await using setup = await openOwnScenario({ providers: { hears, replies } });
  const { adam, panel } = await joined(setup);
  await adam.say(speech('human-goforward'), soon());
  await eventually(() => expect(shown(setup, panel)).toContain(understood('what is a quaggafox')));
  expect(await setup.bot.stop()).toBe(0);
  expect(shown(setup, panel)).not.toContain('quaggafox');
});
