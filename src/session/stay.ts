import { BotError } from '#src/base/errors.ts';
import { agreeForSession, forget, recall, refuse } from '#src/people/consent.ts';
import { text } from '#src/texts/texts.ts';
import { write } from './admission.ts';
import { withBook } from './book.ts';
import type { SessionEvent } from './events.ts';
import { failureOf } from './failure.ts';
import { Floor } from './floor.ts';
import { Gate } from './gate.ts';
import type { ChannelRef, VoiceLink } from './link.ts';
import { Memory } from './memory.ts';
import { PanelWatch } from './panel-watch.ts';
import type { SessionParts } from './parts.ts';
import type { Room } from './room.ts';
import { runSession } from './session.ts';
import { Withdrawals } from './withdrawals.ts';

/** A session that a bug has ended is rebuilt, but not twice within this time. */
const rebuildMs = 60_000;

type Why = Extract<SessionEvent, { kind: 'left' }>['why'];

/** One stay in one voice channel, from the call to the goodbye: consent and memory last as long as it does. */
export class Stay {
  readonly room: Room;
  readonly #parts: SessionParts;
  readonly #over = new AbortController();
  readonly #since: number;
  #link: VoiceLink | undefined;
  #why: Why | undefined;
  #recalled = false;

  constructor(channel: ChannelRef, parts: SessionParts) {
    this.#parts = parts;
    this.#since = parts.clock.nowMs();
    this.room = {
      channel,
      parts,
      gate: new Gate(parts.consent, parts.clock, () => this.#link?.people() ?? []),
      withdrawals: new Withdrawals(),
      memory: new Memory(),
      floor: new Floor(),
      panel: new PanelWatch(channel.guildId, parts),
    };
  }

  get channel(): ChannelRef {
    return this.room.channel;
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

  /** False while the book could not be read: then nobody is heard but who says yes now. */
  get recalled(): boolean {
    return this.#recalled;
  }

  isHere(personId: string): boolean {
    return this.#link?.people().some(({ id }) => id === personId) ?? false;
  }

  /** For this session. Works from the next packet on, like every word about being heard. */
  agree(personId: string): void {
    this.room.gate.change((consent) => agreeForSession(consent, personId));
  }

  /** Nothing more comes of what this person said so far. */
  refuse(personId: string): void {
    this.room.gate.change((consent) => refuse(consent, personId));
    this.#takeBack(personId);
  }

  /** As if this person had never been here. */
  forget(personId: string): void {
    this.room.gate.change((consent) => forget(consent, personId));
    this.#takeBack(personId);
  }

  /** Asks the book who agreed earlier, until it has answered once. Never throws. */
  async recall(): Promise<void> {
    if (this.#recalled) return;
    const { guildId } = this.channel;
    const standings = await withBook(guildId, this.#parts, 'store.unreadable', (book) =>
      book.read(guildId),
    );
    if (!standings) return;
    this.#recalled = true;
    this.room.gate.change((consent) => recall(consent, standings));
  }

  /** Resolves when people can be heard and spoken to. Errors: as `VoiceDoor.open`. */
  async enter(): Promise<void> {
    const startedMs = this.#parts.clock.nowMs();
    const recalling = this.recall();
    const mayHear = (speakerId: string) => this.room.gate.mayHear(speakerId);
    this.#link = await this.#parts.door.open(this.channel, mayHear, this.#over.signal);
    await recalling;
    const tookMs = this.#parts.clock.nowMs() - startedMs;
    this.#tell({ kind: 'joined', channel: this.channel, tookMs });
  }

  /** Lives in the channel until it is left or lost; never throws. Call after `enter`. */
  async live(): Promise<void> {
    let brokeAtMs = Number.NEGATIVE_INFINITY;
    for (;;) {
      const error = await this.#session();
      if (error === undefined || this.isOver) break;
      this.report(error);
      const nowMs = this.#parts.clock.nowMs();
      const again = !(error instanceof BotError) && nowMs - brokeAtMs > rebuildMs;
      brokeAtMs = nowMs;
      if (!again || !(await this.#reenter())) break;
    }
    this.leave('lost');
    this.room.panel.left();
    const why = this.#why ?? 'lost';
    this.#tell({ kind: 'left', channel: this.channel, why });
    if (why === 'alone') void write(text('leave.empty'), this.room).catch((e) => this.report(e));
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

  /** Ends everything that runs in this channel; `live` returns once the link is closed. The first reason counts. */
  leave(why: Why): void {
    this.#why ??= why;
    this.#over.abort(new Error('left the channel'));
    this.room.floor.close();
  }

  /** Tells the operator what broke; a bug with its cause. */
  report(error: unknown): void {
    this.#tell(failureOf(error, 'link'));
  }

  /** The error that ended the session, or undefined when it ended in order. */
  async #session(): Promise<unknown> {
    const link = this.#link;
    if (!link) return undefined;
    try {
      this.#why ??= await runSession(link, this.room, this.#over.signal);
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
      if (!this.isOver) this.report(error);
      return false;
    }
  }

  #takeBack(personId: string): void {
    const { floor, memory, withdrawals } = this.room;
    floor.withdraw(personId);
    withdrawals.withdraw(personId);
    memory.forget(personId);
  }

  #tell(event: SessionEvent): void {
    this.#parts.onEvent(this.channel.guildId, event);
  }
}
