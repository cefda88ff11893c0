import { PermissionFlagsBits } from 'discord.js';

export type NeededRight =
  | 'ViewChannel'
  | 'SendMessages'
  | 'EmbedLinks'
  | 'AttachFiles'
  | 'ReadMessageHistory'
  | 'CreatePublicThreads'
  | 'SendMessagesInThreads'
  | 'Connect'
  | 'Speak'
  | 'UseVAD'
  | 'SetVoiceChannelStatus';

/** Rights that the invite link asks for, as Discord's own settings name them. */
export const rightNames: Readonly<Record<NeededRight, string>> = {
  ViewChannel: 'View Channel',
  SendMessages: 'Send Messages',
  EmbedLinks: 'Embed Links',
  AttachFiles: 'Attach Files',
  ReadMessageHistory: 'Read Message History',
  CreatePublicThreads: 'Create Public Threads',
  SendMessagesInThreads: 'Send Messages in Threads',
  Connect: 'Connect',
  Speak: 'Speak',
  UseVAD: 'Use Voice Activity',
  SetVoiceChannelStatus: 'Set Voice Channel Status',
};

const invitedRights = Object.keys(rightNames).filter(isNeeded);
/** Without the status of the voice channel the bot does everything else. */
export const neededRights: readonly NeededRight[] = invitedRights.filter(
  (right) => right !== 'SetVoiceChannelStatus',
);

const invitedPermissions = invitedRights.reduce(
  (bits, right) => bits | PermissionFlagsBits[right],
  0n,
);

/** Rights in a voice channel, where the bot speaks. */
export const talkRights: readonly NeededRight[] = [
  'ViewChannel',
  'Connect',
  'Speak',
  'UseVAD',
];
/** Rights on a stage, where the bot asks to speak. */
export const stageRights: readonly NeededRight[] = ['ViewChannel', 'Connect'];
/** Rights for the panel and captions in the chat of a voice channel. */
export const chatRights: readonly NeededRight[] = [
  'SendMessages',
  'EmbedLinks',
  'AttachFiles',
  'ReadMessageHistory',
];

/** Builds the link with which a person invites the bot to a server. */
export function toInviteUrl(applicationId: string): string {
  const scope = 'bot+applications.commands';
  return `https://discord.com/oauth2/authorize?client_id=${applicationId}&scope=${scope}&permissions=${invitedPermissions}`;
}

function isNeeded(name: string): name is NeededRight {
  return name in rightNames;
}
