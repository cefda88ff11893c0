import { den, lounge } from '#test/conversation/setup/session-fixture.ts';
import { redRoleId, type SimulatedDiscord } from './discord/simulated-discord.ts';
import type { Luck } from './luck.ts';
import type { Act } from './simulated-scenes.ts';

const discordActKinds = [
  'mute',
  'unmute',
  'go',
  'come',
  'lose-link',
  'move-server',
  'deafen',
  'undeafen',
  'move',
  'go-to-den',
  'go-to-lounge',
  'udp-dies',
  'udp-heals',
  'give-role',
  'take-role',
  'swap-source',
  'robot',
  'socket-freezes',
  'tell-members',
  'relogin',
  'rate-limit',
  'no-seats',
  'seats',
  'seal',
  'downgrade',
  'upgrade',
] as const satisfies readonly Act['kind'][];
export type DiscordActKind = (typeof discordActKinds)[number];

type DiscordAct = Pick<Act, 'by' | 'text'> & { readonly kind: DiscordActKind };

/** Longest time, in ms, for which nothing leaves or comes while Discord moves the voice server. */
const maxStallMs = 3_000;
/** Codes by which a voice socket closes: a session that is gone, a server that crashed, and a network that was cut. */
const closeCodes = [4_006, 4_006, 4_015, 1_006] as const;

/** Code by which Discord asks for a rest: https://docs.discord.com/developers/topics/opcodes-and-status-codes#voice */
const rateLimitedCode = 4_021;

function drawCloseCode(luck: number) {
  return closeCodes[Math.floor(luck * closeCodes.length)] ?? 4_006;
}

/** Whether an act is one of people or moderators on Discord alone, or of its network. */
export function isDiscordAct(kind: Act['kind']): kind is DiscordActKind {
  return discordActKinds.some((discordActKind) => discordActKind === kind);
}

/** Performs an act of people, moderators or the network, of which the bot learns by Discord or not at all. */
export function performDiscordAct(
  { by, kind, text }: DiscordAct,
  discord: SimulatedDiscord,
  luck: Luck,
): void {
  const { voice } = discord;
  const seat = discord.botChannel ?? lounge.channelId;
  const drawChance = () => luck.draw(`${kind} ${voice.timing.nowMs()}`);
  const acts: Readonly<Record<DiscordActKind, () => void>> = {
    mute: () => discord.muteBot(true),
    unmute: () => discord.muteBot(false),
    go: () => discord.seat(by, null),
    come: () => discord.seat(by, seat),
    'lose-link': () => voice.closeSocket(Number(text) || drawCloseCode(drawChance())),
    'move-server': () => discord.moveServer(drawChance() * maxStallMs),
    deafen: () => discord.deafen(by, true),
    undeafen: () => discord.deafen(by, false),
    move: () => moveAll(discord),
    'go-to-den': () => discord.seat(by, den.channelId),
    'go-to-lounge': () => discord.seat(by, lounge.channelId),
    'udp-dies': () => breakPath(discord, text),
    'udp-heals': () => voice.healPath(),
    'give-role': () => discord.setRoles(by, [redRoleId]),
    'take-role': () => discord.setRoles(by, []),
    robot: () => discord.seat('robot', seat),
    'socket-freezes': () => voice.freeze(),
    'swap-source': () => discord.swapSource(by),
    'tell-members': () => discord.tellMember(by),
    relogin: () => discord.forgetSession(),
    'rate-limit': () => voice.closeSocket(rateLimitedCode),
    'no-seats': () => discord.giveSeats(false),
    seats: () => discord.giveSeats(true),
    seal: () => discord.seal(by),
    downgrade: () => voice.changeVersion(0),
    upgrade: () => voice.changeVersion(1),
  };
  acts[kind]();
}

/** A moderator moves the bot, and everybody goes along. */
function moveAll(discord: SimulatedDiscord) {
  const { botChannel } = discord;
  if (botChannel === null) return;
  const { channelId } = botChannel === den.channelId ? lounge : den;
  for (const id of discord.listHere(botChannel)) discord.seat(id, channelId);
  discord.moveBot(channelId);
}

/** Datagrams are lost on the way out, on the way in, or both ways: `both`, `up wall`. Behind a wall a new socket helps no more. */
function breakPath({ voice }: SimulatedDiscord, how: string) {
  const [way = 'both', where] = how.split(' ');
  voice.breakPath(
    { isUpOpen: way === 'down', isDownOpen: way === 'up' },
    where === 'wall',
  );
}
