import type { Public } from '#src/base/public.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import type { EndNews, FeatureSession } from '#src/conversation/feature.ts';
import type { LeaveReason } from '#src/conversation/joining/leave-reason.ts';
import type { FeaturePanel, PanelTrack } from '#src/conversation/ports/panel.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { TrackVotePolls } from '#src/people/track-votes.ts';
import type { TrackCommand } from './perform-track-command.ts';
import { panelButtons } from './track-names.ts';
import type { ListedTrack } from './track-outcomes.ts';
import { TrackPersistence } from './track-persistence.ts';
import type { TrackStore } from './track-store.ts';
import { TracksAndSoundOwners } from './tracks-and-sound-owners.ts';

/** Reasons after which tracks go on when the bot is called back: no person sent it away. */
const keepsTracks: ReadonlySet<LeaveReason> = new Set(['stopped', 'lost', 'refused', 'outdated']);
/** The panel shows the position of a sound in such steps, in ms: each is an edit. */
const stepMs = 5_000;

/** Named tracks of one session. */
export class SessionTracks implements FeatureSession {
  readonly owned: TracksAndSoundOwners;
  /** Polls of track votes. */
  readonly polls = new TrackVotePolls<TrackCommand>();
  readonly #context: SessionContext;
  readonly #keeper: TrackPersistence;
  #keeping: Promise<void> | undefined;

  /** `former`: tracks of the session that this one goes on from. */
  constructor(
    context: SessionContext,
    store: Public<TrackStore>,
    former: SessionTracks | undefined,
  ) {
    this.#context = context;
    this.owned = former?.owned ?? new TracksAndSoundOwners(context.mix.tracks);
    this.#keeper = new TrackPersistence(context, store, this.owned, former !== undefined);
  }

  /** Brings back what a former process left, and keeps all for the next one until the session is over. */
  entered(): void {
    this.#keeping ??= this.#keep();
  }

  /** Keeps tracks that go on elsewhere; otherwise all of them end. */
  async ended(why: LeaveReason): Promise<EndNews> {
    await this.#keeping;
    const { mix } = this.#context;
    await this.#keeper.close(keepsTracks.has(why) && !mix.isPassedOn ? 'keep' : 'forget');
    mix.end();
    return {};
  }

  panel(): FeaturePanel {
    const tracks = this.owned.views.flatMap(shownTrack);
    return tracks.length > 0 ? { tracks, buttons: panelButtons(tracks) } : {};
  }

  async #keep(): Promise<void> {
    const { channel, parts, signal } = this.#context;
    try {
      await this.#keeper.run(signal);
    } catch (error) {
      parts.onEvent(channel.guildId, failureEventOf(error, 'speak'));
    }
  }
}

function shownTrack({
  name,
  percent,
  isPaused,
  isMuted,
  current,
}: ListedTrack): readonly PanelTrack[] {
  if (!current) return [];
  const { title, positionMs: exactMs = 0, lengthMs } = current;
  const positionMs = exactMs - (exactMs % stepMs);
  const length = lengthMs !== undefined && { lengthMs };
  return [{ name, title, percent, isPaused, isMuted, positionMs, ...length }];
}

/** A requested sound of the library. */
export type SoundRequest = {
  /** Name as the asker says it. */
  readonly sound: string;
  /** Left out: the usual one. */
  readonly track?: string;
  readonly loop?: boolean;
  /** Before all that wait. */
  readonly next?: boolean;
};
