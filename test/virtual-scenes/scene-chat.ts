import { BotError } from '#src/base/errors.ts';
import { type PersonId, toChannelId } from '#src/base/ids.ts';
import { Owned } from '#src/people/owned.ts';
import {
  openPanel,
  type PanelBoard,
  type PanelContent,
  toLeftPanel,
} from '#src/ports/panel.ts';
import type { MessagePlace, TypedMessages } from '#src/ports/typed-messages.ts';
import type { VoiceChannelChatPoster } from '#src/ports/voice-channel-chat-poster.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { formatText, type Locale, type TextLine } from '#src/texts/texts.ts';
import type { VirtualClock } from '#test/fakes/virtual-clock.ts';
import { sceneChannels } from './scene-types.ts';
import type { SceneLine, SceneWorld } from './scene-world.ts';

/** The bot may write, may not, or Discord takes 20 s for a message. */
export type ChatState = 'open' | 'closed' | 'slow';

const slowMs = 20_000;

type ChatDeps = {
  readonly world: SceneWorld;
  readonly clock: VirtualClock;
  readonly locale: Locale;
  /** False once the process of the writer was killed. */
  readonly isAlive: () => boolean;
};

/** The chats of voice channels, private replies and the panel, as people read them. */
export class SceneChat {
  state: ChatState = 'open';
  readonly #deps: Omit<ChatDeps, 'isAlive'>;

  constructor(deps: Omit<ChatDeps, 'isAlive'>) {
    this.#deps = deps;
  }

  /** Writes for one process of the bot. */
  createPoster(isAlive: () => boolean): VoiceChannelChatPoster {
    return {
      writeText: async (channel, text, signal) => {
        const shownText = text.findForPlace(channel.channelId);
        await this.#deliver(signal, isAlive);
        if (shownText === undefined) throw createForbiddenError();
        this.#noteInChannel(channel, shownText);
      },
      notifyPeople: async (channel, lines, signal, buttons = []) => {
        await this.#deliver(signal, isAlive);
        for (const { personId, text } of lines) {
          const shownText = text.findForPlace(channel.channelId);
          if (shownText === undefined) throw createForbiddenError();
          this.#noteLine('mention', this.#listNames([personId]), shownText, buttons);
        }
      },
      tellPerson: async (personId, words, signal) => {
        signal.throwIfAborted();
        const text = await words.findForPerson(personId, async () => false);
        if (isAlive())
          this.#noteLine('direct', this.#listNames([personId]), text ?? '');
      },
      offerButtons: async (channel, offered, buttons, signal) => {
        await this.#deliver(signal, isAlive);
        const shown =
          offered instanceof Owned ? offered.findForPlace(channel.channelId) : offered;
        if (!shown) throw createForbiddenError();
        const { id, with: values } = shown;
        this.#noteInChannel(
          channel,
          formatText(id, values, this.#deps.locale),
          buttons,
        );
        return {
          replaceBy: async (line) =>
            this.#noteInChannel(
              channel,
              formatText(line.id, line.with, this.#deps.locale),
            ),
        };
      },
    };
  }

  /** Replies to typed messages, in the chat of a voice channel or in #general. */
  createReplies(
    isAlive: () => boolean,
    setListener: TypedMessages['setListener'],
    getAuthor: (messageId: string) => string | undefined,
  ): TypedMessages {
    return {
      setListener,
      replyTo: async ({ channelId, messageId }, text, signal) => {
        const shownText = text.findForPlace(channelId) ?? '';
        await this.#deliver(signal, isAlive);
        this.#noteLine('reply', [getAuthor(messageId) ?? ''], shownText);
        return 'sent';
      },
    };
  }

  /** The panel of one process. People see it from the first reply to `/join` on. */
  createPanels(
    isAlive: () => boolean,
    findPlace: () => MessagePlace | undefined,
  ): PanelBoard {
    return {
      show: (guildId, content) => {
        const channel = { guildId, channelId: toChannelId('nowhere') };
        if (isAlive())
          this.#showPanel(openPanel(content, channel, { isNoWider: () => true }));
      },
      showLeft: () => {
        if (isAlive()) this.#showPanel(toLeftPanel());
      },
      placeIn: findPlace,
      forgetPanel: async () => undefined,
      postPanel: async () => this.state === 'open',
      takeOverPanel: async () => true,
    };
  }

  /** Notes a reply to a command or a press. */
  noteReply(
    personId: PersonId,
    isPrivate: boolean,
    textLines: readonly TextLine[],
    buttons: readonly string[],
  ): void {
    const text = textLines
      .map(({ id, with: values }) => formatText(id, values, this.#deps.locale))
      .join('\n');
    const kind = isPrivate ? 'private' : 'reply';
    this.#noteLine(kind, this.#listNames([personId]), text, buttons);
  }

  async #deliver(signal: AbortSignal, isAlive: () => boolean) {
    signal.throwIfAborted();
    this.#checkRight();
    if (this.state === 'slow') await this.#deps.clock.sleep(slowMs, signal);
    if (!isAlive()) await new Promise<never>(() => undefined);
    this.#checkRight();
  }

  #checkRight() {
    if (this.state === 'closed') throw createForbiddenError();
  }

  #noteInChannel({ name }: ChannelRef, text: string, buttons: readonly string[] = []) {
    const channel = sceneChannels.find((sceneChannel) => sceneChannel === name);
    const present = channel ? this.#deps.world.listPresent(channel) : [];
    this.#noteLine(
      'chat',
      present.map((person) => person.name),
      text,
      buttons,
    );
  }

  #noteLine(
    kind: SceneLine['kind'],
    names: readonly string[],
    text: string,
    buttons: readonly string[] = [],
  ) {
    const { clock, world } = this.#deps;
    noteLine(world, { atMs: clock.nowMs(), kind, names, text, buttons }, this.state);
  }

  #listNames(ids: readonly PersonId[]) {
    return ids.flatMap((id) => this.#deps.world.findPerson(id)?.name ?? []);
  }

  #showPanel({ lines, status }: PanelContent) {
    const { clock, locale, world } = this.#deps;
    const formatLine = ({ id, with: values }: TextLine) =>
      formatText(id, values, locale);
    world.panel.set(clock.nowMs(), lines.map(formatLine).join('\n'));
    world.status.set(clock.nowMs(), status ? formatLine(status) : '');
  }
}

function createForbiddenError() {
  return new BotError('discord.forbidden', false, 'The bot may not write there.');
}

const tellsPerson = /\b(hear|listen to) you\b/i;
const tellsChannel =
  /\b(hear|listen to)\b[^.]*\b(everybody|everyone|members|people with)\b/i;
const deniesHearing =
  /\b(don't|do not|can't|cannot|not yet|neither)\b[^.]*\b(hear|listen)\b/i;

/** Notes a line, and whether it tells people that they are heard. A voice tells them only where the chat is not `open`. */
export function noteLine(world: SceneWorld, line: SceneLine, chat: ChatState): void {
  world.lines.push(line);
  const { atMs, kind, text } = line;
  const channel = world.botSeat.last;
  if (!channel || (kind === 'voice' && chat === 'open')) return;
  const isPersonal = kind !== 'chat' && kind !== 'reply';
  const sentences = text.split(/(?<=[.!?])\s+/);
  const isTelling = sentences.some(
    (sentence) =>
      !deniesHearing.test(sentence) &&
      (tellsChannel.test(sentence) || (isPersonal && tellsPerson.test(sentence))),
  );
  if (!isTelling) return;
  const names = line.names.filter((name) => concernsPerson(name, line, world));
  world.tellings.push({ atMs, channel, names, text });
}

/** What is told to all does not concern those whom the rules do not hear at the time. */
function concernsPerson(name: string, { atMs, kind }: SceneLine, world: SceneWorld) {
  if (kind === 'mention' || kind === 'private' || kind === 'direct') return true;
  const person = world.getPerson(name);
  return world.isAdmitted(person, atMs) && world.allowsUnasked(person, atMs);
}
