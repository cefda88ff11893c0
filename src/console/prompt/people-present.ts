import type { ExchangeParts } from '#src/console/first-run/sandbox-run-exchange.ts';
import { type SandboxState, stateAnswer } from '#src/console/sandbox-lines.ts';

/** People for whom typed lines may speak, and the channels they sit in. */
export class PeoplePresent {
  readonly #parts: ExchangeParts;
  /** Channels by person. */
  readonly #seats = new Map<string, string>();
  /** People who did something beside speaking, and so may have said yes. */
  readonly #active = new Set<string>();
  readonly #asks: boolean;

  /** `asks`: people have to say yes before they are heard. */
  constructor(parts: ExchangeParts, asks: boolean) {
    this.#parts = parts;
    this.#asks = asks;
  }

  /** Takes note of who sits where, as the scripted exchanges left them. */
  seated(person: string, channel: string): void {
    this.#seats.set(person, channel);
    this.#active.add(person);
  }

  acted(person: string): void {
    this.#active.add(person);
  }

  /** Whether the bot may well hear this person. */
  mayBeHeard(person: string): boolean {
    return !this.#asks || this.#active.has(person);
  }

  /** Name of a person here, however it was typed. */
  named(typed: string): string {
    const wanted = typed.toLowerCase();
    return [...this.#seats.keys()].find((name) => name.toLowerCase() === wanted) ?? typed;
  }

  /** Sits down on first appearance, beside the bot if it is somewhere. Errors: BotError `sandbox.failed`. */
  async enter(person: string): Promise<void> {
    if (!this.#seats.has(person)) await this.#sit(person, (await this.state()).bot.channel);
  }

  /** Sits down where the bot is, ready to talk; false when it is nowhere. Errors: BotError `sandbox.failed`. */
  async approach(person: string): Promise<boolean> {
    const { channel } = (await this.state()).bot;
    if (channel === undefined) return false;
    if (this.#seats.get(person) !== channel) await this.#sit(person, channel);
    await this.#parts.sandbox.ask({ do: 'settled', person });
    return true;
  }

  /** Leaves the channel for good, or until the next line. Errors: BotError `sandbox.failed`. */
  async leave(person: string): Promise<void> {
    const { sandbox, show, botName } = this.#parts;
    const channel = this.#seats.get(person);
    if (channel === undefined) {
      show.note(`${person} is not here.`);
      return;
    }
    await sandbox.ask({ do: 'leave', person });
    this.#seats.delete(person);
    show.note(`${person} left ${channel}`);
    const [last, ...others] = this.#sittingIn(channel);
    if (last === undefined || others.length > 0 || !(await this.#isBotIn(channel))) return;
    show.note(`${last} is alone with ${botName} now and needs no name.`);
  }

  async state(): Promise<SandboxState> {
    return stateAnswer.parse(await this.#parts.sandbox.ask({ do: 'state' }));
  }

  async #sit(person: string, channel = 'Lounge'): Promise<void> {
    const { sandbox, show, botName } = this.#parts;
    await sandbox.ask({ do: 'join', person, channel });
    this.#seats.set(person, channel);
    show.note(`${person} joined ${channel}`);
    if (this.#sittingIn(channel).length === 2 && (await this.#isBotIn(channel))) {
      show.note(
        `Two people are in the room now: begin with "${botName}, ..." or press its Ask button.`,
      );
    }
    if (this.mayBeHeard(person)) return;
    const name = person.toLowerCase();
    show.note(`${botName} hears ${person} after a yes: "${name}: /join", or Hear me`);
  }

  #sittingIn(channel: string): readonly string[] {
    return [...this.#seats].flatMap(([person, seat]) => (seat === channel ? [person] : []));
  }

  async #isBotIn(channel: string): Promise<boolean> {
    return (await this.state()).bot.channel === channel;
  }
}
