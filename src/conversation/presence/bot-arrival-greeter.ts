import { speakable } from '#src/chat/text/speakable.ts';
import { spokenLocale, spokenText } from '#src/conversation/languages/localized-text.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import { TurnHandle } from '#src/conversation/queue/turn-handle.ts';
import type { SpeakingContext } from '#src/conversation/session-context.ts';
import { openText } from '#src/people/confidential-text.ts';
import { type Greeting, stepGreeting } from '#src/turn/greeting.ts';
import { hasUnasked } from './consent-undecided-people.ts';

/** Greets aloud and once, and says whom the bot hears: for people who did not call it and so have read nothing of it. */
export class BotArrivalGreeter {
  readonly #context: SpeakingContext;
  readonly #handle = new TurnHandle();
  #greeting: Greeting;

  /** `people` are those in the channel when the bot comes in; the caller is not greeted. */
  constructor(context: SpeakingContext, people: readonly ChannelMember[], callerId: string) {
    this.#context = context;
    const fromMs = context.parts.clock.nowMs();
    const isOther = ({ id, isBot }: ChannelMember) => !isBot && id !== callerId;
    const isDue = context.maySpeak() && context.once.first('greeted') && people.some(isOther);
    this.#greeting = isDue ? { kind: 'waiting', fromMs } : { kind: 'over' };
  }

  /** It has still to greet, or does. */
  get isWaiting(): boolean {
    return this.#greeting.kind !== 'over';
  }

  /** To be called every 20 ms or so while it waits. */
  check(atMs: number, talking: () => boolean): void {
    if (this.#greeting.kind === 'over') return;
    const { queue, output } = this.#context;
    const { current } = queue;
    const isOurs = current?.handle === this.#handle;
    const busy = current !== undefined && !isOurs;
    const moment = { atMs, talking: talking(), busy, sounds: isOurs && output.sounds };
    const [greeting, effect] = stepGreeting(this.#greeting, moment);
    this.#greeting = greeting;
    if (effect === 'drop') this.#handle.drop('late');
    if (effect === 'say') this.#say();
  }

  #say(): void {
    const { channel, queue, parts, settings } = this.#context;
    const { consent, language } = settings();
    const asked = hasUnasked(this.#context) ? 'join.spoken' : 'join.spoken.heard';
    const id = consent.policy === 'notice' ? 'join.spoken.notice' : asked;
    const words = speakable(spokenText({ id }, channel.guildId, parts, language));
    const reading = {
      kind: 'reading',
      clauses: [openText(words)],
      language: spokenLocale(channel.guildId, parts, language),
      when: 'now',
      handle: this.#handle,
    } as const;
    queue.read({ ...reading, interruptible: false });
  }
}
