import { expect, test } from 'vitest';
import {
  type GuildId,
  toChannelId,
  toGuildId,
  toMessageId,
  toPersonId,
} from '#src/base/ids.ts';
import { admitChosenLanguage } from '#src/base/language/expected-language.ts';
import { admitServerErasure } from '#test/fakes/admitted-erasures.ts';
import type { OpenStore } from './open-store.ts';

/** Contract of every store of panels. */
export function testPanelStore(name: string, open: OpenStore) {
  const here = { channelId: toChannelId('100'), messageId: toMessageId('1000') };
  const there = { channelId: toChannelId('200'), messageId: toMessageId('2000') };

  test(`${name}: each server has one panel, the latest`, async () => {
    await using opened = await open();
    await opened.panels.write(toGuildId('10'), here);
    await opened.panels.write(toGuildId('20'), here);
    await opened.panels.write(toGuildId('10'), there);
    expect(await opened.panels.read(toGuildId('10'))).toEqual(there);
    expect(await opened.panels.read(toGuildId('20'))).toEqual(here);
  });
}

/** Contract of every store of people who are left out of captions. */
export function testLeftOutPeople(name: string, open: OpenStore) {
  test(`${name}: who wants to be left out of captions is so in that server, until they say otherwise`, async () => {
    await using opened = await open();
    const { leftOutPeople } = opened;
    expect(await leftOutPeople.read(toGuildId('10'))).toEqual(new Map());
    await leftOutPeople.write(toGuildId('10'), toPersonId('1'), true);
    await leftOutPeople.write(toGuildId('10'), toPersonId('1'), true);
    await leftOutPeople.write(toGuildId('10'), toPersonId('2'), true);
    expect(await leftOutPeople.read(toGuildId('10'))).toEqual(
      new Map([
        ['1', true],
        ['2', true],
      ]),
    );
    expect(await leftOutPeople.read(toGuildId('20'))).toEqual(new Map());
    await leftOutPeople.write(toGuildId('10'), toPersonId('1'), false);
    expect(await leftOutPeople.read(toGuildId('10'))).toEqual(new Map([['2', true]]));
  });
}

const allServers = {
  language: admitChosenLanguage('pt-BR'),
  voice: 'marin',
  speed: 0.85,
  spokenName: '智 Dóra',
  declinedOffers: '0a1b 2c3d;4e5f',
} as const;

/** Contract of every store of personal settings. */
export function testPersonSettings(name: string, open: OpenStore) {
  test(`${name}: what a person has chosen holds in that server alone, until they choose otherwise`, async () => {
    await using opened = await open();
    const { personSettings } = opened;
    expect(await personSettings.read(toGuildId('10'), toPersonId('1'))).toEqual({});
    await personSettings.write(toGuildId('10'), toPersonId('1'), allServers);
    await personSettings.write(toGuildId('10'), toPersonId('2'), { speed: 1.4 });
    expect(await personSettings.read(toGuildId('10'), toPersonId('1'))).toEqual(
      allServers,
    );
    expect(await personSettings.read(toGuildId('10'), toPersonId('2'))).toEqual({
      speed: 1.4,
    });
    expect(await personSettings.read(toGuildId('20'), toPersonId('1'))).toEqual({});
    await personSettings.write(toGuildId('10'), toPersonId('1'), {
      language: admitChosenLanguage('ja'),
    });
    expect(await personSettings.read(toGuildId('10'), toPersonId('1'))).toEqual({
      language: 'ja',
    });
  });
}

/** Contract of every store of settings. */
export function testSettingsStore(name: string, open: OpenStore) {
  test(`${name}: each server keeps the latest value of each key`, async () => {
    await using opened = await open();
    await opened.settings.write(toGuildId('10'), 'cues', 'on');
    await opened.settings.write(toGuildId('20'), 'cues', 'soft');
    await opened.settings.write(toGuildId('10'), 'cues', 'off');
    await opened.settings.write(toGuildId('10'), 'names', "Juno, O'Neil; Zoë");
    expect(await opened.settings.read(toGuildId('10'))).toEqual(
      new Map([
        ['cues', 'off'],
        ['names', "Juno, O'Neil; Zoë"],
      ]),
    );
    expect(await opened.settings.read(toGuildId('20'))).toEqual(
      new Map([['cues', 'soft']]),
    );
  });

  test(`${name}: each voice channel keeps values of its own`, async () => {
    await using opened = await open();
    const { settings } = opened;
    const [lounge, den] = [toChannelId('100'), toChannelId('200')];
    await settings.write(toGuildId('10'), 'voice', 'slt');
    const persona = { voice: 'awb', name: "Zoë O'Neil" };
    const first = new Map(Object.entries({ voice: 'rms', captions: 'on' }));
    await settings.writeChannel(toGuildId('10'), lounge, first);
    await settings.writeChannel(
      toGuildId('10'),
      lounge,
      new Map(Object.entries({ ...persona, captions: undefined })),
    );
    await settings.writeChannel(toGuildId('10'), den, new Map([['voice', 'bdl']]));
    await settings.writeChannel(toGuildId('20'), lounge, new Map([['voice', 'kal']]));
    expect(await settings.readChannels(toGuildId('10'))).toEqual(
      new Map([
        [lounge, new Map(Object.entries(persona))],
        [den, new Map([['voice', 'bdl']])],
      ]),
    );
    expect(await settings.read(toGuildId('10'))).toEqual(new Map([['voice', 'slt']]));
  });

  test(`${name}: what is taken away is gone`, async () => {
    await using opened = await open();
    await opened.settings.write(toGuildId('10'), 'cues', 'on');
    await opened.settings.write(toGuildId('10'), 'cues', undefined);
    expect(await opened.settings.read(toGuildId('10'))).toEqual(new Map());
  });
}

/** Contract of every store of servers. */
export function testGuildStore(name: string, open: OpenStore) {
  test(`${name}: of an erased server nothing is left, and all of another`, async () => {
    await using opened = await open();
    const { consents, guilds, panels, settings, tracks } = opened;
    const track = {
      name: 'music',
      percent: 50,
      isPaused: false,
      isMuted: false,
      sounds: [],
    };
    const messagePlace = {
      channelId: toChannelId('100'),
      messageId: toMessageId('1000'),
    };
    for (const guildId of ['10', '20']) {
      await consents.write(toGuildId(guildId), toPersonId('1'), { kind: 'always' });
      await consents.write(toGuildId(guildId), toPersonId('2'), { kind: 'never' });
      await panels.write(toGuildId(guildId), messagePlace);
      await settings.write(toGuildId(guildId), 'cues', 'on');
      const own = new Map([['voice', 'rms']]);
      await settings.writeChannel(toGuildId(guildId), toChannelId('100'), own);
      await tracks.write(toGuildId(guildId), toChannelId('100'), [track]);
    }
    expect(await guilds.eraseGuild(admitServerErasure(toGuildId('10')))).toBe(6);
    expect(await guilds.eraseGuild(admitServerErasure(toGuildId('10')))).toBe(0);
    const countKept = async (guildId: GuildId) => [
      (await consents.read(guildId)).size,
      await panels.read(guildId),
      (await settings.read(guildId)).size,
      (await settings.readChannels(guildId)).size,
      await tracks.read(guildId, toChannelId('100')),
    ];
    expect(await countKept(toGuildId('10'))).toEqual([0, undefined, 0, 0, []]);
    expect(await countKept(toGuildId('20'))).toEqual([2, messagePlace, 1, 1, [track]]);
  });

  test(`${name}: servers are noted for each bot until they are erased`, async () => {
    await using opened = await open();
    const { guilds } = opened;
    await guilds.addGuilds(toPersonId('7'), [toGuildId('10'), toGuildId('20')]);
    await guilds.addGuilds(toPersonId('7'), [toGuildId('20'), toGuildId('30')]);
    await guilds.addGuilds(toPersonId('8'), [toGuildId('10')]);
    expect((await guilds.listGuilds(toPersonId('7'))).toSorted()).toEqual([
      '10',
      '20',
      '30',
    ]);
    await guilds.eraseGuild(admitServerErasure(toGuildId('10')));
    expect((await guilds.listGuilds(toPersonId('7'))).toSorted()).toEqual(['20', '30']);
    expect(await guilds.listGuilds(toPersonId('8'))).toEqual([]);
  });
}
