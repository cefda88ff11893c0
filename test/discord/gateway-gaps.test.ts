import { Events, type Interaction, type VoiceState } from 'discord.js';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Command } from '#src/conversation/command.ts';
import { ChannelPeople } from '#src/discord/channel-people.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { commandCallOf } from '#src/discord/interactions/calls.ts';
import { becomeSpeaker } from '#src/discord/link/voice-link-opener.ts';
import { watchOwnState } from '#src/discord/own-state.ts';
import { openChannelMessages } from '#src/discord/panel/channel-messages.ts';
import { openPlaces } from '#src/discord/places.ts';
import { openSeatWatch } from '#src/discord/watchdogs/seat-watch.ts';
import { openText } from '#src/people/confidential-text.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';
import {
  annMember,
  annVoice,
  botVoice,
  guild,
  ids,
  openFuzzClient,
  role,
  voiceChannel,
} from './fuzz-client.ts';

const requests: string[] = [];
const { client, send, reset, thrown } = openFuzzClient(async (route) => {
  requests.push(route);
  return {};
});
const lobby = { guildId: ids.guild, channelId: ids.voice, name: 'Lobby' };
const knownGuild = () => client.guilds.cache.get(ids.guild) ?? expect.fail();
const loseEveryone = () => send('GUILD_ROLE_DELETE', { guild_id: ids.guild, role_id: ids.guild });

beforeEach(() => {
  reset();
  requests.length = 0;
});
afterEach(() => expect(thrown()).toEqual([]));

test('in a server whose role of everybody is unknown, rights count as not told', () => {
  const places = openPlaces(client);
  expect(places.facts(lobby, ids.ann)).toMatchObject({ certain: true, maySpeak: true });
  loseEveryone();
  expect(places.facts(lobby, ids.ann)).toMatchObject({ certain: false, maySpeak: false });
  expect(places.mayManage(ids.guild, ids.bot)).toBe(false);
});

test('somebody outside of a channel does not enter by rights that are unknown', () => {
  const { id, name, roles } = guild;
  send('GUILD_UPDATE', { id, name, roles, owner_id: ids.bot });
  send('VOICE_STATE_UPDATE', { ...annVoice, member: annMember, channel_id: null });
  expect(openPlaces(client).facts(lobby, ids.ann)?.callerMayEnter).toBe(true);
  loseEveryone();
  expect(openPlaces(client).facts(lobby, ids.ann)?.callerMayEnter).toBe(false);
});

test('a role that comes without permissions takes nothing from the seat of the bot', () => {
  const events: DiscordEvent[] = [];
  const unwatch = watchOwnState(client, new SteppedTiming(), (event) => events.push(event));
  send('VOICE_STATE_UPDATE', { ...botVoice, self_mute: true });
  send('GUILD_ROLE_UPDATE', { guild_id: ids.guild, role: { ...role, permissions: {} } });
  loseEveryone();
  send('VOICE_STATE_UPDATE', botVoice);
  unwatch();
  expect(events).toEqual([]);
});

test('a voice state of nobody seats nobody', () => {
  using people = new ChannelPeople(client);
  expect(people.count(ids.voice)).toBe(1);
  send('VOICE_STATE_UPDATE', { ...annVoice, user_id: null });
  expect(people.count(ids.voice)).toBe(1);
  expect(people.in(knownGuild(), ids.voice).map(({ id }) => id)).toEqual([ids.ann]);
});

test('a limit that is no number is none, and what is no text is no name', () => {
  send('CHANNEL_UPDATE', { ...voiceChannel, name: { a: 1 }, user_limit: 'many' });
  const member = { ...annMember, nick: 7 };
  send('GUILD_MEMBER_UPDATE', { guild_id: ids.guild, ...member });
  const places = openPlaces(client);
  expect(places.facts(lobby, ids.ann)?.limit).toBe(0);
  expect(places.channel(ids.guild, ids.voice)?.name).toBe(ids.voice);
  using people = new ChannelPeople(client);
  expect(people.in(knownGuild(), ids.voice).map(({ name }) => name)).toEqual([ids.ann]);
});

test('a channel whose rights are unknown is written to, and Discord decides', async () => {
  loseEveryone();
  const places: string[] = [];
  const outbox = { put: async (channelId: string) => void places.push(channelId) };
  const beside = { placeIn: () => ({ channelId: ids.text, messageId: ids.message }) };
  const messages = openChannelMessages(client, beside, new Map(), outbox as never);
  await messages.write(lobby, openText('Hello.'), new AbortController().signal);
  expect(places).toEqual([ids.voice]);
});

test('on a stage whose rights are unknown the bot asks to speak', async () => {
  send('VOICE_STATE_UPDATE', { ...botVoice, channel_id: ids.stage, suppress: true });
  loseEveryone();
  const events: DiscordEvent[] = [];
  await becomeSpeaker(knownGuild(), ids.stage, new SteppedTiming(), (event) => events.push(event));
  expect(events).toEqual([]);
  expect(requests).toEqual([`/guilds/${ids.guild}/voice-states/%40me`]);
});

test('a server that came without an id is not watched for a lost seat', () => {
  const timing = new SteppedTiming();
  const events: DiscordEvent[] = [];
  const seat = { channelId: ids.voice };
  const linkOpener = {
    expected: (guildId: string) => (guildId === ids.guild ? seat : undefined),
    rejoin: () => undefined,
  };
  const watch = openSeatWatch(client, linkOpener, timing, (event) => events.push(event));
  const { id: _, ...nameless } = guild;
  send('GUILD_CREATE', nameless);
  expect(client.guilds.cache.size).toBe(1);
  timing.passMs(60_000);
  watch.close();
  expect(events).toEqual([]);
});

test('who is renamed is known by the new name at once', () => {
  using people = new ChannelPeople(client);
  const names = () => people.in(knownGuild(), ids.voice).map(({ name }) => name);
  const before = names();
  let reported = 0;
  using _ = people.listen(ids.voice, () => reported++);
  send('GUILD_MEMBER_UPDATE', { guild_id: ids.guild, ...annMember, nick: 'Queen Ann' });
  expect(before).not.toContain('Queen Ann');
  expect([names(), reported]).toEqual([['Queen Ann'], 1]);
});

test('somebody whose list of roles is none has no role', () => {
  using people = new ChannelPeople(client);
  expect(people.in(knownGuild(), ids.voice)).toMatchObject([{ roleIds: [ids.guild, ids.role] }]);
  send('GUILD_MEMBER_UPDATE', { guild_id: ids.guild, ...annMember, roles: null });
  people.reread(ids.voice);
  expect(people.in(knownGuild(), ids.voice)).toMatchObject([{ id: ids.ann, roleIds: [] }]);
});

test('a server without an id that goes is told to nobody', () => {
  const events: DiscordEvent[] = [];
  const unwatch = watchOwnState(client, new SteppedTiming(), (event) => events.push(event));
  send('GUILD_CREATE', []);
  send('GUILD_DELETE', {});
  unwatch();
  expect(events).toEqual([]);
});

test('a voice state without the id of a server, a person or a channel reaches nobody, and what comes next does', () => {
  const seats: unknown[] = [];
  const note = (_: unknown, { id, guild: { id: guildId } }: VoiceState) =>
    seats.push([guildId, id]);
  client.on(Events.VoiceStateUpdate, note);
  const odd = [{ guild_id: 7 }, { user_id: undefined }, { channel_id: { toString: 1 } }];
  for (const d of [...odd.map((one) => ({ ...annVoice, ...one })), null, 'x'])
    expect(send('VOICE_STATE_UPDATE', d)).toBe(true);
  expect(seats).toEqual([]);
  send('VOICE_STATE_UPDATE', annVoice);
  client.off(Events.VoiceStateUpdate, note);
  expect(seats).toEqual([[ids.guild, ids.ann]]);
});

test('a server that comes with a voice state of nobody comes without it', () => {
  send('GUILD_DELETE', { id: ids.guild });
  using people = new ChannelPeople(client);
  send('GUILD_CREATE', { ...guild, voice_states: [{ ...annVoice, user_id: null }, annVoice, 7] });
  expect(people.count(ids.voice)).toBe(1);
});

test('a channel that comes without its server is one of the server that the command was given in', () => {
  const join: Command = {
    name: 'join',
    description: 'ask.empty',
    shownTo: 'caller',
    run: async () => [{ id: 'generic', with: { code: '' }, to: 'caller' }],
    options: [{ name: 'channel', kind: 'voice-channel', description: 'ask.empty' }],
  };
  const met: Interaction[] = [];
  client.once(Events.InteractionCreate, (interaction) => met.push(interaction));
  send('INTERACTION_CREATE', {
    id: '200000000000000001',
    application_id: ids.bot,
    token: 't',
    type: 2,
    guild_id: ids.guild,
    channel: { id: ids.text, type: 0 },
    member: annMember,
    locale: 'en-US',
    entitlements: [],
    authorizing_integration_owners: {},
    data: {
      id: '7',
      name: 'join',
      type: 1,
      options: [{ name: 'channel', type: 7, value: ids.voice }],
      resolved: { channels: { [ids.voice]: { ...voiceChannel, guild_id: null } } },
    },
  });
  const [interaction] = met;
  if (!interaction?.isChatInputCommand() || !interaction.inCachedGuild()) return expect.fail();
  expect(commandCallOf(interaction, join).channel).toEqual(lobby);
});

test('a channel without an id is neither known nor removed', () => {
  const events: DiscordEvent[] = [];
  const unwatch = watchOwnState(client, new SteppedTiming(), (event) => events.push(event));
  const { id: _, ...nameless } = voiceChannel;
  send('CHANNEL_UPDATE', nameless);
  send('CHANNEL_DELETE', []);
  send('CHANNEL_DELETE', nameless);
  unwatch();
  expect(events).toEqual([]);
  expect(knownGuild().channels.cache.has(ids.voice)).toBe(true);
});

test.each(['GUILD_CREATE', 'GUILD_UPDATE'])(
  'a voice state whose channel has no id, in a server of %s, is not taken',
  (kind) => {
    const strange = { ...botVoice, channel_id: { toString: 1 } };
    send(kind, { ...guild, voice_states: [annVoice, strange] });
    const channelIds = knownGuild().voiceStates.cache.map(({ channelId }) => channelId);
    expect(new Set(channelIds)).toEqual(new Set([ids.voice]));
  },
);
