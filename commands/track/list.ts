import { notInChannel, nowhere } from '#commands/rights.ts';
import type { Command, CommandCall, CommandPorts, Replies } from '#src/conversation/command.ts';
import { isOwnTrack } from '#src/features/tracks/track-names.ts';
import { TrackRequests } from '#src/features/tracks/track-requests.ts';
import { trackLine } from './replies.ts';

export const list: Command = {
  name: 'list',
  description: 'command.track.list',
  shownTo: 'caller',
  options: [],
  run: listed,
};

async function listed(
  call: CommandCall,
  { port, sessions }: Pick<CommandPorts, 'port' | 'sessions'>,
): Promise<Replies> {
  const barred = notInChannel(call, sessions);
  if (barred) return [barred];
  const views = port(TrackRequests).list(call.guildId);
  if (!views) return [nowhere];
  const lines = views.map((view) => trackLine(view, call.callerLocale));
  const [first = { id: 'stop.nothing' } as const, ...rest] = views.some(
    ({ current, name }) => current && !isOwnTrack(name),
  )
    ? lines
    : [{ id: 'stop.nothing' } as const, ...lines];
  return [{ ...first, to: 'caller', lines: rest }];
}
