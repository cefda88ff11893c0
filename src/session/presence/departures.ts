import type { SpeakingContext } from '#src/session/context.ts';
import type { Interruptions } from '#src/session/hearing/interruptions.ts';
import type { ChannelMember } from '#src/session/ports/voice-link.ts';
import { withDuplicates } from '#src/session/queue/duplicate-questions.ts';

/** What follows when somebody leaves: nothing waits for them, and what they are being told ends with its sentence. */
export class Departures {
  readonly #room: SpeakingContext;
  readonly #interruptions: Pick<Interruptions, 'left'>;
  #here: ReadonlySet<string>;

  constructor(room: SpeakingContext, interruptions: Pick<Interruptions, 'left'>) {
    this.#room = room;
    this.#interruptions = interruptions;
    this.#here = idsOf(room.people());
  }

  /** To be called now and then. */
  look(): void {
    const here = idsOf(this.#room.people());
    const gone = [...this.#here].filter((id) => !here.has(id));
    this.#here = here;
    for (const id of gone) this.#left(id);
  }

  #left(personId: string): void {
    const { floor, mouth } = this.#room;
    const { current } = floor;
    const asked = current?.kind === 'question' ? withDuplicates(current) : [];
    this.#interruptions.left(personId);
    floor.left(personId);
    if (current?.kind !== 'question' || current.tell) return;
    const isTheirs = asked.some(({ said }) => said.speakerId === personId);
    const isWanted = asked.some(({ said }) => this.#here.has(said.speakerId));
    if (!isTheirs || isWanted) return;
    if (mouth.sounds) mouth.endAfterSentence(() => floor.drop(current, 'late'));
    else floor.lose(current, 'late');
  }
}

function idsOf(people: readonly ChannelMember[]): ReadonlySet<string> {
  return new Set(people.map(({ id }) => id));
}
