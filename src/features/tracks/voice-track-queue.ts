import { titleOf } from '#src/conversation/output/lazily-synthesised-text.ts';
import type { Asker } from '#src/conversation/ports/command-ports.ts';
import type { ListedTurn, Requests } from '#src/conversation/requests.ts';
import type { PlainTextId } from '#src/texts/texts.ts';
import { placeMeant, type TrackCommand } from './perform-track-command.ts';
import { voiceTrack as track } from './track-names.ts';
import type { ListedTrack, TrackOutcome } from './track-outcomes.ts';

/** Speech on the track `voice`: listed, skipped and removed one by one like the sounds of a track. */
export class VoiceTrackQueue {
  readonly #queue: Requests;
  readonly #say: (id: PlainTextId) => string;

  /** `say` puts a text into the language of the server. */
  constructor(queue: Requests, say: (id: PlainTextId) => string) {
    this.#queue = queue;
    this.#say = say;
  }

  get view(): Pick<ListedTrack, 'current' | 'waiting'> {
    const now = this.#now;
    const waiting = this.#waiting.map((turn) => ({ title: this.#title(turn), ...ownerName(turn) }));
    const current = now && { title: this.#title(now), ...ownerName(now), loop: false };
    return { current, waiting };
  }

  /** Same as `TracksAndSoundOwners.subject`. */
  subject(command: TrackCommand): string {
    const [first] = this.#touched(command);
    return JSON.stringify([command, first?.id ?? null]);
  }

  /** Same as `TracksAndSoundOwners.ownerBeside`. */
  ownerBeside(personId: string, command: TrackCommand): Asker | undefined {
    const owners = this.#touched(command).map(ownerOf);
    return owners.find((owner) => owner !== undefined && owner.id !== personId);
  }

  /** Same as `TracksAndSoundOwners.removal`. */
  removal(typed: string): TrackCommand | undefined {
    const waiting = this.#waiting;
    const turn =
      waiting[
        placeMeant(
          waiting.map((one) => this.#title(one)),
          typed,
        )
      ];
    return turn && { kind: 'remove', track, serial: turn.id };
  }

  /** Performs a command of a person who may give it. */
  perform(command: TrackCommand): TrackOutcome {
    const [first] = this.#touched(command);
    switch (command.kind) {
      case 'skip': {
        if (!first) return { kind: 'empty', track };
        const [next] = this.#waiting;
        const skipped = { kind: 'skipped', track, title: this.#title(first) } as const;
        const after = next && first.id === this.#now?.id && { next: this.#title(next) };
        this.#queue.drop(first, 'skipped');
        return { ...skipped, ...after };
      }
      case 'stop': {
        const all = this.#touched(command);
        for (const turn of all.toReversed()) this.#queue.drop(turn, 'stopped');
        return first
          ? { kind: 'stopped', track, removed: all.length - 1 }
          : { kind: 'empty', track };
      }
      case 'remove':
        if (!first) return { kind: 'over' };
        this.#queue.drop(first, 'skipped');
        return { kind: 'removed', track, title: this.#title(first) };
      default:
        return { kind: 'reserved', track };
    }
  }

  /** Takes away all that is this person's own. */
  removeOf(personId: string): TrackOutcome {
    const all = [...this.#waiting, ...(this.#now ? [this.#now] : [])];
    const own = all.filter((turn) => ownerOf(turn)?.id === personId);
    for (const turn of own) this.#queue.drop(turn, 'stopped');
    return own.length === 0
      ? { kind: 'empty', track }
      : { kind: 'removed-own', track, removed: own.length };
  }

  get #now(): ListedTurn | undefined {
    const { current } = this.#queue;
    return current && isSkippable(current) ? current : undefined;
  }

  get #waiting(): readonly ListedTurn[] {
    return this.#queue.line.filter(isSkippable);
  }

  #touched(command: TrackCommand): readonly ListedTurn[] {
    const all = [...(this.#now ? [this.#now] : []), ...this.#waiting];
    switch (command.kind) {
      case 'stop':
        return all;
      case 'remove':
        return this.#waiting.filter(({ id }) => id === command.serial);
      default:
        return all.slice(0, 1);
    }
  }

  /** Title of a turn for all people: a text, which all are going to hear, but not a question. */
  #title(turn: ListedTurn): string {
    switch (turn.kind) {
      case 'question':
        return this.#say('track.voice.answer');
      case 'reading':
        return titleOf(turn.reading.clauses.map((one) => one.textIn(undefined) ?? '\u2026'));
    }
  }
}

/** Some things everybody has to have heard. */
function isSkippable(turn: ListedTurn): boolean {
  return turn.kind !== 'reading' || turn.reading.interruptible !== false;
}

function ownerOf(turn: ListedTurn): Asker | undefined {
  switch (turn.kind) {
    case 'question':
      return { id: turn.by, name: turn.name };
    case 'reading':
      return turn.reading.owner;
  }
}

function ownerName(turn: ListedTurn): { readonly owner?: string } {
  const owner = ownerOf(turn);
  return owner ? { owner: owner.name } : {};
}
