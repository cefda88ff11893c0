import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'vitest';
import { text } from '#src/texts/texts.ts';
import { commandReply } from '#test/scenarios/setup/asking.ts';
import {
  captioned,
  keptBytes,
  Sayings,
  transcriptFor,
  turnOn,
  untilShown,
} from '#test/scenarios/setup/captioning.ts';
import {
  eventually,
  madeTexts,
  openOwnScenario,
  openScenario,
  returned,
  type ScenarioSetup,
  scenario,
  seat,
  soon,
} from '#test/scenarios/setup/scenario-setup.ts';
import { heldByAnother } from '#test/storage/files.ts';

function written({ sandbox }: ScenarioSetup, sentence: string): number {
  return sandbox.messages('Lounge').filter((message) => message.text === sentence).length;
}

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
    const unkept = text('captions.notice.unkept');
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
    expect(madeTexts(setup)).toEqual([text('captions.spoken')]);
    expect(await keptBytes(setup)).not.toContain('quagga');
  },
);

scenario(
  'captions go on live where the store takes nothing, and people are told once',
  async () => {
    const sayings = new Sayings([
      'bread and wine',
      'cups from the cellar',
      'here again',
      'the last words',
    ]);
    await using setup = await openOwnScenario({ providers: sayings.providers });
    const [adam] = await captioned(setup, ['Ben']);
    const store = join(setup.dataDir, 'transcripts.db');
    {
      using _held = heldByAnother(store);
      await sayings.say(adam, 'bread and wine');
      await untilShown(setup, '**Adam** bread and wine');
      await eventually(() => expect(written(setup, text('captions.unsaved'))).toBe(1));
      await sayings.say(adam, 'cups from the cellar');
      await untilShown(setup, '**Adam** cups from the cellar');
    }
    await eventually(async () =>
      expect(await transcriptFor(setup, adam, 'txt')).toMatch(
        /bread and wine[\s\S]*cups from the cellar/,
      ),
    );
    expect(written(setup, text('captions.unsaved'))).toBe(1);
    await setup.bot.stop();
    await Promise.all(['-wal', '-shm'].map((end) => rm(`${store}${end}`, { force: true })));
    await writeFile(store, 'This is no database. '.repeat(1_000));
    await setup.restart();
    await returned(setup, adam);
    await turnOn(adam);
    await sayings.say(adam, 'here again');
    await untilShown(setup, '**Adam** here again');
    await sayings.say(adam, 'the last words');
    await untilShown(setup, '**Adam** the last words');
    await eventually(() => expect(written(setup, text('captions.unsaved'))).toBe(2));
    expect((await commandReply(adam, 'captions transcript')).text).toBe(text('transcript.unread'));
  },
);
