import { expect } from 'vitest';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import { keptBytes, Sayings, untilShown } from '#test/scenarios/setup/captioning.ts';
import {
  callIn,
  eventually,
  openScenario,
  scenario,
} from '#test/scenarios/setup/scenario-setup.ts';

const translations = [{ match: /<lines>/, text: '[1] Brot und Wein' }];
const replies = [...translations, { match: /^/, text: 'Yes.' }];

scenario(
  'a thread of captions names what sounds, has a translation below its line, and neither is kept',
  async () => {
    const sayings = new Sayings(['bread and wine']);
    await using setup = await openScenario({ providers: { ...sayings.providers, replies } });
    const { sandbox } = setup;
    const adam = await callIn(setup, 'Adam');
    const set = { key: 'captions_channel', value: sandbox.guild().channelId('general') };
    await commandReply(sandbox.person('Olga'), 'settings set', set);
    const on = await commandReply(adam, 'captions on', { translate: 'German' });
    const [, captions = ''] = /channels\/\d+\/(\d+)/.exec(on.text) ?? [];
    const holds = (words: string) =>
      eventually(() => {
        const texts = sandbox.messages(captions).map((one) => one.text);
        expect(texts.join('\n')).toContain(words);
      });
    await commandReply(adam, 'track play', { sound: 'rain' });
    await holds('rain\\]*');
    await commandReply(adam, 'track stop');
    await sayings.say(adam, 'bread and wine');
    await untilShown(setup, '**Adam** bread and wine', captions);
    await holds('-# Brot und Wein');
    const kept = await keptBytes(setup);
    expect(['Brot und Wein', 'rain\\]'].filter((words) => kept.includes(words))).toEqual([]);
    await commandReply(adam, 'privacy deny');
    await eventually(() =>
      expect(
        sandbox
          .messages(captions)
          .map((one) => one.text)
          .join(),
      ).not.toContain('Brot'),
    );
  },
);
