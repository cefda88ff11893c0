import { differs, missing, ok } from '#doctor/finding.ts';
import { span } from '#doctor/seat-line.ts';
import { type NeededRight, rightNames } from '#src/discord/account/rights.ts';
import type { LiveFinding } from './live-log.ts';
import type { LivePlace } from './live-place.ts';

/** Rights of the bot in the channel, and what follows from them. */
export type LiveRights = {
  readonly findings: readonly LiveFinding[];
  /** The bot cannot be there: nothing else is tried. */
  readonly isClosed: boolean;
  /** Rights without which its chat takes no message. */
  readonly lacksToWrite: readonly NeededRight[];
};

const toBeThere: readonly NeededRight[] = ['ViewChannel', 'Connect'];
const toWrite: readonly NeededRight[] = ['ViewChannel', 'SendMessages'];

export function rightsFindings(
  { channel, guild: { timedOutUntilMs = 0 } }: LivePlace,
  nowWallMs: number,
): LiveRights {
  const { lacksToTalk, lacksToWrite } = channel;
  if (timedOutUntilMs > nowWallMs) {
    const why = `a moderator timed the bot out for ${span(timedOutUntilMs - nowWallMs)}: it can do nothing`;
    const finding = missing('rights', why, 'ask a moderator to remove the time-out, or wait');
    return { findings: [finding], isClosed: true, lacksToWrite };
  }
  const closed = lacksToTalk.filter((right) => toBeThere.includes(right));
  const lacks = [...lacksToTalk, ...lacksToWrite];
  const isClosed = closed.length > 0;
  const needed = isClosed ? closed : lacks;
  const finding =
    needed.length === 0
      ? ok('rights', 'the bot has all that it needs in this channel')
      : (needed.some((right) => serious.has(right)) ? missing : differs)(
          'rights',
          `the bot does not have ${words(needed)}${isClosed ? ': the rest was not tried' : ''}`,
          `open Edit Channel, Permissions: allow ${words(needed)} for the bot's role`,
        );
  return {
    findings: [finding],
    isClosed,
    lacksToWrite: lacksToWrite.filter((right) => toWrite.includes(right)),
  };
}

/** Without these the bot is of no use; without the others something is less good. */
const serious: ReadonlySet<NeededRight> = new Set([...toBeThere, ...toWrite, 'Speak']);

function words(rights: readonly NeededRight[]): string {
  return [...new Set(rights)].map((right) => rightNames[right]).join(', ');
}
