import type {
  Command,
  CommandCall,
  CommandPorts,
  Replies,
} from '#src/features/command.ts';
import { everyTrack } from '#src/features/tracks/track-names.ts';
import { toOutcomeLine } from '#src/features/tracks/track-request-outcomes.ts';
import { commandInChannel } from './command-rights.ts';

const stopKinds = ['speech', 'sounds', 'everything'] as const;

/** `/stop`: silences the bot at once, or stops sounds. */
export const stop: Command = commandInChannel({
  name: 'stop',
  description: 'command.stop',
  isForEverybody: true,
  isNeverLimited: true,
  help: { topic: 'stop', command: 'stop', buildLine: () => ({ id: 'help.stop' }) },
  options: [
    { name: 'what', description: 'command.stop', kind: 'choice', values: stopKinds },
  ],
  run: async (call, ports) => {
    const { what: typedKind } = call.inputs;
    const stopKind = stopKinds.find((kind) => kind === typedKind) ?? 'speech';
    const isSilenced =
      stopKind !== 'sounds' &&
      ports.features.typed.stopSpeaking(call.guildId) === 'stopped';
    if (stopKind !== 'speech') return stopSounds(call, ports, isSilenced);
    return [{ id: isSilenced ? 'stop.ok' : 'stop.silent' }];
  },
});

/** Stops sounds. Only a DJ stops those of others. */
function stopSounds(
  call: CommandCall,
  { features }: CommandPorts,
  isSilenced: boolean,
): Replies {
  const outcomes = features.tracks.changeTracks(
    call.guildId,
    call.caller,
    { kind: 'stop' },
    everyTrack,
  );
  const isStopped = isSilenced || outcomes.some(({ kind }) => kind === 'changed');
  if (!outcomes.some(({ kind }) => kind === 'denied'))
    return [{ id: isStopped ? 'stop.ok' : 'stop.nothing' }];
  return [
    { id: isStopped ? 'stop.ok' : 'perm.dj', lines: outcomes.map(toOutcomeLine) },
  ];
}
