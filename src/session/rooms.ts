import { BotError } from '#src/base/errors.ts';
import type { Joining, Leaving, Rooms } from './command-ports.ts';
import type { ChannelRef } from './link.ts';
import type { SessionParts } from './parts.ts';
import { Stay } from './stay.ts';

/** Waits before trying again when Discord's voice server did not answer; then it gives up. */
const retriesMs = [5_000, 10_000, 20_000];

/** Where the bot sits, one channel per server; calls for one server are served one after the other. */
export class VoiceRooms implements Rooms, AsyncDisposable {
  readonly #parts: SessionParts;
  readonly #stays = new Map<string, { readonly stay: Stay; life: Promise<void> }>();
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(parts: SessionParts) {
    this.#parts = parts;
  }

  at(guildId: string): ChannelRef | undefined {
    return this.#stays.get(guildId)?.stay.channel;
  }

  /** Where people can be heard and spoken to in this server now. */
  stay(guildId: string): Stay | undefined {
    const stay = this.#stays.get(guildId)?.stay;
    return stay?.entered ? stay : undefined;
  }

  join(channel: ChannelRef, callerId: string): Promise<Joining> {
    return this.#inTurn(channel.guildId, () => this.#join(channel, callerId));
  }

  leave(guildId: string): Promise<Leaving> {
    this.#stays.get(guildId)?.stay.leave('asked');
    return this.#inTurn(guildId, () => this.#leave(guildId));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const lives = [...this.#stays.values()];
    for (const { stay } of lives) stay.leave('stopped');
    await Promise.all(lives.map(({ life }) => life));
  }

  async #join(channel: ChannelRef, callerId: string): Promise<Joining> {
    const { guildId } = channel;
    const here = this.#stays.get(guildId)?.stay;
    if (here?.entered && here.channel.channelId === channel.channelId) {
      here.agree(callerId);
      await here.recall();
      return joiningOf('already', here);
    }
    if (here && here.company > 0) {
      return { kind: 'busy', other: here.channel.name, people: here.company };
    }
    here?.leave('asked');
    await this.#leave(guildId);
    const stay = new Stay(channel, this.#parts);
    stay.agree(callerId);
    return await this.#enter(stay);
  }

  async #enter(stay: Stay): Promise<Joining> {
    const place = { stay, life: Promise.resolve() };
    this.#stays.set(stay.channel.guildId, place);
    const joining = await this.#attempt(stay);
    if (joining.kind === 'joined') place.life = this.#whileHere(stay, stay.live());
    else if (joining.kind === 'timeout') place.life = this.#whileHere(stay, this.#retry(stay));
    else this.#stays.delete(stay.channel.guildId);
    return joining;
  }

  async #retry(stay: Stay): Promise<void> {
    for (const waitMs of retriesMs) {
      if (!(await stay.wait(waitMs))) return;
      const joining = await this.#attempt(stay);
      if (joining.kind === 'joined') return await stay.live();
      if (joining.kind !== 'timeout') return;
    }
  }

  async #whileHere(stay: Stay, life: Promise<void>): Promise<void> {
    await life;
    const { guildId } = stay.channel;
    if (this.#stays.get(guildId)?.stay === stay) this.#stays.delete(guildId);
  }

  async #leave(guildId: string): Promise<Leaving> {
    const place = this.#stays.get(guildId);
    if (!place) return { kind: 'nowhere' };
    const { stay, life } = place;
    stay.leave('asked');
    await life;
    return { kind: 'left', channel: stay.channel.name, stayedMs: stay.stayedMs };
  }

  #inTurn<T>(guildId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#queues.get(guildId) ?? Promise.resolve();
    const mine = before.then(work, work);
    const forget = (): void => {
      if (this.#queues.get(guildId) === settled) this.#queues.delete(guildId);
    };
    const settled: Promise<void> = mine.then(forget, forget);
    this.#queues.set(guildId, settled);
    return mine;
  }

  async #attempt(stay: Stay): Promise<Joining> {
    try {
      await stay.enter();
      return joiningOf('joined', stay);
    } catch (error) {
      if (stay.isOver) return { kind: 'failed', code: 'left' };
      stay.report(error);
      if (!(error instanceof BotError)) return { kind: 'failed', code: 'bug' };
      if (error.code === 'link.timeout') return { kind: 'timeout', nextTryMs: retriesMs[0] ?? 0 };
      return { kind: 'failed', code: error.code };
    }
  }
}

function joiningOf(kind: 'joined' | 'already', { company, recalled }: Stay): Joining {
  return { kind, company, ...(!recalled && { unread: true }) };
}
