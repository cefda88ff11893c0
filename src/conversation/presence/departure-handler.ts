import type { Interruptions } from '#src/conversation/hearing/interruptions.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import { withDuplicates } from '#src/conversation/queue/duplicate-questions.ts';
import type { SpeakingContext } from '#src/conversation/session-context.ts';

/** Handles departures: nothing waits for a person who left, and the answer that they hear ends with its sentence. */
export class DepartureHandler {
  readonly #context: SpeakingContext;
  readonly #interruptions: Interruptions;
  #here: ReadonlySet<string>;

  constructor(context: SpeakingContext, interruptions: Interruptions) {
    this.#context = context;
    this.#interruptions = interruptions;
    this.#here = idsOf(context.people());
  }

  /** To be called now and then. */
  check(): void {
    const here = idsOf(this.#context.people());
    const gone = [...this.#here].filter((id) => !here.has(id));
    this.#here = here;
    for (const id of gone) this.#left(id);
  }

  #left(personId: string): void {
    const { queue, output } = this.#context;
    const { current } = queue;
    const asked = current?.kind === 'question' ? withDuplicates(current) : [];
    this.#interruptions.left(personId);
    queue.left(personId);
    if (current?.kind !== 'question' || current.report) return;
    const isTheirs = asked.some(({ said }) => said.speakerId === personId);
    const isWanted = asked.some(({ said }) => this.#here.has(said.speakerId));
    if (!isTheirs || isWanted) return;
    if (output.sounds) output.endAfterSentence(() => queue.drop(current, 'late'));
    else queue.lose(current, 'late');
  }
}

function idsOf(people: readonly ChannelMember[]): ReadonlySet<string> {
  return new Set(people.map(({ id }) => id));
}
