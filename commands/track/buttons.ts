import { notInChannel } from '#commands/rights.ts';
import type { Public } from '#src/base/public.ts';
import { maxVolumePercent } from '#src/base/volume.ts';
import type { Button, CommandCall } from '#src/conversation/command.ts';
import { referredTrack } from '#src/features/tracks/track-names.ts';
import type { TrackAction } from '#src/features/tracks/track-outcomes.ts';
import { TrackRequests } from '#src/features/tracks/track-requests.ts';
import type { PlainTextId } from '#src/texts/texts.ts';
import { listed } from './list.ts';
import { callerOf, repliesOf, shortRepliesOf } from './replies.ts';

/** Volume change of one press, in percent. */
const stepPercent = 10;

/** Second row of the panel, where `about` is the track; and the vote button under a refusal, where `about` is the poll. */
export const trackPresses: readonly Button[] = [
  actionButton('pause', 'button.track.pause'),
  actionButton('resume', 'button.track.resume'),
  actionButton('skip', 'button.track.skip'),
  volume('quieter', -stepPercent),
  volume('louder', stepPercent),
  { name: 'track.list', label: 'button.track.list', style: 'plain', run: listed },
  {
    name: 'track.vote',
    label: 'button.track.vote',
    style: 'plain',
    async run(call, { port, sessions }) {
      const barred = notInChannel(call, sessions);
      if (barred) return [barred];
      const all = port(TrackRequests).vote(call.guildId, call.callerId, about(call));
      return all.some(({ kind }) => kind === 'denied') ? shortRepliesOf(all) : repliesOf(all);
    },
  },
];

function actionButton(
  name: Extract<TrackAction, 'pause' | 'resume' | 'skip'>,
  label: PlainTextId,
): Button {
  return {
    name: `track.${name}`,
    label,
    style: 'plain',
    async run(call, { port, sessions }) {
      const barred = notInChannel(call, sessions);
      if (barred) return [barred];
      return shortRepliesOf(
        port(TrackRequests).steer(
          call.guildId,
          callerOf(call),
          name,
          trackOf(call, port(TrackRequests)),
        ),
      );
    },
  };
}

function volume(name: 'quieter' | 'louder', change: number): Button {
  return {
    name: `track.${name}`,
    label: `button.track.${name}`,
    style: 'plain',
    async run(call, { port, sessions }) {
      const barred = notInChannel(call, sessions);
      if (barred) return [barred];
      const track = trackOf(call, port(TrackRequests));
      const view = port(TrackRequests)
        .list(call.guildId)
        ?.find((one) => one.name === track);
      const percent = Math.min(maxVolumePercent, Math.max(0, (view?.percent ?? 100) + change));
      const setting = { kind: 'volume', percent } as const;
      return shortRepliesOf([
        port(TrackRequests).change(call.guildId, callerOf(call), setting, track),
      ]);
    },
  };
}

/** Name of the track that a button is about. */
function trackOf(call: CommandCall, tracks: Public<TrackRequests>): string {
  const names = tracks.list(call.guildId)?.map(({ name }) => name) ?? [];
  return referredTrack(about(call), names);
}

function about({ words }: CommandCall): string {
  return words.about ?? '';
}
