import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { commandReply, pressed } from '#test/scenarios/setup/asking.ts';
import {
  captioned,
  keptBytes,
  linesIn,
  Sayings,
  transcriptFor,
  untilShown,
} from '#test/scenarios/setup/captioning.ts';
import {
  eventually,
  openOwnScenario,
  scenario,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const said = ['quagga at eight', 'bread and wine', 'a sentence cut off', 'here again'] as const;

scenario(
  'a killed bot goes on with the same transcript, and still forgets what it wrote before',
  async () => {
    const sayings = new Sayings(said);
    await using setup = await openOwnScenario({ providers: sayings.providers });
    const [adam, ben] = await captioned(setup, ['Ben']);
    if (!ben) throw new Error('Nobody came.');
    await sayings.say(adam, 'bread and wine');
    await untilShown(setup, '**Adam** bread and wine');
    await sayings.say(ben, 'quagga at eight');
    await untilShown(setup, '**Ben** quagga at eight');
    await eventually(async () => expect(await keptBytes(setup)).toContain('quagga at eight'));
    const speaking = sayings.say(adam, 'a sentence cut off').catch(() => undefined);
    await eventually(() => expect(linesIn(setup).at(-1)).toMatch(/^\*\*Adam\*\*.*…$/));
    await setup.bot.kill();
    await setup.restart();
    await speaking;
    // What was being said is kept nowhere, so that it is not shown either.
    const left = ['**Adam** bread and wine', '**Ben** quagga at eight'];
    await eventually(() => expect(linesIn(setup)).toEqual(left));
    await adam.settled(soon());
    await sayings.say(adam, 'here again');
    await untilShown(setup, '**Adam** here again');
    const all = ['bread and wine', 'quagga at eight', 'here again'];
    await eventually(async () => {
      const { lines } = JSON.parse(await transcriptFor(setup, adam, 'json'));
      expect(lines.map((line: { text: string }) => line.text)).toEqual(all);
    });
    const card = await commandReply(ben, 'privacy forget');
    expect(card.text).toBe(text('privacy.forget.ask', { n: 1, m: 0 }));
    const done = await pressed(ben, card, 'forget.confirm');
    expect(done.text).toContain(text('privacy.forget.copies'));
    await eventually(() => expect(linesIn(setup).join()).not.toContain('quagga'));
    expect(linesIn(setup)).toEqual(['**Adam** bread and wine', '**Adam** here again']);
    const kept = await keptBytes(setup);
    expect(kept).not.toContain('quagga');
    expect(kept).toContain('bread and wine');
  },
);
