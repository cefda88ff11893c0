import type { SoundOwner } from './track-item.ts';
import type { TrackCommand } from './track-outcomes.ts';

/** A sound on a named track, or a speech on `voice`. */
export type TrackSound = {
  readonly id: string;
  readonly title: string;
  readonly owner: SoundOwner['person'];
};

export type TrackSounds<Sound = TrackSound> = {
  readonly current: Sound | undefined;
  readonly waiting: readonly Sound[];
};

export function listTouchedSounds<Sound extends TrackSound>(
  { current, waiting }: TrackSounds<Sound>,
  command: TrackCommand,
): readonly Sound[] {
  const all = current ? [current, ...waiting] : waiting;
  if (command.kind === 'stop') return all;
  if (command.kind !== 'remove') return all.slice(0, 1);
  const meant = findMeantSound(waiting, command.item);
  return meant ? [meant] : [];
}

/** By its number from 1, its title, or both as in `2. rain`. */
export function findMeantSound<Sound extends Pick<TrackSound, 'title'>>(
  sounds: readonly Sound[],
  typed: string,
): Sound | undefined {
  const trimmed = typed.trim().toLowerCase();
  const [numbered = '', digits] = /^(\d{1,3})(?:\.|$)/.exec(trimmed) ?? [];
  const titles = sounds.map(({ title }) => title.toLowerCase());
  const wanted = trimmed.slice(numbered.length).trim();
  const place = digits === undefined ? -1 : Number(digits) - 1;
  if (wanted === '' || titles[place] === wanted) return sounds[place];
  // The sound moved up since its number was read, or was named by its title.
  const called = titles.indexOf(wanted);
  return sounds[
    called >= 0 ? called : titles.findIndex((title) => title.includes(trimmed))
  ];
}
