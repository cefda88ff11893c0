import { expect } from 'vitest';
import { commandReply, whispered } from '#test/scenarios/setup/asking.ts';
import { expectAlike } from '#test/scenarios/setup/likeness.ts';
import {
  callIn,
  eventually,
  hearAnswer,
  madeTexts,
  openOwnScenario,
  scenario,
  seat,
  soon,
  toneOf,
} from '#test/scenarios/setup/scenario-setup.ts';

const general = { channel: 'general' };
const long = 'This is a rather long line that is read for quite a while so that others wait';

scenario(
  'the lines of a channel and messages picked in a menu are read aloud, each in its writer’s voice',
  async () => {
    await using setup = await openOwnScenario({
      sandbox: { privilegedIntents: ['content'] },
      environment: { MESSAGE_CONTENT: 'on' },
    });
    const { sandbox } = setup;
    const guild = sandbox.guild();
    const adam = await callIn(setup, 'Adam');
    const ben = await seat(setup, 'Ben');
    const olga = guild.person('Olga');
    const spoken = () => madeTexts(setup);
    const voices = () =>
      setup.providers.requests.flatMap(({ endpoint, body }) =>
        endpoint === 'speech' ? [(body as { voice?: unknown } | undefined)?.voice] : [],
      );
    await commandReply(ben, 'privacy allow');
    await commandReply(ben, 'voice me', { voice: 'coral', name: 'Benny' });
    await commandReply(olga, 'settings set', {
      key: 'read_channel',
      value: guild.channelId('general'),
    });
    await commandReply(olga, 'voice words', { add: 'GIF', say: 'jiff' });

    const line = adam.write('A gif: https://example.org ||secret||', general);
    await expectAlike((await hearAnswer(ben, line.atMs)).pcm, toneOf(['Adam: A jiff: link']));
    expect(spoken()).toEqual(['Adam: A jiff: link']);

    adam.write(long, general);
    const gone = ben.write('Nobody hears this.', general);
    ben.write('Dinner is ready.', general);
    olga.write('I do not sit there.', general);
    await eventually(() => expect(spoken()).toContain(long));
    ben.deleteMessage(gone);
    await eventually(() => expect(spoken()).toContain('Benny: Dinner is ready.'));
    expect(voices().at(-1)).toBe('coral');

    const note = olga.write(`The shop closes at six <@${ben.id}>.`, { channel: 'Lounge' });
    expect(await adam.menu('Read aloud', note).answered(soon())).toMatchObject({ ephemeral: true });
    await eventually(() => expect(spoken()).toContain('Olga: The shop closes at six Ben.'));
    expect(await olga.menu('Read aloud', note).answered(soon())).toMatchObject(
      whispered('perm.room', { channel: 'Lounge' }),
    );
    expect(spoken().join()).not.toMatch(/Nobody hears|do not sit|secret/);
  },
);
