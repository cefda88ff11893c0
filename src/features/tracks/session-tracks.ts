import type { Public } from '#src/base/public.ts';
import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import type { EndNews, FeatureSession } from '#src/conversation/feature.ts';
import type { LeaveReason } from '#src/conversation/joining/leave-reason.ts';
import type { PanelFace, PanelTrack } from '#src/conversation/ports/panel.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { TrackVotePolls } from '#src/people/track-votes.ts';
import type { ShelvedSound } from '#src/sources/fetch/ports.ts';
import { locales, text } from '#src/texts/texts.ts';
import type { TrackCommand } from './perform-track-command.ts';
import { soundChosen } from './sound-matching.ts';
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
  /** Whom the bot has asked which sound they mean. */
  readonly choices = new SoundChoices();
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

  panel(): Partial<PanelFace> {
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
  /** True where that is its full name. */
  readonly isName?: boolean | undefined;
  /** Left out: the usual one. */
  readonly track?: string | undefined;
  readonly loop?: boolean | undefined;
  /** Before all that wait. */
  readonly next?: boolean | undefined;
};

/** Time, in ms, in which a person may choose one of several sounds they were asked about. */
const openMs = 60_000;

type Choice = {
  readonly offered: readonly ShelvedSound[];
  readonly request: SoundRequest;
  readonly untilMs: number;
};

/** Questions "which of these sounds?" of one session; each person has one, the last. */
class SoundChoices {
  readonly #open = new Map<string, Choice>();

  ask(
    personId: string,
    request: SoundRequest,
    offered: readonly ShelvedSound[],
    nowMs: number,
  ): void {
    for (const [id, { untilMs }] of this.#open) if (untilMs <= nowMs) this.#open.delete(id);
    this.#open.set(personId, { offered, request, untilMs: nowMs + openMs });
  }

  /** The former wish of this person, with the sound that these words choose; undefined where they choose none. */
  chosen(personId: string, words: string, nowMs: number): SoundRequest | undefined {
    const choice = this.#open.get(personId);
    if (!choice || choice.untilMs <= nowMs) return undefined;
    const sound = soundChosen(words, choice.offered, ordinals());
    return sound && { ...choice.request, sound: sound.name, isName: true };
  }

  over(personId: string): void {
    this.#open.delete(personId);
  }
}

function ordinals(): readonly (readonly string[])[] {
  return locales().map((locale) => text('track.ordinals', {}, locale).split(', '));
}
