import { addressingRulesOf } from '#src/conversation/machine/addressing.ts';
import { conversationRules } from '#src/conversation/machine/rules.ts';
import type { SessionChannel } from '#src/conversation/session-dependencies.ts';
import type { Talk } from '#src/conversation/talk.ts';
import type { ChannelMember } from '#src/ports/voice-link.ts';
import type { AddressingMode, AddressingState } from '#src/turn/addressing/addressing.ts';
import { judge } from '#src/turn/addressing/addressing.ts';

/** Parts of a session that its addressing needs. */
type AddressingParts = SessionChannel & {
  readonly maySpeak: () => boolean;
  readonly people: () => readonly ChannelMember[];
  readonly settings: () => {
    readonly addressing: AddressingMode;
    readonly names: readonly string[];
  };
  readonly talk: Pick<Talk, 'post' | 'state' | 'syncSettings'>;
};

/** People to whom the bot listens in one session, as the panel and commands ask. The conversation decides. */
export class SessionAddressing {
  readonly #context: AddressingParts;

  constructor(context: AddressingParts) {
    this.#context = context;
  }

  /** Every name that the bot answers to in the channel. */
  get names(): readonly string[] {
    const { channel, parts, settings } = this.#context;
    return [...new Set([parts.places.botName(channel.guildId), ...settings().names])];
  }

  /** True where the bot answers commands only. */
  get isOff(): boolean {
    const { maySpeak, settings } = this.#context;
    return !maySpeak() || settings().addressing === 'off';
  }

  /** This person asked for it: no name is needed for a while. An open window begins anew. */
  open(personId: string): void {
    this.#context.talk.post({ kind: 'opened-window', by: personId });
  }

  /** Whether this person needs no name now, having pressed Ask or, among others, just been answered. */
  isOpen(personId: string): boolean {
    const nowMs = this.#context.parts.clock.nowMs();
    return this.#shown.some((window) => window.personId === personId && nowMs < window.untilMs);
  }

  /** Instant at which the next such window closes; infinite where none is open. */
  get closesAtMs(): number {
    const nowMs = this.#context.parts.clock.nowMs();
    const open = this.#shown.filter(({ untilMs }) => untilMs > nowMs);
    return Math.min(...open.map(({ untilMs }) => untilMs));
  }

  /** Whether a typed line is meant for the bot, as if it were said; `people` are all who are there. */
  isLineMeant(personId: string, text: string, people: readonly ChannelMember[]): boolean {
    const { parts, talk } = this.#context;
    const others = people.filter((one) => !one.isBot && one.id !== personId);
    const spoken = {
      speakerId: personId,
      fromMs: parts.clock.nowMs(),
      text,
      isBot: people.some((one) => one.isBot && one.id === personId),
      humans: others.length + 1,
      present: others.map(({ name }) => name),
    };
    talk.syncSettings();
    const rules = addressingRulesOf(talk.state, conversationRules);
    return judge(talk.state.attention, spoken, rules).verdict.meant;
  }

  /** Windows that people are shown: in company, where a name is needed without one. */
  get #shown(): AddressingState['windows'] {
    const { maySpeak, people, settings, talk } = this.#context;
    const isCompany = people().filter(({ isBot }) => !isBot).length > 1;
    const follows = isCompany && maySpeak() && settings().addressing === 'auto';
    return talk.state.attention.windows.filter(
      ({ kind }) => kind === 'asked' || (follows && kind !== 'answering'),
    );
  }
}
