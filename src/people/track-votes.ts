/** Subject of a vote: `about` tells polls apart, and changes when its subject is past. */
export type PollSubject<T> = { readonly about: string; readonly action: T };

/** Outcome of a vote; a poll that is `carried` gives the command to perform. */
export type PollState<T> =
  | { readonly kind: 'open'; readonly id: string; readonly votes: number; readonly needed: number }
  | { readonly kind: 'carried'; readonly action: T };

type Poll<T> = PollSubject<T> & { readonly id: string; readonly voters: ReadonlySet<string> };

/** A further one drops the oldest. */
const limit = 16;

/** Open votes of one channel: one per person, of the people present at the count. */
export class TrackVotePolls<T> {
  #polls: readonly Poll<T>[] = [];

  /** Opens a poll or finds it, and counts this vote; more than half of `here` carries it. */
  vote(subject: PollSubject<T>, voterId: string, here: readonly string[]): PollState<T> {
    const known = this.#polls.find(({ about }) => about === subject.about);
    const poll = known ?? { ...subject, id: crypto.randomUUID(), voters: new Set<string>() };
    const voted = { ...poll, voters: new Set([...poll.voters, voterId]) };
    const others = this.#polls.filter(({ id }) => id !== poll.id);
    const votes = here.filter((id) => voted.voters.has(id)).length;
    const needed = Math.floor(here.length / 2) + 1;
    if (votes >= needed) {
      this.#polls = others;
      return { kind: 'carried', action: poll.action };
    }
    this.#polls = [...others, voted].slice(-limit);
    return { kind: 'open', id: poll.id, votes, needed };
  }

  /** Undefined: it was carried, dropped, or never was. */
  find(id: string): PollSubject<T> | undefined {
    return this.#polls.find((one) => one.id === id);
  }
}
