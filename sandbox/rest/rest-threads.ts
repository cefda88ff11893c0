import { z } from 'zod';
import { type Dispatch, intents } from '#sandbox/gateway/gateway-wire.ts';
import type { ChannelPlace, World } from '#sandbox/world/world.ts';
import type { Changes } from '#sandbox/world/world-changes.ts';
import { channelJson } from '#sandbox/world/world-guild-json.ts';
import { newChannel } from '#sandbox/world/world-making.ts';
import { may } from '#sandbox/world/world-permissions.ts';
import { withOpenChannel } from './rest-place.ts';
import {
  ok,
  type RestAnswer,
  type RestCall,
  type RestRoute,
  refusals,
  withBody,
} from './rest-route.ts';

/** Source: Discord docs, "Start Thread without Message": without a type it is a private one, which is not modelled. */
const thread = z.looseObject({ name: z.string(), type: z.literal(11) });
const threadChange = z.looseObject({ archived: z.boolean() });

/** Public threads that the bot opens; it writes there as in any channel. */
export function threadRoutes(
  world: World,
  dispatch: (event: Dispatch) => void,
  changes: Changes,
): readonly RestRoute[] {
  const open = (call: RestCall, { guild, channel }: ChannelPlace): RestAnswer =>
    withBody(thread, call.body, ({ name }) => {
      if (channel.kind !== 'text') return refusals.wrongKind;
      if (!may(world, guild, world.bot.id, 'createThreads', channel)) return refusals.notPermitted;
      const kin = { parentId: channel.id, ownerId: world.bot.id };
      const created = newChannel(world, { name, kind: 'thread', position: 0, ...kin });
      guild.channels = [...guild.channels, created];
      const body = channelJson(guild, created);
      const data = { ...body, newly_created: true };
      dispatch({ name: 'THREAD_CREATE', guildId: guild.id, data, intent: intents.guilds });
      return { status: 201, body };
    });
  const change = (call: RestCall, { guild, channel }: ChannelPlace): RestAnswer => {
    if (channel.kind !== 'thread') return refusals.wrongKind;
    if (!may(world, guild, world.bot.id, 'sendInThreads', channel)) return refusals.notPermitted;
    return withBody(threadChange, call.body, ({ archived }) => {
      changes.archive(guild, channel, archived);
      return ok(channelJson(guild, channel));
    });
  };
  const at = (then: typeof open) => (call: RestCall) =>
    withOpenChannel(world, call.param('channel'), (place) => then(call, place));
  return [
    { method: 'POST', path: '/channels/:channel/threads', answer: at(open) },
    { method: 'PATCH', path: '/channels/:channel', answer: at(change) },
  ];
}
