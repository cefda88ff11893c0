import { DiscordAPIError, type REST, RESTJSONErrorCodes, Routes } from 'discord.js';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import type { ShardSharing } from './ownership.ts';

/** State of an interaction before it is handled. */
export type Admittance = 'fresh' | 'deferred' | 'dropped';

type InteractionRef = { readonly id: string; readonly token: string };

/** Discord takes a first answer for 3 s: while the login of a successor lasts longer than this, in ms, it is told to wait. */
const earlyMs = 1_500;
/** Interactions that are remembered. */
const mostKnown = 2_000;
/** `thinking`, to the caller alone. Source: Discord docs, "Interaction Callback Type", "Message Flags". */
const thinking = { type: 5, data: { flags: 64 } } as const;

/**
 * Sees to it that one process answers an interaction, and only once, though several may be sent it: it is claimed in the
 * database first. Where that does not answer, Discord decides: it takes one first answer.
 */
export class InteractionClaims {
  readonly #sharing: ShardSharing;
  readonly #rest: Pick<REST, 'post'>;
  readonly #timing: SyncTiming;
  readonly #early = new Map<string, Promise<Admittance>>();
  readonly #known = new Set<string>();
  readonly #opened = Promise.withResolvers<void>();

  constructor(sharing: ShardSharing, rest: Pick<REST, 'post'>, timing: SyncTiming) {
    this.#sharing = sharing;
    this.#rest = rest;
    this.#timing = timing;
  }

  /**
   * Receives an interaction that came before answers are possible; a missed one has waited already, and is deferred at
   * once.
   */
  receiveEarly(interaction: InteractionRef, isReplayed: boolean): void {
    if (this.#early.has(interaction.id)) return;
    this.#early.set(interaction.id, this.#claimEarly(interaction, isReplayed));
  }

  /** Answers interactions from now on. */
  open(): void {
    this.#opened.resolve();
  }

  /** Never throws; the second time it is `dropped`. */
  async admit(interaction: InteractionRef): Promise<Admittance> {
    if (this.#known.has(interaction.id)) return 'dropped';
    this.#known.add(interaction.id);
    const [oldest] = this.#known;
    if (oldest !== undefined && this.#known.size > mostKnown) this.#known.delete(oldest);
    const early = this.#early.get(interaction.id);
    this.#early.delete(interaction.id);
    return await (early ?? this.#claim(interaction));
  }

  async #claimEarly(interaction: InteractionRef, isReplayed: boolean): Promise<Admittance> {
    const claimed = await this.#claim(interaction);
    if (claimed !== 'fresh') return claimed;
    if (isReplayed) return await this.#defer(interaction);
    const late = Promise.withResolvers<'late'>();
    const forget = this.#timing.later(earlyMs, () => late.resolve('late'));
    const first = await Promise.race([late.promise, this.#opened.promise]);
    forget();
    return first === 'late' ? await this.#defer(interaction) : 'fresh';
  }

  async #claim(interaction: InteractionRef): Promise<Admittance> {
    const claim = await this.#sharing.claim(interaction.id);
    if (claim === 'unknown') return await this.#defer(interaction);
    return claim === 'mine' ? 'fresh' : 'dropped';
  }

  /** Any other failure leaves it to who answers to say so. */
  async #defer({ id, token }: InteractionRef): Promise<Admittance> {
    try {
      await this.#rest.post(Routes.interactionCallback(id, token), { body: thinking, auth: false });
      return 'deferred';
    } catch (error) {
      const taken = RESTJSONErrorCodes.InteractionHasAlreadyBeenAcknowledged;
      return error instanceof DiscordAPIError && error.code === taken ? 'dropped' : 'fresh';
    }
  }
}
