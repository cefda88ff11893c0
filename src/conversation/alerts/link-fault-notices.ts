import type { AlertChange, AlertName } from '#src/base/alerts.ts';
import type { SessionContext } from '#src/conversation/session-context.ts';
import type { PlainTextId, TextLine } from '#src/texts/texts.ts';

/** An alert of a voice link; `speakerId` where it is about one person. */
export type LinkAlertEvent = AlertChange & { readonly speakerId?: string };

/** Least time between two notices of one alert in a channel, in ms. */
const repeatMs = 300_000;

/** Text of each alert for a channel; one about a person fills in `name`. */
const texts: Partial<Record<AlertName, PlainTextId | 'heard.missing'>> = {
  'udp-dead': 'link.udp',
  'encryption-unsettled': 'link.encryption',
  'frames-stuck': 'link.frames',
  'unheard-speaker': 'heard.missing',
  'seat-mismatch': 'link.seat',
};

/** While one of these is raised the link carries nothing. */
const outages: ReadonlySet<AlertName> = new Set(['link-down', 'udp-dead', 'encryption-unsettled']);

/** Posts notices about faults of the voice link into its channel. */
export class LinkFaultNotices {
  readonly #channel: SessionContext;
  readonly #raised = new Map<AlertName, LinkAlertEvent>();
  readonly #reportedAtMs = new Map<AlertName, number>();

  constructor(channel: SessionContext) {
    this.#channel = channel;
  }

  /** True while the channel has read of a fault of the link that lasts. */
  get isLinkReported(): boolean {
    const raised = [...this.#raised.values()];
    return raised.some(
      ({ name, speakerId }) => speakerId === undefined && texts[name] !== undefined,
    );
  }

  /** Nothing is heard or spoken over the link at the moment. */
  get isOutage(): boolean {
    return [...this.#raised.keys()].some((name) => outages.has(name));
  }

  report(news: LinkAlertEvent): void {
    const { name, state } = news;
    if (state === 'cleared') {
      this.#raised.delete(name);
      return;
    }
    this.#raised.set(name, news);
    const line = this.#lineOf(news);
    const nowMs = this.#channel.parts.clock.nowMs();
    const lastMs = this.#reportedAtMs.get(name) ?? Number.NEGATIVE_INFINITY;
    if (!line || nowMs - lastMs < repeatMs) return;
    this.#reportedAtMs.set(name, nowMs);
    this.#channel.notice(line, () => this.#raised.get(name) === news);
  }

  /** Undefined: the channel does not read of this alert. */
  #lineOf({ name, speakerId }: LinkAlertEvent): TextLine | undefined {
    const id = texts[name];
    if (id === undefined) return undefined;
    if (id !== 'heard.missing') return { id };
    const person = this.#channel.people().find((one) => one.id === speakerId);
    return person && { id, with: { name: person.name } };
  }
}
