import { TrackVotePolls } from '#src/people/track-votes.ts';
import type { SessionContext } from '#src/session/context.ts';
import { failureOf } from '#src/session/failure.ts';
import type { TrackStore } from '#src/session/ports/stores/track-store.ts';
import type { SoundRequest } from '#src/session/ports/tool.ts';
import type { ShelvedSound } from '#src/sources/fetch/ports.ts';
import { locales, text } from '#src/texts/texts.ts';
import { OwnedTracks } from './owned-tracks.ts';
import type { TrackCommand } from './perform-command.ts';
import { soundChosen } from './sound-matching.ts';
import { TrackPersistence } from './track-persistence.ts';
import { TrackVolumes } from './track-volumes.ts';

/** All about the tracks of one session, from the call to the goodbye. */
export class SessionTracks {
  readonly owned: OwnedTracks;
  /** Volumes of the bot's own tracks. */
  readonly volume: TrackVolumes;
  /** Polls of track votes. */
  readonly polls = new TrackVotePolls<TrackCommand>();
  /** Whom the bot has asked which sound they mean. */
  readonly choices = new SoundChoices();
  readonly #context: SessionContext;
  readonly #keeper: TrackPersistence;
  #keeping: Promise<void> = Promise.resolve();
  #isPassedOn = false;

  /** `former`: tracks of the session that this one goes on from. */
  constructor(context: SessionContext, store: TrackStore, former: SessionTracks | undefined) {
    this.#context = context;
    this.owned = former?.owned ?? new OwnedTracks(context.parts);
    this.volume = former?.volume ?? new TrackVolumes();
    this.#keeper = new TrackPersistence(context, store, this, former !== undefined);
  }

  /** Brings back what a former process left, and keeps all for the next one until `signal` is aborted. */
  run(signal: AbortSignal): void {
    this.#keeping = this.#keep(signal);
  }

  /** Another session goes on with what plays. */
  passOn(): void {
    this.#isPassedOn = true;
  }

  /**
   * After the signal of `run` is aborted. What goes on elsewhere is kept there; else all that plays ends. Never throws.
   */
  async end(how: 'keep' | 'forget'): Promise<void> {
    await this.#keeping;
    await this.#keeper.close(this.#isPassedOn ? 'forget' : how);
    if (!this.#isPassedOn) this.owned[Symbol.dispose]();
  }

  /** Ends what plays, because the session could not begin or go on elsewhere. */
  drop(): void {
    this.owned[Symbol.dispose]();
  }

  async #keep(signal: AbortSignal): Promise<void> {
    const { channel, parts } = this.#context;
    try {
      await this.#keeper.run(signal);
    } catch (error) {
      parts.onEvent(channel.guildId, failureOf(error, 'speak'));
    }
  }
}

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
