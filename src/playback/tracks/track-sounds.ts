import type { Owner } from '#src/people/owned.ts';
import type { SoundOwner } from './track-item.ts';
import type { TrackCommand } from './track-outcomes.ts';

/** A sound on a named track, or a speech on `voice`. */
export type TrackSound = {
  readonly id: string;
  readonly title: string;
  readonly owner: SoundOwner['person'];
  /** Owner of the words in it. */
  readonly wordsOwner: Owner;
};

export type TrackSounds<Sound = TrackSound> = {
  readonly current: Sound | undefined;
  readonly waiting: readonly Sound[];
};

/** Lists the sounds that a command would change or end. */
export function listTouchedSounds<Sound extends TrackSound>(
  { current, waiting }: TrackSounds<Sound>,
  command: TrackCommand,
): readonly Sound[] {
  const sounds = current ? [current, ...waiting] : waiting;
  if (command.kind === 'stop') return sounds;
  if (command.kind !== 'remove') return sounds.slice(0, 1);
  const sound = findMeantSound(waiting, command.item);
  return sound ? [sound] : [];
}

/** Finds a waiting sound by its number from 1, its title, or both as in `2. rain`. */
export function findMeantSound<Sound extends Pick<TrackSound, 'title'>>(
  sounds: readonly Sound[],
  typed: string,
): Sound | undefined {
  const trimmed = typed.trim().toLowerCase();
  const [numbered = '', digits] = /^(\d{1,3})(?:\.|$)/.exec(trimmed) ?? [];
  const titles = sounds.map(({ title }) => title.toLowerCase());
  const title = trimmed.slice(numbered.length).trim();
  const index = digits === undefined ? -1 : Number(digits) - 1;
  if (title === '' || titles[index] === title) return sounds[index];
  // The sound moved up since its number was read, or was named by its title.
  const sameTitle = titles.indexOf(title);
  return sounds[
    sameTitle >= 0
      ? sameTitle
      : titles.findIndex((fullTitle) => fullTitle.includes(trimmed))
  ];
}
