import { type Client, Routes } from 'discord.js';
import { messageOf } from '#src/base/errors.ts';
import type { Button } from '#src/conversation/command.ts';
import { leftPanel } from '#src/conversation/panel-view.ts';
import type {
  PanelBoard,
  PanelFace,
  PanelPlace,
  PanelStore,
} from '#src/conversation/ports/panel.ts';
import type { WriteTurns } from '#src/discord/captions/channel-writers.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { type MessageBody, messageWith } from '#src/discord/interactions/rendering.ts';
import { answerWithin, withDeadline } from '#src/discord/library/deadline.ts';
import type { SyncTiming } from '#src/discord/link/timing.ts';
import { type Locale, localeOf, type TextLine } from '#src/texts/texts.ts';
import { type PanelLine, PanelMessage } from './panel.ts';
import { drawPanel } from './panel-face.ts';
import { PanelPace } from './panel-pace.ts';

/** Panel board of this folder: the reply to a `/join` becomes the panel. */
export interface PanelReplies extends Pick<PanelBoard, 'show' | 'forget' | 'placeIn' | 'takeOver'> {
  /** The message as it is to be posted, under `head`. */
  dressed(guildId: string, head: TextLine): MessageBody;
  /** Makes this message the panel, with `shown` as its content; the former one says where it went. */
  put(guildId: string, place: PanelPlace, head: TextLine, shown: MessageBody): void;
  /** Panels of a former run tell that the bot is not there any more; `seats` names channels it sat in. Never throws. */
  wake(guildIds: readonly string[], seats?: ReadonlyMap<string, string>): Promise<void>;
  /** Takes the words of people off the panels, within `ms`; then no edit is begun any more. Never throws. */
  close(ms: number): Promise<void>;
}

export type PanelOptions = {
  readonly panelStore: PanelStore;
  readonly buttons: ReadonlyMap<string, Button>;
  readonly timing: SyncTiming;
  /** Shared by all panels of one login. */
  readonly pace: PanelPace;
  readonly report: (event: DiscordEvent) => void;
  edit: PanelLine['edit'];
  localeIn(guildId: string): Locale;
};

/** Panels of a logged-in client. */
export function openPanelBoard(
  client: Client<true>,
  panelStore: PanelStore,
  buttons: ReadonlyMap<string, Button>,
  timing: SyncTiming,
  turns: WriteTurns,
  report: (event: DiscordEvent) => void,
): PanelReplies {
  const never = new AbortController().signal;
  return new Panels({
    panelStore,
    buttons,
    timing,
    pace: new PanelPace(client.rest.options.globalRequestsPerSecond),
    report,
    async edit({ channelId, messageId }, draw, sinceMs) {
      const send = async () => {
        const { allowedMentions, ...rest } = draw();
        const body = { ...rest, allowed_mentions: allowedMentions };
        const route = Routes.channelMessage(channelId, messageId);
        const patch = (signal: AbortSignal) => client.rest.patch(route, { body, signal });
        await withDeadline(patch, answerWithin(timing), never);
      };
      const late = () => new Error('the bot is being stopped');
      await turns.task(channelId, { route: 'PATCH', urgency: 'panel', sinceMs, send, late });
    },
    localeIn: (guildId) => localeOf(client.guilds.cache.get(guildId)?.preferredLocale ?? ''),
  });
}

/** Forgets everything when the process ends: for a bot that has nowhere to remember. */
export function memoryOnlyPanelStore(): PanelStore {
  const places = new Map<string, PanelPlace>();
  return {
    read: async (guildId) => places.get(guildId),
    async write(guildId, place) {
      places.set(guildId, place);
    },
  };
}

/** Content and place of one server's panel. */
type Panel = {
  face?: PanelFace;
  head?: TextLine;
  message?: PanelMessage;
  former?: PanelMessage;
  /** The message may hold words of people. */
  showsWords?: boolean;
  turn: Promise<void>;
};

/** Interval, in ms, between two panels of a former run, so that a bot in many servers does not use up its requests. */
const wakeMs = 250;

class Panels implements PanelReplies {
  readonly #options: PanelOptions;
  readonly #panels = new Map<string, Panel>();
  #closed = false;

  constructor(options: PanelOptions) {
    this.#options = options;
  }

  show(guildId: string, face: PanelFace): void {
    const panel = this.#panel(guildId);
    panel.face = face;
    panel.message?.touch();
  }

  dressed(guildId: string, head: TextLine): MessageBody {
    const face = this.#panels.get(guildId)?.face;
    return this.#draw(guildId, head, isHere(face) ? face : undefined);
  }

  put(guildId: string, place: PanelPlace, head: TextLine, shown: MessageBody): void {
    const panel = this.#panel(guildId);
    const former = panel.message?.place;
    panel.message?.end();
    panel.head = head;
    if (!isHere(panel.face)) delete panel.face;
    this.#follow(guildId, place, shown, (why) => this.#warn(guildId, why));
    panel.turn = panel.turn.then(() => this.#moved(guildId, former, place));
  }

  async wake(
    guildIds: readonly string[],
    seats: ReadonlyMap<string, string> = new Map(),
  ): Promise<void> {
    for (const guildId of guildIds) {
      const place = await this.#stored(guildId);
      if (this.#closed) return;
      if (!place || this.#panels.has(guildId)) continue;
      this.#panel(guildId).face = leftFace(seats.get(guildId));
      this.#follow(guildId, place, undefined, () => {}); // deleted long ago, perhaps
      await new Promise<void>((resolve) => this.#options.timing.later(wakeMs, resolve));
    }
  }

  async takeOver(guildId: string, head?: TextLine): Promise<boolean> {
    const panel = this.#panel(guildId);
    const known = panel.message?.place ?? (await this.#stored(guildId));
    if (this.#closed || !known || this.#panels.get(guildId) !== panel) return false;
    if (head) panel.head = head;
    else delete panel.head;
    if (panel.message) panel.message.touch();
    else this.#follow(guildId, known, undefined, () => {}); // deleted meanwhile, perhaps
    return true;
  }

  async forget(guildId: string): Promise<void> {
    const panel = this.#panels.get(guildId);
    panel?.message?.end();
    await panel?.turn;
    panel?.former?.end();
    this.#panels.delete(guildId);
  }

  placeIn(guildId: string): PanelPlace | undefined {
    return this.#panels.get(guildId)?.message?.place;
  }

  async close(ms: number): Promise<void> {
    this.#closed = true;
    const cleared = [...this.#panels.values()].map(async (panel) => {
      if (panel.face) panel.face = { ...panel.face, lines: panel.face.lines.filter(isWordless) };
      if (panel.showsWords) await panel.message?.flush();
    });
    const { timing } = this.#options;
    const late = () => new Error('the bot is being stopped');
    const never = new AbortController().signal;
    const work = () => Promise.all(cleared);
    await withDeadline(work, { ms, timing, late }, never).catch(() => undefined); // Discord is away
    for (const { message, former } of this.#panels.values()) {
      message?.end();
      former?.end();
    }
  }

  #panel(guildId: string): Panel {
    const panel = this.#panels.get(guildId) ?? { turn: Promise.resolve() };
    this.#panels.set(guildId, panel);
    return panel;
  }

  #follow(
    guildId: string,
    place: PanelPlace,
    shown: MessageBody | undefined,
    ended: (why: string) => void,
  ): void {
    const panel = this.#panel(guildId);
    const message = new PanelMessage(place, shown, {
      timing: this.#options.timing,
      pace: this.#options.pace,
      draw: () => {
        panel.showsWords ||= panel.face?.lines.every(isWordless) === false;
        return this.#draw(guildId, panel.head, panel.face);
      },
      edit: this.#options.edit,
      ended: (why) => {
        if (panel.message === message) delete panel.message;
        ended(why);
      },
    });
    panel.message = message;
    message.touch();
  }

  #draw(guildId: string, head: TextLine | undefined, face: PanelFace | undefined): MessageBody {
    const { buttons, localeIn } = this.#options;
    return drawPanel(head, face, localeIn(guildId), buttons);
  }

  /** Where the panel of a former run is, as far as the store tells. */
  #stored(guildId: string): Promise<PanelPlace | undefined> {
    return this.#options.panelStore.read(guildId).catch(() => undefined);
  }

  /** A panel of a former run stands only in the store. */
  async #moved(guildId: string, known: PanelPlace | undefined, place: PanelPlace): Promise<void> {
    const { panelStore } = this.#options;
    try {
      const former = known ?? (await panelStore.read(guildId));
      await panelStore.write(guildId, place);
      if (former && former.messageId !== place.messageId) this.#point(guildId, former, place);
    } catch (error) {
      this.#warn(guildId, messageOf(error), error);
    }
  }

  /** Whether it could be told is of no importance: often the message is gone. */
  #point(guildId: string, former: PanelPlace, { channelId, messageId }: PanelPlace): void {
    if (this.#closed) return;
    const { edit, localeIn, timing, pace } = this.#options;
    const panel = this.#panel(guildId);
    const link = `https://discord.com/channels/${guildId}/${channelId}/${messageId}`;
    const message = messageWith([{ id: 'panel.moved', with: { link } }], localeIn(guildId));
    const draw = () => ({ ...message, components: [] });
    panel.former?.end();
    const line = { timing, pace, draw, edit, ended: () => {} };
    panel.former = new PanelMessage(former, undefined, line);
    panel.former.touch();
  }

  #warn(guildId: string, why: string, cause?: unknown): void {
    const message = `Panel of server ${guildId}: ${why}`;
    this.#options.report({ kind: 'warning', message, guildId, cause });
  }
}

/** True unless the face is that of a bot that left; after a `/join` such a face is not shown again. */
function isHere(face: PanelFace | undefined): boolean {
  return face?.isLeft !== true;
}

/** `channel`: where a former run sat to its end. */
function leftFace(channel: string | undefined): PanelFace {
  return leftPanel(channel === undefined ? undefined : { id: 'seat.outdated', with: { channel } });
}

/** Whether a line holds no words that a person said. */
function isWordless({ id }: TextLine): boolean {
  return id !== 'panel.heard';
}
