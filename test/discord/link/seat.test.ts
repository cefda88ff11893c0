import { EventEmitter } from 'node:events';
import {
  ChannelType,
  type Client,
  Events,
  type Guild,
  PermissionFlagsBits,
} from 'discord.js';
import { toChannelId } from '#src/base/ids.ts';
import type { DiscordEvent } from '#src/discord/discord-event.ts';
import { becomeSpeaker } from '#src/discord/link/voice-link-opener.ts';
import { watchOwnState } from '#src/discord/own-state.ts';
import { VirtualClock } from '#test/fakes/virtual-clock.ts';

type Seat = {
  readonly channelId?: string;
  readonly serverMute?: boolean;
  readonly serverDeaf?: boolean;
  readonly suppress?: boolean;
};

const makeTold = (kind: string, isOn: boolean) => ({ kind, guildId: 'g', isOn });

function openClient() {
  const events: DiscordEvent[] = [];
  const client = Object.assign(new EventEmitter(), { user: { id: 'bot' } });
  watchOwnState(client as unknown as Client<true>, (e) => events.push(e));
  return { client, events };
}

/** Events of a bot that sits so one time after the other, nowhere at first. */
function listSeatEvents(...seats: readonly Seat[]) {
  const voice = { channelId: null as string | null };
  const guild = { id: 'g', members: { me: { voice } } };
  const { client, events } = openClient();
  let former = { id: 'bot', guild, channelId: null as string | null };
  for (const seat of seats) {
    const now = { id: 'bot', guild, channelId: null, ...seat };
    voice.channelId = now.channelId;
    client.emit(Events.VoiceStateUpdate, former, now);
    former = now;
  }
  return events;
}

test('being muted, deafened and moved is told, and when it is over', () => {
  const events = listSeatEvents(
    { channelId: 'a', serverMute: true },
    { channelId: 'a', serverDeaf: true },
    { channelId: 'b' },
  );
  expect(events).toEqual([
    makeTold('muted', true),
    makeTold('muted', false),
    makeTold('deafened', true),
    makeTold('deafened', false),
    { kind: 'moved', guildId: 'g', channelId: 'b' },
  ]);
});

test('how the bot sits when it comes in is told, whatever it was told before', () => {
  const events = listSeatEvents(
    { channelId: 'a', serverMute: true },
    { serverMute: true },
    { channelId: 'a', serverMute: true, suppress: true },
    {},
    { channelId: 'a' },
  );
  expect(events).toEqual([
    makeTold('muted', true),
    makeTold('muted', true),
    makeTold('suppressed', true),
    makeTold('muted', false),
    makeTold('suppressed', false),
  ]);
});

/** A stage that takes notes of what was asked, and fails that often first. */
function openSetup(mayMute: boolean, failures: number) {
  const questions: string[] = [];
  let left = failures;
  const noteRequest = (what: string) => async () => {
    if (left-- > 0) throw new Error('Unknown Voice State');
    questions.push(what);
  };
  const permissionsFor = () => ({
    has: (bit: bigint) => mayMute && bit === PermissionFlagsBits.MuteMembers,
  });
  const guild = { channels: { cache: new Map<string, object>() }, members: {} };
  const channel = { type: ChannelType.GuildStageVoice, guild, permissionsFor };
  guild.channels.cache.set('s', channel);
  const voice = {
    channelId: 's',
    suppress: true,
    channel,
    setSuppressed: noteRequest('speaks'),
    setRequestToSpeak: noteRequest('raised a hand'),
  };
  Object.assign(guild.members, { me: { voice } });
  return { guild: guild as unknown as Guild, asked: questions };
}

test.each([
  ['raises its hand', false, ['raised a hand']],
  ['takes the floor where it may', true, ['speaks']],
])(
  'on a stage the bot %s, and tries once more when Discord is behind',
  async (_, mayMute, done) => {
    for (const failures of [0, 1]) {
      const { guild, asked } = openSetup(mayMute, failures);
      const timing = new VirtualClock();
      const taking = becomeSpeaker(guild, toChannelId('s'), timing, () => {});
      for (let turn = 0; turn < 20; turn++) await Promise.resolve();
      timing.passMs(500);
      await taking;
      expect(asked).toEqual(done);
    }
  },
);

const { Connect, Speak, ViewChannel } = PermissionFlagsBits;

/** A bot in a channel of this type, where it has these rights, told of each change of them as often as Discord does. */
function openSeated(type: ChannelType, event: Events, first: bigint) {
  const rights = { bitfield: first };
  const hasRight = (flag: bigint) => (rights.bitfield & flag) !== 0n;
  const permissionsFor = () => ({ ...rights, has: hasRight });
  const guild = { id: 'g', members: { me: { voice: {} } } };
  const channel = { id: 'a', type, guild, permissionsFor };
  const voice = { id: 'bot', guild, channelId: 'a', channel };
  guild.members.me.voice = voice;
  const { client, events } = openClient();
  const changeRights = (bitfield: bigint) => {
    rights.bitfield = bitfield;
    for (let n = 0; n < 3; n++) client.emit(event, { guild }, { guild });
  };
  changeRights(first);
  client.emit(Events.VoiceStateUpdate, { id: 'bot', guild, channelId: null }, voice);
  expect(events).toEqual([]);
  return { change: changeRights, events };
}

test.each([
  ['a channel', Events.ChannelUpdate],
  ['a role', Events.GuildRoleUpdate],
  ['a member', Events.GuildMemberUpdate],
])(
  'that the right to speak is taken or given by a change of %s is told at once, once each time',
  (_, event) => {
    const both = Connect | Speak;
    const { change, events } = openSeated(ChannelType.GuildVoice, event, both);
    change(Connect);
    expect(events).toEqual([makeTold('suppressed', true)]);
    change(both);
    expect(events.slice(1)).toEqual([makeTold('suppressed', false)]);
  },
);

test('a right to be in the channel that is taken away is told at once, once each time', () => {
  const all = Connect | Speak | ViewChannel;
  const { change, events } = openSeated(
    ChannelType.GuildStageVoice,
    Events.ChannelUpdate,
    all,
  );
  change(all);
  expect(events).toEqual([]);
  change(Speak | ViewChannel);
  change(all);
  change(Connect | Speak);
  change(0n);
  expect(events).toEqual([
    { kind: 'no-connect', guildId: 'g', channelId: 'a' },
    { kind: 'no-view', guildId: 'g', channelId: 'a' },
  ]);
});
