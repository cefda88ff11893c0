import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import {
  keptBytes,
  Sayings,
  transcriptFor,
  turnOn,
  untilShown,
} from '#test/scenarios/setup/captioning.ts';
import {
  eventually,
  madeTexts,
  openScenario,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

scenario(
  'a bot that is called for captions writes and never answers, and keeps nothing where a server wants that',
  async () => {
    const sayings = new Sayings(['Nova what is a quagga']);
    await using setup = await openScenario({ providers: sayings.providers });
    await commandReply(setup.sandbox.person('Olga'), 'settings set', {
      key: 'captions_days',
      value: '0',
    });
    const adam = await seat(setup, 'Adam');
    await commandReply(adam, 'join', { mode: 'captions' });
    await adam.settled(soon());
    const unkept = text('captions.kept.not');
    await eventually(() =>
      expect(setup.sandbox.messages('Lounge').some((one) => one.text.includes(unkept))).toBe(true),
    );
    await turnOn(adam);
    await sayings.say(adam, 'Nova what is a quagga');
    await untilShown(setup, '**Adam** Nova what is a quagga');
    await eventually(async () =>
      expect(await transcriptFor(setup, adam, 'txt')).toContain('Nova what is a quagga'),
    );
    await commandReply(adam, 'leave');
    expect(setup.providers.requests.filter(({ endpoint }) => endpoint === 'chat')).toEqual([]);
    expect(madeTexts(setup)).toEqual([text('captions.on')]);
    expect(await keptBytes(setup)).not.toContain('quagga');
  },
);
