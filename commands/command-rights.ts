import type {
  Command,
  CommandCall,
  CommandPorts,
  Reply,
  SuggestValues,
} from '#src/features/command.ts';
import { hasRight } from '#src/people/rights.ts';
import { toJoinRoomLine } from '#src/ports/join-room-line.ts';

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
