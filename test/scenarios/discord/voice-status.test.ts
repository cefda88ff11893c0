import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { told } from '#test/scenarios/setup/asking.ts';
import {
  callIn,
  eventually,
  openScenario,
  type ScenarioSetup,
  scenario,
  seat,
} from '#test/scenarios/setup/scenario-setup.ts';

/** What stands under a voice channel. */
const under = ({ sandbox }: ScenarioSetup, channel = 'Lounge') =>
  sandbox.guild().voiceStatus(channel);

scenario('the voice channel shows the state of the panel until the bot has left', async () => {
  await using setup = await openScenario();
  setup.sandbox.guild().setLocale('de');
  const adam = await callIn(setup, 'Adam');
  await eventually(() => expect(under(setup)).toBe(text('panel.listening', {}, 'de')));
  await told(adam, 'leave');
  await eventually(() => expect(under(setup)).toBe(''));
});

scenario('a bot that is ended in order leaves no status behind', async () => {
  await using setup = await openScenario();
  await callIn(setup, 'Adam');
  await eventually(() => expect(under(setup)).toBe(text('panel.listening')));
  await setup.bot.stop();
  expect(under(setup)).toBe('');
});

scenario(
  'what a person has written under a voice channel stays, and the bot need not write',
  async () => {
    await using setup = await openScenario();
    const { sandbox } = setup;
    sandbox.guild().setVoiceStatus('Lounge', 'Film night');
    const adam = await seat(setup, 'Adam');
    const panel = await told(adam, 'join');
    await adam.settled(AbortSignal.timeout(10_000));
    await told(adam, 'privacy pause');
    await eventually(() => {
      expect(sandbox.message(panel.id)?.text).toContain(text('panel.paused'));
    });
    await told(adam, 'leave');
    expect(under(setup)).toBe('Film night');
    const puts = sandbox.requests().filter(({ path }) => path.endsWith('/voice-status'));
    expect(puts).toEqual([]);
  },
);
