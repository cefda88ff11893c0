import { notInChannel } from '#commands/rights.ts';
import type { Command, CommandCall, CommandPorts, Replies } from '#src/session/ports/command.ts';
import { isOwnTrack } from '#src/session/tracks/track-names.ts';
import { nowhere, trackLine } from './replies.ts';

export const list: Command = {
  name: 'list',
  description: 'command.track.list',
  shownTo: 'caller',
  options: [],
  run: listed,
};

/** Also what the button of the panel does. */
export async function listed(
  call: CommandCall,
  { sessions, tracks }: Pick<CommandPorts, 'sessions' | 'tracks'>,
): Promise<Replies> {
  const barred = notInChannel(call, sessions);
  if (barred) return [barred];
  const views = tracks.list(call.guildId);
  if (!views) return [nowhere];
  const lines = views.map((view) => trackLine(view, call.callerLocale));
  const [first = { id: 'track.none' } as const, ...rest] = views.some(
    ({ current, name }) => current && !isOwnTrack(name),
  )
    ? lines
    : [{ id: 'track.none' } as const, ...lines];
  return [{ ...first, to: 'caller', lines: rest }];
}
