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

/** One message for each server, edited in place every 1.2 s at most. The last content always lands. */
export interface PanelBoard {
  /** Content shown before a `/join` posts the panel is kept for it. Never throws. */
  show(guildId: GuildId, face: PanelContent): void;
  /** Returns false if there is no panel of a former run. Never throws. */
  takeOverPanel(guildId: GuildId): Promise<boolean>;
  /** Replaces a former panel. Returns false if the bot may not write there. Never throws. */
  postPanel(channel: ChannelRef, head: TextLine): Promise<boolean>;
  placeIn(guildId: GuildId): MessagePlace | undefined;
  /** Never throws. */
  forgetPanel(guildId: GuildId): Promise<void>;
}

/** Buttons of an old panel can point to the new one by this. */
export interface PanelStore {
  read(guildId: GuildId): Promise<MessagePlace | undefined>;
  /** Throws BotError `store.*`. */
  write(guildId: GuildId, place: MessagePlace): Promise<void>;
}

/** `why` tells people why the bot left. */
export function toLeftPanel(why?: TextLine): PanelContent {
  const { buttons, line } = describeNextStep(undefined, 'unasked');
  return {
    isLeft: true,
    lines: [line, ...(why ? [why] : [])],
    rows: [[...buttons, 'more']],
  };
}
