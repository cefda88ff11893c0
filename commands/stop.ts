import { type SilenceOutcome, toSilenceLine } from '#src/conversation/mouth/silence.ts';
import type {
  Command,
  CommandCall,
  CommandPorts,
  Replies,
} from '#src/features/command.ts';
import { everyTrack } from '#src/features/tracks/track-names.ts';
import { toOutcomeLine } from '#src/features/tracks/track-request-outcomes.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { commandAboutSounds } from './command-rights.ts';

const stopKinds = ['speech', 'sounds', 'everything'] as const;

/** `/stop`: silences the bot at once, or stops sounds. */
export const stop: Command = commandAboutSounds({
  name: 'stop',
  description: 'command.stop',
  isForEverybody: true,
  isNeverLimited: true,
  help: { topic: 'stop', command: 'stop', buildLine: () => ({ id: 'help.stop' }) },
  options: [
    {
      name: 'what',
      description: 'command.stop.what',
      kind: 'choice',
      values: stopKinds,
    },
  ],
  run: async (call, ports) => {
    const { what: typedKind } = call.inputs;
    const stopKind = stopKinds.find((kind) => kind === typedKind) ?? 'speech';
    if (stopKind === 'sounds') return stopSounds(call, ports, nothingSilenced);
    const silenced = ports.features.typed.stopSpeaking(call.guildId);
    return stopKind === 'everything'
      ? stopSounds(call, ports, silenced)
      : [toSilenceLine(silenced)];
  },
});

const nothingSilenced = { kind: 'nothing', paused: [] } as const;

/** Stops sounds. Only a DJ removes those of others, which stay paused. */
function stopSounds(
  call: CommandCall,
  { features }: CommandPorts,
  silenced: SilenceOutcome,
): Replies {
  const outcomes = features.tracks.changeTracks(
    call.guildId,
    call.caller,
    { kind: 'stop' },
    everyTrack,
  );
  const isStopped =
    silenced.kind === 'stopped' || outcomes.some(({ kind }) => kind === 'changed');
  if (!outcomes.some(({ kind }) => kind === 'denied'))
    return [{ id: isStopped ? 'stop.ok' : 'stop.nothing' }];
  const paused = silenced.paused.filter(({ track }) =>
    outcomes.some((outcome) => outcome.kind === 'denied' && outcome.track === track),
  );
  const headline: TextLine = isStopped
    ? toSilenceLine({ kind: 'stopped', paused })
    : { id: 'perm.dj' };
  return [{ ...headline, lines: outcomes.map(toOutcomeLine) }];
}
