import type { GuildId } from '#src/base/ids.ts';
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
  readonly captionsDays?: number;
  /** Absent if captions are off. */
  readonly captionsChannelId?: string;
  readonly lines?: readonly TextLine[];
  readonly buttons?: readonly string[];
};

/**
 * One message for each server, edited in place every 1.2 s at most, at last with the
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
  placeIn(guildId: GuildId): MessagePlace | undefined;
  forgetPanel(guildId: GuildId): Promise<void>;
}

/** Buttons of an old panel can point to the new one by this. */
export interface PanelStore {
  read(guildId: GuildId): Promise<MessagePlace | undefined>;
  /** Stores the place of a panel. Throws BotError `store.*`. */
  write(guildId: GuildId, place: MessagePlace): Promise<void>;
}

/** Builds the panel after a leave. `why` is the reason for people. */
export function toLeftPanel(why?: TextLine): PanelContent {
  const { buttons, line } = describeNextStep(undefined, 'unasked');
  return {
    isLeft: true,
    lines: [line, ...(why ? [why] : [])],
    rows: [[...buttons, 'more']],
  };
}
