import type { ChannelId, GuildId } from '#src/base/ids.ts';
import { Owned } from '#src/people/owned.ts';
import type { TextLine } from '#src/texts/texts.ts';
import type { Places } from './command-ports.ts';
import { consentButtons, describeNextStep } from './talk-guide.ts';
import type { MessagePlace } from './typed-messages.ts';
import type { ChannelRef } from './voice-link.ts';

/** A person in the channel, as a panel tells of them. */
type PanelPerson = {
  readonly name: string;
  /** The bot understands everything that the person says. */
  readonly isHeard: boolean;
  /** `undecided` people have neither agreed nor refused. `barred` people may not use the bot. */
  readonly answer: 'agreed' | 'undecided' | 'refused' | 'barred';
};

/** Act of the bot as a panel tells it. `waiting`: nothing that is said reaches it as a question. */
export type PanelMood = 'waiting' | 'listening' | 'thinking' | 'speaking';

/** The facts of a session from which its panel is made, for a page that draws them. */
export type PanelStage = {
  /** Name of the voice channel. */
  readonly channel: string;
  readonly mood: PanelMood;
  readonly people: readonly PanelPerson[];
  /** The first line: it tells how to talk to the bot. */
  readonly headline: TextLine;
  /** Further lines, without those that `mood` and `people` say. */
  readonly notes: readonly TextLine[];
};

export type PanelContent = {
  /** The first line tells how to talk to the bot. */
  readonly lines: readonly TextLine[];
  /** That one of `lines` which says what the bot does now. It changes with each word, and is shown once it lasts. */
  readonly activity?: TextLine | undefined;
  /** Names of buttons, in rows. */
  readonly rows: readonly (readonly string[])[];
  /** Text below the name of the voice channel. */
  readonly status?: TextLine | undefined;
  /** Absent where the bot sits in no channel. */
  readonly stage?: PanelStage;
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
 * The panels of all servers, edited in place every 1.2 s at most, at last with the newest content. A panel belongs to the
 * voice channel of its content: it stands where the readers may open that channel, else in the channel's own chat, and is left
 * behind by a move.
 */
export interface PanelBoard {
  /**
   * Shows content on the panel of its voice channel, or keeps it for a later panel. Content of another channel than before
   * gets a panel in the chat of that channel. Never throws.
   */
  show(guildId: GuildId, content: Owned<PanelContent>): void;
  /**
   * Shows that the bot has left. The owner of `reason` is the channel that was left, where also a status of a former
   * process is removed. Never throws.
   */
  showLeft(guildId: GuildId, reason?: Owned<TextLine>): void;
  /**
   * Continues a panel of a former run. Returns false if there is none. Never throws.
   */
  takeOverPanel(guildId: GuildId): Promise<boolean>;
  /**
   * Posts a panel in the chat of a voice channel in place of a former one, unless it stands there. Returns false if the bot
   * may not write there. Never throws.
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

/** The panel where somebody reads who may not open the voice channel. Its buttons ask who presses. */
const publicPanel: PanelContent = {
  lines: [{ id: 'panel.elsewhere' }],
  rows: [['stop', 'more'], consentButtons],
};

/**
 * Opens a panel for the readers of a place: in full in the channel's own chat, without questions where each reader may open
 * the channel, and elsewhere only what anybody may know.
 */
export function openPanel(
  content: Owned<PanelContent>,
  place: ReadPlace,
  places: Pick<Places, 'isNoWider'>,
): PanelContent {
  const opened = findForReaders(content, place, places);
  if (!opened) return publicPanel;
  // Words of people stay in the chat, also where only the same people read.
  const isChat = content.findForPlace(place.channelId) !== undefined;
  return isChat ? opened : hideQuestions(opened);
}

/** Removes the questions that the bot has understood. */
export function hideQuestions(content: PanelContent): PanelContent {
  const isKept = ({ id }: TextLine) => id !== 'panel.heard';
  const { lines, stage } = content;
  return {
    ...content,
    lines: lines.filter(isKept),
    ...(stage && { stage: { ...stage, notes: stage.notes.filter(isKept) } }),
  };
}

/** Builds the last content of a panel that the bot leaves behind by a move. `channel` is undefined if it is gone. */
export function toMovedPanel(
  channel: ChannelRef | undefined,
  placeId: ChannelId,
  places: Pick<Places, 'isNoWider'>,
): PanelContent {
  const line = channel && toMovedLine(channel, placeId, places);
  return { lines: [line ?? { id: 'moved.elsewhere' }], rows: [] };
}

/** Builds the panel after a leave. `reason` is for people. */
export function toLeftPanel(reason?: TextLine): PanelContent {
  const { buttons, line: nextStep } = describeNextStep(undefined, 'unasked');
  return {
    lines: [nextStep, ...(reason ? [reason] : [])],
    rows: [[...buttons, 'more']],
  };
}

/** A channel or thread in which a text stands. Its id is undefined if Discord does not name it. */
type ReadPlace = {
  readonly guildId: GuildId;
  readonly channelId: ChannelId | undefined;
};

type ReaderFacts = Pick<Places, 'isNoWider'>;

/**
 * Opens what belongs to a voice channel for all readers of a place: in the channel's own chat, and where each reader may open
 * the channel. Everything that names a voice channel or its people in a place passes here at the moment in which it is
 * written.
 *
 * @example
 * import { toChannelId, toGuildId } from '#src/base/ids.ts';
 * import { Owned } from '#src/people/owned.ts';
 * import { findForReaders } from '#src/ports/panel.ts';
 *
 * const guildId = toGuildId('1');
 * const name = new Owned('secret', { channelId: toChannelId('2') });
 * const general = { guildId, channelId: toChannelId('3') };
 * findForReaders(name, general, { isNoWider: () => false }); // undefined
 */
export function findForReaders<Value>(
  value: Owned<Value>,
  { channelId: placeId, guildId }: ReadPlace,
  places: ReaderFacts,
): Value | undefined {
  return value.findForPlace(
    placeId,
    (channelId) =>
      placeId !== undefined &&
      places.isNoWider(
        { guildId, channelId: placeId, name: '' },
        { guildId, channelId, name: '' },
      ),
  );
}

/** Says in a place that the bot has moved to a channel, which is named if all readers of the place may open the channel. */
export function toMovedLine(
  channel: ChannelRef,
  placeId: ChannelId | undefined,
  places: ReaderFacts,
): TextLine {
  const line: TextLine = { id: 'moved', with: { channel: channel.name } };
  const { channelId, guildId } = channel;
  const place = { guildId, channelId: placeId };
  return (
    findForReaders(new Owned(line, { channelId }), place, places) ?? {
      id: 'moved.elsewhere',
    }
  );
}
