import {
  type ChannelPlace,
  findPlace,
  type Guild,
  guildWithId,
  isVoiceKind,
  type World,
} from '#sandbox/world/world.ts';
import type { PostedContent } from '#sandbox/world/world-messages.ts';
import { isAllowed } from '#sandbox/world/world-permissions.ts';
import { type RestAnswer, type RestCall, refusalAnswers } from './rest-route.ts';

/** Finds the server of the path, and answers with the result of `then`, or with 404. */
export function withGuild(
  world: World,
  call: RestCall,
  then: (guild: Guild) => RestAnswer,
) {
  const guild = guildWithId(world, call.param('guild'));
  return guild ? then(guild) : refusalAnswers.unknownGuild;
}

/** Finds the id of the person that a path names. `@me` is the bot. */
export function getUserId({ bot }: World, call: RestCall) {
  const user = call.param('user');
  return user === '@me' ? bot.id : user;
}

/** Finds the channel, and answers with the result of `then`, or with 404. */
export function withChannel(
  world: World,
  id: string,
  then: (place: ChannelPlace) => RestAnswer,
) {
  const place = findPlace(world, id);
  return place ? then(place) : refusalAnswers.unknownChannel;
}

/** Does as `withChannel`, but refuses a channel that the bot cannot see, or a voice channel that it may not enter. */
export function withOpenChannel(
  world: World,
  id: string,
  then: (place: ChannelPlace) => RestAnswer,
) {
  return withChannel(world, id, (place) => {
    const { guild, channel } = place;
    const mayHere = (what: 'viewChannel' | 'connect') =>
      isAllowed(world, guild, world.bot.id, what, channel);
    const isOpen =
      mayHere('viewChannel') && (!isVoiceKind(channel) || mayHere('connect'));
    return isOpen ? then(place) : refusalAnswers.forbidden;
  });
}

/** Returns whether the bot may write `content` there. */
export function canWrite(
  world: World,
  { guild, channel }: ChannelPlace,
  content: PostedContent,
) {
  const write = channel.kind === 'thread' ? 'sendInThreads' : 'sendMessages';
  const mayHere = (what: Parameters<typeof isAllowed>[3]) =>
    isAllowed(world, guild, world.bot.id, what, channel);
  if (!mayHere(write)) return false;
  if (content.embeds?.length && !mayHere('embedLinks')) return false;
  return !content.uploads?.length || mayHere('attachFiles');
}
