import { Claim } from './claim.ts';
import { type Greeting, stepGreeting } from './greeting.ts';
import { clausesOf } from './reading.ts';
import type { Conversation } from './room.ts';
import { aloud } from './wording.ts';

/** Tells whom it hears, aloud and once: for those who did not call the bot and so have read nothing of it. */
export class Greeter {
  readonly #room: Conversation;
  readonly #claim = new Claim();
  #greeting: Greeting;

  constructor(room: Conversation) {
    this.#room = room;
    const fromMs = room.parts.clock.nowMs();
    this.#greeting = room.once.first('greeted') ? { kind: 'waiting', fromMs } : { kind: 'over' };
  }

  /** To be called every 20 ms or so; `others`: there is somebody but the caller. */
  look(atMs: number, others: () => boolean, talking: () => boolean): void {
    if (this.#greeting.kind === 'over') return;
    const { floor, mouth } = this.#room;
    const { current } = floor;
    const isOurs = current?.claim === this.#claim;
    const busy = current !== undefined && !isOurs;
    const moment = { atMs, talking: talking(), busy, sounds: isOurs && mouth.sounds };
    const [greeting, effect] = stepGreeting(this.#greeting, moment);
    this.#greeting = greeting;
    if (effect === 'drop') this.#claim.drop('late');
    if (effect === 'say' && others()) this.#say();
  }

  #say(): void {
    const { channel, floor, parts } = this.#room;
    const id = parts.consent.policy === 'notice' ? 'join.spoken.notice' : 'join.spoken';
    const clauses = clausesOf(aloud({ id }, channel.guildId, parts));
    floor.read({ kind: 'reading', clauses, when: 'now', claim: this.#claim });
  }
}
