import type { SoundOwner } from '#src/playback/tracks/track-item.ts';

type Person = { readonly id: string; readonly name: string };

/** Owners of the sounds of one session; each is emptied when its person is forgotten, wherever it is held by then. */
export class SoundOwners {
  readonly #owners = new Map<string, SoundOwner>();

  /** Owner of what this person asks for now. */
  owner({ id, name }: Person): SoundOwner {
    const known = this.#owners.get(id);
    const owner = known?.person ? known : { person: undefined };
    this.#owners.set(id, owner);
    return Object.assign(owner, { person: { id, name } });
  }

  /** Owner of what this person asked for in a former process: nobody, if they were forgotten since. */
  storedOwner(person: Person): SoundOwner {
    return this.#owners.get(person.id) ?? this.owner(person);
  }

  forget(personId: string): void {
    const owner = this.#owners.get(personId);
    this.#owners.set(personId, Object.assign(owner ?? {}, { person: undefined }));
  }
}
