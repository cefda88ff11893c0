import { callerOf } from '#commands/track/replies.ts';
import type {
  Command,
  CommandCall,
  CommandPorts,
  Replies,
  Reply,
} from '#src/features/contract/command.ts';
import { everyTrack } from '#src/features/tracks/track-names.ts';
import { trackOutcome } from '#src/features/tracks/track-outcome-texts.ts';
import { inChannel } from './rights.ts';

const kinds = ['speech', 'sounds', 'everything'] as const;
/** Most tracks put to the vote at once, each under a message of its own. */
const mostPolls = 5;

export const stop: Command = {
  name: 'stop',
  description: 'command.stop',
  help: { topic: 'stop', command: 'stop', line: () => ({ id: 'help.stop' }) },
  shownTo: 'caller',
  options: [{ name: 'what', description: 'command.stop', kind: 'choice', values: kinds }],
  run: inChannel(async (call, ports) => {
    const what = kinds.find((kind) => kind === call.words.what) ?? 'speech';
    const isSilenced = what !== 'sounds' && ports.features.typed.stop(call.guildId) === 'stopped';
    if (what !== 'speech') return stopSounds(call, ports, isSilenced);
    return [{ id: isSilenced ? 'stop.ok' : 'stop.nothing', to: 'caller' }];
  }),
};

/** Stops the caller's own sounds; for sounds of others a DJ stops them, and anybody else votes, as with `/track stop`. */
function stopSounds(
  call: CommandCall,
  { features }: Pick<CommandPorts, 'features'>,
  isSilenced: boolean,
): Replies {
  const all = features.tracks.change(call.guildId, callerOf(call), { kind: 'stop' }, everyTrack);
  const denied = all.filter((one) => one.kind === 'denied');
  const isStopped = isSilenced || all.some(({ kind }) => kind === 'stopped');
  if (denied.length === 0) return [{ id: isStopped ? 'stop.ok' : 'stop.nothing', to: 'caller' }];
  const polls = denied.slice(0, mostPolls).map((one): Reply => {
    return { ...trackOutcome(one), to: 'room', buttons: [`track.vote:${one.pollId}`] };
  });
  const lines = all.map(trackOutcome);
  const id = isStopped ? 'stop.ok' : 'perm.dj';
  return [{ id, to: 'caller', lines }, ...polls];
}
