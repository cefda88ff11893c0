import { callerOf } from '#commands/track/replies.ts';
import type { CommandCall, CommandPorts, Replies } from '#src/features/command.ts';
import { everyTrack } from '#src/features/tracks/track-names.ts';
import { outcomeText } from '#src/features/tracks/track-outcomes.ts';
import { commandInChannel } from './rights.ts';

const kinds = ['speech', 'sounds', 'everything'] as const;

export const stop = commandInChannel({
  name: 'stop',
  description: 'command.stop',
  isForEverybody: true,
  isNeverLimited: true,
  help: { topic: 'stop', command: 'stop', line: () => ({ id: 'help.stop' }) },
  options: [{ name: 'what', description: 'command.stop', kind: 'choice', values: kinds }],
  run: async (call, ports) => {
    const what = kinds.find((kind) => kind === call.words.what) ?? 'speech';
    const isSilenced = what !== 'sounds' && ports.features.typed.stop(call.guildId) === 'stopped';
    if (what !== 'speech') return stopSounds(call, ports, isSilenced);
    return [{ id: isSilenced ? 'stop.ok' : 'stop.silent' }];
  },
});

/** Stops the caller's own sounds; only a DJ stops those of others, as with `/track stop`. */
function stopSounds(
  call: CommandCall,
  { features }: Pick<CommandPorts, 'features'>,
  isSilenced: boolean,
): Replies {
  const all = features.tracks.change(call.guildId, callerOf(call), { kind: 'stop' }, everyTrack);
  const isStopped = isSilenced || all.some(({ kind }) => kind === 'changed');
  if (!all.some(({ kind }) => kind === 'denied'))
    return [{ id: isStopped ? 'stop.ok' : 'stop.nothing' }];
  return [{ id: isStopped ? 'stop.ok' : 'perm.dj', lines: all.map(outcomeText) }];
}
