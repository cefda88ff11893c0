import { BotError } from '#src/base/errors.ts';
import type { SessionContext } from '#src/session/context.ts';
import { failureOf } from '#src/session/failure.ts';
import type { LiveCaptionsTrouble } from './live-captions.ts';

const causes: Readonly<Record<LiveCaptionsTrouble['kind'], string>> = {
  gone: 'The channel or thread of captions is gone: they are not shown any more.',
  forbidden: 'The bot may not write captions in their channel or thread any more.',
  refused: 'Discord refused to show a line of captions.',
};

/** Tells the operator and the people of a channel, once, that captions cannot be shown or saved. */
export class CaptionAlerts {
  readonly #context: SessionContext;
  #isUnsaved = false;
  #toldRefused = false;

  constructor(context: SessionContext) {
    this.#context = context;
  }

  unshown(kind: LiveCaptionsTrouble['kind']): void {
    const { channel, notice, parts } = this.#context;
    const error = new BotError('discord.unsent', false, causes[kind]);
    parts.onEvent(channel.guildId, failureOf(error, 'store'));
    if (kind !== 'refused') notice({ id: `captions.place.${kind}` });
    else if (!this.#toldRefused) notice({ id: 'captions.unshown' });
    this.#toldRefused = true;
  }

  unsaved(error: unknown): void {
    const { channel, notice, parts } = this.#context;
    if (this.#isUnsaved) return;
    this.#isUnsaved = true;
    parts.onEvent(channel.guildId, failureOf(error, 'store'));
    notice({ id: 'captions.unsaved' });
  }

  saved(): void {
    if (this.#isUnsaved) this.#context.notice({ id: 'captions.saved' });
    this.#isUnsaved = false;
  }
}
