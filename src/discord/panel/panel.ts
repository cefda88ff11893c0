import { DiscordAPIError, RateLimitError } from 'discord.js';
import type { PanelPlace } from '#src/conversation/ports/panel.ts';
import type { MessageBody } from '#src/discord/interactions/rendering.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { waitAfterLimitMs } from '#src/discord/rest-clock.ts';
import { editMs, type PanelPace } from './panel-pace.ts';

export type PanelLine = {
  readonly timing: SyncTiming;
  readonly pace: PanelPace;
  /** Draws the panel as it should be at this moment. */
  draw(): MessageBody;
  /** Writes what `draw` tells at the moment it is sent; it is due since `sinceMs`. */
  edit(place: PanelPlace, draw: () => MessageBody, sinceMs: number): Promise<void>;
  /** Discord will take no edit of it any more. */
  ended(why: string): void;
};

/** Waits after failed edits double up to this one. */
const longestRetryMs = 60_000;

/**
 * One message that follows its panel: edited every 1.2 s at most, or as its pace says, and its last content is the newest.
 *
 * States in between are skipped. A failed edit is repeated with the content of that time.
 */
export class PanelMessage {
  readonly place: PanelPlace;
  readonly #line: PanelLine;
  #shown: string;
  #nextMs: number;
  #failures = 0;
  /** Since when it shows something else. */
  #sinceMs: number | undefined;
  #busy = false;
  #forget: (() => void) | undefined;
  #editing = Promise.resolve();
  #ended = false;

  /** `shown` is the content that was just posted there, where that is known. */
  constructor(place: PanelPlace, shown: MessageBody | undefined, line: PanelLine) {
    this.place = place;
    this.#line = line;
    this.#shown = JSON.stringify(shown);
    this.#nextMs = line.timing.nowMs() + (shown ? editMs : 0);
  }

  /** Reports that the result of `draw` has changed. */
  touch(): void {
    const { timing } = this.#line;
    this.#sinceMs ??= timing.nowMs();
    if (this.#ended || this.#busy || this.#forget) return;
    this.#forget = timing.later(Math.max(0, this.#nextMs - timing.nowMs()), () => {
      this.#forget = undefined;
      this.#editing = this.#edit();
    });
  }

  end(): void {
    this.#ended = true;
    this.#forget?.();
  }

  /** Writes now what it should show, once; resolves when Discord has taken or refused it. */
  async flush(): Promise<void> {
    if (this.#ended) return;
    this.#forget?.();
    this.#forget = undefined;
    await this.#editing;
    this.#ended = true;
    await this.#edit();
  }

  async #edit(): Promise<void> {
    this.#busy = true;
    try {
      const { timing, draw, edit, pace } = this.#line;
      const sinceMs = this.#sinceMs ?? timing.nowMs();
      this.#sinceMs = undefined;
      let drawn = JSON.stringify(draw());
      if (drawn === this.#shown) return;
      const drawNow = () => {
        const message = draw();
        drawn = JSON.stringify(message);
        this.#sinceMs = undefined;
        const nowMs = timing.nowMs();
        this.#nextMs = nowMs + pace.edited(this.place.messageId, nowMs);
        return message;
      };
      await edit(this.place, drawNow, sinceMs);
      this.#shown = drawn;
      this.#failures = 0;
    } catch (error) {
      this.#failed(error);
    } finally {
      this.#busy = false;
    }
    this.touch();
  }

  #failed(error: unknown): void {
    if (isFinal(error)) {
      this.end();
      this.#line.ended(error.message);
      return;
    }
    const backoffMs = Math.min(longestRetryMs, editMs * 2 ** this.#failures++);
    const waitMs = error instanceof RateLimitError ? waitAfterLimitMs(error) : backoffMs;
    this.#nextMs = this.#line.timing.nowMs() + Math.max(editMs, waitMs);
  }
}

/** Deleted, forbidden, or wrong: the same edit would be refused again. */
function isFinal(error: unknown): error is DiscordAPIError {
  return error instanceof DiscordAPIError && error.status < 500 && error.status !== 429;
}
