import { closest } from '#commands/closest-names.ts';
import type { ListedSession } from '#src/features/captions/transcript-store-types.ts';
import type { CommandCall, CommandOption, CommandPorts } from '#src/features/contract/command.ts';
import type { WallTimes } from '#src/texts/wall-time.ts';

/** Option for a session by its day, time and channel; offers sessions with lines that the caller may know. */
export const sessionOption: CommandOption = {
  name: 'session',
  description: 'command.captions.session',
  kind: 'text',
  maxChars: 100,
  suggest: async (typed, call, ports) => closest(typed, [...(await byLabel(call, ports)).keys()]),
};

/** The picked session; an empty option means the last one. */
export async function pickedSession(
  call: CommandCall,
  ports: Pick<CommandPorts, 'features' | 'timesIn'>,
): Promise<{ readonly sessionId?: string } | 'unknown'> {
  const typed = call.words.session?.trim();
  if (!typed) return {};
  const session = (await byLabel(call, ports)).get(typed);
  return session ? { sessionId: session.id } : 'unknown';
}

async function byLabel(
  { guildId, callerId }: CommandCall,
  { features, timesIn }: Pick<CommandPorts, 'features' | 'timesIn'>,
): Promise<ReadonlyMap<string, ListedSession>> {
  const sessions = await features.transcripts.sessions(guildId, callerId);
  const times = timesIn(guildId);
  return new Map((sessions ?? []).map((session) => [labelOf(session, times), session]));
}

function labelOf(
  { startedAtWallMs, channelName, lineCount }: ListedSession,
  times: WallTimes,
): string {
  const when = `${times.day(startedAtWallMs)} ${times.minute(startedAtWallMs)}`;
  return `${when} ${channelName.slice(0, 60)} (${lineCount})`;
}
