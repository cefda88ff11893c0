import type { TextLine } from '#src/texts/texts.ts';
import { describeNextStep } from './talk-guide.ts';
import type { MessagePlace } from './typed-messages.ts';
import type { ChannelRef } from './voice-link.ts';

/** Content of the panel of a channel; discord draws it in the language of the server. */
export type PanelContent = {
  /** The first one tells how to talk to the bot, as `/join` does. */
  readonly lines: readonly TextLine[];
  /** Names of buttons, by row. */
  readonly rows: readonly (readonly string[])[];
  /** Text below the name of the voice channel, which people see before they enter. */
  readonly status?: TextLine | undefined;
  /** The bot is not there any more. */
  readonly isLeft?: true;
};

/** Part of the panel that a feature has. */
export type FeaturePanel = {
  /** Days that captions are kept where they are on. */
  readonly captionsDays?: number;
  /** Channel or thread in which captions are posted; absent: they are off. */
  readonly captionsChannelId?: string;
  readonly lines?: readonly TextLine[];
  readonly buttons?: readonly string[];
};

/** One message per server, edited in place at most every 1.2 s; the last face always lands. discord implements it. */
export interface PanelBoard {
  /** Before a `/join` put a panel there, the face is kept for it. Called on every change only. Never throws. */
  show(guildId: GuildId, face: PanelContent): void;
  /** Goes on with the panel of a former run. False: there is none, or none is known. Never throws. */
  takeOverPanel(guildId: GuildId): Promise<boolean>;
  /**
   * Posts the panel in the chat of that voice channel, with the sentence `head` until its face is known; it takes the place of a
   * former one. False: the bot may not write there, which is reported to the operator. Never throws.
   */
  postPanel(channel: ChannelRef, head: TextLine): Promise<boolean>;
  /** Where the panel is; undefined where there is none. */
  placeIn(guildId: GuildId): MessagePlace | undefined;
  /** The server is gone: nothing is shown there any more, nor written to the store once this resolves. Never throws. */
  forgetPanel(guildId: GuildId): Promise<void>;
}

/** Places of the panels, so that buttons of an old one can point to the new one; storage implements it. */
export interface PanelStore {
  read(guildId: GuildId): Promise<MessagePlace | undefined>;
  /** Errors: BotError `store.*`. */
  write(guildId: GuildId, place: MessagePlace): Promise<void>;
}

/** The panel of a bot that left; `why`: what people are to know of it. */
export function toLeftPanel(why?: TextLine): PanelContent {
  const { buttons, line } = describeNextStep(undefined, 'unasked');
  return { isLeft: true, lines: [line, ...(why ? [why] : [])], rows: [[...buttons, 'more']] };
}
