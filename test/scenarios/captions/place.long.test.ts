import { expect } from 'vitest';
import { commandReply, pressed } from '#test/scenarios/setup/asking.ts';
import {
  captioned,
  keptBytes,
  linesIn,
  Sayings,
  transcriptFor,
  untilShown,
} from '#test/scenarios/setup/captioning.ts';
import { eventually, openScenario, scenario } from '#test/scenarios/setup/scenario-setup.ts';

const replies = [{ match: /^/, text: 'Yes.' }];

scenario(
  'what is deleted, denied or forgotten goes from the chat and from every file',
  async () => {
    const sayings = new Sayings([
      'quagga deleted',
      'okapi denied',
      'tapir forgotten',
      'bread and wine',
    ]);
    await using setup = await openScenario({ providers: { ...sayings.providers, replies } });
    const [adam, ben, cleo] = await captioned(setup, ['Ben', 'Cleo']);
    if (!ben || !cleo) throw new Error('Nobody came.');
    await sayings.say(adam, 'quagga deleted');
    await untilShown(setup, '**Adam** quagga deleted');
    await eventually(async () => expect(await keptBytes(setup)).toContain('quagga'));
    const message = setup.sandbox.messages('Lounge').find((one) => one.text.includes('quagga'));
    if (!message) throw new Error('Nothing was written.');
    setup.sandbox.person('Olga').deleteMessage(message);
    await eventually(async () => expect(await keptBytes(setup)).not.toContain('quagga'));
    await sayings.say(ben, 'okapi denied');
    await untilShown(setup, '**Ben** okapi denied');
    await sayings.say(cleo, 'tapir forgotten');
    await untilShown(setup, '**Cleo** tapir forgotten');
    await sayings.say(adam, 'bread and wine');
    await untilShown(setup, '**Adam** bread and wine');
    await commandReply(ben, 'privacy deny');
    await eventually(() => expect(linesIn(setup).join()).not.toContain('okapi'));
    await pressed(cleo, await commandReply(cleo, 'privacy forget'), 'forget.confirm');
    await eventually(() => expect(linesIn(setup)).toEqual(['**Adam** bread and wine']));
    await eventually(async () => {
      const kept = await keptBytes(setup);
      for (const gone of ['quagga', 'okapi', 'tapir']) expect(kept).not.toContain(gone);
      expect(kept).toContain('bread and wine');
    });
    expect(await transcriptFor(setup, adam, 'txt')).toContain('bread and wine');
  },
);
