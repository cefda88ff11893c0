import type { VoiceRestriction } from '#src/conversation/ports/seat-changes-by-others.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';

/** On a stage one begins in the audience, and may be let out of it at once. */
const audienceMs = 3_000;

/** Restrictions of the bot's voice in one channel; people there read of each once. */
export class VoiceRestrictionNotices {
  readonly #context: SessionContext;
  readonly #all: Set<VoiceRestriction>;

  /** `former`: restrictions in the channel that the bot comes from, which a moderator's mute outlives. */
  constructor(context: SessionContext, former?: VoiceRestrictionNotices) {
    this.#context = context;
    this.#all = new Set(former ? former.#all : []);
    this.#tell();
  }

  /** True where no person hears what the bot says. */
  get isMute(): boolean {
    return this.#all.has('muted') || this.#all.has('suppressed');
  }

  /** Notes that a restriction begins or ends. */
  set(how: VoiceRestriction, on: boolean): void {
    const isNew = on && !this.#all.has(how);
    if (on) this.#all.add(how);
    else this.#all.delete(how);
    this.#tell();
    if (isNew) void this.#report(how);
  }

  #tell(): void {
    const { talk } = this.#context;
    if (talk.state.isMuted !== this.isMute) talk.post({ kind: 'muted', isMuted: this.isMute });
  }

  async #report(how: VoiceRestriction): Promise<void> {
    const { notice, parts, signal } = this.#context;
    const holds = () => this.#all.has(how);
    try {
      if (how === 'suppressed') await parts.clock.sleep(audienceMs, signal);
      notice({ id: how === 'deafened' ? 'deafened.server' : 'muted.server' }, holds);
    } catch {
      // Left meanwhile.
    }
  }
}
