import { EventEmitter } from 'node:events';
import { type Client, Status } from 'discord.js';
import { newClient } from '#src/discord/login.ts';

export const ids = {
  bot: '100000000000000001',
  ann: '100000000000000002',
  guild: '100000000000000003',
  voice: '100000000000000004',
  stage: '100000000000000005',
  text: '100000000000000006',
  role: '100000000000000007',
  message: '100000000000000008',
} as const;

const rights = '36785152';
export const annUser = { id: ids.ann, username: 'ann', global_name: 'Ann', discriminator: '0' };
const botUser = { id: ids.bot, username: 'parley', discriminator: '0', bot: true };
export const annMember = {
  user: annUser,
  nick: 'Ann <@1>',
  roles: [ids.role],
  permissions: rights,
  joined_at: '2026-11-20T10:00:00Z',
  deaf: false,
  mute: false,
  flags: 0,
};
const botMember = { ...annMember, user: botUser, nick: null };
const channelHead = { guild_id: ids.guild, position: 0, permission_overwrites: [] };
export const voiceChannel = {
  ...channelHead,
  id: ids.voice,
  type: 2,
  name: 'Lobby',
  bitrate: 64_000,
  user_limit: 0,
};
export const annVoice = {
  guild_id: ids.guild,
  channel_id: ids.voice,
  user_id: ids.ann,
  session_id: 's',
  deaf: false,
  mute: false,
  self_deaf: false,
  self_mute: false,
  suppress: false,
};
export const botVoice = { ...annVoice, user_id: ids.bot, member: botMember };
export const role = { id: ids.guild, name: '@everyone', permissions: rights, position: 0 };

/** A server as the gateway tells of it: two voice channels, one for text, Ann and the bot. */
export const guild = {
  id: ids.guild,
  name: 'Town',
  owner_id: ids.ann,
  preferred_locale: 'de',
  member_count: 2,
  afk_channel_id: null,
  features: [],
  emojis: [],
  stickers: [],
  roles: [role, { ...role, id: ids.role, name: 'DJ' }],
  channels: [
    voiceChannel,
    { ...voiceChannel, id: ids.stage, type: 13, name: 'Stage' },
    { ...channelHead, id: ids.text, type: 0, name: 'general' },
  ],
  members: [annMember, botMember],
  voice_states: [annVoice, botVoice],
  threads: [],
  presences: [],
  stage_instances: [],
  guild_scheduled_events: [],
};

type Packet = { readonly t: string; readonly d: unknown };
type Rest = (route: string, options?: unknown) => Promise<unknown>;
type InnerSockets = {
  status: Status;
  shards: Map<number, unknown>;
  handlePacket(packet: Packet, shard: unknown): void;
};

/** A client without a network. What listeners of ours throw is kept apart from what discord.js throws. */
export type FuzzClient = {
  readonly client: Client<true>;
  /** Hands over a dispatch like the gateway; false if discord.js could not read it. */
  send(t: string, d: unknown): boolean;
  /** Back to one server, of which nothing was changed. */
  reset(): void;
  /** Thrown by listeners since this was asked last. */
  thrown(): unknown[];
};

/** `answer`: what Discord's REST interface does with a request. */
export function openFuzzClient(answer: Rest): FuzzClient {
  const client = newClient({ token: 'x', timeoutMs: 1_000 }) as Client<true>;
  client.rest.clearHashSweeper();
  client.rest.clearHandlerSweeper();
  for (const verb of ['get', 'post', 'put', 'patch', 'delete'])
    Reflect.set(client.rest, verb, answer);
  const sockets = client.ws as unknown as InnerSockets; // the typings call the way in private
  const shard = Object.assign(new EventEmitter(), {
    id: 0,
    status: Status.Ready,
    send() {},
    checkReady() {},
    gotGuild() {},
  });
  sockets.shards.set(0, shard);
  sockets.status = Status.Ready;
  const errors: unknown[] = [];
  const emit = client.emit.bind(client);
  Reflect.set(client, 'emit', (...reported: Parameters<typeof emit>) => {
    try {
      return emit(...reported);
    } catch (error) {
      errors.push(error);
      return true;
    }
  });
  const send = (t: string, d: unknown) => {
    try {
      sockets.handlePacket({ t, d }, shard);
      return true;
    } catch {
      return false;
    }
  };
  send('READY', { user: botUser, guilds: [], application: { id: ids.bot, flags: 0 } });
  return {
    client,
    send,
    reset() {
      for (const cache of [client.guilds.cache, client.users.cache, client.channels.cache])
        cache.clear();
      client.users.cache.set(ids.bot, client.user);
      send('READY', { user: botUser, guilds: [], application: { id: ids.bot, flags: 0 } });
      send('GUILD_CREATE', structuredClone(guild));
    },
    thrown: () => errors.splice(0),
  };
}
