import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { commandReply, pressed } from '#test/scenarios/setup/asking.ts';
import {
  captioned,
  keptBytes,
  linesIn,
  Sayings,
  transcriptFor,
  turnOn,
  untilShown,
} from '#test/scenarios/setup/captioning.ts';
import {
  call,
  callIn,
  eventually,
  openOwnScenario,
  openScenario,
  type ScenarioSetup,
  scenario,
} from '#test/scenarios/setup/scenario-setup.ts';

const replies = [{ match: /^/, text: 'Yes.' }];

function written({ sandbox }: ScenarioSetup, sentence: string): number {
  return sandbox.messages('Lounge').filter((message) => message.text.includes(sentence)).length;
}

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

scenario(
  'a message that takes no edit any more is followed by the line with its time',
  async () => {
    const sayings = new Sayings(['bread and wine', 'cups from the cellar']);
    await using setup = await openOwnScenario({
      providers: { ...sayings.providers, replies },
      sandbox: { oldEditsPerHour: 0 },
    });
    const [adam] = await captioned(setup, ['Ben']);
    await sayings.say(adam, 'bread and wine');
    await eventually(() => expect(linesIn(setup).at(-1)).toBe('**Adam** bread and wine'));
    setup.sandbox.guild().ageMessages('Lounge', 2 * 3_600_000);
    await sayings.say(adam, 'cups from the cellar');
    await eventually(() =>
      expect(linesIn(setup).at(-1)).toMatch(/^\*\*Adam\*\* <t:\d+:T> cups from the cellar$/),
    );
    expect(linesIn(setup).filter((line) => line.includes('cups'))).toHaveLength(1);
    expect(setup.sandbox.requests().filter(({ status }) => status >= 400).length).toBeLessThan(4);
  },
);

scenario(
  'captions go to a thread where a server wants that, and what happens to it is told once',
  async () => {
    const sayings = new Sayings([
      'bread and wine',
      'cups from the cellar',
      'here again',
      'the last words',
      'back to you',
    ]);
    await using setup = await openScenario({ providers: { ...sayings.providers, replies } });
    const { sandbox } = setup;
    const adam = await callIn(setup, 'Adam');
    const home = sandbox.guild().channelId('general');
    const set = { key: 'captions_channel', value: home };
    await commandReply(sandbox.person('Olga'), 'settings set', set);
    const on = await turnOn(adam);
    const [, thread = ''] = /channels\/\d+\/(\d+)/.exec(on.text) ?? [];
    expect(sandbox.nameOf(thread)).toMatch(/^Captions of Lounge, \d{4}-\d\d-\d\d$/);
    await sayings.say(adam, 'bread and wine');
    await untilShown(setup, '**Adam** bread and wine', thread);
    expect(linesIn(setup)).toEqual([]);
    // A session that is resumed goes on in its thread, and nobody is told a second time.
    await commandReply(adam, 'leave');
    await call(setup, adam);
    await sayings.say(adam, 'back to you');
    const both = ['**Adam** bread and wine', '**Adam** back to you'];
    const adams = () => linesIn(setup, thread).filter((line) => line.startsWith('**Adam**'));
    await eventually(() => expect(adams()).toEqual(both));
    const inThread = sandbox.messages(thread).map((message) => message.text);
    const notice = text('captions.notice', { days: 7 });
    expect(inThread.filter((one) => one.includes(notice))).toHaveLength(1);
    sandbox.guild().removeChannel(thread);
    await sayings.say(adam, 'cups from the cellar');
    await eventually(() => expect(written(setup, text('captions.place.gone'))).toBe(1));
    const earlier = ['bread and wine', 'back to you', 'cups from the cellar'];
    const wordsOf = async () => {
      const { lines } = JSON.parse(await transcriptFor(setup, adam, 'json'));
      return lines.map((line: { text: string }) => line.text);
    };
    await eventually(async () => expect(await wordsOf()).toEqual(expect.arrayContaining(earlier)));
    const again = await turnOn(adam);
    const [, other = ''] = /channels\/\d+\/(\d+)/.exec(again.text) ?? [];
    await sayings.say(adam, 'here again');
    await untilShown(setup, '**Adam** here again', other);
    sandbox.guild().permit('general', 'Nova', { deny: ['viewChannel', 'sendInThreads'] });
    await sayings.say(adam, 'the last words');
    await setup.bot.logged(
      ({ msg }) =>
        msg?.includes('may no longer write in the channel or thread for captions') === true,
      20_000,
    );
    // Another place is another session, so that nobody who may open it learns what was written elsewhere.
    await eventually(async () =>
      expect(await wordsOf()).toEqual(expect.arrayContaining(['here again', 'the last words'])),
    );
    const known = await wordsOf();
    expect(earlier.filter((words) => known.includes(words))).toEqual([]);
    expect(written(setup, text('captions.place.gone'))).toBe(1);
  },
);
