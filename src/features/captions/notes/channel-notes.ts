import type { Erasures } from '#src/base/erasures.ts';
import type { ChannelId, GuildId, PersonId } from '#src/base/ids.ts';
import type { Recap } from '#src/features/captions/answers/recap.ts';
import {
  captionsDaysSetting,
  notesSetting,
} from '#src/features/captions/caption-settings.ts';
import type { CaptionShardDeps } from '#src/features/captions/transcripts/transcript-stores.ts';
import { findPeopleNamed } from '#src/features/memories/person-by-name.ts';
import { mayOpen } from '#src/people/audience.ts';
import { Owned } from '#src/people/owned.ts';
import { withStoreTimeout } from '#src/ports/stores.ts';
import type { NewNote, Note, NotesPlace } from '#src/stores/transcripts/note-store.ts';
import type { TranscriptSession } from '#src/stores/transcripts/transcript-line.ts';
import { takeFirstChars, toVisibleLine } from '#src/texts/plain-text.ts';
import type { TextLine } from '#src/texts/texts.ts';

/** A person who reads or corrects notes. */
export type NotesReader = { readonly id: PersonId; readonly name: string };

export type NotesDeps = Pick<
  CaptionShardDeps,
  | 'captionChats'
  | 'clock'
  | 'consents'
  | 'onEvent'
  | 'places'
  | 'settings'
  | 'transcripts'
> & { readonly erasures: Pick<Erasures, 'admitErasure'> };

export const maxNoteChars = 200;
const maxNameChars = 64;
/** Stands between who said a point and who corrected it. */
const correctedMark = ' \u270e ';

/**
 * Notes of voice channels: the points of the recaps of all sessions, which people who may open the channel read, correct and
 * delete. Notes outlive the captions that they were made of.
 */
export class ChannelNotes {
  readonly #deps: NotesDeps;

  constructor(deps: NotesDeps) {
    this.#deps = deps;
  }

  /** Tests whether sessions in this channel add to its notes. Nothing is kept where captions stay off the disk. */
  areKept(guildId: GuildId, channelId: ChannelId): boolean {
    const { getValue } = this.#deps.settings.getForChannel(guildId, channelId);
    return getValue(notesSetting) && getValue(captionsDaysSetting) > 0;
  }

  /**
   * Adds the points of a recap. Points of people who agreed for the session alone are left out, and points that name one of
   * `leftOutIds`. Throws BotError `store.*`.
   */
  async addRecap(
    recap: Owned<Recap>,
    { channelId, guildId }: TranscriptSession,
    leftOutIds: readonly PersonId[],
  ): Promise<void> {
    const { erasures, places, transcripts } = this.#deps;
    const leftOut = await places.listMembers(guildId, leftOutIds);
    const { points = [] } = recap.findForPlace(channelId) ?? {};
    const notes = points
      .filter(
        ({ isBrief, text }) => !isBrief && findPeopleNamed(text, leftOut).length === 0,
      )
      .map(({ atWallMs, kind, name, personIds, text }): NewNote => {
        return { atWallMs, kind, name, personIds, text };
      });
    if (notes.length === 0) return;
    const added = await transcripts.onDisk.notes.add({ channelId, guildId }, notes);
    // Words of a person may have been erased while their notes were written.
    if (!recap.isErased) return;
    const numbers = added.map(({ number }) => number);
    const part = {
      kind: 'part',
      guildId,
      part: `notes ${channelId} ${numbers}`,
    } as const;
    await erasures.admitErasure(part, (erasure) =>
      transcripts.onDisk.notes.remove(erasure, channelId, numbers),
    );
  }

  /** Lists the notes of a channel that a reader may know. Undefined if the store cannot be read. */
  async listNotes(
    place: NotesPlace,
    readerId: PersonId,
  ): Promise<Owned<readonly Note[]> | undefined> {
    const { channelId, guildId } = place;
    const choices = this.#deps.consents.getChoices(guildId);
    const reading = choices.erasedWords.beginReading();
    const isOpen = await mayOpen(guildId, channelId, readerId, this.#deps);
    if (isOpen !== 'yes') return new Owned([], 'given');
    const stored = await this.#ask(guildId, 'store.unreadable', () =>
      this.#deps.transcripts.onDisk.notes.list(place),
    );
    if (!stored) return undefined;
    // While rows of a forgotten person wait, they are not shown.
    const isForgotten = (id: PersonId) => choices.findConsent(id)?.kind === 'forgotten';
    const notes = stored.filter(({ personIds }) => !personIds.some(isForgotten));
    const shownIds = new Set(notes.flatMap(({ personIds }) => personIds));
    return new Owned(
      notes,
      { channelId },
      reading.toSources((id) => shownIds.has(id)),
    );
  }

  /** Gives a note the words of a reader, whose name stands beside it from then on. Returns the line for the reader. */
  async correctNote(
    place: NotesPlace,
    number: number,
    typed: string,
    reader: NotesReader,
  ): Promise<TextLine> {
    const { consents, transcripts } = this.#deps;
    if (consents.getChoices(place.guildId).isLeftOut(reader.id) !== false)
      return { id: 'notes.left_out' };
    const note = await this.#findNote(place, number, reader.id);
    if (!note) return { id: note === undefined ? 'store.unread' : 'notes.none' };
    const [speaker = ''] = note.name.split(correctedMark);
    const corrected = {
      number,
      text: takeFirstChars(toVisibleLine(typed), maxNoteChars),
      name: `${speaker}${correctedMark}${takeFirstChars(toVisibleLine(reader.name), maxNameChars)}`,
      personIds: [...new Set([...note.personIds, reader.id])],
    };
    if (corrected.text === '') return { id: 'notes.none' };
    const isChanged = await this.#ask(place.guildId, 'store.unwritable', () =>
      transcripts.onDisk.notes.correct(place, corrected),
    );
    return { id: isChanged ? 'confirm.done' : 'store.unread' };
  }

  /** Deletes a note for a reader. Returns the line for the reader. */
  async removeNote(
    place: NotesPlace,
    number: number,
    readerId: PersonId,
  ): Promise<TextLine> {
    const { erasures, transcripts } = this.#deps;
    const { channelId, guildId } = place;
    const note = await this.#findNote(place, number, readerId);
    if (!note) return { id: note === undefined ? 'store.unread' : 'notes.none' };
    const part = {
      kind: 'part',
      guildId,
      part: `note ${channelId} ${number}`,
    } as const;
    const removed = await this.#ask(guildId, 'store.unwritable', () =>
      erasures.admitErasure(part, (erasure) =>
        transcripts.onDisk.notes.remove(erasure, channelId, [number]),
      ),
    );
    return { id: removed === undefined ? 'store.unread' : 'confirm.done' };
  }

  /** Finds a note that a reader may know. `false`: there is none; undefined: the store cannot be read. */
  async #findNote(place: NotesPlace, number: number, readerId: PersonId) {
    const notes = await this.listNotes(place, readerId);
    if (!notes) return undefined;
    const note = notes.map((all) => all.find((each) => each.number === number));
    return note.findForPlace(place.channelId) ?? false;
  }

  #ask<T>(
    guildId: GuildId,
    code: 'store.unreadable' | 'store.unwritable',
    work: () => Promise<T>,
  ) {
    return withStoreTimeout(guildId, this.#deps, code, work);
  }
}
