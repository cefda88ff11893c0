import {
  type ChannelPlace,
  findGuild,
  findPlace,
  type Guild,
  isVoiceKind,
  type World,
} from '#sandbox/world/world.ts';
import type { PostedContent } from '#sandbox/world/world-messages.ts';
import { isAllowed, type Permission } from '#sandbox/world/world-permissions.ts';
import {
  type ChannelId,
  type MessageId,
  type PersonId,
  toChannelId,
  toGuildId,
  toMessageId,
  toPersonId,
} from '#src/base/ids.ts';
import { type RestAnswer, type RestCall, refusalAnswers } from './rest-route.ts';

/** Finds the server of the path, and answers with the result of `then`, or with 404. */
export function withGuild(
  world: World,
  call: RestCall,
  then: (guild: Guild) => RestAnswer,
): RestAnswer {
  const guild = findGuild(world, toGuildId(call.param('guild')));
  return guild ? then(guild) : refusalAnswers.unknownGuild;
}

/** Finds the id of the person that a path names. `@me` is the bot. */
export function getUserId({ bot }: World, call: RestCall): PersonId {
  const user = call.param('user');
  return user === '@me' ? bot.id : toPersonId(user);
}

/** Reads the id of the channel that a path names. */
export function getChannelId(call: RestCall): ChannelId {
  return toChannelId(call.param('channel'));
}

/** Reads the id of the message that a path names. */
export function getMessageId(call: RestCall): MessageId {
  return toMessageId(call.param('message'));
}

/** Finds the channel, and answers with the result of `then`, or with 404. */
export function withChannel(
  world: World,
  id: ChannelId,
  then: (channelPlace: ChannelPlace) => RestAnswer,
): RestAnswer {
  const channelPlace = findPlace(world, id);
  return channelPlace ? then(channelPlace) : refusalAnswers.unknownChannel;
}

/** Does as `withChannel`, but refuses a channel that the bot cannot see, or a voice channel that it may not enter. */
export function withOpenChannel(
  world: World,
  id: ChannelId,
  then: (channelPlace: ChannelPlace) => RestAnswer,
): RestAnswer {
  return withChannel(world, id, (channelPlace) => {
    const { guild, channel } = channelPlace;
    const mayHere = (permission: 'viewChannel' | 'connect') =>
      isAllowed(world, guild, world.bot.id, permission, channel);
    const isOpen =
      mayHere('viewChannel') && (!isVoiceKind(channel) || mayHere('connect'));
    return isOpen ? then(channelPlace) : refusalAnswers.forbidden;
  });
}

/** Returns whether the bot may write `content` there. */
export function canWrite(
  world: World,
  { guild, channel }: ChannelPlace,
  content: PostedContent,
): boolean {
  const writePermission = channel.kind === 'thread' ? 'sendInThreads' : 'sendMessages';
  const mayHere = (permission: Permission) =>
    isAllowed(world, guild, world.bot.id, permission, channel);
  if (!mayHere(writePermission)) return false;
  if (content.embeds?.length && !mayHere('embedLinks')) return false;
  return !content.uploads?.length || mayHere('attachFiles');
}
