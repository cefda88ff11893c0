import '#src/discord/library/undici.ts';
import { REST } from 'discord.js';
import { BotError } from '#src/base/errors.ts';
import { realTiming } from '#src/discord/link/timing.ts';
import { FormerSession, type FormerSessionLogin } from './former-session.ts';
import { InteractionClaims } from './interaction-claims.ts';
import type { OwnedShard } from './ownership.ts';

/** A shard on its way from one owner to the next: the former session is resumed, the new one is not open yet. */
export class Takeover implements AsyncDisposable {
  readonly claims: InteractionClaims;
  readonly #former: FormerSession;

  private constructor(former: FormerSession, claims: InteractionClaims) {
    this.#former = former;
    this.claims = claims;
  }

  /**
   * Undefined where Discord refuses to resume the session. Errors: where Discord cannot be reached, or where an owner that
   * may still serve gets its session back.
   */
  static async begin(
    login: FormerSessionLogin,
    shard: OwnedShard,
    signal: AbortSignal,
  ): Promise<Takeover | undefined> {
    const { sharing } = shard;
    if (!sharing?.former) return undefined;
    const rest = new REST({ retries: 1, ...(login.apiUrl && { api: login.apiUrl }) });
    const claims = new InteractionClaims(sharing, rest, realTiming);
    const former = new FormerSession(login, shard, sharing.former, (interaction, isReplayed) =>
      claims.receiveEarly(interaction, isReplayed),
    );
    const takeover = new Takeover(former, claims);
    try {
      if ((await former.resume(signal)) === 'resumed') {
        if (sharing.mustEndFormer && !(await former.end())) throw notEnded();
        return takeover;
      }
    } catch (error) {
      await former[Symbol.asyncDispose]();
      throw error;
    }
    await former[Symbol.asyncDispose]();
    return undefined;
  }

  /**
   * Hands on every interaction that came so far, and ends the former session, once there is a new one. Errors: BotError
   * `discord.unreachable` where the former owner may have got its session back.
   */
  async finish(handle: (interaction: object) => void): Promise<void> {
    this.claims.open();
    this.#former.deliver(handle);
    if (!(await this.#former.end())) throw notEnded();
  }

  /** Leaves the former session to the next owner. */
  [Symbol.asyncDispose](): Promise<void> {
    return this.#former[Symbol.asyncDispose]();
  }
}

function notEnded(): BotError {
  const message =
    'The gateway session of the former owner could not be ended: the shard is left alone.';
  return new BotError('discord.unreachable', true, message);
}
