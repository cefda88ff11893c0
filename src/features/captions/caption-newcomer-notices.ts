import type {
  DesiredMessage,
  DisplayOutcome,
  MessagePlace,
} from '#src/conversation/ports/desired-message.ts';
import type { ChannelMember } from '#src/conversation/ports/voice-link.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { LiveCaptions } from '#src/features/captions/live/live-captions.ts';
import {
  noteNaming,
  settleNaming,
} from '#src/features/captions/transcripts/record-posted-messages.ts';
import { noticeButtons, writtenLine } from './caption-notices.ts';

/** Informs each newcomer while captions are on, by name and once, whether their words are written. */
export class CaptionNewcomerNotices {
  readonly #context: SessionContext;
  readonly #live: LiveCaptions;
  /** Also those who were there when the notice was given. */
  readonly #reported: Set<string>;
  /** Those whose name stands in the chat. */
  readonly #named = new Set<string>();
  /** Messages that hold those names, by their keys. */
  readonly #places = new Map<string, MessagePlace>();

  readonly #hasMissed: () => boolean;

  /**
   * `notifiedIds`: people who have read the notice. `hasMissed`: true where enough was said, so that newcomers get a button for a
   * recap.
   */
  constructor(
    context: SessionContext,
    live: LiveCaptions,
    notifiedIds: readonly string[],
    hasMissed: () => boolean,
  ) {
    this.#context = context;
    this.#live = live;
    this.#hasMissed = hasMissed;
    this.#reported = new Set(notifiedIds);
  }

  /** `here` are the people there. To be called now and then. */
  check(here: readonly ChannelMember[]): void {
    for (const { id, name } of here) {
      if (this.#reported.has(id)) continue;
      this.#reported.add(id);
      this.#named.add(id);
      const text = writtenLine({ id: 'captions.newcomer', with: { name } }, this.#context);
      const buttons = this.#hasMissed() ? [...noticeButtons, 'captions.missed'] : noticeButtons;
      this.#post({ key: keyOf(id), text, urgency: 'whole', buttons });
    }
  }

  /** The name of this person does not stay in the chat. */
  forget(personId: string): void {
    if (!this.#named.delete(personId)) return;
    this.#post({ key: keyOf(personId), text: '', urgency: 'partial' });
  }

  /** Deletes all names from the chat. */
  end(): void {
    for (const personId of this.#named) this.forget(personId);
  }

  #post(desired: DesiredMessage): void {
    this.#live.post(desired, (outcome) => this.#handleOutcome(outcome));
  }

  /** Notes a message with names, so that the next process deletes it where this one is killed. */
  #handleOutcome(outcome: DisplayOutcome): void {
    const { channel } = this.#context;
    const { key, kind } = outcome;
    if (kind === 'shown') {
      this.#places.set(key, outcome.place);
      noteNaming(outcome.place, channel.guildId, this.#context);
    }
    if (kind !== 'deleted' && kind !== 'gone') return;
    const place = this.#places.get(key);
    this.#places.delete(key);
    if (place) settleNaming(place, channel.guildId, this.#context);
  }
}

function keyOf(personId: string): string {
  return `newcomer ${personId}`;
}
