import type {
  Command,
  CommandCall,
  CommandPorts,
  Reply,
  SuggestValues,
} from '#src/features/command.ts';
import { hasRight } from '#src/people/rights.ts';
import { toJoinRoomLine } from '#src/ports/join-room-line.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';

export function toNotManagingReply({ caller }: CommandCall): Reply | undefined {
  return caller.mayManage ? undefined : { id: 'perm.manage' };
}

export const nowhereReply: Reply = { id: 'leave.nowhere', buttons: ['try.join'] };

export const pausedReply: Reply = { id: 'privacy.paused', buttons: ['pause:resume'] };

export function findChannelObjection(
  { guildId, caller }: CommandCall,
  { places, sessions }: CommandPorts,
): Reply | undefined {
  const channel = sessions.at(guildId);
  if (!channel) return nowhereReply;
  const isHere = caller.channel?.channelId === channel.channelId;
  if (hasRight('room', { ...caller, isHere, isAlone: false, isDj: false }))
    return undefined;
  return toJoinRoomLine(channel, caller.id, places);
}

export function onlyInChannel(run: Command['run']): Command['run'] {
  return unlessBarred(findChannelObjection, run);
}

export function commandInChannel(command: Command): Command {
  const options = command.options.map((option) =>
    option.kind === 'text' && option.suggest
      ? { ...option, suggest: suggestInChannel(option.suggest) }
      : option,
  );
  return { ...command, options, run: onlyInChannel(command.run) };
}

function suggestInChannel(suggest: SuggestValues): SuggestValues {
  return async (typed, call, ports) =>
    findChannelObjection(call, ports) ? [] : await suggest(typed, call, ports);
}

/**
 * Makes a command about what sounds in the channel of the bot. Titles, and names of people there, are for those who may
 * open the channel: all read them in its chat, elsewhere the caller alone. Others may only silence the bot.
 */
export function commandAboutSounds(command: Command): Command {
  return commandInChannel({
    ...command,
    options: command.options.map((option) =>
      option.kind === 'text' && option.suggest
        ? { ...option, suggest: suggestToListeners(option.suggest) }
        : option,
    ),
    run: tellListeners(command),
  });
}

/** Gives the replies of a command about sounds to those who may read them. */
export function tellListeners({
  isNeverLimited,
  run,
}: Pick<Command, 'isNeverLimited' | 'run'>): Command['run'] {
  return async (call, ports) => {
    const channel = ports.sessions.at(call.guildId);
    if (!channel) return [nowhereReply];
    if (!isNeverLimited && !(await mayKnowSounds(call, channel, ports)))
      return [toJoinRoomLine(channel, call.caller.id, ports.places)];
    const [reply, ...laterReplies] = await run(call, ports);
    // The run may have waited for the end of a sound.
    if (!(await mayKnowSounds(call, channel, ports))) return [{ id: 'confirm.done' }];
    if (call.placeId === channel.channelId) return [reply, ...laterReplies];
    return [toPrivateReply(reply), ...laterReplies.map(toPrivateReply)];
  };
}

function suggestToListeners(suggest: SuggestValues): SuggestValues {
  return async (typed, call, ports) => {
    const channel = ports.sessions.at(call.guildId);
    const mayKnow = channel && (await mayKnowSounds(call, channel, ports));
    return mayKnow ? await suggest(typed, call, ports) : [];
  };
}

async function mayKnowSounds(
  { caller, guildId }: CommandCall,
  { channelId }: ChannelRef,
  { sessions }: CommandPorts,
) {
  return await sessions.canOpen(guildId, channelId, caller.id);
}

function toPrivateReply(reply: Reply): Reply {
  return reply.to === 'room' ? { ...reply, to: 'caller' } : reply;
}

export function onlyIfAdmitted(run: Command['run']): Command['run'] {
  return async (call, ports) => {
    const denied = await ports.guilds.findDenial(call);
    return denied ? [denied] : await run(call, ports);
  };
}

export function onlyIfManaging(run: Command['run']): Command['run'] {
  return unlessBarred(toNotManagingReply, run);
}

function unlessBarred(
  barrier: typeof findChannelObjection,
  run: Command['run'],
): Command['run'] {
  return async (call, ports) => {
    const barred = barrier(call, ports);
    return barred ? [barred] : await run(call, ports);
  };
}
