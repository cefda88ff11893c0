import { BotError } from '#src/base/errors.ts';
import { toChannelId, toGuildId } from '#src/base/ids.ts';
import { Owned } from '#src/people/owned.ts';
import type { CaptionChats } from '#src/ports/caption-chats.ts';
import {
  findForReaders,
  openPanel,
  type PanelBoard,
  type PanelContent,
  toLeftPanel,
} from '#src/ports/panel.ts';
import type { MessagePlace } from '#src/ports/typed-messages.ts';
import type {
  PersonalLine,
  VoiceChannelChatPoster,
} from '#src/ports/voice-channel-chat-poster.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';

/** Records the panels shown. */
export function recordPanels() {
  const [panelContents, forgotten]: [PanelContent[], string[]] = [[], []];
  /** Sentences under which it took panels of a former run over. */
  const takenOver: string[] = [];
  /** Channels in which it posted a panel of its own accord, and the sentences above it. */
  const posted: (TextLine & { readonly channel: string })[] = [];
  /** Where its panel is. */
  const panelAt: { place?: MessagePlace } = {};
  const panels: PanelBoard = {
    show(guildId, content) {
      const channelId = panelAt.place?.channelId ?? toChannelId('nowhere');
      const channel = { guildId, channelId };
      panelContents.push(openPanel(content, channel, { isNoWider: () => true }));
    },
    showLeft(guildId, reason) {
      const channelId = panelAt.place?.channelId ?? toChannelId('nowhere');
      const channel = { guildId, channelId };
      const line = reason && findForReaders(reason, channel, { isNoWider: () => true });
      panelContents.push(toLeftPanel(line));
    },
    placeIn: () => panelAt.place,
    forgetPanel: async (guildId) => void forgotten.push(guildId),
    async postPanel({ name }, head) {
      posted.push({ ...head, channel: name });
      return true;
    },
    async takeOverPanel(guildId) {
      takenOver.push(guildId);
      return true;
    },
  };
  return { panels, panelAt, panelContents, takenOver, posted, forgotten };
}

/** A line for one person, as that person reads it. */
type ReadLine = Omit<PersonalLine, 'text'> & { readonly text: string };

function failUnreadable(): never {
  throw new BotError('discord.unsent', false, 'Its words may not leave any more.');
}

/** Records the messages written, the names of their channels, and their buttons. */
export function recordMessages(chats?: Pick<CaptionChats, 'mayOpen'>) {
  const [written, writtenIn]: [string[], string[]] = [[], []];
  const offered: string[] = [];
  /** Who was notified of what, a message in each. */
  const notified: (readonly ReadLine[])[] = [];
  /** Direct messages, and the people who take none. */
  const [direct, closed]: [ReadLine[], Set<string>] = [[], new Set()];
  const messages: VoiceChannelChatPoster = {
    async writeText({ channelId, name }, words) {
      const shownText = words.findForPlace(channelId);
      if (shownText === undefined)
        throw new BotError('discord.forbidden', false, 'Not there.');
      written.push(shownText);
      writtenIn.push(name);
    },
    async notifyPeople({ channelId, name }, lines, _signal, buttons = []) {
      const shown = lines.map((line) => ({
        ...line,
        text: line.text.findForPlace(channelId) ?? failUnreadable(),
      }));
      notified.push(shown);
      offered.push(...buttons);
      writtenIn.push(name);
    },
    async tellPerson(personId, words) {
      const text = await words.findForPerson(personId, async (id) => {
        const access = await chats?.mayOpen(toGuildId('g'), id, personId);
        return access === 'yes';
      });
      if (text === undefined || closed.has(personId))
        throw new BotError('discord.forbidden', false, 'Closed.');
      direct.push({ personId, text });
    },
    async offerButtons({ channelId, name }, line, buttons) {
      const shown = line instanceof Owned ? line.findForPlace(channelId) : line;
      const { id, with: words } = shown ?? failUnreadable();
      written.push(formatText(id, words));
      writtenIn.push(name);
      offered.push(...buttons);
      return {
        async replaceBy({ id: laterId, with: laterWords }) {
          written.push(formatText(laterId, laterWords));
          writtenIn.push(name);
        },
      };
    },
  };
  return { scribe: messages, written, writtenIn, offered, notified, direct, closed };
}
