import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import { keptBytes, Sayings, turnOn, untilShown } from '#test/scenarios/setup/captioning.ts';
import {
  callIn,
  eventually,
  openScenario,
  recognised,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';

const translations = [{ match: /<lines>/, text: '[1] Brot und Wein' }];
const replies = [...translations, { match: /^/, text: 'Yes.' }];

scenario(
  'a deaf person reads that somebody unheard speaks, what sounds, and all of it in their language in a thread',
  async () => {
    const sayings = new Sayings(['bread and wine', 'never to be written']);
    await using setup = await openScenario({ providers: { ...sayings.providers, replies } });
    const { sandbox } = setup;
    const [ben, cleo] = [await seat(setup, 'Ben'), await seat(setup, 'Cleo')];
    const adam = await callIn(setup, 'Adam');
    const home = sandbox.guild().channelId('general');
    const ask = () => commandReply(ben, 'captions thread', { language: 'German' });
    expect((await ask()).text).toBe(text('captions.own.off'));
    const set = { key: 'captions_channel', value: home };
    await commandReply(sandbox.person('Olga'), 'settings set', set);
    const on = await turnOn(adam);
    const [, captions = ''] = /channels\/\d+\/(\d+)/.exec(on.text) ?? [];
    const own = await ask();
    const [, thread = ''] = /channels\/\d+\/(\d+)/.exec(own.text) ?? [];
    expect([own.ephemeral, sandbox.nameOf(thread)]).toEqual([true, 'Captions in German']);
    expect(thread).not.toBe(captions);
    const holds = (channel: string, words: string) =>
      eventually(() =>
        expect(
          sandbox
            .messages(channel)
            .map((one) => one.text)
            .join('\n'),
        ).toContain(words),
      );
    await cleo.settled(soon());
    await cleo.say(sayings.sound('never to be written'), soon());
    await holds(captions, `*${text('captions.remark.unwritten')}*`);
    await holds(thread, `*${text('captions.remark.unwritten', {}, 'de')}*`);
    await commandReply(adam, 'track play', { sound: 'rain' });
    await holds(captions, 'rain\\]*');
    await holds(thread, 'rain\\]*');
    await commandReply(adam, 'track stop');
    await sayings.say(adam, 'bread and wine');
    await untilShown(setup, '**Adam** bread and wine', captions);
    await untilShown(setup, '**Adam** Brot und Wein', thread);
    expect(recognised(setup)).not.toContain('Cleo');
    const kept = await keptBytes(setup);
    const absent = ['never to be written', text('captions.remark.unwritten'), 'Brot und Wein'];
    expect(absent.filter((words) => kept.includes(words))).toEqual([]);
    await commandReply(adam, 'privacy deny');
    await eventually(() =>
      expect(
        sandbox
          .messages(thread)
          .map((one) => one.text)
          .join(),
      ).not.toContain('Brot'),
    );
    expect((await commandReply(ben, 'captions thread', { language: 'off' })).text).toBe(
      text('captions.own.ended'),
    );
  },
);
