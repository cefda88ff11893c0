import type { Clock } from '#src/base/clock.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import type { ConsentPolicySettings } from '#src/conversation/session-dependencies.ts';
import {
  heard,
  mayHear,
  type SessionConsents,
  unasked,
  underPolicy,
  type YesKind,
  yesKind,
} from '#src/people/consent.ts';
import { isLeftOut, type LeftOutPeople, noChoices } from '#src/people/left-out-people.ts';

/** Roles change by themselves, and a verdict is asked for each packet: none is older than this. */
const freshMs = 1_000;

/** Who is heard in one session. A change counts from the next packet. */
export class ConsentGate {
  readonly withdrawals = new ConsentWithdrawals();
  #rules: ConsentPolicySettings;
  readonly #clock: Clock;
  readonly #people: () => readonly ChannelMember[];
  /** Whether the server lets this person use the bot, over anything they agreed to. */
  readonly #admits: (personId: string) => boolean;
  readonly #verdicts = new Map<string, boolean>();
  #judgedAtMs = 0;
  #consent: SessionConsents;
  #choices: LeftOutPeople;
  #listener: (() => void) | undefined;
  #keeper: (() => void) | undefined;

  /** `people` are those in the channel now, for their roles; `consent` is what they said so far. */
  constructor(
    rules: ConsentPolicySettings,
    clock: Clock,
    people: () => readonly ChannelMember[],
    consent = unasked(rules.policy),
    choices = noChoices,
    admits: (personId: string) => boolean = () => true,
  ) {
    this.#rules = rules;
    this.#clock = clock;
    this.#people = people;
    this.#admits = admits;
    this.#consent = consent;
    this.#choices = choices;
  }

  get choices(): LeftOutPeople {
    return this.#choices;
  }

  get consent(): SessionConsents {
    return this.#consent;
  }

  get paused(): boolean {
    return this.#consent.paused;
  }

  change(step: (consent: SessionConsents) => SessionConsents): void {
    this.#consent = step(this.#consent);
    this.#verdicts.clear();
    this.#listener?.();
    this.#keeper?.();
  }

  /** Applies choices of people to be left out of captions, new ones and stored ones. */
  choose(step: (choices: LeftOutPeople) => LeftOutPeople): void {
    this.#choices = step(this.#choices);
    this.#listener?.();
  }

  /** Whether what this person says may be written: heard, and not left out as far as is known. */
  mayWrite(personId: string): boolean {
    return this.mayHear(personId) && isLeftOut(this.#choices, personId) === false;
  }

  /**
   * Whether this person is left out, as everybody is until the choices are read: a model is shown nothing of them but for
   * their own questions.
   */
  isLeftOut(personId: string): boolean {
    return isLeftOut(this.#choices, personId) !== false;
  }

  /** Kind of this person's consent; undefined where they are not heard, apart from a pause. */
  yesKind(personId: string): YesKind | undefined {
    if (!this.#admits(personId)) return undefined;
    return yesKind(this.#consent, this.#listened(personId));
  }

  /** Whether the server lets this person use the bot. */
  isAdmitted(personId: string): boolean {
    return this.#admits(personId);
  }

  /** Applies other rules to people who said nothing. */
  govern(rules: ConsentPolicySettings): void {
    this.#rules = rules;
    this.change((consent) => underPolicy(consent, rules.policy));
  }

  /** Judges all people anew, as roles have changed: it counts from the next packet. */
  rejudge(): void {
    this.change((consent) => consent);
  }

  mayHear(personId: string): boolean {
    const nowMs = this.#clock.nowMs();
    if (nowMs - this.#judgedAtMs >= freshMs) {
      this.#verdicts.clear();
      this.#judgedAtMs = nowMs;
    }
    const verdict = this.#verdicts.get(personId) ?? this.#judge(personId);
    this.#verdicts.set(personId, verdict);
    return verdict;
  }

  /** Where this person stands, apart from a pause; whom the server does not let use the bot counts as a no. */
  standing(personId: string): 'yes' | 'unasked' | 'no' {
    if (!this.#admits(personId)) return 'no';
    return heard(this.#consent, this.#listened(personId));
  }

  /** Whether this person said no themselves. */
  saidNo(personId: string): boolean {
    return heard(this.#consent, this.#listened(personId)) === 'no';
  }

  /** Called after each `change`, `choose` and `rejudge`. Replaces the former listener. */
  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  /** Called after each `change`, beside the listener of `onChange`: keeps what people said. Replaces the former keeper. */
  onSaid(keeper: () => void): void {
    this.#keeper = keeper;
  }

  /** Other bots are never heard, whatever the policy. */
  #judge(personId: string): boolean {
    const isBot = this.#people().some(({ id, isBot }) => isBot && id === personId);
    return !isBot && this.#admits(personId) && mayHear(this.#consent, this.#listened(personId));
  }

  #listened(id: string): { readonly id: string; readonly hasRole: boolean } {
    const { roleId } = this.#rules;
    if (roleId === undefined) return { id, hasRole: false };
    const roles = this.#people().find((person) => person.id === id)?.roleIds ?? [];
    return { id, hasRole: roles.includes(roleId) };
  }
}

/** One signal per person, aborted by their no: whatever is being made of their words ends with it. */
class ConsentWithdrawals {
  readonly #open = new Map<string, AbortController>();
  #listener: (personId: string) => void = () => undefined;

  /** Told of each no from now on, in place of the listener before. */
  attach(listener: (personId: string) => void = () => undefined): void {
    this.#listener = listener;
  }

  /** Not aborted yet; a new one after each no. */
  of(personId: string): AbortSignal {
    const open = this.#open.get(personId) ?? new AbortController();
    this.#open.set(personId, open);
    return open.signal;
  }

  withdraw(personId: string): void {
    this.#open.get(personId)?.abort(new Error('the person withdrew their consent'));
    this.#open.delete(personId);
    this.#listener(personId);
  }
}
