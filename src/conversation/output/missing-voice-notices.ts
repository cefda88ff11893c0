import { failureEventOf } from '#src/conversation/alerts/failure-event.ts';
import { writtenText } from '#src/conversation/languages/localized-text.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { SpeechVoice } from '#src/speech/ports.ts';

/** Reports voices that no longer exist, once a session each, to the people who can choose another. */
export class MissingVoiceNotices {
  readonly #context: SessionContext;
  readonly #reported = new Set<string>();

  constructor(context: SessionContext) {
    this.#context = context;
  }

  /** To be called before the bot speaks. Waits for nothing. */
  check(): void {
    const { channel, stored } = this.#context;
    const chosen = stored.chosenVoiceAt(channel.guildId, channel.channelId);
    if (!chosen) return;
    void this.#context.parts.voices.load();
    if (chosen.isGone) this.#report(chosen.name);
  }

  /** The bot's own is missed. A model that speaks has voices of its own: there what reads texts need not have it. */
  ofBot(voice: string, of: 'reader' | 'model'): void {
    if (of === 'model' || this.#context.settings().pipeline === 'chained') this.#report(voice);
  }

  /** A voice that a person has chosen for what they write; without one, that of the bot. */
  voiceOf(name: string | undefined, ownerId: string | undefined): SpeechVoice {
    if (name === undefined) return {};
    if (ownerId === undefined) return { name };
    return { name, onGone: (gone) => this.#ofPerson(ownerId, gone) };
  }

  /** Everybody there reads it, as any DJ may choose another. */
  #report(voice: string): void {
    if (this.#isFirst('', voice)) this.#context.notice({ id: 'voice.gone', with: { voice } });
  }

  #ofPerson(personId: string, voice: string): void {
    if (!this.#isFirst(personId, voice)) return;
    const { channel, parts, signal } = this.#context;
    const { guildId } = channel;
    const text = writtenText({ id: 'voice.gone', with: { voice } }, guildId, parts);
    parts.messages
      .notify(channel, [{ personId, text }], signal)
      .catch(
        (error: unknown) =>
          signal.aborted || parts.onEvent(guildId, failureEventOf(error, 'speak')),
      );
  }

  #isFirst(personId: string, voice: string): boolean {
    const key = `${personId}:${voice}`;
    if (this.#reported.has(key)) return false;
    this.#reported.add(key);
    return true;
  }
}
