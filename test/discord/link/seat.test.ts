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
import type { ChannelRef } from '#src/ports/voice-link.ts';
import {
  collectFrames,
  makeToneFrames,
  openFileLogin,
  waitUntil,
} from '#test/discord/setup/sandbox-login.ts';
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

const never = new AbortController().signal;
const login = openFileLogin(1);

const moveBot = (name: string) => login().sandbox.guild().moveBot(name);
const getSeat = () => login().sandbox.bot().channel;

function findChannel(name: string): ChannelRef {
  const { lobby, sandbox } = login();
  return { ...lobby, channelId: sandbox.channelId(name), name };
}

/** Notes the channels that the bot asks the gateway for, from now on. `null`: it leaves. */
function noteRequests() {
  const { client, lobby } = login();
  const shard = client.guilds.cache.get(lobby.guildId)?.shard;
  if (!shard) throw new Error('no shard');
  const requests: unknown[] = [];
  const send = shard.send.bind(shard);
  shard.send = (payload: { readonly op: number; readonly d: object }, ...rest) => {
    if (payload.op === 4 && 'channel_id' in payload.d)
      requests.push(payload.d.channel_id);
    send(payload, ...rest);
  };
  return {
    requests,
    [Symbol.dispose]: () => void Object.assign(shard, { send }),
  };
}

/** Keeps requests of the bot for seats back until `release`, as a Discord that is late. It handles them in order. */
function holdRequests() {
  const { client, lobby } = login();
  const shard = client.guilds.cache.get(lobby.guildId)?.shard;
  if (!shard) throw new Error('no shard');
  const held: (() => void)[] = [];
  const send = shard.send.bind(shard);
  shard.send = (payload: { readonly op: number }, ...rest) => {
    if (payload.op === 4) held.push(() => send(payload, ...rest));
    else send(payload, ...rest);
  };
  const releaseSent = () => {
    shard.send = send;
    for (const sendHeld of held.splice(0)) sendHeld();
  };
  return { held, release: releaseSent, [Symbol.dispose]: releaseSent };
}

/** Channel in which the bot sits, as Discord has told it. */
function getToldId() {
  const { client, lobby } = login();
  return client.guilds.cache.get(lobby.guildId)?.members.me?.voice.channelId;
}

/** Opens a link as after a move: where the bot sits as it was told, however often it is moved on meanwhile. */
async function followSeat(opener: ReturnType<ReturnType<typeof login>['linkOpener']>) {
  for (;;) {
    const seatId = getToldId();
    const seat = ['Lobby', 'Attic']
      .map(findChannel)
      .find(({ channelId }) => channelId === seatId);
    if (!seat) throw new Error('The bot has left.');
    const moved = new AbortController();
    const watching = waitUntil(() => moved.signal.aborted || getToldId() !== seatId);
    const aborting = watching.then(() => moved.abort(new Error('moved on')));
    try {
      const link = await opener.openLink(seat, () => true, moved.signal);
      if (getSeat() === seat.name) return link;
      await waitUntil(() => !link.isOpen);
    } catch (error) {
      if (getToldId() === seatId) throw error;
    } finally {
      moved.abort(new Error('followed'));
      await aborting;
    }
  }
}

/** A person in the channel of the bot hears ten frames of it, and is heard. */
async function talkOnLink(link: Awaited<ReturnType<typeof followSeat>>) {
  const { codec, sandbox } = login();
  const ann = sandbox.person('Ann');
  await ann.join(getSeat() ?? '', never);
  await ann.settled(AbortSignal.timeout(30_000));
  const log = collectFrames(link);
  const frames = makeToneFrames(codec, 10);
  const isHeard = () =>
    ann.heard.frames.filter(({ audible, sealed }) => audible && sealed).length >= 10;
  link
    .playFrames({
      pullFrame: () => frames.shift(),
      markSent: () => undefined,
      isIdle: true,
    })
    .wake();
  await waitUntil(isHeard);
  const samples = Int16Array.from({ length: 6_000 }, (_, n) => 8_000 * Math.sin(n / 9));
  await ann.say({ samples, rateHz: 24_000, channels: 1 }, never);
  await waitUntil(() => log.packets >= 8);
  await ann.leave();
}

/** A link to the Lobby, whose opener leaves at the end. */
async function openInLobby() {
  const opener = login().linkOpener();
  const link = await opener.openLink(login().lobby, () => true, never);
  return { opener, link, log: collectFrames(link) };
}

test('a bot that a person moves is followed by the next link without a leave and a join, and hears and is heard there', async () => {
  const { opener, link, log } = await openInLobby();
  await using _ = opener;
  using noted = noteRequests();
  moveBot('Attic');
  await waitUntil(() => log.error !== undefined);
  expect(log.error).toMatchObject({ code: 'link.lost', retryable: false });
  await link[Symbol.asyncDispose]();
  await talkOnLink(await followSeat(opener));
  expect([getSeat(), noted.requests]).toEqual(['Attic', []]);
});

test('moved and moved back, and moved five times in a row, the bot ends where it was put last, and never leaves', async () => {
  const { link, opener } = await openInLobby();
  await using _ = opener;
  using noted = noteRequests();
  let open = link;
  for (const moves of [
    ['Attic', 'Lobby'],
    ['Attic', 'Lobby', 'Attic', 'Lobby', 'Attic'],
  ]) {
    for (const name of moves) moveBot(name);
    await waitUntil(() => !open.isOpen);
    open = await followSeat(opener);
    await talkOnLink(open);
    expect(getSeat()).toBe(moves.at(-1));
  }
  // The link of the first move is still being opened at the second.
  moveBot('Lobby');
  await waitUntil(() => !open.isOpen);
  const following = followSeat(opener);
  moveBot('Attic');
  await talkOnLink(await following);
  expect([getSeat(), noted.requests]).toEqual(['Attic', []]);
});

test('moved while it joins, the bot is followed from the channel in which it never arrived', async () => {
  await using opener = login().linkOpener();
  using noted = noteRequests();
  const joining = opener.openLink(login().lobby, () => true, never);
  const failing = expect(joining).rejects.toMatchObject({ code: 'link.lost' });
  await waitUntil(() => getSeat() === 'Lobby');
  moveBot('Attic');
  await failing;
  await waitUntil(() => getToldId() === findChannel('Attic').channelId);
  await talkOnLink(await followSeat(opener));
  expect([getSeat(), noted.requests]).toEqual(['Attic', [login().lobby.channelId]]);
});

test('a move that no link follows ends in a leave, whether it is asked for or the opener closes', async () => {
  const { guildId } = login().lobby;
  for (const end of ['asked', 'closed']) {
    const { opener, link } = await openInLobby();
    using noted = noteRequests();
    moveBot('Attic');
    await waitUntil(() => !link.isOpen);
    await link[Symbol.asyncDispose]();
    expect([getSeat(), opener.hasLink(guildId)]).toEqual(['Attic', true]);
    if (end === 'asked') await opener.leaveChannel(guildId);
    else await opener[Symbol.asyncDispose]();
    await waitUntil(() => getSeat() === undefined);
    expect([noted.requests, opener.hasLink(guildId)]).toEqual([[null], false]);
    await opener[Symbol.asyncDispose]();
  }
});

test('a link elsewhere than in the channel of the move leaves that channel, and an open link is never left as unfollowed', async () => {
  const { opener, link } = await openInLobby();
  await using _ = opener;
  using noted = noteRequests();
  moveBot('Attic');
  await waitUntil(() => !link.isOpen);
  const back = await opener.openLink(login().lobby, () => true, never);
  await opener.leaveChannel(login().lobby.guildId);
  expect([getSeat(), back.isOpen]).toEqual(['Lobby', true]);
  expect(noted.requests).toEqual([null, login().lobby.channelId]);
});

test('whoever moves and then disconnects the bot is obeyed, and a later call joins again', async () => {
  const { opener, link } = await openInLobby();
  await using _ = opener;
  moveBot('Attic');
  login().sandbox.guild().disconnectBot();
  await waitUntil(() => !link.isOpen && getSeat() === undefined);
  await waitUntil(() => !getToldId());
  const attic = findChannel('Attic');
  await expect(opener.openLink(attic, () => true, never)).rejects.toMatchObject({
    code: 'link.lost',
    retryable: false,
  });
  await opener.openLink(attic, () => true, never);
  expect(getSeat()).toBe('Attic');
});

test('a seat that Discord gives after the bot has given up and asked anew is no seat out of which a person took it', async () => {
  await using opener = login().linkOpener(400);
  using requests = holdRequests();
  const openAtLobby = () => opener.openLink(login().lobby, () => true, never);
  await expect(openAtLobby()).rejects.toMatchObject({ code: 'link.timeout' });
  const next = openAtLobby();
  await waitUntil(() => requests.held.length === 3);
  requests.release();
  await talkOnLink(await next);
  expect(getSeat()).toBe('Lobby');
});

test('the test Discord moves no bot that has left', async () => {
  const { opener } = await openInLobby();
  await opener[Symbol.asyncDispose]();
  await waitUntil(() => getSeat() === undefined);
  moveBot('Attic');
  expect(getSeat()).toBeUndefined();
});
