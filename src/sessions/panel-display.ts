import type { Clock } from '#src/base/clock.ts';
import type { Deps } from '#src/conversation/session-dependencies.ts';
import { Owned } from '#src/people/owned.ts';
import type { PanelContent } from '#src/ports/panel.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';

/** Discord takes five edits in five seconds, and a question passes four states, most of them for a moment. */
const settledMs = 2_000;

export type PanelDisplayDeps = Deps<'panels' | 'roomView'> & {
  readonly clock: Pick<Clock, 'later'>;
  /** Gets the channel to which the panel belongs. */
  readonly getChannel: () => ChannelRef;
};

/** Shows the panel of one session: on the page at once, in Discord without states that last for a moment. */
export class PanelDisplay {
  readonly #deps;
  #content = '';
  /** The content without its activity. */
  #lasting = '';
  #cancel: (() => void) | undefined;

  constructor(deps: PanelDisplayDeps) {
    this.#deps = deps;
  }

  /** Shows content, unless it is shown. Of a change of the activity alone, Discord shows what lasts for 2 s. */
  show(content: PanelContent): void {
    const { channelId, guildId } = this.#deps.getChannel();
    const next = JSON.stringify(content);
    if (next === this.#content) return;
    this.#content = next;
    const lasting = JSON.stringify(withoutActivity(content));
    const isMomentary = lasting === this.#lasting;
    this.#lasting = lasting;
    const owned = new Owned(content, { channelId });
    this.#deps.roomView?.show({ kind: 'panel', channelId, content: owned });
    const show = () => this.#deps.panels.show(guildId, owned);
    this.end();
    if (isMomentary) this.#cancel = this.#deps.clock.later(settledMs, show);
    else show();
  }

  /** Shows nothing more that waits. */
  end(): void {
    this.#cancel?.();
    this.#cancel = undefined;
  }
}

function withoutActivity({ activity, lines, rows, status }: PanelContent) {
  return [lines.filter((line) => line !== activity), rows, status];
}
