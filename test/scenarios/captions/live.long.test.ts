import { expect } from 'vitest';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import { realClock } from '#src/base/clock.ts';
import { text } from '#src/texts/texts.ts';
import { commandReply, pressed, whispered } from '#test/scenarios/setup/asking.ts';
import {
  keptBytes,
  linesIn,
  postedBy,
  promptsOf,
  Sayings,
  turnOn,
  untilShown,
} from '#test/scenarios/setup/captioning.ts';
import {
  callIn,
  eventually,
  openOwnScenario,
  type ScenarioSetup,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

/** A word that is nowhere else, in what must not be written. */
const canaries = ['quagga', 'okapi', 'tapir', 'numbat', 'dugong'] as const;

const said = [
  'quagga before',
  'okapi unasked',
  'tapir left out',
  'numbat while paused',
  'dugong captions off',
  'we meet at eight',
  'I bring the bread',
  'Nova who brings wine',
] as const;

function posted({ sandbox }: ScenarioSetup): readonly ShownMessage[] {
  return sandbox.messages('Lounge');
}

scenario(
  'what people and the bot say is shown by name and in order, of those who agreed',
  async () => {
    const sayings = new Sayings(said);
    const replies = [{ match: 'who brings wine', text: 'Adam brings the wine.' }];
    const providers = { ...sayings.providers, replies };
    await using setup = await openOwnScenario({ providers, sandbox: { rateLimits: 'usual' } });
    const { sandbox } = setup;
    const [ben, cleo, dora] = [
      await seat(setup, 'Ben'),
      await seat(setup, 'Cleo'),
      await seat(setup, 'Dora'),
    ];
    const adam = await callIn(setup, 'Adam');
    for (const one of [ben, dora]) await commandReply(one, 'privacy allow');
    await sayings.say(adam, 'quagga before');
    const atMs = realClock.nowMs();
    await turnOn(adam);
    const [notice] = posted(setup);
    expect(notice?.text).toContain('the words of people I may hear are written here');
    expect(ben.heard.frames.some((frame) => frame.audible && frame.atMs > atMs)).toBe(true);
    if (!notice) throw new Error('Nobody was told.');
    expect(await pressed(dora, notice, 'captions.leave_out')).toMatchObject(
      whispered('captions.left_out'),
    );
    await Promise.all([sayings.say(cleo, 'okapi unasked'), sayings.say(dora, 'tapir left out')]);
    await sayings.say(adam, 'we meet at eight');
    await untilShown(setup, '**Adam** we meet at eight');
    await sayings.say(ben, 'I bring the bread');
    await untilShown(setup, '**Ben** I bring the bread');
    const emil = await seat(setup, 'Emil');
    const notices = () => posted(setup).filter((one) => one.text === notice.text);
    await eventually(() => expect(notices()).toHaveLength(2));
    await sayings.say(adam, 'Nova who brings wine');
    await untilShown(setup, '**Nova** Adam brings the wine.');
    expect(linesIn(setup)).toEqual([
      '**Adam** we meet at eight',
      '**Ben** I bring the bread',
      '**Adam** Nova who brings wine',
      '**Nova** Adam brings the wine.',
    ]);
    const versions = posted(setup).flatMap(({ edits }) => edits.map((edit) => edit.text));
    expect(versions.filter((version) => version.endsWith('…')).length).toBeGreaterThan(0);
    expect(promptsOf(setup)).toContain('Ben: I bring the bread');
    await commandReply(adam, 'privacy pause');
    await sayings.say(ben, 'numbat while paused');
    await commandReply(adam, 'privacy resume');
    expect((await commandReply(adam, 'captions off')).text).toContain(text('captions.off'));
    await sayings.say(ben, 'dugong captions off');
    await emil.settled(soon());
    await commandReply(adam, 'leave');
    const everything = [promptsOf(setup), postedBy(setup), await keptBytes(setup)].join();
    for (const canary of canaries) expect(everything).not.toContain(canary);
    expect(await keptBytes(setup)).toContain('we meet at eight');
    expect(sandbox.requests().filter(({ status }) => status === 429)).toEqual([]);
  },
);
