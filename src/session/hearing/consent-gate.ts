import type { Clock } from '#src/base/clock.ts';
import { heard, mayHear, type SessionConsents, unasked, underPolicy } from '#src/people/consent.ts';
import type { ConsentPolicySettings } from '#src/session/dependencies.ts';
import type { ChannelMember } from '#src/session/ports/voice-link.ts';

/** Roles and days change by themselves, and a verdict is asked for each packet: none is older than this. */
const freshMs = 1_000;

/** Who is heard in one session. A change counts from the next packet. */
export class ConsentGate {
  #rules: ConsentPolicySettings;
  readonly #clock: Clock;
  readonly #people: () => readonly ChannelMember[];
  readonly #verdicts = new Map<string, boolean>();
  #judgedAtMs = 0;
  #consent: SessionConsents;
  #listener: (() => void) | undefined;

  /** `people` are those in the channel now, for their roles; `consent` is what they said so far. */
  constructor(
    rules: ConsentPolicySettings,
    clock: Clock,
    people: () => readonly ChannelMember[],
    consent = unasked(rules.policy),
  ) {
    this.#rules = rules;
    this.#clock = clock;
    this.#people = people;
    this.#consent = consent;
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
  }

  /** Other rules hold for those who said nothing. */
  govern(rules: ConsentPolicySettings): void {
    this.#rules = rules;
    this.change((consent) => underPolicy(consent, rules.policy));
  }

  /** Somebody has other roles now: that counts from the next packet, too. */
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

  /** Where this person stands, apart from a pause. */
  standing(personId: string): 'yes' | 'unasked' | 'no' {
    return heard(this.#consent, this.#listened(personId), this.#clock.wallMs());
  }

  /** Called after each `change` and `rejudge`. Replaces the former listener. */
  onChange(listener: () => void): void {
    this.#listener = listener;
  }

  /** Other bots are never heard, whatever the policy. */
  #judge(personId: string): boolean {
    const isBot = this.#people().some(({ id, isBot }) => isBot && id === personId);
    return !isBot && mayHear(this.#consent, this.#listened(personId), this.#clock.wallMs());
  }

  #listened(id: string): { readonly id: string; readonly hasRole: boolean } {
    const { roleId } = this.#rules;
    if (roleId === undefined) return { id, hasRole: false };
    const roles = this.#people().find((person) => person.id === id)?.roleIds ?? [];
    return { id, hasRole: roles.includes(roleId) };
  }
}
