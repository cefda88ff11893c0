import type { ChannelId, GuildId } from '#src/base/ids.ts';
import type { TextLine } from '#src/texts/texts.ts';
import { describeNextStep } from './talk-guide.ts';
import type { MessagePlace } from './typed-messages.ts';
import type { ChannelRef } from './voice-link.ts';

export type PanelContent = {
  /** The first line tells how to talk to the bot. */
  readonly lines: readonly TextLine[];
  /** Names of buttons, in rows. */
  readonly rows: readonly (readonly string[])[];
  /** Text below the name of the voice channel. */
  readonly status?: TextLine | undefined;
  readonly isLeft?: true;
};

export type FeaturePanel = {
  /** Captions are on, or begin as soon as they can be written. */
  readonly isCaptioned?: boolean;
  /** Absent if captions have not begun. */
  readonly captionsChannelId?: ChannelId;
  readonly lines?: readonly TextLine[];
  readonly buttons?: readonly string[];
};

/**
 * The panels of all servers: one message for each server, edited in place every 1.2 s at most, at last with the
 * newest content.
 */
export interface PanelBoard {
  /** Shows content on the panel, or keeps it for a later panel. Never throws. */
  show(guildId: GuildId, content: PanelContent): void;
  /**
   * Continues a panel of a former run. Returns false if there is none. Never throws.
   */
  takeOverPanel(guildId: GuildId): Promise<boolean>;
  /**
   * Posts a panel in place of a former one. Returns false if the bot may not write
   * there. Never throws.
   */
  postPanel(channel: ChannelRef, head: TextLine): Promise<boolean>;
  /** Returns the place of the server's panel message. Undefined before it is posted. */
  placeIn(guildId: GuildId): MessagePlace | undefined;
  /** Stops drawing the panel of a server that is gone. Resolves when its place is no longer being stored. */
  forgetPanel(guildId: GuildId): Promise<void>;
}

/** Keeps the place of each server's panel, so that buttons of an old panel can point to the new one. */
export interface PanelStore {
  /** Reads the place of a panel. Undefined if none was stored. Throws BotError `store.*`. */
  read(guildId: GuildId): Promise<MessagePlace | undefined>;
  /** Stores the place of a panel. Throws BotError `store.*`. */
  write(guildId: GuildId, place: MessagePlace): Promise<void>;
}

/** Builds the panel after a leave. `reason` is for people. */
export function toLeftPanel(reason?: TextLine): PanelContent {
  const { buttons, line: nextStep } = describeNextStep(undefined, 'unasked');
  return {
    isLeft: true,
    lines: [nextStep, ...(reason ? [reason] : [])],
    rows: [[...buttons, 'more']],
  };
}
