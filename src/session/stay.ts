import { BotError } from '#src/base/errors.ts';
import { openHistory } from '#src/chat/history.ts';
import { agreeForSession, type Consent, mayHear, recall, unasked } from '#src/people/consent.ts';
import type { SessionEvent } from './events.ts';
import type { ChannelRef, VoiceLink } from './link.ts';
import type { SessionParts } from './parts.ts';
import { runSession } from './session.ts';

/** A session that a bug has ended is rebuilt, but not twice within this time. */
const rebuildMs = 60_000;

type Why = Extract<SessionEvent, { kind: 'left' }>['why'];

/** One stay in one voice channel, from the call to the goodbye: consent and history last as long as it does. */
export class Stay {
  readonly channel: ChannelRef;
  readonly #parts: SessionParts;
  readonly #history = openHistory();
  readonly #over = new AbortController();
  readonly #since: number;
  #consent: Consent;
  #link: VoiceLink | undefined;
  #why: Why | undefined;

  constructor(channel: ChannelRef, parts: SessionParts) {
    this.channel = channel;
    this.#parts = parts;
    this.#since = parts.clock.nowMs();
    this.#consent = recall(unasked(parts.consentPolicy), new Map());
  }

  get stayedMs(): number {
    return this.#parts.clock.nowMs() - this.#since;
  }

  /** Whether people can be heard and spoken to, or could until just now. */
  get entered(): boolean {
    return this.#link !== undefined && !this.isOver;
  }

  get isOver(): boolean {
    return this.#over.signal.aborted;
  }

  /** How many people besides bots are there. */
  get company(): number {
    return this.#link?.people().filter(({ isBot }) => !isBot).length ?? 0;
  }

  /** Works from the next packet on. */
  agree(personId: string): void {
    this.#consent = agreeForSession(this.#consent, personId);
  }

  /** Resolves when people can be heard and spoken to. Errors: as `VoiceDoor.open`. */
  async enter(): Promise<void> {
    const startedMs = this.#parts.clock.nowMs();
    const gate = (speakerId: string) =>
      mayHear(this.#consent, { id: speakerId, hasRole: false }, this.#parts.clock.wallMs());
    this.#link = await this.#parts.door.open(this.channel, gate, this.#over.signal);
    const tookMs = this.#parts.clock.nowMs() - startedMs;
    this.#tell({ kind: 'joined', channel: this.channel, tookMs });
  }

  /** Lives in the channel until it is left or lost; never throws. Call after `enter`. */
  async live(): Promise<void> {
    let brokeAtMs = Number.NEGATIVE_INFINITY;
    for (;;) {
      const error = await this.#session();
      if (error === undefined || this.#over.signal.aborted) break;
      this.report(error);
      const nowMs = this.#parts.clock.nowMs();
      const again = !(error instanceof BotError) && nowMs - brokeAtMs > rebuildMs;
      brokeAtMs = nowMs;
      if (!again || !(await this.#reenter())) {
        this.#why ??= 'lost';
        break;
      }
    }
    this.#tell({ kind: 'left', channel: this.channel, why: this.#why ?? 'lost' });
  }

  /** True after `ms`, false as soon as the channel was left. */
  async wait(ms: number): Promise<boolean> {
    try {
      await this.#parts.clock.sleep(ms, this.#over.signal);
      return true;
    } catch {
      return false;
    }
  }

  /** Ends everything that runs in this channel; `live` returns once the link is closed. */
  leave(why: Why): void {
    this.#why ??= why;
    this.#over.abort(new Error('left the channel'));
  }

  /** The error that ended the session, or undefined when it ended in order. */
  async #session(): Promise<unknown> {
    const link = this.#link;
    if (!link) return undefined;
    try {
      this.#why ??= await runSession(
        link,
        this.channel,
        this.#history,
        this.#parts,
        this.#over.signal,
      );
      return undefined;
    } catch (error) {
      return error ?? new Error('a session threw nothing');
    } finally {
      await link[Symbol.asyncDispose]();
    }
  }

  async #reenter(): Promise<boolean> {
    try {
      await this.enter();
      return true;
    } catch (error) {
      if (!this.#over.signal.aborted) this.report(error);
      return false;
    }
  }

  /** Tells the operator what broke; a bug with its cause. */
  report(error: unknown): void {
    if (error instanceof BotError) {
      this.#tell({
        kind: 'failed',
        stage: error.stage ?? 'link',
        code: error.code,
        message: error.message,
      });
    } else {
      this.#tell({ kind: 'failed', stage: 'bug', code: 'bug', message: `${error}`, cause: error });
    }
  }

  #tell(event: SessionEvent): void {
    this.#parts.onEvent(this.channel.guildId, event);
  }
}
