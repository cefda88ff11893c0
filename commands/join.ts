import { toChannelId } from '#src/base/ids.ts';
import type {
  Command,
  CommandCall,
  CommandPorts,
  Replies,
  Reply,
} from '#src/features/command.ts';
import type { HelpState } from '#src/features/contract/help-entries.ts';
import { type JoinVerdict, judgeJoin } from '#src/people/join-rules.ts';
import {
  type JoinMode,
  type JoinOutcome,
  joinModes,
} from '#src/ports/command-ports.ts';
import { mayKnowChannel, toJoinRoomLine } from '#src/ports/join-room-line.ts';
import { consentButtons, formatShortenedNames } from '#src/ports/talk-guide.ts';
import type { ChannelRef } from '#src/ports/voice-link.ts';
import { describeObstacle } from '#src/sessions/join-obstacles.ts';
import { moveRequestMinutes } from '#src/sessions/move-requests.ts';
import { type TextLine, toOptionalLines } from '#src/texts/texts.ts';

/** Longest wait for a retry that may succeed, and the interval of checks. */
const [maxRetryWaitMs, checkIntervalMs] = [8_000, 100];

type JoinResult = Extract<JoinOutcome, { kind: 'joined' | 'already' }>;

/** `/join`: brings the bot into a voice channel. */
export const join: Command = {
  name: 'join',
  description: 'command.join',
  shownTo: 'room',
  options: [
    { name: 'channel', description: 'command.join.channel', kind: 'voice-channel' },
    {
      name: 'mode',
      description: 'command.join.mode',
      kind: 'choice',
      values: joinModes,
    },
    { name: 'follow', description: 'command.join.follow', kind: 'boolean' },
  ],
  async run(call, ports) {
    const channel = call.channel ?? call.caller.channel;
    const verdict = channel && judgeChannel(channel, call, ports);
    if (!channel || !verdict) return [{ id: 'join.none' }];
    const obstacle = describeObstacle(verdict, channel);
    if (obstacle) return [obstacle];
    const mode = joinModes.find((joinMode) => joinMode === call.inputs.mode);
    const follows =
      call.inputs.follow === undefined ? undefined : call.inputs.follow === 'true';
    const joining = await joinOnceLinked(channel, call, ports, mode, follows);
    if ('consent' in joining) {
      const state = await ports.guilds.readHelpState(call.guildId);
      return [
        ...buildWelcome(joining, [
          ...toOptionalLines(follows === true, { id: 'tool.follow.on' }),
          ...toUnwritableLines(channel, call, ports),
        ]),
        ...toManagerNote(joining, call, state),
      ];
    }
    if (joining.kind === 'busy') {
      const refusal = toJoinRoomLine(joining.other, call.caller.id, ports.places);
      return [
        joining.isAsked
          ? {
              ...refusal,
              lines: [{ id: 'move.asked', with: { n: moveRequestMinutes } }],
            }
          : refusal,
      ];
    }
    return [toFailureReply(joining, channel)];
  },
};

/** Notes that the presser lets the bot move to another channel. */
export async function agreeToMove(
  { caller, guildId, inputs }: CommandCall,
  { places, sessions }: CommandPorts,
): Promise<Replies> {
  const agreement = await sessions.moveRequests.agree(
    guildId,
    caller.id,
    toChannelId(inputs.about ?? ''), // as the button was made
  );
  switch (agreement.kind) {
    case 'moved':
      return [
        mayKnowChannel(agreement.to, caller.id, places)
          ? { id: 'moved', with: { channel: agreement.to.name } }
          : { id: 'moved.elsewhere' },
      ];
    case 'waiting':
      return [
        { id: 'move.waiting', with: { names: formatShortenedNames(agreement.names) } },
      ];
    case 'over':
      return [{ id: 'confirm.over' }];
  }
}

/** Joins, and waits for a retry that may soon succeed. */
async function joinOnceLinked(
  channel: ChannelRef,
  { caller, guildId }: CommandCall,
  { clock, sessions }: CommandPorts,
  mode: JoinMode | undefined,
  follows: boolean | undefined,
) {
  // A reply about a missing connection would stay.
  let joining = await sessions.join(channel, caller.id, mode, follows);
  for (
    let ms = 0;
    'nextTryMs' in joining && joining.nextTryMs + ms <= maxRetryWaitMs;
    ms += checkIntervalMs
  ) {
    await new Promise<void>((resolve) => clock.later(checkIntervalMs, resolve));
    joining =
      sessions.findSession(guildId)?.getJoinOutcome('joined', caller.id) ?? joining;
  }
  return joining;
}

/** Judges whether the bot may join for the caller. Undefined if the channel is deleted. */
export function judgeChannel(
  channel: ChannelRef,
  { caller, guildId }: CommandCall,
  { clock, places, sessions }: CommandPorts,
): JoinVerdict | undefined {
  const facts = places.findChannelFacts(channel, caller.id);
  if (!facts) return undefined;
  const verdict = judgeJoin(facts, clock.wallMs());
  const isThere = sessions.at(guildId)?.channelId === channel.channelId;
  return isThere && verdict.kind === 'full' ? { kind: 'fine' } : verdict;
}

function toFailureReply(
  joining: Exclude<JoinOutcome, JoinResult | { kind: 'busy' }>,
  { name: channel }: ChannelRef,
): TextLine {
  switch (joining.kind) {
    case 'timeout':
    case 'resting':
    case 'offline':
    case 'lost':
      return { id: 'join.timeout', with: { s: toSeconds(joining.nextTryMs) } };
    case 'barred':
      return { id: 'join.timeout', with: { s: toSeconds(joining.restMs) } };
    case 'refused':
      return { id: 'gave_up' };
    case 'sent-away':
    case 'left':
      return { id: 'seat.outdated', with: { channel } };
    case 'stopping':
      return { id: 'seat.stopped' };
    case 'no-voice':
      return { id: 'join.no_voice' };
    case 'overloaded':
      return { id: 'join.overloaded' };
    case 'failed':
      return { id: 'generic', with: { code: joining.code } };
  }
}

/** Tells the caller that the bot cannot write in its channel, and so which right is missing. */
function toUnwritableLines(
  channel: ChannelRef,
  { caller }: CommandCall,
  { places }: CommandPorts,
) {
  const isUnwritable = places.findChannelFacts(channel, caller.id)?.mayWrite === false;
  return toOptionalLines(isUnwritable, {
    id: 'join.unwritable',
    with: { channel: channel.name },
  });
}

function toSeconds(ms: number) {
  return Math.round(ms / 1000);
}

function toManagerNote(
  { kind }: JoinResult,
  { caller }: CommandCall,
  { hasModel }: HelpState,
): readonly Reply[] {
  return kind !== 'joined' || !caller.mayManage || hasModel
    ? []
    : [{ id: 'help.model' }];
}

/** Builds the panel for everybody and an explanation for the caller. */
function buildWelcome(
  { consent, unread }: JoinResult,
  remarks: readonly TextLine[],
): Replies {
  return [
    // The panel itself says the rest to the readers that may know it.
    { id: 'panel.elsewhere', to: 'room', panel: true },
    {
      id: `consent.${consent}`,
      lines: [
        ...remarks,
        { id: 'panel.privacy' },
        ...toOptionalLines(unread === true, { id: 'privacy.unread' }),
      ],
      buttons: consentButtons,
    },
  ];
}
