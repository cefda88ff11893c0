import { speakable } from '#src/chat/text/speakable.ts';
import type { SpeakingContext } from '#src/session/context.ts';
import { spokenText } from '#src/session/localized-text.ts';
import type { ChannelMember } from '#src/session/ports/voice-link.ts';
import { TurnHandle } from '#src/session/queue/turn-handle.ts';
import { type Greeting, stepGreeting } from './greeting.ts';

/** Tells whom it hears, aloud and once: for those who did not call the bot and so have read nothing of it. */
export class Greeter {
  readonly #room: SpeakingContext;
  readonly #claim = new TurnHandle();
  #greeting: Greeting;

  /** `people` are those in the channel when the bot comes in. */
  constructor(room: SpeakingContext, people: readonly ChannelMember[]) {
    this.#room = room;
    const fromMs = room.parts.clock.nowMs();
    const isOther = ({ id, isBot }: ChannelMember) => !isBot && id !== room.callerId;
    const isDue = room.once.first('greeted') && people.some(isOther);
    this.#greeting = isDue ? { kind: 'waiting', fromMs } : { kind: 'over' };
  }

  /** To be called every 20 ms or so. */
  look(atMs: number, talking: () => boolean): void {
    if (this.#greeting.kind === 'over') return;
    const { floor, mouth } = this.#room;
    const { current } = floor;
    const isOurs = current?.claim === this.#claim;
    const busy = current !== undefined && !isOurs;
    const moment = { atMs, talking: talking(), busy, sounds: isOurs && mouth.sounds };
    const [greeting, effect] = stepGreeting(this.#greeting, moment);
    this.#greeting = greeting;
    if (effect === 'drop') this.#claim.drop('late');
    if (effect === 'say') this.#say();
  }

  #say(): void {
    const { channel, floor, parts } = this.#room;
    const id = parts.consent.policy === 'notice' ? 'join.spoken.notice' : 'join.spoken';
    const words = speakable(spokenText({ id }, channel.guildId, parts));
    const reading = { kind: 'reading', clauses: [words], when: 'now', claim: this.#claim } as const;
    floor.read({ ...reading, interruptible: false });
  }
}
