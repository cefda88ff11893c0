import {
  withConsentStoreTimeout,
  withStoreTimeout,
} from '#src/conversation/alerts/store-timeout.ts';
import type { Seat } from '#src/conversation/ports/stores/seat-store.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import { agreeForSession, forget, moveAlong, recall, refuse } from '#src/people/consent.ts';
import {
  chooseCaptions,
  forgetChoice,
  type LeftOutPeopleStore,
  recallChoices,
} from '#src/people/left-out-people.ts';
import type { PauseHabits } from '#src/turn/endpointing/pause-habits.ts';

/** Consents of the people of one session. A change counts from the next packet. */
export class SessionConsent {
  readonly #context: SessionContext;
  readonly #leftOutPeople: LeftOutPeopleStore;
  readonly #pauseHabits: PauseHabits;
  /** People who were forgotten while the store was being read: its content about them is older. */
  readonly #forgotten = new Set<string>();
  /** People who were forgotten and have said nothing since: a no of theirs is only in memory. */
  readonly #unkept = new Set<string>();
  readonly #unsaved: Set<string>;
  /** People there whom the server does not let use the bot. */
  readonly #barred = new Set<string>();

  /** `deniedIds`: people whose no a former run could keep nowhere else. */
  constructor(
    context: SessionContext,
    leftOutPeople: LeftOutPeopleStore,
    pauseHabits: PauseHabits,
    deniedIds: readonly string[] = [],
  ) {
    this.#context = context;
    this.#leftOutPeople = leftOutPeople;
    this.#pauseHabits = pauseHabits;
    this.#unsaved = new Set(deniedIds);
  }

  /** People who agreed for this session, and those whose no is kept nowhere else. */
  get said(): Pick<Seat, 'agreedIds' | 'deniedIds'> {
    const agreed = [...this.#context.gate.consent.said].filter(
      ([, { kind }]) => kind === 'session',
    );
    return { agreedIds: agreed.map(([id]) => id), deniedIds: [...this.#unsaved] };
  }

  /** Keeps a no of this person that the store has failed to keep. */
  unsaved(personId: string): void {
    this.#unsaved.add(personId);
    this.#context.gate.rejudge();
  }

  /** Whether this person was forgotten here, and has said nothing since. */
  hasForgotten(personId: string): boolean {
    return this.#unkept.has(personId);
  }

  /** False while the store could not be read: then only people who say yes now are heard. */
  get recalled(): boolean {
    return this.#context.gate.consent.standings !== undefined;
  }

  /** Drops what waits of people who may no longer use the bot, also of what they said before. */
  keepAdmitted(): void {
    const { features, gate, recentQuestions, history, people, queue, tools } = this.#context;
    for (const { id } of people()) {
      if (gate.isAdmitted(id)) this.#barred.delete(id);
      if (gate.isAdmitted(id) || this.#barred.has(id)) continue;
      this.#barred.add(id);
      features.retract(id, 'barred');
      for (const one of [queue, gate.withdrawals, tools]) one.withdraw(id);
      history.forget(id);
      recentQuestions.forget(id);
    }
  }

  /** For this session. */
  agree(personId: string): void {
    this.#unkept.delete(personId);
    this.#unsaved.delete(personId);
    this.#context.gate.change((consent) => agreeForSession(consent, personId));
  }

  /** Heard and answered, but not written, kept or shown to a model beyond their own questions. */
  leaveOut(personId: string, isLeftOut: boolean): void {
    this.#context.gate.choose((choices) => chooseCaptions(choices, personId, isLeftOut));
  }

  /** Nothing more comes of what this person said so far. */
  refuse(personId: string): void {
    this.#unkept.delete(personId);
    this.#context.gate.change((consent) => refuse(consent, personId));
    this.#retract(personId);
  }

  /** Forgets this person, as if they had never been here. */
  forget(personId: string): void {
    this.#forgotten.add(personId);
    this.#unkept.add(personId);
    this.#unsaved.delete(personId);
    this.#context.unanswered.forget(personId);
    this.#context.gate.change((consent) => forget(consent, personId));
    this.#context.gate.choose((choices) => forgetChoice(choices, personId));
    this.#retract(personId);
  }

  /** Asks the stores who agreed earlier, and who is left out, until both have answered once. Never throws. */
  async recall(): Promise<void> {
    const { choices } = this.#context.gate;
    if (!this.recalled || !choices.stored) this.#forgotten.clear();
    await Promise.all([
      this.recalled ? undefined : this.#recallConsents(),
      choices.stored ? undefined : this.#recallChoices(),
    ]);
  }

  async #recallConsents(): Promise<void> {
    const { channel, gate, parts } = this.#context;
    const { guildId } = channel;
    const read = withConsentStoreTimeout(guildId, parts, 'store.unreadable', (store) =>
      store.read(guildId),
    );
    const standings = await read;
    if (!standings) return;
    const known = new Map([...standings].filter(([personId]) => !this.#forgotten.has(personId)));
    gate.change((consent) => recall(consent, known));
  }

  async #recallChoices(): Promise<void> {
    const { channel, gate, parts } = this.#context;
    const stored = await withStoreTimeout(channel.guildId, parts, 'store.unreadable', () =>
      this.#leftOutPeople.readLeftOut(channel.guildId),
    );
    if (!stored) return;
    const known = new Set([...stored].filter((personId) => !this.#forgotten.has(personId)));
    gate.choose((choices) => recallChoices(choices, known));
  }

  /** The session goes on in another channel, where these people are. */
  moved(presentIds: readonly string[]): void {
    this.#context.gate.change((consent) => moveAlong(consent, new Set(presentIds)));
  }

  #retract(personId: string): void {
    const { features, gate, recentQuestions, languages, queue, history, pipeline, tools } =
      this.#context;
    queue.withdraw(personId);
    gate.withdrawals.withdraw(personId);
    tools.withdraw(personId);
    history.forget(personId);
    recentQuestions.forget(personId);
    features.retract(personId, 'withdrawn');
    pipeline.forget();
    this.#pauseHabits.forget(personId);
    languages.forget(personId);
  }
}
