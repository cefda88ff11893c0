import type { ChannelMember } from '#src/session/ports/voice-link.ts';
import { type NoticeContext, noticeButtons, writtenLine } from './caption-notice.ts';
import type { LiveCaptions } from './live-captions.ts';

/** Tells who comes in while captions are on, by name and once, whether they are written. */
export class CaptionNewcomers {
  readonly #context: NoticeContext;
  readonly #live: LiveCaptions;
  /** Also those who were there when the notice was given. */
  readonly #told: Set<string>;
  /** Those whose name stands in the chat. */
  readonly #named = new Set<string>();

  readonly #hasMissed: () => boolean;

  /** `hasMissed`: enough was said, and may be known to who comes later, for a button that tells what they missed. */
  constructor(
    context: NoticeContext,
    live: LiveCaptions,
    present: readonly ChannelMember[],
    hasMissed: () => boolean,
  ) {
    this.#context = context;
    this.#live = live;
    this.#hasMissed = hasMissed;
    this.#told = new Set(present.map(({ id }) => id));
  }

  /** `here` are the people there, `heardIds` those of them who are heard. To be called now and then. */
  look(here: readonly ChannelMember[], heardIds: readonly string[]): void {
    for (const { id, name } of here) {
      if (this.#told.has(id)) continue;
      this.#told.add(id);
      this.#named.add(id);
      const line = heardIds.includes(id) ? 'captions.newcomer.yes' : 'captions.newcomer.unasked';
      const text = writtenLine({ id: line, with: { name } }, this.#context);
      const buttons = this.#hasMissed() ? [...noticeButtons, 'captions.missed'] : noticeButtons;
      this.#live.post({ key: keyOf(id), text, urgency: 'whole', buttons });
    }
  }

  /** The name of this person does not stay in the chat. */
  forget(personId: string): void {
    if (!this.#named.delete(personId)) return;
    this.#live.post({ key: keyOf(personId), text: '', urgency: 'partial' });
  }

  /** Names have served, and go. */
  end(): void {
    for (const personId of this.#named) this.forget(personId);
  }
}

function keyOf(personId: string): string {
  return `newcomer ${personId}`;
}
